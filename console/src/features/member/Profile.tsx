import { DeleteOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Checkbox, Form, Input, InputNumber, Modal, Select, Tag } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Member } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { TroubleLine, useTell } from '../../kit/Trouble';
import { useCan } from '../session/session';
import { useMemberEdit, useNoteAdd, useNoteTake, useRole, useTagAdd, useTags, useTagTake } from './queries';

const byHand = ['creator', 'manager', 'partner'];
/** Research fields; a list of answers where any other answer would be refused. */
const research: Record<string, string[]> = {
  sex: ['female', 'male', 'other'],
  age_band: ['under_18', '18_24', '25_34', '35_44', '45_54', '55_64', 'over_64'],
  education: ['school', 'college', 'bachelor', 'master', 'doctor'],
  city_tier: ['tier_1', 'new_tier_1', 'tier_2', 'tier_3', 'tier_4', 'tier_5'],
  salary_level: ['under_5k', '5k_10k', '10k_20k', '20k_50k', 'over_50k'],
  occupation: [], spend: [], learned_of: [], motive: [], problems: [],
};

function Tags({ member }: { member: Member }) {
  const { t } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const tags = useTags();
  const add = useTagAdd();
  const take = useTagTake();
  const [open, setOpen] = useState(false);
  return (
    <div className="tags" aria-label={t('member.tags')}>
      {member.tags.map((tag) => <Tag key={tag.id} closable={can('member.edit')} onClose={(event) => { event.preventDefault(); take.mutate({ id: member.id, tag_id: tag.id }, { onError: trouble, onSuccess: () => done(t('member.untagged', { tag: tag.name }), () => add.mutateAsync({ id: member.id, name: tag.name })) }); }}>{tag.name}</Tag>)}
      {can('member.edit') ? (open ? (
        <Select size="small" autoFocus defaultOpen mode="tags" maxCount={1} aria-label={t('member.tag_choose')} placeholder={t('member.tag_choose')} style={{ minWidth: 140 }} options={(tags.data ?? []).map((one) => ({ value: one.name, label: one.name }))} onBlur={() => setOpen(false)} onChange={(names: string[]) => { setOpen(false); if (names[0]) add.mutate({ id: member.id, name: names[0] }, { onError: trouble }); }} />
      ) : <Button size="small" type="dashed" icon={<PlusOutlined />} onClick={() => setOpen(true)}>{t('member.tag_add')}</Button>) : null}
    </div>
  );
}

function Edit({ member, open, onClose }: { member: Member; open: boolean; onClose: () => void }) {
  const { t } = useSpeak();
  const allowed = member.consents.some((consent) => consent.purpose === 'research' && !consent.withdrawn_at);
  const { done } = useTell();
  const edit = useMemberEdit();
  const [form] = Form.useForm<{ name: string; phone?: string; city?: string; calendar: 'solar' | 'lunar'; month?: number; day?: number; year?: number; field?: string; value?: string }>();
  return (
    <Modal open={open} title={t('member.edit')} onCancel={onClose} okText={t('kit.save')} cancelText={t('kit.cancel')} confirmLoading={edit.isPending} onOk={() => form.submit()} destroyOnHidden>
      <Form form={form} layout="vertical" initialValues={{ name: member.name, city: member.city ?? undefined, calendar: member.birthday?.calendar ?? 'solar', month: member.birthday?.month, day: member.birthday?.day, year: member.birthday?.year ?? undefined }} onFinish={({ name, phone, city, calendar, month, day, year, field, value }) => edit.mutate({ id: member.id, name, city: city?.trim() || null, birthday: month && day ? { calendar, month, day, year: year ?? null } : null, ...(phone ? { phone } : {}), ...(field && value ? { fields: [{ field, value }] } : {}) }, { onSuccess: () => { onClose(); done(t('member.saved')); } })}>
        <Form.Item name="name" label={t('member.name')} rules={[{ required: true, message: t('member.name_missing') }]}><Input maxLength={100} /></Form.Item>
        <Form.Item name="phone" label={t('member.phone')} extra={member.phone_masked ? t('member.phone_known', { phone: member.phone_masked }) : undefined}><Input inputMode="tel" maxLength={20} /></Form.Item>
        <Form.Item name="city" label={t('member.city')}><Input maxLength={60} /></Form.Item>
        <Form.Item label={t('member.birthday')} extra={t('member.birthday_hint')}>
          <span className="actions">
            <Form.Item name="calendar" noStyle><Select aria-label={t('member.calendar')} style={{ width: 92 }} options={['solar', 'lunar'].map((value) => ({ value, label: t(`member.calendar.${value}`) }))} /></Form.Item>
            <Form.Item name="month" noStyle><InputNumber aria-label={t('member.month')} placeholder={t('member.month')} min={1} max={12} style={{ width: 76 }} /></Form.Item>
            <Form.Item name="day" noStyle><InputNumber aria-label={t('member.day')} placeholder={t('member.day')} min={1} max={31} style={{ width: 76 }} /></Form.Item>
            <Form.Item name="year" noStyle><InputNumber aria-label={t('member.year')} placeholder={t('member.year')} min={1900} max={2100} style={{ width: 92 }} /></Form.Item>
          </span>
        </Form.Item>
        <Form.Item name="field" label={t('member.field_add')} extra={t(allowed ? 'member.field_hint' : 'member.field_consent_missing')}><Select allowClear disabled={!allowed} options={Object.keys(research).map((value) => ({ value, label: t(`member.field.${value}`) }))} /></Form.Item>
        <Form.Item noStyle dependencies={['field']}>
          {({ getFieldValue }) => getFieldValue('field') ? (
            <Form.Item name="value" label={t('member.field_value')} rules={[{ required: true, message: t('member.field_missing') }]}>
              {(research[String(getFieldValue('field'))] ?? []).length > 0
                ? <Select options={(research[String(getFieldValue('field'))] ?? []).map((value) => ({ value, label: t(`member.choice.${value}`) }))} />
                : <Input maxLength={500} />}
            </Form.Item>
          ) : null}
        </Form.Item>
        <TroubleLine error={edit.error} />
      </Form>
    </Modal>
  );
}

