import dayjs, { type Dayjs } from 'dayjs';
import type { Adjustment, Ask, RehearsedStep, StartIn, Words } from '../../api/contract';
import { civilDay } from '../../i18n/time';

/** What stands in the form, by the question's key. */
export type Filled = Record<string, unknown>;
export type Adjusted = Record<string, Adjustment>;

/** Words in a language; of another, in 简体中文. */
export const wordsIn = (words: Words, language: string): string => words[language as keyof Words] || words['zh-Hans'];

/** The sentence that says for how many a step is, by its way. */
export const counted = (mode: string | null | undefined): string => mode === 'task' ? 'playbook.count_tasks' : mode === 'private' || mode === 'tag' ? 'playbook.count_people' : 'playbook.count_groups';

/** What the form begins with: the usual answers, where they can be written down. */
export function usual(asks: Ask[], language: string): Filled {
  return Object.fromEntries(asks.flatMap((ask): [string, unknown][] => {
    const said = ask.default ? wordsIn(ask.default, language) : '';
    if (said === '' || ask.kind === 'time' || ask.kind === 'day') return [];
    if (ask.kind === 'number' || ask.kind === 'money') return [[ask.key, Number(said)]];
    return [[ask.key, said]];
  }));
}

const wordsOf = (value: unknown): string[] => {
  if (value === null || value === undefined || value === '') return [];
  if (Array.isArray(value)) return value.map(String);
  if (dayjs.isDayjs(value)) return [(value as Dayjs).format('YYYY-MM-DD HH:mm')];
  return [String(value as string | number)];
};

/** The answers as they are sent; what is left empty has its usual answer. */
export function answersOf(asks: Ask[], filled: Filled): Record<string, string[]> {
  return Object.fromEntries(asks.flatMap((ask): [string, string[]][] => {
    const value = ask.kind === 'day' && dayjs.isDayjs(filled[ask.key]) ? (filled[ask.key] as Dayjs).format('YYYY-MM-DD') : filled[ask.key];
    const words = wordsOf(value);
    return words.length > 0 ? [[ask.key, words]] : [];
  }));
}

export const startOf = (asks: Ask[], filled: Filled, adjust: Adjusted, confirmed: string[], group: string | undefined, once: boolean): StartIn => ({
  answers: answersOf(asks, filled), adjust, confirmed, group: group ?? null, member: null, once,
});

/** A change on top of the one there was: what one tap mends does not undo what another had mended. */
export function laidOver(adjust: Adjusted, step: string, change: Adjustment): Adjusted {
  const before = adjust[step];
  return {
    ...adjust,
    [step]: {
      mode: change.mode ?? before?.mode ?? null,
      to: change.to ?? before?.to ?? null,
      minutes: (before?.minutes ?? 0) + change.minutes,
      leave_out: change.leave_out || (before?.leave_out ?? false),
    },
  };
}

/** Steps by the civil day on which they are. */
export function byDay(steps: RehearsedStep[], zone: string): [string, RehearsedStep[]][] {
  const days = new Map<string, RehearsedStep[]>();
  for (const step of steps) {
    const day = civilDay(step.at, zone);
    days.set(day, [...(days.get(day) ?? []), step]);
  }
  return [...days];
}
