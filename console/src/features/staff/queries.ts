import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { StaffIn, StaffRow } from '../../api/contract';
import { usePages } from '../../kit/paging';

export function useStaff(query: Record<string, string>) {
  return usePages<StaffRow>(['staff', query], (cursor, signal) =>
    take(api.GET('/staff', { params: { query: { ...query, cursor, limit: 50 } }, signal })));
}

/** Everybody who is there, to be chosen from. */
export function useColleagues(enabled: boolean) {
  return useQuery({
    queryKey: ['staff', 'all'],
    enabled,
    queryFn: async () => (await take(api.GET('/staff', { params: { query: { limit: 200 } } }))).items.filter((row) => row.left_at === null),
  });
}

export function useBranches() {
  return useQuery({ queryKey: ['branches'], queryFn: () => take(api.GET('/branches')), select: (answer) => answer.items });
}

export function usePermissions() {
  return useQuery({ queryKey: ['permissions'], queryFn: () => take(api.GET('/permissions')) });
}

function useChange<In, Out>(change: (input: In) => Promise<Out>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: ['staff'] }) });
}

export const useStaffAdd = () => useChange((body: StaffIn) => take(api.POST('/staff', { body })));
export const useStaffEdit = () => useChange(({ id, ...body }: Partial<StaffIn> & { id: string; member_id?: string | null }) => take(api.PATCH('/staff/{id}', { params: { path: { id } }, body })));
export const leavePreview = (id: string, successor_id: string) => take(api.POST('/staff/{id}/leave', { params: { path: { id }, query: { preview: true } }, body: { successor_id } }));
export const useStaffLeave = () => useChange(({ id, successor_id }: { id: string; successor_id: string }) => take(api.POST('/staff/{id}/leave', { params: { path: { id } }, body: { successor_id } })));
export const useDeviceLink = () => useChange((id: string) => take(api.POST('/staff/{id}/device-link', { params: { path: { id } } })));
export const useDeviceEnd = () => useChange(({ id, device_id }: { id: string; device_id: string }) => take(api.DELETE('/staff/{id}/devices/{device_id}', { params: { path: { id, device_id } } })));
export const usePasswordReset = () => useChange((id: string) => take(api.POST('/staff/{id}/reset-password', { params: { path: { id } } })));
export const useUnlock = () => useChange((id: string) => take(api.POST('/staff/{id}/unlock', { params: { path: { id } } })));
