/** What a key does in a list that is judged one by one. */
export type Stroke = 'next' | 'previous' | 'yes' | 'no' | null;

const strokes: Record<string, Stroke> = { j: 'next', k: 'previous', y: 'yes', n: 'no' };

export function stroke(key: string): Stroke {
  return strokes[key.toLowerCase()] ?? null;
}

/** Where the choice stands after a step, within a list of this length. */
export function step(at: number, by: 'next' | 'previous', length: number): number {
  if (length === 0) return 0;
  return Math.max(0, Math.min(length - 1, at + (by === 'next' ? 1 : -1)));
}

/** Whether somebody is writing, so that a letter is a letter. */
export const isWriting = (target: EventTarget | null): boolean => target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));
