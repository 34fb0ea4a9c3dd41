import { Button, Empty, Skeleton } from 'antd';
import { Link } from 'react-router';
import type { PeopleFigure, PersonRow } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import type { Period } from '../../i18n/time';
import { PeopleDrawer } from '../../kit/PeopleDrawer';
import { Trouble } from '../../kit/Trouble';
import { usePeople, type Scope } from './queries';

/** Who stands behind a figure. */
export function PeopleOfFigure({ figure, scope, period, title, onClose }: { figure: PeopleFigure | null; scope: Scope; period: Period; title?: string; onClose: () => void }) {
  const { t, count, decimal, moment, money } = useSpeak();
  const part = (row: PersonRow) => {
    if (figure === 'arrivals' || figure === 'leavers' || figure === 'silent') return row.at ? moment(row.at) : '—';
    if (figure === 'sales') return money(row.value);
    return Number.isInteger(row.value) ? count(row.value) : decimal(row.value);
  };
  const query = usePeople(figure, scope, period);
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const total = query.data?.pages[0]?.total;
  return (
    <PeopleDrawer open={figure !== null} title={title ?? (figure ? t(`people.${figure}`) : '')} onClose={onClose}>
      {query.isError ? <Trouble error={query.error} retry={() => void query.refetch()} /> : query.isPending ? <Skeleton active /> : rows.length === 0 ? <Empty description={t('people.none')} /> : (
        <>
          <p className="quiet">{figure ? t(`people.${figure}_text`) : ''} {total ? t('kit.counted', { count: total.count, total: total.exact ? count(total.count) : `${count(total.count)}+` }) : ''}</p>
          <ul className="people">
            {rows.map((row, index) => (
              <li key={`${row.member.id}-${index}`}>
                <span><Link to={`/members/${row.member.id}`}>{row.member.name}</Link>{row.group ? <span className="quiet"> · {row.group.name}</span> : null}</span>
                <span className="people-value">{part(row)}</span>
              </li>
            ))}
          </ul>
          {query.hasNextPage ? <Button onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>{t('kit.more')}</Button> : null}
        </>
      )}
    </PeopleDrawer>
  );
}
