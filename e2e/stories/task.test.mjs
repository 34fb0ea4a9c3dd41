// A task that reaches its person on the phone: by the link that the staff chat's robot brings, done in
// four taps, given back with a reason, handed on, and shut to every other phone.
import assert from 'node:assert/strict';
import { createHmac, hkdfSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ask, barriers, go, open, page, refusal, send, settled, signIn, text } from '../kit/browser.mjs';
import { staffChat } from '../kit/network.mjs';
import { start } from '../kit/program.mjs';

const HOST = '张丽';
const PHONE = '张丽的手机';
const SATURDAY = '周六 20:00 六款面包抢购价，清单先看公告';
const THEME = '这里是海岸城福利群，每天 10 点出炉';
let program;
let browser;
let desk;
let phone;
let chat;
let link;
before(async () => {
  program = await start('demo');
  browser = await open();
  chat = await staffChat();
  desk = await page(browser);
  await signIn(desk, program);
  // The story is told at any hour of the day.
  await send(desk, 'PATCH', '/workspace', { settings: { quiet_hours: { from: 3, to: 3 } } });
  await send(desk, 'POST', '/robots', { kind: 'wecom', name: '店长群', address: `${chat.url}/cgi-bin/webhook/send?key=k` });
  phone = await page(browser, { width: 390, height: 844 });
  await phone.context().grantPermissions(['clipboard-read', 'clipboard-write']);
});
after(async () => {
  await browser?.close();
  const code = await program?.stop();
  chat?.stop();
  assert.equal(code, 0, 'the program ends in order');
});

const button = (key, within = desk, values = {}) => within.getByRole('button', { name: text(key, values), exact: true });

