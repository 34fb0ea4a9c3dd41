// P7, reading messages: the whole pipeline beside bare matching and a model of n-grams, and what a
// message waits for its decision while a thousand a second come in.
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { binary, check, folder, median, ms, run, serve, table, whole } from './kit.mjs';

const WORDS = 100_000;
const EACH = 10;

/** Numbers that are the same in every run. */
function numbers(seed) {
  let state = BigInt(seed);
  return (below) => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
    return Number((state >> 33n) % BigInt(below));
  };
}

/** The 3,755 usual characters. */
function characters() {
  const bytes = [];
  for (let high = 0xb0; high <= 0xd7; high += 1) for (let low = 0xa1; low <= (high === 0xd7 ? 0xf9 : 0xfe); low += 1) bytes.push(high, low);
  return [...new TextDecoder('gb2312').decode(Uint8Array.from(bytes))];
}

const some = (from, count, next) => Array.from({ length: count }, () => from[next(from.length)]).join('');

/** Words of three to six characters, and messages of which one in twenty holds one of them. */
function texts(count) {
  const all = characters();
  const next = numbers(7);
  const words = new Set();
  while (words.size < WORDS) words.add(some(all, 3 + next(4), next));
  const list = [...words];
  const messages = Array.from({ length: count }, () => {
    const text = some(all, 4 + next(40), next);
    return next(20) === 0 ? text + list[next(WORDS)] + some(all, next(5), next) : text;
  });
  return { list, messages };
}

/** Texts like the messages, and unwanted ones that speak of a few things only. */
function labelled(file, count) {
  const all = characters();
  const next = numbers(11);
  const unwanted = all.slice(0, 400);
  const rows = ['text,label,split'];
  for (let n = 0; n < count; n += 1) {
    const label = n % 2;
    rows.push(`${some(label ? unwanted : all, 6 + next(30), next)},${label},${n < 4_000 ? 'train' : 'test'}`);
  }
  writeFileSync(file, `${rows.join('\n')}\n`);
  return count - 4_000;
}

/** Python with what is measured beside, installed into a folder that is thrown away. */
function python(place) {
  if (process.env.YUTANG_BENCH_PYTHON) return process.env.YUTANG_BENCH_PYTHON;
  const own = join(place, 'python');
  const made = spawnSync('sh', ['-c', `python3 -m venv ${own} && ${own}/bin/pip install -q pyahocorasick scikit-learn`], { encoding: 'utf8' });
  return made.status === 0 ? join(own, 'bin/python') : null;
}

/** Seconds of a command that reads a file, and into which file it wrote. */
function reads(out, input, ...args) {
  const from = openSync(input, 'r');
  const to = openSync(out, 'w');
  const begun = performance.now();
  const ran = spawnSync(binary, args, { stdio: [from, to, 'pipe'] });
  const seconds = (performance.now() - begun) / 1000;
  closeSync(from);
  closeSync(to);
  if (ran.status !== 0) throw new Error(`${args.join(' ')}: ${ran.stderr}`);
  return { seconds, out };
}

/** Texts a second on one core: what three times as many take longer. `write` puts so many times all
 * of them into a file, `read` says how many seconds it takes to read one. */
function rate(place, count, write, read) {
  const [one, three] = [1, 3].map((times) => {
    const file = join(place, `times-${times}`);
    write(file, times);
    return file;
  });
  const rates = [];
  for (let round = 0; round < 3; round += 1) {
    const short = read(one);
    rates.push((2 * count) / (read(three) - short));
  }
  return median(rates);
}

