import { Progress, Tag } from 'antd';
import type { Run } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { TroubleLine } from '../../kit/Trouble';
import { Refusal } from '../../api/client';

const colours: Record<Run['state'], string> = { planned: 'blue', running: 'processing', interrupted: 'gold', done: 'green', failed: 'red', undoing: 'processing', undone: 'default', cancelled: 'default' };

export function RunState({ run }: { run: Run }) {
  const { t } = useSpeak();
  return <Tag color={colours[run.state]}>{t(`import.state.${run.state}`)}</Tag>;
}

/** Count, rate and remaining time of a run at work. */
export function RunProgress({ run }: { run: Run }) {
  const { t, count } = useSpeak();
  const progress = run.progress;
  if (!progress || run.state !== 'running') return null;
  const share = progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0;
  const left = progress.remaining_s;
  return (
    <div className="run-progress">
      <Progress percent={Math.floor(share * 100)} aria-label={t('import.progress')} status="active" />
      <p className="quiet" role="status">
        {t('import.progress_of', { done: count(progress.done), total: count(progress.total) })}
        {progress.rate_per_s ? ` · ${t('import.rate', { rate: count(Math.round(progress.rate_per_s)) })}` : ''}
        {left != null ? ` · ${left < 60 ? t('import.left_seconds', { count: Math.max(1, Math.ceil(left)) }) : t('import.left_minutes', { count: Math.ceil(left / 60) })}` : ''}
      </p>
    </div>
  );
}

/** What a run found or stored, to the last digit: it is held against the file. */
export function RunNumbers({ run }: { run: Run }) {
  const { t, exact, exactMoney, moment } = useSpeak();
  const { counts } = run;
  const keys = ['messages', 'orders', 'lines', 'members', 'added', 'groups', 'system', 'days', 'duplicates', 'cancelled', 'without_member', 'skipped_total'] as const;
  return (
    <>
      <dl className="numbers">
        {keys.filter((key) => counts[key] != null).map((key) => (
          <div key={key}><dt>{t(`import.count.${key}`)}</dt><dd>{exact(counts[key] ?? 0)}</dd></div>
        ))}
        {counts.revenue_minor != null ? <div><dt>{t('import.count.revenue')}</dt><dd>{exactMoney(counts.revenue_minor)}</dd></div> : null}
      </dl>
      {counts.first && counts.last ? <p className="quiet">{t('import.span', { first: moment(counts.first), last: moment(counts.last) })}</p> : null}
      {counts.past_retention ? <p className="warn-text">{t('import.past_retention', { count: counts.past_retention, days: counts.retention_days })}</p> : null}
      {run.error ? <TroubleLine error={new Refusal({ code: run.error.code, detail: run.error.detail, at: run.error.at })} /> : null}
    </>
  );
}
