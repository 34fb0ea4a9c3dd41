import { ArrowLeftOutlined } from '@ant-design/icons';
import { Alert, Button, Skeleton } from 'antd';
import { Link, useParams } from 'react-router';
import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { PageHead } from '../../kit/PageHead';
import { Tabs } from '../../kit/Tabs';
import { Trouble, useTell } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { useCan } from '../session/session';
import { Consents } from './Consents';
import { Links } from './Links';
import { Privacy } from './Privacy';
import { Profile } from './Profile';
import { useMember, useTimeline, useTimelineUndo } from './queries';

function Timeline({ id }: { id: string }) {
  const { t, moment, sentence, word } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const query = useTimeline(id);
  const undo = useTimelineUndo();
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  const items = query.data.pages.flatMap((page) => page.items);
  return (
    <section className="sheet" aria-labelledby="timeline">
      <h2 id="timeline">{t('member.timeline')}</h2>
      {items.length === 0 ? <p className="quiet">{t('member.timeline_none')}</p> : null}
      <ol className="timeline">
        {items.map((item, index) => (
          <li key={`${item.at}-${index}`} className={item.kind}>
            <time dateTime={item.at}>{moment(item.at)}</time>
            <div>
              <p>{sentence({ code: item.code, args: item.args })}</p>
              <p className="quiet">{t(item.cause.actor.startsWith('system:') ? 'member.cause_system' : 'member.cause', { actor: word('actor', item.cause.actor) })}{item.cause.reason_code ? ` · ${t(item.cause.reason_code, { defaultValue: item.cause.reason_code })}` : ''}</p>
            </div>
            {item.undo && can('member.edit') ? <Button size="small" onClick={() => { if (item.undo) undo.mutate(item.undo, { onError: trouble, onSuccess: () => done(t('kit.undone')) }); }}>{t('kit.undo')}</Button> : null}
          </li>
        ))}
      </ol>
      {query.hasNextPage ? <Button onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>{t('kit.more')}</Button> : null}
    </section>
  );
}

/** One person: who brought them, what happened and why, what they allowed. */
export default function MemberPlace() {
  const { id = '' } = useParams();
  const { t, exactMoney, count } = useSpeak();
  const can = useCan();
  const [state, patch] = useUrlState();
  useTopics(`member:${id}`);
  const query = useMember(id);
  if (query.isPending) return <Skeleton active className="sheet" paragraph={{ rows: 8 }} />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} whole />;
  const member = query.data;
  const back = <Link to="/members" className="back"><ArrowLeftOutlined /> {t('shell.place.member')}</Link>;
  if (member.erased_at) return <><PageHead title={t('member.erased')} back={back} /><Alert type="info" showIcon title={t('member.erased_text')} /></>;
  return (
    <>
      <PageHead
        title={member.name}
        back={back}
        note={<span className="tags">{member.roles.map((role) => <span key={role}>{t(`member.role.${role}`, { defaultValue: role })}</span>)}<span>{t('member.orders_of', { orders: count(member.orders.count), amount: exactMoney(member.orders.amount_minor) })}</span><span>{member.inviter ? <>{t('member.brought_by')} <Link to={`/members/${member.inviter.id}`}>{member.inviter.name}</Link></> : t('member.brought_by_unknown')}</span><span>{t('member.brought', { n: count(member.invited) })}</span></span>}
      />
      <Tabs
        label={member.name}
        active={state.tab ?? 'profile'}
        onChange={(tab) => patch({ tab: tab === 'profile' ? null : tab })}
        items={[
          { key: 'profile', label: t('member.tab.profile'), children: <div className="beside"><Profile member={member} /><Timeline id={id} /></div> },
          { key: 'consents', label: t('member.tab.consents'), children: <Consents member={member} /> },
          { key: 'links', label: t('member.tab.links'), children: <Links member={member} /> },
          ...(can('member.export') || can('member.erase') || can('member.link') ? [{ key: 'privacy', label: t('member.tab.privacy'), children: <Privacy member={member} /> }] : []),
        ]}
      />
    </>
  );
}
