import { describe, expect, it } from 'vitest';
import type { BoardLine, Broadcast, BroadcastOutcome, Refused } from '../../api/contract';
import { empty, fieldsOf, forPlan, insertAt, lengthOf, named, toBroadcastIn } from './draft';
import { boardTree, farOf, rateOf, stateOf } from './far';
import { priceOf, reasonKey } from './outcome';
import { remedies, together } from './refused';

const refused = (group: string, reason: string, more: Partial<Refused> = {}): Refused => ({ group, name: `${group}群`, reason, limit: null, variable: null, ...more });

describe('groups that are left out', () => {
  it('stand together by reason, limit and variable, the most first', () => {
    const found = together([
      refused('1', 'broadcast.why.variable', { variable: 'pickup' }),
      refused('2', 'broadcast.why.quota', { limit: 'wecom_broadcast_group' }),
      refused('3', 'broadcast.why.quota', { limit: 'wecom_broadcast_group' }),
      refused('4', 'broadcast.why.variable', { variable: 'hours' }),
    ]);
    expect(found.map((one) => [one.reason, one.variable, one.groups.map((group) => group.id)])).toEqual([
      ['broadcast.why.quota', null, ['2', '3']],
      ['broadcast.why.variable', 'pickup', ['1']],
      ['broadcast.why.variable', 'hours', ['4']],
    ]);
  });

  it('have the remedy that suits the reason, and can always be left out', () => {
    expect(remedies('broadcast.why.quota')[0]).toBe('paste');
    expect(remedies('broadcast.why.variable')[0]).toBe('store');
    expect(remedies('broadcast.why.cap')).not.toContain('paste');
    for (const why of ['archived', 'cap', 'quota', 'complaint', 'variable', 'nobody', 'late']) expect(remedies(`broadcast.why.${why}`)).toContain('leave');
  });
});

describe('a draft', () => {
  const zone = 'Asia/Shanghai';
  const broadcast = { name: '预告', reach: { branches: ['b1'], scenes: [], audiences: [], stages: [], groups: [], without: ['g1'] }, text: '{{store}}周六见', attachments: [{ title: '清单', url: 'https://a.cn/1' }], selling: true, grounds: '', mode: 'paste', per_minute: 20, at: '2026-11-20T12:00:00.000Z' } as unknown as Broadcast;

  it('is filled and comes back as it was, with its time on the clock of the workspace', () => {
    const fields = fieldsOf(broadcast, zone);
    expect([fields.when, fields.at?.format('YYYY-MM-DD HH:mm')]).toEqual(['at', '2026-11-20 20:00']);
    const { name, reach, text, attachments, selling, grounds, mode, per_minute, at } = broadcast;
    expect(toBroadcastIn(fields, zone)).toEqual({ name, reach, text, attachments, selling, grounds, mode, per_minute, at });
    expect(toBroadcastIn({ ...fields, when: 'now' }, zone).at).toBeNull();
  });

  it('keeps a half-written link for the server to refuse, and an untouched line for nobody', () => {
    const body = toBroadcastIn({ ...empty, attachments: [{ title: '', url: '' }, { title: ' 清单 ', url: 'a.cn' }], per_minute: null }, zone);
    expect(body.attachments).toEqual([{ title: '清单', url: 'a.cn' }]);
    expect(body.per_minute).toBe(20);
  });

  it('is planned before it has a name or a text', () => {
    const asked = forPlan(toBroadcastIn({ ...empty, attachments: [{ title: '清单', url: 'a.cn' }] }, zone));
    expect(asked.name).not.toBe('');
    expect(asked.text.trim()).not.toBe('');
    expect(asked.attachments).toEqual([]);
    expect(forPlan({ ...asked, text: ' 有字 ' }).text).toBe(' 有字 ');
  });

  it('takes a variable where the cursor stands', () => {
    expect(insertAt('你好，见', 'store', 3, 3)).toEqual({ text: '你好，{{store}}见', cursor: 12 });
    expect(insertAt('旧词', 'hours', 0, 2)).toEqual({ text: '{{hours}}', cursor: 9 });
    expect(lengthOf(' 👋好 ')).toBe(2);
    expect(named('{{store}}见，{{ hours }}', (name) => (name === 'store' ? '门店名' : name))).toBe('{门店名}见，{hours}');
  });
});

describe('how far it has come', () => {
  const fates = (...pairs: [string, number][]) => pairs.map(([fate, groups]) => ({ fate, groups })) as Broadcast['fates'];

  it('counts as due all but those left out', () => {
    expect(farOf(fates(['sent', 9], ['asked', 2], ['held', 1], ['failed', 1], ['stopped', 1], ['skipped', 3]))).toEqual({ due: 14, sent: 9, unsent: 3, failed: 2, skipped: 3 });
    expect(rateOf({ due: 0, sent: 0 })).toBeNull();
  });

  it('is not over while people have it', () => {
    expect(stateOf({ state: 'done', fates: fates(['asked', 1]) })).toBe('waiting');
    expect(stateOf({ state: 'done', fates: fates(['sent', 1]) })).toBe('done');
    expect(stateOf({ state: 'stopped', fates: fates(['asked', 1]) })).toBe('stopped');
  });

  it('is a tree of regions, stores and people', () => {
    const line = (branch: string, staff: string | null, sent: number, unsent: number): BoardLine => ({ region: { id: 'r', name: '南区' }, branch: { id: branch, name: branch }, staff: staff === null ? null : { id: staff, name: staff }, due: sent + unsent, sent, unsent, failed: 0, skipped: 1 });
    const [region, ...others] = boardTree([line('海岸城', '李娜', 2, 1), line('海岸城', null, 1, 0), line('西乡', '陈强', 0, 2)]);
    expect(others).toEqual([]);
    expect([region?.due, region?.sent, region?.unsent, region?.skipped]).toEqual([6, 3, 3, 3]);
    expect(region?.children?.map((store) => [store.name, store.due, store.children?.map((one) => one.name)])).toEqual([['海岸城', 4, ['李娜', null]], ['西乡', 2, ['陈强']]]);
  });
});

describe('what it brought', () => {
  const outcome: BroadcastOutcome = { groups: 12, running: 0, messages: { day: 40, usual: 20 }, orders: { day: 9, usual: 3 }, amount_minor: { day: 350_000, usual: 24_000 }, leavers: { day: 41, usual: 4 }, worth_minor: 4_200, net_minor: 170_600 };

  it('is what came in above a usual day less what leavers above it are reckoned at', () => {
    const price = priceOf(outcome);
    expect(price).toEqual({ income_minor: 326_000, leavers: 37, worth_minor: 4_200, net_minor: 170_600 });
    expect((price?.income_minor ?? 0) - (price?.leavers ?? 0) * (price?.worth_minor ?? 0)).toBe(price?.net_minor);
  });

  it('does not count fewer leavers than usual as income, and is unknown without people', () => {
    expect(priceOf({ ...outcome, leavers: { day: 1, usual: 4 } })?.leavers).toBe(0);
    expect(priceOf({ ...outcome, worth_minor: null, net_minor: null })).toBeNull();
  });

  it('says why in the words of the catalogue, else in those of the network', () => {
    expect(reasonKey('skipped', 'broadcast.why.quota')).toBe('broadcast.why.quota');
    expect(reasonKey('failed', 'off_duty')).toBe('task.refusal.off_duty');
    expect(reasonKey('sent', 'self')).toBe('task.self_told');
    expect(reasonKey('failed', '41048: no chat')).toBeNull();
  });
});
