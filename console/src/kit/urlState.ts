import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';

/** A flat state that lives in the address, so that a link shows what its sender saw. */
export function useUrlState(): [Record<string, string>, (change: Record<string, string | null | undefined>) => void] {
  const [params, setParams] = useSearchParams();
  const state = useMemo(() => Object.fromEntries(params.entries()), [params]);
  const patch = useCallback(
    (change: Record<string, string | null | undefined>) => {
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          for (const [key, value] of Object.entries(change)) {
            if (value === null || value === undefined || value === '') next.delete(key);
            else next.set(key, value);
          }
          return next;
        },
        { replace: true },
      );
    },
    [setParams],
  );
  return [state, patch];
}
