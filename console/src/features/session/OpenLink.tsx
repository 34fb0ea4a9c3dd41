import { Button, Form, Input, Spin } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useLocation, useNavigate, useParams } from 'react-router';
import { useSpeak } from '../../i18n/speak';
import { TroubleLine, useTell } from '../../kit/Trouble';
import { Gate } from '../../shell/Gate';
import { useDeviceBinding, usePasswordByLink, useTaskByLink } from './queries';

/** What a link carries: after the hash, where no server log sees it, else in the query or the path. */
function useToken(): string {
  const { token } = useParams();
  const { hash, search } = useLocation();
  const query = new URLSearchParams(search);
  return decodeURIComponent(hash.slice(1)) || query.get('token') || query.get('link') || token || '';
}

/** Binds the phone that opens the link; its holder says so by a tap, so that previews bind nothing. */
function BindDevice({ token }: { token: string }) {
  const { t } = useSpeak();
  const navigate = useNavigate();
  const bind = useDeviceBinding();
  return (
    <Gate title={t('link.device')} text={t('link.device_text')}>
      <Form<{ name: string }> layout="vertical" size="large" initialValues={{ name: '' }} onFinish={({ name }) => bind.mutate({ token, name: name ?? '' }, { onSuccess: () => void navigate('/', { replace: true }) })}>
        <Form.Item name="name" label={t('link.device_name')} extra={t('link.device_hint')}><Input maxLength={40} /></Form.Item>
        <TroubleLine error={bind.error} />
        <Button type="primary" htmlType="submit" block loading={bind.isPending}>{t('link.device_do')}</Button>
      </Form>
    </Gate>
  );
}

function ChoosePassword({ token }: { token: string }) {
  const { t } = useSpeak();
  const navigate = useNavigate();
  const { done } = useTell();
  const choose = usePasswordByLink();
  return (
    <Gate title={t('link.password')} text={t('link.password_text')}>
      <Form<{ password: string; again: string }> layout="vertical" size="large" requiredMark={false} onFinish={({ password }) => choose.mutate({ token, password }, { onSuccess: () => { done(t('account.password_done')); void navigate('/', { replace: true }); } })}>
        <Form.Item name="password" label={t('account.password_new')} extra={t('account.password_rule')} rules={[{ required: true, min: 10, message: t('account.password_short') }]}><Input.Password autoFocus autoComplete="new-password" /></Form.Item>
        <Form.Item name="again" label={t('account.password_again')} dependencies={['password']} rules={[({ getFieldValue }) => ({ validator: (_, value: string) => value === getFieldValue('password') ? Promise.resolve() : Promise.reject(new Error(t('account.password_differs'))) })]}><Input.Password autoComplete="new-password" /></Form.Item>
        <TroubleLine error={choose.error} />
        <Button type="primary" htmlType="submit" block loading={choose.isPending}>{t('account.password_change')}</Button>
      </Form>
    </Gate>
  );
}

function OpenTask({ link }: { link: string }) {
  const { t } = useSpeak();
  const navigate = useNavigate();
  const open = useTaskByLink();
  const [error, setError] = useState<unknown>(null);
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    open.mutateAsync(link).then(({ task_id }) => navigate(`/tasks/${task_id}`, { replace: true }), setError);
  }, [link, navigate, open]);
  return <Gate title={t('link.task')}>{error ? <><TroubleLine error={error} /><p className="quiet">{t('link.task_text')}</p></> : <p className="centre"><Spin /></p>}</Gate>;
}

/** The places that links sent to staff lead to. */
export default function OpenLink({ kind }: { kind: 'device' | 'password' | 'task' }) {
  const token = useToken();
  // Another link in the same window is another place, though only what stands after the hash differs.
  if (kind === 'device') return <BindDevice key={token} token={token} />;
  if (kind === 'password') return <ChoosePassword key={token} token={token} />;
  return <OpenTask key={token} link={token} />;
}
