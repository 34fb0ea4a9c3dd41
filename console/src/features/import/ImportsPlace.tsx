import type { TableColumnsType } from 'antd';
import { Link, useNavigate } from 'react-router';
import type { Run } from '../../api/contract';
import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { PageHead } from '../../kit/PageHead';
import { PagedList } from '../../kit/PagedList';
import { useCan } from '../session/session';
import { ImportPath } from './ImportPath';
import { useRuns } from './queries';
import { RunProgress, RunState } from './RunCounts';

/** Brings in what people already have, and lists what was brought. */
export default function ImportsPlace() {
  const { t, count, moment, bytes, exactMoney } = useSpeak();
  const can = useCan();
  const navigate = useNavigate();
  useTopics('imports');
  const runs = useRuns();
  const stored = (run: Run) => [
    run.counts.messages != null ? t('import.n_messages', { n: count(run.counts.messages) }) : null,
    run.counts.orders != null ? t('import.n_orders', { n: count(run.counts.orders) }) : null,
    run.counts.revenue_minor != null ? exactMoney(run.counts.revenue_minor) : null,
    run.kind === 'members' && run.counts.members != null ? t('import.n_members', { n: count(run.counts.members) }) : null,
    run.counts.groups != null ? t('import.n_groups', { n: count(run.counts.groups) }) : null,
    run.counts.duplicates ? t('import.n_duplicates', { n: count(run.counts.duplicates) }) : null,
  ].filter(Boolean).join(' · ');
  const columns: TableColumnsType<Run> = [
    { key: 'file', title: t('import.file'), render: (_, run) => <><Link to={`/imports/${run.id}`}>{run.file_name}</Link><div className="quiet">{t(`import.kind.${run.kind}`)} · {bytes(run.bytes)}{run.group ? ` · ${run.group.name}` : ''}</div></> },
    { key: 'state', title: t('import.state'), render: (_, run) => <><RunState run={run} /><RunProgress run={run} /></> },
    { key: 'stored', title: t('import.stored'), render: (_, run) => stored(run) || '—' },
    { key: 'rejects', title: t('import.count.skipped_total'), align: 'end', render: (_, run) => run.counts.skipped_total ? <span className="warn-text">{count(run.counts.skipped_total)}</span> : 0 },
    { key: 'who', title: t('import.who'), render: (_, run) => <span className="quiet">{run.actor} · {moment(run.started_at)}</span> },
  ];
  return (
    <>
      <PageHead title={t('shell.place.import')} note={t('import.note')} />
      {can('import.run') ? <ImportPath onStarted={(run) => void navigate(`/imports/${run.id}`)} /> : null}
      <h2 className="section-title">{t('import.runs')}</h2>
      <PagedList<Run>
        label={t('import.runs')}
        query={runs}
        rowKey={(run) => run.id ?? run.started_at}
        columns={columns}
        onOpen={(run) => void navigate(`/imports/${run.id}`)}
        card={(run) => <><div className="card-top"><Link to={`/imports/${run.id}`}>{run.file_name}</Link><RunState run={run} /></div><p className="quiet">{t(`import.kind.${run.kind}`)} · {moment(run.started_at)}</p><p>{stored(run)}</p><RunProgress run={run} /></>}
        blank={<Blank picture="list" title={t('import.blank')} text={t('import.blank_text')} />}
      />
    </>
  );
}
