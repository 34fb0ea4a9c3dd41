// How people come into a group: its gate, its welcome and what each channel cannot.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, go, open, page, signIn, text } from '../kit/browser.mjs';
import { start } from '../kit/program.mjs';

let program;
let browser;
let desk;
let group;
before(async () => {
  program = await start('demo');
  browser = await open();
  desk = await page(browser);
  await signIn(desk, program);
  group = (await ask(desk, `/groups?q=${encodeURIComponent('车公庙宝妈1群')}`)).items[0].id;
});
after(async () => {
  await browser?.close();
  assert.equal(await program?.stop(), 0, 'the program ends in order');
});

async function choose(label, option) {
  await desk.getByLabel(text(label), { exact: true }).click();
  await desk.locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: text(option) }).first().click();
}

// req: 001-054, 001-055
test('a gate with a question says what it lacks, and is kept', async () => {
  await go(desk, program, `/groups/${group}?tab=gate`);
  await desk.getByText(text('gate.knocks_none')).waitFor();
  const sheet = desk.getByRole('region', { name: text('gate.title') });
  await choose('gate.kind', 'gate.kind.question');
  await sheet.getByLabel(text('gate.question'), { exact: true }).fill('您在店里买过什么？');
  await sheet.getByRole('button', { name: text('kit.save') }).click();
  await sheet.getByRole('alert').getByText('请至少写一个放行的关键词').waitFor();
  await sheet.getByLabel(text('gate.answers'), { exact: true }).fill('吐司，蛋糕，');
  await sheet.getByRole('button', { name: text('kit.save') }).click();
  await desk.getByText(text('gate.saved')).first().waitFor();
  const kept = await ask(desk, `/groups/${group}/gate`);
  assert.deepEqual([kept.kind, kept.answers], ['question', ['吐司', '蛋糕']]);
});

// What an advert may not say is marked while it is written.
test('what a greeting claims is marked, with what to write instead', async () => {
  await go(desk, program, `/groups/${group}?tab=gate`);
  const sheet = desk.getByRole('region', { name: text('welcome.title') });
  const line = sheet.getByLabel(text('welcome.line'), { exact: true });
  await line.fill('欢迎，这里有全网最好吃的吐司');
  const found = sheet.getByRole('region', { name: text('kit.claims') });
  await found.getByText(text('claim.kind.absolute'), { exact: true }).waitFor();
  await found.locator('mark', { hasText: '最好' }).waitFor();
  await found.getByText(text('claim.suggest.best')).waitFor();
  await line.fill('欢迎，吐司每天 6 点出炉');
  await found.waitFor({ state: 'detached' });
});

// req: 001-049
test('a welcome is seen as each channel says it before it is switched on', async () => {
  await go(desk, program, `/groups/${group}?tab=gate`);
  const sheet = desk.getByRole('region', { name: text('welcome.title') });
  const line = sheet.getByLabel(text('welcome.line'), { exact: true });
  await line.fill('欢迎 ');
  await sheet.getByRole('button', { name: text('welcome.variable.nickname'), exact: true }).click();
  await sheet.locator('aside').getByText('欢迎 王芳', { exact: false }).first().waitFor();
  await sheet.locator('aside').getByText('欢迎 王芳、李雷 等 12 位', { exact: false }).first().waitFor();
  await sheet.getByText(text('channel.profile.telegram'), { exact: true }).click();
  await sheet.getByText(text('welcome.telegram_first')).first().waitFor();
  await sheet.getByRole('switch').click();
  await sheet.getByRole('button', { name: text('welcome.save') }).click();
  await desk.getByText(text('welcome.saved')).first().waitFor();
  const kept = await ask(desk, `/groups/${group}/welcome`);
  assert.deepEqual([kept.version, kept.on, kept.line], [1, true, '欢迎 {{nickname}}']);
});

// req: 001-056
test('an announcement shows what becomes of it on each channel', async () => {
  await go(desk, program, `/groups/${group}?tab=announcement`);
  const theme = desk.getByLabel(text('announcement.theme'), { exact: true });
  await theme.fill('这里是');
  await desk.getByRole('button', { name: text('welcome.variable.store'), exact: true }).click();
  await desk.getByRole('button', { name: text('announcement.save') }).click();
  const dialog = desk.getByRole('dialog');
  await dialog.getByText('这里是车公庙', { exact: false }).first().waitFor();
  await dialog.getByText(text('welcome.way.task')).first().waitFor();
});
