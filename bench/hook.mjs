// P2, ingestion over HTTP: signed deliveries against the running program, beside nginx that only
// answers and fastify that only stores. Every delivery is another one, signed beforehand.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { check, folder, has, median, run, serve, table, whole } from './kit.mjs';

const CONNECTIONS = 64;
const GROUPS = 10;
const PEOPLE = 2_000;

const number = (n, digits) => String(n).padStart(digits, '0');

function fact(n, begun) {
  const who = number((n * 7919) % PEOPLE, 4);
  return {
    key: `m${number(n, 9)}`, at: begun + n, group: `g${n % GROUPS}`, group_name: `海岸城福利${n % GROUPS}群`, kind: 'posted',
    sender: { id: `u${who}`, name: `群友${who}` }, text: `第${number(n, 9)}条:吐司${n % 10}点出炉吗`,
  };
}

/** Whole requests of one length each, one behind the other; returns that length. */
function requests(file, { path, secret, first, count, each, begun }) {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const out = openSync(file, 'w');
  const seconds = Math.floor(Date.now() / 1000);
  let size = 0;
  let parts = [];
  let held = 0;
  for (let n = 0; n < count; n += 1) {
    const at = first + n * each;
    const body = Buffer.from(JSON.stringify(each === 1 ? fact(at, begun) : Array.from({ length: each }, (_, more) => fact(at + more, begun))));
    const id = `d${number(at, 9)}`;
    const signature = createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64');
    const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nwebhook-id: ${id}\r\nwebhook-timestamp: ${seconds}\r\nwebhook-signature: v1,${signature}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const one = Buffer.concat([Buffer.from(head), body]);
    if (n === 0) size = one.length;
    check('length of a request', one.length, size);
    parts.push(one);
    held += one.length;
    if (held > 1 << 22) {
      writeSync(out, Buffer.concat(parts));
      parts = [];
      held = 0;
    }
  }
  writeSync(out, Buffer.concat(parts));
  closeSync(out);
  return size;
}

const script = `
local size = tonumber(os.getenv('REQUEST_SIZE'))
local file = assert(io.open(os.getenv('REQUEST_FILE'), 'rb'))
file:setvbuf('full', 1048576)
request = function()
  local one = file:read(size)
  if not one then
    file:seek('set')
    one = file:read(size)
  end
  return one
end
`;

