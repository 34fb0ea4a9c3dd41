import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { history, orders, sql } from './files.mjs';
import { hooks } from './hook.mjs';
import { moderation } from './moderation.mjs';
import { anchors, check, folder, has, median, ms, percentiles, run, serve, table, weigh, whole } from './kit.mjs';

const quick = process.argv.includes('--quick');
const UNIT = quick ? 5_000 : 20_000;
const GROUPS = quick ? 5 : 50;
const MESSAGES = quick ? 10_000 : 100_000;
// Of about a kilobyte each.
const HEAVY = quick ? 10_000 : 1_000_000;
const PEOPLE = quick ? 200 : 2_000;

console.log(`${cpus().length} × ${cpus()[0]?.model ?? '?'}, ${whole(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}${quick ? ', quick: small sizes, targets do not apply' : ''}`);
const machine = await anchors();
console.log(`fsync of a page: p50 ${ms(machine.fsync.p50)}, p95 ${ms(machine.fsync.p95)}; hello world over HTTP: p50 ${ms(machine.hello.p50)}, p95 ${ms(machine.hello.p95)}`);

/** Imports a fresh history into an empty folder. */
function chat(count) {
  const place = folder();
  const file = join(place.path, 'history.txt');
  history(file, count, 500, 1_000_000);
  const data = join(place.path, 'data');
  const { answer, seconds } = run(data, 'import', 'chat', file, '--group', 'bench');
  check('messages', answer.messages, count);
  check('members', answer.members, 500);
  check('lines left out', answer.skipped_total, 0);
  const again = run(data, 'import', 'chat', file, '--group', 'bench');
  check('messages of a second import', again.answer.messages, 0);
  check('duplicates of a second import', again.answer.duplicates, count);
  const report = run(data, 'report', 'group', 'bench').answer;
  check('messages of the report', report.messages, count);
  place.remove();
  return { seconds, again: again.seconds };
}

/** The same rows without a program around them. */
function bare(count) {
  const place = folder();
  const file = join(place.path, 'rows.sql');
  sql(file, count);
  const begun = performance.now();
  const ran = spawnSync('sh', ['-c', `sqlite3 ${join(place.path, 'rows.db')} < ${file}`], { encoding: 'utf8' });
  const seconds = (performance.now() - begun) / 1000;
  if (ran.status !== 0) throw new Error(ran.stderr);
  const counted = spawnSync('sqlite3', [join(place.path, 'rows.db'), 'SELECT COUNT(*) FROM message'], { encoding: 'utf8' });
  check('bare rows', Number(counted.stdout), count);
  place.remove();
  return seconds;
}

async function imports() {
  const anchor = has('sqlite3');
  const sizes = [1, 4, 16];
  const took = new Map(sizes.map((size) => [size, []]));
  const rows = new Map(sizes.map((size) => [size, []]));
  for (const size of sizes) {
    // The smallest three times, between the anchor's runs; the others once, to stay within minutes.
    for (let round = 0; round < (size === 1 ? 3 : 1); round += 1) {
      took.get(size).push(chat(size * UNIT));
      if (anchor) rows.get(size).push(bare(size * UNIT));
    }
  }
  const middle = (size) => median(took.get(size).map((one) => one.seconds));
  table(
    ['import of a chat history', 'messages', 'seconds', 'messages/s', 'again/s', 'bare rows/s', 'ours / bare'],
    sizes.map((size) => {
      const count = size * UNIT;
      const rate = count / middle(size);
      const bareRate = anchor ? count / median(rows.get(size)) : null;
      return [`${size}x`, whole(count), middle(size).toFixed(2), whole(rate), whole(count / median(took.get(size).map((one) => one.again))), bareRate ? whole(bareRate) : 'no sqlite3', bareRate ? (rate / bareRate).toFixed(3) : '–'];
    }),
  );
  const exponent = (small, large) => Math.log(middle(large) / middle(small)) / Math.log(large / small);
  console.log(`growth: seconds ~ size^${exponent(1, 4).toFixed(2)} from 1x to 4x, ^${exponent(4, 16).toFixed(2)} from 4x to 16x; floor of P2: 20,000 messages/s, goal 150,000`);

  const place = folder();
  const file = join(place.path, 'orders.csv');
  const lines = UNIT * 4;
  orders(file, lines, 5_000);
  const map = 'id=id,customer=customer,at=at,sku=sku,quantity=quantity,price=price';
  const data = join(place.path, 'data');
  const { answer, seconds } = run(data, 'import', 'orders', file, '--map', map);
  check('order lines', answer.lines, lines);
  check('orders', answer.orders, lines / 2);
  const again = run(data, 'import', 'orders', file, '--map', map);
  check('orders of a second import', again.answer.orders, 0);
  table(['import of orders', 'lines', 'seconds', 'lines/s', 'orders/s'], [['', whole(lines), seconds.toFixed(2), whole(lines / seconds), whole(lines / 2 / seconds)]]);
  place.remove();
  await heavy();
}

/** How much memory a large file takes: it is read in pieces, so its size must not matter. */
async function heavy() {
  const place = folder();
  const file = join(place.path, 'history.txt');
  history(file, HEAVY, 2_000, 1_000_000, undefined, 24);
  const megabytes = statSync(file).size / 2 ** 20;
  const { answer, seconds, memory } = await weigh(join(place.path, 'data'), 'import', 'chat', file, '--group', 'bench');
  check('messages', answer.messages, HEAVY);
  table(['import of a large text', 'MB', 'messages', 'seconds', 'most memory', 'target'], [['', whole(megabytes), whole(HEAVY), seconds.toFixed(1), `${whole(memory)} MB`, '300 MB']]);
  place.remove();
}

