import { PlusOutlined } from '@ant-design/icons';
import { Button, Skeleton, Tag, type TableColumnsType } from 'antd';
import { Link, useNavigate } from 'react-router';
import type { PlaybookRow, PlaybookRun } from '../../api/contract';
import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { PageHead } from '../../kit/PageHead';
import { PagedList } from '../../kit/PagedList';
import { Tabs } from '../../kit/Tabs';
import { Trouble } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { useCan } from '../session/session';
import { wordsIn } from './filled';
import { usePlaybooks, useRuns } from './queries';
import { RunState } from './RunState';

/** The procedures there are, and those under way. req: 003-120 */
export default function PlaybooksPlace() {
  const { t } = useSpeak();
  const can = useCan();
  const [state, patch] = useUrlState();
  useTopics('playbooks');
  const add = can('playbook.edit') ? <Link to="/playbooks/new"><Button icon={<PlusOutlined aria-hidden />}>{t('playbook.new')}</Button></Link> : null;
  const tab = state.tab === 'runs' ? 'runs' : 'all';
  return (
    <>
      <PageHead title={t('shell.place.playbook')} note={t('playbook.note')} extra={add} />
      <Tabs label={t('shell.place.playbook')} active={tab} onChange={(key) => patch({ tab: key === 'all' ? null : key })} items={[{ key: 'all', label: t('playbook.all'), children: <All /> }, { key: 'runs', label: t('playbook.runs'), children: <Runs query={{}} /> }]} />
    </>
  );
}

function All() {
  const query = usePlaybooks();
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  return <ul className="playbooks">{query.data.map((row) => <li key={row.name}><Card row={row} /></li>)}</ul>;
}

function Card({ row }: { row: PlaybookRow }) {
  const { t, language, count } = useSpeak();
  return (
    <Link to={`/playbooks/${row.name}`} className="sheet playbook">
      <h2>{wordsIn(row.title, language)}</h2>
      <p className="quiet">{wordsIn(row.aim, language)}</p>
      <span className="tags">
        {row.held > 0 ? <Tag color="gold">{t('playbook.held_n', { n: count(row.held) })}</Tag> : null}
        {row.running > 0 ? <Tag color="green">{t('playbook.running_n', { n: count(row.running) })}</Tag> : null}
        {row.on_since ? <Tag color="green">{t('playbook.on')}</Tag> : row.by_itself ? <Tag>{t('playbook.by_itself')}</Tag> : null}
        {row.own ? <Tag>{t('playbook.own')}</Tag> : null}
      </span>
    </Link>
  );
}

/** Runs, newest first. */
export function Runs({ query: asked }: { query: Record<string, string> }) {
  const { t, language, moment } = useSpeak();
  const navigate = useNavigate();
  const query = useRuns(asked);
  const name = (row: PlaybookRun) => <Link to={`/playbooks/runs/${row.id}`}>{wordsIn(row.title, language)}</Link>;
  const next = (row: PlaybookRun) => row.ended_at ? t('playbook.ended', { time: moment(row.ended_at) }) : row.wake_at ? t('playbook.next', { time: moment(row.wake_at) }) : '';
  const columns: TableColumnsType<PlaybookRun> = [
    { key: 'name', title: t('shell.place.playbook'), render: (_, row) => <>{name(row)}{row.about ? <div className="quiet">{row.about}</div> : null}</> },
    { key: 'state', title: t('playbook.state'), render: (_, row) => <><RunState run={row} /><div className="quiet">{next(row)}</div></> },
    { key: 'at', title: t('playbook.at'), render: (_, row) => moment(row.at) },
    { key: 'who', title: t('playbook.starter'), render: (_, row) => <>{row.starter}<div className="quiet">{moment(row.started_at)}</div></> },
  ];
  return (
    <PagedList<PlaybookRun>
      label={t('playbook.runs')}
      query={query}
      rowKey={(row) => row.id}
      columns={columns}
      onOpen={(row) => void navigate(`/playbooks/runs/${row.id}`)}
      card={(row) => (
        <>
          <div className="card-top">{name(row)}<RunState run={row} /></div>
          <div className="pairs">{row.about ? <span>{row.about}</span> : null}<span>{moment(row.at)}</span><span>{next(row)}</span></div>
        </>
      )}
      blank={<Blank picture="list" title={t('playbook.no_runs')} text={t('playbook.no_runs_text')} />}
    />
  );
}
