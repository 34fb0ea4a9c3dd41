// Where order is kept, in each language and on both screens: no word of another language, nothing in
// anybody’s way, nothing wider than the screen.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ask, barriers, go, open, page, refusal, send, settled, signIn, speak, text } from '../kit/browser.mjs';
import { root, start } from '../kit/program.mjs';

let program;
let browser;
let places;
before(async () => {
  program = await start('demo');
  browser = await open();
  const desk = await page(browser);
  await signIn(desk, program);
  const group = (await ask(desk, `/groups?q=${encodeURIComponent('海岸城福利1群')}`)).items[0].id;
  await send(desk, 'PUT', `/groups/${group}/announcement`, { theme: '这里是海岸城', services: '', forbidden: '', encouraged: '' });
  const tasks = (await ask(desk, '/tasks?limit=100')).items;
  const task = (code) => `/tasks/${tasks.find((one) => one.what.code === code).id}`;
  places = [
    ...['queue', 'appeals', 'alarms', 'policy', 'rules', 'training', 'trusted', 'quality'].map((tab) => `/moderation?tab=${tab}`),
    `/moderation?tab=policy&of=${group}`, `/groups/${group}`, `/groups/${group}?tab=announcement`, `/groups/${group}?tab=gate`,
    '/tasks', task('task.announce'), task('task.appeal'), task('task.complaint'), '/channels', '/staff', '/audit',
  ];
  await desk.context().close();
});
after(async () => {
  await browser?.close();
  assert.equal(await program?.stop(), 0, 'the program ends in order');
});

/** All sentences of a language, by key. */
function catalogue(language) {
  const folder = join(root, 'locales', language);
  return Object.assign({}, ...readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8'))));
}

/** Sentences of the first language that are none of this one; names of examples may be anybody’s. */
function foreign(language) {
  const [first, own] = [catalogue('zh-Hans'), catalogue(language)];
  const said = new Set(Object.values(own));
  return new Set(Object.entries(first).filter(([key, words]) => !key.startsWith('welcome.example') && /\p{Script=Han}/u.test(words) && own[key] !== words && !said.has(words)).map(([, words]) => words));
}

/** What stands on the page by itself. */
const pieces = (made) => made.evaluate(() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest('script, style, .paste, .signed, .bubble, textarea')) continue;
    found.push(node.textContent.trim());
  }
  for (const one of document.querySelectorAll('[aria-label], [placeholder], [title]')) found.push(...['aria-label', 'placeholder', 'title'].map((name) => one.getAttribute(name)?.trim() ?? ''));
  return found.filter(Boolean);
});

async function stands(made, others, path) {
  const words = await pieces(made);
  assert.deepEqual([...new Set(words.filter((one) => others.has(one)))], [], `${path}: words of another language`);
  assert.deepEqual([...new Set(words.filter((one) => /^[a-z_]+(\.[a-z_]+)+$/.test(one) || /\bNaN\b|\bundefined\b|\{\{|\[object /.test(one)))], [], `${path}: a sentence with a hole`);
  assert.deepEqual(await barriers(made), [], path);
  const wide = await made.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${path}: ${wide} px are off the screen`);
}

for (const [language, width] of [['zh-Hans', 390], ['zh-Hant', 390], ['en', 390], ['en', 1280]]) {
  test(`${language}, ${width} px`, async (story) => {
    const others = foreign(language);
    const made = await page(browser, { width, height: width < 600 ? 844 : 900 });
    await signIn(made, program);
    if (language !== 'zh-Hans') {
      await speak(made, language);
      await made.getByRole('heading', { level: 1, name: text('shell.place.today', {}, language) }).waitFor();
    }
    for (const path of places) {
      await story.test(path, async () => {
        await go(made, program, path);
        if (path === '/channels') {
          await made.locator('.disclose').first().click();
          await made.locator('.limits li').first().waitFor();
        }
        await stands(made, others, path);
      });
    }
    await story.test('a link that opens nothing', async () => {
      await made.goto(new URL('/t#no.such.link', program.url).href);
      await made.getByRole('alert').getByText(refusal('link.unknown', language)).waitFor();
      await settled(made);
      await stands(made, others, '/t');
    });
    await made.context().close();
  });
}
