import { Alert, Button, Form, Input, Modal, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import type { TotpBegin } from '../../api/contract';
import { useSpeak, type Speak } from '../../i18n/speak';
import { PageHead } from '../../kit/PageHead';
import { TroubleLine, useTell } from '../../kit/Trouble';
import { browserOf } from './browser';
import { useEndSession, usePassword, useSignedIn, useTotpBegin, useTotpConfirm, useTotpOff } from './queries';
import { useSession } from './session';

function TotpSheet() {
  const { t } = useSpeak();
  const { totp } = useSession();
  const { trouble, done } = useTell();
  const begin = useTotpBegin();
  const confirm = useTotpConfirm();
  const off = useTotpOff();
  const [started, setStarted] = useState<TotpBegin | null>(null);
  const [turningOff, setTurningOff] = useState(false);
  return (
    <section className="sheet" aria-labelledby="totp">
      <h2 id="totp">{t('account.totp')} {totp.enabled ? <Tag color="green">{t('account.on')}</Tag> : <Tag>{t('account.off')}</Tag>}</h2>
      <p className="quiet">{t(totp.required ? 'account.totp_required' : 'account.totp_text')}</p>
      {totp.enabled ? (
        <Button danger disabled={totp.required} onClick={() => setTurningOff(true)}>{t('account.totp_turn_off')}</Button>
      ) : started ? (
        <div className="totp">
          <img src={`data:image/svg+xml;utf8,${encodeURIComponent(started.qr_svg)}`} alt={t('account.totp_picture')} width="176" height="176" />
          <div>
            <p>{t('account.totp_steps')}</p>
            <p className="quiet">{t('account.totp_by_hand')} <code className="long">{started.secret}</code></p>
            <Form<{ code: string }> layout="vertical" onFinish={({ code }) => confirm.mutate(code, { onSuccess: () => { setStarted(null); done(t('account.totp_done')); } })}>
              <Form.Item name="code" label={t('session.code')} rules={[{ required: true, message: t('session.code_missing') }]}>
                <Input inputMode="numeric" autoComplete="one-time-code" maxLength={6} />
              </Form.Item>
              <TroubleLine error={confirm.error} />
              <Button type="primary" htmlType="submit" loading={confirm.isPending}>{t('account.totp_confirm')}</Button>
            </Form>
          </div>
        </div>
      ) : (
        <Button type="primary" loading={begin.isPending} onClick={() => begin.mutate(undefined, { onSuccess: setStarted, onError: trouble })}>{t('account.totp_begin')}</Button>
      )}
      <Modal open={turningOff} title={t('account.totp_turn_off')} footer={null} onCancel={() => setTurningOff(false)} destroyOnHidden>
        <Form<{ password: string }> layout="vertical" onFinish={({ password }) => off.mutate(password, { onSuccess: () => { setTurningOff(false); done(t('account.totp_gone')); } })}>
          <Alert type="warning" title={t('account.totp_lost')} showIcon />
          <Form.Item name="password" label={t('session.password')} rules={[{ required: true, message: t('session.password_missing') }]}><Input.Password autoComplete="current-password" /></Form.Item>
          <TroubleLine error={off.error} />
          <Button danger type="primary" htmlType="submit" loading={off.isPending}>{t('account.totp_turn_off')}</Button>
        </Form>
      </Modal>
    </section>
  );
}

function PasswordSheet() {
  const { t } = useSpeak();
  const { done } = useTell();
  const change = usePassword();
  const [form] = Form.useForm<{ old: string; new: string; again: string }>();
  return (
    <section className="sheet" aria-labelledby="password">
      <h2 id="password">{t('account.password')}</h2>
      <Form form={form} layout="vertical" className="narrow" onFinish={(fields) => change.mutate({ old: fields.old, new: fields.new }, { onSuccess: () => { form.resetFields(); done(t('account.password_done')); } })}>
        <Form.Item name="old" label={t('account.password_old')} rules={[{ required: true, message: t('session.password_missing') }]}><Input.Password autoComplete="current-password" /></Form.Item>
        <Form.Item name="new" label={t('account.password_new')} extra={t('account.password_rule')} rules={[{ required: true, min: 10, message: t('account.password_short') }]}><Input.Password autoComplete="new-password" /></Form.Item>
        <Form.Item name="again" label={t('account.password_again')} dependencies={['new']} rules={[({ getFieldValue }) => ({ validator: (_, value: string) => value === getFieldValue('new') ? Promise.resolve() : Promise.reject(new Error(t('account.password_differs'))) })]}><Input.Password autoComplete="new-password" /></Form.Item>
        <TroubleLine error={change.error} />
        <Button htmlType="submit" loading={change.isPending}>{t('account.password_change')}</Button>
      </Form>
    </section>
  );
}

/** A browser in short words, or as it called itself. */
function browserWords(agent: string, t: Speak['t']): string {
  const known = browserOf(agent);
  return known ? t('account.browser_on', known) : agent || t('account.some_browser');
}

function SessionsSheet() {
  const { t, ago } = useSpeak();
  const { trouble } = useTell();
  const { data, isPending } = useSignedIn();
  const end = useEndSession();
  return (
    <section className="sheet" aria-labelledby="sessions">
      <h2 id="sessions">{t('account.sessions')}</h2>
      {isPending ? <Skeleton active /> : (
        <ul className="people">
          {(data?.items ?? []).map((row) => (
            <li key={row.id}>
              <span title={row.user_agent}>{browserWords(row.user_agent, t)} <span className="quiet">{t('account.last_seen', { time: ago(row.last_seen_at) })}</span></span>
              {row.current ? <Tag color="green">{t('account.this_browser')}</Tag> : <Button size="small" onClick={() => end.mutate(row.id, { onError: trouble })}>{t('account.end_session')}</Button>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** What belongs to the person and not to the workspace. */
export default function AccountPlace() {
  const { t, word } = useSpeak();
  const { staff } = useSession();
  return (
    <>
      <PageHead title={t('shell.account')} note={`${staff.name} · ${word('title', staff.title) || t(`role.${staff.role}`)}`} />
      <TotpSheet />
      <PasswordSheet />
      <SessionsSheet />
    </>
  );
}
