import { PlusOutlined } from '@ant-design/icons';
import { Button, Form, Input, Modal, Select, Tag, type TableColumnsType } from 'antd';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { address } from '../../api/client';
import type { MemberRow } from '../../api/contract';
import { useTopics } from '../../api/live';
import { useSavedViews } from '../../api/savedViews';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { FilterBar } from '../../kit/FilterBar';
import { PageHead } from '../../kit/PageHead';
import { PagedList } from '../../kit/PagedList';
import { only } from '../../kit/paging';
import { Preview } from '../../kit/Preview';
import { TroubleLine, useTell } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { useGroupChoices } from '../group/queries';
import { useCan } from '../session/session';
import { useBranches } from '../staff/queries';
import { Found } from './Found';
import { type BulkTag, bulkTagPreview, findings, memberFilters, useBulkTag, useMemberAdd, useMembers, useTags } from './queries';

export const memberRoles = ['payer', 'participant', 'bystander', 'creator', 'manager', 'partner'];

function AddMember({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useSpeak();
  const navigate = useNavigate();
  const add = useMemberAdd();
  const [form] = Form.useForm<{ name: string; phone?: string }>();
  return (
    <Modal open={open} title={t('member.add')} onCancel={onClose} okText={t('member.add')} cancelText={t('kit.cancel')} confirmLoading={add.isPending} onOk={() => form.submit()} destroyOnHidden>
      <Form form={form} layout="vertical" onFinish={(fields) => add.mutate(fields, { onSuccess: (member) => { onClose(); void navigate(`/members/${member.id}`); } })}>
        <Form.Item name="name" label={t('member.name')} rules={[{ required: true, message: t('member.name_missing') }]}><Input maxLength={100} /></Form.Item>
        <Form.Item name="phone" label={t('member.phone')}><Input inputMode="tel" maxLength={20} /></Form.Item>
        <TroubleLine error={add.error} />
      </Form>
    </Modal>
  );
}

/** Who the members are. */
export default function MembersPlace() {
  const { t, count, exactMoney, ago, moment, list, language } = useSpeak();
  const can = useCan();
  const navigate = useNavigate();
  const { trouble, done } = useTell();
  const [state, patch] = useUrlState();
  const [selected, setSelected] = useState<string[]>([]);
  const [adding, setAdding] = useState(false);
  const [tagging, setTagging] = useState<{ all: boolean } | null>(null);
  const [tag, setTag] = useState<string>();
  const [taking, setTaking] = useState(false);
  const tags = useTags();
  const branches = useBranches();
  const groups = useGroupChoices('');
  const bulk = useBulkTag();
  const savedViews = useSavedViews('members', trouble);
  useTopics('members');
  const asked = only(state, memberFilters);
  const query = useMembers(asked);
  const total = query.data?.pages[0]?.total;
  const columns: TableColumnsType<MemberRow> = [
    { key: 'name', title: t('member.name'), render: (_, row) => <><Link to={`/members/${row.id}`}>{row.name}</Link>{row.possible_duplicate ? <Link to={`/members/${row.id}?tab=links`}><Tag color="gold">{t('member.possible_duplicate')}</Tag></Link> : null}</> },
    { key: 'roles', title: t('member.roles'), render: (_, row) => list(row.roles.map((role) => t(`member.role.${role}`, { defaultValue: role }))) || '—' },
    { key: 'tags', title: t('member.tags'), render: (_, row) => <span className="tags">{row.tags.slice(0, 4).map((one) => <Tag key={one.id}>{one.name}</Tag>)}{row.tags.length > 4 ? <span className="quiet">+{row.tags.length - 4}</span> : null}</span> },
    { key: 'groups', title: t('member.groups'), align: 'end', render: (_, row) => row.groups > 1 ? <strong>{row.groups}</strong> : row.groups },
    { key: 'orders', title: t('member.orders'), align: 'end', render: (_, row) => count(row.orders) },
    { key: 'amount', title: t('member.amount'), align: 'end', render: (_, row) => row.orders > 0 ? exactMoney(row.amount_minor) : '—' },
    { key: 'seen', title: t('member.last_seen'), render: (_, row) => row.last_seen_at ? ago(row.last_seen_at) : '—' },
    { key: 'joined', title: t('member.joined'), render: (_, row) => row.joined_at ? moment(row.joined_at) : '—' },
  ];
  const shown = state.columns ? state.columns.split(',') : columns.map((column) => String(column.key)).filter((key) => key !== 'joined');
  const filtered = Object.keys(asked).some((key) => key !== 'sort');
  const body = (): BulkTag => ({ ...(tagging?.all ? { filter: asked } : { ids: selected }), tag: tag ?? '', ...(taking ? { remove: true } : {}) });
  return (
    <>
      <PageHead title={t('shell.place.member')} note={t('member.note')} extra={can('member.edit') ? <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>{t('member.add')}</Button> : null} />
      <div className="view-row" role="group" aria-label={t('member.views')}>
        {['duplicates', 'several_groups', 'new_7d', 'repeat_buyers', 'one_order', 'no_orders', 'silent_30d', 'slipping', 'connectors', 'same_inviter_burst'].map((view) => (
          <Button key={view} size="small" shape="round" type={state.view === view ? 'primary' : 'default'} aria-pressed={state.view === view} onClick={() => patch({ view: state.view === view ? null : view })}>{t(`member.view.${view}`)}</Button>
        ))}
      </div>
      <FilterBar
        state={state}
        patch={patch}
        placeholder={t('member.search')}
        filters={[
          { key: 'tag', label: t('member.tags'), searchable: true, choices: (tags.data ?? []).map((one) => ({ value: one.id, label: one.name })) },
          { key: 'group', label: t('task.group'), searchable: true, choices: (groups.data ?? []).map((one) => ({ value: one.id, label: one.name })) },
          { key: 'branch', label: t('group.branch'), searchable: true, choices: (branches.data ?? []).map((one) => ({ value: one.id, label: one.name })) },
          { key: 'role', label: t('member.roles'), choices: memberRoles.map((value) => ({ value, label: t(`member.role.${value}`) })) },
        ]}
        sorts={['name', '-last_seen_at', '-amount_minor', '-orders', '-joined_at'].map((value) => ({ value, label: t(`member.sort.${value}`) }))}
        exportHref={can('member.export') ? address('/members/export.csv', { ...asked, locale: language }) : undefined}
        columns={{ all: columns.filter((column) => column.key !== 'name').map((column) => ({ value: String(column.key), label: String(column.title) })), shown, set: (keys) => patch({ columns: ['name', ...keys].join(',') }) }}
        views={can('view.edit') ? savedViews : undefined}
        extra={can('member.edit') && filtered && selected.length === 0 ? <Button onClick={() => setTagging({ all: true })}>{t('member.tag_found')}</Button> : null}
      />
      {selected.length > 0 ? (
        <div className="bulk-bar" role="region" aria-label={t('kit.selected')}>
          <span aria-live="polite">{t('member.selected', { count: selected.length })}</span>
          <Button size="small" onClick={() => { setTaking(false); setTagging({ all: false }); }}>{t('member.tag_bulk')}</Button>
          <Button size="small" onClick={() => { setTaking(true); setTagging({ all: false }); }}>{t('member.untag_bulk')}</Button>
          <Button size="small" type="link" onClick={() => setSelected([])}>{t('kit.clear')}</Button>
        </div>
      ) : null}
      {state.view && findings.includes(state.view) ? <Found finding={state.view} /> : null}
      <PagedList<MemberRow>
        label={t('shell.place.member')}
        query={query}
        rowKey={(row) => row.id}
        rowName={(row) => row.name}
        counted="member.counted"
        columns={columns.filter((column) => shown.includes(String(column.key)))}
        onOpen={(row) => void navigate(`/members/${row.id}`)}
        selection={can('member.edit') ? { keys: selected, set: setSelected } : undefined}
        card={(row) => (
          <>
            <div className="card-top"><Link to={`/members/${row.id}`}>{row.name}</Link>{row.orders > 0 ? <strong>{exactMoney(row.amount_minor)}</strong> : null}</div>
            <div className="tags">{row.possible_duplicate ? <Tag color="gold">{t('member.possible_duplicate')}</Tag> : null}{row.tags.slice(0, 4).map((one) => <Tag key={one.id}>{one.name}</Tag>)}</div>
            <div className="pairs"><span>{list(row.roles.map((role) => t(`member.role.${role}`, { defaultValue: role })))}</span><span>{t('member.groups')} {row.groups}</span><span>{t('member.orders')} {count(row.orders)}</span><span>{row.last_seen_at ? ago(row.last_seen_at) : ''}</span></div>
          </>
        )}
        blank={filtered
          ? <Blank picture="list" title={t('member.none_found')} text={t('member.none_found_text')} action={<Button onClick={() => patch(Object.fromEntries(memberFilters.map((key) => [key, null])))}>{t('kit.clear_all')}</Button>} />
          : <Blank picture="list" title={t('member.blank')} text={t('member.blank_text')} action={<Link to="/imports"><Button type="primary">{t('group.blank_import')}</Button></Link>} />}
      />
      <AddMember open={adding} onClose={() => setAdding(false)} />
      <Modal open={tagging !== null && tag === undefined} title={t(taking ? 'member.untag_bulk' : 'member.tag_bulk')} onCancel={() => setTagging(null)} footer={null} destroyOnHidden>
        <Select aria-label={t('member.tag_choose')} placeholder={t('member.tag_choose')} style={{ width: '100%' }} mode={taking ? undefined : 'tags'} maxCount={taking ? undefined : 1} showSearch={{ optionFilterProp: 'label' }} options={(tags.data ?? []).map((one) => ({ value: one.name, label: one.name }))} onChange={(value: string | string[]) => setTag(Array.isArray(value) ? value[0] : value)} />
      </Modal>
      <Preview<{ members: number }>
        open={tagging !== null && tag !== undefined}
        title={t(taking ? 'member.untag_with' : 'member.tag_with', { tag })}
        okText={t(taking ? 'member.untag_do' : 'member.tag_do')}
        load={() => bulkTagPreview(body())}
        onClose={() => { setTagging(null); setTag(undefined); }}
        act={async () => {
          const sent = body();
          await bulk.mutateAsync(sent);
          setSelected([]);
          done(t('member.tagged'), sent.ids ? () => bulk.mutateAsync({ ...sent, remove: !sent.remove }) : undefined);
        }}
      >
        {(preview) => preview ? <p>{t('member.tag_touches', { members: count(preview.members), tag })}{tagging?.all && total && !total.exact ? ` ${t('member.tag_many')}` : ''}</p> : null}
      </Preview>
    </>
  );
}
