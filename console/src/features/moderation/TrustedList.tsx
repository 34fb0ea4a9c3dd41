import { Button, Select } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { PagedList } from '../../kit/PagedList';
import { useTell } from '../../kit/Trouble';
import { useMembers } from '../member/queries';
import { useCan } from '../session/session';
import { useDistrust, useTrust, useTrusted } from './queries';
import type { Trusted } from '../../api/contract';

/** People whose messages are not judged. */
export function TrustedList() {
  const { t, moment } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const query = useTrusted();
  const trust = useTrust();
  const distrust = useDistrust();
  const [text, setText] = useState('');
  const members = useMembers(text ? { q: text } : {}, text !== '');
  const found = members.data?.pages.flatMap((page) => page.items) ?? [];
  const card = (row: Trusted) => (
    <div className="card-top">
      <span><Link to={`/members/${row.member.id}`}>{row.member.name}</Link> {row.note} <span className="quiet">{t('trusted.by', { name: row.by, at: moment(row.at) })}</span></span>
      {can('moderation.decide') ? <Button size="small" onClick={() => distrust.mutate(row.member.id, { onError: trouble, onSuccess: () => done(t('trusted.removed_told'), () => trust.mutateAsync({ member: row.member.id, note: row.note })) })}>{t('trusted.remove')}</Button> : null}
    </div>
  );
  return (
    <>
      <p className="quiet">{t('trusted.text')}</p>
      {can('moderation.decide') ? (
        <div className="row-end">
          <Select
            aria-label={t('trusted.add')} placeholder={t('trusted.add_hint')} style={{ width: 'min(100%, 320px)' }}
            showSearch={{ filterOption: false, onSearch: setText }} value={null} loading={members.isFetching}
            options={found.map((row) => ({ value: row.id, label: row.name }))}
            onChange={(member: string | null) => { if (member) trust.mutate({ member }, { onError: trouble, onSuccess: () => done(t('sanction.trusted_told', { name: found.find((row) => row.id === member)?.name ?? '' })) }); }}
          />
        </div>
      ) : null}
      <PagedList<Trusted> label={t('sanction.tab.trusted')} query={query} rowKey={(row) => row.member.id} columns={[]} cards card={card} blank={<Blank picture="list" title={t('trusted.none')} />} />
    </>
  );
}
