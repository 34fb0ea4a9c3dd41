// The flash-sale week: filled in, rehearsed from red to green with single taps, started, and looked at
// while it runs; a text of one's own with a fault at its line.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, barriers, go, open, page, send, settled, signIn, text } from '../kit/browser.mjs';
import { start } from '../kit/program.mjs';

let program;
let browser;
let desk;
before(async () => {
  program = await start('demo');
  browser = await open();
  desk = await page(browser);
  await signIn(desk, program);
  const branches = await ask(desk, '/branches');
  const root = branches.items.find((one) => one.parent_id === null);
  await send(desk, 'PUT', `/branches/${root.id}/variables`, { values: { address: '海岸城 1 楼' } });
});
after(async () => {
  await browser?.close();
  assert.equal(await program?.stop(), 0, 'the program ends in order');
});

const button = (key, within = desk, values = {}) => within.getByRole('button', { name: text(key, values), exact: true });
const dialog = () => desk.getByRole('dialog');
const field = (name) => desk.getByLabel(name, { exact: true });
const beat = (step) => desk.locator(`[data-step="${step}"]`);
const mends = () => desk.locator('.conflict > button');

/** The rehearsal has caught up with what was filled in. */
async function rehearsed() {
  await settled(desk);
  await desk.locator('[aria-busy="false"] .cue').waitFor();
}

// req: 003-120
test('the week is rehearsed from red to green and started', async () => {
  const groups = await ask(desk, '/groups?limit=2');
  // Something else goes to one of these groups on the day of the first notice.
  await go(desk, program, '/playbooks');
  assert.deepEqual(await barriers(desk), []);
  await desk.getByRole('link', { name: /抢购周/ }).click();
  await desk.getByRole('heading', { level: 1, name: '抢购周' }).waitFor();
  for (const group of groups.items) {
    await field('哪些群参加').fill(group.name);
    await desk.locator('.ant-select-item-option', { hasText: group.name }).first().click();
  }
  await desk.keyboard.press('Escape');
  await field('清单链接').fill('https://shop.example.com/list');
  for (const [round, item] of [[1, '吐司 1 条 ¥12'], [2, '可颂 ¥9'], [3, '贝果 ¥8']]) await field(`第 ${round} 轮卖什么、多少钱`).fill(item);
  await field('主打那款的实拍图').fill('https://shop.example.com/toast.jpg');
  await rehearsed();
  await beat('list').waitFor();
  assert.match(await beat('list').innerText(), /2 个群/);
  // The thanks at ten in the evening fall into the quiet hours.
  const night = beat('thanks').locator('.conflict');
  assert.match(await night.innerText(), /安静时段/);
  assert.ok(await button('playbook.start').isDisabled(), 'the checks are not met yet');
  assert.deepEqual(await barriers(desk), []);
  for (let tries = 0; tries < 20 && await mends().count() > 0; tries += 1) {
    const one = await mends().first().elementHandle();
    await one.click();
    // It goes once the rehearsal has been told anew.
    await one.waitForElementState('hidden');
    await rehearsed();
  }
  assert.equal(await beat('thanks').locator('.conflict').count(), 0);
  await desk.getByText(text('playbook.says.green')).first().waitFor();

  for (const box of await desk.locator('.checks input[type=checkbox]').all()) await box.check();
  await button('playbook.start').click();
  await button('playbook.start', dialog()).click();
  await desk.getByText(text('playbook.coming')).waitFor();
  assert.deepEqual(await barriers(desk), []);
  const runs = await ask(desk, '/playbook-runs?playbook=flash-sale-week');
  assert.equal(runs.items.length, 1);
  assert.ok(['waiting', 'running'].includes(runs.items[0].state), runs.items[0].state);

  await button('playbook.stop').click();
  await button('playbook.stop', dialog()).click();
  await desk.getByText(text('playbook.state.stopped')).first().waitFor();
});

// req: 003-120
test('a text of one’s own names its fault by line, and becomes a version', async () => {
  await go(desk, program, '/playbooks/new');
  const area = desk.getByLabel(text('playbook.text'), { exact: true });
  const sound = await area.inputValue();
  await area.fill(sound.replace('do = "say"', 'do = "shout"'));
  await desk.locator('.faults li', { hasText: 'shout' }).waitFor();
  assert.ok(await button('playbook.save').isDisabled());
  await area.fill(sound.replace('my-playbook', 'our-saturday'));
  await desk.getByText(text('playbook.sound')).waitFor();
  await button('playbook.save').click();
  await desk.getByRole('heading', { level: 1, name: '我的打法' }).waitFor();
  const kept = await ask(desk, '/playbooks/our-saturday');
  assert.deepEqual([kept.version, kept.own], [1, true]);
});

// req: 003-120
test('on a phone nothing is wider than it', async () => {
  const phone = await page(browser, { width: 390, height: 844 });
  await signIn(phone, program);
  for (const path of ['/playbooks', '/playbooks/flash-sale-week', '/playbooks?tab=runs', '/playbooks/flash-sale-week/text']) {
    await go(phone, program, path);
    const wide = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${path} is ${wide} px too wide`);
  }
});
