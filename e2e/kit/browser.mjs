// Chromium, and what every story does in it.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { CEILING, root } from './program.mjs';

const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A browser; its pages wait for conditions up to the ceiling and never for time. */
export async function open() {
  const executablePath = process.env.YUTANG_CHROMIUM ?? usual.find((path) => existsSync(path));
  if (!executablePath) throw new Error('there is no Chromium: install it, or set YUTANG_CHROMIUM');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'] });
}

/** A page of its own context, in a language, as wide as a desk or a phone. */
export async function page(browser, { width = 1280, height = 900, locale = 'zh-CN' } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    locale,
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
    hasTouch: width < 600,
    deviceScaleFactor: 1,
  });
  context.setDefaultTimeout(CEILING);
  const made = await context.newPage();
  const faults = [];
  made.on('pageerror', (error) => faults.push(error.message));
  made.on('console', (message) => { if (message.type() === 'error') faults.push(message.text()); });
  made.faults = faults;
  return made;
}

const catalogues = new Map();

/** A sentence of the catalogue, so that stories say what people read. */
export function text(key, values = {}, language = 'zh-Hans') {
  const noun = key.slice(0, key.indexOf('.'));
  const place = `${language}/${noun}`;
  if (!catalogues.has(place)) catalogues.set(place, JSON.parse(readFileSync(join(root, `locales/${place}.json`), 'utf8')));
  const found = catalogues.get(place)[key];
  if (found === undefined) throw new Error(`no ${key} in ${place}`);
  return found.replace(/\{\{(\w+)\}\}/g, (_, name) => String(values[name] ?? `{{${name}}}`));
}

/** The sentence of a refusal. */
export function refusal(code, language = 'zh-Hans') {
  const found = JSON.parse(readFileSync(join(root, `locales/${language}/error.json`), 'utf8'))[code];
  if (found === undefined) throw new Error(`no ${code} among the errors in ${language}`);
  return found;
}

/** Signs in where the program says. */
export async function signIn(made, program) {
  await made.goto(program.url);
  await made.getByLabel(text('session.name')).fill(program.login);
  await made.getByLabel(text('session.password'), { exact: true }).fill(program.password);
  await made.getByRole('button', { name: text('session.enter') }).click();
  await made.getByRole('heading', { level: 1, name: text('shell.place.today') }).waitFor();
}

/** Creates the organisation and its owner on the first-run page. */
export async function setUp(made, program) {
  await made.goto(program.url);
  await made.getByRole('heading', { level: 1, name: text('setup.title') }).waitFor();
  const name = (key) => made.getByLabel(text(key), { exact: true });
  await name('setup.organisation').fill('麦穗面包房');
  await name('setup.name').fill('林老板');
  await name('session.name').fill('boss@example.com');
  await name('session.password').fill('小麦与酵母之歌 2026');
  await name('account.password_again').fill('小麦与酵母之歌 2026');
  await made.getByRole('button', { name: text('setup.create') }).click();
  await made.getByRole('button', { name: text('setup.group_skip') }).waitFor();
}

/** Sends something to the API as whoever is signed in. */
export async function send(made, method, path, body) {
  return made.evaluate(async ([how, where, what]) => {
    const { csrf } = await (await fetch('/api/v1/session')).json();
    const answer = await fetch(`/api/v1${where}`, { method: how, headers: { 'content-type': 'application/json', 'x-csrf-token': csrf }, body: JSON.stringify(what) });
    if (!answer.ok) throw new Error(`${where}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  }, [method, path, body]);
}

/** Goes to a place of the console and waits until its list or board stands there. */
export async function go(made, program, path) {
  await made.goto(new URL(path, program.url).href);
  await made.locator('main h1').waitFor();
  await settled(made);
}

/** Waits until nothing on the page is being fetched any more. */
export async function settled(made) {
  await made.waitForFunction(() => !document.querySelector('.ant-skeleton, .ant-spin-spinning, [aria-busy="true"]'));
}

/** Chooses the language. A menu that is still finding its place is not to be scrolled to. */
export async function speak(made, language) {
  await made.locator('header button:has(.anticon-global)').click();
  const choice = made.locator('.ant-dropdown').getByText(text(`shell.language.${language}`), { exact: true });
  await choice.waitFor();
  await made.waitForFunction((item) => {
    const { top, bottom } = item.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  }, await choice.elementHandle());
  await choice.click();
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds that is serious or worse, with the places. */
export async function barriers(made) {
  await made.evaluate(axe);
  const found = await made.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .map((one) => `${one.id} (${one.impact}): ${one.nodes.slice(0, 4).map((node) => node.target.join(' ')).join(' | ')}`);
}

/** Asks the API as the signed-in person: for what a story has to know beforehand. */
export async function ask(made, path) {
  return made.evaluate(async (asked) => {
    const answer = await fetch(`/api/v1${asked}`);
    if (!answer.ok) throw new Error(`${asked}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }, path);
}