/** Who the person is, as far as they told or allowed. */
export function Profile({ member }: { member: Member }) {
  const { t, moment, word } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const [editing, setEditing] = useState(false);
  const [text, setText] = useState('');
  const addNote = useNoteAdd();
  const takeNote = useNoteTake();
  const role = useRole();
  return (
    <div>
      <section className="sheet" aria-labelledby="profile">
        <div className="chart-head"><h2 id="profile">{t('member.tab.profile')}</h2>{can('member.edit') ? <Button size="small" icon={<EditOutlined />} onClick={() => setEditing(true)}>{t('member.edit')}</Button> : null}</div>
        <dl className="facts">
          <dt>{t('member.phone')}</dt><dd>{member.phone_masked ?? '—'}</dd>
          <dt>{t('member.birthday')}</dt><dd>{member.birthday ? t(`member.birthday.${member.birthday.calendar}`, { date: [member.birthday.year, member.birthday.month, member.birthday.day].filter(Boolean).join('-') }) : '—'}</dd>
          <dt>{t('member.city')}</dt><dd>{member.city ?? '—'}</dd>
          {member.fields.map((field) => [<dt key={`${field.field}-n`}>{word('member.field', field.field)}</dt>, <dd key={`${field.field}-v`}>{word('member.choice', field.value)} <span className="quiet">{t(field.consent ? 'member.field_allowed' : 'member.field_not_allowed')}</span></dd>])}
        </dl>
        <Tags member={member} />
        {can('member.edit') ? (
          <fieldset className="role-row"><legend className="quiet">{t('member.roles_by_hand')}</legend>
            {byHand.map((one) => <Checkbox key={one} checked={member.roles.includes(one)} onChange={(event) => { const on = event.target.checked; role.mutate({ id: member.id, role: one, on }, { onError: trouble, onSuccess: () => done(t('member.role_saved'), () => role.mutateAsync({ id: member.id, role: one, on: !on })) }); }}>{t(`member.role.${one}`)}</Checkbox>)}
          </fieldset>
        ) : null}
      </section>
      <section className="sheet" aria-labelledby="identities">
        <h2 id="identities">{t('member.identities')}</h2>
        <ul className="people">
          {member.identities.map((identity) => <li key={identity.id}><span>{identity.name} <span className="quiet">{t(`channel.${identity.channel}`, { defaultValue: identity.channel })} · {identity.external_id_masked}</span></span>{identity.verified ? <Tag color="green">{t('member.verified')}</Tag> : <Tag>{t('member.unverified')}</Tag>}</li>)}
        </ul>
        <h3>{t('member.groups')}</h3>
        <div className="tags">{member.groups.length === 0 ? <span className="quiet">{t('member.groups_none')}</span> : member.groups.map((group) => <Link key={group.id} to={`/groups/${group.id}`}><Tag className={group.left_at ? 'gone' : undefined}>{group.name}{group.left_at ? ` · ${t('member.left')}` : ''}</Tag></Link>)}</div>
      </section>
      <section className="sheet" aria-labelledby="notes">
        <h2 id="notes">{t('member.notes')}</h2>
        <ul className="people">{member.notes.map((note) => <li key={note.id}><span>{note.text}<span className="quiet"> · {note.actor} · {moment(note.at)}</span></span>{can('member.edit') ? <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t('member.note_remove')} onClick={() => takeNote.mutate({ id: member.id, note_id: note.id }, { onError: trouble, onSuccess: () => done(t('member.note_removed'), () => addNote.mutateAsync({ id: member.id, text: note.text })) })} /> : null}</li>)}</ul>
        {can('member.edit') ? (
          <form className="note-form" onSubmit={(event) => { event.preventDefault(); if (text.trim()) addNote.mutate({ id: member.id, text: text.trim() }, { onError: trouble, onSuccess: () => setText('') }); }}>
            <Input.TextArea aria-label={t('member.note_write')} placeholder={t('member.note_write')} autoSize={{ minRows: 1, maxRows: 5 }} maxLength={1000} value={text} onChange={(event) => setText(event.target.value)} />
            <Button htmlType="submit" disabled={!text.trim()} loading={addNote.isPending}>{t('member.note_add')}</Button>
          </form>
        ) : null}
      </section>
      <Edit member={member} open={editing} onClose={() => setEditing(false)} />
    </div>
  );
}
