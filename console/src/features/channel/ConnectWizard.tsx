import { Alert, Button, Checkbox, Form, Input, Modal, Radio } from 'antd';
import { useState } from 'react';
import type { ChannelTrial } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { TroubleLine, useTell } from '../../kit/Trouble';
import { useDemoProfile, useMeta } from '../session/queries';
import { useCan, useSession } from '../session/session';
import { Abilities } from './Abilities';
import { channelIn, type WizardFields } from './accounts';
import { useChannelAdd, useTrial } from './queries';

type Network = 'matrix' | 'telegram' | 'open' | 'fake';

/** What the network answered to the trial, and what to do about it. */
function TrialResult({ trial }: { trial: ChannelTrial }) {
  const { t } = useSpeak();
  if (!trial.accepted) {
    return (
      <Alert
        type="error" showIcon role="alert" className="account-alert"
        title={t(`channel.obstacle.${trial.obstacle ?? 'other'}`)}
        description={<>{t(`channel.remedy.${trial.obstacle ?? 'other'}`)}{trial.said ? <p className="quiet">{t('channel.said', { said: trial.said })}</p> : null}</>}
      />
    );
  }
  return (
    <>
      <Alert type="success" showIcon role="status" className="account-alert" title={t('channel.wizard.accepted', { user: trial.name || trial.user })} description={t('channel.wizard.what_then')} />
      {trial.cautions.map((word) => <Alert key={word} type="warning" showIcon className="account-alert" title={t(`channel.caution.${word}`)} />)}
    </>
  );
}

/** The secret of a program, shown once. */
function SecretShown({ url, secret, onClose }: { url: string; secret: string; onClose: () => void }) {
  const { t } = useSpeak();
  const copy = (value: string) => void navigator.clipboard?.writeText(value);
  return (
    <Modal open title={t('channel.wizard.secret_title')} closable={false} footer={<Button type="primary" onClick={onClose}>{t('channel.wizard.kept')}</Button>}>
      <p>{t('channel.wizard.secret_text')}</p>
      <p><span className="quiet">{t('channel.wizard.url')}</span><Input.Search readOnly aria-label={t('channel.wizard.url')} value={url} enterButton={t('kit.copy')} onSearch={copy} /></p>
      <p><span className="quiet">{t('channel.wizard.secret')}</span><Input.Search readOnly aria-label={t('channel.wizard.secret')} value={secret} enterButton={t('kit.copy')} onSearch={copy} /></p>
    </Modal>
  );
}

