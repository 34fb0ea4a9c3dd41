import { Button, Drawer, Select, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import type { Webhook, WebhookDelivery } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { usePhone } from '../../kit/media';
import { Trouble, useTell } from '../../kit/Trouble';
import { useDeliveries, useDeliveryReplay } from './queries';
import { readable } from './webhooks';

const states = ['pending', 'failed', 'delivered', 'given_up'];
const colours: Record<string, string> = { delivered: 'green', failed: 'gold', given_up: 'red' };
const all = 'all';

function Line({ delivery, webhook }: { delivery: WebhookDelivery; webhook: Webhook }) {
  const { t, moment, count } = useSpeak();
  const { done, trouble } = useTell();
  const replay = useDeliveryReplay();
  const facts = [
    moment(delivery.created_at),
    ...(delivery.attempts > 1 ? [t('webhook.delivery.attempts', { n: count(delivery.attempts) })] : []),
    ...(delivery.status ? [t('webhook.delivery.answered', { status: delivery.status, ms: count(delivery.took_ms ?? 0) })] : []),
    ...(delivery.state === 'failed' && delivery.next_at ? [t('webhook.delivery.next', { time: moment(delivery.next_at) })] : []),
  ];
  return (
    <li className="delivery">
      <div className="delivery-head">
        <p className="tags"><Tag color={colours[delivery.state]}>{t(`webhook.delivery.${delivery.state}`)}</Tag><strong>{t(`webhook.topic.${delivery.topic}`, { defaultValue: delivery.topic })}</strong></p>
        {webhook.state === 'on' && delivery.state !== 'sending' ? <Button size="small" loading={replay.isPending} onClick={() => replay.mutate({ id: webhook.id, delivery: delivery.id }, { onError: trouble, onSuccess: () => done(t('webhook.replay_done')) })}>{t('webhook.replay')}</Button> : null}
      </div>
      <p className="quiet">{facts.join(' · ')}</p>
      {delivery.error ? <p className="clip-line">{t('webhook.said', { said: delivery.error })}</p> : null}
      <details>
        <summary>{t('webhook.delivery.request')}</summary>
        <pre className="payload">{`webhook-id: ${delivery.id}\n\n${readable(delivery.body)}`}</pre>
      </details>
      {delivery.status ? (
        <details>
          <summary>{t('webhook.delivery.answer')}</summary>
          <pre className="payload">{delivery.answer === '' ? t('webhook.delivery.nothing') : readable(delivery.answer)}</pre>
        </details>
      ) : null}
    </li>
  );
}

/** What was sent to one receiver, and what came back. */
export function WebhookDeliveries({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { t } = useSpeak();
  const phone = usePhone();
  const [state, setState] = useState<string>(all);
  const query = useDeliveries(webhook.id, state === all ? undefined : state);
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Drawer open title={t('webhook.deliveries_of', { name: webhook.name })} onClose={onClose} size={phone ? '100%' : 560} destroyOnHidden>
      <p className="tags"><Select aria-label={t('webhook.delivery.state')} size="small" popupMatchSelectWidth={false} value={state} onChange={setState} options={[all, ...states].map((value) => ({ value, label: t(`webhook.delivery.${value}`) }))} /><span className="quiet">{t('webhook.deliveries_kept')}</span></p>
      {query.isPending ? <Skeleton active /> : null}
      {query.isError ? <Trouble error={query.error} retry={() => void query.refetch()} /> : null}
      {query.isSuccess && rows.length === 0 ? <p className="quiet">{t('webhook.deliveries_none')}</p> : null}
      <ul className="deliveries">{rows.map((delivery) => <Line key={delivery.id} delivery={delivery} webhook={webhook} />)}</ul>
      {query.hasNextPage ? <Button block loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('kit.more')}</Button> : null}
    </Drawer>
  );
}
