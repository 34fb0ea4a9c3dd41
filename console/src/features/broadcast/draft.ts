import type { Dayjs } from 'dayjs';
import type { Broadcast, BroadcastIn } from '../../api/contract';
import { instantOf, wallClock } from '../../i18n/time';

export const modes = ['task', 'auto', 'paste', 'announce'] as const;
export type Mode = (typeof modes)[number];
export const LENGTH = 4000;
export const ATTACHMENTS = 9;
/** What is filled in, in the order in which it is offered. */
export const variables = ['store', 'manager', 'address', 'hours', 'pickup', 'code', 'group', 'staff', 'members', 'bot'];

export interface Fields {
  name: string;
  branches: string[];
  scenes: string[];
  audiences: string[];
  stages: string[];
  groups: string[];
  without: string[];
  text: string;
  attachments: { title?: string; url?: string }[];
  selling: boolean;
  grounds: string;
  mode: Mode;
  per_minute: number | null;
  when: 'now' | 'at';
  at: Dayjs | null;
}

export const empty: Fields = {
  name: '', branches: [], scenes: [], audiences: [], stages: [], groups: [], without: [],
  text: '', attachments: [], selling: false, grounds: '', mode: 'task', per_minute: 20, when: 'now', at: null,
};

export function fieldsOf(broadcast: Broadcast, zone: string): Fields {
  const { name, reach, text, attachments, selling, grounds, mode, per_minute, at } = broadcast;
  return { name, ...reach, text, attachments, selling, grounds, mode: modes.find((one) => one === mode) ?? 'task', per_minute, when: at ? 'at' : 'now', at: at ? wallClock(at, zone) : null };
}

/** What the server is asked with. A line of attachments that nobody began is none. */
export function toBroadcastIn(fields: Fields, zone: string): BroadcastIn {
  const { name, text, selling, grounds, mode, per_minute: rate, when, at, attachments, branches, scenes, audiences, stages, groups, without } = fields;
  const given = attachments.map((one) => ({ title: (one?.title ?? '').trim(), url: (one?.url ?? '').trim() }));
  return {
    name: name.trim(),
    reach: { branches, scenes, audiences, stages, groups, without },
    text,
    attachments: given.filter((one) => one.title !== '' || one.url !== ''),
    mode, selling,
    at: when === 'at' && at ? instantOf(at, zone) : null,
    per_minute: rate ?? 20,
    grounds: grounds.trim(),
  };
}

/** The same while it is still being written: what is not there yet must not keep the plan from being made. */
export function forPlan(body: BroadcastIn): BroadcastIn {
  return {
    ...body,
    name: body.name || '…',
    text: body.text.trim() ? body.text : '…',
    attachments: (body.attachments ?? []).filter((one) => one.title !== '' && /^https?:\/\/\S+$/.test(one.url)),
  };
}

/** Puts a variable where the cursor stands, instead of what is chosen there; says where it stands then. */
export function insertAt(text: string, name: string, start: number, end: number): { text: string; cursor: number } {
  const word = `{{${name}}}`;
  return { text: text.slice(0, start) + word + text.slice(end), cursor: start + word.length };
}

/** How many characters a text has, as the server counts them. */
export const lengthOf = (text: string): number => Array.from(text.trim()).length;

/** A text with the variables as people call them: `{门店名}` for `{{store}}`. */
export const named = (text: string, word: (name: string) => string): string => text.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => `{${word(name)}}`);
