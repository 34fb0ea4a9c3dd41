import type { Webhook, WebhookEdit, WebhookIn } from '../../api/contract';

/** The one operation that a token for reporting outside events is narrowed to. */
export const OUTSIDE = 'outside.report';

/** What a token is made with: one that only reports outside events needs no role of people. */
export const tokenFor = (purpose: string, role: string) => (purpose === 'outside' ? { role: 'operator', scopes: [OUTSIDE] } : { role });

export interface WebhookFields { name: string; address: string; topics?: string[]; branch: string }

/** Stands for all branches in a choice. */
export const everywhere = 'all';

/** What the server is asked with when one is added. */
export function webhookIn({ name, address, topics, branch }: WebhookFields): WebhookIn {
  return { name: name.trim(), address: address.trim(), topics: topics ?? [], ...(branch === everywhere ? {} : { branch_id: branch }) };
}

/** What of a webhook changes; an address that stays is not sent again. */
export function webhookEdit(before: Webhook, { name, address, topics, branch }: WebhookFields): WebhookEdit {
  return {
    name: name.trim(),
    ...(address.trim() === before.address ? {} : { address: address.trim() }),
    topics: topics ?? [],
    branch_id: branch === everywhere ? null : branch,
  };
}

/** JSON as people read it; anything else as it is. */
export function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
