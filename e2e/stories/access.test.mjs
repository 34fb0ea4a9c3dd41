// Every main page on a desk and on a phone: nothing serious in the way of anybody, nothing wider
// than the screen, no fault in the browser's log.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, barriers, go, open, page, signIn, text } from '../kit/browser.mjs';
import { start } from '../kit/program.mjs';

let program;
let browser;
before(async () => {
  program = await start('demo');
  browser = await open();
});
after(async () => {
  await browser?.close();
  await program?.stop();
});

async function places(made) {
  const group = (await ask(made, `/groups?q=${encodeURIComponent('海岸城福利1群')}`)).items[0].id;
  const member = (await ask(made, '/members?sort=-orders&limit=1')).items[0].id;
  return [
    '/', '/groups', `/groups/${group}`, `/groups/${group}?tab=members`, `/groups/${group}?tab=announcement`,
    `/groups/${group}?tab=gate`, `/groups/${group}?tab=settings`, '/members', `/members/${member}`, `/members/${member}?tab=consents`,
    `/members/${member}?tab=links`, `/members/${member}?tab=privacy`, '/broadcasts', '/broadcasts/new', '/tasks', '/imports', '/moderation', '/moderation?tab=policy', '/moderation?tab=rules', '/channels', '/staff', '/audit',
    '/settings', '/settings?tab=robots', '/settings?tab=webhooks', '/account',
  ];
}

for (const width of [1280, 390]) {
  test(`${width} px`, async (story) => {
    const made = await page(browser, { width, height: width < 600 ? 844 : 900 });
    await made.goto(program.url);
    await made.getByLabel(text('session.name')).waitFor();
    assert.deepEqual(await barriers(made), [], 'signing in');
    await signIn(made, program);
    // Asking who is signed in before anybody is, is answered with 401.
    made.faults.length = 0;
    for (const path of await places(made)) {
      await story.test(path, async () => {
        await go(made, program, path);
        assert.deepEqual(await barriers(made), []);
        const wide = await made.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `${wide} px are off the screen`);
        const words = await made.locator('body').innerText();
        assert.doesNotMatch(words, /\bNaN\b|\bundefined\b|\{\{|\[object /, 'a sentence with a hole');
        assert.deepEqual(made.faults.splice(0), []);
      });
    }
  });
}

test('a phone reaches every place with its thumb', async () => {
  const phone = await page(browser, { width: 390, height: 844 });
  await signIn(phone, program);
  for (const place of ['group', 'broadcast', 'member', 'task', 'today']) {
    await phone.locator('nav.bottom').getByText(text(`shell.place.${place}`), { exact: true }).tap();
    await phone.getByRole('heading', { level: 1, name: text(`shell.place.${place}`) }).waitFor();
  }
  for (const place of ['import', 'moderation', 'channel', 'staff', 'audit', 'setting']) {
    await phone.locator('header').getByRole('button', { name: /的菜单/ }).tap();
    await phone.getByRole('menuitem', { name: text(`shell.place.${place}`) }).tap();
    await phone.getByRole('heading', { level: 1, name: text(`shell.place.${place}`) }).waitFor();
  }
});

test('dark colours are as readable', async () => {
  const made = await page(browser);
  await signIn(made, program);
  await made.evaluate(() => localStorage.setItem('yutang.shade', 'dark'));
  for (const path of ['/', '/groups', '/members']) {
    await go(made, program, path);
    assert.deepEqual(await barriers(made), [], path);
  }
});
