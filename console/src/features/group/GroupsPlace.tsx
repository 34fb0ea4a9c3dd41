import { AppstoreOutlined, BarsOutlined, PlusOutlined, WarningFilled } from '@ant-design/icons';
import { Button, Dropdown, Progress, Segmented, Tooltip, type TableColumnsType } from 'antd';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { address } from '../../api/client';
import type { GroupRow } from '../../api/contract';
import { useTopics } from '../../api/live';
import { useSavedViews } from '../../api/savedViews';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { FilterBar } from '../../kit/FilterBar';
import { usePhone } from '../../kit/media';
import { usePalette } from '../../kit/palette';
import { PageHead } from '../../kit/PageHead';
import { PagedList } from '../../kit/PagedList';
import { only } from '../../kit/paging';
import { Spark } from '../../kit/Spark';
import { useTell } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { useCan } from '../session/session';
import { useBranches } from '../staff/queries';
import { BulkPreviewModal, type BulkAction } from './Bulk';
import { GroupEditor } from './GroupEditor';
import { healthClasses, HealthTag } from './HealthTag';
import { groupFilters, useGroups } from './queries';
import { RepeatMembers } from './RepeatMembers';
import { WorkspaceHealth } from './WorkspaceHealth';

export const stages = ['launch', 'growth', 'peak', 'decline', 'end'];
export const audiences = ['customer', 'product', 'knowledge'];
const views = ['staff_short', 'one_admin', 'silent_7d', 'code_expiring', 'repeat_members', 'name_off', 'past_end'];

function Capacity({ row }: { row: GroupRow }) {
  const { t, count } = useSpeak();
  const colour = usePalette();
  const share = row.capacity_code > 0 ? Math.min(1, row.members / row.capacity_code) : 0;
  // A group that is full only takes nobody by its code; what has to be done about it stands in Today.
  const full = row.members >= row.capacity_code;
  const nearly = !full && row.members >= row.capacity_code - 10;
  return (
    <Tooltip title={t('group.capacity_text', { members: row.members, min: row.capacity_advice.min, max: row.capacity_advice.max, code: row.capacity_code })}>
      <span className="capacity" tabIndex={0}>
        <span className={nearly ? 'warn-text' : undefined}>{count(row.members)}<span className="quiet">/{row.capacity_code}</span></span>
        {full ? <small className="quiet">{t('group.code_full')}</small> : <Progress percent={share * 100} showInfo={false} size={{ height: 4 }} strokeColor={nearly ? colour.amber : undefined} aria-label={t(nearly ? 'group.code_nearly' : 'group.capacity')} />}
      </span>
    </Tooltip>
  );
}

function Name({ row }: { row: GroupRow }) {
  const { t } = useSpeak();
  return (
    <span className="group-name">
      <Link to={`/groups/${row.id}`}>{row.name}</Link>
      {row.name_ok ? null : <Tooltip title={t('group.name_off')}><WarningFilled className="warn" tabIndex={0} aria-label={t('group.name_off')} /></Tooltip>}
    </span>
  );
}

const isView = (value: string | undefined, wanted: string) => value === wanted;

