/** Numbers as people of each language read them. */

function digits(value: number, language: string, most: number, least = 0): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: most, minimumFractionDigits: least }).format(value);
}

function myriad(value: number, language: string): string | null {
  const size = Math.abs(value);
  const traditional = language === 'zh-Hant';
  if (size >= 1e8) return `${digits(value / 1e8, language, 2)}${traditional ? '億' : '亿'}`;
  if (size >= 1e4) return `${digits(value / 1e4, language, size >= 1e6 ? 0 : 1)}${traditional ? '萬' : '万'}`;
  return null;
}

/** A count: 万 / 亿 in Chinese, thousands separated below, compact from a hundred thousand in English. */
export function count(value: number, language: string): string {
  if (language.startsWith('zh')) return myriad(value, language) ?? digits(value, language, 0);
  if (Math.abs(value) >= 1e5) return new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 }).format(value);
  return digits(value, language, 0);
}

/** A number with at most two decimals. */
export function decimal(value: number, language: string): string {
  return digits(value, language, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

/** A ratio 0..1 as a percentage. */
export function percent(ratio: number, language: string): string {
  const size = Math.abs(ratio);
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: size > 0 && size < 0.1 ? 1 : 0 }).format(ratio);
}

/** A change as signed percentage, "+12%". */
export function signedPercent(ratio: number, language: string): string {
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0, signDisplay: 'exceptZero' }).format(ratio);
}

function fraction(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** Integer minor units of what somebody typed in whole ones. */
export function minor(whole: number, currency: string): number {
  return Math.round(whole * 10 ** fraction(currency));
}

/** Money from integer minor units; whole units from a thousand on. */
export function money(minor: number, currency: string, language: string): string {
  const places = fraction(currency);
  const value = minor / 10 ** places;
  const options: Intl.NumberFormatOptions = { style: 'currency', currency, currencyDisplay: 'narrowSymbol' };
  if (language.startsWith('zh') && Math.abs(value) >= 1e5) {
    const symbol = new Intl.NumberFormat(language, { ...options, maximumFractionDigits: 0 }).formatToParts(0).find((part) => part.type === 'currency')?.value ?? '';
    return `${value < 0 ? '−' : ''}${symbol}${myriad(Math.abs(value), language) ?? ''}`;
  }
  const whole = Math.abs(value) >= 1000 || Number.isInteger(value);
  return new Intl.NumberFormat(language, { ...options, minimumFractionDigits: whole ? 0 : places, maximumFractionDigits: whole ? 0 : places }).format(value);
}

/** Money to the last minor unit, for what is reconciled: one order, one person, one import. */
export function exactMoney(minor: number, currency: string, language: string): string {
  const places = fraction(currency);
  return new Intl.NumberFormat(language, { style: 'currency', currency, currencyDisplay: 'narrowSymbol', minimumFractionDigits: places, maximumFractionDigits: places }).format(minor / 10 ** places);
}

/** A count with every digit. */
export const exact = (value: number, language: string): string => digits(value, language, 0);

/** Size of a file. */
export function bytes(value: number, language: string): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${digits(size, language, size < 10 && unit > 0 ? 1 : 0)} ${units[unit] ?? 'B'}`;
}

/** Change against a previous value; undefined from nothing. */
export function change(value: number | null | undefined, previous: number | null | undefined): number | null {
  if (value === null || value === undefined || previous === null || previous === undefined || previous === 0) return null;
  return (value - previous) / Math.abs(previous);
}
