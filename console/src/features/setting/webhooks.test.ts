import { expect, test } from 'vitest';
import type { Webhook } from '../../api/contract';
import { readable, tokenFor, webhookEdit, webhookIn } from './webhooks';

const fields = { name: ' 会员系统 ', address: ' https://crm.example/hook ', branch: 'all' };

test('everything and everywhere is said by leaving out', () => {
  expect(webhookIn(fields)).toEqual({ name: '会员系统', address: 'https://crm.example/hook', topics: [] });
  expect(webhookIn({ ...fields, topics: ['task.done'], branch: 'br_1' })).toEqual({ name: '会员系统', address: 'https://crm.example/hook', topics: ['task.done'], branch_id: 'br_1' });
});

test('an address that stays is not sent again', () => {
  const before = { address: 'https://crm.example/hook' } as Webhook;
  expect(webhookEdit(before, fields)).toEqual({ name: '会员系统', topics: [], branch_id: null });
  expect(webhookEdit(before, { ...fields, address: 'https://b.example' }).address).toBe('https://b.example');
});

test('a token for outside events may do nothing else', () => {
  expect(tokenFor('outside', 'owner')).toEqual({ role: 'operator', scopes: ['outside.report'] });
  expect(tokenFor('all', 'owner')).toEqual({ role: 'owner' });
});

test('JSON is set out, other words stay', () => {
  expect(readable('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(readable('nginx: 502')).toBe('nginx: 502');
});
