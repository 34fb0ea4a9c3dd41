import type { Gate, GateIn } from '../../api/contract';

/** The gate as its form holds it; "usual" and "" stand for what is not set. */
export interface GateFields {
  kind: string;
  question: string;
  answers: string[];
  task: string;
  seed_kind: string;
  seed_size: number | null;
  acknowledge: 'usual' | 'yes' | 'no';
  card: 'usual' | 'own' | 'off';
  card_name: string;
  wave_joins: number | null;
  wave_minutes: number | null;
}

export function fieldsOf(gate: Gate): GateFields {
  return {
    kind: gate.kind,
    question: gate.question,
    answers: gate.answers,
    task: gate.task,
    seed_kind: gate.seed_kind ?? '',
    seed_size: gate.seed_kind ? gate.seed_size : 30,
    acknowledge: gate.acknowledge === null ? 'usual' : gate.acknowledge ? 'yes' : 'no',
    card: gate.card_name === null ? 'usual' : gate.card_name === '' ? 'off' : 'own',
    card_name: gate.card_name ?? '',
    wave_joins: gate.wave_joins,
    wave_minutes: gate.wave_minutes,
  };
}

export function toGateIn(fields: GateFields): GateIn {
  const seeded = fields.seed_kind !== '';
  return {
    kind: fields.kind,
    question: fields.question ?? '',
    answers: fields.answers ?? [],
    task: fields.task ?? '',
    seed_kind: seeded ? fields.seed_kind : null,
    seed_size: seeded ? fields.seed_size ?? 0 : 0,
    acknowledge: fields.acknowledge === 'usual' ? null : fields.acknowledge === 'yes',
    card_name: fields.card === 'usual' ? null : fields.card === 'off' ? '' : fields.card_name ?? '',
    wave_joins: fields.wave_joins ?? null,
    wave_minutes: fields.wave_minutes ?? null,
  };
}
