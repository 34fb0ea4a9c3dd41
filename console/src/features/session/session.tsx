import { createContext, useContext } from 'react';
import type { Session } from '../../api/contract';

export const SessionOf = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionOf);
  if (!session) throw new Error('a place was shown without a session');
  return session;
}

/** Whether this person may do an operation of the permission matrix. */
export function useCan(): (operation: string) => boolean {
  const { permissions } = useSession();
  return (operation) => permissions.includes(operation);
}
