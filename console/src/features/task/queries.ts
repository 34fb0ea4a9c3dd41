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

function useStep<In>(step: (input: In) => Promise<unknown>) {
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
export const useTaskHandOver = () => useStep(({ id, to }: { id: string; to: string }) =>
  take(api.POST('/tasks/{id}/hand-over', { params: { path: { id } }, body: { to } })));
export const useTaskUndo = () => useStep((id: string) =>
  take(api.POST('/tasks/{id}/undo', { params: { path: { id } } })));
