// Another system is told: an address is added, something happens and arrives, the other side breaks
// down, it is tried again, and sent again by hand.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { ask, barriers, go, open, page, send, signIn, text } from '../kit/browser.mjs';
import { start } from '../kit/program.mjs';

const NAME = '会员系统';
let program;
let browser;
let desk;
let other;
before(async () => {
  program = await start('demo');
  browser = await open();
  desk = await page(browser);
  await signIn(desk, program);
  other = await receiver();
});
after(async () => {
  other?.stop();
  await browser?.close();
  assert.equal(await program?.stop(), 0, 'the program ends in order');
});

/** The other system: keeps what comes, answers with a status. */
async function receiver() {
  const made = { arrived: [], status: 204 };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', () => {
      made.arrived.push({ id: request.headers['webhook-id'], signature: request.headers['webhook-signature'], body: JSON.parse(body) });
      response.writeHead(made.status).end(made.status === 204 ? undefined : '数据库维护中');
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  made.url = `http://127.0.0.1:${server.address().port}/events`;
  made.stop = () => { server.closeAllConnections(); server.close(); };
  return made;
}

async function until(holds, what) {
  for (let tries = 0; tries < 300; tries += 1) {
    const found = await holds();
    if (found) return found;
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  throw new Error(`never came: ${what}`);
}

const button = (key, within = desk) => within.getByRole('button', { name: text(key), exact: true });
const dialog = () => desk.getByRole('dialog');
const label = (key) => desk.getByLabel(text(key), { exact: true });
const told = (topic) => other.arrived.filter((one) => one.body.type === topic);

test('an address is added, its secret shown once, a test arrives', async () => {
  await go(desk, program, '/settings?tab=webhooks');
  await desk.getByText(text('webhook.none')).waitFor();
  assert.deepEqual(await barriers(desk), []);
  await button('webhook.add').click();
  await label('webhook.name').fill(NAME);
  await label('webhook.address').fill('http://10.0.0.8/hook');
  await label('webhook.topics').fill('outside.received');
  await desk.locator('.ant-select-item-option').filter({ hasText: 'outside.received' }).first().click();
  await label('webhook.name').click();
  await button('webhook.save', dialog()).click();
  await dialog().getByRole('alert').getByText('https://', { exact: false }).waitFor();
  await label('webhook.address').fill(other.url);
  await button('webhook.save', dialog()).click();
  const secret = await desk.getByRole('searchbox', { name: text('webhook.secret'), exact: true }).inputValue();
  assert.match(secret, /^whsec_/);
  await button('webhook.secret_kept').click();
  await button('webhook.test').click();
  await desk.getByText(text('webhook.test_taken', { status: 204 })).waitFor();
  assert.match(told('webhook.test')[0].signature, /^v1,/);
  assert.deepEqual(await barriers(desk), []);
});

test('what happens arrives by itself', async () => {
  const event = await send(desk, 'POST', '/events', { id: 'o-1', source: 'till', name: 'cart.left', data: { amount_minor: 2770 } });
  const [first] = await until(() => told('outside.received').length > 0 && told('outside.received'), 'the event');
  assert.equal(first.body.data.event, event.event);
  assert.equal(first.body.data.name, 'cart.left');
});

test('the other side breaks down: it is said, tried again, and sent again by hand', async () => {
  other.status = 503;
  await send(desk, 'POST', '/events', { id: 'o-2', source: 'till', name: 'cart.paid' });
  // At once, and after five seconds.
  await until(() => told('outside.received').length >= 3, 'the second attempt');
  await desk.getByText(text('webhook.waiting', { n: 1 }), { exact: false }).waitFor();
  await button('webhook.deliveries').click();
  const lines = dialog().locator('.delivery');
  await lines.filter({ hasText: text('webhook.delivery.failed') }).first().waitFor();
  await lines.first().getByText(text('webhook.delivery.answer')).click();
  await lines.first().getByText('数据库维护中').waitFor();
  assert.deepEqual(await barriers(desk), []);
  other.status = 204;
  await button('webhook.replay', lines.first()).click();
  const all = await until(() => told('outside.received').length >= 4 && told('outside.received'), 'what was sent again');
  assert.equal(all[3].id, all[1].id, 'under its old name');
  const [{ id }] = (await ask(desk, '/webhooks')).items;
  await until(async () => (await ask(desk, `/webhooks/${id}/deliveries?state=failed`)).items.length === 0, 'that it arrived');
});

test('on a phone nothing is wider than the screen', async () => {
  const phone = await page(browser, { width: 390, height: 844 });
  await signIn(phone, program);
  await go(phone, program, '/settings?tab=webhooks');
  await phone.getByText(NAME, { exact: true }).first().waitFor();
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${wide} px too wide`);
  assert.deepEqual(await barriers(phone), []);
});
