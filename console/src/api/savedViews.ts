import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from './client';

/** The saved views of one list, ready for its filter bar. */
export function useSavedViews(place: string, trouble: (error: unknown) => void) {
  const client = useQueryClient();
  const settled = { onSuccess: () => client.invalidateQueries({ queryKey: ['saved-views', place] }), onError: trouble };
  const { data } = useQuery({ queryKey: ['saved-views', place], queryFn: () => take(api.GET('/saved-views', { params: { query: { place } } })) });
  const save = useMutation({ mutationFn: (view: { name: string; query: string }) => take(api.POST('/saved-views', { body: { place, ...view } })), ...settled });
  const remove = useMutation({ mutationFn: (id: string) => take(api.DELETE('/saved-views/{id}', { params: { path: { id } } })), ...settled });
  return {
    items: (data?.items ?? []).filter((view) => view.place === place),
    save: (name: string, query: string) => save.mutate({ name, query }),
    remove: (id: string) => remove.mutate(id),
  };
}
