import { Alert, Segmented, Skeleton } from 'antd';
import { useMemo, useState } from 'react';
import type { Figure, HealthReport } from '../../api/contract';
import { useSpeak, type Speak } from '../../i18n/speak';
import type { Period } from '../../i18n/time';
import { FigureTile } from '../../kit/FigureTile';
import { Trouble } from '../../kit/Trouble';
import { useCan } from '../session/session';
import { figures, headline, type FigureSpec } from './figures';
import { HealthPictures } from './HealthPictures';
import { HealthTag } from './HealthTag';
import { PeopleOfFigure } from './PeopleOfFigure';
import { useHealth, type Scope } from './queries';

export const periods = ['7', '30', '90'] as const;

export function PeriodSwitch({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useSpeak();
  return <Segmented aria-label={t('kit.period_choice')} value={value} onChange={onChange} options={periods.map((days) => ({ value: days, label: t('kit.last_days', { days }) }))} />;
}

/** Why a figure has no value, as a whole sentence. */
export function whyUnknown(figure: Figure, { reason }: Pick<Speak, 'reason'>): string | null {
  return figure.value === null ? reason(figure.unknown) : null;
}

/** Whether nothing shows it, rather than that nothing happened. */
const isHidden = (figure: Figure) => figure.value === null && /^(channel|nothing_imported|no_passages)/.test(figure.unknown ?? '');

const sparkOf: Partial<Record<FigureSpec['key'], (day: HealthReport['daily'][number]) => number | null>> = {
  messages: (day) => day.messages,
  active_members: (day) => day.active_members,
  contributors: (day) => day.valued,
  arrivals: (day) => day.joined,
  leavers: (day) => day.left,
};

/** Figures and pictures of one scope over one period; every figure opens its people. req: 000-043, 002-006 */
export function HealthBoard({ scope, period, days, short }: { scope: Scope; period: Period; days: string; short?: boolean }) {
  const speak = useSpeak();
  const { t, count, decimal, percent } = speak;
  const can = useCan();
  const health = useHealth(scope, period);
  const [people, setPeople] = useState<FigureSpec | null>(null);
  const format = useMemo(() => ({ count, decimal, percent }), [count, decimal, percent]);
  if (health.isPending) return <Skeleton active className="sheet" paragraph={{ rows: 6 }} />;
  if (health.isError) return <Trouble error={health.error} retry={() => void health.refetch()} />;
  const report = health.data;
  const shown = short ? figures.filter((spec) => headline.includes(spec.key)) : figures;
  // Why something is not shown is said once, not fourteen times.
  const known = shown.filter((spec) => !isHidden(report[spec.key]));
  const hidden = shown.filter((spec) => !known.includes(spec));
  const reasons = [...new Set(hidden.map((spec) => report[spec.key].unknown))];
  return (
    <div className={health.isPlaceholderData ? 'stale' : undefined}>
      {report.health && !short ? <div className="sheet health-sheet"><HealthTag health={report.health} spelled /><span className="quiet">{speak.span(report.period)}</span></div> : null}
      {reasons.map((why) => <Alert key={why} type="info" showIcon className="blind" title={speak.reason(why)} description={short ? undefined : t('unknown.missing', { names: speak.list(hidden.filter((spec) => report[spec.key].unknown === why).map((spec) => t(`metrics.${spec.key}`))) })} />)}
      <div className="tiles">
        {known.map((spec) => {
          const figure = report[spec.key];
          const spark = sparkOf[spec.key];
          return (
            <FigureTile
              key={spec.key}
              name={t(`metrics.${spec.key}`)}
              value={figure.value}
              format={format[spec.unit]}
              unknown={whyUnknown(figure, speak)}
              previous={figure.previous}
              against={t('kit.previous_days', { days })}
              rise={spec.rise}
              formula={<><p>{t(`metrics.${spec.key}.formula`)}</p><p className="quiet">{speak.span(report.period)}</p></>}
              spark={spark ? report.daily.map(spark) : undefined}
              onOpen={spec.people && can('report.people') ? () => setPeople(spec) : undefined}
            />
          );
        })}
      </div>
      {short ? null : <HealthPictures report={report} scope={scope} period={period} />}
      <PeopleOfFigure figure={people?.people ?? null} scope={scope} period={period} onClose={() => setPeople(null)} />
    </div>
  );
}
