// Channels: connected after a trial that says what is wrong, paused, refused, signed in again, removed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, barriers, go, open, page, setUp, settled, speak, text } from '../kit/browser.mjs';
import { botApi, homeserver } from '../kit/network.mjs';
import { start } from '../kit/program.mjs';

const TOKEN = '42:wheat_TOKEN';
let program;
let browser;
let desk;
let matrix;
let telegram;
before(async () => {
  program = await start('serve');
  browser = await open();
  matrix = await homeserver();
  telegram = await botApi(TOKEN);
  desk = await page(browser);
  await setUp(desk, program);
});
after(async () => {
  await browser?.close();
  const code = await program?.stop();
  matrix?.stop();
  telegram?.stop();
  assert.equal(code, 0, 'the program ends in order');
});

const button = (key, within = desk) => within.getByRole('button', { name: text(key), exact: true });
const dialog = () => desk.getByRole('dialog');
const field = (key) => dialog().getByLabel(text(key), { exact: true });
const account = (name) => desk.getByRole('region', { name, exact: true });

test('nothing connected: the place says what a channel is for', async () => {
  await go(desk, program, '/channels');
  await desk.getByRole('heading', { name: text('channel.blank') }).waitFor();
  assert.deepEqual(await barriers(desk), []);
});

test('a homeserver is tried first, and what is wrong is said with its remedy', async () => {
  await button('channel.connect').click();
  await dialog().getByRole('radio', { name: /Matrix/ }).check();
  const save = button('channel.wizard.save', dialog());
  assert.equal(await save.isDisabled(), true, 'nothing is kept before it was tried');
  const attempt = async (homeserverUrl, password, obstacle) => {
    await field('channel.wizard.homeserver').fill(homeserverUrl);
    await field('channel.wizard.user').fill('bot');
    await field('channel.wizard.password').fill(password);
    await button('channel.wizard.test', dialog()).click();
    await dialog().getByText(text(`channel.obstacle.${obstacle}`), { exact: true }).waitFor();
    await dialog().getByText(text(`channel.remedy.${obstacle}`)).waitFor();
    assert.equal(await save.isDisabled(), true, obstacle);
  };
  await attempt('bakery.example', 'bread', 'address');
  await attempt('http://127.0.0.1:9', 'bread', 'unreachable');
  await attempt(telegram.url, 'bread', 'absent');
  await attempt(matrix.url, 'sourdough', 'password');
  assert.deepEqual(await barriers(desk), []);
  await field('channel.wizard.password').fill('bread');
  await button('channel.wizard.test', dialog()).click();
  await dialog().getByText(text('channel.wizard.accepted', { user: '@bot:bakery.example' })).waitFor();
  await save.click();
  await account('@bot:bakery.example').getByText(text('channel.state_of.ready'), { exact: true }).waitFor();
});

test('a bot in privacy mode is connected with a warning, and where it lacks rights is said', async () => {
  await button('channel.connect').click();
  await dialog().getByRole('radio', { name: /Telegram/ }).check();
  await field('channel.wizard.token').fill('42:wrong');
  await field('channel.wizard.base_url').fill(telegram.url);
  await button('channel.wizard.test', dialog()).click();
  await dialog().getByText(text('channel.obstacle.token'), { exact: true }).waitFor();
  await field('channel.wizard.token').fill(TOKEN);
  await button('channel.wizard.test', dialog()).click();
  await dialog().getByText(text('channel.caution.hears_little')).waitFor();
  await button('channel.wizard.save', dialog()).click();
  const bot = account('wheat_bot');
  await bot.getByText(text('channel.state_of.ready'), { exact: true }).waitFor();
  telegram.stand('烘焙1群', 'member');
  await bot.getByText(text('channel.limited_of_other', { n: 1 })).waitFor();
  await bot.getByText(/在“烘焙1群”里不能.*移出成员/).waitFor();
  telegram.stand('烘焙1群', 'administrator');
  await bot.getByText(text('channel.limited_of_other', { n: 1 })).waitFor({ state: 'detached' });
  await bot.getByRole('button', { name: new RegExp(`^${text('channel.abilities')}`) }).click();
  await bot.getByText(text('channel.limit.telegram_group_minute', { n: 20 })).waitFor();
  await bot.getByText(new RegExp(text('channel.holder', { holder: '.+' }))).waitFor();
  assert.deepEqual(await barriers(desk), []);
});

