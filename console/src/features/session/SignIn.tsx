import { Button, Form, Input } from 'antd';
import { useState } from 'react';
import { Refusal } from '../../api/client';
import { useSpeak } from '../../i18n/speak';
import { TroubleLine } from '../../kit/Trouble';
import { Gate } from '../../shell/Gate';
import { useSignIn } from './queries';

interface Fields { sign_in: string; password: string; code?: string }

/** Name and password, then the six digits where they are switched on. */
export function SignIn() {
  const { t, moment } = useSpeak();
  const enter = useSignIn();
  const [needsCode, setNeedsCode] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = (fields: Fields) => {
    setError(null);
    enter.mutate(fields, {
      onError: (cause) => {
        if (cause instanceof Refusal && cause.code === 'session.code_needed') setNeedsCode(true);
        else setError(cause);
      },
    });
  };
  const until = error instanceof Refusal && error.code === 'session.locked' && error.at ? error.at : null;
  return (
    <Gate title={t('session.sign_in')} text={t('session.sign_in_text')}>
      <Form<Fields> layout="vertical" onFinish={submit} requiredMark={false} size="large">
        <Form.Item name="sign_in" label={t('session.name')} rules={[{ required: true, message: t('session.name_missing') }]} hidden={needsCode}>
          <Input autoComplete="username" autoFocus inputMode="email" autoCapitalize="none" />
        </Form.Item>
        <Form.Item name="password" label={t('session.password')} rules={[{ required: true, message: t('session.password_missing') }]} hidden={needsCode}>
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        {needsCode ? (
          <Form.Item name="code" label={t('session.code')} extra={t('session.code_hint')} rules={[{ required: true, message: t('session.code_missing') }]}>
            <Input autoFocus inputMode="numeric" autoComplete="one-time-code" maxLength={10} />
          </Form.Item>
        ) : null}
        {error ? <TroubleLine error={error} /> : null}
        {until ? <p className="quiet">{t('session.locked_until', { time: moment(until) })}</p> : null}
        <Button type="primary" htmlType="submit" block loading={enter.isPending}>{t('session.enter')}</Button>
      </Form>
      <p className="quiet">{t('session.staff_hint')}</p>
    </Gate>
  );
}
