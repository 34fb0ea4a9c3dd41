import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Fault, PlaybookRun, RehearseIn, Rehearsal, StartIn } from '../../api/contract';
import { usePages } from '../../kit/paging';

export function usePlaybooks() {
  return useQuery({ queryKey: ['playbooks', 'list'], queryFn: () => take(api.GET('/playbooks')), select: (answer) => answer.items });
}

export function usePlaybook(name: string, enabled = true) {
  return useQuery({ queryKey: ['playbooks', 'one', name], enabled, queryFn: () => take(api.GET('/playbooks/{name}', { params: { path: { name } } })) });
}

/** What it would do; nothing is started. The last answer stays on the page while the next is reckoned. */
export function useRehearsal(name: string, body: RehearseIn) {
  return useQuery({
    queryKey: ['playbooks', 'rehearsal', name, body],
    queryFn: async ({ signal }) => (await take(api.POST('/playbooks/{name}/rehearse', { params: { path: { name } }, body, signal }))) as Rehearsal,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export function useRuns(query: Record<string, string>) {
  return usePages<PlaybookRun>(['playbooks', 'runs', query], (cursor, signal) =>
    take(api.GET('/playbook-runs', { params: { query: { ...query, cursor, limit: 50 } }, signal })));
}

export function useRun(id: string) {
  return useQuery({ queryKey: ['playbooks', 'run', id], queryFn: () => take(api.GET('/playbook-runs/{id}', { params: { path: { id } } })), refetchInterval: 15_000 });
}

/** Everything that is wrong with a text, by line. */
export function useReview(text: string) {
  return useQuery({
    queryKey: ['playbooks', 'review', text],
    queryFn: async () => (await take(api.POST('/playbooks/review', { body: { text } }))).items as Fault[],
    placeholderData: keepPreviousData,
    retry: false,
  });
}

function useChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: ['playbooks'] }), client.invalidateQueries({ queryKey: ['tasks'] })]) });
}

export const useStart = (name: string) => useChange((body: StartIn) => take(api.POST('/playbooks/{name}/start', { params: { path: { name } }, body })));
export const useOff = (name: string) => useChange(() => take(api.POST('/playbooks/{name}/off', { params: { path: { name } } })));
export const useDrop = (name: string) => useChange(() => take(api.DELETE('/playbooks/{name}', { params: { path: { name } } })));
/** Keeps a text as the next version: of this playbook, or of the one it calls itself. */
export const useSaveText = (name: string | undefined) => useChange((text: string) => name
  ? take(api.PUT('/playbooks/{name}', { params: { path: { name } }, body: { text } }))
  : take(api.POST('/playbooks', { body: { text } })));
export const useStopRun = (id: string) => useChange(() => take(api.POST('/playbook-runs/{id}/stop', { params: { path: { id } } })));
export const useDecide = (id: string) => useChange((body: { step: string; yes: boolean }) => take(api.POST('/playbook-runs/{id}/decide', { params: { path: { id } }, body })));
export const useNameGroup = (id: string) => useChange((group: string) => take(api.PUT('/playbook-runs/{id}/group', { params: { path: { id } }, body: { group } })));
