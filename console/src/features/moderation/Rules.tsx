import { Alert, Button, Input, Skeleton, Tag } from 'antd';
import { useRef, useState } from 'react';
import { Link } from 'react-router';
import { Refusal } from '../../api/client';
import { useSpeak } from '../../i18n/speak';
import { Trouble, TroubleLine, useTell, useTroubleText } from '../../kit/Trouble';
import { useCan } from '../session/session';
import { useRuleSetPublish, useRuleSets, useRuleSetText, useRuleSetTry } from './queries';
import { faultyLine, lineSpan } from './rules';
import type { RuleSet, RuleTrial } from '../../api/contract';
import { Reasons, SignedText } from './Words';

const example = `version = 1

[[list]]
name = "同行"
kind = "word"
weight = 60
words = ["某某烘焙", "某某蛋糕"]

[[rule]]
name = "低价拉人"
kind = "advert"
weight = 100
pattern = '便宜\\d+元'
unless = "本店"

[allow]
words = ["微信支付"]
`;

/** What the rules at hand would change. */
function TriedResult({ tried }: { tried: RuleTrial }) {
  const { t, count, ago } = useSpeak();
  return (
    <section className="tried" aria-live="polite">
      <p><strong>{t('rule_set.tried', { n: count(tried.looked), m: count(tried.then) })}</strong> <span className="quiet">{t('rule_set.tried_before', { m: count(tried.now) })}</span></p>
      {tried.changed.length === 0 ? <p className="quiet">{t('rule_set.tried_same')}</p> : (
        <ul className="cases">
          {tried.changed.map((item) => (
            <li key={item.message_id}>
              <p className="tags">
                <Tag>{t(`sanction.outcome.${item.now}`)}</Tag><span aria-hidden="true">→</span><Tag color={item.then === 'allow' ? 'green' : 'gold'}>{t(`sanction.outcome.${item.then}`)}</Tag>
                <Link to={`/groups/${item.group_id}`} className="quiet">{ago(item.at)}</Link>
              </p>
              <SignedText text={item.text} hits={item.hits} />
              <Reasons hits={item.hits} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Editor({ live, base }: { live: string; base: string }) {
  const { t } = useSpeak();
  const { done } = useTell();
  const can = useCan();
  const [text, setText] = useState(base);
  const [note, setNote] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const wording = useTroubleText();
  const attempt = useRuleSetTry();
  const publish = useRuleSetPublish();
  const error = publish.error ?? attempt.error;
  const line = error instanceof Refusal ? faultyLine(error.at) : null;
  const change = (next: string) => { setText(next); attempt.reset(); publish.reset(); };
  const show = () => {
    const box = field.current;
    if (!box || line === null) return;
    const [from, to] = lineSpan(text, line);
    box.focus();
    box.setSelectionRange(from, to);
    box.scrollTop = (line - 4) * 20;
  };
  const changed = text !== live;
  return (
    <>
      <label className="rules-label" htmlFor="rules">{t('rule_set.editor')}{changed ? <Tag color="gold">{t('rule_set.unsaved')}</Tag> : null}</label>
      <textarea id="rules" ref={field} className="rules-text" spellCheck={false} value={text} rows={16} readOnly={!can('moderation.rules')} onChange={(event) => change(event.target.value)} />
      {line !== null && error instanceof Refusal ? (
        <Alert type="error" showIcon role="alert" className="account-alert" title={t('rule_set.invalid_line', { n: line })} description={<>{wording(error).title}<div className="quiet" lang="en">{error.message}</div></>} action={<Button size="small" onClick={show}>{t('rule_set.version_line', { n: line })}</Button>} />
      ) : error ? <TroubleLine error={error} /> : null}
      {can('moderation.rules') ? (
        <>
          <div className="actions">
            {text.trim() === '' ? <Button onClick={() => change(example)}>{t('rule_set.example')}</Button> : null}
            <Button loading={attempt.isPending} disabled={text.trim() === ''} onClick={() => attempt.mutate({ text })}>{t('rule_set.try')}</Button>
          </div>
          <form className="note-form" onSubmit={(event) => { event.preventDefault(); if (note.trim()) publish.mutate({ text, note: note.trim() }, { onSuccess: (made) => { setNote(''); done(t('rule_set.published', { n: made.version })); } }); }}>
            <Input aria-label={t('rule_set.publish_note')} placeholder={t('rule_set.publish_note_missing')} value={note} maxLength={200} onChange={(event) => setNote(event.target.value)} />
            <Button type="primary" htmlType="submit" disabled={!changed || !note.trim()} loading={publish.isPending}>{t('rule_set.publish')}</Button>
          </form>
        </>
      ) : null}
      {attempt.data ? <TriedResult tried={attempt.data} /> : null}
    </>
  );
}

/** The workspace's own words and rules: tried on what was said before they are published. */
export function Rules() {
  const { t, moment } = useSpeak();
  const query = useRuleSets();
  const [taken, setTaken] = useState<RuleSet | null>(null);
  const { trouble } = useTell();
  const load = useRuleSetText();
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  const live = query.data[0];
  return (
    <>
      <section className="sheet" aria-label={t('sanction.tab.rules')}>
        <p className="quiet">{t('rule_set.text')}</p>
        <Editor key={`${live?.version ?? 0}/${taken?.version ?? ''}`} live={live?.text ?? ''} base={taken?.text ?? live?.text ?? ''} />
      </section>
      <section className="sheet" aria-labelledby="versions">
        <h2 id="versions">{t('rule_set.versions')}</h2>
        {query.data.length === 0 ? <p className="quiet">{t('rule_set.none')}</p> : (
          <ul className="people">
            {query.data.map((one) => (
              <li key={one.version}>
                <span><strong>{t('rule_set.version', { n: one.version })}</strong> {one === live ? <Tag color="green">{t('rule_set.live')}</Tag> : null} {one.note} <span className="quiet">{[one.by, moment(one.at)].filter(Boolean).join(' · ')}</span></span>
                <Button size="small" type="text" loading={load.isPending && load.variables === one.version} onClick={() => load.mutate(one.version, { onSuccess: setTaken, onError: trouble })}>{t('rule_set.load')}</Button>
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}
