// Pictures of the main pages for the guide: `npm --prefix e2e run pictures`. Not part of the tests;
// look at them before they are committed.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ask, go, open, page, signIn, speak, text } from './kit/browser.mjs';
import { historyFile } from './kit/history.mjs';
import { root, start } from './kit/program.mjs';

const program = await start('demo');
const browser = await open();
try {
  for (const [folder, language] of [['zh', 'zh-Hans'], ['en', 'en']]) {
    const place = join(root, 'docs/guide', folder, 'images');
    await mkdir(place, { recursive: true });
    for (const [width, height, suffix] of [[1280, 800, ''], [390, 844, '-phone']]) {
      const made = await page(browser, { width, height });
      await signIn(made, program);
      if (language !== 'zh-Hans') {
        await speak(made, language);
        await made.getByRole('heading', { level: 1, name: text('shell.place.today', {}, language) }).waitFor();
      }
      const shot = async (name, path, then) => {
        await go(made, program, path);
        await made.locator('.live-mark.live').first().waitFor();
        await then?.();
        await made.evaluate(() => document.fonts.ready);
        await made.screenshot({ path: join(place, `${name}${suffix}.png`) });
      };
      const header = { 'content-type': 'application/json' };
      const full = async (profile) => made.evaluate(async ([wanted, headers]) => {
        const session = await (await fetch('/api/v1/session')).json();
        await fetch('/api/v1/demo/profile', { method: 'POST', headers: { ...headers, 'x-csrf-token': session.csrf }, body: JSON.stringify({ profile: wanted }) });
      }, [profile, header]);
      await shot('today', '/');
      const named = async (name) => (await ask(made, `/groups?q=${encodeURIComponent(name)}`)).items[0].id;
      await shot('group-unreadable', `/groups/${await named('西乡福利1群')}`);
      const group = await named('海岸城福利1群');
      await shot('moderation', '/moderation', () => made.locator('.case').first().waitFor());
      await full('full');
      await shot('groups', '/groups?overview=no');
      await shot('group', `/groups/${group}`, () => made.locator('.tiles').waitFor());
      await full('wecom_plain');
      const member = (await ask(made, '/members?sort=-orders&limit=1')).items[0].id;
      await shot('members', '/members');
      await shot('member', `/members/${member}`);
      if (suffix === '') {
        await shot('import', '/imports', async () => {
          await made.locator('input[type=file]').setInputFiles(await historyFile('社区面包群.txt', 1_200, 40, 2));
          await made.getByRole('combobox', { name: text('import.into_group', {}, language) }).fill('社区面包群');
          await made.getByRole('button', { name: text('import.read', {}, language), exact: true }).click();
          await made.getByText(text('import.plan_title', {}, language)).waitFor();
        });
        await shot('staff', '/staff');
        await shot('audit', '/audit');
        await shot('settings', '/settings');
      } else {
        await shot('tasks', '/tasks');
      }
      await made.context().close();
    }
  }
} finally {
  await browser.close();
  await program.stop();
}
