import { DownOutlined, MoreOutlined, RightOutlined } from '@ant-design/icons';
import { Alert, Button, Dropdown, Form, Input, Modal, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import type { ChannelAccount } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Preview } from '../../kit/Preview';
import { Trouble, TroubleLine, useTell } from '../../kit/Trouble';
import { useCan } from '../session/session';
import { Abilities } from './Abilities';
import { clocksApart, holdsConnection, stateKey, tone } from './accounts';
import { useChannelGroups, useChannelPause, useChannelReconnect, useChannelRemove, useChannelResume } from './queries';

/** Groups in which the account lacks rights, each with what it cannot do there. */
function Rights({ account }: { account: ChannelAccount }) {
  const { t, list } = useSpeak();
  const query = useChannelGroups(account.id, account.limited > 0);
  if (account.limited === 0) return <p className="quiet">{t('channel.rights_all')}</p>;
  if (query.isPending) return <Skeleton active />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  return (
    <>
      <ul className="rights">
        {query.data.map((group) => (
          <li key={group.id}>
            <Link to={`/groups/${group.id}`}>
              {group.cannot.length > 0
                ? t('channel.rights_line', { group: group.name, words: list(group.cannot.map(({ capability }) => t(`channel.short.${capability}`))) })
                : group.name}
            </Link>
            {group.unreadable && (group.unreadable === 'channel.encrypted' || !group.cannot.some(({ capability }) => capability === 'read_text')) ? <span className="quiet"> · {t(group.unreadable, { defaultValue: group.unreadable })}</span> : null}
          </li>
        ))}
      </ul>
      <p className="quiet">{t('channel.rights_remedy')}</p>
    </>
  );
}

function Reconnect({ account, open, onClose }: { account: ChannelAccount; open: boolean; onClose: () => void }) {
  const { t } = useSpeak();
  const { done } = useTell();
  const send = useChannelReconnect();
  const [form] = Form.useForm<{ secret: string }>();
  const word = account.network === 'matrix' ? 'password' : 'token';
  const close = () => { send.reset(); onClose(); };
  return (
    <Modal open={open} title={t('channel.reconnect_title', { name: account.name })} okText={t('channel.reconnect')} cancelText={t('kit.cancel')} confirmLoading={send.isPending} onCancel={close} onOk={() => form.submit()} destroyOnHidden>
      <p className="quiet">{t('channel.reconnect_text')}</p>
      <Form form={form} layout="vertical" onFinish={({ secret }) => send.mutate({ id: account.id, secret }, { onSuccess: () => { done(t('channel.reconnected_told')); close(); } })}>
        <Form.Item name="secret" label={t(`channel.wizard.${word}`)} extra={t(`channel.wizard.${word}_hint`)} rules={[{ required: true, message: t('channel.wizard.missing') }]}>
          <Input.Password autoComplete="off" />
        </Form.Item>
        {send.error ? <TroubleLine error={send.error} /> : null}
      </Form>
    </Modal>
  );
}

