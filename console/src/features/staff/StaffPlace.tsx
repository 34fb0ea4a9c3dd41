import { EllipsisOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Dropdown, Form, Input, Modal, Select, Tag, TreeSelect, type TableColumnsType } from 'antd';
import { useState } from 'react';
import { address } from '../../api/client';
import type { StaffIn, StaffRow } from '../../api/contract';
import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { FilterBar } from '../../kit/FilterBar';
import { PageHead } from '../../kit/PageHead';
import { PagedList } from '../../kit/PagedList';
import { only } from '../../kit/paging';
import { Tabs } from '../../kit/Tabs';
import { TroubleLine, useTell } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { branchTree } from '../group/GroupForm';
import { useMembers } from '../member/queries';
import { useCan } from '../session/session';
import { Leaving } from './Leaving';
import { LinkShown, type ShownLink } from './LinkShown';
import { roleOf, titles, type Role } from './titles';
import { Matrix } from './Matrix';
import { useBranches, useDeviceLink, usePasswordReset, useStaff, useStaffAdd, useStaffEdit, useUnlock } from './queries';

export const roles: Role[] = ['owner', 'operator', 'manager', 'service', 'analyst'];

interface Fields extends StaffIn { member_id?: string | null }

/** The record that somebody writes under in groups, found by its name. */
function MemberSelect({ now, value, onChange }: { now: StaffRow['member']; value?: string | null; onChange?: (id: string | null) => void }) {
  const { t } = useSpeak();
  const [q, setQ] = useState('');
  const search = useMembers({ q: q.trim() }, q.trim() !== '');
  const found = (search.data?.pages.flatMap((page) => page.items) ?? []).slice(0, 20).map(({ id, name }) => ({ value: id, label: name }));
  const options = now && !found.some((one) => one.value === now.id) ? [{ value: now.id, label: now.name }, ...found] : found;
  return <Select allowClear showSearch={{ filterOption: false, onSearch: setQ }} value={value ?? null} options={options} placeholder={t('staff.member_search')} aria-label={t('staff.member')} notFoundContent={q.trim() ? t('staff.member_none') : null} onChange={(id: string | undefined) => onChange?.(id ?? null)} />;
}

function Editor({ row, open, onClose }: { row: StaffRow | null; open: boolean; onClose: () => void }) {
  const { t } = useSpeak();
  const { done } = useTell();
  const branches = useBranches();
  const add = useStaffAdd();
  const edit = useStaffEdit();
  const [form] = Form.useForm<Fields>();
  const submit = ({ member_id, ...fields }: Fields) => {
    const body = { ...fields, role: roleOf(fields.title ?? 'sales'), branch_id: fields.branch_id ?? null, sign_in: fields.sign_in || undefined, password: fields.password || undefined };
    const told = { onSuccess: () => { onClose(); done(t('staff.saved')); } };
    if (row) edit.mutate({ id: row.id, name: body.name, role: body.role, title: body.title, branch_id: body.branch_id, member_id: member_id ?? null }, told);
    else add.mutate(body, told);
  };
  return (
    <Modal open={open} title={row ? row.name : t('staff.add')} onCancel={onClose} okText={t('kit.save')} cancelText={t('kit.cancel')} confirmLoading={add.isPending || edit.isPending} onOk={() => form.submit()} destroyOnHidden>
      <Form<Fields> form={form} layout="vertical" initialValues={row ? { name: row.name, title: row.title, branch_id: row.branch?.id, member_id: row.member?.id ?? null } : { title: 'sales' }} onFinish={submit}>
        <Form.Item name="name" label={t('staff.name')} rules={[{ required: true, message: t('staff.name_missing') }]}><Input maxLength={60} autoComplete="off" /></Form.Item>
        <Form.Item name="title" label={t('staff.title')} rules={[{ required: true }]} extra={t('staff.role_hint')}><Select options={titles.map(({ title, role }) => ({ value: title, label: `${t(`title.${title}`)} · ${t(`role.${role}.text`)}` }))} /></Form.Item>
        <Form.Item name="branch_id" label={t('staff.scope')} extra={t('staff.scope_hint')}><TreeSelect allowClear treeDefaultExpandAll treeData={branchTree(branches.data ?? [])} placeholder={t('staff.scope_all')} /></Form.Item>
        {row ? <Form.Item name="member_id" label={t('staff.member')} extra={t('staff.member_hint')}><MemberSelect now={row.member} /></Form.Item> : null}
        {row ? null : (
          <>
            <Form.Item name="sign_in" label={t('session.name')} extra={t('staff.sign_in_hint')}><Input maxLength={80} autoComplete="off" autoCapitalize="none" /></Form.Item>
            <Form.Item name="password" label={t('staff.first_password')} rules={[{ min: 10, message: t('account.password_short') }]}><Input.Password autoComplete="new-password" /></Form.Item>
          </>
        )}
        <TroubleLine error={add.error ?? edit.error} />
      </Form>
    </Modal>
  );
}