/** Requests per second and how many were answered, all of them well. */
function wrk(place, url, file, size, seconds) {
  const said = execFileSync('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency', '-s', join(place, 'requests.lua'), url], { encoding: 'utf8', env: { ...process.env, REQUEST_FILE: file, REQUEST_SIZE: String(size) } });
  if (/Non-2xx|Socket errors/.test(said)) throw new Error(`${url}: ${said}`);
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(said)[1]), answered: Number(/(\d+) requests in/.exec(said)[1]), p99: /99%\s+(\S+)/.exec(said)[1] };
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function reachable(port) {
  for (let n = 0; n < 500; n += 1) {
    const open = await new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
      socket.on('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  throw new Error(`nobody listens on ${port}`);
}

async function nginx(place) {
  const port = await freePort();
  const own = join(place, 'nginx');
  mkdirSync(own);
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${own}/${name};`).join(' ');
  writeFileSync(join(own, 'nginx.conf'), `worker_processes 1; pid ${own}/pid; error_log ${own}/log crit; events { worker_connections 1024; }
http { access_log off; ${bodies} keepalive_requests 100000000; server { listen 127.0.0.1:${port}; location / { return 204; } } }`);
  const child = spawn('nginx', ['-c', join(own, 'nginx.conf'), '-g', 'daemon off;'], { stdio: 'ignore' });
  await reachable(port);
  return { url: `http://127.0.0.1:${port}/`, stop: () => child.kill('SIGTERM') };
}

/** Where fastify and better-sqlite3 are: as told, or installed into a folder that is thrown away. */
function modules(place) {
  if (process.env.YUTANG_BENCH_NODE) return process.env.YUTANG_BENCH_NODE;
  const own = join(place, 'modules');
  mkdirSync(own);
  writeFileSync(join(own, 'package.json'), '{"private":true}');
  const ran = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', own, 'fastify', 'better-sqlite3'], { encoding: 'utf8' });
  return ran.status === 0 ? own : null;
}

async function fastify(from, place) {
  const port = await freePort();
  const anchor = fileURLToPath(new URL('anchor/ingest.mjs', import.meta.url));
  const child = spawn('node', [anchor, from, String(port), join(place, 'facts.db')], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', () => reject(new Error('fastify did not start')));
  });
  return { url: `http://127.0.0.1:${port}/`, stop: () => child.kill('SIGTERM') };
}

async function metric(server, name) {
  const { body } = await server.get('/metrics');
  return body.split('\n').filter((line) => line.startsWith(name)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const accepted = (server) => metric(server, 'yutang_hooks_total{outcome="accepted"}');
const settled = (server) => metric(server, 'yutang_hooks_processed_total');

/** Waits until everything accepted is settled, also what was under way when the load ended. */
async function drained(server) {
  for (let wanted = -1; wanted !== (await accepted(server));) {
    wanted = await accepted(server);
    while ((await settled(server)) < wanted) await new Promise((resolve) => { setTimeout(resolve, 20); });
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}

/** One size of delivery against everybody, on fresh data. */
async function size(place, peers, each, seconds, most) {
  const own = join(place, `facts-${each}`);
  mkdirSync(own);
  writeFileSync(join(own, 'requests.lua'), script);
  const data = join(own, 'data');
  const { account, secret } = run(data, 'channel', 'add', '--name', 'bench').answer;
  const server = await serve(data);
  try {
    return await rounds(own, data, server, { account, secret }, peers, each, seconds, most);
  } finally {
    await server.stop();
  }
}

async function rounds(own, data, server, { account, secret }, peers, each, seconds, most) {
  const file = join(own, 'requests');
  const path = `/hooks/open/${account}`;
  // Three rounds of everybody, one after the other.
  const rates = new Map([...peers.map(({ name }) => name), 'yutang'].map((name) => [name, []]));
  const processed = [];
  let p99 = '';
  let answered = 0;
  for (let round = 0; round < 3; round += 1) {
    const length = requests(file, { path, secret, first: round * most * each, count: most, each, begun: Date.now() - 40 * 86_400_000 });
    for (const { name, url } of peers) rates.get(name).push(wrk(own, url, file, length, seconds).rate * each);
    const before = await accepted(server);
    const begun = performance.now();
    const ours = wrk(own, server.url, file, length, seconds);
    await drained(server);
    const took = (performance.now() - begun) / 1000;
    const stored = (await accepted(server)) - before;
    rates.get('yutang').push(ours.rate * each);
    processed.push((stored * each) / took);
    answered += ours.answered;
    p99 = ours.p99;
    check('deliveries that came twice', await metric(server, 'yutang_hooks_total{outcome="repeated"}'), 0);
  }
  const facts = (await accepted(server)) * each;
  // What was under way when wrk stopped was stored and not counted by it.
  if (facts < answered * each || facts > (answered + 3 * CONNECTIONS) * each) throw new Error(`${answered * each} facts were answered, ${facts} accepted`);
  check('messages taken in', await metric(server, 'yutang_hook_messages_total{outcome="stored"}'), facts);
  check('refused', await metric(server, 'yutang_hooks_processed_total{outcome="refused"}'), 0);
  let messages = 0;
  for (let n = 0; n < GROUPS; n += 1) messages += run(data, 'report', 'group', `海岸城福利${n}群`).answer.messages;
  check('messages of the reports', messages, facts);
  return { rates, processed: median(processed), p99, facts };
}

export async function hooks(quick) {
  if (!has('wrk')) {
    console.log('\nhooks: not measured, wrk is not installed');
    return;
  }
  const place = folder();
  const seconds = quick ? 2 : 6;
  const peers = [];
  const missing = [];
  if (has('nginx')) peers.push({ name: 'nginx', ...(await nginx(place.path)) });
  else missing.push('nginx');
  const from = modules(place.path);
  if (from) peers.push({ name: 'fastify', ...(await fastify(from, place.path)) });
  else missing.push('fastify + better-sqlite3 (npm install failed)');
  if (missing.length > 0) console.log(`\nhooks: not there to be measured beside: ${missing.join(', ')}`);
  const rows = [];
  try {
    // Batches for a second only: what is accepted in one takes the better part of a minute to process.
    for (const [each, time, most, peer, floor] of [[1, seconds, seconds * 30_000, 'nginx', 0.2], [100, 1, 8_000, 'fastify', 0.5]]) {
      const { rates, processed, p99, facts } = await size(place.path, peers, each, time, most);
      const middle = (name) => (rates.has(name) ? median(rates.get(name)) : null);
      const beside = (name) => (middle(name) ? whole(middle(name)) : 'not there');
      const ratio = middle(peer) ? median(rates.get('yutang').map((rate, at) => rate / rates.get(peer)[at])) : null;
      rows.push([`${each} to a delivery`, whole(middle('yutang')), p99, whole(processed), beside('nginx'), beside('fastify'), ratio ? `${ratio.toFixed(2)} × ${peer}` : '–', `${floor}`, ratio ? (ratio >= floor ? 'yes' : 'NO') : '–', whole(facts)]);
    }
  } finally {
    for (const { stop } of peers) stop();
  }
  table(['facts over HTTP, per second', 'accepted', 'p99', 'processed', 'nginx 204', 'fastify + SQLite', 'ratio', 'floor', 'reached', 'facts checked'], rows);
  place.remove();
}
