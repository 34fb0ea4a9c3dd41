import { Button, Empty, Input, Select, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Member, Named } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Preview } from '../../kit/Preview';
import { Trouble, useTell } from '../../kit/Trouble';
import { useCan } from '../session/session';
import { useDuplicatesOf, useMember, useMembers, useMerge, useUnlink } from './queries';

/** What becomes of two records that are one person. */
function Merged({ member, other }: { member: Member; other: Named }) {
  const { t, count, exactMoney } = useSpeak();
  const query = useMember(other.id);
  const second = query.data;
  if (!second) return <Skeleton active />;
  const verified = member.identities.some((one) => one.verified) && second.identities.some((one) => one.verified);
  return (
    <>
      <p>{t('member.merge_text', { name: member.name, other: other.name })}</p>
      <dl className="numbers">
        <div><dt>{t('member.identities')}</dt><dd>{count(member.identities.length)} + {count(second.identities.length)}</dd></div>
        <div><dt>{t('member.orders')}</dt><dd>{count(member.orders.count)} + {count(second.orders.count)}</dd></div>
        <div><dt>{t('member.amount')}</dt><dd>{exactMoney(member.orders.amount_minor)} + {exactMoney(second.orders.amount_minor)}</dd></div>
        <div><dt>{t('member.groups')}</dt><dd>{count(member.groups.length)} + {count(second.groups.length)}</dd></div>
      </dl>
      {verified ? <p className="warn-text">{t('member.merge_verified')}</p> : null}
      <p className="quiet">{t('kit.undoable_yes')}</p>
    </>
  );
}

/** Records that may be this person, records that were found to be, and the way back. */
export function Links({ member }: { member: Member }) {
  const { t, moment, sentence, percent } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const duplicates = useDuplicatesOf(member.id, true);
  const merge = useMerge();
  const unlink = useUnlink();
  const [other, setOther] = useState<Named | null>(null);
  const [reason, setReason] = useState('');
  const [q, setQ] = useState('');
  const search = useMembers(q.trim() ? { q: q.trim() } : { q: member.name });
  const found = (search.data?.pages.flatMap((page) => page.items) ?? []).filter((row) => row.id !== member.id);
  return (
    <>
      <section className="sheet" aria-labelledby="duplicates">
        <h2 id="duplicates">{t('member.duplicates')}</h2>
        {duplicates.isPending ? <Skeleton active /> : duplicates.isError ? <Trouble error={duplicates.error} retry={() => void duplicates.refetch()} /> : duplicates.data.length === 0 ? <Empty description={t('member.duplicates_none')} /> : (
          <ul className="people">
            {duplicates.data.map((one) => (
              <li key={one.member.id}>
                <span><Link to={`/members/${one.member.id}`}>{one.member.name}</Link> <span className="quiet">{one.reasons.map(sentence).join(' · ')} · {t('member.alike', { alike_share: percent(one.score) })}</span></span>
                {can('member.merge') ? <Button size="small" type="primary" onClick={() => setOther(one.member)}>{t('member.merge')}</Button> : null}
              </li>
            ))}
          </ul>
        )}
        {can('member.merge') ? (
          <label className="block narrow">{t('member.merge_other')}
            <Select showSearch={{ filterOption: false, onSearch: setQ }} style={{ width: '100%' }} value={null} placeholder={t('member.search')} aria-label={t('member.merge_other')} options={found.slice(0, 20).map((row) => ({ value: row.id, label: row.name }))} onChange={(id: string) => setOther(found.find((row) => row.id === id) ?? null)} />
          </label>
        ) : null}
      </section>
      <section className="sheet" aria-labelledby="links">
        <h2 id="links">{t('member.links')}</h2>
        {member.links.length === 0 ? <p className="quiet">{t('member.links_none')}</p> : null}
        <ul className="people">
          {member.links.map((link) => (
            <li key={link.id}>
              <span>{link.other.name} <span className="quiet">{[link.reason, link.actor, moment(link.at)].filter(Boolean).join(' · ')}</span></span>
              {link.undone_at ? <Tag>{t('member.unlinked', { time: moment(link.undone_at) })}</Tag> : can('member.merge') ? <Button size="small" onClick={() => unlink.mutate(link.id, { onError: trouble, onSuccess: () => done(t('member.unlinked_told')) })}>{t('member.unlink')}</Button> : null}
            </li>
          ))}
        </ul>
      </section>
      <Preview open={other !== null} title={t('member.merge')} okText={t('member.merge')} onClose={() => setOther(null)} act={async () => {
        if (!other) return;
        const { link_id } = await merge.mutateAsync({ id: member.id, other_id: other.id, reason: reason.trim() || t('member.merge_reason_default') });
        done(t('member.merged'), () => unlink.mutateAsync(link_id));
      }}>
        {() => other ? <><Merged member={member} other={other} /><label className="block">{t('member.merge_reason')}<Input value={reason} onChange={(event) => setReason(event.target.value)} placeholder={t('member.merge_reason_default')} maxLength={200} /></label></> : null}
      </Preview>
    </>
  );
}
