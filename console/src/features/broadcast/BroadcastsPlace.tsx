import { PlusOutlined } from '@ant-design/icons';
import { Button, Tag, type TableColumnsType } from 'antd';
import { Link, useNavigate } from 'react-router';
import type { Broadcast } from '../../api/contract';
import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { FilterBar } from '../../kit/FilterBar';
import { PageHead } from '../../kit/PageHead';
import { PagedList } from '../../kit/PagedList';
import { only } from '../../kit/paging';
import { useUrlState } from '../../kit/urlState';
import { useCan } from '../session/session';
import { HowFar, StateTag, useNamed } from './HowFar';
import { useBroadcasts } from './queries';

const states = ['draft', 'scheduled', 'running', 'paused', 'done', 'stopped'];

/** What was said to many groups at once, and how far it has come. req: 003-069 */
export default function BroadcastsPlace() {
  const { t, moment } = useSpeak();
  const can = useCan();
  const said = useNamed();
  const navigate = useNavigate();
  const [state, patch] = useUrlState();
  useTopics('broadcasts');
  const asked = only(state, ['q', 'state']);
  const query = useBroadcasts(asked);
  const when = ({ started_at: started, at, state: now }: Broadcast) => started ? moment(started) : at ? moment(at) : t(now === 'draft' ? 'broadcast.when_unset' : 'broadcast.when_now');
  const add = can('broadcast.edit') ? <Link to="/broadcasts/new"><Button type="primary" icon={<PlusOutlined aria-hidden />}>{t('broadcast.new')}</Button></Link> : null;
  const name = (row: Broadcast) => <Link to={`/broadcasts/${row.id}`}>{row.name}</Link>;
  const selling = (row: Broadcast) => row.selling ? <Tag>{t('broadcast.selling_short')}</Tag> : null;
  const columns: TableColumnsType<Broadcast> = [
    { key: 'name', title: t('broadcast.name'), render: (_, row) => <>{name(row)} {selling(row)}<div className="quiet clip" title={said(row.text)}>{said(row.text)}</div></> },
    { key: 'when', title: t('broadcast.when'), render: (_, row) => <><StateTag broadcast={row} /><div className="quiet">{when(row)}</div></> },
    { key: 'mode', title: t('broadcast.mode'), render: (_, row) => t(`broadcast.mode.${row.mode}`) },
    { key: 'far', title: t('broadcast.far'), render: (_, row) => <HowFar broadcast={row} /> },
    { key: 'who', title: t('broadcast.author'), render: (_, row) => <>{row.author}<div className="quiet">{moment(row.created_at)}</div></> },
  ];
  const filtered = Object.keys(asked).length > 0;
  return (
    <>
      <PageHead title={t('shell.place.broadcast')} note={t('broadcast.note')} extra={add} />
      <FilterBar state={state} patch={patch} placeholder={t('broadcast.search')} filters={[{ key: 'state', label: t('broadcast.state'), choices: states.map((value) => ({ value, label: t(`broadcast.state.${value}`) })) }]} />
      <PagedList<Broadcast>
        label={t('shell.place.broadcast')}
        query={query}
        rowKey={(row) => row.id}
        columns={columns}
        onOpen={(row) => void navigate(`/broadcasts/${row.id}`)}
        card={(row) => (
          <>
            <div className="card-top">{name(row)}<StateTag broadcast={row} /></div>
            <p className="quiet clip-line">{said(row.text).slice(0, 60)}</p>
            <HowFar broadcast={row} />
            <div className="pairs"><span>{t(`broadcast.mode.${row.mode}`)}</span><span>{when(row)}</span><span>{row.author}</span>{selling(row)}</div>
          </>
        )}
        blank={filtered ? <Blank picture="list" title={t('broadcast.none_found')} text={t('broadcast.none_found_text')} /> : <Blank title={t('broadcast.blank')} text={t('broadcast.blank_text')} action={add} />}
      />
    </>
  );
}
