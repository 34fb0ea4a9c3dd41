export interface Difference { field: string; before: string; after: string }

const text = (value: unknown): string => {
  if (value === undefined || value === null || value === '') return '—';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields that a change changed. */
export function differences(before: unknown, after: unknown): Difference[] {
  if (!isObject(before) && !isObject(after)) return text(before) === text(after) ? [] : [{ field: '', before: text(before), after: text(after) }];
  const old = isObject(before) ? before : {};
  const fresh = isObject(after) ? after : {};
  return [...new Set([...Object.keys(old), ...Object.keys(fresh)])]
    .map((field) => ({ field, before: text(old[field]), after: text(fresh[field]) }))
    .filter((one) => one.before !== one.after);
}
