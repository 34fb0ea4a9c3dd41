import { Alert, Button, DatePicker, Form, Input, Modal, Select, Skeleton, Switch, Tag } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useState } from 'react';
import type { Webhook } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Preview } from '../../kit/Preview';
import { Trouble, TroubleLine, useTell } from '../../kit/Trouble';
import { useBranches } from '../staff/queries';
import { useWebhookAdd, useWebhookEdit, useWebhookRemove, useWebhookReplay, useWebhookRotate, useWebhooks, useWebhookTest, useWebhookTopics } from './queries';
import { WebhookDeliveries } from './WebhookDeliveries';
import { everywhere, webhookEdit, webhookIn, type WebhookFields } from './webhooks';

function WebhookForm({ edited, onClose, onMade }: { edited: Webhook | null; onClose: () => void; onMade: (secret: string) => void }) {
  const { t } = useSpeak();
  const { done } = useTell();
  const branches = useBranches();
  const topics = useWebhookTopics();
  const add = useWebhookAdd();
  const edit = useWebhookEdit();
  const [form] = Form.useForm<WebhookFields>();
  const required = (message: string) => [{ required: true, whitespace: true, message: t(message) }];
  const save = (fields: WebhookFields) => (edited
    ? edit.mutate({ id: edited.id, ...webhookEdit(edited, fields) }, { onSuccess: () => { done(t('webhook.saved')); onClose(); } })
    : add.mutate(webhookIn(fields), { onSuccess: ({ secret }) => { onClose(); onMade(secret); } }));
  const error = add.error ?? edit.error;
  return (
    <Modal open title={edited ? t('webhook.edit_title', { name: edited.name }) : t('webhook.add')} okText={t('webhook.save')} cancelText={t('kit.cancel')} confirmLoading={add.isPending || edit.isPending} onCancel={onClose} onOk={() => form.submit()} destroyOnHidden>
      <Form<WebhookFields> form={form} layout="vertical" initialValues={edited ? { name: edited.name, address: edited.address, topics: edited.topics, branch: edited.branch_id ?? everywhere } : { branch: everywhere }} onFinish={save} autoComplete="off">
        <Form.Item name="name" label={t('webhook.name')} extra={t('webhook.name_hint')} rules={required('webhook.name_missing')}><Input maxLength={100} /></Form.Item>
        <Form.Item name="address" label={t('webhook.address')} extra={t('webhook.address_hint')} rules={required('webhook.address_missing')}><Input inputMode="url" autoComplete="off" /></Form.Item>
        <Form.Item name="topics" label={t('webhook.topics')} extra={t('webhook.topics_hint')}>
          <Select mode="multiple" allowClear optionFilterProp="label" placeholder={t('webhook.everything')} options={(topics.data ?? []).map((value) => ({ value, label: `${t(`webhook.topic.${value}`, { defaultValue: value })} ${value}` }))} />
        </Form.Item>
        <Form.Item name="branch" label={t('webhook.branch')}><Select options={[{ value: everywhere, label: t('webhook.everywhere') }, ...(branches.data ?? []).map((branch) => ({ value: branch.id, label: branch.name }))]} /></Form.Item>
        {error ? <TroubleLine error={error} /> : null}
      </Form>
    </Modal>
  );
}

