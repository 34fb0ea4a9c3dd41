import { expect, test } from 'vitest';
import type { Gate } from '../../api/contract';
import { fieldsOf, toGateIn } from './fields';

const gate: Gate = {
  set: true, kind: 'question', seed_kind: 'staff', seed_size: 40, question: 'q', answers: ['a'], task: '', acknowledge: null, card_name: '', wave_joins: null, wave_minutes: 1,
  in_force: 'staff', recommended: 'open', acknowledges: true, card_name_now: null, wave_now: 10, shut_until: null, waiting: 0, cannot: null, actor: null, updated_at: null,
};

test('a gate comes out of its form as it went in', () => {
  expect(toGateIn(fieldsOf(gate))).toEqual({ kind: 'question', seed_kind: 'staff', seed_size: 40, question: 'q', answers: ['a'], task: '', acknowledge: null, card_name: '', wave_joins: null, wave_minutes: 1 });
});

test('what is not set stays not set', () => {
  const usual = toGateIn(fieldsOf({ ...gate, seed_kind: null, seed_size: 0, card_name: null, acknowledge: false, wave_joins: 5 }));
  expect(usual).toMatchObject({ seed_kind: null, seed_size: 0, card_name: null, acknowledge: false, wave_joins: 5 });
});
