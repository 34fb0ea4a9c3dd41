import { useEffect, useSyncExternalStore } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { base } from './client';
import type { Change } from './contract';

export type Connection = 'off' | 'connecting' | 'live' | 'lost';

let connection: Connection = 'off';
const watchers = new Set<() => void>();
function connected(next: Connection): void {
  if (next === connection) return;
  connection = next;
  for (const watcher of watchers) watcher();
}

/** Whether this browser hears of changes at the moment they happen. */
export function useConnection(): Connection {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => connection,
  );
}

const subscriptions = new Map<string, number>();
const subscriptionWatchers = new Set<() => void>();

/** Asks for changes of these topics while the component is shown. */
export function useTopics(...topics: string[]): void {
  const key = topics.join(',');
  useEffect(() => {
    const wanted = key.split(',').filter(Boolean);
    for (const topic of wanted) subscriptions.set(topic, (subscriptions.get(topic) ?? 0) + 1);
    for (const watcher of subscriptionWatchers) watcher();
    return () => {
      for (const topic of wanted) {
        const left = (subscriptions.get(topic) ?? 1) - 1;
        if (left <= 0) subscriptions.delete(topic);
        else subscriptions.set(topic, left);
      }
      for (const watcher of subscriptionWatchers) watcher();
    };
  }, [key]);
}

/** Query keys whose answers a topic makes stale. */
export function staleKeys(topic: string): string[][] {
  const [noun, id] = topic.split(':');
  if (!noun) return [];
  if (noun === 'group' && id) return [['group', id], ['groups']];
  if (noun === 'import' || noun === 'imports') return [['imports'], ...(id ? [['import', id]] : [])];
  if (noun === 'member' && id) return [['member', id], ['members']];
  if (noun === 'task' || noun === 'tasks') return [['tasks'], ['today']];
  return [[noun]];
}

/**
 * Keeps the one event stream of this browser open, resumes it after the last position heard and
 * refreshes what has changed. Answers that are not on screen are only marked stale.
 */
export function useLiveUpdates(enabled: boolean): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!enabled) return;
    let source: EventSource | null = null;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let settle: ReturnType<typeof setTimeout> | undefined;
    let flush: ReturnType<typeof setTimeout> | undefined;
    let last = '';
    let failures = 0;
    const stale = new Map<string, string[]>();

    const refresh = () => {
      flush = undefined;
      for (const key of stale.values()) void client.invalidateQueries({ queryKey: key });
      stale.clear();
    };
    const mark = (keys: string[][]) => {
      for (const key of keys) stale.set(key.join('/'), key);
      flush ??= setTimeout(refresh, 400);
    };
    const open = () => {
      source?.close();
      const topics = ['today', ...subscriptions.keys()];
      const query = new URLSearchParams({ topics: [...new Set(topics)].join(',') });
      if (last) query.set('after', last);
      connected(failures > 0 ? 'lost' : 'connecting');
      source = new EventSource(`${base}/stream?${query.toString()}`);
      source.onopen = () => {
        // Without a place to go on from, what changed between the first look and now went unheard.
        if (failures > 0 || !last) void client.invalidateQueries();
        failures = 0;
        connected('live');
      };
      source.onerror = () => {
        source?.close();
        failures += 1;
        connected('lost');
        clearTimeout(retry);
        retry = setTimeout(open, Math.min(15_000, 1000 * 2 ** Math.min(failures, 4)));
      };
      source.addEventListener('change', (event) => {
        if (event.lastEventId) last = event.lastEventId;
        const change = JSON.parse(event.data as string) as Change;
        mark((change.topics ?? []).flatMap(staleKeys));
      });
      source.addEventListener('reset', () => {
        last = '';
        void client.invalidateQueries();
      });
      source.addEventListener('demo', () => void client.invalidateQueries());
    };
    const reopen = () => {
      clearTimeout(settle);
      settle = setTimeout(open, 150);
    };
    subscriptionWatchers.add(reopen);
    window.addEventListener('online', open);
    reopen();
    return () => {
      subscriptionWatchers.delete(reopen);
      window.removeEventListener('online', open);
      clearTimeout(retry);
      clearTimeout(settle);
      clearTimeout(flush);
      source?.close();
      connected('off');
    };
  }, [client, enabled]);
}
