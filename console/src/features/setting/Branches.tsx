import { PlusOutlined } from '@ant-design/icons';
import { Button, Form, Input, Modal, Select, Skeleton, TreeSelect } from 'antd';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { Branch, BranchIn } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { Preview } from '../../kit/Preview';
import { Trouble, TroubleLine, useTell } from '../../kit/Trouble';
import { branchTree } from '../group/GroupForm';
import { useCan } from '../session/session';
import { useBranches } from '../staff/queries';
import { BranchVariables } from './BranchVariables';
import { useBranchAdd, useBranchArchive, useBranchEdit } from './queries';

const kinds = ['head', 'region', 'city', 'store'] as const;

function Editor({ branch, open, onClose }: { branch: Branch | null; open: boolean; onClose: () => void }) {
  const { t } = useSpeak();
  const { done } = useTell();
  const branches = useBranches();
  const add = useBranchAdd();
  const edit = useBranchEdit();
  const [form] = Form.useForm<BranchIn>();
  const submit = (fields: BranchIn) => {
    const body = { ...fields, parent_id: fields.parent_id ?? null };
    const told = { onSuccess: () => { onClose(); done(t('branch.saved')); } };
    if (branch) edit.mutate({ id: branch.id, ...body }, told);
    else add.mutate(body, told);
  };
  return (
    <Modal open={open} title={branch ? branch.name : t('branch.add')} onCancel={onClose} okText={t('kit.save')} cancelText={t('kit.cancel')} confirmLoading={add.isPending || edit.isPending} onOk={() => form.submit()} destroyOnHidden>
      <Form<BranchIn> form={form} layout="vertical" initialValues={branch ?? { kind: 'store' }} onFinish={submit}>
        <Form.Item name="name" label={t('branch.name')} extra={t('branch.name_hint')} rules={[{ required: true, message: t('branch.name_missing') }]}><Input maxLength={60} /></Form.Item>
        <Form.Item name="kind" label={t('branch.kind')}><Select options={kinds.map((value) => ({ value, label: t(`branch.kind.${value}`) }))} /></Form.Item>
        <Form.Item name="parent_id" label={t('branch.parent')}><TreeSelect allowClear treeDefaultExpandAll treeData={branchTree((branches.data ?? []).filter((one) => one.id !== branch?.id))} /></Form.Item>
        <Form.Item name="code" label={t('branch.code')} extra={t('branch.code_hint')}><Input maxLength={40} /></Form.Item>
        <TroubleLine error={add.error ?? edit.error} />
      </Form>
    </Modal>
  );
}

/** Regions, cities and stores as the tree they are. */
export function Branches() {
  const { t, count } = useSpeak();
  const can = useCan();
  const { done } = useTell();
  const query = useBranches();
  const archive = useBranchArchive();
  const [editing, setEditing] = useState<{ branch: Branch | null } | null>(null);
  const [closing, setClosing] = useState<Branch | null>(null);
  const [saying, setSaying] = useState<Branch | null>(null);
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  const live = query.data.filter((branch) => !branch.archived_at);
  const ids = new Set(live.map((branch) => branch.id));
  const under = (parent: string | null): ReactNode => {
    const children = live.filter((branch) => (branch.parent_id && ids.has(branch.parent_id) ? branch.parent_id : null) === parent);
    if (children.length === 0) return null;
    return (
      <ul className="tree">
        {children.map((branch) => (
          <li key={branch.id}>
            <div className="tree-row">
              <span><strong>{branch.name}</strong> <span className="quiet">{t(`branch.kind.${branch.kind}`)}</span></span>
              <span className="quiet"><Link to={`/groups?branch=${branch.id}`}>{t('branch.groups', { n: count(branch.groups) })}</Link> · {t('branch.members', { n: count(branch.members) })}</span>
              {can('branch.edit') ? <span className="actions"><Button size="small" onClick={() => setSaying(branch)}>{t('branch.variables')}</Button><Button size="small" onClick={() => setEditing({ branch })}>{t('branch.edit')}</Button><Button size="small" danger type="text" onClick={() => setClosing(branch)}>{t('branch.archive')}</Button></span> : null}
            </div>
            {under(branch.id)}
          </li>
        ))}
      </ul>
    );
  };
  return (
    <section className="sheet" aria-labelledby="branches">
      <div className="chart-head"><h2 id="branches">{t('setting.tab.branches')}</h2>{can('branch.edit') ? <Button icon={<PlusOutlined />} onClick={() => setEditing({ branch: null })}>{t('branch.add')}</Button> : null}</div>
      {live.length > 0 ? <p className="quiet">{t('branch.members_text')}</p> : null}
      {live.length === 0 ? <Blank picture="list" title={t('branch.blank')} text={t('branch.blank_text')} /> : under(null)}
      <Editor branch={editing?.branch ?? null} open={editing !== null} onClose={() => setEditing(null)} />
      {saying ? <BranchVariables branch={saying} onClose={() => setSaying(null)} /> : null}
      <Preview open={closing !== null} danger title={t('branch.archive_title', { name: closing?.name ?? '' })} okText={t('branch.archive')} onClose={() => setClosing(null)} act={async () => { if (closing) { await archive.mutateAsync(closing.id); done(t('branch.archived')); } }}>
        {() => <p>{t('branch.archive_text', { groups: count(closing?.groups ?? 0), members: count(closing?.members ?? 0) })}</p>}
      </Preview>
    </section>
  );
}