test('it rests and goes on; a refused one is signed in to again; a removed one is gone and its groups stay', async () => {
  const bot = account('wheat_bot');
  const choose = async (key) => {
    await bot.getByRole('button', { name: new RegExp(`^${text('channel.more')}`) }).click();
    await desk.getByRole('menuitem', { name: text(key), exact: true }).click();
  };
  await choose('channel.pause');
  await button('channel.pause', dialog()).click();
  await bot.getByText(text('channel.state_of.paused'), { exact: true }).waitFor();
  await bot.getByRole('button', { name: text('channel.resume'), exact: true }).click();
  await bot.getByText(text('channel.state_of.ready'), { exact: true }).waitFor();

  telegram.revoke(true);
  await bot.getByText(text('channel.obstacle.token'), { exact: true }).waitFor();
  telegram.revoke(false);
  await bot.getByRole('button', { name: text('channel.reconnect'), exact: true }).click();
  await field('channel.wizard.token').fill(TOKEN);
  await button('channel.reconnect', dialog()).click();
  await bot.getByText(text('channel.state_of.ready'), { exact: true }).waitFor();

  await choose('channel.remove');
  await button('channel.remove', dialog()).click();
  await bot.waitFor({ state: 'detached' });
  const { items } = await ask(desk, '/groups');
  assert.ok(items.some((group) => group.name === '烘焙1群'), 'its groups stay');
});

test('a program of one’s own gets an address and a secret, shown once', async () => {
  await button('channel.connect').click();
  await dialog().getByRole('radio', { name: new RegExp(text('channel.open')) }).check();
  await field('channel.wizard.name').fill('网桥');
  await button('channel.wizard.save', dialog()).click();
  const secret = desk.getByLabel(text('channel.wizard.secret'), { exact: true });
  await secret.waitFor();
  assert.ok((await secret.inputValue()).length > 20);
  await button('channel.wizard.kept').click();
  await account('网桥').getByText(text('channel.state_of.ready_open'), { exact: true }).waitFor();
  await settled(desk);
  assert.deepEqual(await barriers(desk), []);
});

test('on a phone and in English the trial says what is wrong, and nothing is wider than the screen', async () => {
  await desk.setViewportSize({ width: 390, height: 844 });
  await go(desk, program, '/channels');
  await account('网桥').waitFor();
  await speak(desk, 'en');
  const fits = async () => {
    const wide = await desk.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${wide} px are off the screen`);
    assert.deepEqual(await barriers(desk), []);
  };
  const english = (key) => text(key, {}, 'en');
  await desk.getByRole('heading', { level: 1, name: english('shell.place.channel') }).waitFor();
  await fits();
  await desk.getByRole('button', { name: english('channel.connect'), exact: true }).click();
  const attempt = async (network, fields, obstacle) => {
    await dialog().getByRole('radio', { name: network }).check();
    for (const [key, value] of Object.entries(fields)) await dialog().getByLabel(english(`channel.wizard.${key}`), { exact: true }).fill(value);
    await dialog().getByRole('button', { name: english('channel.wizard.test'), exact: true }).click();
    await dialog().getByText(english(`channel.obstacle.${obstacle}`), { exact: true }).waitFor();
    await dialog().getByText(english(`channel.remedy.${obstacle}`)).waitFor();
    assert.ok(await dialog().getByRole('button', { name: english('channel.wizard.save'), exact: true }).isDisabled(), 'nothing is kept');
    await fits();
  };
  await attempt(/Matrix/, { homeserver: telegram.url, user: 'bot', password: 'bread' }, 'absent');
  await attempt(/Telegram/, { token: '42:wrong', base_url: telegram.url }, 'token');
});
