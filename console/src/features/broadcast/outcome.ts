import type { BroadcastOutcome } from '../../api/contract';

export interface Price { income_minor: number; leavers: number; worth_minor: number; net_minor: number }

/** What it brought above a usual day less what the leavers above a usual day are reckoned at; unknown without people. */
export function priceOf({ amount_minor, leavers, worth_minor, net_minor }: BroadcastOutcome): Price | null {
  if (worth_minor === null || net_minor === null) return null;
  return { income_minor: amount_minor.day - amount_minor.usual, leavers: Math.max(0, leavers.day - leavers.usual), worth_minor, net_minor };
}

/** The key of a sentence about why a group has not got it, or how it is known that it has; the words themselves where a network spoke. */
export function reasonKey(fate: string, reason: string): string | null {
  if (fate === 'sent') return reason === 'channel' ? 'task.channel_told' : reason === 'self' ? 'task.self_told' : null;
  if (/^(broadcast|channel|task)\.[a-z_.]+$/.test(reason)) return reason;
  return /^[a-z_]+$/.test(reason) ? `task.refusal.${reason}` : null;
}
