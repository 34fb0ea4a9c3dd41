import { describe, expect, it } from 'vitest';
import { step, stroke } from './keys';

describe('keys of the queue', () => {
  it('are j, k, y and n, large or small, and nothing else', () => {
    expect(['j', 'K', 'y', 'N', 'x', 'Enter'].map(stroke)).toEqual(['next', 'previous', 'yes', 'no', null, null]);
  });

  it('stop at the ends of the list', () => {
    expect(step(0, 'previous', 3)).toBe(0);
    expect(step(2, 'next', 3)).toBe(2);
    expect(step(1, 'next', 3)).toBe(2);
    expect(step(5, 'next', 0)).toBe(0);
  });
});
