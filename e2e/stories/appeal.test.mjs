// Somebody put out by mistake says so, is heard within the clock, and comes back; somebody else is
// refused with the reason. Both stand in the audit log.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, barriers, go, open, page, send, setUp, text } from '../kit/browser.mjs';
import { botApi } from '../kit/network.mjs';
import { start } from '../kit/program.mjs';

const TOKEN = '42:wheat_TOKEN';
const GROUP = '烘焙1群';
const PLEA = '我转的是店里的接龙，不是广告';
const WHY = '周三提醒过一次，外店的券请不要再发';
let program;
let browser;
let desk;
let telegram;
let group;
before(async () => {
  program = await start('serve');
  browser = await open();
  telegram = await botApi(TOKEN);
  desk = await page(browser);
  await setUp(desk, program);
  await send(desk, 'POST', '/channels', { network: 'telegram', base_url: telegram.url, token: TOKEN });
  telegram.stand(GROUP, 'administrator');
  telegram.say(GROUP, '李雷', '接龙：周六吐司，我要两个');
  telegram.say(GROUP, '韩梅', '隔壁店的券，大家也去领');
  group = (await until('/groups', (answer) => answer.items.length === 1)).items[0].id;
  await until(`/groups/${group}/messages`, (answer) => answer.items.filter((item) => item.kind === 'message').length === 2);
  // A bot writes alone only to whoever asked it something first.
  for (const name of ['李雷', '韩梅']) {
    telegram.whisper(name, '帮助');
    await wait(() => telegram.told(name).length > 0, `${name} is answered`);
  }
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
const card = (name) => main().getByRole('listitem').filter({ hasText: name });

async function wait(holds, what) {
  for (let tries = 0; tries < 300; tries += 1) {
    const found = await holds();
    if (found) return found;
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  throw new Error(`never came: ${what}`);
}

/** Waits until the server answers so; what happens on a network takes its time to come in. */
async function until(path, holds) {
  return wait(async () => {
    const answer = await ask(desk, path);
    return holds(answer) ? answer : null;
  }, path);
}

/** Does something about a message in the stream of its group. */
async function act(words, measure) {
  await go(desk, program, `/groups/${group}`);
  await desk.locator('.stream-item', { hasText: words }).first().getByRole('button').click();
  await desk.getByRole('menuitem', { name: text(`sanction.do.${measure}`) }).click();
  await button(`sanction.do.${measure}`, dialog()).click();
  await desk.getByText(text('sanction.done_told')).first().waitFor();
}

// req: 003-170
test('whoever was put out appeals to the bot, and it is there at once with its clock', async () => {
  await act('接龙：周六吐司', 'remove');
  await wait(() => telegram.called('banChatMember').some((one) => one.user_id === telegram.idOf('李雷')), 'he is put out');
  await wait(() => telegram.told('李雷').some((words) => words.includes('申诉')), 'he is told how to appeal');

  await go(desk, program, '/moderation?tab=appeals');
  await main().getByText(text('appeal.blank'), { exact: true }).waitFor();
  telegram.whisper('李雷', `申诉 ${PLEA}`);
  await card('李雷').getByText(PLEA, { exact: true }).waitFor();
  await card('李雷').locator('.countdown').waitFor();
  await card('李雷').getByText('接龙：周六吐司').waitFor();
  await desk.getByRole('tab', { name: `${text('sanction.tab.appeals')} 1`, exact: true }).waitFor();
  const { items: [appeal] } = await ask(desk, '/moderation/appeals?state=open');
  assert.equal(Date.parse(appeal.due_at) - Date.parse(appeal.opened_at), 2 * 3_600_000, 'somebody looks within two hours');
  await wait(() => telegram.told('李雷').some((words) => words.includes('申诉收到了')), 'he is told that he was heard');
  assert.deepEqual(await barriers(desk), []);
});

// req: 003-170
test('granted: the door is open, the strike is gone, and the person is told', async () => {
  await go(desk, program, '/tasks');
  await main().getByRole('link', { name: new RegExp(PLEA) }).click();
  await button('task.to_appeals').click();
  await button('appeal.grant', card('李雷')).click();
  await desk.getByText(text('appeal.granted_told')).first().waitFor();
  await main().getByText(text('appeal.blank'), { exact: true }).waitFor();
  await wait(() => telegram.called('unbanChatMember').some((one) => one.user_id === telegram.idOf('李雷')), 'he may come in');
  await wait(() => telegram.told('李雷').some((words) => words.includes('我们看错了') && words.includes(text('moderation.undone_back'))), 'he is told that it was wrong');
  await wait(() => telegram.told('李雷').some((words) => words.includes('https://t.me/+')), 'he has the way back');
  await desk.getByText(text('appeal.list.done'), { exact: true }).click();
  await card('李雷').getByText(text('appeal.state.granted'), { exact: true }).waitFor();

  await act('隔壁店的券', 'notice');
  telegram.say(GROUP, '李雷', '再问一句：吐司还有吗');
  await until(`/groups/${group}/messages`, (answer) => answer.items.some((item) => item.text?.startsWith('再问一句')));
  await act('再问一句', 'notice');
  const { items } = await ask(desk, '/moderation/queue');
  const mine = items.filter((one) => one.member.name === '李雷');
  assert.deepEqual(mine.map((one) => [one.state === 'undone', one.strikes]).sort(), [[false, 0], [true, 0]], 'what was taken back counts no more');
});

// req: 003-170
test('refused: only with a reason, and the person reads exactly that', async () => {
  await wait(() => telegram.told('韩梅').some((words) => words.includes('申诉')), 'she is told how to appeal');
  telegram.whisper('韩梅', '申诉');
  await go(desk, program, '/moderation?tab=appeals');
  await card('韩梅').getByText(text('appeal.text_none')).waitFor();
  await button('appeal.refuse', card('韩梅')).click();
  assert.ok(await button('appeal.refuse', dialog()).isDisabled(), 'nobody is refused without a reason');
  assert.deepEqual(await barriers(desk), []);
  await dialog().getByLabel(text('appeal.answer'), { exact: true }).fill(WHY);
  await button('appeal.refuse', dialog()).click();
  await desk.getByText(text('appeal.refused_told')).first().waitFor();
  await wait(() => telegram.told('韩梅').some((words) => words.includes(text('moderation.appeal_refused', { reason: WHY }))), 'she reads the reason');
  await desk.getByText(text('appeal.list.done'), { exact: true }).click();
  await card('韩梅').getByText(text('appeal.state.refused'), { exact: true }).waitFor();
  await card('韩梅').getByText(text('appeal.answered', { text: WHY })).waitFor();
  const { items } = await ask(desk, '/moderation/queue');
  assert.notEqual(items.find((one) => one.member.name === '韩梅').state, 'undone', 'what was done stands');
});

test('thought better of: what was refused can still be taken back', async () => {
  await go(desk, program, '/moderation?state=all');
  const row = desk.getByRole('list', { name: text('sanction.tab.queue') }).locator('> li').filter({ hasText: '韩梅' });
  await row.getByRole('button', { name: new RegExp(`^${text('sanction.undo')}`) }).click();
  await button('sanction.undo', dialog()).click();
  await desk.getByText(text('sanction.undone_told')).first().waitFor();
  await wait(() => telegram.told('韩梅').some((words) => words.includes('我们看错了')), 'she is told that it was wrong');
});

test('the audit log says who decided what, in words, and shows the case', async () => {
  await go(desk, program, '/audit');
  const line = (operation, n = 0) => desk.locator('main tbody tr[data-row-key]', { hasText: text(`operation.${operation}`) }).nth(n);
  const change = (row, was, is) => Promise.all([row.locator('del', { hasText: was }).waitFor(), row.locator('ins', { hasText: is }).waitFor()]);
  await change(line('appeal.decide'), text('appeal.state.open'), text('appeal.state.refused'));
  await change(line('appeal.decide', 1), text('appeal.state.open'), text('appeal.state.granted'));
  await change(line('sanction.undo'), text('sanction.state.decided'), text('sanction.state.undone'));
  assert.equal(await desk.locator('main tbody tr[data-row-key]', { hasText: text('operation.sanction.undo') }).count(), 2, 'both that were taken back');
  for (const words of await desk.locator('main .difference').locator('dt, del, ins').allInnerTexts()) assert.doesNotMatch(words, /^[a-z_.]{3,}$/, 'a word of the program');
  await line('sanction.undo').getByRole('button', { name: text('audit.case') }).click();
  await dialog().getByText('隔壁店的券').waitFor();
  await dialog().getByRole('link', { name: '韩梅' }).waitFor();
  assert.deepEqual(await barriers(desk), []);
});
