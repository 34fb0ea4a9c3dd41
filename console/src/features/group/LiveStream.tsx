import { Alert, Button, Empty, Select, Skeleton, Tag } from 'antd';
import { Fragment, useState } from 'react';
import { Link } from 'react-router';
import type { GroupRights, Readable, StreamItem } from '../../api/contract';
import { useConnection } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { Trouble } from '../../kit/Trouble';
import { useGroupRights } from '../channel/queries';
import { MessageActions } from '../moderation/MessageActions';
import { useStream, type LineKind } from './queries';

const kinds: LineKind[] = ['message', 'join', 'leave', 'sanction', 'order', 'system'];

function Marks({ marks }: { marks: StreamItem['marks'] }) {
  const { t } = useSpeak();
  return (
    <>
      {marks.complaint ? <Tag color="red">{t('stream.complaint')}</Tag> : null}
      {marks.mistaken ? <Tag color="blue">{t('stream.mistaken')}</Tag> : null}
      {marks.advert ? <Tag color="volcano">{t('stream.advert')}</Tag> : null}
      {marks.value ? <Tag color="green">{t(`stream.value.${marks.value}`, { defaultValue: t('stream.value') })}</Tag> : null}
      {marks.off_topic ? <Tag>{t('stream.off_topic')}</Tag> : null}
    </>
  );
}

function Line({ item, rights }: { item: StreamItem; rights: GroupRights | undefined }) {
  const { t, clock, moment, exactMoney } = useSpeak();
  const who = item.member ? <Link to={`/members/${item.member.id}`}>{item.member.name}</Link> : <span>{t('stream.somebody')}</span>;
  const media = item.media_kind && item.media_kind !== 'text' ? <span className="quiet">[{t(`stream.media.${item.media_kind}`, { defaultValue: item.media_kind })}] </span> : null;
  return (
    <li className={`stream-item ${item.kind}`}>
      <time dateTime={item.at} title={moment(item.at)}>{clock(item.at)}</time>
      <div>
        {item.kind === 'message' ? (
          <><strong>{who}</strong> <Marks marks={item.marks ?? {}} /><p>{media}{item.text ?? (media ? '' : <span className="quiet">{t('stream.text_gone')}</span>)}</p></>
        ) : item.kind === 'order' ? (
          <p>{who} {t('stream.order', { amount: exactMoney(item.amount_minor ?? 0) })}</p>
        ) : item.kind === 'system' ? (
          <p className="quiet">{item.text ?? t('stream.system')}</p>
        ) : (
          <p className="quiet">{who} {t(`stream.${item.kind}`)}{item.text ? ` · ${item.text}` : ''}</p>
        )}
      </div>
      <MessageActions item={item} rights={rights} />
    </li>
  );
}

/** Messages, joins, sanctions and orders of a group as they come. */
export function LiveStream({ id, readable }: { id: string; readable: Readable }) {
  const { t, day, dayOf, reason } = useSpeak();
  const connection = useConnection();
  const [kind, setKind] = useState<LineKind | ''>('');
  const query = useStream(id, kind);
  const rights = useGroupRights(id);
  const pages = query.data?.pages ?? [];
  const items = pages.flatMap((page) => page.items);
  const back = pages.at(-1)?.searched_back_to;
  return (
    <section className="sheet stream" aria-labelledby="stream">
      <div className="chart-head">
        <h2 id="stream">{t('stream.title')} <span className={`live-mark ${connection}`}><i aria-hidden="true" />{t(`shell.live.${connection}`)}</span></h2>
        <Select aria-label={t('stream.kind')} size="small" value={kind} onChange={setKind} popupMatchSelectWidth={false} options={(['', ...kinds] as const).map((value) => ({ value, label: t(`stream.kind.${value || 'all'}`) }))} />
      </div>
      {readable.text ? null : <Alert type="info" showIcon title={reason(readable.reason_code ?? 'channel_cannot_read')} />}
      {query.isPending ? <Skeleton active /> : query.isError ? <Trouble error={query.error} retry={() => void query.refetch()} /> : items.length === 0 ? <Empty description={t('stream.none')} /> : (
        <div className="stream-scroll" tabIndex={0} role="region" aria-label={t('stream.title')}>
          <ul aria-live="polite" aria-relevant="additions">{items.map((item, index) => {
            const on = dayOf(item.at);
            const before = items[index - 1];
            return <Fragment key={item.id}>{!before || dayOf(before.at) !== on ? <li className="stream-day">{day(on)}</li> : null}<Line item={item} rights={rights.data} /></Fragment>;
          })}</ul>
          {query.hasNextPage ? <Button block type="text" onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>{t('stream.older')}</Button> : null}
          {back ? <p className="quiet">{t('stream.back_to', { day: day(dayOf(back)) })}</p> : null}
        </div>
      )}
    </section>
  );
}
