import { ArrowLeftOutlined, DownloadOutlined } from '@ant-design/icons';
import { Button, Skeleton } from 'antd';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { address } from '../../api/client';
import type { Removal } from '../../api/contract';
import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { PageHead } from '../../kit/PageHead';
import { Preview } from '../../kit/Preview';
import { Trouble, useTell } from '../../kit/Trouble';
import { useCan } from '../session/session';
import { undoPreview, useCancel, useRejects, useResume, useRun, useUndo } from './queries';
import { RunNumbers, RunProgress, RunState } from './RunCounts';

/** One run: how far it is, what it stored, what it refused, and its undo. */
export default function ImportPlace() {
  const { id = '' } = useParams();
  const { t, count, moment, bytes } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  useTopics(`import:${id}`);
  const query = useRun(id);
  const resume = useResume();
  const cancel = useCancel();
  const undo = useUndo();
  const [cancelling, setCancelling] = useState(false);
  const [undoing, setUndoing] = useState(false);
  const run = query.data;
  const skipped = run?.counts.skipped_total ?? 0;
  const rejects = useRejects(id, skipped > 0);
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError || !run) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  return (
    <>
      <PageHead
        title={run.file_name}
        back={<Link to="/imports" className="back"><ArrowLeftOutlined /> {t('shell.place.import')}</Link>}
        note={<span className="tags"><RunState run={run} /><span>{t(`import.kind.${run.kind}`)}</span><span>{bytes(run.bytes)}</span>{run.format ? <span>{t(`import.format.${run.format}`, { defaultValue: run.format })}</span> : null}{run.encoding ? <span>{run.encoding}</span> : null}<span>{moment(run.started_at)}</span></span>}
        extra={
          <span className="actions">
            {run.state === 'interrupted' && can('import.run') ? <Button type="primary" loading={resume.isPending} onClick={() => resume.mutate(id, { onError: trouble })}>{t('import.resume')}</Button> : null}
            {(run.state === 'running' || run.state === 'interrupted') && can('import.run') ? <Button onClick={() => setCancelling(true)}>{t('import.cancel')}</Button> : null}
            {run.state === 'done' && can('import.undo') ? <Button danger onClick={() => setUndoing(true)}>{t('import.undo')}</Button> : null}
          </span>
        }
      />
      <section className="sheet" aria-label={t('import.stored')}>
        <RunProgress run={run} />
        {run.state === 'interrupted' ? <p>{t('import.interrupted_text')}</p> : null}
        <RunNumbers run={run} />
        {run.state === 'done' && run.group ? <Link to={`/groups/${run.group.id}`}><Button type="primary">{t('import.see_group', { name: run.group.name })}</Button></Link> : null}
      </section>
      {skipped > 0 ? (
        <section className="sheet" aria-labelledby="rejects">
          <div className="chart-head"><h2 id="rejects">{t('import.rejects', { n: count(skipped) })}</h2><Button size="small" icon={<DownloadOutlined />} href={address(`/imports/${id}/rejects.csv`)} download>{t('kit.export')}</Button></div>
          <p className="quiet">{t('import.rejects_text')}</p>
          <ul className="people">{(rejects.data?.pages.flatMap((page) => page.items) ?? []).map((reject, index) => <li key={`${reject.line}-${index}`}><span><b>{t('import.line', { line: reject.line })}</b> {t(reject.code, { ns: 'error', defaultValue: reject.detail })}</span><span className="quiet">{reject.detail}</span></li>)}</ul>
          {rejects.hasNextPage ? <Button onClick={() => void rejects.fetchNextPage()} loading={rejects.isFetchingNextPage}>{t('kit.more')}</Button> : null}
        </section>
      ) : null}
      <Preview open={cancelling} title={t('import.cancel')} okText={t('import.cancel')} danger onClose={() => setCancelling(false)} act={() => cancel.mutateAsync(id)}>{() => <p>{t('import.cancel_text')}</p>}</Preview>
      <Preview<Removal> open={undoing} title={t('import.undo')} okText={t('import.undo')} danger load={() => undoPreview(id)} onClose={() => setUndoing(false)} act={async () => { await undo.mutateAsync(id); done(t('import.undone')); }}>
        {(preview) => preview ? <><p>{t('import.undo_text')}</p><dl className="numbers">{Object.entries(preview).filter(([, value]) => value > 0).map(([key, value]) => <div key={key}><dt>{t(`import.count.${key}`, { defaultValue: key })}</dt><dd>{count(value)}</dd></div>)}</dl></> : null}
      </Preview>
    </>
  );
}
