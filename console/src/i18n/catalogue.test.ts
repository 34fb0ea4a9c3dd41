import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const locales = join(import.meta.dirname, '../../../locales');
const languages = ['zh-Hans', 'zh-Hant', 'en'];
const read = (language: string, file: string) => JSON.parse(readFileSync(join(locales, language, file), 'utf8')) as Record<string, string>;
const nouns = readdirSync(join(locales, 'zh-Hans')).filter((file) => file.endsWith('.json'));

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.tsx?$/.test(name) && !name.endsWith('.test.ts') ? [path] : [];
  });
}
const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();

describe('the catalogues', () => {
  it.each(nouns)('%s says the same things in each language', (noun) => {
    const [hans, ...others] = languages.map((language) => read(language, noun));
    for (const other of others) {
      expect(Object.keys(other).sort()).toEqual(Object.keys(hans ?? {}).sort());
      for (const [key, text] of Object.entries(other)) {
        expect(text.trim(), key).not.toBe('');
        // A singular form may leave out the number it stands for.
        if (!key.endsWith('_one')) expect(new Set(placeholders(text)), key).toEqual(new Set(placeholders(hans?.[key] ?? '')));
      }
    }
  });

  it('hold every key that the console names', () => {
    const known = new Set(nouns.flatMap((noun) => Object.keys(read('zh-Hans', noun))));
    const named = sources(join(import.meta.dirname, '..')).flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/\bt\(\s*(?:[\w.&|!= ()[\]']+ \? )?'([a-z_]+\.[\w.-]+)'(?: : '([a-z_]+\.[\w.-]+)')?/g)].flatMap((match) => [match[1], match[2]]));
    const missing = [...new Set(named)].filter((key) => key && !known.has(key) && !known.has(`${key}_other`));
    expect(named.length).toBeGreaterThan(400);
    expect(missing).toEqual([]);
  });
});
