// Chat histories for stories, as QQ writes them.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const two = (n) => String(n).padStart(2, '0');

/** A history of `count` messages by `people` people that ends yesterday, and `bad` lines from the future. */
export function history(count, people, bad = 0) {
  const lines = ['消息记录（此消息记录为文本格式，不支持重新导入）', '', '消息对象:社区面包群', ''];
  const begin = Date.now() - 86_400_000 - count * 60_000;
  const say = (at, who, words) => {
    const day = new Date(at + 8 * 3_600_000);
    lines.push(`${day.getUTCFullYear()}-${two(day.getUTCMonth() + 1)}-${two(day.getUTCDate())} ${day.getUTCHours()}:${two(day.getUTCMinutes())}:${two(day.getUTCSeconds())} ${who}`, words, '');
  };
  const words = ['今天的吐司几点出炉？', '十点出炉，要几个？', '帮我留两个，谢谢', '配方是高筋粉 250 克、酵母 3 克，冷藏一夜', '图里这个是新品吗', '周六有活动，三件八折'];
  for (let n = 0; n < count; n += 1) {
    const who = n % people;
    say(begin + n * 60_000, `群友${who}(${20001 + who})`, words[n % words.length]);
  }
  for (let n = 0; n < bad; n += 1) say(Date.now() + 400 * 86_400_000 + n * 60_000, '群友0(20001)', '这是明年的话');
  return lines.join('\n');
}

/** The same as a file. */
export async function historyFile(name, ...args) {
  const path = join(await mkdtemp(join(tmpdir(), 'yutang-e2e-file-')), name);
  await writeFile(path, history(...args));
  return path;
}
