import { DownloadOutlined, LinkOutlined } from '@ant-design/icons';
import { Alert, Button, Form, Input } from 'antd';
import { useState } from 'react';
import { address, Refusal } from '../../api/client';
import type { Erased, Member } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Preview } from '../../kit/Preview';
import { TroubleLine, useTell } from '../../kit/Trouble';
import { useSignOut } from '../session/queries';
import { useCan } from '../session/session';
import { useErase, usePageLink } from './queries';

function PageLink({ member }: { member: Member }) {
  const { t, moment } = useSpeak();
  const { trouble } = useTell();
  const link = usePageLink();
  return (
    <section className="sheet" aria-labelledby="page-link">
      <h2 id="page-link">{t('member.page_link')}</h2>
      <p className="quiet">{t('member.page_link_text')}</p>
      {link.data ? <Form.Item label={t('member.page_link_url')} extra={t('member.page_link_until', { time: moment(link.data.expires_at) })}><Input.Search readOnly value={link.data.url} enterButton={t('kit.copy')} onSearch={() => void navigator.clipboard?.writeText(link.data.url)} /></Form.Item> : <Button icon={<LinkOutlined />} loading={link.isPending} onClick={() => link.mutate(member.id, { onError: trouble })}>{t('member.page_link_make')}</Button>}
    </section>
  );
}

/** Gives a person their data, or erases them. */
export function Privacy({ member }: { member: Member }) {
  const { t, count, exactMoney } = useSpeak();
  const can = useCan();
  const erase = useErase();
  const leave = useSignOut();
  const [open, setOpen] = useState(false);
  const [erased, setErased] = useState<Erased | null>(null);
  const [stale, setStale] = useState(false);
  if (erased) {
    return (
      <section className="sheet" role="status">
        <Alert type="success" showIcon title={t('member.erased')} />
        <dl className="numbers">{Object.entries(erased.removed).map(([what, n]) => <div key={what}><dt>{t(`member.removed.${what}`, { defaultValue: what })}</dt><dd>{count(n)}</dd></div>)}</dl>
        {erased.older_backups.length > 0 ? <><p>{t('member.older_backups')}</p><ul>{erased.older_backups.map((name) => <li key={name}><code>{name}</code></li>)}</ul></> : <p className="quiet">{t('member.no_older_backups')}</p>}
      </section>
    );
  }
  return (
    <>
      {can('member.link') ? <PageLink member={member} /> : null}
      {can('member.export') ? <section className="sheet" aria-labelledby="export"><h2 id="export">{t('member.export')}</h2><p className="quiet">{t('member.export_text')}</p><Button icon={<DownloadOutlined />} href={address(`/members/${member.id}/export`)} download>{t('member.export_do')}</Button></section> : null}
      {can('member.erase') ? (
        <section className="sheet" aria-labelledby="erase">
          <h2 id="erase">{t('member.erase')}</h2>
          <p className="quiet">{t('member.erase_text')}</p>
          <Button danger onClick={() => setOpen(true)}>{t('member.erase')}</Button>
          {stale ? <div className="stale-note"><TroubleLine error={new Refusal({ code: 'session.stale' })} /><Button onClick={() => leave.mutate()}>{t('session.again')}</Button></div> : null}
        </section>
      ) : null}
      <Preview open={open} danger title={t('member.erase_title', { name: member.name })} okText={t('member.erase_do')} confirmWord={member.name} onClose={() => setOpen(false)} act={async () => {
        try {
          setErased(await erase.mutateAsync({ id: member.id, confirm_name: member.name }));
        } catch (error) {
          if (error instanceof Refusal && error.code === 'session.stale') setStale(true);
          throw error;
        }
      }}>
        {() => (
          <>
            <p>{t('member.erase_loses')}</p>
            <ul>
              <li>{t('member.erase_identities', { n: count(member.identities.length) })}</li>
              <li>{t('member.erase_texts')}</li>
              <li>{t('member.erase_keeps', { orders: count(member.orders.count), amount: exactMoney(member.orders.amount_minor) })}</li>
            </ul>
            <p className="bad">{t('kit.undoable_no')}</p>
          </>
        )}
      </Preview>
    </>
  );
}
