import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { BranchIn, RobotIn, WebhookDelivery, WebhookEdit, WebhookIn, WorkspacePatch } from '../../api/contract';
import { usePages } from '../../kit/paging';

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
export const useTokenAdd = () => useChange(['tokens'], (body: { name: string; role: string; scopes?: string[]; expires_on?: string }) => take(api.POST('/tokens', { body })));
export const useTokenRevoke = () => useChange(['tokens'], (id: string) => take(api.DELETE('/tokens/{id}', { params: { path: { id } } })));

export function useRobots() {
  return useQuery({ queryKey: ['robots'], queryFn: () => take(api.GET('/robots')), select: (answer) => answer.items });
}
export const useRobotAdd = () => useChange(['robots'], (body: RobotIn) => take(api.POST('/robots', { body })));
export const useRobotEdit = () => useChange(['robots'], ({ id, ...body }: { id: string; name?: string; branch_id?: string | null }) => take(api.PATCH('/robots/{id}', { params: { path: { id } }, body })));
export const useRobotTest = () => useChange(['robots'], (id: string) => take(api.POST('/robots/{id}/test', { params: { path: { id } } })));
export const useRobotRemove = () => useChange(['robots'], (id: string) => take(api.DELETE('/robots/{id}', { params: { path: { id } } })));

export function useWebhooks() {
  return useQuery({ queryKey: ['webhooks'], queryFn: () => take(api.GET('/webhooks')), select: (answer) => answer.items, refetchInterval: 5_000 });
}
export function useWebhookTopics() {
  return useQuery({ queryKey: ['webhook_topics'], queryFn: () => take(api.GET('/webhooks/topics')), select: (answer) => answer.items, staleTime: Infinity });
}
export const useWebhookAdd = () => useChange(['webhooks'], (body: WebhookIn) => take(api.POST('/webhooks', { body })));
export const useWebhookEdit = () => useChange(['webhooks', 'today', 'tasks'], ({ id, ...body }: WebhookEdit & { id: string }) => take(api.PATCH('/webhooks/{id}', { params: { path: { id } }, body })));
export const useWebhookRemove = () => useChange(['webhooks'], (id: string) => take(api.DELETE('/webhooks/{id}', { params: { path: { id } } })));
export const useWebhookRotate = () => useChange(['webhooks'], (id: string) => take(api.POST('/webhooks/{id}/rotate', { params: { path: { id } } })));
export const useWebhookTest = () => useChange(['webhooks', 'webhook_deliveries'], (id: string) => take(api.POST('/webhooks/{id}/test', { params: { path: { id } } })));
export const useWebhookReplay = () => useChange(['webhooks', 'webhook_deliveries'], ({ id, since }: { id: string; since: string }) => take(api.POST('/webhooks/{id}/replay', { params: { path: { id } }, body: { since } })));
export const useDeliveryReplay = () => useChange(['webhooks', 'webhook_deliveries'], ({ id, delivery }: { id: string; delivery: string }) => take(api.POST('/webhooks/{id}/deliveries/{delivery}/replay', { params: { path: { id, delivery } } })));
export function useDeliveries(id: string, state: string | undefined) {
  const pages = usePages<WebhookDelivery>(['webhook_deliveries', id, state ?? ''], (cursor, signal) =>
    take(api.GET('/webhooks/{id}/deliveries', { params: { path: { id }, query: { ...(state ? { state } : {}), cursor, limit: 20 } }, signal })));
  return pages;
}
