export interface Difference { field: string; before: unknown; after: unknown }

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const same = (before: unknown, after: unknown) => JSON.stringify(before ?? null) === JSON.stringify(after ?? null);

/** The fields that a change changed; one of a part is named `part.field`. */
export function differences(before: unknown, after: unknown): Difference[] {
  if (!isObject(before) && !isObject(after)) return same(before, after) ? [] : [{ field: '', before, after }];
  const old = isObject(before) ? before : {};
  const fresh = isObject(after) ? after : {};
  return [...new Set([...Object.keys(old), ...Object.keys(fresh)])].flatMap((field) => {
    const inner = isObject(old[field]) || isObject(fresh[field]) ? differences(old[field], fresh[field]) : null;
    if (inner) return inner.map((one) => ({ ...one, field: one.field ? `${field}.${one.field}` : field }));
    return same(old[field], fresh[field]) ? [] : [{ field, before: old[field], after: fresh[field] }];
  });
}

/** Where the words of a field's values stand in the catalogue. */
const wordsOf: Record<string, string> = {
  kind: 'branch.kind', term: 'group.term', shape: 'group.shape', ownership: 'group.ownership', audience: 'group.audience', scene: 'group.scene',
  stage: 'group.stage', monetisation: 'group.monetisation', path: 'group.monetisation', duty: 'group.duty', channel: 'channel', title: 'title',
  state: 'task.state', outcome: 'task.refusal', locale: 'shell.language', address_form: 'setting.address_form', demo_profile: 'channel.profile',
};
/** The same for changes that keep nothing but one word. */
const wordsOfChange: Record<string, string> = { 'demo.edit': 'channel.profile', 'session.begin': 'audit.session', 'staff.create': 'title', 'appeal.decide': 'appeal.state', 'alarm.close': 'complaint.outcome' };
/** The same for fields whose words depend on what was changed. */
const wordsOfNoun: Record<string, Record<string, string>> = {
  sanction: { state: 'sanction.state' },
  broadcast: { state: 'broadcast.state', mode: 'broadcast.mode' },
  gate: { kind: 'gate.kind', seed_kind: 'gate.kind' },
  policy: { mode: 'policy.mode', strictness: 'policy.strictness', off: 'sanction.kind' },
  robot: { kind: 'setting.robot.kind' },
  channel: { network: 'channel' },
};

export interface Reader {
  /** The text under a key, null where there is none. */
  find: (key: string) => string | null;
  moment: (instant: string) => string;
  list: (words: string[]) => string;
}

const nounOf = (operation: string) => operation.split('.')[0] ?? '';

/** How a field is called. */
export function fieldWords(field: string, operation: string, { find }: Reader): string {
  const last = field.split('.').at(-1) ?? '';
  return find(`audit.field.${nounOf(operation)}.${last}`) ?? find(`audit.field.${last}`) ?? find(`setting.threshold.${last}`) ?? find(`member.field.${last}`) ?? field;
}

/** A value of a field as people read it. */
export function valueWords(value: unknown, field: string, operation: string, reader: Reader): string {
  const { find, moment, list } = reader;
  if (value === undefined || value === null || value === '') return '—';
  if (typeof value === 'boolean') return find(value ? 'audit.yes' : 'audit.no') ?? String(value);
  if (Array.isArray(value)) return value.length === 0 ? '—' : list(value.map((one) => valueWords(one, field, operation, reader)));
  if (isObject(value)) return list(Object.entries(value).map(([name, one]) => valueWords(one, name, operation, reader)));
  const text = String(value);
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return moment(text);
  const last = field.split('.').at(-1) ?? '';
  const own = wordsOfNoun[nounOf(operation)]?.[last];
  const words = own ?? (last === 'role' ? (operation.startsWith('member') ? 'member.role' : 'role') : field === '' ? wordsOfChange[operation] : wordsOf[last]);
  return (words ? find(`${words}.${text}`) : null) ?? text;
}