function reading(place, quick) {
  const interpreter = python(place);
  if (!interpreter) {
    console.log('\nmoderation: not measured beside anything, pyahocorasick and scikit-learn cannot be installed');
    return;
  }
  const { list, messages } = texts(quick ? 4_000 : 40_000);
  const rules = join(place, 'rules.toml');
  writeFileSync(rules, `version = 1\n[[list]]\nname = "words"\nkind = "word"\nweight = 60\nwords = [${list.map((word) => `"${word}"`).join(',')}]\n`);
  const [words, lines, rows, model] = ['words', 'messages', 'labelled.csv', 'model.json'].map((name) => join(place, name));
  writeFileSync(words, list.join('\n'));
  writeFileSync(lines, messages.join('\n'));
  const tested = labelled(rows, quick ? 6_000 : 24_000);
  const anchor = fileURLToPath(new URL('anchor/moderation.py', import.meta.url));
  const beside = JSON.parse(spawnSync(interpreter, [anchor, words, lines, rows], { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout);

  const said = readFileSync(reads(join(place, 'out'), lines, 'text', 'check', '--rules', rules).out, 'utf8').trimEnd().split('\n');
  check('messages judged', said.length, messages.length);
  const found = said.flatMap((line, at) => (JSON.parse(line).hits.some((hit) => hit.kind === 'word') ? [at] : []));
  // Folding may find more than the bare words, never less.
  const missed = beside.hits.filter((at) => !found.includes(at));
  check('words that were not found', missed.length, 0);
  if (found.length > beside.hits.length * 1.02) throw new Error(`${found.length} messages with words, ${beside.hits.length} hold them`);

  const made = spawnSync(binary, ['text', 'train', rows, '--text', 'text', '--label', 'label', '--where', 'split=train', '--out', model], { encoding: 'utf8' });
  check('text train', made.status, 0);
  const eyes = spawnSync(binary, ['text', 'eval', rows, '--text', 'text', '--label', 'label', '--where', 'split=test', '--model', model, '--json'], { encoding: 'utf8' });
  const judged = JSON.parse(eyes.stdout);
  check('texts judged', judged.n, tested);
  if (judged.f1 < 0.97 || beside.right < 0.97) throw new Error(`F1 ${judged.f1} beside ${beside.right}: they do not answer the same`);

  const pipeline = rate(
    place,
    messages.length,
    (file, times) => writeFileSync(file, `${Array.from({ length: times }, () => messages.join('\n')).join('\n')}\n`),
    (file) => reads('/dev/null', file, 'text', 'check', '--rules', rules, '--model', model).seconds,
  );
  const [header, ...labels] = readFileSync(rows, 'utf8').trimEnd().split('\n');
  const unseen = labels.filter((row) => row.endsWith('test'));
  const classifier = rate(
    place,
    unseen.length,
    (file, times) => writeFileSync(file, `${[header, ...Array.from({ length: times }, () => unseen).flat()].join('\n')}\n`),
    (file) => reads('/dev/null', file, 'text', 'eval', file, '--text', 'text', '--label', 'label', '--model', model, '--json').seconds,
  );
  table(
    ['reading, messages a second on one core', 'ours', 'beside', 'ratio', 'floor', 'reached'],
    [
      [`all of it, ${whole(WORDS)} words and a model`, whole(pipeline), `${whole(beside.match)} pyahocorasick`, (pipeline / beside.match).toFixed(2), '1', pipeline >= beside.match ? 'yes' : 'NO'],
      ['the model alone, from labelled lines', whole(classifier), `${whole(beside.classify)} scikit-learn`, (classifier / beside.classify).toFixed(2), '5', classifier >= 5 * beside.classify ? 'yes' : 'NO'],
    ],
  );
  console.log(`${found.length} messages with words, ${beside.hits.length} by bare matching; F1 of the model ${judged.f1.toFixed(3)}`);
  return rules;
}

const fact = (n, text) => ({
  key: `m${n}`, at: Date.now(), group: `g${n % 5}`, group_name: `福利${n % 5}群`, kind: 'posted',
  sender: { id: `u${n % 100 === 0 ? n : n % 2_000}`, name: `群友${n % 100 === 0 ? n : n % 2_000}` }, text,
});

/** The same through the simulated network, inside one process. */
function through(quick) {
  const ran = spawnSync('cargo', ['bench', '--quiet', '--workspace', '--bench', 'kept', '--', quick ? '5' : '30'], { encoding: 'utf8', cwd: fileURLToPath(new URL('..', import.meta.url)) });
  if (ran.status !== 0) throw new Error(`cargo bench: ${ran.stderr}`);
  const found = JSON.parse(ran.stdout.trim().split('\n').at(-1));
  check('adverts decided through the simulated network', found.decided, found.adverts);
  return found;
}

/** A thousand messages a second for a while, an advert in a hundred, into groups that are kept. */
async function keeping(place, quick, rules) {
  const data = join(place, 'data');
  const { account, secret } = run(data, 'channel', 'add', '--name', 'bench').answer;
  const { token } = run(data, 'token', 'add', '--role', 'owner').answer;
  const server = await serve(data);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const send = (method, path, headers, body) => new Promise((resolve, reject) => {
    const asked = http.request(server.url + path, { agent, method, headers: { 'content-type': 'application/json', ...headers } }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part)).on('end', () => resolve({ status: answer.statusCode, body: Buffer.concat(parts).toString() }));
    });
    asked.on('error', reject).end(body);
  });
  const bearer = { authorization: `Bearer ${token}` };
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const deliver = (id, facts) => {
    const body = JSON.stringify(facts);
    const seconds = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64');
    return send('POST', `/hooks/open/${account}`, { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` }, body);
  };
  const all = characters();
  const next = numbers(3);
  const chat = () => some(all, 4 + next(30), next);
  check('first delivery', (await deliver('first', Array.from({ length: 5 }, (_, n) => fact(1_000_000 + n, chat())))).status, 202);
  let groups = [];
  while (groups.length < 5) {
    groups = JSON.parse((await send('GET', '/api/v1/groups', bearer)).body).items;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  for (const { id } of groups) {
    const policy = JSON.stringify({ mode: 'act', strictness: 'strict', slow_mode_s: 0, off: [] });
    check('policy', (await send('PUT', `/api/v1/groups/${id}/policy`, bearer, policy)).status, 200);
  }
  const seconds = quick ? 5 : 30;
  const sent = new Map();
  const pause = (until) => new Promise((resolve) => { setTimeout(resolve, Math.max(0, until - performance.now())); });
  const begun = performance.now();
  let slowest = 0;
  // Sent when their time has come, whether or not those before were answered.
  const under = [];
  for (let n = 0; n < seconds * 100; n += 1) {
    await pause(begun + n * 10);
    const facts = Array.from({ length: EACH }, (_, more) => {
      const at = n * EACH + more;
      if (at % 100 !== 0) return fact(at, chat());
      sent.set(`群友${at}`, Date.now());
      return fact(at, `兼职刷单,日结${next(900) + 100},加V:abc${10_000 + next(80_000)}`);
    });
    under.push(deliver(`d${n}`, facts).then((answer) => check('delivery', answer.status, 202)));
    if (rules && n === seconds * 50) {
      // A hundred thousand words are published meanwhile.
      const words = JSON.stringify({ text: readFileSync(rules, 'utf8') });
      const asked = performance.now();
      send('POST', '/api/v1/moderation/rule-sets', bearer, words).then((answer) => {
        check(`rules of ${whole(statSync(rules).size)} bytes: ${answer.body.slice(0, 200)}`, answer.status < 300, true);
        slowest = performance.now() - asked;
      });
    }
  }
  await Promise.all(under);
  const rate = (seconds * 100 * EACH) / ((performance.now() - begun) / 1000);
  const waits = new Map();
  for (const until = performance.now() + 60_000; waits.size < sent.size && performance.now() < until;) {
    for (let cursor = ''; ;) {
      const page = JSON.parse((await send('GET', `/api/v1/moderation/queue?limit=200${cursor}`, bearer)).body);
      for (const row of page.items) if (sent.has(row.member.name)) waits.set(row.member.name, Date.parse(row.decided_at) - sent.get(row.member.name));
      if (!page.next) break;
      cursor = `&cursor=${encodeURIComponent(page.next)}`;
    }
  }
  check('adverts decided', waits.size, sent.size);
  const sorted = [...waits.values()].toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.floor((sorted.length - 1) * share)];
  // As fast as it goes: how long a pile takes.
  const pile = quick ? 50 : 300;
  const settled = async () => Number(/yutang_hook_messages_total\{outcome="stored"\} (\d+)/.exec((await server.get('/metrics')).body)?.[1] ?? 0);
  const before = await settled();
  const piled = performance.now();
  for (let n = 0; n < pile; n += 1) check('delivery', (await deliver(`p${n}`, Array.from({ length: 100 }, (_, more) => fact(2_000_000 + n * 100 + more, chat())))).status, 202);
  while ((await settled()) < before + pile * 100) await new Promise((resolve) => { setTimeout(resolve, 20); });
  const limit = (pile * 100) / ((performance.now() - piled) / 1000);
  const inside = through(quick);
  table(
    ['kept groups, every detector on', 'messages/s', 'floor', 'p50 to decision', 'p99 to decision', 'adverts decided', 'limit, messages/s', 'publishing 100,000 words'],
    [
      ['through the simulated network, SQLite', whole(inside.rate), '1,000', ms(inside.p50_ms), ms(inside.p99_ms), whole(inside.decided), whole(inside.limit), '–'],
      ['through the door for deliveries, SQLite', whole(rate), '1,000', ms(at(0.5)), ms(at(0.99)), whole(sorted.length), whole(limit), rules ? ms(slowest) : '–'],
    ],
  );
  agent.destroy();
  await server.stop();
}

export async function moderation(quick) {
  const place = folder();
  try {
    await keeping(place.path, quick, reading(place.path, quick));
  } finally {
    place.remove();
  }
}
