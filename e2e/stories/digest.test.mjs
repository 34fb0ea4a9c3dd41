// The day before on Today: opened, read, the people behind a figure.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, barriers, go, open, page, settled, signIn, text } from '../kit/browser.mjs';
import { start } from '../kit/program.mjs';

let program;
let browser;
let desk;
before(async () => {
  program = await start('demo');
  browser = await open();
  desk = await page(browser);
  await signIn(desk, program);
});
after(async () => {
  await browser?.close();
  assert.equal(await program?.stop(), 0, 'the program ends in order');
});

test('each figure of yesterday leads to its people', async () => {
  await go(desk, program, '/');
  await desk.getByRole('button', { name: text('digest.yesterday'), exact: true }).click();
  const drawer = desk.getByRole('dialog').first();
  const told = await ask(desk, '/digest');
  await drawer.locator('.digest-parts li').nth(told.parts.length - 1).waitFor();
  assert.match(await drawer.innerText(), /【社群日报】\d+月\d+日 周/);
  assert.doesNotMatch(await drawer.innerText(), /\{\{|digest\./);
  assert.deepEqual(await barriers(desk), []);
  const part = told.parts.find((one) => one.figures.length > 0);
  assert.ok(part, 'the demo has figures of yesterday');
  await drawer.getByRole('button', { name: text(`people.${part.figures[0]}`), exact: true }).click();
  await desk.getByRole('dialog').last().getByRole('link').first().waitFor();
});

test('its link opens that day, on a phone too', async () => {
  const phone = await page(browser, { width: 390, height: 844 });
  await signIn(phone, program);
  const { day } = await ask(phone, '/digest');
  await go(phone, program, `/?digest=${day}`);
  await phone.getByRole('dialog').locator('.digest-parts li').first().waitFor();
  await settled(phone);
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${wide} px too wide`);
  assert.deepEqual(await barriers(phone), []);
});