/** Which groups live, fade, die. */
export default function GroupsPlace() {
  const { t, count, ago, day, list, language } = useSpeak();
  const navigate = useNavigate();
  const phone = usePhone();
  const can = useCan();
  const { trouble } = useTell();
  const [state, patch] = useUrlState();
  const [selected, setSelected] = useState<string[]>([]);
  const [bulk, setBulk] = useState<BulkAction | null>(null);
  const [adding, setAdding] = useState(false);
  const branches = useBranches();
  const savedViews = useSavedViews('groups', trouble);
  useTopics('groups');
  const asked = { ...only(state, groupFilters), sort: state.sort ?? 'urgency' };
  const repeat = isView(state.view, 'repeat_members');
  const query = useGroups(asked, !repeat);
  const columns: (NonNullable<TableColumnsType<GroupRow>[number]> & { key: string })[] = [
    { key: 'name', title: t('group.name'), render: (_, row) => <><Name row={row} /><div className="quiet clip" title={row.purpose}>{[row.branch?.name, row.purpose].filter(Boolean).join(' · ')}</div></> },
    { key: 'health', title: t('group.health'), render: (_, row) => <HealthTag health={row.health} /> },
    { key: 'members', title: t('group.members'), render: (_, row) => <Capacity row={row} /> },
    { key: 'contributors', title: t('group.contributors'), align: 'end', render: (_, row) => row.contributors === null ? <span className="quiet">{t('unknown.short')}</span> : count(row.contributors) },
    { key: 'spark', title: t('group.spark'), render: (_, row) => <Spark values={row.spark} label={t('group.spark_of', { name: row.name })} /> },
    { key: 'stage', title: t('group.stage'), render: (_, row) => t(`group.stage.${row.stage}`, { defaultValue: row.stage }) },
    { key: 'staff', title: t('group.staff'), render: (_, row) => row.staff.length === 0 ? <span className="bad">{t('group.no_staff')}</span> : <span className={row.staff.length < 2 ? 'warn-text' : undefined}>{list(row.staff.slice(0, 3).map((one) => one.name))}</span> },
    { key: 'last', title: t('group.last_post'), render: (_, row) => row.last_post_at ? ago(row.last_post_at) : <span className="quiet">—</span> },
    { key: 'channel', title: t('group.channel'), render: (_, row) => t(`channel.profile.${row.channel_profile ?? row.channel}`, { defaultValue: row.channel }) },
    { key: 'ends', title: t('group.ends_on'), render: (_, row) => row.ends_on ? day(row.ends_on) : <span className="quiet">{t('group.no_end')}</span> },
  ];
  const allKeys = columns.map((column) => column.key);
  const shown = state.columns ? state.columns.split(',') : allKeys.filter((key) => key !== 'channel' && key !== 'ends');
  const card = (row: GroupRow) => (
    <>
      <div className="card-top"><Name row={row} /><HealthTag health={row.health} /></div>
      <div className="quiet">{[row.branch?.name, t(`group.stage.${row.stage}`, { defaultValue: row.stage })].filter(Boolean).join(' · ')}</div>
      <div className="group-card-mid"><Capacity row={row} /><Spark values={row.spark} width={110} label={t('group.spark_of', { name: row.name })} /></div>
      <div className="pairs">
        <span>{t('group.contributors')} {row.contributors === null ? t('unknown.short') : count(row.contributors)}</span>
        <span>{t('group.last_post')} {row.last_post_at ? ago(row.last_post_at) : '—'}</span>
        <span>{t('group.staff')} {row.staff.length === 0 ? <b className="bad">{t('group.no_staff')}</b> : list(row.staff.map((one) => one.name).slice(0, 2))}</span>
      </div>
    </>
  );
  const filtered = Object.keys(only(state, groupFilters)).filter((key) => key !== 'sort').length > 0;
  return (
    <>
      <PageHead
        title={t('shell.place.group')}
        note={t('group.note')}
        extra={can('group.edit') ? <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>{t('group.add')}</Button> : null}
      />
      {can('report.read') ? <WorkspaceHealth branch={state.branch} open={state.overview !== 'no'} setOpen={(open) => patch({ overview: open ? null : 'no' })} /> : null}
      <div className="view-row" role="group" aria-label={t('group.views')}>
        {views.map((view) => (
          <Button key={view} size="small" shape="round" type={isView(state.view, view) ? 'primary' : 'default'} aria-pressed={isView(state.view, view)} onClick={() => patch({ view: isView(state.view, view) ? null : view })}>{t(`group.view.${view}`)}</Button>
        ))}
      </div>
      <FilterBar
        state={state}
        patch={patch}
        placeholder={t('group.search')}
        filters={[
          { key: 'branch', label: t('group.branch'), searchable: true, choices: (branches.data ?? []).map((branch) => ({ value: branch.id, label: branch.name })) },
          { key: 'health', label: t('group.health'), choices: healthClasses.map((value) => ({ value, label: t(`health.class.${value}`) })) },
          { key: 'audience', label: t('group.audience'), choices: audiences.map((value) => ({ value, label: t(`group.audience.${value}`) })) },
          { key: 'stage', label: t('group.stage'), choices: stages.map((value) => ({ value, label: t(`group.stage.${value}`) })) },
        ]}
        sorts={['urgency', 'name', '-members', '-messages_7d', 'last_post_at', 'ends_on'].map((value) => ({ value, label: t(`group.sort.${value}`) }))}
        exportHref={can('group.export') ? address('/groups/export.csv', { ...asked, locale: language }) : undefined}
        columns={state.as === 'cards' ? undefined : { all: columns.filter((column) => column.key !== 'name').map((column) => ({ value: column.key, label: String(column.title) })), shown, set: (keys) => patch({ columns: ['name', ...keys].join(',') }) }}
        views={can('view.edit') ? savedViews : undefined}
        extra={phone ? null : <Segmented aria-label={t('group.look')} value={state.as === 'cards' ? 'cards' : 'table'} onChange={(value) => patch({ as: value === 'cards' ? 'cards' : null })} options={[{ value: 'table', icon: <BarsOutlined aria-label={t('group.as_table')} /> }, { value: 'cards', icon: <AppstoreOutlined aria-label={t('group.as_cards')} /> }]} />}
      />
      {selected.length > 0 ? (
        <div className="bulk-bar" role="region" aria-label={t('kit.selected')}>
          <span aria-live="polite">{t('group.selected', { count: selected.length })}</span>
          <Dropdown trigger={['click']} menu={{ items: stages.map((value) => ({ key: value, label: t(`group.stage.${value}`) })), onClick: ({ key }) => setBulk({ action: 'set_stage', args: { stage: key } }) }}><Button size="small">{t('group.bulk.set_stage')}</Button></Dropdown>
          <Dropdown trigger={['click']} menu={{ items: (branches.data ?? []).map((branch) => ({ key: branch.id, label: branch.name })), onClick: ({ key }) => setBulk({ action: 'move_branch', args: { branch_id: key } }) }}><Button size="small">{t('group.bulk.move_branch')}</Button></Dropdown>
          <Button size="small" onClick={() => setBulk({ action: 'rename_tasks', args: {} })}>{t('group.bulk.rename_tasks')}</Button>
          {can('group.archive') ? <Button size="small" danger onClick={() => setBulk({ action: 'archive', args: {} })}>{t('group.bulk.archive')}</Button> : null}
          <Button size="small" type="link" onClick={() => setSelected([])}>{t('kit.clear')}</Button>
        </div>
      ) : null}
      {repeat ? <RepeatMembers /> : (
        <PagedList<GroupRow>
          label={t('shell.place.group')}
          query={query}
          rowKey={(row) => row.id}
          rowName={(row) => row.name}
          columns={columns.filter((column) => shown.includes(column.key))}
          cards={state.as === 'cards'}
          card={card}
          onOpen={(row) => void navigate(`/groups/${row.id}`)}
          selection={can('group.edit') ? { keys: selected, set: setSelected } : undefined}
          blank={filtered
            ? <Blank picture="list" title={t('group.none_found')} text={t('group.none_found_text')} action={<Button onClick={() => patch(Object.fromEntries(groupFilters.map((key) => [key, null])))}>{t('kit.clear_all')}</Button>} />
            : <Blank picture="list" title={t('group.blank')} text={t('group.blank_text')} action={can('group.edit') ? <span className="actions"><Button type="primary" onClick={() => setAdding(true)}>{t('group.add')}</Button><Link to="/imports"><Button>{t('group.blank_import')}</Button></Link></span> : undefined} />}
        />
      )}
      <BulkPreviewModal bulk={bulk} ids={selected} onClose={() => setBulk(null)} onDone={() => setSelected([])} />
      <GroupEditor open={adding} onClose={() => setAdding(false)} onSaved={(group) => void navigate(`/groups/${group.id}`)} />
    </>
  );
}
