import dayjs from 'dayjs';
import { describe, expect, it } from 'vitest';
import type { Ask, RehearsedStep } from '../../api/contract';
import { answersOf, byDay, laidOver, usual } from './filled';

const words = (text: string) => ({ 'zh-Hans': text, 'zh-Hant': text, en: text });
const ask = (key: string, kind: string, usually?: string): Ask => ({ key, kind, label: words(key), hint: null, choices: [], default: usually === undefined ? null : words(usually), required: usually === undefined });

describe('what a playbook is filled in with', () => {
  const asks = [ask('opens_at', 'time', 'every sat @ 20:00'), ask('groups', 'groups'), ask('limit', 'number', '2'), ask('hours', 'text', '10:00-20:00'), ask('day', 'day')];

  it('begins with what is usual, and leaves moments to the playbook', () => {
    expect(usual(asks, 'en')).toEqual({ limit: 2, hours: '10:00-20:00' });
  });

  it('sends what was filled in, and nothing of the rest', () => {
    const at = dayjs('2026-12-05T20:00:00');
    expect(answersOf(asks, { opens_at: at, groups: ['gp_1', 'gp_2'], limit: 3, hours: '', day: at })).toEqual({
      opens_at: ['2026-12-05 20:00'], groups: ['gp_1', 'gp_2'], limit: ['3'], day: ['2026-12-05'],
    });
  });

  it('mends one thing without undoing another', () => {
    const none = { mode: null, to: null, minutes: 0, leave_out: false };
    const moved = laidOver({}, 'list', { ...none, minutes: -15 });
    const pasted = laidOver(moved, 'list', { ...none, mode: 'paste' });
    expect(pasted).toEqual({ list: { mode: 'paste', to: null, minutes: -15, leave_out: false } });
    expect(laidOver(pasted, 'list', { ...none, minutes: 30 }).list?.minutes).toBe(15);
  });

  it('puts steps under the day on which they are there', () => {
    const step = (at: string) => ({ at }) as RehearsedStep;
    const days = byDay([step('2026-12-05T15:59:00Z'), step('2026-12-05T16:00:00Z')], 'Asia/Shanghai');
    expect(days.map(([day, steps]) => [day, steps.length])).toEqual([['2026-12-05', 1], ['2026-12-06', 1]]);
  });
});
