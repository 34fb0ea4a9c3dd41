import { Breadcrumb, Button, Segmented, Table, type TableColumnsType } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import type { StoreRank } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import type { Period } from '../../i18n/time';
import { usePhone } from '../../kit/media';
import { Trouble } from '../../kit/Trouble';
import { Wide } from '../../kit/Wide';
import { PeopleOfFigure } from '../group/PeopleOfFigure';
import { useCan } from '../session/session';
import { useBranches } from '../staff/queries';
import { useStoreRanking } from './queries';

const keyOf = (row: StoreRank) => row.group?.id ?? row.branch.id;
const nameOf = (row: StoreRank) => row.group?.name ?? row.branch.name;

/** 门店排行: stores by sales against their own usual day, or 区域→门店→群→人. req: 003-004, 003-005, 004-029 */
export function StoreRanking({ period }: { period: Period }) {
  const { t, money, signed, percent, count, span } = useSpeak();
  const phone = usePhone();
  const can = useCan();
  const branches = useBranches();
  const [at, setAt] = useState<string | null>(null);
  const [buyersOf, setBuyersOf] = useState<StoreRank | null>(null);
  const ranking = useStoreRanking(period, at);
  if (ranking.isError) return <Trouble error={ranking.error} retry={() => void ranking.refetch()} />;
  const rows = ranking.data?.items ?? [];
  const path = at === null ? [] : (ranking.data?.path ?? []);
  const root = branches.data?.find((one) => !branches.data.some((other) => other.id === one.parent_id));
  if (!ranking.isPending && rows.length === 0 && at === null) return null;
  const moved = (ratio: number | null) => ratio === null ? <span className="quiet">—</span> : <span className={ratio < 0 ? 'bad' : 'good'}>{signed(ratio)}</span>;
  const amount = (row: StoreRank) => {
    const shown = row.amount_minor === null ? '—' : money(row.amount_minor);
    return row.group && row.amount_minor !== null && can('report.people') ? <Button type="link" size="small" onClick={() => setBuyersOf(row)}>{shown}</Button> : <strong>{shown}</strong>;
  };
  const whole = (value: number | null) => value === null ? <span className="quiet">—</span> : count(value);
  const share = (ratio: number | null) => ratio === null ? <span className="quiet">—</span> : percent(ratio);
  const over = (row: StoreRank) => row.days_over.some((days) => days > 0) ? row.days_over.map((days) => count(days)).join(' / ') : <span className="quiet">—</span>;
  const name = (row: StoreRank) => {
    if (row.group) return <Link to={`/groups/${row.group.id}`}>{row.group.name}</Link>;
    if (row.below > 0) return <Button type="link" size="small" className="rank-open" onClick={() => setAt(row.branch.id)}>{row.branch.name}</Button>;
    return <Link to={`/groups?branch=${row.branch.id}`}>{row.branch.name}</Link>;
  };
  const columns: TableColumnsType<StoreRank> = [
    { key: 'name', title: t(at === null ? 'today.rank.store' : 'today.rank.name'), render: (_, row) => name(row) },
    { key: 'amount', title: t('metrics.sales'), align: 'end', render: (_, row) => amount(row) },
    { key: 'usual', title: t('today.rank.usual'), align: 'end', render: (_, row) => share(row.against_usual) },
    { key: 'mom', title: t('today.rank.before'), align: 'end', render: (_, row) => moved(row.month_on_month) },
    { key: 'yoy', title: t('today.rank.year'), align: 'end', render: (_, row) => moved(row.year_on_year) },
    { key: 'over', title: t('today.rank.over'), align: 'end', render: (_, row) => over(row) },
    { key: 'recruited', title: t('metrics.recruited'), align: 'end', render: (_, row) => whole(row.recruited) },
    { key: 'net', title: t('today.rank.net'), align: 'end', render: (_, row) => <span className={(row.net_growth ?? 0) < 0 ? 'bad' : undefined}>{(row.net_growth ?? 0) > 0 ? '+' : ''}{whole(row.net_growth)}</span> },
    { key: 'execution', title: t('today.rank.execution'), align: 'end', render: (_, row) => share(row.execution) },
    { key: 'replies', title: t('today.rank.replies'), align: 'end', render: (_, row) => share(row.replies_in_10min) },
    { key: 'complaints', title: t('task.kind.complaint'), align: 'end', render: (_, row) => (row.complaints ?? 0) > 0 ? <span className="bad">{row.complaints}</span> : whole(row.complaints) },
  ];
  return (
    <section aria-labelledby="ranking">
      <h2 id="ranking" className="section-title">{t('today.rank')} <small className="quiet">{span(period)}</small></h2>
      {root ? (
        <div className="rank-path">
          <Segmented aria-label={t('today.rank')} value={at === null ? 'all' : 'regions'} onChange={(chosen) => setAt(chosen === 'all' ? null : root.id)} options={[{ value: 'all', label: t('today.rank.all') }, { value: 'regions', label: t('today.rank.regions') }]} />
          {path.length > 0 ? <Breadcrumb items={path.map((one, index) => ({ key: one.id, title: index === path.length - 1 ? one.name : <Button type="link" size="small" onClick={() => setAt(one.id)}>{one.name}</Button> }))} /> : null}
        </div>
      ) : null}
      {phone ? (
        <ul className="cards">
          {rows.map((row) => (
            <li key={keyOf(row)} className="card">
              <div className="card-top"><strong>{name(row)}</strong>{amount(row)}</div>
              <div className="pairs">
                <span>{t('today.rank.usual')} {share(row.against_usual)}</span><span>{t('today.rank.before')} {moved(row.month_on_month)}</span>
                <span>{t('metrics.recruited')} {whole(row.recruited)}</span><span>{t('today.rank.net')} {whole(row.net_growth)}</span>
                <span>{t('today.rank.execution')} {share(row.execution)}</span><span>{t('today.rank.replies')} {share(row.replies_in_10min)}</span>
                <span>{t('task.kind.complaint')} {whole(row.complaints)}</span><span>{t('today.rank.over')} {over(row)}</span>
              </div>
            </li>
          ))}
        </ul>
      ) : (
        <Wide><Table<StoreRank> className="sheet table" size="middle" pagination={false} loading={ranking.isPending} rowKey={keyOf} columns={columns} dataSource={rows} /></Wide>
      )}
      <PeopleOfFigure figure={buyersOf ? 'sales' : null} title={buyersOf ? t('today.rank.people', { name: nameOf(buyersOf) }) : ''} scope={{ group: buyersOf?.group?.id }} period={period} onClose={() => setBuyersOf(null)} />
    </section>
  );
}
