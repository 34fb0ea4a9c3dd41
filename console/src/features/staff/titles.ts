export type Role = 'owner' | 'operator' | 'manager' | 'service' | 'analyst';

/** What the trade calls people, and the role each title stands on. */
export const titles: { title: string; role: Role }[] = [
  { title: 'boss', role: 'owner' },
  { title: 'head_operator', role: 'operator' },
  { title: 'region_supervisor', role: 'manager' },
  { title: 'store_manager', role: 'manager' },
  { title: 'sales', role: 'service' },
  { title: 'service', role: 'service' },
  { title: 'analyst', role: 'analyst' },
];

/** The role of a title. */
export function roleOf(title: string): Role {
  return titles.find((one) => one.title === title)?.role ?? 'service';
}
