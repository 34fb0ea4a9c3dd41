import { describe, expect, it } from 'vitest';
import { placeWords } from './place';
import { sentenceKey } from './sentence';

describe('sentences of the server', () => {
  const exists = (key: string) => key === 'timeline.order_cancelled_none' || key === 'health.dead_none';
  it('leave out an amount that is nothing', () => {
    expect(sentenceKey({ code: 'timeline.order_cancelled', args: { amount_minor: 0 } }, exists)).toBe('timeline.order_cancelled_none');
    expect(sentenceKey({ code: 'timeline.order_cancelled', args: { amount_minor: -1200 } }, exists)).toBe('timeline.order_cancelled');
    expect(sentenceKey({ code: 'timeline.order_paid', args: { amount_minor: 0 } }, exists)).toBe('timeline.order_paid');
    expect(sentenceKey({ code: 'health.dead', args: { messages: 0, orders: 0 } }, exists)).toBe('health.dead_none');
  });
});

describe('places of an error', () => {
  const texts: Record<string, string> = { 'kit.at_column': '「{{column}}」列', 'kit.at_line': '第 {{line}} 行', 'kit.at_byte': '第 {{byte}} 字节' };
  const t = ((key: string, args: Record<string, string>) => (texts[key] ?? key).replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => args[name] ?? '')) as Parameters<typeof placeWords>[1]['t'];
  const say = (at: string) => placeWords(at, { t, list: (words) => words.join('、') });
  it('are said in the language of the reader', () => {
    expect(say('column 订单号, line 2')).toBe('「订单号」列、第 2 行');
    expect(say('line 3, byte 40')).toBe('第 3 行、第 40 字节');
    expect(say('line 7')).toBe('第 7 行');
  });
  it('stay as they are where they are a name', () => {
    expect(say('monetisation')).toBe('monetisation');
  });
});
