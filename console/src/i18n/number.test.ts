import { describe, expect, it } from 'vitest';
import { bytes, change, count, exact, exactMoney, minor, money, percent, signedPercent } from './number';

describe('numbers', () => {
  it('counts in 万 and 亿 where Chinese is read', () => {
    expect(count(9999, 'zh-Hans')).toBe('9,999');
    expect(count(12345, 'zh-Hans')).toBe('1.2万');
    expect(count(12345, 'zh-Hant')).toBe('1.2萬');
    expect(count(3_000_000, 'zh-Hans')).toBe('300万');
    expect(count(123_456_789, 'zh-Hans')).toBe('1.23亿');
    expect(count(12345, 'en')).toBe('12,345');
  });
  it('writes money from minor units', () => {
    expect(money(864_200, 'CNY', 'zh-Hans')).toBe('¥8,642');
    expect(money(2_770, 'CNY', 'zh-Hans')).toBe('¥27.70');
    expect(money(12_345_600, 'CNY', 'zh-Hans')).toBe('¥12.3万');
    expect(money(500, 'JPY', 'en')).toBe('¥500');
  });
  it('takes money as it is typed', () => {
    expect(minor(199.99, 'CNY')).toBe(19_999);
    expect(minor(500, 'JPY')).toBe(500);
  });
  it('writes what is reconciled to the last digit', () => {
    expect(exactMoney(128_450, 'CNY', 'zh-Hans')).toBe('¥1,284.50');
    expect(exactMoney(12_345_600, 'CNY', 'zh-Hans')).toBe('¥123,456.00');
    expect(exactMoney(1_800, 'JPY', 'en')).toBe('¥1,800');
    expect(exact(12_345, 'zh-Hans')).toBe('12,345');
  });
  it('keeps small shares visible and signs changes', () => {
    expect(percent(0.034, 'zh-Hans')).toBe('3.4%');
    expect(percent(0.5, 'en')).toBe('50%');
    expect(signedPercent(0.12, 'zh-Hans')).toBe('+12%');
  });
  it('has no change against nothing', () => {
    expect(change(5, 0)).toBeNull();
    expect(change(5, null)).toBeNull();
    expect(change(6, 5)).toBeCloseTo(0.2);
  });
  it('sizes files', () => {
    expect(bytes(1_250_000, 'en')).toBe('1.3 MB');
  });
});
