import { describe, expect, it } from 'vitest';
import { faultyLine, lineSpan } from './rules';

describe('the line at fault', () => {
  it('is read from the place that the server names', () => {
    expect(faultyLine('text:9001')).toBe(9001);
    expect(faultyLine('line 3')).toBe(3);
    expect(faultyLine('text')).toBeNull();
    expect(faultyLine(null)).toBeNull();
  });

  it('is found in the text, also the last one without an end', () => {
    const text = 'a\nbb\n\nccc';
    expect([1, 2, 3, 4].map((line) => text.slice(...lineSpan(text, line)))).toEqual(['a', 'bb', '', 'ccc']);
    expect(lineSpan(text, 9)).toEqual([text.length, text.length]);
  });
});
