import dayjs, { type Dayjs } from 'dayjs';
import timezone from 'dayjs/plugin/timezone';
import utc from 'dayjs/plugin/utc';
import 'dayjs/locale/zh-cn';
import 'dayjs/locale/zh-tw';

dayjs.extend(utc);
dayjs.extend(timezone);

const dayjsLocale: Record<string, string> = { 'zh-Hans': 'zh-cn', 'zh-Hant': 'zh-tw', en: 'en' };

/** The instant on the wall clock of a zone. */
export function inZone(instant: string, zone: string): Dayjs {
  try {
    return dayjs.utc(instant).tz(zone);
  } catch {
    return dayjs.utc(instant);
  }
}

export function clock(instant: string, zone: string): string {
  return inZone(instant, zone).format('HH:mm');
}

/** Day and time, with the year only when it is not the present one. */
export function moment(instant: string, zone: string, language: string, now: number): string {
  const at = inZone(instant, zone).locale(dayjsLocale[language] ?? 'en');
  const same = at.year() === dayjs.utc(now).tz(zone).year();
  if (language.startsWith('zh')) return at.format(same ? 'M月D日 HH:mm' : 'YYYY年M月D日 HH:mm');
  return at.format(same ? 'D MMM HH:mm' : 'D MMM YYYY HH:mm');
}

/** A civil day `YYYY-MM-DD`, with the year only when it is not the present one. */
export function day(civil: string, language: string, now: number): string {
  const at = dayjs(civil).locale(dayjsLocale[language] ?? 'en');
  const same = at.year() === dayjs(now).year();
  if (language.startsWith('zh')) return at.format(same ? 'M月D日' : 'YYYY年M月D日');
  return at.format(same ? 'D MMM' : 'D MMM YYYY');
}

/** What the wall clock of a zone shows at an instant, as a date picker holds it: without any zone. */
export const wallClock = (instant: string, zone: string): Dayjs => dayjs(inZone(instant, zone).format('YYYY-MM-DDTHH:mm:ss'));

/** The instant at which the wall clock of a zone shows this. */
export const instantOf = (wall: Dayjs, zone: string): string => dayjs.tz(wall.format('YYYY-MM-DDTHH:mm:00'), zone).toISOString();

/** The civil day of an instant on the wall clock of a zone. */
export const civilDay = (instant: string, zone: string) => inZone(instant, zone).format('YYYY-MM-DD');

/** The month of today so far, `to` exclusive. */
export function monthSoFar(zone: string, now: number): Period {
  const today = dayjs.utc(now).tz(zone).startOf('day');
  return { from: today.startOf('month').format('YYYY-MM-DD'), to: today.add(1, 'day').format('YYYY-MM-DD') };
}

/** A period as people say it: both ends inclusive, though `to` is the day after the last. */
export function span(period: Period, language: string, now: number): string {
  const last = dayjs(period.to).subtract(1, 'day').format('YYYY-MM-DD');
  return last <= period.from ? day(period.from, language, now) : `${day(period.from, language, now)} – ${day(last, language, now)}`;
}

/** How long ago, in the words of the language. */
export function ago(instant: string, language: string, now: number): string {
  const seconds = Math.round((new Date(instant).getTime() - now) / 1000);
  const words = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const size = Math.abs(seconds);
  if (size < 60) return words.format(0, 'minute');
  if (size < 3600) return words.format(Math.round(seconds / 60), 'minute');
  if (size < 86_400) return words.format(Math.round(seconds / 3600), 'hour');
  if (size < 86_400 * 45) return words.format(Math.round(seconds / 86_400), 'day');
  if (size < 86_400 * 365) return words.format(Math.round(seconds / (86_400 * 30)), 'month');
  return words.format(Math.round(seconds / (86_400 * 365)), 'year');
}

/** Time left or gone as a clock: 04:10 below an hour, then hours and minutes, then days. */
export function remaining(milliseconds: number): { days: number; hours: number; minutes: number; seconds: number; over: boolean } {
  const size = Math.floor(Math.abs(milliseconds) / 1000);
  return {
    days: Math.floor(size / 86_400),
    hours: Math.floor((size % 86_400) / 3600),
    minutes: Math.floor((size % 3600) / 60),
    seconds: size % 60,
    over: milliseconds < 0,
  };
}

export interface Period { from: string; to: string }

/** How many civil days a period has. */
export const daysBetween = (period: Period) => dayjs(period.to).diff(dayjs(period.from), 'day');

/** The last `days` civil days up to and including today in the zone, `to` exclusive. */
export function lastDays(days: number, zone: string, now: number): Period {
  const tomorrow = dayjs.utc(now).tz(zone).startOf('day').add(1, 'day');
  return { from: tomorrow.subtract(days, 'day').format('YYYY-MM-DD'), to: tomorrow.format('YYYY-MM-DD') };
}
