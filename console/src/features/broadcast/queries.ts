import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, take } from '../../api/client';
import type { Broadcast, BroadcastIn, BroadcastPlan, Target } from '../../api/contract';
import { usePages } from '../../kit/paging';
import { farOf } from './far';

/** How often one that is on its way is looked at: what leaves through a channel tells nobody. */
const LOOK = 5_000;
const moves = new Set(['scheduled', 'running', 'paused']);
/** One that has ended still has what leaves slowly, and what people have to send. */
const look = (broadcast: Broadcast | undefined) => (broadcast && (moves.has(broadcast.state) || farOf(broadcast.fates).unsent > 0) ? LOOK : false);

export function useBroadcasts(query: Record<string, string>) {
  return usePages<Broadcast>(['broadcasts', 'list', query], (cursor, signal) =>
    take(api.GET('/broadcasts', { params: { query: { ...query, cursor, limit: 50 } }, signal })));
}

export function useBroadcast(id: string, enabled = true) {
  return useQuery({
    queryKey: ['broadcasts', id],
    enabled,
    queryFn: () => take(api.GET('/broadcasts/{id}', { params: { path: { id } } })),
    refetchInterval: (query) => look(query.state.data),
  });
}

/** Looks anew at who has sent and what became of it where as soon as it has come further. */
export function useFollowed({ id, fates }: Broadcast) {
  const client = useQueryClient();
  const far = JSON.stringify(fates);
  useEffect(() => {
    for (const part of ['board', 'targets', 'outcome']) void client.invalidateQueries({ queryKey: ['broadcasts', id, part] });
  }, [client, id, far]);
}

export function useBoard(id: string) {
  return useQuery({ queryKey: ['broadcasts', id, 'board'], queryFn: () => take(api.GET('/broadcasts/{id}/board', { params: { path: { id } } })), select: (answer) => answer.items });
}

export function useTargets(id: string, query: Record<string, string>) {
  return usePages<Target>(['broadcasts', id, 'targets', query], (cursor, signal) =>
    take(api.GET('/broadcasts/{id}/targets', { params: { path: { id }, query: { ...query, cursor, limit: 50 } }, signal })));
}

export function useOutcome(id: string, enabled: boolean) {
  return useQuery({ queryKey: ['broadcasts', id, 'outcome'], enabled, queryFn: () => take(api.GET('/broadcasts/{id}/outcome', { params: { path: { id } } })) });
}

/**
 * What it would do; `id` is one that is being written anew and does not stand in its own way. The
 * description of the API knows no pairs; the server sends the places of claims as such.
 */
export const planned = async (body: BroadcastIn, id?: string): Promise<BroadcastPlan> => {
  const plan: unknown = await take(api.POST('/broadcasts/plan', { params: { query: { id } }, body }));
  return plan as BroadcastPlan;
};

export function usePlan(body: BroadcastIn, id?: string) {
  return useQuery({ queryKey: ['broadcasts', 'plan', id ?? '', body], queryFn: () => planned(body, id), placeholderData: keepPreviousData, retry: false });
}

function useChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: ['broadcasts'] }), client.invalidateQueries({ queryKey: ['tasks'] })]) });
}

/** Keeps a draft: a new one, or one that was there. */
export const useKeep = () => useChange(({ id, body }: { id: string | undefined; body: BroadcastIn }) =>
  take(id ? api.PUT('/broadcasts/{id}', { params: { path: { id } }, body }) : api.POST('/broadcasts', { body })));

const at = (id: string) => ({ params: { path: { id } } });
const steps = {
  schedule: (id: string) => take(api.POST('/broadcasts/{id}/schedule', at(id))),
  pause: (id: string) => take(api.POST('/broadcasts/{id}/pause', at(id))),
  resume: (id: string) => take(api.POST('/broadcasts/{id}/resume', at(id))),
  stop: (id: string) => take(api.POST('/broadcasts/{id}/stop', at(id))),
};
export type Step = keyof typeof steps;

export const useStep = () => useChange(({ id, step }: { id: string; step: Step }) => steps[step](id));
export const useNudge = () => useChange((id: string) => take(api.POST('/broadcasts/{id}/nudge', at(id))));

/** The page of what is gone is still shown for a moment, and must not ask for it again. */
export function useDelete() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (id: string) => take(api.DELETE('/broadcasts/{id}', at(id))), onSuccess: () => client.invalidateQueries({ queryKey: ['broadcasts', 'list'] }) });
}
