import type { ImportKind, Upload } from '../../api/contract';

/** The columns that a table of each kind may have; those with `*` it must have. */
export const fields: Record<Exclude<ImportKind, 'chat'>, string[]> = {
  orders: ['id', 'customer', 'at*', 'amount', 'price', 'quantity', 'sku', 'status', 'store'],
  members: ['name', 'phone', 'wechat_id', 'external_id', 'birthday', 'gender', 'city', 'tags', 'joined_on', 'note', 'store'],
  groups: ['name*', 'owner', 'store', 'size', 'created_on', 'purpose'],
};

/** What tells one person from another; a list of members has at least one of them. */
const persons = ['name', 'phone', 'external_id', 'wechat_id'];

/** Formats of chat histories, the usual ones of this market first. */
export const chatFormats = ['wechat_copy', 'wechat_stat', 'memotrace', 'weflow', 'qq', 'qq_exporter', 'telegram', 'discord', 'whatsapp'];
export const dateOrders = ['ymd', 'dmy', 'mdy'];

/** What a file most likely is. */
export function likelyKind({ sniff }: Upload): ImportKind {
  if (sniff.kind !== 'table') return 'chat';
  return sniff.target === 'members' || sniff.target === 'groups' ? sniff.target : 'orders';
}

/** What still has to be said before a table can be read. */
export function missingFields(kind: ImportKind, mapping: Record<string, string>): string[] {
  if (kind === 'chat') return [];
  const missing = fields[kind].filter((field) => field.endsWith('*') && !mapping[field.slice(0, -1)]).map((field) => field.slice(0, -1));
  if (kind === 'orders' && !mapping.amount && !mapping.price) missing.push('amount');
  if (kind === 'members' && !persons.some((field) => mapping[field])) missing.push('name');
  return missing;
}
