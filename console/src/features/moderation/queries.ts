import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Alarm, Appeal, Offered, Page, PolicyIn, Replay, RuleTrial, Sanction, Trusted } from '../../api/contract';
import type { Period } from '../../i18n/time';
import { usePages } from '../../kit/paging';

const at = (id: string) => ({ path: { id } });
/** The description of the API knows no pairs; the server sends the places of signs as such. */
const signed = async <T>(asked: Promise<unknown>): Promise<T> => (await asked) as T;

export function useQueue(query: Record<string, string>) {
  return usePages<Sanction>(['moderation', 'queue', query], (cursor, signal) => signed<Page<Sanction>>(take(api.GET('/moderation/queue', { params: { query: { ...query, cursor, limit: 50 } }, signal }))));
}
/** Decisions that can still be taken back. */
export const standing = ['watched', 'review', 'decided', 'carried', 'appealed'];
/** How much waits for a person: decisions that nobody judged, and appeals. */
export function useWaiting() {
  return useQuery({
    queryKey: ['moderation', 'waiting'],
    queryFn: () => take(api.GET('/moderation/queue', { params: { query: { limit: 1, state: standing.join(','), judged: false } } })),
    select: (answer) => ({ unjudged: answer.total.count, appealed: answer.waiting.appealed }),
  });
}
export function useSanction(id: string, enabled: boolean) {
  return useQuery({ queryKey: ['moderation', 'sanction', id], queryFn: () => signed<Sanction>(take(api.GET('/moderation/sanctions/{id}', { params: at(id) }))), enabled });
}
export function useAppeals(state: 'open' | 'done' | 'all') {
  return usePages<Appeal>(['moderation', 'appeals', state], (cursor, signal) => take(api.GET('/moderation/appeals', { params: { query: { state, cursor, limit: 50 } }, signal })));
}
export function useAlarms(state: 'open' | 'closed' | 'all') {
  return usePages<Alarm>(['alarms', state], (cursor, signal) => take(api.GET('/alarms', { params: { query: { state, cursor, limit: 50 } }, signal })));
}
export function usePolicy(group: string) {
  return useQuery({ queryKey: ['moderation', 'policy', group], queryFn: () => take(api.GET('/groups/{id}/policy', { params: at(group) })), enabled: group !== '' });
}
export function useRuleSets() {
  return useQuery({ queryKey: ['moderation', 'rule-sets'], queryFn: () => take(api.GET('/moderation/rule-sets')), select: (page) => page.items });
}
export function useTrusted() {
  return usePages<Trusted>(['moderation', 'trusted'], () => take(api.GET('/moderation/trusted')));
}
export function useQuality(period: Period) {
  return useQuery({ queryKey: ['moderation', 'quality', period], queryFn: () => take(api.GET('/moderation/quality', { params: { query: { ...period } } })) });
}
export function useClassifier() {
  return useQuery({ queryKey: ['moderation', 'classifier'], queryFn: () => take(api.GET('/moderation/classifier')), refetchInterval: (query) => (query.state.data?.training ? 2_000 : false) });
}
export function useOffered() {
  return useQuery({ queryKey: ['moderation', 'offered'], queryFn: () => signed<{ items: Offered[] }>(take(api.GET('/moderation/messages', { params: { query: { limit: 20 } } }))), select: (list) => list.items, staleTime: Infinity });
}

function useStep<In, Out = unknown>(step: (input: In) => Promise<Out>, keys = [['moderation'], ['alarms'], ['tasks'], ['today']]) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: step,
    onSuccess: () => Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}

export const useConfirm = () => useStep(({ id, act }: { id: string; act: boolean }) => take(api.POST('/moderation/sanctions/{id}/confirm', { params: at(id), body: { act } })));
export const useUndo = () => useStep(({ id, reason }: { id: string; reason?: string }) => take(api.POST('/moderation/sanctions/{id}/undo', { params: at(id), body: { reason: reason ?? '' } })));
export const useGrant = () => useStep((id: string) => take(api.POST('/moderation/appeals/{id}/grant', { params: at(id), body: { reason: '' } })));
export const useRefuse = () => useStep(({ id, reason }: { id: string; reason: string }) => take(api.POST('/moderation/appeals/{id}/refuse', { params: at(id), body: { reason } })));
export const useSanctionByHand = () => useStep(({ message, ...body }: { message: string; kind: string; tone: string; reason: string }) => take(api.POST('/moderation/messages/{id}/sanction', { params: at(message), body })), [['moderation'], ['group'], ['tasks'], ['today']]);
export const usePolicySave = () => useStep(({ group, ...body }: PolicyIn & { group: string }) => take(api.PUT('/groups/{id}/policy', { params: at(group), body })));
export const useRuleSetPublish = () => useStep((body: { text: string; note: string }) => take(api.POST('/moderation/rule-sets', { body })));
export const useRuleSetTry = () => useMutation({ mutationFn: (body: { text: string }) => signed<RuleTrial>(take(api.POST('/moderation/rule-sets/try', { body }))) });
export const useRuleSetText = () => useMutation({ mutationFn: (version: number) => take(api.GET('/moderation/rule-sets/{version}', { params: { path: { version } } })) });
export const useReplay = () => useMutation({ mutationFn: (body: { group: string; from: string; to: string }) => signed<Replay>(take(api.POST('/moderation/replay', { body }))) });
export const useTrust = () => useStep(({ member, note }: { member: string; note?: string }) => take(api.POST('/moderation/trusted', { body: { member_id: member, note: note ?? '' } })));
export const useDistrust = () => useStep((member: string) => take(api.DELETE('/moderation/trusted/{id}', { params: at(member) })));
export const useAlarmClose = () => useStep(({ id, ...body }: { id: string; outcome: string; note: string }) => take(api.POST('/alarms/{id}/close', { params: at(id), body })));
export const useMark = () => useStep(({ message, label }: { message: string; label: 'advert' | 'fine' | null }) => take(api.POST('/moderation/marks', { body: { message_id: message, label } })), [['moderation', 'classifier']]);
export const useTrain = () => useStep(() => take(api.POST('/moderation/classifier/train', { body: {} })), [['moderation', 'classifier']]);
export const useModel = () => useStep((version: number) => take(api.POST('/moderation/classifier/{version}/use', { params: { path: { version } } })), [['moderation', 'classifier']]);
