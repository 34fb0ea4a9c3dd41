import type { Refused } from '../../api/contract';

export interface RefusedTogether { reason: string; limit: string | null; variable: string | null; groups: { id: string; name: string }[] }

/** Groups that are left out for the same reason, the most first. */
export function together(refused: Refused[]): RefusedTogether[] {
  const found = new Map<string, RefusedTogether>();
  for (const { group, name, reason, limit, variable } of refused) {
    const key = [reason, limit, variable].join('/');
    const known = found.get(key);
    if (known) known.groups.push({ id: group, name });
    else found.set(key, { reason, limit, variable, groups: [{ id: group, name }] });
  }
  return [...found.values()].sort((a, b) => b.groups.length - a.groups.length);
}

export type Remedy = 'paste' | 'tomorrow' | 'leave' | 'store' | 'staff';

const answers: Record<string, Remedy[]> = {
  quota: ['paste', 'tomorrow', 'leave'],
  cap: ['tomorrow', 'leave'],
  complaint: ['leave'],
  variable: ['store', 'leave'],
  nobody: ['staff', 'leave'],
};

/** What can be done about a reason with one tap, the best first. */
export const remedies = (reason: string): Remedy[] => answers[reason.slice(reason.lastIndexOf('.') + 1)] ?? ['leave'];