function People() {
  const { t, count, ago, word, language } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const [state, patch] = useUrlState();
  const [editing, setEditing] = useState<{ row: StaffRow | null } | null>(null);
  const [leaving, setLeaving] = useState<StaffRow | null>(null);
  const [link, setLink] = useState<ShownLink | null>(null);
  const asked = only(state, ['q', 'left']);
  const query = useStaff(asked);
  const device = useDeviceLink();
  const reset = usePasswordReset();
  const unlock = useUnlock();
  const act = (row: StaffRow, key: string) => {
    if (key === 'edit') setEditing({ row });
    else if (key === 'leave') setLeaving(row);
    else if (key === 'device') device.mutate(row.id, { onError: trouble, onSuccess: (shown) => setLink({ title: t('staff.device_title', { name: row.name }), text: t('staff.device_text'), url: shown.url, qr: shown.qr_svg, until: shown.expires_at }) });
    else if (key === 'reset') reset.mutate(row.id, { onError: trouble, onSuccess: (shown) => setLink({ title: t('staff.reset_title', { name: row.name }), text: t('staff.reset_text'), url: shown.one_time_link }) });
    else if (key === 'unlock') unlock.mutate(row.id, { onError: trouble, onSuccess: () => done(t('staff.unlocked')) });
  };
  const menu = (row: StaffRow) => can('staff.edit') && !row.left_at ? (
    <Dropdown trigger={['click']} menu={{ items: [{ key: 'edit', label: t('staff.edit') }, { key: 'device', label: t('staff.device') }, ...(row.sign_in ? [{ key: 'reset', label: t('staff.reset') }, { key: 'unlock', label: t('staff.unlock') }] : []), { type: 'divider' as const }, { key: 'leave', label: t('staff.leave'), danger: true }], onClick: ({ key }) => act(row, key) }}>
      <Button type="text" icon={<EllipsisOutlined />} aria-label={t('staff.actions_of', { name: row.name })} />
    </Dropdown>
  ) : null;
  const protection = (row: StaffRow) => row.sign_in ? (row.totp ? <Tag color="green">{t('staff.totp')}</Tag> : <Tag color={row.role === 'owner' || row.role === 'operator' ? 'gold' : 'default'}>{t('staff.no_totp')}</Tag>) : <Tag color={row.devices.length ? 'green' : 'default'}>{t('staff.devices', { count: row.devices.length })}</Tag>;
  const columns: TableColumnsType<StaffRow> = [
    { key: 'name', title: t('staff.name'), render: (_, row) => <><strong>{row.name}</strong> {row.left_at ? <Tag>{t('staff.left')}</Tag> : null}<div className="quiet">{row.sign_in ?? t('staff.by_device')}</div></> },
    { key: 'role', title: t('staff.title'), render: (_, row) => word('title', row.title) || t(`role.${row.role}`) },
    { key: 'branch', title: t('staff.scope'), render: (_, row) => row.branch?.name ?? t('staff.scope_all') },
    { key: 'groups', title: t('shell.place.group'), align: 'end', render: (_, row) => count(row.groups) },
    { key: 'tasks', title: t('staff.open_tasks'), align: 'end', render: (_, row) => count(row.open_tasks) },
    { key: 'safe', title: t('staff.protection'), render: (_, row) => protection(row) },
    { key: 'seen', title: t('staff.last_seen'), render: (_, row) => row.last_seen_at ? ago(row.last_seen_at) : t('staff.never') },
    { key: 'menu', title: <span className="unseen">{t('kit.actions')}</span>, render: (_, row) => menu(row) },
  ];
  return (
    <>
      <FilterBar state={state} patch={patch} placeholder={t('staff.search')} exportHref={address('/staff/export.csv', { ...asked, locale: language })} filters={[
        { key: 'left', label: t('staff.who'), choices: [{ value: 'true', label: t('staff.left') }] },
      ]} extra={can('staff.edit') ? <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing({ row: null })}>{t('staff.add')}</Button> : null} />
      <PagedList<StaffRow>
        label={t('shell.place.staff')} query={query} rowKey={(row) => row.id} columns={columns}
        card={(row) => <><div className="card-top"><strong>{row.name}</strong><span>{protection(row)}{menu(row)}</span></div><div className="pairs"><span>{word('title', row.title) || t(`role.${row.role}`)}</span><span>{row.branch?.name ?? t('staff.scope_all')}</span><span>{t('staff.open_tasks')} {row.open_tasks}</span><span>{row.last_seen_at ? ago(row.last_seen_at) : t('staff.never')}</span></div></>}
        blank={<Blank picture="list" title={t('staff.blank')} text={t('staff.blank_text')} />}
      />
      <Editor row={editing?.row ?? null} open={editing !== null} onClose={() => setEditing(null)} />
      <Leaving row={leaving} onClose={() => setLeaving(null)} />
      <LinkShown link={link} onClose={() => setLink(null)} />
    </>
  );
}

/** Who works here, and who may do what. */
export default function StaffPlace() {
  const { t } = useSpeak();
  const [state, patch] = useUrlState();
  useTopics('staff');
  return (
    <>
      <PageHead title={t('shell.place.staff')} note={t('staff.note')} />
      <Tabs label={t('shell.place.staff')} active={state.tab ?? 'people'} onChange={(tab) => patch({ tab: tab === 'people' ? null : tab })} items={[{ key: 'people', label: t('staff.tab.people'), children: <People /> }, { key: 'matrix', label: t('staff.tab.matrix'), children: <Matrix /> }]} />
    </>
  );
}
