import { describe, expect, it } from 'vitest';
import type { Upload } from '../../api/contract';
import { likelyKind, missingFields } from './fields';

const table = (headers: string[]): Upload => ({ upload_id: 'u', name: 'x.csv', bytes: 1, sniff: { kind: 'table', format: 'csv', encoding: 'utf-8', headers } });

describe('an uploaded file', () => {
  it('is taken for what its headers say', () => {
    expect(likelyKind(table(['订单号', '实付金额']))).toBe('orders');
    expect(likelyKind(table(['InvoiceNo', 'UnitPrice']))).toBe('orders');
    expect(likelyKind(table(['群名', '群主', '门店']))).toBe('groups');
    expect(likelyKind(table(['姓名', '手机']))).toBe('members');
  });
  it('is not read before its columns are known', () => {
    expect(missingFields('orders', { at: 'date' })).toEqual(['customer', 'amount']);
    expect(missingFields('orders', { customer: 'c', at: 'd', price: 'p', quantity: 'q' })).toEqual([]);
    expect(missingFields('orders', { customer: 'c', at: 'd', price: 'p' })).toEqual(['amount']);
    expect(missingFields('members', { name: 'n' })).toEqual([]);
    expect(missingFields('chat', {})).toEqual([]);
  });
});
