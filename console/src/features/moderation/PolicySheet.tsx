import { Alert, Button, Checkbox, Form, InputNumber, Radio, Select, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { useSpeak } from '../../i18n/speak';
import { lastDays } from '../../i18n/time';
import { Trouble, TroubleLine, useTell } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { useGroupRights } from '../channel/queries';
import { useGroupChoices } from '../group/queries';
import { useCan } from '../session/session';
import { usePolicy, usePolicySave, useReplay } from './queries';
import type { PolicyIn } from '../../api/contract';
import { Reasons, SignedText } from './Words';

const modes = ['off', 'watch', 'act'] as const;
const strictnesses = ['loose', 'normal', 'strict'] as const;
const kinds = ['advert', 'contact', 'card', 'newcomer_link', 'repeat', 'word', 'flood', 'insult', 'quarrel', 'off_topic'];
/** What measures need of a channel. */
const measures = ['delete_message', 'restrict', 'remove', 'post_private', 'post_group'];

interface Fields extends Omit<PolicyIn, 'off'> { on: string[] }

function Replay({ group }: { group: string }) {
  const { t, count, moment, zone, word, list } = useSpeak();
  const replay = useReplay();
  const [days, setDays] = useState(7);
  return (
    <section className="sheet" aria-labelledby="replay">
      <h2 id="replay">{t('policy.replay')}</h2>
      <p className="quiet">{t('policy.replay_text')}</p>
      <div className="actions">
        <Select aria-label={t('quality.period')} value={days} onChange={(value: number) => { setDays(value); replay.reset(); }} options={[1, 7, 30].map((value) => ({ value, label: t('policy.replay_days', { n: value }) }))} />
        <Button loading={replay.isPending} onClick={() => replay.mutate({ group, ...lastDays(days, zone, Date.now()) })}>{t('policy.replay_do')}</Button>
      </div>
      {replay.error ? <TroubleLine error={replay.error} /> : null}
      {replay.data ? (
        <div aria-live="polite">
          <p><strong>{replay.data.decisions.length === 0 ? t('policy.replay_none', { n: count(replay.data.looked) }) : t('policy.replay_found', { n: count(replay.data.looked), m: count(Object.entries(replay.data.outcomes).reduce((sum, [outcome, some]) => (outcome === 'allow' ? sum : sum + some), 0)) })}</strong></p>
          <ul className="cases">
            {replay.data.decisions.slice(0, 100).map((item) => (
              <li key={item.message_id}>
                <p className="tags"><Tag>{t(`sanction.outcome.${item.decision}`)}</Tag>{item.kind ? <Tag>{word('sanction.kind', item.kind)}</Tag> : null}<Link to={`/members/${item.member_id}`} className="quiet">{moment(item.at)}</Link><span className="quiet">{list(item.measures.map((measure) => word('sanction.step', measure)))}</span></p>
                <SignedText text={item.text} hits={item.hits} />
                <Reasons hits={item.hits} />
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </section>
  );
}

/** How one group is kept, and what that would have meant. */
export function PolicyOf({ group }: { group: string }) {
  const { t, list, moment } = useSpeak();
  const can = useCan();
  const { done } = useTell();
  const query = usePolicy(group);
  const rights = useGroupRights(group);
  const save = usePolicySave();
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  const { off, by, at, ...policy } = query.data;
  const cannot = rights.data ? measures.filter((word) => !rights.data.can.includes(word)) : [];
  const blind = rights.data ? !rights.data.can.includes('read_text') : false;
  const submit = ({ on, ...fields }: Fields) => {
    const before: PolicyIn = { ...policy, off };
    const next: PolicyIn = { ...fields, off: kinds.filter((kind) => !on.includes(kind)) };
    save.mutate({ group, ...next }, { onSuccess: () => done(t('policy.saved'), () => save.mutateAsync({ group, ...before })) });
  };
  return (
    <>
      <section className="sheet" aria-labelledby="policy">
        <h2 id="policy">{t('policy.title')}</h2>
        {blind ? <Alert type="info" showIcon className="account-alert" title={t('policy.channel_blind')} /> : null}
        {!blind && cannot.length > 0 ? <Alert type="info" showIcon className="account-alert" title={t('policy.channel_cannot', { words: list(cannot.map((word) => t(`channel.short.${word}`))) })} /> : null}
        <Form<Fields> key={`${group}/${JSON.stringify(query.data)}`} layout="vertical" disabled={!can('moderation.decide')} initialValues={{ ...policy, on: kinds.filter((kind) => !off.includes(kind)) }} onFinish={submit}>
          <Form.Item name="mode" label={t('policy.mode')}>
            <Radio.Group className="kinds-group" options={modes.map((value) => ({ value, label: <><strong>{t(`policy.mode.${value}`)}</strong> <span className="quiet">{t(`policy.mode.${value}_text`)}</span></> }))} />
          </Form.Item>
          <Form.Item name="strictness" label={t('policy.strictness')}><Radio.Group options={strictnesses.map((value) => ({ value, label: t(`policy.strictness.${value}`) }))} /></Form.Item>
          <Form.Item name="slow_mode_s" label={t('policy.slow_mode')} extra={t('policy.slow_mode_text')}><InputNumber min={0} max={3600} /></Form.Item>
          <Form.Item name="on" label={t('policy.kinds')} extra={t('policy.kinds_text')}><Checkbox.Group options={kinds.map((value) => ({ value, label: t(`sanction.kind.${value}`) }))} /></Form.Item>
          {by && at ? <p className="quiet">{t('policy.set_by', { name: by, at: moment(at) })}</p> : <p className="quiet">{t('policy.default')}</p>}
          {save.error ? <TroubleLine error={save.error} /> : null}
          {can('moderation.decide') ? <Button type="primary" htmlType="submit" loading={save.isPending}>{t('kit.save')}</Button> : null}
        </Form>
      </section>
      <Replay group={group} />
    </>
  );
}

/** A group is chosen, and how it is kept is set. */
export function Policies() {
  const { t } = useSpeak();
  const [state, patch] = useUrlState();
  const [text, setText] = useState('');
  const groups = useGroupChoices(text);
  // A group that can be read comes first: there is more to set, and a past to try it on.
  const first = groups.data?.find((one) => typeof one.messages_7d === 'number') ?? groups.data?.[0];
  const group = state.of ?? first?.id ?? '';
  return (
    <>
      <p className="quiet">{t('policy.text')}</p>
      <div className="row-end">
        <Select aria-label={t('policy.choose')} showSearch={{ filterOption: false, onSearch: setText }} style={{ width: 'min(100%, 320px)' }} value={group || undefined} placeholder={t('policy.choose')} loading={groups.isLoading} onChange={(value: string) => patch({ of: value })} options={(groups.data ?? []).map((one) => ({ value: one.id, label: one.name }))} />
      </div>
      {group ? <PolicyOf key={group} group={group} /> : null}
    </>
  );
}
