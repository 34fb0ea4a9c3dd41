import { DownOutlined, RightOutlined } from '@ant-design/icons';
import { Button, Input, Segmented, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { Countdown } from '../../kit/Countdown';
import { PagedList } from '../../kit/PagedList';
import { Preview } from '../../kit/Preview';
import { Trouble, useTell } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { useCan } from '../session/session';
import { useAppeals, useGrant, useRefuse, useSanction } from './queries';
import { SanctionBody } from './SanctionCard';
import type { Appeal } from '../../api/contract';

const lists = ['open', 'done', 'all'] as const;

/** What the appeal is against, fetched when somebody looks; open at once where it waits. */
function Against({ appeal }: { appeal: Appeal }) {
  const { t } = useSpeak();
  const [open, setOpen] = useState(appeal.state === 'open');
  const query = useSanction(appeal.sanction_id, open);
  return (
    <>
      <Button type="text" className="disclose" aria-expanded={open} icon={open ? <DownOutlined aria-hidden /> : <RightOutlined aria-hidden />} onClick={() => setOpen(!open)}>{t('appeal.against')}</Button>
      {open ? <div className="appealed">{query.isPending ? <Skeleton active /> : query.isError ? <Trouble error={query.error} retry={() => void query.refetch()} /> : <SanctionBody sanction={query.data} />}</div> : null}
    </>
  );
}

/** Who says that it was wrong, with the clock. */
export function Appeals() {
  const { t, moment } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const [state, patch] = useUrlState();
  const which = lists.find((one) => one === state.appeals) ?? 'open';
  const query = useAppeals(which);
  const grant = useGrant();
  const refuse = useRefuse();
  const [refusing, setRefusing] = useState<Appeal | null>(null);
  const [reason, setReason] = useState('');
  const card = (appeal: Appeal) => (
    <>
      <div className="card-top">
        <span className="tags">
          <Tag color={appeal.state === 'open' ? 'gold' : 'default'}>{t(`appeal.state.${appeal.state}`)}</Tag>
          <Link to={`/members/${appeal.member.id}`}>{appeal.member.name}</Link>
          <Link to={`/groups/${appeal.group.id}`} className="quiet">{appeal.group.name}</Link>
        </span>
        {appeal.state === 'open' ? <Countdown due={appeal.due_at} /> : <span className="quiet">{[appeal.decided_by, appeal.decided_at ? moment(appeal.decided_at) : ''].filter(Boolean).join(' · ')}</span>}
      </div>
      <p className="card-sentence">{appeal.text || <span className="quiet">{t('appeal.text_none')}</span>}</p>
      <Against appeal={appeal} />
      {appeal.answer ? <p className="quiet">{t('appeal.answered', { text: appeal.answer })}</p> : null}
      {appeal.state === 'open' && can('moderation.decide') ? (
        <div className="actions">
          <Button type="primary" loading={grant.isPending && grant.variables === appeal.id} onClick={() => grant.mutate(appeal.id, { onError: trouble, onSuccess: () => done(t('appeal.granted_told')) })}>{t('appeal.grant')}</Button>
          <Button onClick={() => setRefusing(appeal)}>{t('appeal.refuse')}</Button>
        </div>
      ) : null}
    </>
  );
  return (
    <>
      <div className="row-end"><Segmented aria-label={t('appeal.which')} value={which} onChange={(value) => patch({ appeals: value === 'open' ? null : value })} options={lists.map((value) => ({ value, label: t(`appeal.list.${value}`) }))} /></div>
      <PagedList<Appeal> label={t('sanction.tab.appeals')} query={query} rowKey={(appeal) => appeal.id} columns={[]} cards card={card} blank={<Blank picture="calm" title={t('appeal.blank')} text={t('appeal.blank_text')} />} />
      <Preview open={refusing !== null} ready={reason.trim() !== ''} title={t('appeal.refuse_title')} okText={t('appeal.refuse')} onClose={() => { setRefusing(null); setReason(''); }} act={async () => { if (refusing) { await refuse.mutateAsync({ id: refusing.id, reason: reason.trim() }); done(t('appeal.refused_told')); } }}>
        {() => (
          <>
            <p>{t('appeal.refuse_text', { name: refusing?.member.name ?? '' })}</p>
            <Input.TextArea aria-label={t('appeal.answer')} placeholder={t('appeal.answer')} value={reason} maxLength={500} autoSize={{ minRows: 3 }} onChange={(event) => setReason(event.target.value)} />
          </>
        )}
      </Preview>
    </>
  );
}
