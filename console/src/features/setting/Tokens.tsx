import { Button, DatePicker, Form, Input, Modal, Select, Skeleton } from 'antd';
import type { Dayjs } from 'dayjs';
import { useState } from 'react';
import type { Token } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Preview } from '../../kit/Preview';
import { Trouble, TroubleLine, useTell } from '../../kit/Trouble';
import { roles } from '../staff/StaffPlace';
import { useTokenAdd, useTokenRevoke, useTokens } from './queries';
import { OUTSIDE, tokenFor } from './webhooks';

/** Keys for programs; each is shown once. */
export function Tokens() {
  const { t, day, ago } = useSpeak();
  const { done } = useTell();
  const query = useTokens();
  const add = useTokenAdd();
  const revoke = useTokenRevoke();
  const [form] = Form.useForm<{ name: string; role: string; purpose: string; expires_on?: Dayjs }>();
  const purpose = Form.useWatch('purpose', form);
  const [made, setMade] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<Token | null>(null);
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  return (
    <section className="sheet" aria-labelledby="tokens">
      <h2 id="tokens">{t('setting.tab.tokens')}</h2>
      <p className="quiet">{t('token.text')}</p>
      <ul className="people">
        {query.data.length === 0 ? <li className="quiet">{t('token.none')}</li> : null}
        {query.data.map((token) => <li key={token.id}><span><strong>{token.name}</strong> <span className="quiet">{token.scopes.join() === OUTSIDE ? t('token.only_outside') : t(`role.${token.role}`, { defaultValue: token.role })} · {token.last_used_at ? t('token.used', { time: ago(token.last_used_at) }) : t('token.unused')}{token.expires_on ? ` · ${t('token.until', { day: day(token.expires_on) })}` : ''}</span></span><Button size="small" danger type="text" onClick={() => setRevoking(token)}>{t('token.revoke')}</Button></li>)}
      </ul>
      <Form form={form} layout="vertical" className="narrow" initialValues={{ role: 'analyst', purpose: 'all' }} onFinish={({ name, role, purpose, expires_on }) => add.mutate({ name, ...tokenFor(purpose, role), ...(expires_on ? { expires_on: expires_on.format('YYYY-MM-DD') } : {}) }, { onSuccess: ({ token }) => { form.resetFields(); setMade(token); } })}>
        <h3>{t('token.add')}</h3>
        <Form.Item name="name" label={t('token.name')} rules={[{ required: true, message: t('token.name_missing') }]}><Input maxLength={60} /></Form.Item>
        <Form.Item name="purpose" label={t('token.for')}><Select options={['all', 'outside'].map((value) => ({ value, label: t(`token.for.${value}`) }))} /></Form.Item>
        {purpose === 'outside' ? null : <Form.Item name="role" label={t('staff.role')}><Select options={roles.map((value) => ({ value, label: t(`role.${value}`) }))} /></Form.Item>}
        <Form.Item name="expires_on" label={t('token.expires')}><DatePicker style={{ width: '100%' }} /></Form.Item>
        <TroubleLine error={add.error} />
        <Button htmlType="submit" loading={add.isPending}>{t('token.make')}</Button>
      </Form>
      <Modal open={made !== null} title={t('token.made')} onCancel={() => setMade(null)} footer={<Button type="primary" onClick={() => setMade(null)}>{t('token.kept')}</Button>} destroyOnHidden>
        <p>{t('token.made_text')}</p>
        <Input.Search readOnly aria-label={t('token.made')} value={made ?? ''} enterButton={t('kit.copy')} onSearch={() => void navigator.clipboard?.writeText(made ?? '')} />
      </Modal>
      <Preview open={revoking !== null} danger title={t('token.revoke_title', { name: revoking?.name ?? '' })} okText={t('token.revoke')} onClose={() => setRevoking(null)} act={async () => { if (revoking) { await revoke.mutateAsync(revoking.id); done(t('token.revoked')); } }}>{() => <p>{t('token.revoke_text')}</p>}</Preview>
    </section>
  );
}
