import type { ChannelAccount, ChannelIn } from '../../api/contract';

/** The key of the sentence that says how an account stands. */
export function stateKey({ state, network }: Pick<ChannelAccount, 'state' | 'network'>): string {
  if (network === 'fake') return 'channel.state_of.ready_fake';
  const own = state === 'ready' && network === 'open' ? '_open' : '';
  return `channel.state_of.${state}${own}`;
}

export type Tone = 'good' | 'warn' | 'bad' | 'quiet';

/** How much a state asks for a person. */
export function tone({ state, network }: Pick<ChannelAccount, 'state' | 'network'>): Tone {
  if (state === 'ready' || network === 'fake') return 'good';
  if (state === 'failed') return 'bad';
  if (state === 'waiting') return 'warn';
  return 'quiet';
}

/** Accounts that hold a connection of their own can rest, go on and sign in again. */
export const holdsConnection = ({ network }: Pick<ChannelAccount, 'network'>): boolean => network === 'matrix' || network === 'telegram';

const urgency: Record<Tone, number> = { bad: 0, warn: 1, quiet: 2, good: 3 };

/** Those that need somebody first; of the demo's simulated accounts only those with groups. */
export function inOrder(accounts: ChannelAccount[]): ChannelAccount[] {
  return accounts
    .filter((one) => one.network !== 'fake' || one.groups > 0)
    .map((one, index) => ({ one, index }))
    .sort((a, b) => urgency[tone(a.one)] - urgency[tone(b.one)] || a.index - b.index)
    .map(({ one }) => one);
}

/** Minutes between two clocks and which way they are apart; null where they agree well enough. */
export function clocksApart(aheadMs: number | null): { key: 'channel.clock_ahead' | 'channel.clock_behind'; minutes: number } | null {
  if (aheadMs === null || aheadMs === 0) return null;
  return { key: aheadMs > 0 ? 'channel.clock_ahead' : 'channel.clock_behind', minutes: Math.max(1, Math.round(Math.abs(aheadMs) / 60_000)) };
}

export interface WizardFields {
  homeserver?: string;
  user?: string;
  password?: string;
  base_url?: string;
  token?: string;
  name?: string;
  adopt?: boolean;
}

const asked: Record<string, (keyof WizardFields)[]> = {
  matrix: ['homeserver', 'user', 'password', 'name'],
  telegram: ['token', 'base_url', 'name'],
  open: ['name'],
};

/** What the server is asked with: only the fields of the network, without empty ones. */
export function channelIn(network: string, fields: WizardFields): ChannelIn {
  const given = (asked[network] ?? []).flatMap((key) => {
    const value = fields[key];
    const text = typeof value === 'string' ? (key === 'password' ? value : value.trim()) : '';
    return text ? [[key, text]] : [];
  });
  return { network, adopt: fields.adopt ?? true, ...(Object.fromEntries(given) as Partial<ChannelIn>) };
}
