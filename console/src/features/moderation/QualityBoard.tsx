import { Select, Skeleton } from 'antd';
import { useMemo } from 'react';
import { useSpeak } from '../../i18n/speak';
import { lastDays } from '../../i18n/time';
import { FigureTile } from '../../kit/FigureTile';
import { Trouble } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { useQuality } from './queries';
import { useLength } from './Words';

/** How often people found decisions wrong, and how soon something was done. */
export function QualityBoard() {
  const { t, count, percent, zone } = useSpeak();
  const length = useLength();
  const [state, patch] = useUrlState();
  const days = state.days ?? '30';
  const period = useMemo(() => lastDays(Number(days), zone, Date.now()), [days, zone]);
  const query = useQuality(period);
  const spoken = (ms: number) => (ms < 60_000 ? t('quality.seconds', { n: count(Math.max(1, Math.round(ms / 1000))) }) : length(ms));
  return (
    <>
      <p className="quiet">{t('quality.text')}</p>
      <div className="row-end"><Select aria-label={t('quality.period')} value={days} onChange={(value: string) => patch({ days: value === '30' ? null : value })} options={['7', '30', '90'].map((value) => ({ value, label: t('quality.days', { n: value }) }))} /></div>
      {query.isPending ? <Skeleton active className="sheet" /> : query.isError ? <Trouble error={query.error} retry={() => void query.refetch()} /> : (
        <>
          <div className="tiles">
            <FigureTile name={t('quality.precision')} value={query.data.all.precision} format={percent} unknown={t('quality.precision_unknown')} formula={t('quality.precision_formula')} />
            <FigureTile name={t('quality.decided')} value={query.data.all.decided} format={count} />
            <FigureTile name={t('quality.acted')} value={query.data.acted} format={count} />
            <FigureTile name={t('quality.judged')} value={query.data.all.right + query.data.all.wrong} format={count} />
            <FigureTile name={t('quality.wrong')} value={query.data.all.wrong} format={count} />
            <FigureTile name={t('quality.appealed')} value={query.data.all.appeals} format={count} />
            <FigureTile name={t('quality.granted')} value={query.data.all.granted} format={count} />
            <FigureTile name={t('quality.time_to_action')} value={query.data.median_ms} format={spoken} unknown={t('quality.time_unknown')} formula={query.data.slowest_tenth_ms === null ? undefined : t('quality.time_p90', { time: spoken(query.data.slowest_tenth_ms) })} />
          </div>
          {Object.keys(query.data.kinds).length > 0 ? (
            <section className="sheet" aria-labelledby="by-kind">
              <h2 id="by-kind">{t('quality.by_kind')}</h2>
              <div className="chart-table" tabIndex={0} role="region" aria-label={t('quality.by_kind')}>
                <table>
                  <thead><tr>{['sanction.kind', 'quality.decided', 'quality.right', 'quality.wrong', 'quality.precision'].map((key) => <th key={key} scope="col">{t(key)}</th>)}</tr></thead>
                  <tbody>{Object.entries(query.data.kinds).map(([kind, row]) => <tr key={kind}><th scope="row">{t(`sanction.kind.${kind}`, { defaultValue: kind })}</th><td>{count(row.decided)}</td><td>{count(row.right)}</td><td>{count(row.wrong)}</td><td>{row.precision === null ? '—' : percent(row.precision)}</td></tr>)}</tbody>
                </table>
              </div>
            </section>
          ) : null}
        </>
      )}
    </>
  );
}
