// Files to import: the same numbers give the same file.
import { closeSync, openSync, writeSync } from 'node:fs';

const words = ['吐司', '可颂', '贝果', '司康', '欧包', '蛋挞', '年糕', '牛角', '乳酪', '肉松'];
const says = ['今天的{}几点出炉？', '帮我留两个{}，下班来取，谢谢老板', '{}配方：高筋粉 250 克、水 165 克，冷藏一夜再烤', '周六{}三件八折，需要的接龙', '孩子最爱吃你家的{}了', '收到，{}已经装好放在前台', '{}会不会太甜，想买给老人吃'];
const two = (n) => String(n).padStart(2, '0');

function write(path, parts) {
  const file = openSync(path, 'w');
  let text = '';
  for (const part of parts) {
    text += part;
    if (text.length > 1 << 20) {
      writeSync(file, text);
      text = '';
    }
  }
  writeSync(file, text);
  closeSync(file);
}

/** A QQ history: `count` messages by `people` people whose numbers begin at `first`, over 90 days; each says its sentence `times` times. */
export function history(path, count, people, first, until = Date.UTC(2026, 10, 1), times = 1) {
  const step = (90 * 86_400_000) / count;
  write(path, (function* lines() {
    yield '消息记录（此消息记录为文本格式，不支持重新导入）\n\n';
    for (let n = 0; n < count; n += 1) {
      const at = new Date(until - 90 * 86_400_000 + n * step);
      // Few talk much and many little, and everybody at least once.
      const who = first + (n < people ? n : Math.floor(people * (((n * 7919) % 9973) / 9973) ** 2));
      yield `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())} ${at.getUTCHours()}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} 群友${who}(${who})\n${says[n % says.length].replace('{}', words[(n * 31) % words.length]).repeat(times)}${n}\n\n`;
    }
  })());
}

/** Orders of two lines each. */
export function orders(path, lines, people) {
  write(path, (function* rows() {
    yield 'id,customer,at,sku,quantity,price\n';
    for (let n = 0; n < lines; n += 1) {
      const at = new Date(Date.UTC(2026, 7, 1) + Math.floor(n / 2) * 37_000);
      yield `A${Math.floor(n / 2)},c${Math.floor(n / 2) * 7919 % people},${at.toISOString().slice(0, 19).replace('T', ' ')},s${n % 40},${1 + n % 3},${(5 + n % 60).toFixed(2)}\n`;
    }
  })());
}

/** The rows of a history as SQL, 1,000 to a transaction. */
export function sql(path, count) {
  write(path, (function* statements() {
    yield 'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;\nCREATE TABLE message (id INTEGER PRIMARY KEY, at INTEGER, who TEXT, text TEXT);\n';
    for (let n = 0; n < count; n += 1) {
      if (n % 1000 === 0) yield 'BEGIN;\n';
      yield `INSERT INTO message VALUES (${n}, ${n * 1000}, '群友${n % 500}', '${says[n % says.length].replace('{}', words[(n * 31) % words.length])}${n}');\n`;
      if (n % 1000 === 999) yield 'COMMIT;\n';
    }
  })());
}