/** The large data, imported group by group as a merchant would. */
function large() {
  const kept = process.env.YUTANG_BENCH_DATA;
  const place = kept ? { path: kept, remove: () => {} } : folder();
  const data = join(place.path, 'data');
  if (existsSync(join(data, 'yutang.db'))) return { data, remove: place.remove };
  mkdirSync(place.path, { recursive: true });
  let seconds = 0;
  for (let n = 0; n < GROUPS; n += 1) {
    const file = join(place.path, 'history.txt');
    history(file, MESSAGES, PEOPLE, 1_000_000 + n * PEOPLE, Date.now());
    const done = run(data, 'import', 'chat', file, '--group', `海岸城福利${n + 1}群`);
    check('messages', done.answer.messages, MESSAGES);
    check('members', done.answer.members, PEOPLE);
    seconds += done.seconds;
    rmSync(file);
  }
  const size = statSync(join(data, 'yutang.db')).size;
  console.log(`\nlarge data: ${whole(GROUPS * PEOPLE)} members, ${whole(GROUPS * MESSAGES)} messages, ${whole(size / 2 ** 20)} MB, imported in ${whole(seconds)} s (${whole((GROUPS * MESSAGES) / seconds)} messages/s)`);
  return { data, remove: place.remove };
}

async function rest(data) {
  const server = await serve(data);
  await new Promise((resolve) => { setTimeout(resolve, 5_000); });
  const memory = server.memory();
  await server.stop();
  return { alive: server.alive, ready: server.ready, memory };
}

async function pages() {
  const empty = folder();
  const emptyRest = await rest(join(empty.path, 'data'));
  empty.remove();

  const made = large();
  const { token } = run(made.data, 'token', 'add', '--role', 'owner').answer;
  const fullRest = await rest(made.data);
  table(
    ['at rest', '/healthz after', '/readyz after', 'memory', 'targets'],
    [
      ['empty', `${emptyRest.alive.toFixed(2)} s`, `${emptyRest.ready.toFixed(2)} s`, `${whole(emptyRest.memory)} MB`, '1 s, 10 s, 80 MB'],
      ['large data', `${fullRest.alive.toFixed(2)} s`, `${fullRest.ready.toFixed(2)} s`, `${whole(fullRest.memory)} MB`, '1 s, 10 s, 300 MB'],
    ],
  );

  const server = await serve(made.data);
  const headers = { authorization: `Bearer ${token}` };
  const ask = async (path) => {
    const answer = await server.get(`/api/v1${path}`, headers);
    check(path, answer.status, 200);
    return JSON.parse(answer.body);
  };
  const groups = await ask('/groups?limit=50');
  check('groups on the page', groups.items.length, Math.min(50, GROUPS));
  check('members of a group', groups.items[0].members, PEOPLE);
  const members = await ask('/members?limit=50');
  check('members on the page', members.items.length, 50);
  const group = groups.items[0].id;
  const person = members.items[0].id;
  const second = await ask(`/members?limit=50&cursor=${encodeURIComponent(members.next)}`);
  check('the next page begins elsewhere', second.items[0].id === person, false);
  const some = (n) => 1_000_000 + ((n * 7919) % (GROUPS * PEOPLE));
  const lists = [
    ['groups', () => '/groups?limit=50'],
    ['groups, by size', () => '/groups?limit=50&sort=-members'],
    ['groups, 7 days silent', () => '/groups?limit=50&view=silent_7d'],
    ['groups, searched', () => `/groups?limit=50&q=${encodeURIComponent('福利')}`],
    ['members', () => '/members?limit=50'],
    ['members, last seen first', () => '/members?limit=50&sort=-last_seen_at'],
    ['members, next page', () => `/members?limit=50&cursor=${encodeURIComponent(members.next)}`],
    ['members, searched', (n) => `/members?limit=50&q=${encodeURIComponent(`群友${some(n)}`)}`],
    ['members, 30 days silent', () => '/members?limit=50&view=silent_30d'],
    ['members of a group', () => `/groups/${group}/members?limit=50&sort=-messages`],
    ['one member', () => `/members/${person}`],
    ['messages of a group', () => `/groups/${group}/messages?limit=50`],
    ['tasks', () => '/tasks?limit=50'],
    ['imports', () => '/imports?limit=50'],
    ['audit', () => '/audit?limit=50'],
    ['today', () => '/today'],
  ];
  const rows = [];
  for (const [name, path] of lists) {
    await ask(path(0));
    const { p50, p95 } = await percentiles(quick ? 40 : 100, (n) => ask(path(n)));
    rows.push([name, ms(p50), ms(p95), p95 < 50 ? 'yes' : 'NO', (p95 / machine.hello.p95).toFixed(1)]);
  }
  table(['console lists on the large data', 'p50', 'p95', '< 50 ms', 'p95 / hello'], rows);
  const day = (back) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
  const heavy = [];
  for (const [name, path] of [['health of a group, 30 days', `/groups/health?group=${group}&from=${day(30)}&to=${day(0)}`], ['health of everything, 30 days', `/groups/health?from=${day(30)}&to=${day(0)}`]]) {
    const { p50, p95 } = await percentiles(10, () => ask(path));
    heavy.push([name, ms(p50), ms(p95)]);
  }
  table(['figures (no target)', 'p50', 'p95'], heavy);
  console.log(`memory after these requests: ${whole(server.memory())} MB`);
  await server.stop();
  made.remove();
}

// Without a name everything is measured.
const parts = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const wanted = (part) => parts.length === 0 || parts.includes(part);
if (wanted('imports')) await imports();
if (wanted('hooks')) await hooks(quick);
if (wanted('moderation')) await moderation(quick);
if (wanted('pages')) await pages();