function Missed({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { t, count } = useSpeak();
  const { done } = useTell();
  const replay = useWebhookReplay();
  const [since, setSince] = useState<Dayjs>(() => (webhook.failing_since ? dayjs(webhook.failing_since) : dayjs().subtract(7, 'day')));
  return (
    <Modal open title={t('webhook.replay_title')} okText={t('webhook.replay')} cancelText={t('kit.cancel')} confirmLoading={replay.isPending} onCancel={onClose} onOk={() => replay.mutate({ id: webhook.id, since: since.toISOString() }, { onSuccess: (answer) => { done(t('webhook.replayed', { n: count(answer.count) })); onClose(); } })} destroyOnHidden>
      <p>{t('webhook.replay_text')}</p>
      <Form layout="vertical"><Form.Item label={t('webhook.replay_since')} htmlFor="webhook-since"><DatePicker id="webhook-since" showTime={{ format: 'HH:mm' }} format="YYYY-MM-DD HH:mm" allowClear={false} value={since} onChange={(moment) => setSince(moment ?? since)} style={{ width: '100%' }} /></Form.Item></Form>
      <TroubleLine error={replay.error} />
    </Modal>
  );
}

/** How one stands, in one line. */
function Standing({ webhook }: { webhook: Webhook }) {
  const { t, ago, count, moment } = useSpeak();
  const said = [
    webhook.delivered_at ? t('webhook.delivered', { time: ago(webhook.delivered_at) }) : t('webhook.never'),
    ...(webhook.waiting > 0 ? [t('webhook.waiting', { n: count(webhook.waiting) })] : []),
    ...(webhook.given_up > 0 ? [t('webhook.given_up', { n: count(webhook.given_up) })] : []),
    ...(webhook.old_secret_until && dayjs(webhook.old_secret_until).isAfter(dayjs()) ? [t('webhook.old_secret', { time: moment(webhook.old_secret_until) })] : []),
  ];
  return <span className="quiet">{said.join(' · ')}</span>;
}

/** Programs of others that are told what happens here. */
export function Webhooks() {
  const { t, list, moment } = useSpeak();
  const { done, trouble } = useTell();
  const query = useWebhooks();
  const edit = useWebhookEdit();
  const test = useWebhookTest();
  const rotate = useWebhookRotate();
  const remove = useWebhookRemove();
  const [form, setForm] = useState<{ edited: Webhook | null } | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const [rotating, setRotating] = useState<Webhook | null>(null);
  const [removing, setRemoving] = useState<Webhook | null>(null);
  const [looking, setLooking] = useState<Webhook | null>(null);
  const [missed, setMissed] = useState<Webhook | null>(null);
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  const tried = (webhook: Webhook) => test.mutate(webhook.id, {
    onError: trouble,
    onSuccess: (delivery) => (delivery.state === 'delivered' ? done(t('webhook.test_taken', { status: delivery.status })) : setLooking(webhook)),
  });
  return (
    <section className="sheet" aria-labelledby="webhooks">
      <h2 id="webhooks">{t('setting.tab.webhooks')}</h2>
      <p className="quiet">{t('webhook.text')}</p>
      {query.data.length === 0 ? <p className="quiet">{t('webhook.none')}</p> : null}
      <ul className="people webhooks">
        {query.data.map((webhook) => (
          <li key={webhook.id}>
            <div>
              <p className="tags">
                <Switch size="small" aria-label={t('webhook.switch', { name: webhook.name })} checked={webhook.state === 'on'} loading={edit.isPending && edit.variables.id === webhook.id} onChange={(on) => edit.mutate({ id: webhook.id, on }, { onError: trouble, onSuccess: () => done(t('webhook.saved'), () => edit.mutateAsync({ id: webhook.id, on: !on })) })} />
                <strong>{webhook.name}</strong>
                <Tag color={webhook.state === 'on' ? 'green' : webhook.state === 'failed' ? 'red' : undefined}>{t(`webhook.state.${webhook.state}`)}</Tag>
                <Standing webhook={webhook} />
              </p>
              <p className="clip-line quiet">{webhook.address}</p>
              <p className="quiet">{webhook.topics.length === 0 ? t('webhook.everything') : list(webhook.topics.map((topic) => t(`webhook.topic.${topic}`, { defaultValue: topic })))}</p>
              {webhook.state === 'failed' ? <Alert className="account-alert" type="error" showIcon title={t('webhook.failed')} description={webhook.last_error ? t('webhook.said', { said: webhook.last_error }) : undefined} /> : null}
              {webhook.state === 'on' && webhook.failing_since ? <Alert className="account-alert" type="warning" showIcon title={t('webhook.failing', { time: moment(webhook.failing_since) })} description={webhook.last_error ? t('webhook.said', { said: webhook.last_error }) : undefined} /> : null}
            </div>
            <span className="actions">
              <Button size="small" onClick={() => setLooking(webhook)}>{t('webhook.deliveries')}</Button>
              <Button size="small" loading={test.isPending && test.variables === webhook.id} onClick={() => tried(webhook)}>{t('webhook.test')}</Button>
              {webhook.state === 'on' && webhook.given_up > 0 ? <Button size="small" onClick={() => setMissed(webhook)}>{t('webhook.replay_all')}</Button> : null}
              <Button size="small" onClick={() => setForm({ edited: webhook })}>{t('webhook.edit')}</Button>
              <Button size="small" onClick={() => setRotating(webhook)}>{t('webhook.rotate')}</Button>
              <Button size="small" type="text" danger onClick={() => setRemoving(webhook)}>{t('webhook.remove')}</Button>
            </span>
          </li>
        ))}
      </ul>
      <Button type="primary" onClick={() => setForm({ edited: null })}>{t('webhook.add')}</Button>
      {form ? <WebhookForm edited={form.edited} onClose={() => setForm(null)} onMade={setSecret} /> : null}
      {missed ? <Missed webhook={missed} onClose={() => setMissed(null)} /> : null}
      {looking ? <WebhookDeliveries webhook={looking} onClose={() => setLooking(null)} /> : null}
      <Modal open={secret !== null} title={t('webhook.secret')} onCancel={() => setSecret(null)} footer={<Button type="primary" onClick={() => setSecret(null)}>{t('webhook.secret_kept')}</Button>} destroyOnHidden>
        <p>{t('webhook.secret_text')}</p>
        <Input.Search readOnly aria-label={t('webhook.secret')} value={secret ?? ''} enterButton={t('kit.copy')} onSearch={() => void navigator.clipboard?.writeText(secret ?? '')} />
      </Modal>
      <Preview open={rotating !== null} title={t('webhook.rotate_title', { name: rotating?.name ?? '' })} okText={t('webhook.rotate')} onClose={() => setRotating(null)} act={async () => { if (rotating) setSecret((await rotate.mutateAsync(rotating.id)).secret); }}>{() => <p>{t('webhook.rotate_text')}</p>}</Preview>
      <Preview open={removing !== null} danger title={t('webhook.remove_title', { name: removing?.name ?? '' })} okText={t('webhook.remove')} onClose={() => setRemoving(null)} act={async () => { if (removing) { await remove.mutateAsync(removing.id); done(t('webhook.removed')); } }}>{() => <p>{t('webhook.remove_text')}</p>}</Preview>
    </section>
  );
}