/** Connects a channel: which kind, who signs in, a trial, and only then it is kept. */
export function ConnectWizard({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useSpeak();
  const { workspace } = useSession();
  const can = useCan();
  const { done, trouble } = useTell();
  const meta = useMeta();
  const simulated = workspace.demo && can('demo.edit');
  const [network, setNetwork] = useState<Network>(simulated ? 'fake' : 'matrix');
  const profiles = meta.data?.demo_profiles ?? [];
  const [profile, setProfile] = useState<string>();
  const chosen = profile ?? workspace.demo_profile ?? profiles[0];
  const [form] = Form.useForm<WizardFields>();
  const trial = useTrial();
  const add = useChannelAdd();
  const change = useDemoProfile();
  const [made, setMade] = useState<{ url: string; secret: string } | null>(null);
  const forget = () => { trial.reset(); add.reset(); };
  const close = () => { forget(); form.resetFields(); onClose(); };
  const networks: Network[] = [...(simulated ? ['fake' as const] : []), 'matrix', 'telegram', 'open'];
  const tried = network === 'matrix' || network === 'telegram';
  const accepted = trial.data?.accepted === true;
  const required = [{ required: true, whitespace: true, message: t('channel.wizard.missing') }];
  const test = (fields: WizardFields) => trial.mutate(channelIn(network, fields));
  const save = async () => {
    const fields = await form.validateFields();
    add.mutate(channelIn(network, fields), {
      onSuccess: (account) => {
        if (account.secret && account.url) setMade({ url: account.url, secret: account.secret });
        else done(t('channel.wizard.saved'));
        close();
      },
    });
  };
  const footer = network === 'fake' ? (
    <Button type="primary" loading={change.isPending} disabled={!chosen || chosen === workspace.demo_profile} onClick={() => chosen && change.mutate(chosen, { onError: trouble, onSuccess: () => { done(t('shell.demo_switched', { profile: t(`channel.profile.${chosen}`) })); close(); } })}>{t('channel.wizard.switch')}</Button>
  ) : (
    <>
      {tried ? <Button loading={trial.isPending} type={accepted ? 'default' : 'primary'} onClick={() => form.submit()}>{t('channel.wizard.test')}</Button> : null}
      <Button type={tried && !accepted ? 'default' : 'primary'} disabled={tried && !accepted} loading={add.isPending} onClick={() => void save().catch(() => undefined)}>{t('channel.wizard.save')}</Button>
    </>
  );
  return (
    <>
      <Modal open={open} title={t('channel.connect')} onCancel={close} width={620} footer={<><Button onClick={close}>{t('kit.cancel')}</Button>{footer}</>} destroyOnHidden>
        <fieldset className="kinds">
          <legend>{t('channel.wizard.network')}</legend>
          <Radio.Group value={network} onChange={(event) => { forget(); form.resetFields(); setNetwork(event.target.value as Network); }}>
            {networks.map((one) => <Radio key={one} value={one}><strong>{t(`channel.${one}`)}</strong> <span className="quiet">{t(`channel.wizard.${one}`)}</span></Radio>)}
          </Radio.Group>
        </fieldset>
        {network === 'fake' ? (
          <>
            <fieldset className="kinds">
              <legend>{t('channel.wizard.profile')}</legend>
              <Radio.Group value={chosen} onChange={(event) => setProfile(event.target.value as string)}>
                {profiles.map((one) => <Radio key={one} value={one}>{t(`channel.profile.${one}`)}</Radio>)}
              </Radio.Group>
            </fieldset>
            {chosen ? <Abilities profile={chosen} limits={false} /> : null}
          </>
        ) : (
          <Form<WizardFields> form={form} layout="vertical" initialValues={{ adopt: true }} onValuesChange={forget} onFinish={test} autoComplete="off">
            {network === 'matrix' ? (
              <>
                <Form.Item name="homeserver" label={t('channel.wizard.homeserver')} extra={t('channel.wizard.homeserver_hint')} rules={required}><Input inputMode="url" /></Form.Item>
                <Form.Item name="user" label={t('channel.wizard.user')} extra={t('channel.wizard.user_hint')} rules={required}><Input autoComplete="off" /></Form.Item>
                <Form.Item name="password" label={t('channel.wizard.password')} extra={t('channel.wizard.password_hint')} rules={[{ required: true, message: t('channel.wizard.missing') }]}><Input.Password autoComplete="new-password" /></Form.Item>
              </>
            ) : network === 'telegram' ? (
              <>
                <Form.Item name="token" label={t('channel.wizard.token')} extra={t('channel.wizard.token_hint')} rules={required}><Input.Password autoComplete="new-password" /></Form.Item>
                <Form.Item name="base_url" label={t('channel.wizard.base_url')} extra={t('channel.wizard.base_url_hint')}><Input inputMode="url" /></Form.Item>
              </>
            ) : null}
            <Form.Item name="name" label={t('channel.wizard.name')} extra={tried ? t('channel.wizard.name_hint') : undefined} rules={tried ? [] : required}><Input maxLength={100} /></Form.Item>
            <Form.Item name="adopt" valuePropName="checked"><Checkbox>{t('channel.wizard.adopt')}</Checkbox></Form.Item>
            {tried && !trial.data && !trial.isPending ? <p className="quiet">{t('channel.wizard.test_first')}</p> : null}
            {trial.data ? <TrialResult trial={trial.data} /> : null}
            {trial.error ? <TroubleLine error={trial.error} /> : null}
            {add.error ? <TroubleLine error={add.error} /> : null}
          </Form>
        )}
      </Modal>
      {made ? <SecretShown {...made} onClose={() => setMade(null)} /> : null}
    </>
  );
}
