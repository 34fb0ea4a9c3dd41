// Keeping order: a decision with its reasons, judged, carried out and taken back; rules tried before
// they are published; a complaint closed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, barriers, go, open, page, send, setUp, settled, text } from '../kit/browser.mjs';
import { botApi } from '../kit/network.mjs';
import { start } from '../kit/program.mjs';

const TOKEN = '42:wheat_TOKEN';
const GROUP = '烘焙1群';
const ADVERT = '加微信lbj8866，兼职日结，名额有限';
let program;
let browser;
let desk;
let telegram;
before(async () => {
  program = await start('serve');
  browser = await open();
  telegram = await botApi(TOKEN);
  desk = await page(browser);
  await setUp(desk, program);
  await send(desk, 'POST', '/channels', { network: 'telegram', base_url: telegram.url, token: TOKEN });
  telegram.stand(GROUP, 'administrator');
  telegram.say(GROUP, '王芳', '今天的吐司几点出炉');
  telegram.say(GROUP, '李雷', ADVERT);
});
after(async () => {
  await browser?.close();
  const code = await program?.stop();
  telegram?.stop();
  assert.equal(code, 0, 'the program ends in order');
});

const main = () => desk.locator('main');
const button = (key, within = desk) => within.getByRole('button', { name: text(key), exact: true });
const dialog = () => desk.getByRole('dialog');
const cases = () => desk.getByRole('list', { name: text('sanction.tab.queue') }).locator('> li');
const ending = (key) => ({ name: new RegExp(`^${text(key)}`) });

/** Waits until the server answers so; what happens on a network takes its time to come in. */
async function until(path, holds) {
  for (let tries = 0; tries < 300; tries += 1) {
    const answer = await ask(desk, path);
    if (holds(answer)) return answer;
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  throw new Error(`never came: ${path}`);
}

test('a new group is only watched: the decision shows its reasons and is judged with one key', async () => {
  await until('/moderation/queue', (answer) => answer.items.length === 1);
  await go(desk, program, '/moderation');
  const row = cases().filter({ hasText: '李雷' });
  await row.getByText(text('sanction.state.watched'), { exact: true }).waitFor();
  await row.locator('mark').first().waitFor();
  await row.getByText(text('sanction.reason.advert.contact')).waitFor();
  assert.deepEqual(await barriers(desk), []);
  assert.equal(telegram.called('deleteMessage').length, 0, 'nobody was touched');
  await desk.keyboard.press('y');
  await desk.getByText(text('sanction.none'), { exact: true }).waitFor();
  const { items } = await ask(desk, '/moderation/queue');
  assert.deepEqual([items[0].state, items[0].is_right], ['watched', true]);
});

test('the group is set to act, and the next advert is dealt with and taken back', async () => {
  await go(desk, program, '/moderation?tab=policy');
  await desk.getByRole('radio', { name: new RegExp(`^${text('policy.mode.act')}`) }).check();
  await button('kit.save').click();
  await desk.getByText(text('policy.saved')).waitFor();
  await button('policy.replay_do').click();
  await main().getByText(text('policy.replay_found', { n: '.+', m: 1 }).split('.+')[1]).waitFor();
  assert.deepEqual(await barriers(desk), []);

  telegram.say(GROUP, '韩梅', ADVERT);
  await until('/moderation/queue', (answer) => answer.items.length === 2);
  await go(desk, program, '/moderation');
  const row = cases().filter({ hasText: '韩梅' });
  await row.getByRole('button', ending('sanction.undo')).click();
  await button('sanction.undo', dialog()).click();
  await desk.getByText(text('sanction.undone_told')).first().waitFor();
  const { items } = await ask(desk, '/moderation/queue');
  assert.equal(items.find((one) => one.member.name === '韩梅').state, 'undone');
});

test('rules at fault are refused with their line; good ones are tried and published', async () => {
  await go(desk, program, '/moderation?tab=rules');
  const field = desk.getByLabel(text('rule_set.editor'));
  await field.fill('version = 1\n[[rule]]\nname = "坏"\nkind = "advert"\nweight = 100\npattern = "("\n');
  await button('rule_set.try').click();
  await desk.getByRole('alert').getByText(/第 \d+ 行有错/).waitFor();
  await field.fill('version = 1\n[[list]]\nname = "出炉"\nkind = "word"\nweight = 100\nwords = ["几点出炉"]\n');
  await button('rule_set.try').click();
  await main().getByText('今天的吐司几点出炉').waitFor();
  await desk.getByRole('textbox', { name: text('rule_set.publish_note') }).fill('试一条');
  await button('rule_set.publish').click();
  await desk.getByText(text('rule_set.version', { n: 1 }), { exact: true }).waitFor();
  assert.deepEqual(await barriers(desk), []);
});

test('a complaint is listed with its clock and closed with how it ended', async () => {
  telegram.say(GROUP, '王芳', '吐司里有头发，退钱');
  await until('/alarms?state=open', (answer) => answer.items.length === 1);
  await go(desk, program, '/moderation?tab=alarms');
  const card = main().getByRole('listitem').filter({ hasText: '王芳' }).first();
  await card.locator('.countdown').first().waitFor();
  await card.getByText(text('complaint.sales_paused')).waitFor();
  await button('complaint.close', card).click();
  await dialog().getByRole('radio', { name: text('complaint.outcome.refunded') }).check();
  await button('complaint.close', dialog()).click();
  await desk.getByText(text('complaint.blank'), { exact: true }).waitFor();
  assert.deepEqual(await barriers(desk), []);
});

test('a message is acted on in the stream of its group, and never a complaint', async () => {
  const { items: [group] } = await ask(desk, '/groups');
  await go(desk, program, `/groups/${group.id}`);
  const line = (words) => desk.locator('.stream-item', { hasText: words }).first();
  await line('吐司里有头发').getByRole('button').click();
  await desk.getByRole('menuitem', { name: text('sanction.do_never') }).waitFor();
  assert.equal(await desk.getByRole('menuitem', { name: text('sanction.do.remove') }).count(), 0);
  await desk.keyboard.press('Escape');
  telegram.say(GROUP, '小明', '群主真慢');
  await line('群主真慢').getByRole('button').click();
  await desk.getByRole('menuitem', { name: text('sanction.do.notice') }).click();
  await button('sanction.do.notice', dialog()).click();
  await desk.getByText(text('sanction.done_told')).first().waitFor();
  const { items } = await ask(desk, '/moderation/queue');
  assert.ok(items.some((one) => one.by_hand && one.member.name === '小明'));
});

test('the rest of the place stands on a phone', async () => {
  await desk.setViewportSize({ width: 390, height: 844 });
  for (const tab of ['queue', 'appeals', 'alarms', 'policy', 'rules', 'training', 'trusted', 'quality']) {
    await go(desk, program, `/moderation?tab=${tab}`);
    await settled(desk);
    const wide = await desk.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${tab}: ${wide} px are off the screen`);
    assert.deepEqual(await barriers(desk), [], tab);
  }
});
