import { Button, Form, Input, Select, Tag } from 'antd';
import type { Member } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { TroubleLine, useTell } from '../../kit/Trouble';
import { useCan } from '../session/session';
import { useConsentGive, useConsentTake } from './queries';

const purposes = ['contact', 'research', 'birthday', 'publicity'];
const ways = ['paper', 'in_person', 'phone', 'chat', 'page'];

/** What the person agreed to, where, with which wording, and when it was taken back. */
export function Consents({ member }: { member: Member }) {
  const { t, moment, word } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const give = useConsentGive();
  const take = useConsentTake();
  const [form] = Form.useForm<{ purpose: string; text_version: string; channel: string }>();
  return (
    <section className="sheet" aria-labelledby="consents">
      <h2 id="consents">{t('member.tab.consents')}</h2>
      <p className="quiet">{t('consent.text')}</p>
      <ul className="people">
        {member.consents.length === 0 ? <li className="quiet">{t('consent.none')}</li> : null}
        {member.consents.map((consent) => (
          <li key={consent.id}>
            <span>{word('consent.purpose', consent.purpose)} <span className="quiet">{t('consent.how', { channel: word('consent.channel', consent.channel), version: consent.text_version, time: moment(consent.given_at) })}</span></span>
            {consent.withdrawn_at ? <Tag>{t('consent.withdrawn', { time: moment(consent.withdrawn_at) })}</Tag> : can('member.consent') ? <Button size="small" onClick={() => take.mutate({ id: member.id, consent_id: consent.id }, { onError: trouble, onSuccess: () => done(t('consent.taken')) })}>{t('consent.take')}</Button> : <Tag color="green">{t('consent.holds')}</Tag>}
          </li>
        ))}
      </ul>
      {can('member.consent') ? (
        <Form form={form} layout="vertical" className="narrow" onFinish={(fields) => give.mutate({ id: member.id, ...fields }, { onSuccess: () => { form.resetFields(); done(t('consent.given')); } })}>
          <h3>{t('consent.record')}</h3>
          <Form.Item name="purpose" label={t('consent.purpose')} rules={[{ required: true, message: t('consent.purpose_missing') }]}><Select options={purposes.map((value) => ({ value, label: t(`consent.purpose.${value}`) }))} /></Form.Item>
          <Form.Item name="channel" label={t('consent.channel')} rules={[{ required: true, message: t('consent.channel_missing') }]}><Select options={ways.map((value) => ({ value, label: t(`consent.channel.${value}`) }))} /></Form.Item>
          <Form.Item name="text_version" label={t('consent.version')} extra={t('consent.version_hint')} rules={[{ required: true, message: t('consent.version_missing') }]}><Input maxLength={40} /></Form.Item>
          <TroubleLine error={give.error} />
          <Button htmlType="submit" loading={give.isPending}>{t('consent.record')}</Button>
        </Form>
      ) : null}
    </section>
  );
}
