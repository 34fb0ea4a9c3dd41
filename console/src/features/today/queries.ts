import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Period } from '../../i18n/time';

export function useToday() {
  return useQuery({ queryKey: ['today'], queryFn: () => take(api.GET('/today')), refetchInterval: 60_000 });
}

export function useSales(period: Period, enabled: boolean) {
  return useQuery({ queryKey: ['sales', period], enabled, queryFn: () => take(api.GET('/sales', { params: { query: { ...period } } })) });
}

/** All stores, or the branches and groups of one branch. */
export function useStoreRanking(period: Period, branch: string | null) {
  return useQuery({ queryKey: ['sales', 'stores', period, branch], placeholderData: keepPreviousData, queryFn: () => take(api.GET('/sales/stores', { params: { query: { ...period, branch: branch ?? undefined } } })) });
}

/** What a day came to; yesterday unless another is named. */
export function useDigest(day: string | null, enabled: boolean) {
  return useQuery({ queryKey: ['digest', day], enabled, queryFn: () => take(api.GET('/digest', { params: { query: day ? { day } : {} } })) });
}
