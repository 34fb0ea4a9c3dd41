// From an empty folder to the health of the first group.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, barriers, go, open, page, settled, text } from '../kit/browser.mjs';
import { historyFile } from '../kit/history.mjs';
import { start } from '../kit/program.mjs';

let program;
let browser;
before(async () => {
  program = await start('serve');
  browser = await open();
});
after(async () => {
  await browser?.close();
  assert.equal(await program?.stop(), 0, 'the program ends in order');
});

// req: 003-025
test('an owner is made, a history is brought in, and the health of the group is read', async () => {
  assert.equal(program.login, null);
  const made = await page(browser);
  await made.goto(program.url);
  await made.getByRole('heading', { level: 1, name: text('setup.title') }).waitFor();
  assert.deepEqual(await barriers(made), []);

  const name = (key) => made.getByLabel(text(key), { exact: true });
  await name('setup.organisation').fill('麦穗面包房');
  await name('setup.name').fill('林老板');
  await name('session.name').fill('boss@example.com');
  await name('session.password').fill('小麦与酵母之歌 2026');
  await name('account.password_again').fill('小麦与酵母之歌 2026');
  await made.getByRole('button', { name: text('setup.create') }).click();

  await made.getByRole('button', { name: text('setup.group_skip') }).click();
  await made.getByText(text('setup.import_text')).waitFor();
  await made.locator('input[type=file]').setInputFiles(await historyFile('社区面包群.txt', 900, 30));
  const into = made.getByRole('combobox', { name: text('import.into_group') });
  await into.fill('社区面包群');
  await made.getByRole('button', { name: text('import.read') }).click();
  await made.getByText(text('import.plan_title')).waitFor();
  await made.getByRole('button', { name: text('import.store'), exact: true }).click();
  const next = made.getByRole('button', { name: text('setup.import_next') });
  await made.getByText(text('import.state.done')).waitFor();
  await next.click();

  const messages = made.getByRole('region', { name: text('metrics.messages'), exact: true });
  await messages.waitFor();
  assert.match(await messages.innerText(), /900/);
  await made.getByRole('button', { name: text('setup.next'), exact: true }).click();
  await made.getByRole('button', { name: text('setup.start') }).click();
  await made.getByRole('heading', { level: 1, name: text('shell.place.today') }).waitFor();
  await settled(made);
  assert.deepEqual(await barriers(made), []);
});

test('the first-run page is gone once there is an owner, and the owner signs in', async () => {
  const made = await page(browser);
  await made.goto(program.url);
  await made.getByLabel(text('session.name')).fill('boss@example.com');
  await made.getByLabel(text('session.password'), { exact: true }).fill('falsch');
  await made.getByRole('button', { name: text('session.enter') }).click();
  await made.getByRole('alert').waitFor();
  await made.getByLabel(text('session.password'), { exact: true }).fill('小麦与酵母之歌 2026');
  await made.getByRole('button', { name: text('session.enter') }).click();
  await made.getByRole('heading', { level: 1, name: text('shell.place.today') }).waitFor();
});

// req: 000-004
test('a group is closed with a look back, a last word and a task, and brought back', async () => {
  const made = await page(browser);
  await made.goto(program.url);
  await made.getByLabel(text('session.name')).fill('boss@example.com');
  await made.getByLabel(text('session.password'), { exact: true }).fill('小麦与酵母之歌 2026');
  await made.getByRole('button', { name: text('session.enter') }).click();
  await made.getByRole('heading', { level: 1, name: text('shell.place.today') }).waitFor();
  const { items } = await ask(made, '/groups');
  const settings = `/groups/${items[0].id}?tab=settings`;
  const dissolve = made.getByText(text('task.dissolve_group', { group: '社区面包群' }));

  await go(made, program, settings);
  await made.getByRole('button', { name: text('group.close_well') }).click();
  const dialog = made.getByRole('dialog');
  await dialog.getByText(/30 位成员说过话，连同员工共 900 条/).waitFor();
  await dialog.getByRole('button', { name: text('group.farewell_use') }).click();
  assert.match(await dialog.getByLabel(text('group.farewell')).inputValue(), /群里一共聊了 900 句/);
  await dialog.getByRole('checkbox', { name: text('group.dissolve') }).check();
  assert.deepEqual(await barriers(made), []);
  await dialog.getByRole('button', { name: text('group.close_do') }).click();
  await made.getByRole('heading', { level: 2, name: text('group.archived') }).waitFor();

  await go(made, program, '/tasks');
  await dissolve.first().waitFor();
  await made.getByText(text('task.send_by_hand')).first().waitFor();

  await go(made, program, settings);
  await made.getByRole('button', { name: text('group.restore') }).click();
  await made.getByRole('button', { name: text('group.close_well') }).waitFor();
  await go(made, program, '/tasks');
  await made.getByText(text('task.send_by_hand')).first().waitFor();
  assert.equal(await dissolve.count(), 0);
});
