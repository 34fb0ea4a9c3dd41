import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { TFunction } from 'i18next';
import type { Sentence } from '../api/contract';
import * as number from './number';
import { sentenceKey } from './sentence';
import * as time from './time';
import { useWorkspaceTerms } from './terms';

export interface Speak {
  t: TFunction;
  language: string;
  zone: string;
  currency: string;
  count: (value: number) => string;
  decimal: (value: number) => string;
  percent: (ratio: number) => string;
  signed: (ratio: number) => string;
  money: (minor: number, currency?: string) => string;
  /** Money to the last minor unit: what one person or one order came to. */
  exactMoney: (minor: number, currency?: string) => string;
  /** Minor units of an amount that somebody typed. */
  minor: (whole: number) => number;
  /** A count with every digit. */
  exact: (value: number) => string;
  bytes: (value: number) => string;
  moment: (instant: string) => string;
  clock: (instant: string) => string;
  ago: (instant: string) => string;
  day: (civil: string) => string;
  /** The civil day of an instant in the workspace's zone. */
  dayOf: (instant: string) => string;
  /** A period with both ends inclusive. */
  span: (period: time.Period) => string;
  /** A sentence the server composed as code and arguments. */
  sentence: (said: Sentence) => string;
  /** Several words in a row. */
  list: (words: string[]) => string;
  /** Why something is not known: a whole code, or a short one of the list `unknown`. */
  reason: (code: string | null | undefined) => string;
  /** The word for a code of a list, or the code itself when the catalogue is older than the server. */
  word: (list: string, code: string | null | undefined) => string;
}

/** Arguments that are codes of a list, and the list that has their words. */
const listOf: Record<string, string> = { role: 'member.role', purpose: 'consent.purpose', stage: 'group.stage', weekday: 'digest.weekday' };

/** Formats the arguments of a sentence by the unit that their name carries. */
export function presentArgs(args: Record<string, unknown>, say: Omit<Speak, 'sentence' | 't'>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => {
      if (typeof value === 'number') {
        if (name.endsWith('_minor')) return [name, say.exactMoney(value)];
        if (name.endsWith('_share') || name.endsWith('share') || name.endsWith('ratio')) return [name, say.percent(value)];
        if (name === 'count') return [name, value];
        return [name, Number.isInteger(value) ? say.count(value) : say.decimal(value)];
      }
      const list = listOf[name];
      if (typeof value === 'string' && list) return [name, say.word(list, value)];
      if (typeof value === 'string' && (name === 'at' || name.endsWith('_at'))) return [name, say.moment(value)];
      if (typeof value === 'string' && name.endsWith('_on')) return [name, say.day(value)];
      if (Array.isArray(value)) return [name, say.list(value.map(String))];
      if (value !== null && typeof value === 'object' && 'name' in value) return [name, (value as { name: unknown }).name];
      return [name, value];
    }),
  );
}

/** Everything that turns values into words in the present language, zone and currency. */
export function useSpeak(): Speak {
  const { t, i18n } = useTranslation();
  const { zone, currency } = useWorkspaceTerms();
  const language = i18n.language;
  return useMemo(() => {
    const values = {
      language, zone, currency,
      count: (value: number) => number.count(value, language),
      decimal: (value: number) => number.decimal(value, language),
      percent: (ratio: number) => number.percent(ratio, language),
      signed: (ratio: number) => number.signedPercent(ratio, language),
      money: (minor: number, other?: string) => number.money(minor, other ?? currency, language),
      exactMoney: (minor: number, other?: string) => number.exactMoney(minor, other ?? currency, language),
      minor: (whole: number) => number.minor(whole, currency),
      exact: (value: number) => number.exact(value, language),
      bytes: (value: number) => number.bytes(value, language),
      moment: (instant: string) => time.moment(instant, zone, language, Date.now()),
      clock: (instant: string) => time.clock(instant, zone),
      ago: (instant: string) => time.ago(instant, language, Date.now()),
      list: (words: string[]) => words.join(language.startsWith('zh') ? '、' : ', '),
      reason: (code: string | null | undefined) => {
        const whole = code?.includes('.') ? code : `unknown.${code ?? 'no_data'}`;
        return t(whole, { defaultValue: t('unknown.no_data') });
      },
      word: (list: string, code: string | null | undefined) => (code ? t(`${list}.${code}`, { defaultValue: code }) : ''),
      day: (civil: string) => time.day(civil, language, Date.now()),
      dayOf: (instant: string) => time.civilDay(instant, zone),
      span: (period: time.Period) => time.span(period, language, Date.now()),
    };
    const sentence = (said: Sentence) => t(sentenceKey(said, (key) => i18n.exists(key)), { ...presentArgs((said.args ?? {}) as Record<string, unknown>, values), defaultValue: said.code });
    return { t, ...values, sentence };
  }, [t, i18n, language, zone, currency]);
}
