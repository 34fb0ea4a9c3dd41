import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Claim } from '../../api/contract';

/**
 * What an advert may not say in a text, while it is written. The description of the API knows no
 * pairs; the server sends the places as such.
 */
export function useClaims(text: string) {
  return useQuery({
    queryKey: ['claims', text],
    enabled: text.trim() !== '',
    queryFn: async (): Promise<Claim[]> => {
      const found: unknown = (await take(api.POST('/claims', { body: { text } }))).items;
      return found as Claim[];
    },
    placeholderData: keepPreviousData,
    retry: false,
  });
}
