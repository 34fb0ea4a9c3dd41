import type { QueryClient } from '@tanstack/react-query';
import type { Session } from './contract';

/**
 * Forgets everything another person may have seen and says who is here now. The session itself is
 * replaced and not removed, so that what watches it hears of the change.
 */
export function enter(client: QueryClient, session: Session | null): void {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
  client.setQueryData(['session'], session);
}