/** One account: how it stands, what is wrong and what to do, what it can do, and how to stop it. */
export function AccountCard({ account }: { account: ChannelAccount }) {
  const { t, count, moment, ago } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const pause = useChannelPause();
  const resume = useChannelResume();
  const remove = useChannelRemove();
  const [open, setOpen] = useState(false);
  const [doing, setDoing] = useState<'pause' | 'reconnect' | 'remove' | null>(null);
  const close = () => setDoing(null);
  const name = account.network === 'fake' ? t(`channel.${account.network}`) : account.name;
  const edits = can('channel.edit');
  const connected = holdsConnection(account);
  const apart = clocksApart(account.clock_ahead_ms);
  const resumed = () => resume.mutateAsync(account.id);
  const rows = [
    t('channel.groups_of', { count: account.groups, n: count(account.groups) }),
    account.waiting > 0 ? t('channel.waiting_of', { count: account.waiting, n: count(account.waiting) }) : '',
  ].filter(Boolean);
  return (
    <section className="sheet account" aria-label={name}>
      <div className="account-head">
        <div>
          <h2>{name} <Tag>{t(`channel.profile.${account.profile}`, { defaultValue: t(`channel.${account.network}`) })}</Tag></h2>
          <p className={`account-state ${tone(account)}`} role="status">
            <i aria-hidden="true" /><span>{t(stateKey(account))}</span>
            {account.since ? <time dateTime={account.since} title={moment(account.since)} className="quiet">{t('channel.since', { time: ago(account.since) })}</time> : null}
          </p>
          {account.user && account.user !== name ? <p className="quiet clip-line">{t('channel.account_at', { user: account.user, place: account.base_url })}</p> : account.base_url ? <p className="quiet clip-line">{account.base_url}</p> : null}
          {account.url ? <p className="quiet clip-line">{account.url}</p> : null}
          <p className="quiet">{rows.join(' · ')}</p>
        </div>
        {edits && account.network !== 'fake' ? (
          <span className="actions">
            {account.state === 'paused' ? <Button type="primary" loading={resume.isPending} onClick={() => resume.mutate(account.id, { onError: trouble, onSuccess: () => done(t('channel.resumed_told')) })}>{t('channel.resume')}</Button> : null}
            {account.state === 'failed' && connected ? <Button type="primary" onClick={() => setDoing('reconnect')}>{t('channel.reconnect')}</Button> : null}
            <Dropdown
              trigger={['click']}
              menu={{
                items: [
                  ...(connected && account.state !== 'paused' ? [{ key: 'pause', label: t('channel.pause') }] : []),
                  ...(connected && account.state !== 'failed' ? [{ key: 'reconnect', label: t('channel.reconnect') }] : []),
                  { key: 'remove', label: t('channel.remove'), danger: true },
                ],
                onClick: ({ key }) => setDoing(key as 'pause' | 'reconnect' | 'remove'),
              }}
            >
              <Button icon={<MoreOutlined aria-hidden />} aria-label={`${t('channel.more')} ${name}`} />
            </Dropdown>
          </span>
        ) : null}
      </div>
      {account.obstacle ? (
        <Alert
          className="account-alert"
          type={account.state === 'failed' ? 'error' : 'warning'}
          showIcon
          title={t(`channel.obstacle.${account.obstacle}`)}
          description={<>{t(`channel.remedy.${account.obstacle}`)}{account.last_error ? <p className="quiet">{t('channel.said', { said: account.last_error })}</p> : null}</>}
        />
      ) : account.network === 'open' && account.last_error ? <Alert className="account-alert" type="warning" showIcon title={account.last_error} /> : null}
      {apart ? <Alert className="account-alert" type="warning" showIcon title={t(apart.key, { time: t('channel.minutes', { n: count(apart.minutes) }) })} /> : null}
      {account.limited > 0 ? (
        <Alert className="account-alert" type="warning" showIcon title={t('channel.limited_of', { count: account.limited, n: count(account.limited) })} description={<Rights account={account} />} />
      ) : null}
      <Button type="text" className="disclose" aria-expanded={open} icon={open ? <DownOutlined aria-hidden /> : <RightOutlined aria-hidden />} onClick={() => setOpen(!open)}>{t('channel.abilities')}<span className="unseen">{name}</span></Button>
      {open ? (
        <>
          <Abilities profile={account.profile} />
          {connected ? <p className="quiet">{account.holder ? t('channel.holder', { holder: account.holder }) : t('channel.holder_none')}</p> : null}
        </>
      ) : null}
      <Reconnect account={account} open={doing === 'reconnect'} onClose={close} />
      <Preview open={doing === 'pause'} title={t('channel.pause_title', { name: account.name })} okText={t('channel.pause')} onClose={close} act={async () => { await pause.mutateAsync(account.id); done(t('channel.paused_told'), resumed); }}>
        {() => <p>{t('channel.pause_text', { n: count(account.groups) })}</p>}
      </Preview>
      <Preview open={doing === 'remove'} danger title={t('channel.remove_title', { name: account.name })} okText={t('channel.remove')} onClose={close} act={async () => { await remove.mutateAsync(account.id); done(t('channel.removed_told')); }}>
        {() => <><p>{t('channel.remove_text', { n: count(account.groups) })}</p>{account.waiting > 0 ? <p>{t('channel.remove_waiting', { n: count(account.waiting) })}</p> : null}</>}
      </Preview>
    </section>
  );
}
