import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { enter } from '../../api/cache';
import { api, Refusal, take, rememberCsrf } from '../../api/client';
import type { Known, Session, SetupIn, SignIn } from '../../api/contract';
import type { components } from '../../api/schema.gen';

/** The session of this browser; null when nobody is signed in. */
export function useSessionQuery() {
  return useQuery({
    queryKey: ['session'],
    queryFn: async (): Promise<Session | null> => {
      try {
        return person(await take(api.GET('/session')));
      } catch (error) {
        if (error instanceof Refusal && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: 60_000,
    retry: 1,
  });
}

/** A session in a browser belongs to a person. */
function person(answer: Known<components['schemas']['SessionOut']>): Session {
  const { staff } = answer;
  if (staff === null) throw new Refusal({ status: 401, code: 'session.none' });
  rememberCsrf(answer.csrf);
  return { ...answer, staff };
}

export function useSetupNeeded(enabled: boolean) {
  return useQuery({ queryKey: ['setup'], queryFn: () => take(api.GET('/setup')), enabled });
}

export function useMeta() {
  return useQuery({ queryKey: ['meta'], queryFn: () => take(api.GET('/meta')), staleTime: Infinity });
}

function useEntering<In>(ask: (input: In) => Promise<Session>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onSuccess: (session) => enter(client, session),
  });
}

export const useSignIn = () => useEntering((body: SignIn) => take(api.POST('/session', { body })).then(person));
export const useSetup = () => useEntering((body: SetupIn) => take(api.POST('/setup', { body })).then(person));

export const useDeviceBinding = () => useEntering((body: { token: string; name: string }) => take(api.POST('/session/device', { body })).then(person));
export const usePasswordByLink = () => useMutation({ mutationFn: (body: { token: string; password: string }) => take(api.POST('/session/password-link', { body })) });

export function useTaskByLink() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (link: string) => {
      const opened = await take(api.POST('/session/task', { body: { link } }));
      return { task_id: opened.task_id, session: person(opened.session) };
    },
    onSuccess: ({ session }) => enter(client, session),
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => take(api.DELETE('/session')),
    onSettled: () => {
      enter(client, null);
    },
  });
}

export function useSignedIn() {
  return useQuery({ queryKey: ['sessions'], queryFn: () => take(api.GET('/sessions')) });
}

export function useEndSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => take(api.DELETE('/sessions/{id}', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
}

export const useTotpBegin = () => useMutation({ mutationFn: () => take(api.POST('/session/totp/begin')) });

export function useTotpConfirm() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (code: string) => take(api.POST('/session/totp/confirm', { body: { code } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['session'] }),
  });
}

export function useTotpOff() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (password: string) => take(api.DELETE('/session/totp', { body: { password } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['session'] }),
  });
}

export const usePassword = () =>
  useMutation({ mutationFn: (body: { old: string; new: string }) => take(api.POST('/session/password', { body })) });

/** Switches what the simulated channels can do; only a demo has this door. */
export function useDemoProfile() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (profile: string) => take(api.POST('/demo/profile', { body: { profile } })),
    onSuccess: () => client.invalidateQueries(),
  });
}
