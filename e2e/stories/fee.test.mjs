// Who paid is let in, and how much comes back if they are put out.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, barriers, go, open, page, send, setUp, text } from '../kit/browser.mjs';
import { botApi } from '../kit/network.mjs';
import { start } from '../kit/program.mjs';

const TOKEN = '42:wheat_TOKEN';
const GROUP = '付费烘焙课';
let program;
let browser;
let desk;
let telegram;
let group;
before(async () => {
  program = await start('serve');
  browser = await open();
  telegram = await botApi(TOKEN);
  desk = await page(browser);
  await setUp(desk, program);
  await send(desk, 'POST', '/channels', { network: 'telegram', base_url: telegram.url, token: TOKEN });
  telegram.stand(GROUP, 'administrator');
  telegram.say(GROUP, '李雷', '这周讲吐司吗');
  group = (await until('/groups', (answer) => answer.items.length === 1)).items[0].id;
  await send(desk, 'PATCH', `/groups/${group}`, { scene: 'paid', monetisation: { path: 'fee' } });
  await send(desk, 'PUT', `/groups/${group}/gate`, { kind: 'payment' });
});
after(async () => {
  await browser?.close();
  const code = await program?.stop();
  telegram?.stop();
  assert.equal(code, 0, 'the program ends in order');
});

async function wait(holds, what) {
  for (let tries = 0; tries < 300; tries += 1) {
    const found = await holds();
    if (found) return found;
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  throw new Error(`never came: ${what}`);
}

const until = (path, holds) => wait(async () => {
  const answer = await ask(desk, path);
  return holds(answer) ? answer : null;
}, path);

// req: 001-052
test('whoever waits for a fee is let in once it is noted, with what it was', async () => {
  telegram.knock(GROUP, '韩梅');
  await go(desk, program, `/groups/${group}?tab=gate`);
  await desk.getByRole('button', { name: `${text('gate.fee_paid')} 韩梅` }).click();
  const dialog = desk.getByRole('dialog');
  await dialog.getByLabel(text('gate.fee_amount')).fill('199');
  assert.deepEqual(await barriers(desk), []);
  await dialog.getByRole('button', { name: text('gate.fee_note') }).click();
  await desk.getByText(text('gate.admitted', { name: '韩梅' })).first().waitFor();
  await wait(() => telegram.called('approveChatJoinRequest').some((one) => one.user_id === telegram.idOf('韩梅')), 'she may come in');
  await desk.getByText(text('gate.knocks_none')).waitFor();
});
