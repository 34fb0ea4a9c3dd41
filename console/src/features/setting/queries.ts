import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { BranchIn, RobotIn, WorkspacePatch } from '../../api/contract';

export function useWorkspace() {
  return useQuery({ queryKey: ['workspace'], queryFn: () => take(api.GET('/workspace')) });
}

function useChange<In, Out>(keys: string[], change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => Promise.all(keys.map((key) => client.invalidateQueries({ queryKey: [key] }))) });
}

export const useWorkspaceEdit = () => useChange(['workspace', 'session'], (body: WorkspacePatch) => take(api.PATCH('/workspace', { body })));

export const useBranchAdd = () => useChange(['branches'], (body: BranchIn) => take(api.POST('/branches', { body })));
export const useBranchEdit = () => useChange(['branches'], ({ id, ...body }: Partial<BranchIn> & { id: string }) => take(api.PATCH('/branches/{id}', { params: { path: { id } }, body })));
export const useBranchArchive = () => useChange(['branches'], (id: string) => take(api.DELETE('/branches/{id}', { params: { path: { id } } })));

export function useBranchVariables(id: string) {
  return useQuery({ queryKey: ['branches', id, 'variables'], queryFn: () => take(api.GET('/branches/{id}/variables', { params: { path: { id } } })), select: (answer) => answer.items });
}
export const useBranchVariablesSet = () => useChange(['branches', 'broadcasts'], ({ id, values }: { id: string; values: Record<string, string> }) => take(api.PUT('/branches/{id}/variables', { params: { path: { id } }, body: { values } })));

export const useTagEdit = () => useChange(['tags', 'members', 'member'], ({ id, name }: { id: string; name: string }) => take(api.PATCH('/tags/{id}', { params: { path: { id } }, body: { name } })));
export const useTagNew = () => useChange(['tags'], (name: string) => take(api.POST('/tags', { body: { name } })));
export const useTagRemove = () => useChange(['tags', 'members', 'member'], (id: string) => take(api.DELETE('/tags/{id}', { params: { path: { id } } })));

export function useTokens() {
  return useQuery({ queryKey: ['tokens'], queryFn: () => take(api.GET('/tokens')), select: (answer) => answer.items });
}
export const useTokenAdd = () => useChange(['tokens'], (body: { name: string; role: string; expires_on?: string }) => take(api.POST('/tokens', { body })));
export const useTokenRevoke = () => useChange(['tokens'], (id: string) => take(api.DELETE('/tokens/{id}', { params: { path: { id } } })));

export function useRobots() {
  return useQuery({ queryKey: ['robots'], queryFn: () => take(api.GET('/robots')), select: (answer) => answer.items });
}
export const useRobotAdd = () => useChange(['robots'], (body: RobotIn) => take(api.POST('/robots', { body })));
export const useRobotEdit = () => useChange(['robots'], ({ id, ...body }: { id: string; name?: string; branch_id?: string | null }) => take(api.PATCH('/robots/{id}', { params: { path: { id } }, body })));
export const useRobotTest = () => useChange(['robots'], (id: string) => take(api.POST('/robots/{id}/test', { params: { path: { id } } })));
export const useRobotRemove = () => useChange(['robots'], (id: string) => take(api.DELETE('/robots/{id}', { params: { path: { id } } })));
