import { CheckCircleFilled } from '@ant-design/icons';
import { Button, Skeleton, Tag } from 'antd';
import { useMemo, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { TodayItem } from '../../api/contract';
import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { lastDays, monthSoFar } from '../../i18n/time';
import { Blank } from '../../kit/Blank';
import { Countdown, Waiting } from '../../kit/Countdown';
import { PageHead } from '../../kit/PageHead';
import { Trouble, useTell } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { useCan } from '../session/session';
import { useTaskDone, useTaskHandOver, useTaskImpossible, useTaskUndo } from '../task/queries';
import { HandOver, TaskActions } from '../task/TaskActions';
import { useToday } from './queries';
import { DigestDrawer } from './DigestDrawer';
import { SalesSheet } from './SalesSheet';
import { StoreRanking } from './StoreRanking';

const levelColor: Record<TodayItem['level'], string> = { urgent: 'red', warn: 'gold', normal: 'default' };

function Row({ item }: { item: TodayItem }) {
  const { t, sentence } = useSpeak();
  const can = useCan();
  const navigate = useNavigate();
  const { trouble, done } = useTell();
  const finish = useTaskDone();
  const refuse = useTaskImpossible();
  const hand = useTaskHandOver();
  const undo = useTaskUndo();
  const [handing, setHanding] = useState(false);
  const task = item.task_id;
  const run = (action: TodayItem['actions'][number]) => {
    const told = { onError: trouble, onSuccess: () => done(t('task.done_told'), task ? () => undo.mutateAsync(task) : undefined) };
    if (action.href) {
      if (action.href.startsWith('/')) void navigate(action.href);
      else window.open(action.href, '_blank', 'noopener');
    } else if (task && action.action === 'done') finish.mutate({ id: task }, told);
    else if (task && action.action === 'hand_over') setHanding(true);
    else if (task && action.action === 'impossible') refuse.mutate({ id: task, reason: 'off_duty' }, told);
    else if (item.group) void navigate(`/groups/${item.group.id}`);
    else if (task) void navigate(`/tasks/${task}`);
  };
  // Where nobody can be chosen to take it, it can still be given back with a reason.
  const given = item.actions.some((action) => action.action === 'hand_over') && !can('staff.read') ? [] : item.actions;
  // What this page has no hand for is done in the group; a button that leads nowhere is not shown.
  const offered = given.filter((action) => action.href || item.group || (task && ['done', 'hand_over', 'impossible'].includes(action.action)));
  return (
    <li className={`today-row ${item.level}`}>
      <span className="today-clock">{item.due_at ? <Countdown due={item.due_at} /> : item.since_at ? <Waiting since={item.since_at} /> : <span className="quiet">{t('today.any_time')}</span>}</span>
      <div className="today-words">
        <span className="today-where">
          <Tag color={levelColor[item.level]}>{t(`task.kind.${item.kind === 'task' ? 'do' : item.kind}`)}</Tag>
          {item.group ? <Link to={`/groups/${item.group.id}`}>{item.group.name}</Link> : null}
          {item.member ? <Link to={`/members/${item.member.id}`} className="quiet">{item.member.name}</Link> : null}
        </span>
        <p>{task ? <Link to={`/tasks/${task}`}>{sentence(item.sentence)}</Link> : sentence(item.sentence)}</p>
      </div>
      <span className="actions">
        {offered.length > 0
          ? offered.slice(0, 2).map((action, index) => <Button key={action.action} type={index === 0 && item.level !== 'normal' ? 'primary' : 'default'} onClick={() => run(action)}>{t(action.label_code, { defaultValue: action.label_code })}</Button>)
          : task ? <TaskActions id={task} kind={item.kind} pressing={item.level !== 'normal'} /> : null}
      </span>
      {task ? <HandOver open={handing} onClose={() => setHanding(false)} onChoose={(to) => hand.mutate({ id: task, to }, { onError: trouble, onSuccess: (from) => done(t('task.handed_told'), from ? () => hand.mutateAsync({ id: task, to: from }) : undefined) })} /> : null}
    </li>
  );
}

/** What needs me now, in the fixed order of the trade. */
export default function TodayPlace() {
  const { t, sentence, zone, clock } = useSpeak();
  const can = useCan();
  const [state, patch] = useUrlState();
  useTopics('today');
  const today = useToday();
  const week = useMemo(() => lastDays(7, zone, Date.now()), [zone]);
  const month = useMemo(() => monthSoFar(zone, Date.now()), [zone]);
  if (today.isPending) return <Skeleton active className="sheet" paragraph={{ rows: 8 }} />;
  if (today.isError) return <Trouble error={today.error} retry={() => void today.refetch()} />;
  const { items, count, minutes, sales, digest, as_of } = today.data;
  return (
    <>
      <PageHead title={t('shell.place.today')} note={<span aria-live="polite">{count > 0 ? t('today.header', { count, minutes }) : t('today.header_none')}</span>} extra={<span className="quiet">{t('today.as_of', { time: clock(as_of) })}</span>} />
      {digest ? <p className="digest">{sentence(digest)}{can('report.read') ? <> <Button type="link" size="small" onClick={() => patch({ digest: 'yesterday' })}>{t('digest.yesterday')}</Button></> : null}</p> : null}
      {can('report.read') && state.digest ? <DigestDrawer day={state.digest === 'yesterday' ? null : state.digest} onClose={() => patch({ digest: null })} /> : null}
      <div className="today">
        <section className="today-list" aria-label={t('today.list')}>
          {items.length === 0 ? (
            <Blank picture="calm" title={t('today.blank')} text={t('today.blank_text')} action={<Link to="/groups"><Button icon={<CheckCircleFilled />}>{t('today.blank_go')}</Button></Link>} />
          ) : (
            <ul className="sheet flush">{items.map((item) => <Row key={item.id} item={item} />)}</ul>
          )}
        </section>
        {sales ? (
          <aside aria-label={t('today.sales')}>
            <SalesSheet sales={sales} period={month} figures={can('report.read')} />
          </aside>
        ) : null}
      </div>
      {can('report.read') ? <StoreRanking period={week} /> : null}
    </>
  );
}
