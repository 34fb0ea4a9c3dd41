import { DeleteOutlined } from '@ant-design/icons';
import { Button, Form, Select } from 'antd';
import { useState } from 'react';
import type { Duty, Group } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { TroubleLine, useTell } from '../../kit/Trouble';
import { PolicyOf } from '../moderation/PolicySheet';
import { useCan } from '../session/session';
import { useColleagues } from '../staff/queries';
import { Closing } from './Closing';
import { fieldsOf, GroupForm, toGroupIn, type GroupFields } from './GroupForm';
import { useGroupEdit, useGroupStaff, useGroupStaffSet } from './queries';

const duties: Duty[] = ['host', 'service', 'admin', 'supply', 'negotiation', 'execution', 'specialist'];
const covered: Duty[] = ['host', 'service', 'admin'];

function StaffSheet({ group }: { group: Group }) {
  const { t, list, count } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const staff = useGroupStaff(group.id);
  const colleagues = useColleagues(can('staff.read'));
  const set = useGroupStaffSet();
  const [who, setWho] = useState<string>();
  const [duty, setDuty] = useState<Duty>('service');
  const rows = staff.data ?? [];
  const save = (next: { staff_id: string; duty: string }[]) => {
    const before = rows.map(({ staff_id, duty: old }) => ({ staff_id, duty: old }));
    set.mutate({ id: group.id, staff: next }, { onError: trouble, onSuccess: () => done(t('group.staff_saved'), () => set.mutateAsync({ id: group.id, staff: before })) });
  };
  const plain = rows.map(({ staff_id, duty: one }) => ({ staff_id, duty: one }));
  const open = covered.filter((one) => !rows.some((row) => row.duty === one));
  const people = new Set(rows.map((row) => row.staff_id)).size;
  return (
    <section className="sheet" aria-labelledby="group-staff">
      <h2 id="group-staff">{t('group.staff')}</h2>
      {group.listed_owner ? <p className="quiet">{t('group.listed_owner', { name: group.listed_owner })}</p> : null}
      {group.listed_size != null ? <p className="quiet">{t('group.listed_size', { n: count(group.listed_size) })}</p> : null}
      {people < 2 ? <p className="warn-text">{t('group.staff_short')}</p> : null}
      {open.length > 0 ? <p className="quiet">{t('group.duty_open', { names: list(open.map((one) => t(`group.duty.${one}`))) })}</p> : null}
      <ul className="people">
        {rows.map((row) => (
          <li key={`${row.staff_id}-${row.duty}`}><span>{row.name} <span className="quiet">{t(`group.duty.${row.duty}`)}</span></span>
            {can('group.edit') ? <Button type="text" icon={<DeleteOutlined />} aria-label={t('group.staff_remove', { name: row.name })} onClick={() => save(plain.filter((one) => one.staff_id !== row.staff_id || one.duty !== row.duty))} /> : null}
          </li>
        ))}
      </ul>
      {can('group.edit') && can('staff.read') ? (
        <div className="actions">
          <Select aria-label={t('group.staff_who')} placeholder={t('group.staff_who')} className="filter-select" showSearch={{ optionFilterProp: 'label' }} value={who} onChange={setWho} options={(colleagues.data ?? []).map((row) => ({ value: row.id, label: row.name }))} popupMatchSelectWidth={false} />
          <Select aria-label={t('group.duty')} className="filter-select" value={duty} onChange={setDuty} options={duties.map((value) => ({ value, label: t(`group.duty.${value}`) }))} popupMatchSelectWidth={false} />
          <Button disabled={!who || rows.some((row) => row.staff_id === who && row.duty === duty)} loading={set.isPending} onClick={() => { if (who) save([...plain, { staff_id: who, duty }]); setWho(undefined); }}>{t('group.staff_add')}</Button>
        </div>
      ) : null}
    </section>
  );
}

/** What the group is for, who answers for it, and how it ends. */
export function GroupSettings({ group }: { group: Group }) {
  const { t } = useSpeak();
  const can = useCan();
  const { done } = useTell();
  const [form] = Form.useForm<GroupFields>();
  const edit = useGroupEdit();
  return (
    <>
      <section className="sheet" aria-labelledby="describe">
        <h2 id="describe">{t('group.describe')}</h2>
        <Form<GroupFields> form={form} layout="vertical" disabled={!can('group.edit')} initialValues={fieldsOf(group)} onFinish={(fields) => {
          const before = toGroupIn(fieldsOf(group));
          edit.mutate({ id: group.id, ...toGroupIn(fields) }, { onSuccess: () => done(t('group.saved'), () => edit.mutateAsync({ id: group.id, ...before })) });
        }}>
          <GroupForm form={form} />
          <TroubleLine error={edit.error} />
          {can('group.edit') ? <Button type="primary" htmlType="submit" loading={edit.isPending}>{t('kit.save')}</Button> : null}
        </Form>
      </section>
      <StaffSheet group={group} />
      {can('moderation.read') ? <PolicyOf group={group.id} /> : null}
      {can('group.archive') ? <Closing group={group} /> : null}
    </>
  );
}
