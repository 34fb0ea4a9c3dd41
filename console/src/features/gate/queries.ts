import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { AnnouncementIn, GateIn, Knock, Receipt, WelcomeIn } from '../../api/contract';
import { usePages } from '../../kit/paging';

export function useGate(id: string) {
  return useQuery({ queryKey: ['group', id, 'gate'], queryFn: () => take(api.GET('/groups/{id}/gate', { params: { path: { id } } })) });
}

function useChange<In, Out>(id: string, change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: ['group', id] }) });
}

export const useJoinLink = (id: string) => useMutation({ mutationFn: (name: string) => take(api.POST('/groups/{id}/join-links', { params: { path: { id } }, body: { name } })) });
export const useGateSet = (id: string) => useChange(id, (body: GateIn) => take(api.PUT('/groups/{id}/gate', { params: { path: { id } }, body })));
export const useGateOpen = (id: string) => useChange(id, () => take(api.POST('/groups/{id}/gate/open', { params: { path: { id } } })));
export const useKnockAdmit = (id: string) => useChange(id, (knock: string) => take(api.POST('/groups/{id}/knocks/{knock}/admit', { params: { path: { id, knock } } })));
export const useFeeNote = (id: string) => useChange(id, ({ member, amount }: { member: string; amount: number | null }) => take(api.POST('/groups/{id}/fees', { params: { path: { id } }, body: { member_id: member, amount_minor: amount } })));
export const useKnockDecline = (id: string) => useChange(id, ({ knock, reason }: { knock: string; reason: string }) => take(api.POST('/groups/{id}/knocks/{knock}/decline', { params: { path: { id, knock } }, body: { reason } })));
export const useWelcomeSet = (id: string) => useChange(id, (body: WelcomeIn) => take(api.PUT('/groups/{id}/welcome', { params: { path: { id } }, body })));

export function useKnocks(id: string, state: string) {
  return usePages<Knock>(['group', id, 'knocks', state], (cursor, signal) =>
    take(api.GET('/groups/{id}/knocks', { params: { path: { id }, query: { state: state || undefined, cursor, limit: 50 } }, signal })));
}

export function useWelcome(id: string) {
  return useQuery({ queryKey: ['group', id, 'welcome'], queryFn: () => take(api.GET('/groups/{id}/welcome', { params: { path: { id } } })) });
}

export function useWelcomeVersions(id: string) {
  return useQuery({ queryKey: ['group', id, 'welcome', 'versions'], queryFn: () => take(api.GET('/groups/{id}/welcome/versions', { params: { path: { id } } })), select: (answer) => answer.items });
}

export function useWelcomePreview(id: string, body: WelcomeIn) {
  return useQuery({
    queryKey: ['group', id, 'welcome', 'preview', body],
    queryFn: () => take(api.POST('/groups/{id}/welcome/preview', { params: { path: { id } }, body })),
    select: (answer) => answer.items,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export function useAnnouncementPreview(id: string, body: AnnouncementIn, enabled: boolean) {
  return useQuery({
    queryKey: ['group', id, 'announcements', 'preview', body],
    enabled,
    queryFn: () => take(api.POST('/groups/{id}/announcement/preview', { params: { path: { id } }, body })),
    select: (answer) => answer.items,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** The first page says how the whole stands; the people are paged. */
export function useReceiptSummary(id: string) {
  return useQuery({ queryKey: ['group', id, 'receipts', 'summary'], queryFn: () => take(api.GET('/groups/{id}/receipts', { params: { path: { id }, query: { limit: 1 } } })) });
}

export function useReceipts(id: string) {
  return usePages<Receipt>(['group', id, 'receipts'], (cursor, signal) =>
    take(api.GET('/groups/{id}/receipts', { params: { path: { id }, query: { cursor, limit: 50 } }, signal })));
}
