import { ArrowLeftOutlined, CopyOutlined } from '@ant-design/icons';
import { Button, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { PageHead } from '../../kit/PageHead';
import { Trouble } from '../../kit/Trouble';
import { useGroupRights } from '../channel/queries';
import { useCan } from '../session/session';
import { useTask } from './queries';
import { appOf } from './apps';
import { TaskActions } from './TaskActions';
import { TaskPicture } from './TaskPicture';
import { Outcome } from './TasksPlace';

/** One task on a phone: copy, do it in the channel's own app, say that it is done. */
export default function TaskPlace() {
  const { id = '' } = useParams();
  const { t, sentence } = useSpeak();
  const can = useCan();
  const navigate = useNavigate();
  const query = useTask(id);
  const rights = useGroupRights(query.data?.group?.id ?? '');
  const [copied, setCopied] = useState(false);
  useTopics('tasks');
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} whole />;
  const task = query.data;
  const app = appOf(task.network, rights.data?.profile);
  const given = task.what.args as Record<string, unknown>;
  const cannot = typeof given['cannot'] === 'string' ? given['cannot'] : '';
  // What is decided in the console is decided there, and its task ends with it.
  const place = task.state !== 'open' ? null
    : task.kind === 'appeal' && can('moderation.decide') ? { to: '/moderation?tab=appeals', words: 'task.to_appeals' }
      : task.what.code === 'task.knock' && task.group && can('gate.admit') ? { to: `/groups/${task.group.id}?tab=gate`, words: 'task.to_gate' } : null;
  const where = task.group ? t('task.step_do_group', { group: task.group.name }) : t('task.step_do_text');
  const copy = () => void navigator.clipboard?.writeText(task.body).then(() => setCopied(true));
  return (
    <>
      <PageHead
        title={sentence(task.what)}
        back={<Link to="/tasks" className="back"><ArrowLeftOutlined aria-hidden /> {t('shell.place.task')}</Link>}
        note={<span className="tags"><Tag>{t(`task.kind.${task.kind}`, { defaultValue: task.kind })}</Tag>{task.group ? <Link to={`/groups/${task.group.id}`}>{task.group.name}</Link> : null}{task.member ? <span>{task.member.name}</span> : null}<span>{task.assignee ? t('task.in_charge', { name: task.assignee.name }) : t('task.nobody')}</span><Outcome task={task} /></span>}
      />
      <section className="sheet">
        {task.why.code ? <p>{t('task.because', { why: sentence(task.why) })}</p> : null}
        {cannot && cannot !== task.why.code ? <p className="quiet">{t('task.cannot', { why: t(cannot) })}</p> : null}
        {task.proof ? <p>{t('task.proof_shown', { proof: task.proof })}</p> : null}
        <p className="quiet">{t(task.done_check === 'channel' ? 'task.check_channel' : 'task.check_self')}</p>
        {place ? <p><Button type="primary" onClick={() => void navigate(place.to)}>{t(place.words)}</Button></p> : null}
        <ol className="hand-steps">
          {task.body ? <li><div><strong>{t('task.step_copy')}</strong><p className="paste">{task.body}</p><Button icon={<CopyOutlined aria-hidden />} onClick={copy}>{t(copied ? 'task.copied' : 'task.copy')}</Button></div></li> : null}
          {task.picture ? <li><div><strong>{t('task.step_picture')}</strong><TaskPicture says={task.picture} name={task.group?.name ?? task.id} /></div></li> : null}
          {place ? null : <li><div>{app ? <><strong>{where}</strong><p><Button href={app.url}>{t(app.name)}</Button></p></> : <><strong>{t('task.step_do')}</strong><p className="quiet">{where}</p></>}</div></li>}
          {task.state === 'open' ? <li><div><strong>{t('task.step_tell')}</strong><p><TaskActions id={task.id} kind={task.kind} pressing={place === null} told={task.body ? 'task.sent' : 'task.done'} withProof={task.done_check === 'self'} /></p></div></li> : null}
        </ol>
      </section>
    </>
  );
}
