import { describe, expect, it } from 'vitest';
import type { Upload } from '../../api/contract';
import { likelyKind, missingFields } from './fields';

const file = (kind: string | null, target: string | null): Upload => ({
  upload_id: 'u', name: 'x.csv', bytes: 1,
  sniff: { kind, target, format: 'csv', encoding: 'utf-8', headers: [], preset: null, sample: [], mapping: {}, error: null },
});

describe('an uploaded file', () => {
  it('is taken for what the server made of its headers', () => {
    expect(likelyKind(file('table', 'members'))).toBe('members');
    expect(likelyKind(file('table', 'groups'))).toBe('groups');
    expect(likelyKind(file('table', null))).toBe('orders');
    expect(likelyKind(file('chat', null))).toBe('chat');
    expect(likelyKind(file(null, null))).toBe('chat');
  });
  it('is not read before its columns are known', () => {
    expect(missingFields('orders', { at: 'date' })).toEqual(['amount']);
    expect(missingFields('orders', { at: 'd', price: 'p' })).toEqual([]);
    expect(missingFields('orders', { amount: 'a' })).toEqual(['at']);
    expect(missingFields('members', { city: 'c' })).toEqual(['name']);
    expect(missingFields('members', { phone: 'p' })).toEqual([]);
    expect(missingFields('groups', {})).toEqual(['name']);
    expect(missingFields('chat', {})).toEqual([]);
  });
});
