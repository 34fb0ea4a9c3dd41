/** The line that a refusal of a text names, `text:9001`; null where it names none. */
export function faultyLine(at: string | null): number | null {
  const found = /(?:^text:|line )(\d+)/.exec(at ?? '');
  return found ? Number(found[1]) : null;
}

/** Where a line, counted from 1, begins and ends in a text. */
export function lineSpan(text: string, line: number): [number, number] {
  let from = 0;
  for (let passed = 1; passed < line; passed += 1) {
    const next = text.indexOf('\n', from);
    if (next < 0) return [text.length, text.length];
    from = next + 1;
  }
  const end = text.indexOf('\n', from);
  return [from, end < 0 ? text.length : end];
}
