import { Button, Drawer, Form } from 'antd';
import type { Group } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { usePhone } from '../../kit/media';
import { TroubleLine } from '../../kit/Trouble';
import { useMeta } from '../session/queries';
import { GroupForm, newGroup, toGroupIn, type GroupFields } from './GroupForm';
import { useGroupAdd } from './queries';

/** A new group in a drawer over the list. */
export function GroupEditor({ open, onClose, onSaved }: { open: boolean; onClose: () => void; onSaved: (group: Group) => void }) {
  const { t } = useSpeak();
  const phone = usePhone();
  const meta = useMeta();
  const [form] = Form.useForm<GroupFields>();
  const add = useGroupAdd();
  return (
    <Drawer open={open} onClose={onClose} title={t('group.add')} size={phone ? '100%' : 640} destroyOnHidden footer={<div className="actions end"><Button onClick={onClose}>{t('kit.cancel')}</Button><Button type="primary" loading={add.isPending} onClick={() => form.submit()}>{t('group.create')}</Button></div>}>
      <Form<GroupFields> form={form} layout="vertical" initialValues={newGroup(meta.data?.channels[0]?.channel)} onFinish={(fields) => add.mutate(toGroupIn({ ...newGroup(undefined), ...fields } as GroupFields), { onSuccess: (group) => { onClose(); onSaved(group); } })}>
        <GroupForm form={form} />
        <TroubleLine error={add.error} />
      </Form>
    </Drawer>
  );
}
