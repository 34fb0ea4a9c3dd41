import { describe, expect, it } from 'vitest';
import type { Hit } from '../../api/contract';
import { reasonParts, segments, weighed } from './hits';

const hit = (span: [number, number] | null, reason = 'advert.contact', weight = 60, kind = 'advert') => ({ kind, span, reason, weight }) as Hit;

describe('signs in a text', () => {
  it('are found by scalars where a face takes two halves', () => {
    const found = segments('😀加V信abc', [hit([1, 4])]);
    expect(found.map((one) => [one.text, one.hits.length])).toEqual([['😀', 0], ['加V信', 1], ['abc', 0]]);
  });

  it('that overlap are cut into pieces, and no letter is lost or doubled', () => {
    const text = '加微信领券私聊我';
    const found = segments(text, [hit([0, 5]), hit([3, 8], 'advert.lure')]);
    expect(found.map((one) => one.text).join('')).toBe(text);
    expect(found.map((one) => one.hits.length)).toEqual([1, 2, 1]);
  });

  it('beyond the end or without a place leave the text as it is', () => {
    expect(segments('短', [hit([0, 40]), hit(null, 'flood.10s:7')]).map((one) => one.text)).toEqual(['短']);
    expect(segments('', [hit([0, 3])])).toEqual([]);
  });

  it('are summed by reason, the heaviest first, those against it with their sign', () => {
    const found = weighed([hit([0, 1]), hit([2, 3]), hit([3, 4], 'guard.speaks_about', -200), hit([4, 5], 'contact.wechat', 0, 'contact')]);
    expect(found.map(({ reason, weight }) => [reason, weight])).toEqual([['guard.speaks_about', -200], ['advert.contact', 120]]);
  });
});

describe('a reason', () => {
  it('has its numbers behind a colon', () => {
    expect(reasonParts('quarrel.heat:120,4,4,40')).toEqual({ code: 'quarrel.heat', numbers: [120, 4, 4, 40] });
    expect(reasonParts('newcomer.link:9')).toEqual({ code: 'newcomer.link', numbers: [9] });
  });

  it('that the workspace named with a colon of its own stays whole', () => {
    expect(reasonParts('竞品:烘焙')).toEqual({ code: '竞品:烘焙', numbers: [] });
  });
});
