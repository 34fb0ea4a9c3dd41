import type { Sentence } from '../api/contract';

/** The key of a sentence: of its form without the number, where there is one and the number is nothing. */
export function sentenceKey({ code, args }: Sentence, exists: (key: string) => boolean): string {
  const { amount_minor: amount, messages } = (args ?? {}) as Record<string, unknown>;
  const without = `${code}_none`;
  return (amount === 0 || messages === 0) && exists(without) ? without : code;
}
