import type { BoardLine, Broadcast } from '../../api/contract';

export interface Far { due: number; sent: number; unsent: number; failed: number; skipped: number }

const share: Record<string, keyof Far> = { held: 'unsent', sending: 'unsent', asked: 'unsent', sent: 'sent', failed: 'failed', stopped: 'failed', skipped: 'skipped' };

/** How far it has come: due is all but those left out. */
export function farOf(fates: Broadcast['fates']): Far {
  const far: Far = { due: 0, sent: 0, unsent: 0, failed: 0, skipped: 0 };
  for (const { fate, groups } of fates) {
    far[share[fate] ?? 'unsent'] += groups;
    if (fate !== 'skipped') far.due += groups;
  }
  return far;
}

/** In how many groups a person has still to send it. */
export const askedOf = (fates: Broadcast['fates']): number => fates.filter(({ fate }) => fate === 'asked').reduce((sum, { groups }) => sum + groups, 0);

/** The word for how it stands: one that was handed to people is not over while they have it. */
export const stateOf = ({ state, fates }: Pick<Broadcast, 'state' | 'fates'>): string => (state === 'done' && farOf(fates).unsent > 0 ? 'waiting' : state);

export interface Line extends Far { key: string; kind: 'region' | 'branch' | 'staff'; name: string | null; staff: string | null; children?: Line[] }

const none = (): Far => ({ due: 0, sent: 0, unsent: 0, failed: 0, skipped: 0 });
const add = (sum: Far, more: Far) => { for (const key of ['due', 'sent', 'unsent', 'failed', 'skipped'] as const) sum[key] += more[key]; };

/** The board as the tree it is: regions, their stores, who is to send there. */
export function boardTree(lines: BoardLine[]): Line[] {
  const regions = new Map<string, Line & { children: Line[] }>();
  const stores = new Map<string, Line & { children: Line[] }>();
  for (const { region, branch, staff, due, sent, unsent, failed, skipped } of lines) {
    const far: Far = { due, sent, unsent, failed, skipped };
    const above = regions.get(region.id) ?? { key: region.id, kind: 'region', name: region.name, staff: null, ...none(), children: [] };
    const at = `${region.id}/${branch.id}`;
    const store = stores.get(at) ?? { key: at, kind: 'branch', name: branch.name, staff: null, ...none(), children: [] };
    if (!stores.has(at)) above.children.push(store);
    regions.set(region.id, above);
    stores.set(at, store);
    store.children.push({ key: `${at}/${staff?.id ?? ''}`, kind: 'staff', name: staff?.name ?? null, staff: staff?.id ?? null, ...far });
    add(store, far);
    add(above, far);
  }
  return [...regions.values()];
}

/** The share of what was due that stands; unknown where nothing was. */
export const rateOf = ({ due, sent }: Pick<Far, 'due' | 'sent'>): number | null => (due > 0 ? sent / due : null);
