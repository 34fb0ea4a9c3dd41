import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Birthday, MemberRow, TimelineItem } from '../../api/contract';
import { usePages } from '../../kit/paging';

export const memberFilters = ['q', 'tag', 'group', 'branch', 'role', 'view', 'sort'];

export function useMembers(query: Record<string, string>, enabled = true) {
  return usePages<MemberRow>(['members', query], (cursor, signal) =>
    take(api.GET('/members', { params: { query: { ...query, cursor, limit: 50 } }, signal })), enabled);
}

export const findings = ['slipping', 'connectors', 'same_inviter_burst'];

/** People whom a rule found, each with its reason. */
export function useFindings(finding: string | undefined) {
  return useQuery({ queryKey: ['members', 'findings', finding], enabled: finding !== undefined, queryFn: () => take(api.GET('/members/findings/{finding}', { params: { path: { finding: finding ?? '' }, query: { limit: 100 } } })) });
}

export function useMember(id: string) {
  return useQuery({ queryKey: ['member', id], queryFn: () => take(api.GET('/members/{id}', { params: { path: { id } } })) });
}

export function useTimeline(id: string) {
  return usePages<TimelineItem>(['member', id, 'timeline'], (cursor, signal) =>
    take(api.GET('/members/{id}/timeline', { params: { path: { id }, query: { cursor, limit: 50 } }, signal })));
}

export function useTags() {
  return useQuery({ queryKey: ['tags'], queryFn: () => take(api.GET('/tags')), select: (answer) => answer.items });
}

export function useDuplicatesOf(id: string, enabled: boolean) {
  return useQuery({ queryKey: ['member', id, 'duplicates'], enabled, queryFn: () => take(api.GET('/members/{id}/duplicates', { params: { path: { id } } })), select: (answer) => answer.items });
}

function useChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => Promise.all(['members', 'member', 'tags'].map((key) => client.invalidateQueries({ queryKey: [key] }))),
  });
}

const of = (id: string) => ({ path: { id } });

export const useMemberAdd = () => useChange((body: { name: string; phone?: string }) => take(api.POST('/members', { body })));
export const useMemberEdit = () => useChange(({ id, ...body }: { id: string; name?: string; phone?: string; city?: string | null; birthday?: Birthday | null; fields?: { field: string; value: string }[] }) => take(api.PATCH('/members/{id}', { params: of(id), body })));
export const useTagAdd = () => useChange(({ id, name }: { id: string; name: string }) => take(api.POST('/members/{id}/tags', { params: of(id), body: { name } })));
export const useTagTake = () => useChange(({ id, tag_id }: { id: string; tag_id: string }) => take(api.DELETE('/members/{id}/tags/{tag_id}', { params: { path: { id, tag_id } } })));
export interface BulkTag { ids?: string[]; filter?: Record<string, string>; tag: string; remove?: boolean }
export const bulkTagPreview = (body: BulkTag) => take(api.POST('/members/bulk/tags', { params: { query: { preview: true } }, body }));
export const useBulkTag = () => useChange((body: BulkTag) => take(api.POST('/members/bulk/tags', { body })));
export const useNoteAdd = () => useChange(({ id, text }: { id: string; text: string }) => take(api.POST('/members/{id}/notes', { params: of(id), body: { text } })));
export const useNoteTake = () => useChange(({ id, note_id }: { id: string; note_id: string }) => take(api.DELETE('/members/{id}/notes/{note_id}', { params: { path: { id, note_id } } })));
export const useRole = () => useChange(({ id, role, on }: { id: string; role: string; on: boolean }) => take(api.POST('/members/{id}/roles', { params: of(id), body: { role, on } })));
export const useConsentGive = () => useChange(({ id, ...body }: { id: string; purpose: string; text_version: string; channel: string }) => take(api.POST('/members/{id}/consents', { params: of(id), body })));
export const useConsentTake = () => useChange(({ id, consent_id }: { id: string; consent_id: string }) => take(api.DELETE('/members/{id}/consents/{consent_id}', { params: { path: { id, consent_id } } })));
export const useMerge = () => useChange(({ id, ...body }: { id: string; other_id: string; reason: string }) => take(api.POST('/members/{id}/merge', { params: of(id), body })));
export const useUnlink = () => useChange((id: string) => take(api.POST('/members/links/{id}/undo', { params: of(id) })));
export const useErase = () => useChange(({ id, confirm_name }: { id: string; confirm_name: string }) => take(api.POST('/members/{id}/erase', { params: of(id), body: { confirm_name } })));
export const usePageLink = () => useMutation({ mutationFn: (id: string) => take(api.POST('/members/{id}/page-link', { params: of(id) })) });

/** Takes back an entry of the timeline by the operation it names. */
export function useTimelineUndo() {
  return useChange(({ operation, id }: { operation: string; id: string }) =>
    operation === 'member_link.undo'
      ? take(api.POST('/members/links/{id}/undo', { params: of(id) }))
      : take(api.POST('/audit/{id}/undo', { params: of(id) })));
}
