import type { ImportKind, Upload } from '../../api/contract';

/** The columns that a table of each kind may have; those with `*` it must have. */
export const fields: Record<Exclude<ImportKind, 'chat'>, string[]> = {
  orders: ['id', 'customer*', 'at*', 'amount', 'price', 'quantity', 'sku', 'status', 'store'],
  members: ['name*', 'phone', 'external_id', 'birthday', 'city', 'tags', 'joined_on', 'note'],
  groups: ['name*', 'owner', 'branch', 'members', 'opened_on', 'purpose'],
};

/** Formats of chat histories, the usual ones of this market first. */
export const chatFormats = ['wechat_copy', 'wechat_csv', 'qq', 'telegram', 'discord', 'whatsapp'];
export const dateOrders = ['ymd', 'dmy', 'mdy'];

/** What a file most likely is. */
export function likelyKind({ sniff }: Upload): ImportKind {
  if (sniff.kind === 'chat') return 'chat';
  const heads = (sniff.headers ?? []).join(' ');
  if (/订单|金额|order|invoice|amount|price/i.test(heads) || (sniff.preset ?? '').startsWith('orders')) return 'orders';
  if (/群名|群主|group/i.test(heads)) return 'groups';
  if (sniff.kind === 'table') return /姓名|手机|昵称|name|phone/i.test(heads) ? 'members' : 'orders';
  return 'chat';
}

/** What still has to be said before a table can be read. */
export function missingFields(kind: ImportKind, mapping: Record<string, string>): string[] {
  if (kind === 'chat') return [];
  const missing = fields[kind].filter((field) => field.endsWith('*') && !mapping[field.slice(0, -1)]).map((field) => field.slice(0, -1));
  if (kind === 'orders' && !mapping.amount && !(mapping.price && mapping.quantity)) missing.push('amount');
  return missing;
}
