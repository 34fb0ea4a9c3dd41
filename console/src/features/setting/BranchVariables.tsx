import { Form, Input, Modal, Skeleton } from 'antd';
import type { Branch, BranchVariable } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Trouble, TroubleLine, useTell } from '../../kit/Trouble';
import { useCan } from '../session/session';
import { useBranchVariables, useBranchVariablesSet } from './queries';

/** What a branch says of itself in texts, with what it takes over from above where it says nothing. */
export function BranchVariables({ branch, onClose }: { branch: Branch; onClose: () => void }) {
  const { t } = useSpeak();
  const can = useCan();
  const { done } = useTell();
  const query = useBranchVariables(branch.id);
  const set = useBranchVariablesSet();
  const [form] = Form.useForm<Record<string, string>>();
  const edit = can('group.edit');
  const own = ({ value, from }: BranchVariable) => (from === null ? value : '');
  const above = ({ value, from }: BranchVariable) => (from === null ? t('branch.variable_none') : t('branch.variable_from', { name: from, value }));
  return (
    <Modal open title={t('branch.variables_of', { name: branch.name })} onCancel={onClose} okText={t('kit.save')} cancelText={t('kit.cancel')} confirmLoading={set.isPending} okButtonProps={{ disabled: !edit || !query.data }} onOk={() => form.submit()} destroyOnHidden>
      <p className="quiet">{t('branch.variables_text')}</p>
      {query.isPending ? <Skeleton active /> : query.isError ? <Trouble error={query.error} retry={() => void query.refetch()} /> : (
        <Form form={form} layout="vertical" disabled={!edit} initialValues={Object.fromEntries(query.data.map((one) => [one.name, own(one)]))} onFinish={(values) => set.mutate({ id: branch.id, values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, (value ?? '').trim()])) }, { onSuccess: () => { onClose(); done(t('branch.variables_saved')); } })}>
          {query.data.map((one) => (
            <Form.Item key={one.name} name={one.name} label={t(`branch.variable.${one.name}`)} extra={own(one) === '' ? above(one) : undefined}><Input maxLength={200} placeholder={one.from === null ? t(`branch.variable_hint.${one.name}`) : one.value} /></Form.Item>
          ))}
          <TroubleLine error={set.error} />
        </Form>
      )}
    </Modal>
  );
}
