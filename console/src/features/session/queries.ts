import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { enter } from '../../api/cache';
import { api, Refusal, take, useCsrf } from '../../api/client';
import type { Items, Meta, Session, SetupIn, SignedIn, SignIn, TotpBegin } from '../../api/contract';

/** The session of this browser; null when nobody is signed in. */
export function useSessionQuery() {
  return useQuery({
    queryKey: ['session'],
    queryFn: async (): Promise<Session | null> => {
      try {
        return remember(await take<Session>(api.GET('/session')));
      } catch (error) {
        if (error instanceof Refusal && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: 60_000,
    retry: 1,
  });
}

function remember(session: Session): Session {
  useCsrf(session.csrf);
  return session;
}

export function useSetupNeeded(enabled: boolean) {
  return useQuery({ queryKey: ['setup'], queryFn: () => take<{ needed: boolean }>(api.GET('/setup')), enabled });
}

export function useMeta() {
  return useQuery({ queryKey: ['meta'], queryFn: () => take<Meta>(api.GET('/meta')), staleTime: Infinity });
}

function useEntering<In>(ask: (input: In) => Promise<Session>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onSuccess: (session) => {
      enter(client, remember(session));
    },
  });
}

export const useSignIn = () => useEntering((body: SignIn) => take<Session>(api.POST('/session', { body })));
export const useSetup = () => useEntering((body: SetupIn) => take<Session>(api.POST('/setup', { body })));

export const useDeviceBinding = () => useEntering((body: { token: string; name: string }) => take<Session>(api.POST('/session/device', { body })));
export const usePasswordByLink = () => useMutation({ mutationFn: (body: { token: string; password: string }) => take<void>(api.POST('/session/password-link', { body })) });

export function useTaskByLink() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (link: string) => take<{ session: Session; task_id: string }>(api.POST('/session/task', { body: { link } })),
    onSuccess: ({ session }) => {
      enter(client, remember(session));
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => take<void>(api.DELETE('/session')),
    onSettled: () => {
      enter(client, null);
    },
  });
}

export function useSignedIn() {
  return useQuery({ queryKey: ['sessions'], queryFn: () => take<Items<SignedIn>>(api.GET('/sessions')) });
}

export function useEndSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => take<void>(api.DELETE('/sessions/{id}', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
}

export const useTotpBegin = () => useMutation({ mutationFn: () => take<TotpBegin>(api.POST('/session/totp/begin')) });

export function useTotpConfirm() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (code: string) => take<void>(api.POST('/session/totp/confirm', { body: { code } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['session'] }),
  });
}

export function useTotpOff() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (password: string) => take<void>(api.DELETE('/session/totp', { body: { password } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['session'] }),
  });
}

export const usePassword = () =>
  useMutation({ mutationFn: (body: { old: string; new: string }) => take<void>(api.POST('/session/password', { body })) });

/** Switches what the simulated channels can do; only a demo has this door. */
export function useDemoProfile() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (profile: string) => take<void>(api.POST('/demo/profile', { body: { profile } })),
    onSuccess: () => client.invalidateQueries(),
  });
}
