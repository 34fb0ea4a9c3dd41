import { describe, expect, it } from 'vitest';
import { lorenz } from './figures';

// req: 004-043
describe('the picture of concentration', () => {
  it('is the diagonal when everybody says as much', () => {
    expect(lorenz([2, 2, 2, 2])).toEqual([[0, 0], [0.25, 0.25], [0.5, 0.5], [0.75, 0.75], [1, 1]]);
  });
  it('hangs below it when few say most', () => {
    const points = lorenz([90, 5, 5]);
    expect(points[1]).toEqual([1 / 3, 0.05]);
    expect(points.at(-1)).toEqual([1, 1]);
  });
  it('does not exist without a message', () => {
    expect(lorenz([])).toEqual([]);
    expect(lorenz([0, 0])).toEqual([]);
  });
});
