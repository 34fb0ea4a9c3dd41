// The daily job: one text for all groups, a conflict found and mended with one tap, let go, a task of
// it done, whoever has not sent reminded, and the board.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, barriers, go, open, page, send, settled, signIn, text } from '../kit/browser.mjs';
import { start } from '../kit/program.mjs';

const FIRST = '周六抢购预告';
const SECOND = '周六抢购提醒';
let program;
let browser;
let desk;
let groups;
/** Groups in which the second one is in people's hands. */
let handed;
before(async () => {
  program = await start('demo');
  browser = await open();
  desk = await page(browser);
  await signIn(desk, program);
  // The story is told at any hour of the day.
  await send(desk, 'PATCH', '/workspace', { settings: { quiet_hours: { from: 3, to: 3 } } });
  groups = (await ask(desk, '/groups?limit=1')).total.count;
});
after(async () => {
  await browser?.close();
  assert.equal(await program?.stop(), 0, 'the program ends in order');
});

const button = (key, within = desk, values = {}) => within.getByRole('button', { name: text(key, values), exact: true });
const dialog = () => desk.getByRole('dialog');
const plan = () => desk.getByRole('complementary', { name: text('broadcast.plan') });
const label = (key) => desk.getByLabel(text(key), { exact: true });
const id = () => new URL(desk.url()).pathname.split('/').at(2);
const of = (broadcast, fate) => broadcast.fates.filter((one) => fate === undefined || one.fate === fate).reduce((sum, one) => sum + one.groups, 0);

