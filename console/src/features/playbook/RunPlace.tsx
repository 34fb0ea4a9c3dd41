import { ArrowLeftOutlined } from '@ant-design/icons';
import { Button, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import type { PlaybookRun, RunStep } from '../../api/contract';
import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { PageHead } from '../../kit/PageHead';
import { Preview } from '../../kit/Preview';
import { Trouble, useTell } from '../../kit/Trouble';
import { GroupChoice } from '../broadcast/GroupChoice';
import { useCan } from '../session/session';
import { counted, wordsIn } from './filled';
import { useDecide, useNameGroup, useRun, useStopRun } from './queries';
import { RunState } from './RunState';

/** One run: what it did, where it waits, what is still to come. req: 003-120 */
export default function RunPlace() {
  const { id = '' } = useParams();
  const query = useRun(id);
  useTopics('playbooks');
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  return <Sheets run={query.data} />;
}

function Done({ step }: { step: RunStep }) {
  const { t, moment, count } = useSpeak();
  const broadcast = step.made.find((one) => one.startsWith('broadcast:'))?.slice('broadcast:'.length);
  const many = t(counted(step.mode), { count: step.count, n: count(step.count) });
  return (
    <li className={step.outcome === 'done' ? 'beat' : 'beat skipped'}>
      <time>{moment(step.due_at)}</time>
      <div className="tags">
        <strong>{step.outcome === 'left' ? t('playbook.left_phase', { name: step.step }) : t(`playbook.do.${step.do}`)}</strong>
        <span className="quiet">{step.step}</span>
        {step.outcome === 'done' ? <>{step.mode && step.mode !== 'task' ? <Tag>{t(`playbook.mode.${step.mode}`)}</Tag> : null}<span>{many}</span></> : null}
        {step.reason ? <span className="warn">{t(step.reason)}</span> : null}
        {step.missed > 0 && step.outcome === 'done' ? <span className="warn">{t('playbook.missed_n', { n: count(step.missed) })}</span> : null}
        {broadcast ? <Link to={`/broadcasts/${broadcast}`}>{t('playbook.see_broadcast')}</Link> : null}
      </div>
    </li>
  );
}

function Sheets({ run }: { run: PlaybookRun }) {
  const { t, language, moment, count } = useSpeak();
  const can = useCan();
  const { done, trouble } = useTell();
  const [doing, setDoing] = useState<{ what: 'stop' } | { what: 'no'; step: string } | null>(null);
  const stop = useStopRun(run.id);
  const decide = useDecide(run.id);
  const name = useNameGroup(run.id);
  const edit = can('playbook.edit');
  const open = run.state !== 'done' && run.state !== 'stopped';
  const facts = [
    run.about ?? '', t('playbook.about_at', { time: moment(run.at) }), t('playbook.started_by', { name: run.starter, time: moment(run.started_at) }),
    run.ended_at ? t('playbook.ended', { time: moment(run.ended_at) }) : run.wake_at ? t('playbook.next', { time: moment(run.wake_at) }) : '', t('playbook.version', { n: run.version }),
  ].filter(Boolean);
  return (
    <>
      <PageHead
        title={wordsIn(run.title, language)}
        back={<Link to="/playbooks?tab=runs" className="back"><ArrowLeftOutlined /> {t('playbook.runs')}</Link>}
        note={<span className="tags"><RunState run={run} /><span>{facts.join(' · ')}</span></span>}
        extra={edit && open ? <Button danger onClick={() => setDoing({ what: 'stop' })}>{t('playbook.stop')}</Button> : null}
      />
      {run.gates.map((gate) => (
        <section className="sheet gate-asks" key={gate.step} aria-label={t('playbook.waits')}>
          <h2>{t('playbook.waits')}</h2>
          <p className="beat-text">{gate.text}</p>
          {edit ? (
            <span className="actions">
              <Button type="primary" loading={decide.isPending} onClick={() => decide.mutate({ step: gate.step, yes: true }, { onSuccess: () => done(t('playbook.yes_told')), onError: trouble })}>{t('playbook.yes')}</Button>
              <Button danger onClick={() => setDoing({ what: 'no', step: gate.step })}>{t('playbook.no')}</Button>
            </span>
          ) : null}
        </section>
      ))}
      {open && run.wants_group ? (
        <section className="sheet" aria-label={t('playbook.opened_group')}>
          <h2>{t('playbook.opened_group')}</h2>
          <p className="quiet">{t('playbook.opened_group_text')}</p>
          <label className="unseen" htmlFor="opened-group">{t('playbook.choose_group')}</label>
          <GroupChoice id="opened-group" disabled={!edit} placeholder={t('playbook.choose_group')} onChange={(ids) => { const chosen = ids.at(-1); if (chosen) name.mutate(chosen, { onSuccess: () => done(t('playbook.group_told')), onError: trouble }); }} />
        </section>
      ) : null}
      <section className="sheet" aria-label={t('playbook.did')}>
        <h2>{t('playbook.did')}</h2>
        {run.steps.length > 0 ? <ol className="cue flat">{run.steps.map((step) => <Done key={`${step.step}/${step.due_at}`} step={step} />)}</ol> : <p className="quiet">{t('playbook.did_nothing')}</p>}
      </section>
      {run.coming.length > 0 ? (
        <section className="sheet" aria-label={t('playbook.coming')}>
          <h2>{t('playbook.coming')}</h2>
          <ol className="cue flat">
            {run.coming.map((step) => (
              <li className="beat" key={`${step.step}/${step.at}`}>
                <time>{moment(step.at)}</time>
                <div className="tags"><strong>{t(`playbook.do.${step.do}`)}</strong><span>{t(`playbook.to.${step.to}`)}</span>{step.mode ? <Tag>{t(`playbook.mode.${step.mode}`)}</Tag> : null}</div>
              </li>
            ))}
          </ol>
        </section>
      ) : null}
      <Preview open={doing?.what === 'stop'} danger title={t('playbook.stop')} okText={t('playbook.stop')} onClose={() => setDoing(null)} act={async () => { const { undone } = await stop.mutateAsync(undefined); done(t('playbook.stop_told', { n: count(undone.length) })); }}>
        {() => <><p>{t('playbook.stop_text')}</p><p>{t('playbook.stop_undone', { n: count(run.coming.length) })}</p></>}
      </Preview>
      <Preview open={doing?.what === 'no'} danger title={t('playbook.no_title')} okText={t('playbook.no')} onClose={() => setDoing(null)} act={async () => { if (doing?.what === 'no') await decide.mutateAsync({ step: doing.step, yes: false }); done(t('playbook.no_told')); }}>{() => <p>{t('playbook.stop_text')}</p>}</Preview>
    </>
  );
}
