import type { Today } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import type { Period } from '../../i18n/time';
import { FigureTile } from '../../kit/FigureTile';
import { useSales } from './queries';

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
            <dt>{t('metrics.traffic')}</dt><dd>{last.traffic === null ? '—' : count(last.traffic)} <Part minor={moved?.traffic_minor} /></dd>
            <dt>{t('metrics.conversion')}</dt><dd>{last.conversion === null ? '—' : percent(last.conversion)} <Part minor={moved?.conversion_minor} /></dd>
            {typeof moved?.buyers_minor === 'number' ? <><dt>{t('metrics.buyers')}</dt><dd><Part minor={moved.buyers_minor} /></dd></> : null}
            <dt>{t('metrics.basket')}</dt><dd>{last.basket === null ? '—' : money(Math.round(last.basket), currency)} <Part minor={moved?.basket_minor} /></dd>
          </dl>
          {last.traffic === null ? <p className="quiet">{t('today.no_traffic')}</p> : null}
          {moved ? <p className="quiet">{t('today.factors_note')}</p> : null}
        </section>
      ) : null}
    </>
  );
}

function Part({ minor }: { minor: number | null | undefined }) {
  const { t, money } = useSpeak();
  if (minor === null || minor === undefined) return null;
  return <span className={minor < 0 ? 'bad' : 'good'}>{t(minor < 0 ? 'today.factor_less' : 'today.factor_more', { amount: money(Math.abs(minor)) })}</span>;
}
