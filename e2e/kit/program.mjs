// The real program on data of its own: `yutang demo` or `yutang serve` on a free port.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What does not come in so many milliseconds never comes. */
export const CEILING = 60_000;

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

function binary() {
  const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
  const path = process.env.YUTANG_BIN ?? join(target, 'debug/yutang');
  if (!existsSync(path)) throw new Error(`there is no ${path}: run cargo build --package yutang-server, or set YUTANG_BIN`);
  return path;
}

/** The environment without what would change the program's settings. */
function quiet() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('YUTANG_')));
}

/** Starts `command` and waits until it says that it is ready. */
export async function start(command, extra = []) {
  const folder = await mkdtemp(join(tmpdir(), 'yutang-e2e-'));
  const data = join(folder, 'data');
  const child = spawn(binary(), [command, '--data', data, '--listen', '127.0.0.1:0', '--json', ...extra], {
    env: { ...quiet(), YUTANG_LOG: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (part) => { said = (said + part).slice(-20_000); });
  const ended = new Promise((resolve) => { child.once('exit', (code) => resolve(code)); });
  const stop = async () => {
    if (child.exitCode === null) child.kill('SIGTERM');
    const code = await ended;
    await rm(folder, { recursive: true, force: true });
    return code;
  };
  const ready = await Promise.race([
    new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', (line) => {
        try { resolve(JSON.parse(line)); } catch (error) { reject(error); }
      });
    }),
    ended.then((code) => { throw new Error(`${command} ended with ${code}: ${said}`); }),
    new Promise((_, reject) => { setTimeout(() => reject(new Error(`${command} is not ready: ${said}`)), CEILING).unref(); }),
  ]);
  return { ...ready, data, stop, said: () => said };
}
