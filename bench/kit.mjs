// Running the program, timing it, and printing tables.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const binary = process.env.YUTANG_BIN;

const quiet = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('YUTANG_')));

/** A folder for one measurement. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), 'yutang-bench-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs a command of the program; its document and how many seconds it took. */
export function run(data, ...args) {
  const begun = performance.now();
  const ran = spawnSync(binary, [...args, '--data', data, '--json'], { env: quiet, encoding: 'utf8', maxBuffer: 1 << 28 });
  const seconds = (performance.now() - begun) / 1000;
  if (ran.status !== 0) throw new Error(`${args.join(' ')} ended with ${ran.status}: ${ran.stdout}${ran.stderr}`);
  return { answer: JSON.parse(ran.stdout), seconds };
}

/** The same, with the most memory it ever had, in MB. */
export async function weigh(data, ...args) {
  const begun = performance.now();
  const child = spawn(binary, [...args, '--data', data, '--json'], { env: quiet, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (part) => { said += part; });
  let memory = 0;
  const look = setInterval(() => {
    try {
      const high = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
      if (high) memory = Number(high[1]) / 1024;
    } catch {
      // It has ended between two looks.
    }
  }, 20);
  const code = await new Promise((resolve) => { child.once('close', resolve); });
  clearInterval(look);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${said}`);
  return { answer: JSON.parse(said), seconds: (performance.now() - begun) / 1000, memory };
}

/** Stops the whole run when an answer is wrong: a fast wrong answer is no figure. */
export function check(what, found, expected) {
  if (found !== expected) throw new Error(`${what}: ${found}, expected ${expected}`);
}

/** Starts the server; seconds until it lives and until it is ready. */
export async function serve(data) {
  const begun = performance.now();
  const child = spawn(binary, ['serve', '--data', data, '--listen', '127.0.0.1:0', '--json'], { env: { ...quiet, YUTANG_LOG: 'error' }, stdio: ['ignore', 'pipe', 'inherit'] });
  const { url } = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}`)));
  });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const get = (path, headers = {}) => request(agent, url + path, headers);
  check('/healthz', (await get('/healthz')).status, 200);
  const alive = (performance.now() - begun) / 1000;
  while ((await get('/readyz')).status !== 200) await new Promise((resolve) => { setTimeout(resolve, 20); });
  const ready = (performance.now() - begun) / 1000;
  return {
    alive, ready, get, url,
    /** Memory in MB. */
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024,
    stop: async () => {
      agent.destroy();
      const gone = new Promise((resolve) => { child.once('exit', resolve); });
      child.kill('SIGTERM');
      await gone;
    },
  };
}

function request(agent, url, headers) {
  return new Promise((resolve, reject) => {
    http.get(url, { agent, headers }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode, body: Buffer.concat(parts).toString() }));
    }).on('error', reject);
  });
}

/** p50 and p95 in milliseconds of doing `work` `times` times, one after the other. */
export async function percentiles(times, work) {
  const took = [];
  for (let n = 0; n < times; n += 1) {
    const begun = performance.now();
    await work(n);
    took.push(performance.now() - begun);
  }
  took.sort((a, b) => a - b);
  const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))];
  return { p50: at(0.5), p95: at(0.95) };
}

/** What an fsync of a page and an empty request cost on this machine now. */
export async function anchors() {
  const place = folder();
  const file = openSync(join(place.path, 'page'), 'w');
  const page = Buffer.alloc(4096, 7);
  const fsync = await percentiles(200, () => { writeSync(file, page, 0, page.length, 0); fsyncSync(file); });
  closeSync(file);
  place.remove();
  const server = http.createServer((_, answer) => answer.end('hello'));
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const url = `http://127.0.0.1:${server.address().port}/`;
  await percentiles(100, () => request(agent, url, {}));
  const hello = await percentiles(500, () => request(agent, url, {}));
  agent.destroy();
  server.close();
  return { fsync, hello };
}

/** Whether a command is there. */
export function has(command) {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Prints a table with aligned columns. */
export function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const wide = head.map((_, at) => Math.max(...all.map((row) => row[at].length)));
  const line = (row) => row.map((cell, at) => (at === 0 ? cell.padEnd(wide[at]) : cell.padStart(wide[at]))).join('  ');
  console.log(`\n${line(all[0])}\n${wide.map((n) => '-'.repeat(n)).join('  ')}`);
  for (const row of all.slice(1)) console.log(line(row));
}

export const whole = (n) => Math.round(n).toLocaleString('en');
export const ms = (n) => `${n.toFixed(n < 10 ? 2 : 1)} ms`;