async function wait(find, what) {
  for (let tries = 0; tries < 300; tries += 1) {
    const found = await find();
    if (found) return found;
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  throw new Error(`never came: ${what}`);
}

const named = async (name) => (await ask(desk, `/groups?q=${encodeURIComponent(name)}`)).items[0];
/** Waits until a group has a task of a kind. */
const taskOf = (group, code) => wait(async () => (await ask(desk, '/tasks?limit=100')).items.find((one) => one.group?.name === group && one.what.code === code), `${code} for ${group}`);

/** Gives a group a new announcement, which a person has to put there; its link for the bound phone. */
async function announce(group, theme) {
  await send(desk, 'PUT', `/groups/${(await named(group)).id}/announcement`, { theme, services: '', forbidden: '', encouraged: '' });
  const task = await taskOf(group, 'task.announce');
  assert.equal(task.assignee.name, HOST);
  return new URL(`/t#${await signed(task.id, link.split('#')[1].split('.')[1], Date.now() + 3_600_000)}`, program.url).href;
}

/** A link as the program signs them, for any time. */
async function signed(task, device, expires) {
  const root = Buffer.from((await readFile(join(program.data, 'secret.key'), 'utf8')).trim(), 'hex');
  const key = hkdfSync('sha256', root, 'yutang', 'yutang link v1', 32);
  const plain = `${task}.${device}.${expires}`;
  const code = createHmac('sha256', Buffer.from(key)).update(`task ${plain}`).digest().subarray(0, 16).toString('hex');
  return `${plain}.${code}`;
}

/** Forgets the session and keeps what the phone is bound with, as after a night. */
const signedOut = (made) => made.context().clearCookies({ name: 'yutang_session' });

async function fits(made) {
  await settled(made);
  const wide = await made.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${wide} px are off the screen`);
  assert.deepEqual(await barriers(made), []);
}

test('a phone is bound by the link that its holder is given', async () => {
  await go(desk, program, '/staff');
  await desk.getByRole('button', { name: text('staff.actions_of', { name: HOST }) }).click();
  await desk.getByRole('menuitem', { name: text('staff.device'), exact: true }).click();
  const bind = await desk.getByLabel(text('staff.link'), { exact: true }).inputValue();
  await phone.goto(bind);
  await phone.getByRole('heading', { level: 1, name: text('link.device') }).waitFor();
  await fits(phone);
  await phone.getByLabel(text('link.device_name')).fill(PHONE);
  await phone.getByRole('button', { name: text('link.device_do') }).tap();
  await phone.getByRole('heading', { level: 1, name: text('shell.place.today') }).waitFor();
  await button('kit.close', desk.getByRole('dialog')).last().click();

  const other = await page(browser, { width: 390, height: 844 });
  await other.goto(bind);
  await other.getByRole('button', { name: text('link.device_do') }).tap();
  await other.getByRole('alert').getByText(refusal('link.spent')).waitFor();
  await other.context().close();
});

test('the staff chat reminds of a broadcast with a link, which opens it without signing in', async () => {
  const group = await named('海岸城福利1群');
  const { id } = await send(desk, 'POST', '/broadcasts', { name: '周六预告', text: SATURDAY, mode: 'paste', reach: { branches: [], scenes: [], audiences: [], stages: [], groups: [group.id], without: [] } });
  await send(desk, 'POST', `/broadcasts/${id}/schedule`, {});
  assert.equal((await taskOf(group.name, 'task.broadcast_paste')).assignee.name, HOST);
  await send(desk, 'POST', `/broadcasts/${id}/nudge`, {});
  const line = await wait(() => chat.heard.find((one) => one.includes(text('robot.nudged', { what: '' })) && one.includes(SATURDAY)), 'the robot reminds');
  assert.ok(line.includes(text('robot.open_on', { phone: PHONE })), 'the link says for which phone it is');
  link = line.match(/\((http[^)]*\/t#[^)]*)\)/)[1];
  const [task, device, expires, code] = link.split('#')[1].split('.');
  assert.equal(await signed(task, device, expires), `${task}.${device}.${expires}.${code}`, 'the story signs as the program does');
  await signedOut(phone);
  await phone.goto(link);
  await phone.locator('.paste', { hasText: SATURDAY }).waitFor();
  await fits(phone);
  await button('task.copy', phone).tap();
  await button('task.copied', phone).waitFor();
  assert.equal(await phone.evaluate(() => navigator.clipboard.readText()), SATURDAY);
  await button('task.sent', phone).tap();
  await phone.getByText(text('task.self_told')).waitFor();
});

test('text, picture, app, done: four taps, and the console says who told so', async () => {
  await signedOut(phone);
  await phone.goto(await announce('海岸城福利1群', THEME));
  await phone.getByRole('heading', { level: 1, name: text('task.announce') }).waitFor();
  await fits(phone);
  let taps = 0;
  const tap = async (what) => { taps += 1; await what.tap(); };
  await tap(button('task.copy', phone));
  await button('task.copied', phone).waitFor();
  assert.ok((await phone.evaluate(() => navigator.clipboard.readText())).includes(THEME), 'the text is on the clipboard');
  const saved = phone.waitForEvent('download');
  await tap(button('task.picture_save', phone));
  assert.equal((await saved).suggestedFilename(), '海岸城福利1群.png');
  // There is no such app here: what would open it is noted.
  await phone.evaluate(() => addEventListener('click', (event) => {
    const link = event.target.closest('a[href^="wxwork:"]');
    if (!link) return;
    event.preventDefault();
    globalThis.opened = link.href;
  }, true));
  await tap(phone.getByRole('link', { name: text('task.open_wecom'), exact: true }));
  assert.equal(await phone.evaluate(() => globalThis.opened), 'wxwork://');
  await tap(button('task.sent', phone));
  await phone.getByText(text('task.self_told')).waitFor();
  assert.ok(taps <= 4, `${taps} taps`);

  await go(desk, program, '/tasks?state=done');
  const row = desk.locator('main tbody tr[data-row-key]', { hasText: text('task.announce') }).filter({ hasText: '海岸城福利1群' });
  await row.getByText(text('task.self_told')).waitFor();
  await row.getByText(HOST).first().waitFor();
});

test('what cannot be done is given back with its reason, and taken again', async () => {
  await phone.goto(await announce('海岸城宝妈1群', '宝妈群：周三亲子烘焙'));
  const give = async (reason) => {
    await button('task.cannot_do', phone).tap();
    await phone.getByRole('menuitem', { name: text(`task.refusal.${reason}`), exact: true }).tap();
    await phone.getByText(`${text('task.state.impossible')} · ${text(`task.refusal.${reason}`)}`).waitFor();
  };
  const { id } = await taskOf('海岸城宝妈1群', 'task.announce');
  for (const reason of ['group_full', 'unsuitable', 'complaint']) {
    await give(reason);
    await phone.locator('.ant-notification-notice').getByRole('button', { name: text('kit.undo') }).first().tap();
    await button('task.sent', phone).waitFor();
  }
  await give('off_duty');
  await go(desk, program, '/tasks?state=done');
  await desk.locator('main tbody tr[data-row-key]', { hasText: '海岸城宝妈1群' }).getByText(text('task.refusal.off_duty')).waitFor();
  await send(desk, 'POST', `/tasks/${id}/undo`, {});
  await button('task.sent', phone).waitFor();
});

test('a task is handed on to somebody else, and the phone says so at once', async () => {
  await phone.getByText(text('task.in_charge', { name: HOST })).waitFor();
  const task = await taskOf('海岸城宝妈1群', 'task.announce');
  await go(desk, program, `/tasks/${task.id}`);
  await button('task.other').click();
  await desk.getByRole('menuitem', { name: text('task.hand_over'), exact: true }).click();
  const dialog = desk.getByRole('dialog');
  await dialog.getByLabel(text('task.to_whom'), { exact: true }).fill('刘畅');
  await desk.locator('.ant-select-item-option', { hasText: '刘畅' }).click();
  await button('task.hand_over', dialog).click();
  await desk.getByText(text('task.handed_told')).first().waitFor();
  await phone.getByText(text('task.in_charge', { name: '刘畅' })).waitFor();
  await desk.locator('.ant-notification-notice').getByRole('button', { name: text('kit.undo') }).first().click();
  await phone.getByText(text('task.in_charge', { name: HOST })).waitFor();
});

test('a link opens nothing on another phone, after its day, or with a letter changed', async () => {
  const [task, device, expires, code] = link.split('#')[1].split('.');
  const at = async (made, words, key) => {
    await made.goto(new URL(`/t#${words}`, program.url).href);
    await made.getByRole('heading', { level: 1, name: text('link.task') }).waitFor();
    await made.getByRole('alert').getByText(refusal(`link.${key}`)).waitFor();
    await made.getByText(text('link.task_text')).waitFor();
    await fits(made);
    assert.equal(await made.getByText(SATURDAY).count(), 0, 'nothing of the task is shown');
  };
  await at(phone, await signed(task, device, Date.now() - 1000), 'expired');
  await at(phone, `${task}.${device}.${expires}.${code.replace(/.$/, code.endsWith('0') ? '1' : '0')}`, 'unknown');
  const stranger = await page(browser, { width: 390, height: 844 });
  await at(stranger, link.split('#')[1], 'other_device');
  const { items } = await ask(desk, '/staff?limit=50');
  const bind = (await send(desk, 'POST', `/staff/${items.find((one) => one.name === '李娜').id}/device-link`, {})).url;
  await stranger.goto(bind);
  await stranger.getByRole('button', { name: text('link.device_do') }).tap();
  await stranger.getByRole('heading', { level: 1, name: text('shell.place.today') }).waitFor();
  await at(stranger, link.split('#')[1], 'other_device');
  await stranger.context().close();
});
