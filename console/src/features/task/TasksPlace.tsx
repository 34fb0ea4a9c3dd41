import { Segmented, Tag } from 'antd';
import type { TableColumnsType } from 'antd';
import { Link } from 'react-router';
import { address } from '../../api/client';
import type { Task } from '../../api/contract';
import { useTopics } from '../../api/live';
import { useSavedViews } from '../../api/savedViews';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { Countdown } from '../../kit/Countdown';
import { FilterBar } from '../../kit/FilterBar';
import { PageHead } from '../../kit/PageHead';
import { PagedList } from '../../kit/PagedList';
import { only } from '../../kit/paging';
import { useTell } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { useCan } from '../session/session';
import { useColleagues } from '../staff/queries';
import { useTasks } from './queries';
import { TaskActions } from './TaskActions';

const kinds = ['complaint', 'code', 'do', 'reply', 'appeal', 'reconciliation', 'hint'];
const levelColor: Record<Task['level'], string> = { urgent: 'red', warn: 'gold', normal: 'default' };

export function Outcome({ task }: { task: Task }) {
  const { t, moment, word } = useSpeak();
  const can = useCan();
  const colleagues = useColleagues(can('staff.read') && Boolean(task.done_by));
  if (task.state === 'open') return task.due_at ? <Countdown due={task.due_at} /> : <span className="quiet">{t('task.no_due')}</span>;
  const by = (colleagues.data ?? []).find((one) => task.done_by?.endsWith(one.id))?.name;
  return (
    <span className="quiet">
      {word('task.state', task.state)}
      {task.state === 'impossible' && task.outcome ? ` · ${word('task.refusal', task.outcome)}` : ''}
      {task.state === 'done' && task.outcome ? ` · ${t(task.outcome === 'channel' ? 'task.channel_told' : 'task.self_told')}` : ''}
      {by ? ` · ${by}` : ''}{task.done_at ? ` · ${moment(task.done_at)}` : ''}
    </span>
  );
}

/** What people have to do, by deadline. */
export default function TasksPlace() {
  const { t, sentence, language } = useSpeak();
  const can = useCan();
  const { trouble } = useTell();
  const [state, patch] = useUrlState();
  useTopics('tasks');
  const which = state.state ?? 'open';
  const asked = { state: which, ...only(state, ['q', 'assignee', 'kind', 'group']) };
  const query = useTasks(asked);
  const savedViews = useSavedViews('tasks', trouble);
  const colleagues = useColleagues(true);
  const columns: TableColumnsType<Task> = [
    { key: 'what', title: t('task.what'), render: (_, task) => (
      <div className="task-what">
        <span className="task-line"><Tag color={levelColor[task.level]}>{t(`task.kind.${task.kind}`, { defaultValue: task.kind })}</Tag><Link to={`/tasks/${task.id}`}>{sentence(task.what)}</Link></span>
        {task.why.code ? <div className="quiet">{t('task.because', { why: sentence(task.why) })}</div> : null}
      </div>
    ) },
    { key: 'group', title: t('task.group'), render: (_, task) => task.group ? <Link to={`/groups/${task.group.id}`}>{task.group.name}</Link> : '—' },
    { key: 'who', title: t('task.assignee'), render: (_, task) => task.assignee?.name ?? t('task.nobody') },
    { key: 'due', title: t('task.due'), render: (_, task) => <Outcome task={task} /> },
    { key: 'act', title: <span className="unseen">{t('kit.actions')}</span>, align: 'end', render: (_, task) => task.state === 'open' ? <TaskActions id={task.id} kind={task.kind} small pressing={task.level !== 'normal'} /> : null },
  ];
  return (
    <>
      <PageHead title={t('shell.place.task')} note={t('task.note')} />
      <Segmented aria-label={t('task.which')} value={which} onChange={(value) => patch({ state: value === 'open' ? null : value })} options={['open', 'done', 'all'].map((value) => ({ value, label: t(`task.list.${value}`) }))} />
      <FilterBar
        state={state}
        patch={patch}
        placeholder={t('task.search')}
        exportHref={address('/tasks/export.csv', { ...asked, locale: language })}
        views={can('view.edit') ? savedViews : undefined}
        filters={[
          { key: 'kind', label: t('task.kind'), choices: kinds.map((kind) => ({ value: kind, label: t(`task.kind.${kind}`) })) },
          { key: 'assignee', label: t('task.assignee'), searchable: true, choices: (colleagues.data ?? []).map((row) => ({ value: row.id, label: row.name })) },
        ]}
      />
      <PagedList<Task>
        label={t('shell.place.task')}
        query={query}
        rowKey={(task) => task.id}
        columns={columns}
        card={(task) => (
          <>
            <div className="card-top"><Tag color={levelColor[task.level]}>{t(`task.kind.${task.kind}`, { defaultValue: task.kind })}</Tag><Outcome task={task} /></div>
            <p className="card-sentence"><Link to={`/tasks/${task.id}`}>{sentence(task.what)}</Link></p>
            {task.why.code ? <p className="quiet">{t('task.because', { why: sentence(task.why) })}</p> : null}
            <div className="card-foot"><span className="quiet">{[task.group?.name, task.assignee?.name].filter(Boolean).join(' · ')}</span>{task.state === 'open' ? <TaskActions id={task.id} kind={task.kind} small pressing={task.level !== 'normal'} /> : null}</div>
          </>
        )}
        blank={<Blank picture="calm" title={t('task.blank')} text={t('task.blank_text')} />}
      />
    </>
  );
}
