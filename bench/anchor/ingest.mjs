// The peer of hooks: fastify takes facts, better-sqlite3 commits what gathered within 5 ms (at most
// 1,000 requests) with synchronous=FULL, and answers after the commit.
// node ingest.mjs FOLDER_OF_MODULES PORT DATABASE
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [modules, port, path] = process.argv.slice(2);
const require = createRequire(join(modules, 'package.json'));
const Database = require('better-sqlite3');
const app = require('fastify')({ logger: false });

const database = new Database(path);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec('CREATE TABLE fact (id INTEGER PRIMARY KEY, key TEXT, at INTEGER, place TEXT, kind TEXT, sender TEXT, text TEXT)');
const insert = database.prepare('INSERT INTO fact (key, at, place, kind, sender, text) VALUES (?, ?, ?, ?, ?, ?)');
const write = database.transaction((waiting) => {
  for (const { facts } of waiting) {
    for (const one of facts) insert.run(one.key, one.at, one.group, one.kind, one.sender.id, one.text);
  }
});

let waiting = [];
let timer = null;
function flush() {
  clearTimeout(timer);
  timer = null;
  const now = waiting;
  waiting = [];
  if (now.length === 0) return;
  write(now);
  for (const { reply } of now) reply.code(202).send();
}

app.post('/hooks/:network/:account', (request, reply) => {
  waiting.push({ facts: Array.isArray(request.body) ? request.body : [request.body], reply });
  if (waiting.length >= 1000) flush();
  else timer ??= setTimeout(flush, 5);
  return reply;
});
await app.listen({ port: Number(port), host: '127.0.0.1' });
console.log('ready');
