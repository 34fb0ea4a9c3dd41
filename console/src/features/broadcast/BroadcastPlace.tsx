import { ArrowLeftOutlined } from '@ant-design/icons';
import { Button, Dropdown, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import type { Broadcast, BroadcastPlan } from '../../api/contract';
import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { PageHead } from '../../kit/PageHead';
import { Preview } from '../../kit/Preview';
import { Trouble, useTell } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { useCan } from '../session/session';
import { Board } from './Board';
import { fieldsOf, toBroadcastIn, type Mode } from './draft';
import { askedOf, farOf } from './far';
import { HowFar, StateTag, useNamed } from './HowFar';
import { OutcomeSheet } from './OutcomeSheet';
import { PlanSays, RefusedList } from './Plan';
import { planned, useBoard, useBroadcast, useDelete, useFollowed, useNudge, useStep, type Step } from './queries';
import { Targets } from './Targets';

type Doing = Step | 'nudge' | 'delete' | null;

/** How one broadcast stands, who has not sent yet, and what it brought. req: 003-069, 003-110 */
export default function BroadcastPlace() {
  const { id = '' } = useParams();
  const query = useBroadcast(id);
  useTopics('broadcasts');
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  return <Sheets broadcast={query.data} />;
}

function Actions({ broadcast, act }: { broadcast: Broadcast; act: (what: NonNullable<Doing>) => void }) {
  const { t, count } = useSpeak();
  const navigate = useNavigate();
  const { state } = broadcast;
  const asked = askedOf(broadcast.fates);
  const written = state === 'draft' || state === 'scheduled';
  const more = [
    ...(state === 'scheduled' || state === 'running' ? [{ key: 'pause', label: t('broadcast.pause') }] : []),
    ...(state === 'scheduled' || state === 'running' || state === 'paused' || (state === 'done' && asked > 0) ? [{ key: 'stop', label: t('broadcast.stop'), danger: true }] : []),
    ...(state === 'draft' ? [{ key: 'delete', label: t('broadcast.delete'), danger: true }] : []),
  ];
  return (
    <span className="actions">
      {asked > 0 && state !== 'stopped' ? <Button type="primary" onClick={() => act('nudge')}>{t('broadcast.nudge', { n: count(asked) })}</Button> : null}
      {state === 'draft' ? <Button type="primary" onClick={() => act('schedule')}>{t(broadcast.at ? 'broadcast.go_later' : 'broadcast.go')}</Button> : null}
      {state === 'paused' ? <Button type={asked > 0 ? 'default' : 'primary'} onClick={() => act('resume')}>{t('broadcast.resume')}</Button> : null}
      {written ? <Button onClick={() => void navigate(`/broadcasts/${broadcast.id}/edit`)}>{t('broadcast.edit')}</Button> : null}
      {more.length === 1 ? <Button danger={more[0]?.danger} onClick={() => act(more[0]?.key as NonNullable<Doing>)}>{more[0]?.label}</Button> : more.length > 1 ? (
        <Dropdown trigger={['click']} menu={{ items: more, onClick: ({ key }) => act(key as NonNullable<Doing>) }}><Button>{t('broadcast.more')}</Button></Dropdown>
      ) : null}
    </span>
  );
}

function Sheets({ broadcast }: { broadcast: Broadcast }) {
  const { t, zone, moment, count } = useSpeak();
  const can = useCan();
  const said = useNamed();
  const navigate = useNavigate();
  const { done } = useTell();
  const [state, patch] = useUrlState();
  const [doing, setDoing] = useState<Doing>(null);
  const lead = useStep();
  const nudge = useNudge();
  const remove = useDelete();
  const board = useBoard(broadcast.id);
  useFollowed(broadcast);
  const { id, name, text, attachments, mode, selling } = broadcast;
  const far = farOf(broadcast.fates);
  const asked = askedOf(broadcast.fates);
  const close = () => setDoing(null);
  const people = new Set((board.data ?? []).filter((line) => line.staff !== null && line.unsent > 0).map((line) => line.staff?.id)).size;
  const staffName = (staff: string) => (board.data ?? []).find((line) => line.staff?.id === staff)?.staff?.name ?? '';
  const step = (what: Step) => async () => { await lead.mutateAsync({ id, step: what }); done(t(`broadcast.told.${what}`)); };
  const facts = [
    t(`broadcast.mode.${mode}`),
    broadcast.started_at ? t('broadcast.started', { time: moment(broadcast.started_at) }) : broadcast.at ? t('broadcast.plan.at', { time: moment(broadcast.at) }) : '',
    broadcast.ended_at ? t('broadcast.ended', { time: moment(broadcast.ended_at) }) : '',
    t('broadcast.by_author', { name: broadcast.author, time: moment(broadcast.created_at) }),
  ].filter(Boolean);
  return (
    <>
      <PageHead
        title={name}
        back={<Link to="/broadcasts" className="back"><ArrowLeftOutlined /> {t('shell.place.broadcast')}</Link>}
        note={<span className="tags"><StateTag broadcast={broadcast} />{selling ? <Tag>{t('broadcast.selling_short')}</Tag> : null}<span>{facts.join(' · ')}</span></span>}
        extra={can('broadcast.edit') ? <Actions broadcast={broadcast} act={setDoing} /> : null}
      />
      <section className="sheet" aria-label={t('broadcast.far')}>
        <HowFar broadcast={broadcast} />
        <p className="bubble">{[said(text), ...attachments.map((one) => `${one.title} ${one.url}`)].join('\n')}</p>
        {broadcast.grounds ? <p className="quiet">{t('broadcast.grounds_said', { grounds: broadcast.grounds })}</p> : null}
      </section>
      <Board broadcast={broadcast} choose={(staff) => { patch({ staff, fate: null }); document.getElementById('targets')?.scrollIntoView({ block: 'start' }); }} />
      {can('report.read') && far.sent > 0 ? <OutcomeSheet id={id} /> : null}
      {far.due + far.skipped > 0 ? <Targets broadcast={broadcast} staffName={staffName} state={state} patch={patch} /> : null}
      <Preview open={doing === 'nudge'} title={t('broadcast.nudge_title')} okText={t('broadcast.nudge', { n: count(asked) })} onClose={close} act={async () => { const { tasks } = await nudge.mutateAsync(id); done(t('broadcast.nudged_told', { count: tasks, n: count(tasks) })); }}>
        {() => <><p>{people > 0 ? t('broadcast.nudge_text', { count: people, people: count(people), n: count(asked) }) : t('broadcast.nudge_nobody', { count: asked, n: count(asked) })}</p><p className="quiet">{t('broadcast.nudge_limit')}</p></>}
      </Preview>
      <Preview<BroadcastPlan> open={doing === 'schedule'} title={t('broadcast.go_title', { name })} okText={t(broadcast.at ? 'broadcast.go_later' : 'broadcast.go')} load={() => planned(toBroadcastIn(fieldsOf(broadcast, zone), zone), id)} onClose={close} act={step('schedule')}>
        {(plan) => plan ? <><PlanSays plan={plan} mode={mode as Mode} selling={selling} scheduled={broadcast.at !== null} /><RefusedList plan={plan} mode={mode as Mode} /></> : null}
      </Preview>
      <Preview open={doing === 'pause'} title={t('broadcast.pause')} okText={t('broadcast.pause')} onClose={close} act={step('pause')}>{() => <p>{t('broadcast.pause_text')}</p>}</Preview>
      <Preview open={doing === 'resume'} title={t('broadcast.resume')} okText={t('broadcast.resume')} onClose={close} act={step('resume')}>{() => <p>{t('broadcast.resume_text')}</p>}</Preview>
      <Preview open={doing === 'stop'} danger title={t('broadcast.stop_title', { name })} okText={t('broadcast.stop')} onClose={close} act={step('stop')}>{() => <p>{t('broadcast.stop_text', { sent: count(far.sent), unsent: count(far.unsent) })}</p>}</Preview>
      <Preview open={doing === 'delete'} danger title={t('broadcast.delete_title', { name })} okText={t('broadcast.delete')} onClose={close} act={async () => { await remove.mutateAsync(id); done(t('broadcast.deleted')); void navigate('/broadcasts'); }}>{() => <p>{t('broadcast.delete_text')}</p>}</Preview>
    </>
  );
}
