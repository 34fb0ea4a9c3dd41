import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Task } from '../../api/contract';
import { usePages } from '../../kit/paging';

export function useTasks(query: Record<string, string>) {
  return usePages<Task>(['tasks', query], (cursor, signal) =>
    take(api.GET('/tasks', { params: { query: { ...query, cursor, limit: 50 } }, signal })));
}

export function useTask(id: string) {
  return useQuery({ queryKey: ['tasks', 'one', id], queryFn: () => take(api.GET('/tasks/{id}', { params: { path: { id } } })) });
}

function useStep<In, Out = unknown>(step: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: step,
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: ['tasks'] }), client.invalidateQueries({ queryKey: ['today'] })]),
  });
}

export const useTaskDone = () => useStep(({ id, proof }: { id: string; proof?: string }) =>
  take(api.POST('/tasks/{id}/done', { params: { path: { id } }, body: { proof } })));
export const useTaskImpossible = () => useStep(({ id, reason }: { id: string; reason: string }) =>
  take(api.POST('/tasks/{id}/impossible', { params: { path: { id } }, body: { reason } })));
/** Hands a task over; answers with whoever had it, for the way back. */
export const useTaskHandOver = () => useStep(async ({ id, to }: { id: string; to: string }) => {
  const before = await take(api.GET('/tasks/{id}', { params: { path: { id } } }));
  await take(api.POST('/tasks/{id}/hand-over', { params: { path: { id } }, body: { to } }));
  return before.assignee?.id ?? null;
});
export const useTaskUndo = () => useStep((id: string) =>
  take(api.POST('/tasks/{id}/undo', { params: { path: { id } } })));
