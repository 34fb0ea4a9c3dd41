import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Reject, Removal, Run, RunIn } from '../../api/contract';
import { usePages } from '../../kit/paging';

export function useRuns() {
  return usePages<Run>(['imports'], (cursor, signal) => take(api.GET('/imports', { params: { query: { cursor, limit: 30 } }, signal })));
}

/** One run; asked for each second while it is being carried out. */
export function useRun(id: string | null) {
  return useQuery({
    queryKey: ['import', id],
    enabled: id !== null,
    queryFn: () => take(api.GET('/imports/{id}', { params: { path: { id: id ?? '' } } })),
    refetchInterval: ({ state }) => (state.data?.state === 'running' || state.data?.state === 'undoing' ? 1000 : false),
  });
}

export function useRejects(id: string, enabled: boolean) {
  return usePages<Reject>(['import', id, 'rejects'], (cursor, signal) => take(api.GET('/imports/{id}/rejects', { params: { path: { id }, query: { cursor, limit: 50 } }, signal })), enabled);
}

export function usePresets() {
  return useQuery({ queryKey: ['imports', 'presets'], queryFn: () => take(api.GET('/imports/presets')), select: (answer) => answer.items, staleTime: Infinity });
}

export function useMappings() {
  return useQuery({ queryKey: ['imports', 'mappings'], queryFn: () => take(api.GET('/imports/mappings')), select: (answer) => answer.items });
}

function useChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: ['imports'] }), client.invalidateQueries({ queryKey: ['import'] })]),
  });
}

export const useStart = () => useChange((body: RunIn) => take(api.POST('/imports', { body })));
export const useResume = () => useChange((id: string) => take(api.POST('/imports/{id}/resume', { params: { path: { id } } })));
export const useCancel = () => useChange((id: string) => take(api.POST('/imports/{id}/cancel', { params: { path: { id } } })));
/** What an undo would remove; the same route answers with the run once it is done. */
export async function undoPreview(id: string): Promise<Removal> {
  const answer = await take(api.POST('/imports/{id}/undo', { params: { path: { id }, query: { preview: true } } }));
  return 'members_kept' in answer ? answer : { messages: 0, passages: 0, orders: 0, order_lines: 0, members: 0, members_kept: 0, groups: 0, branches: 0, tags: 0, notes: 0 };
}
export const useUndo = () => useChange((id: string) => take(api.POST('/imports/{id}/undo', { params: { path: { id } } })));
export const useMappingSave = () => useChange((body: { name: string; kind: string; mapping: Record<string, string> }) => take(api.POST('/imports/mappings', { body })));
