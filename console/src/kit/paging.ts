import { keepPreviousData, useInfiniteQuery, type UseInfiniteQueryResult, type InfiniteData } from '@tanstack/react-query';
import type { Page } from '../api/contract';

/** A list of the server, page after page along its cursor. */
export function usePages<T>(key: unknown[], ask: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>, enabled = true): UseInfiniteQueryResult<InfiniteData<Page<T>>> {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    enabled,
  });
}

/** Only the values of these keys, without empty ones: what a list is asked for. */
export function only(state: Record<string, string>, keys: string[]): Record<string, string> {
  return Object.fromEntries(keys.filter((key) => state[key]).map((key) => [key, state[key] ?? '']));
}
