import { Button, Empty, Skeleton } from 'antd';
import { Link } from 'react-router';
import { useSpeak } from '../../i18n/speak';
import type { Period } from '../../i18n/time';
import { PeopleDrawer } from '../../kit/PeopleDrawer';
import { Trouble } from '../../kit/Trouble';
import type { FigureSpec } from './figures';
import { usePeople, type Scope } from './queries';

/** Who stands behind a figure. */
export function PeopleOfFigure({ spec, scope, period, onClose }: { spec: FigureSpec | null; scope: Scope; period: Period; onClose: () => void }) {
  const { t, count, decimal, moment } = useSpeak();
  const figure = spec?.people ?? null;
  const query = usePeople(figure, scope, period);
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const total = query.data?.pages[0]?.total;
  return (
    <PeopleDrawer open={spec !== null} title={figure ? t(`people.${figure}`) : ''} onClose={onClose}>
      {query.isError ? <Trouble error={query.error} retry={() => void query.refetch()} /> : query.isPending ? <Skeleton active /> : rows.length === 0 ? <Empty description={t('people.none')} /> : (
        <>
          <p className="quiet">{figure ? t(`people.${figure}_text`) : ''} {total ? t('kit.counted', { count: total.count, total: total.exact ? count(total.count) : `${count(total.count)}+` }) : ''}</p>
          <ul className="people">
            {rows.map((row, index) => (
              <li key={`${row.member.id}-${index}`}>
                <span><Link to={`/members/${row.member.id}`}>{row.member.name}</Link>{row.group ? <span className="quiet"> · {row.group.name}</span> : null}</span>
                <span className="people-value">{figure === 'arrivals' || figure === 'leavers' || figure === 'silent' ? (row.at ? moment(row.at) : '—') : Number.isInteger(row.value) ? count(row.value) : decimal(row.value)}</span>
              </li>
            ))}
          </ul>
          {query.hasNextPage ? <Button onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>{t('kit.more')}</Button> : null}
        </>
      )}
    </PeopleDrawer>
  );
}
