// The same groups through four kinds of account: each says in its own words what it cannot, nothing
// unknown is shown as 0, and what is offered is what it can do.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, barriers, go, open, page, send, settled, signIn, text } from '../kit/browser.mjs';
import { start } from '../kit/program.mjs';

const GROUP = '西乡福利1群';
/** What an account of each kind can (trade.md 1). */
const profiles = {
  wecom_plain: { reads: false, joins: true, acts: false, codes: true },
  wecom_archive: { reads: true, joins: true, acts: false, codes: true },
  wechat_personal: { reads: false, joins: false, acts: false, codes: false },
  full: { reads: true, joins: true, acts: true, codes: true },
};
let program;
let browser;
let desk;
let group;
/** Messages that were judged by hand in this story. */
const judged = new Set();
before(async () => {
  program = await start('demo');
  browser = await open();
  desk = await page(browser);
  await signIn(desk, program);
  // The story is told at any hour of the day.
  await send(desk, 'PATCH', '/workspace', { settings: { quiet_hours: { from: 3, to: 3 } } });
  group = (await ask(desk, `/groups?q=${encodeURIComponent(GROUP)}`)).items[0].id;
});
after(async () => {
  await browser?.close();
  assert.equal(await program?.stop(), 0, 'the program ends in order');
});

const main = () => desk.locator('main');
const button = (key, within = desk) => within.getByRole('button', { name: text(key), exact: true });
const dialog = () => desk.getByRole('dialog');
const region = (key) => desk.getByRole('region', { name: text(key), exact: true });
/** A sentence stands in a place, or does not. */
async function says(within, words, whether) {
  if (whether) await within.getByText(words, { exact: true }).first().waitFor();
  else assert.equal(await within.getByText(words, { exact: true }).count(), 0, words);
}

/** The demo's switch in the top bar. */
async function choose(profile) {
  const name = text(`channel.profile.${profile}`);
  await desk.getByRole('combobox', { name: text('shell.demo_profile') }).click();
  await desk.locator('.ant-select-item-option', { hasText: name }).click();
  await desk.locator('.demo-switch', { hasText: name }).waitFor();
}

