import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Items, Page, Preset, Reject, Run, RunIn } from '../../api/contract';
import { usePages } from '../../kit/paging';

export function useRuns() {
  return usePages<Run>(['imports'], (cursor, signal) => take<Page<Run>>(api.GET('/imports', { params: { query: { cursor, limit: 30 } }, signal })));
}

/** One run; asked for each second while it is being carried out. */
export function useRun(id: string | null) {
  return useQuery({
    queryKey: ['import', id],
    enabled: id !== null,
    queryFn: () => take<Run>(api.GET('/imports/{id}', { params: { path: { id: id ?? '' } } })),
    refetchInterval: ({ state }) => (state.data?.state === 'running' || state.data?.state === 'undoing' ? 1000 : false),
  });
}

export function useRejects(id: string, enabled: boolean) {
  return usePages<Reject>(['import', id, 'rejects'], (cursor, signal) => take<Page<Reject>>(api.GET('/imports/{id}/rejects', { params: { path: { id }, query: { cursor, limit: 50 } }, signal })), enabled);
}

export function usePresets() {
  return useQuery({ queryKey: ['imports', 'presets'], queryFn: () => take<Items<Preset>>(api.GET('/imports/presets')), select: (answer) => answer.items, staleTime: Infinity });
}

export function useMappings() {
  return useQuery({ queryKey: ['imports', 'mappings'], queryFn: () => take<Items<Preset>>(api.GET('/imports/mappings')), select: (answer) => answer.items });
}

function useChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: ['imports'] }), client.invalidateQueries({ queryKey: ['import'] })]),
  });
}

export const useStart = () => useChange((body: RunIn) => take<Run>(api.POST('/imports', { body })));
export const useResume = () => useChange((id: string) => take<Run>(api.POST('/imports/{id}/resume', { params: { path: { id } } })));
export const useCancel = () => useChange((id: string) => take<Run>(api.POST('/imports/{id}/cancel', { params: { path: { id } } })));
export const undoPreview = (id: string) => take<Record<string, number>>(api.POST('/imports/{id}/undo', { params: { path: { id }, query: { preview: true } } }));
export const useUndo = () => useChange((id: string) => take<Run>(api.POST('/imports/{id}/undo', { params: { path: { id } } })));
export const useMappingSave = () => useChange((body: { name: string; kind: string; mapping: Record<string, string> }) => take<Preset>(api.POST('/imports/mappings', { body })));
