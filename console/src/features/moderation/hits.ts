import type { Hit } from '../../api/contract';

interface Placed { span: [number, number] | null }
export interface Segment<T extends Placed = Hit> { text: string; hits: T[] }

/**
 * A text cut where signs begin and end, each piece with the signs that cover it. Places are counted
 * in Unicode scalars, as the server counts them, and not in the halves that JavaScript has.
 */
export function segments<T extends Placed>(text: string, hits: T[]): Segment<T>[] {
  const scalars = Array.from(text);
  const placed = hits.flatMap((hit) => {
    const [start, end] = hit.span ?? [0, 0];
    const from = Math.max(0, Math.min(start ?? 0, scalars.length));
    const to = Math.max(from, Math.min(end ?? 0, scalars.length));
    return to > from ? [{ from, to, hit }] : [];
  });
  const cuts = [...new Set([0, scalars.length, ...placed.flatMap(({ from, to }) => [from, to])])].sort((a, b) => a - b);
  return cuts.slice(0, -1).map((from, index) => {
    const to = cuts[index + 1] ?? scalars.length;
    return {
      text: scalars.slice(from, to).join(''),
      hits: placed.filter((one) => one.from <= from && one.to >= to).map((one) => one.hit),
    };
  });
}

/** A reason's code and the numbers it carries: `quarrel.heat:120,4,4,40`. */
export function reasonParts(reason: string): { code: string; numbers: number[] } {
  const at = reason.lastIndexOf(':');
  if (at < 0) return { code: reason, numbers: [] };
  const numbers = reason.slice(at + 1).split(',').map(Number);
  return numbers.every((one) => Number.isFinite(one)) ? { code: reason.slice(0, at), numbers } : { code: reason, numbers: [] };
}

export interface Weighed { reason: string; weight: number; kind: string }

/** Each reason once with the sum of its points, the heaviest first; what weighs nothing is left out. */
export function weighed(hits: Hit[]): Weighed[] {
  const sums = new Map<string, Weighed>();
  for (const { kind, reason, weight } of hits) {
    const key = `${kind}/${reason}`;
    const known = sums.get(key);
    sums.set(key, { kind, reason, weight: (known?.weight ?? 0) + weight });
  }
  return [...sums.values()].filter((one) => one.weight !== 0).sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
}
