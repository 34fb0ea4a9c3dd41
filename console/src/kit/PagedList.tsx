import type { UseInfiniteQueryResult, InfiniteData } from '@tanstack/react-query';
import { Button, Checkbox, Skeleton, Table, type TableColumnsType } from 'antd';
import type { ReactNode } from 'react';
import type { Page } from '../api/contract';
import { useSpeak } from '../i18n/speak';
import { usePhone } from './media';
import { Trouble } from './Trouble';
import { Wide } from './Wide';

export interface PagedListProps<T> {
  label: string;
  query: UseInfiniteQueryResult<InfiniteData<Page<T>>>;
  rowKey: (row: T) => string;
  columns: TableColumnsType<T>;
  card: (row: T) => ReactNode;
  onOpen?: (row: T) => void;
  blank: ReactNode;
  selection?: { keys: string[]; set: (keys: string[]) => void };
  /** Cards on desks too. */
  cards?: boolean;
  rowName?: (row: T) => string;
  hideCount?: boolean;
  /** The sentence that counts, with `shown` and `total`. */
  counted?: string;
}

/** A list that the server pages: table on a desk, cards on a phone, always with its count. */
export function PagedList<T extends object>({ label, query, rowKey, columns, card, onOpen, blank, selection, cards, rowName, hideCount, counted: sentence = 'kit.shown_of' }: PagedListProps<T>) {
  const { t, count } = useSpeak();
  const phone = usePhone();
  if (query.isPending) return <div className="sheet" aria-busy="true"><Skeleton active paragraph={{ rows: 6 }} /></div>;
  if (query.isError && !query.data) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  const pages = query.data?.pages ?? [];
  const rows = pages.flatMap((page) => page.items);
  const total = pages[0]?.total;
  if (rows.length === 0) return <>{blank}</>;
  const counted = total ? t(sentence, { shown: count(rows.length), total: total.exact ? count(total.count) : `${count(total.count)}+` }) : '';
  return (
    <section aria-label={label} className={query.isPlaceholderData ? 'stale' : undefined}>
      {phone || cards ? (
        <ul className={`cards${cards && !phone ? ' grid' : ''}`}>
          {rows.map((row) => {
            const key = rowKey(row);
            return (
              <li key={key} className="card">
                {selection ? (
                  <Checkbox
                    className="card-check"
                    aria-label={t('kit.select_row', { name: rowName?.(row) ?? '' })}
                    checked={selection.keys.includes(key)}
                    onChange={(event) => selection.set(event.target.checked ? [...selection.keys, key] : selection.keys.filter((one) => one !== key))}
                  />
                ) : null}
                {card(row)}
              </li>
            );
          })}
        </ul>
      ) : (
        <Wide><Table<T>
          className="sheet table"
          size="middle"
          pagination={false}
          columns={columns}
          dataSource={rows}
          rowKey={rowKey}
          rowSelection={selection ? {
            selectedRowKeys: selection.keys,
            onChange: (keys) => selection.set(keys.map(String)),
            getCheckboxProps: (row) => ({ 'aria-label': t('kit.select_row', { name: rowName?.(row) ?? '' }) }),
            getTitleCheckboxProps: () => ({ 'aria-label': t('kit.select_all') }),
          } : undefined}
          onRow={onOpen ? (row) => ({ onClick: (event) => { if (!(event.target as HTMLElement).closest('a,button,label,input')) onOpen(row); }, className: 'openable' }) : undefined}
        /></Wide>
      )}
      <div className="list-foot" aria-live="polite">
        {hideCount ? null : <span>{counted}</span>}
        {query.hasNextPage ? <Button onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>{t('kit.more')}</Button> : null}
      </div>
    </section>
  );
}
