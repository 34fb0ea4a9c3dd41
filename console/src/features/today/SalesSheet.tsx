import { Table, type TableColumnsType } from 'antd';
import { Link } from 'react-router';
import type { StoreRank, Today } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import type { Period } from '../../i18n/time';
import { FigureTile } from '../../kit/FigureTile';
import { usePhone } from '../../kit/media';
import { Trouble } from '../../kit/Trouble';
import { useSales, useStoreRanking } from './queries';

/** Sales of today, and sales of the week as traffic × conversion × basket. */
export function SalesSheet({ sales, period, figures }: { sales: NonNullable<Today['sales']>; period: Period; figures: boolean }) {
  const { t, money, count, percent, span } = useSpeak();
  const week = useSales(period, figures);
  const last = week.data?.periods.at(-1);
  const moved = week.data?.change;
  const currency = week.data?.currency;
  return (
    <>
      <FigureTile name={t('metrics.sales_today')} value={sales.amount_minor} format={(value) => money(value)} previous={sales.previous_so_far_minor} against={t('today.same_weekday')} rise="good" formula={t('metrics.sales_today.formula')} />
      <p className="quiet tile-note">{t('today.orders', { count: sales.orders, orders: count(sales.orders) })}{sales.orders > 0 ? ` · ${t('today.per_order', { amount: money(Math.round(sales.amount_minor / sales.orders)) })}` : ''} · {t('today.whole_day_before', { amount: money(sales.previous_weekday_minor) })}</p>
      {last ? (
        <section className="sheet factors" aria-label={t('today.factors')}>
          <h2>{t('today.factors')}</h2>
          <p className="quiet">{span(last)}</p>
          <dl>
            <dt>{t('metrics.sales')}</dt><dd><strong>{money(last.sales_minor, currency)}</strong></dd>
            <dt>{t('metrics.traffic')}</dt><dd>{count(last.traffic)} {moved ? <Part minor={moved.traffic_minor} /> : null}</dd>
            <dt>{t('metrics.conversion')}</dt><dd>{last.conversion === null ? '—' : percent(last.conversion)} {moved ? <Part minor={moved.conversion_minor} /> : null}</dd>
            <dt>{t('metrics.basket')}</dt><dd>{last.basket === null ? '—' : money(Math.round(last.basket), currency)} {moved ? <Part minor={moved.basket_minor} /> : null}</dd>
          </dl>
          {moved ? <p className="quiet">{t('today.factors_note')}</p> : null}
        </section>
      ) : null}
    </>
  );
}

function Part({ minor }: { minor: number }) {
  const { t, money } = useSpeak();
  return <span className={minor < 0 ? 'bad' : 'good'}>{t(minor < 0 ? 'today.factor_less' : 'today.factor_more', { amount: money(Math.abs(minor)) })}</span>;
}

/** 门店排行: stores by sales against their own usual day. req: 003-004, 003-005, 004-029 */
export function StoreRanking({ period }: { period: Period }) {
  const { t, money, signed, percent, count, span } = useSpeak();
  const phone = usePhone();
  const ranking = useStoreRanking(period, true);
  if (ranking.isError) return <Trouble error={ranking.error} retry={() => void ranking.refetch()} />;
  const rows = ranking.data?.items ?? [];
  if (!ranking.isPending && rows.length === 0) return null;
  const moved = (ratio: number | null) => ratio === null ? <span className="quiet">—</span> : <span className={ratio < 0 ? 'bad' : 'good'}>{signed(ratio)}</span>;
  const amount = (minor: number | null) => minor === null ? '—' : money(minor);
  const whole = (value: number | null) => value === null ? <span className="quiet">—</span> : count(value);
  const share = (ratio: number | null) => ratio === null ? <span className="quiet">—</span> : percent(ratio);
  const over = (row: StoreRank) => row.days_over.length > 0 ? row.days_over.map((days) => count(days)).join(' / ') : <span className="quiet">—</span>;
  const columns: TableColumnsType<StoreRank> = [
    { key: 'branch', fixed: 'start', title: t('today.rank.store'), render: (_, row) => <Link to={`/groups?branch=${row.branch.id}`}>{row.branch.name}</Link> },
    { key: 'amount', title: t('metrics.sales'), align: 'end', render: (_, row) => <strong>{amount(row.amount_minor)}</strong> },
    { key: 'usual', title: t('today.rank.usual'), align: 'end', render: (_, row) => share(row.against_usual) },
    { key: 'mom', title: t('today.rank.before'), align: 'end', render: (_, row) => moved(row.month_on_month) },
    { key: 'yoy', title: t('today.rank.year'), align: 'end', render: (_, row) => moved(row.year_on_year) },
    { key: 'over', title: t('today.rank.over'), align: 'end', render: (_, row) => over(row) },
    { key: 'arrivals', title: t('metrics.arrivals'), align: 'end', render: (_, row) => whole(row.arrivals) },
    { key: 'net', title: t('today.rank.net'), align: 'end', render: (_, row) => <span className={(row.net_growth ?? 0) < 0 ? 'bad' : undefined}>{(row.net_growth ?? 0) > 0 ? '+' : ''}{whole(row.net_growth)}</span> },
    { key: 'execution', title: t('today.rank.execution'), align: 'end', render: (_, row) => share(row.execution) },
    { key: 'replies', title: t('today.rank.replies'), align: 'end', render: (_, row) => share(row.replies_in_10min) },
    { key: 'complaints', title: t('task.kind.complaint'), align: 'end', render: (_, row) => (row.complaints ?? 0) > 0 ? <span className="bad">{row.complaints}</span> : whole(row.complaints) },
  ];
  return (
    <section aria-labelledby="ranking">
      <h2 id="ranking" className="section-title">{t('today.rank')} <small className="quiet">{span(period)}</small></h2>
      {phone ? (
        <ul className="cards">
          {rows.map((row) => (
            <li key={row.branch.id} className="card">
              <div className="card-top"><Link to={`/groups?branch=${row.branch.id}`}><strong>{row.branch.name}</strong></Link><strong>{amount(row.amount_minor)}</strong></div>
              <div className="pairs">
                <span>{t('today.rank.usual')} {share(row.against_usual)}</span><span>{t('today.rank.before')} {moved(row.month_on_month)}</span>
                <span>{t('today.rank.net')} {whole(row.net_growth)}</span><span>{t('today.rank.execution')} {share(row.execution)}</span>
                <span>{t('today.rank.replies')} {share(row.replies_in_10min)}</span><span>{t('task.kind.complaint')} {whole(row.complaints)}</span>
                <span>{t('today.rank.over')} {over(row)}</span>
              </div>
            </li>
          ))}
        </ul>
      ) : (
        <Table<StoreRank> className="sheet table" size="middle" pagination={false} scroll={{ x: 'max-content' }} loading={ranking.isPending} rowKey={(row) => row.branch.id} columns={columns} dataSource={rows} />
      )}
    </section>
  );
}