/** Waits until the server answers so: what is let go takes its time to leave. */
async function until(path, holds) {
  for (let tries = 0; tries < 300; tries += 1) {
    const answer = await ask(desk, path);
    if (holds(answer)) return answer;
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  throw new Error(`never came: ${path} ${JSON.stringify(await ask(desk, path))}`);
}

/** Writes one with the store's name in it, up to where it can be let go. */
async function write(name, words) {
  await label('broadcast.name').fill(name);
  await label('broadcast.text').fill(words);
  await label('broadcast.text').press('Home');
  await button('broadcast.variable.store').click();
  await plan().locator('.bubble', { hasText: words }).first().waitFor();
  await settled(desk);
}

/** Lets it go and waits for its page. */
async function release(name) {
  await button('broadcast.go').click();
  await dialog().getByText(/将影响 \d+ 群/).waitFor();
  await button('broadcast.go', dialog()).click();
  await desk.getByRole('heading', { level: 1, name }).waitFor();
}

// req: 003-069
test('one text for all groups is planned while it is written, and let go', async () => {
  await go(desk, program, '/broadcasts');
  assert.deepEqual(await barriers(desk), []);
  await button('broadcast.new').first().click();
  await desk.getByRole('heading', { level: 1, name: text('broadcast.new') }).waitFor();
  await write(FIRST, '周六 20:00 六款面包抢购价');
  const read = await plan().locator('.bubble').first().innerText();
  assert.match(read, /^\S+周六 20:00/, 'the store is filled in');
  assert.doesNotMatch(read, /\{\{/);
  assert.deepEqual(await barriers(desk), []);
  await release(FIRST);
  const broadcast = await until(`/broadcasts/${id()}`, (one) => of(one) === groups && of(one, 'asked') >= groups - 1);
  assert.equal(broadcast.mode, 'task');
});

// req: 003-069
test('what the network would refuse is told beforehand and mended with one tap', async () => {
  await go(desk, program, '/broadcasts/new');
  await write(SECOND, '今晚 20:00 开抢');
  const refused = plan().getByRole('region', { name: new RegExp('^发不了的') });
  await refused.getByText(text('broadcast.why.quota'), { exact: false }).waitFor();
  await refused.getByText(text('channel.limit.wecom_broadcast_group'), { exact: false }).waitFor();
  await button('broadcast.remedy.paste', refused).click();
  await refused.getByText(text('broadcast.why.quota'), { exact: false }).waitFor({ state: 'detached' });
  assert.equal(await desk.getByRole('radio', { name: new RegExp(`^${text('broadcast.mode.paste')}`) }).isChecked(), true);
  await release(SECOND);
  const broadcast = await until(`/broadcasts/${id()}`, (one) => of(one) === groups && of(one, 'asked') + of(one, 'skipped') === groups);
  handed = of(broadcast, 'asked');
  assert.ok(handed >= groups / 2, 'staff have it');
});

test('what a text claims is marked, and what must not be said needs grounds', async () => {
  const second = id();
  await go(desk, program, '/broadcasts/new');
  await write('试一条', '好评返现，药到病除');
  await plan().locator('mark').first().waitFor();
  await plan().getByText(text('claim.suggest.cure')).waitFor();
  await button('broadcast.go').click();
  await dialog().getByText(text('broadcast.grounds_missing')).waitFor();
  assert.equal(await button('broadcast.go', dialog()).isDisabled(), true);
  await button('kit.cancel', dialog()).click();
  await plan().getByLabel(text('broadcast.grounds'), { exact: true }).fill('批文 123 号');
  await button('broadcast.keep').click();
  await desk.getByRole('heading', { level: 1, name: '试一条' }).waitFor();
  await desk.getByText(text('broadcast.state.draft'), { exact: true }).first().waitFor();
  await button('broadcast.delete').click();
  await button('broadcast.delete', dialog()).click();
  await desk.getByRole('heading', { level: 1, name: text('shell.place.broadcast') }).waitFor();
  assert.equal((await ask(desk, `/broadcasts?q=${encodeURIComponent('试一条')}`)).items.length, 0);
  await go(desk, program, `/broadcasts/${second}`);
});

test('a task of it is done, and the board says so without being asked', async () => {
  const second = id();
  const { items: [target] } = await ask(desk, `/broadcasts/${second}/targets?fate=asked&limit=1`);
  await desk.locator('.far').first().getByText(text('broadcast.sent_of', { sent: 0, due: handed })).waitFor();
  await send(desk, 'POST', `/tasks/${target.task_id}/done`, {});
  await desk.locator('.far').first().getByText(text('broadcast.sent_of', { sent: 1, due: handed })).waitFor();
  const row = desk.locator('main tbody tr', { hasText: target.group });
  await row.getByText(text('broadcast.fate.sent'), { exact: true }).waitFor();
  await row.getByText(text('task.self_told')).waitFor();
  await desk.getByRole('region', { name: text('broadcast.outcome') }).getByText('还没满 24 小时', { exact: false }).waitFor();
  assert.deepEqual(await barriers(desk), []);
});

test('whoever has not sent is reminded, three times within a day', async () => {
  const name = { n: handed - 1 };
  for (let times = 1; times <= 3; times += 1) {
    await button('broadcast.nudge', desk.locator('main'), name).click();
    await button('broadcast.nudge', dialog(), name).click();
    await dialog().waitFor({ state: 'detached' });
  }
  await button('broadcast.nudge', desk.locator('main'), name).click();
  await button('broadcast.nudge', dialog(), name).click();
  await dialog().getByRole('alert').getByText('24 小时内最多催 3 次').waitFor();
  await button('kit.cancel', dialog()).click();
});

test('the board leads from a person to their groups', async () => {
  const board = desk.getByRole('region', { name: text('broadcast.board') });
  const person = board.locator('button.link').first();
  const who = await person.innerText();
  await person.click();
  await desk.getByText(text('broadcast.only_staff', { name: who })).waitFor();
  const rows = desk.getByRole('region', { name: text('broadcast.targets'), exact: true }).last().locator('tbody tr[data-row-key]');
  await rows.filter({ hasNotText: who }).first().waitFor({ state: 'detached' });
  assert.ok((await rows.count()) > 0, `the groups of ${who}`);
});

test('what a store says of itself is taken over below it', async () => {
  await go(desk, program, '/settings?tab=branches');
  await button('branch.variables', desk.locator('main')).first().click();
  await dialog().getByLabel(text('branch.variable.pickup'), { exact: true }).fill('当天 16:00 后');
  await button('kit.save', dialog()).click();
  await desk.getByText(text('branch.variables_saved')).waitFor();
  const { items } = await ask(desk, '/branches');
  const below = items.find((one) => one.parent_id !== null);
  const said = (await ask(desk, `/branches/${below.id}/variables`)).items.find((one) => one.name === 'pickup');
  assert.deepEqual([said.value, typeof said.from], ['当天 16:00 后', 'string']);
});

test('all of it stands on a phone', async () => {
  const { items } = await ask(desk, `/broadcasts?q=${encodeURIComponent(SECOND)}`);
  await desk.setViewportSize({ width: 390, height: 844 });
  for (const path of ['/broadcasts', '/broadcasts/new', '/broadcasts/new?step=text', '/broadcasts/new?step=way', '/broadcasts/new?step=plan', `/broadcasts/${items[0].id}`]) {
    await go(desk, program, path);
    const wide = await desk.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${path}: ${wide} px are off the screen`);
    assert.deepEqual(await barriers(desk), [], path);
  }
});
