import { ArrowLeftOutlined, CopyOutlined } from '@ant-design/icons';
import { Button, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { PageHead } from '../../kit/PageHead';
import { Trouble } from '../../kit/Trouble';
import { useTask } from './queries';
import { TaskActions } from './TaskActions';
import { Outcome } from './TasksPlace';

/** One task on a phone: copy, do it in the channel's own app, say that it is done. */
export default function TaskPlace() {
  const { id = '' } = useParams();
  const { t, sentence } = useSpeak();
  const query = useTask(id);
  const [copied, setCopied] = useState(false);
  useTopics('tasks');
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} whole />;
  const task = query.data;
  const copy = () => void navigator.clipboard?.writeText(task.body).then(() => setCopied(true));
  return (
    <>
      <PageHead
        title={sentence(task.what)}
        back={<Link to="/tasks" className="back"><ArrowLeftOutlined /> {t('shell.place.task')}</Link>}
        note={<span className="tags"><Tag>{t(`task.kind.${task.kind}`, { defaultValue: task.kind })}</Tag>{task.group ? <Link to={`/groups/${task.group.id}`}>{task.group.name}</Link> : null}{task.member ? <span>{task.member.name}</span> : null}<Outcome task={task} /></span>}
      />
      <section className="sheet">
        {task.why.code ? <p>{t('task.because', { why: sentence(task.why) })}</p> : null}
        <p className="quiet">{t(task.done_check === 'channel' ? 'task.check_channel' : 'task.check_self')}</p>
        <ol className="hand-steps">
          {task.body ? <li><div><strong>{t('task.step_copy')}</strong><p className="paste">{task.body}</p><Button icon={<CopyOutlined />} onClick={copy}>{t(copied ? 'task.copied' : 'task.copy')}</Button></div></li> : null}
          <li><div><strong>{t('task.step_do')}</strong><p className="quiet">{task.group ? t('task.step_do_group', { group: task.group.name }) : t('task.step_do_text')}</p></div></li>
          {task.state === 'open' ? <li><div><strong>{t('task.step_tell')}</strong><p><TaskActions id={task.id} pressing /></p></div></li> : null}
        </ol>
      </section>
    </>
  );
}
