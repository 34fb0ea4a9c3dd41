import { describe, expect, it } from 'vitest';
import type { ChannelAccount } from '../../api/contract';
import { channelIn, clocksApart, inOrder, stateKey } from './accounts';

const account = (id: string, network: string, state: string, groups = 1) => ({ id, network, state, groups }) as ChannelAccount;

describe('accounts', () => {
  it('that need somebody come first, and simulated ones without groups are left out', () => {
    const shown = inOrder([account('a', 'matrix', 'ready'), account('b', 'fake', 'ready', 0), account('c', 'telegram', 'failed'), account('d', 'matrix', 'waiting', 0), account('e', 'fake', 'ready', 3)]);
    expect(shown.map((one) => one.id)).toEqual(['c', 'd', 'a', 'e']);
  });

  it('say what being ready means on their network', () => {
    expect(stateKey(account('a', 'open', 'ready'))).toBe('channel.state_of.ready_open');
    expect(stateKey(account('a', 'matrix', 'ready'))).toBe('channel.state_of.ready');
    expect(stateKey(account('a', 'open', 'paused'))).toBe('channel.state_of.paused');
  });

  it('tell which clock is ahead, in minutes', () => {
    expect(clocksApart(null)).toBeNull();
    expect(clocksApart(3_600_000)).toEqual({ key: 'channel.clock_ahead', minutes: 60 });
    expect(clocksApart(-310_000)).toEqual({ key: 'channel.clock_behind', minutes: 5 });
  });
});

describe('what the wizard asks the server with', () => {
  it('has the fields of the network alone, and a password as it was typed', () => {
    expect(channelIn('matrix', { homeserver: ' https://a.example ', user: 'bot', password: ' p ', token: '1:x', name: '' }))
      .toEqual({ network: 'matrix', adopt: true, homeserver: 'https://a.example', user: 'bot', password: ' p ' });
    expect(channelIn('telegram', { token: '1:x', base_url: '  ', adopt: false })).toEqual({ network: 'telegram', adopt: false, token: '1:x' });
  });
});
