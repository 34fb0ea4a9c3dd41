import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { ChannelIn } from '../../api/contract';

/** How often the states are looked at: a connection changes without anybody's doing. */
const LOOK = 4_000;

export function useChannels() {
  return useQuery({ queryKey: ['channels'], queryFn: () => take(api.GET('/channels')), select: (list) => list.items, refetchInterval: LOOK });
}

export function useProfiles() {
  return useQuery({ queryKey: ['channel-profiles'], queryFn: () => take(api.GET('/channels/profiles')), select: (list) => list.items, staleTime: Infinity });
}

export function useChannelGroups(id: string, enabled: boolean) {
  return useQuery({ queryKey: ['channels', id, 'groups'], queryFn: () => take(api.GET('/channels/{id}/groups', { params: { path: { id } } })), select: (list) => list.items, enabled });
}

export const useTrial = () => useMutation({ mutationFn: (body: ChannelIn) => take(api.POST('/channels/try', { body })) });

function useChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: ['channels'] }), client.invalidateQueries({ queryKey: ['groups'] })]),
  });
}

export const useChannelAdd = () => useChange((body: ChannelIn) => take(api.POST('/channels', { body })));
export const useChannelPause = () => useChange((id: string) => take(api.POST('/channels/{id}/pause', { params: { path: { id } } })));
export const useChannelResume = () => useChange((id: string) => take(api.POST('/channels/{id}/resume', { params: { path: { id } } })));
export const useChannelReconnect = () => useChange(({ id, secret }: { id: string; secret: string }) => take(api.POST('/channels/{id}/reconnect', { params: { path: { id } }, body: { secret } })));
export const useChannelRemove = () => useChange((id: string) => take(api.DELETE('/channels/{id}', { params: { path: { id } } })));

/** What can be done in one group through the account by which it is seen. */
export function useGroupRights(id: string) {
  return useQuery({ queryKey: ['group', id, 'rights'], queryFn: () => take(api.GET('/groups/{id}/rights', { params: { path: { id } } })), enabled: id !== '' });
}
