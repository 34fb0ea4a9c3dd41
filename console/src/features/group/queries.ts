import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { StreamItem, AnnouncementIn, BulkIn, GroupIn, GroupRow, Membership, PeopleFigure, PersonRow } from '../../api/contract';
import type { Period } from '../../i18n/time';
import { usePages } from '../../kit/paging';

/** What a health report is about; nothing means the whole workspace. */
export interface Scope { group?: string; branch?: string }

export const groupFilters = ['q', 'branch', 'audience', 'stage', 'health', 'view', 'sort'];

export function useGroups(query: Record<string, string>, enabled = true) {
  return usePages<GroupRow>(['groups', query], (cursor, signal) =>
    take(api.GET('/groups', { params: { query: { ...query, cursor, limit: 50 } }, signal })), enabled);
}

/** The first groups by name, to be chosen from. */
export function useGroupChoices(q: string) {
  return useQuery({ queryKey: ['groups', 'choices', q], queryFn: () => take(api.GET('/groups', { params: { query: { q: q || undefined, limit: 50 } } })), select: (page) => page.items });
}

export function useGroup(id: string) {
  return useQuery({ queryKey: ['group', id], queryFn: () => take(api.GET('/groups/{id}', { params: { path: { id } } })) });
}

function useChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: ['groups'] }), client.invalidateQueries({ queryKey: ['group'] })]),
  });
}

export const useGroupAdd = () => useChange((body: GroupIn) => take(api.POST('/groups', { body })));
export const useGroupEdit = () => useChange(({ id, ...body }: Partial<GroupIn> & { id: string }) => take(api.PATCH('/groups/{id}', { params: { path: { id } }, body })));
export const useGroupArchive = () => useChange(({ id, ...body }: { id: string; dissolve: boolean; farewell?: string; reason: string }) => take(api.POST('/groups/{id}/archive', { params: { path: { id } }, body })));
export const useGroupRestore = () => useChange((id: string) => take(api.POST('/groups/{id}/restore', { params: { path: { id } } })));
export const useAnnounce = () => useChange(({ id, ...body }: AnnouncementIn & { id: string }) => take(api.PUT('/groups/{id}/announcement', { params: { path: { id } }, body })));
export const useGroupStaffSet = () => useChange(({ id, staff }: { id: string; staff: { staff_id: string; duty: string }[] }) => take(api.PUT('/groups/{id}/staff', { params: { path: { id } }, body: staff })));
export const bulkPreview = (body: BulkIn) => take(api.POST('/groups/bulk', { params: { query: { preview: true } }, body }));
export const useBulk = () => useChange((body: BulkIn) => take(api.POST('/groups/bulk', { body })));

export function useAnnouncementVersions(id: string, enabled: boolean) {
  return useQuery({ queryKey: ['group', id, 'announcements'], enabled, queryFn: () => take(api.GET('/groups/{id}/announcement/versions', { params: { path: { id } } })), select: (answer) => answer.items });
}

export function useMemberships(id: string, query: Record<string, string>) {
  return usePages<Membership>(['group', id, 'members', query], (cursor, signal) =>
    take(api.GET('/groups/{id}/members', { params: { path: { id }, query: { ...query, cursor, limit: 50 } }, signal })));
}

export type LineKind = StreamItem['kind'];

export function useStream(id: string, kind: LineKind | '') {
  return useInfiniteQuery({
    queryKey: ['group', id, 'stream', kind],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => take(api.GET('/groups/{id}/messages', { params: { path: { id }, query: { before: pageParam, kind: kind === '' ? undefined : kind, limit: 50 } }, signal })),
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

export function useGroupStaff(id: string) {
  return useQuery({ queryKey: ['group', id, 'staff'], queryFn: () => take(api.GET('/groups/{id}/staff', { params: { path: { id } } })), select: (answer) => answer.items });
}

export function useHealth(scope: Scope, period: Period, enabled = true) {
  return useQuery({
    queryKey: scope.group ? ['group', scope.group, 'health', period] : ['groups', 'health', scope, period],
    enabled,
    queryFn: () => take(api.GET('/groups/health', { params: { query: { ...period, ...scope } } })),
    placeholderData: keepPreviousData,
  });
}

/** What a group has come to from its first day until today. */
export const lifeOf = (group: string, period: Period) => take(api.GET('/groups/health', { params: { query: { ...period, group } } }));

export function usePeople(figure: PeopleFigure | null, scope: Scope, period: Period) {
  return usePages<PersonRow>(['people', figure, scope, period], (cursor, signal) =>
    take(api.GET('/groups/health/people', { params: { query: { figure: figure ?? 'active_members', ...period, ...scope, cursor, limit: 50 } }, signal })), figure !== null);
}

export function useRepeatMembers(enabled: boolean) {
  return useQuery({ queryKey: ['groups', 'repeat'], enabled, queryFn: () => take(api.GET('/groups/repeat-members')), select: (answer) => answer.items });
}