for (const [profile, can] of Object.entries(profiles)) {
  const name = text(`channel.profile.${profile}`);

  test(`${name}: the stream of a group`, async () => {
    await go(desk, program, `/groups/${group}`);
    // The first is the demo's own at the start.
    if (profile !== 'wecom_plain') await choose(profile);
    await desk.locator('.stream-item').first().waitFor();
    await desk.waitForFunction((reads) => (document.querySelectorAll('.stream-item.message').length > 0) === reads, can.reads);
    await says(desk.locator('.stream'), text('unknown.channel_cannot_read'), !can.reads);
    assert.equal(await region('metrics.messages').count(), can.reads ? 1 : 0, 'no figure where nothing can be known');
    await says(main(), name, true);
  });

  test(`${name}: what is offered about a message`, async () => {
    if (!can.reads) return assert.equal(await desk.locator('.line-more').count(), 0, 'nothing is offered about what cannot be seen');
    // A message of a member’s, another for each kind of account: one is judged by hand once.
    const staff = (await ask(desk, '/staff?limit=100')).items.map((one) => one.name);
    const decided = (await ask(desk, `/moderation/queue?group=${group}&limit=100`)).items.flatMap((one) => one.messages.map((message) => message.id));
    const said = (await ask(desk, `/groups/${group}/messages`)).items.filter((one) => one.kind === 'message' && one.text?.length > 5 && !one.marks.complaint && one.member && !staff.includes(one.member.name) && !judged.has(one.text) && !decided.includes(one.id));
    const [chosen] = said;
    judged.add(chosen.text);
    await desk.locator('.stream-item.message', { hasText: chosen.text }).filter({ hasText: chosen.member.name }).locator('.line-more').first().click();
    const item = (measure) => desk.getByRole('menuitem', { name: new RegExp(`^${text(`sanction.do.${measure}`)}`) });
    await item('remove').waitFor();
    for (const measure of ['delete', 'cool_off', 'remove']) assert.equal((await item(measure).innerText()).includes(text('sanction.by_staff')), !can.acts, measure);
    assert.ok(!(await item('notice').innerText()).includes(text('sanction.by_staff')), 'a word finds a way everywhere');
    await item('remove').click();
    await dialog().getByText(text('sanction.do_why')).waitFor();
    await says(dialog(), text('sanction.do.remove'), true);
    const open = (await ask(desk, '/tasks?state=open&limit=100')).items.map((one) => one.id);
    assert.equal(await dialog().getByText(text('channel.cannot.remove')).count(), can.acts ? 0 : 1);
    assert.equal(await dialog().getByText(text('sanction.by_staff_text')).count(), can.acts ? 0 : 1);
    assert.deepEqual(await barriers(desk), []);
    await button('sanction.do.remove', dialog()).click();
    await desk.getByText(text(can.acts ? 'sanction.done_told' : 'sanction.tasked_told')).first().waitFor();
    const made = (await ask(desk, '/tasks?state=open&limit=100')).items.filter((one) => !open.includes(one.id) && one.what.code.startsWith('task.sanction_remove'));
    assert.equal(made.length, can.acts ? 0 : 1, 'a task for staff, complete, where the channel cannot');
    if (!can.acts) assert.match(made[0].body, /机器人/, 'with what is to be said');
    await desk.locator('.ant-notification-notice').getByRole('button', { name: text('kit.undo') }).first().click();
    return desk.locator('.ant-notification-notice').first().waitFor({ state: 'detached' });
  });

  test(`${name}: how the group is kept`, async () => {
    await go(desk, program, `/moderation?tab=policy&of=${group}`);
    await main().getByRole('heading', { level: 2, name: text('policy.title') }).waitFor();
    await says(main(), text('policy.channel_blind'), !can.reads);
    const words = ['delete_message', 'restrict', 'remove', 'post_private', 'post_group'].map((word) => text(`channel.short.${word}`)).join('、');
    await says(main(), text('policy.channel_cannot', { words }), can.reads && !can.acts);
  });

  test(`${name}: the gate and the welcome`, async () => {
    await go(desk, program, `/groups/${group}?tab=gate`);
    await says(region('gate.title'), text('gate.cannot'), !can.acts);
    await says(region('gate.title'), text('channel.cannot.see_joins'), !can.joins);
    await says(region('gate.link'), text('channel.cannot.join_code'), !can.codes);
    assert.equal(await button('gate.link_make').count(), can.codes ? 1 : 0);
    const sheet = region('welcome.title');
    await sheet.getByLabel(text('welcome.line'), { exact: true }).fill('欢迎新邻居');
    const own = `${name} · ${text('welcome.preview_own')}`;
    await sheet.locator('aside').getByText(own, { exact: true }).waitFor();
    const shown = (key) => sheet.locator('aside .shown').filter({ has: desk.locator('strong', { hasText: text(key) }) });
    const line = shown('welcome.line').first();
    await line.locator('.bubble', { hasText: '欢迎新邻居' }).waitFor();
    const hinders = can.acts ? null : can.joins ? 'post_group' : 'see_joins';
    for (const word of ['post_group', 'see_joins']) await says(line, text(`channel.cannot.${word}`), hinders === word);
    await line.getByText(text(`welcome.way.${can.acts ? 'post' : can.joins ? 'task' : 'none'}`), { exact: true }).waitFor();
    await shown('welcome.private').getByText(text(`welcome.way.${can.joins ? 'welcome' : 'none'}`), { exact: true }).waitFor();
    assert.deepEqual(await barriers(desk), []);
  });

  test(`${name}: what becomes of an announcement`, async () => {
    await go(desk, program, `/groups/${group}?tab=announcement`);
    await desk.getByLabel(text('announcement.theme'), { exact: true }).fill('这里是西乡福利群');
    await button('announcement.save').click();
    const own = dialog().locator('.shown').filter({ hasText: text('welcome.preview_own') });
    await own.getByText(`${name} · ${text('welcome.preview_own')}`, { exact: true }).waitFor();
    await says(own, text('channel.cannot.announce'), !can.acts);
    await own.getByText(text(`welcome.way.${can.acts ? 'announce' : 'task'}`), { exact: true }).waitFor();
    await own.locator('.bubble', { hasText: '这里是西乡福利群' }).waitFor();
    assert.deepEqual(await barriers(desk), []);
    await button('kit.cancel', dialog()).click();
    await dialog().waitFor({ state: 'detached' });
  });

  test(`${name}: the channel’s page says what it can, what happens instead, and the limits with their dates`, async () => {
    await go(desk, program, '/channels');
    const card = region('channel.fake').filter({ has: desk.locator('.ant-tag', { hasText: name }) });
    await card.getByRole('button', { name: new RegExp(`^${text('channel.abilities')}`) }).click();
    const part = (key) => card.locator('.abilities > section').filter({ has: desk.getByRole('heading', { level: 3, name: text(key), exact: true }) });
    await part('channel.able').waitFor();
    const known = (await ask(desk, '/channels/profiles')).items.find((one) => one.profile === profile);
    const lines = async (key) => (await part(key).getByRole('listitem').allInnerTexts()).map((words) => words.replaceAll(/\s+/g, ' ').trim());
    assert.deepEqual(await lines('channel.able'), known.can.map((word) => text(`channel.can.${word}`)));
    assert.deepEqual(await lines('channel.unable'), known.cannot.map(({ capability, instead }) => `${text(`channel.can.${capability}`)} ${text(`channel.instead.${instead}`)}`));
    assert.equal(known.can.includes('read_text'), can.reads);
    assert.equal(known.can.includes('remove'), can.acts);
    const limits = part('channel.limits');
    const rows = await limits.getByRole('listitem').all();
    assert.equal(rows.length, known.limits.length);
    for (const [n, limit] of known.limits.entries()) {
      const words = await rows[n].innerText();
      assert.ok(words.includes(limit.stated_on ? text('channel.limit_dated', { date: limit.stated_on }) : text('channel.limit_undated')), limit.code);
      assert.ok(words.includes(text(`channel.proof.${limit.proof}`)), limit.code);
      assert.doesNotMatch(words, /\{\{|undefined|null/, limit.code);
      assert.match(await rows[n].getByRole('link').getAttribute('href'), /^https:\/\//);
    }
    await settled(desk);
    assert.deepEqual(await barriers(desk), []);
  });
}

test('an account of each kind can be looked at before it is chosen', async () => {
  await go(desk, program, '/channels');
  await button('channel.connect').click();
  for (const [profile, can] of Object.entries(profiles)) {
    await dialog().getByRole('radio', { name: text(`channel.profile.${profile}`), exact: true }).check();
    await says(dialog().locator('.abilities'), text('channel.able_none'), profile === 'wechat_personal');
    await says(dialog().locator('.abilities'), text('channel.able_all'), can.acts);
    assert.equal(await button('channel.wizard.switch', dialog()).isDisabled(), profile === 'full', 'the present one is not chosen again');
  }
  await button('kit.cancel', dialog()).click();
});
