import { describe, expect, it } from 'vitest';
import { civilDay, clock, day, instantOf, lastDays, moment, remaining, span, wallClock } from './time';

const now = Date.parse('2026-11-20T16:30:00Z');

describe('times', () => {
  it('speaks the zone of the workspace', () => {
    expect(clock('2026-11-20T12:00:00Z', 'Asia/Shanghai')).toBe('20:00');
    expect(moment('2026-11-20T17:00:00Z', 'Asia/Shanghai', 'zh-Hans', now)).toBe('11月21日 01:00');
  });
  it('picks a moment on the wall clock of the workspace, wherever the browser is', () => {
    for (const zone of ['Asia/Shanghai', 'America/New_York', 'UTC']) expect(instantOf(wallClock('2026-11-20T12:05:00Z', zone), zone)).toBe('2026-11-20T12:05:00.000Z');
    expect(wallClock('2026-11-20T17:00:00Z', 'Asia/Shanghai').format('YYYY-MM-DD HH:mm')).toBe('2026-11-21 01:00');
  });
  it('ends a period after today in the zone', () => {
    expect(lastDays(7, 'Asia/Shanghai', now)).toEqual({ from: '2026-11-15', to: '2026-11-22' });
    expect(lastDays(1, 'UTC', now)).toEqual({ from: '2026-11-20', to: '2026-11-21' });
  });
  it('says a period with both ends', () => {
    expect(span({ from: '2026-11-15', to: '2026-11-22' }, 'zh-Hans', now)).toBe('11月15日 – 11月21日');
    expect(span({ from: '2026-11-21', to: '2026-11-22' }, 'en', now)).toBe('21 Nov');
  });
  it('says the year of another year', () => {
    expect(day('2025-12-30', 'zh-Hans', now)).toBe('2025年12月30日');
    expect(day('2025-12-30', 'en', now)).toBe('30 Dec 2025');
    expect(civilDay('2026-11-20T17:00:00Z', 'Asia/Shanghai')).toBe('2026-11-21');
  });
  it('counts down and says when it is over', () => {
    expect(remaining(250_000)).toMatchObject({ minutes: 4, seconds: 10, over: false });
    expect(remaining(-61_000)).toMatchObject({ minutes: 1, over: true });
  });
});
