import { useQueries } from '@tanstack/react-query';
import { Select } from 'antd';
import { useDeferredValue, useState } from 'react';
import { api, take } from '../../api/client';
import { useGroupChoices } from '../group/queries';

/** Of what is chosen so many are shown by name; the rest is counted. */
const SHOWN = 8;

/** Groups by name, many of them; the server searches. */
export function GroupChoice({ id, value = [], onChange, placeholder, disabled }: { id?: string; value?: string[]; onChange?: (ids: string[]) => void; placeholder: string; disabled?: boolean }) {
  const [text, setText] = useState('');
  const found = useGroupChoices(useDeferredValue(text));
  const options = (found.data ?? []).map((row) => ({ value: row.id, label: row.name }));
  const unnamed = value.slice(0, SHOWN).filter((one) => !options.some((option) => option.value === one));
  const names = useQueries({ queries: unnamed.map((one) => ({ queryKey: ['group', one], queryFn: () => take(api.GET('/groups/{id}', { params: { path: { id: one } } })), staleTime: Infinity })) });
  const chosen = unnamed.flatMap((one, index) => (names[index]?.data ? [{ value: one, label: names[index].data.name }] : []));
  return (
    <Select
      id={id} mode="multiple" disabled={disabled} placeholder={placeholder} value={value} maxTagCount={SHOWN} allowClear loading={found.isFetching}
      showSearch={{ filterOption: false, onSearch: setText }}
      options={text ? options : [...options, ...chosen]}
      labelRender={({ value: one, label }) => label ?? chosen.find((option) => option.value === one)?.label ?? one}
      onChange={(ids: string[]) => onChange?.(ids)}
    />
  );
}
