import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Branch, BranchIn, Items, Tag, Token, Workspace, WorkspacePatch } from '../../api/contract';

export function useWorkspace() {
  return useQuery({ queryKey: ['workspace'], queryFn: () => take<Workspace>(api.GET('/workspace')) });
}

function useChange<In, Out>(keys: string[], change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => Promise.all(keys.map((key) => client.invalidateQueries({ queryKey: [key] }))) });
}

export const useWorkspaceEdit = () => useChange(['workspace', 'session'], (body: WorkspacePatch) => take<Workspace>(api.PATCH('/workspace', { body })));

export const useBranchAdd = () => useChange(['branches'], (body: BranchIn) => take<Branch>(api.POST('/branches', { body })));
export const useBranchEdit = () => useChange(['branches'], ({ id, ...body }: Partial<BranchIn> & { id: string }) => take<Branch>(api.PATCH('/branches/{id}', { params: { path: { id } }, body })));
export const useBranchArchive = () => useChange(['branches'], (id: string) => take<void>(api.DELETE('/branches/{id}', { params: { path: { id } } })));

export const useTagEdit = () => useChange(['tags', 'members', 'member'], ({ id, name }: { id: string; name: string }) => take<Tag>(api.PATCH('/tags/{id}', { params: { path: { id } }, body: { name } })));
export const useTagNew = () => useChange(['tags'], (name: string) => take<Tag>(api.POST('/tags', { body: { name } })));
export const useTagRemove = () => useChange(['tags', 'members', 'member'], (id: string) => take<void>(api.DELETE('/tags/{id}', { params: { path: { id } } })));

export function useTokens() {
  return useQuery({ queryKey: ['tokens'], queryFn: () => take<Items<Token>>(api.GET('/tokens')), select: (answer) => answer.items });
}
export const useTokenAdd = () => useChange(['tokens'], (body: { name: string; role: string; expires_on?: string }) => take<{ token: string }>(api.POST('/tokens', { body })));
export const useTokenRevoke = () => useChange(['tokens'], (id: string) => take<void>(api.DELETE('/tokens/{id}', { params: { path: { id } } })));
