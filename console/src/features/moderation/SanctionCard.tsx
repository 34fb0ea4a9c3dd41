import { Tag } from 'antd';
import { Link } from 'react-router';
import { useSpeak } from '../../i18n/speak';
import type { Sanction } from '../../api/contract';
import { Reasons, SignedText, Verdict } from './Words';

/** One decision: who wrote what where, what was seen in it, and what followed. */
export function SanctionBody({ sanction }: { sanction: Sanction }) {
  const { t, list, moment, ago, word } = useSpeak();
  const said = sanction.messages[0]?.at ?? sanction.decided_at;
  const facts = [
    sanction.strikes > 0 ? t('sanction.strikes_before', { n: sanction.strikes }) : '',
    sanction.reports > 0 ? t('sanction.reports_of', { n: sanction.reports }) : '',
    sanction.by_hand ? t('sanction.by_hand', { name: sanction.decided_by }) : sanction.rule_version > 0 ? t('sanction.rules_of', { n: sanction.rule_version }) : t('sanction.rules_none'),
  ].filter(Boolean);
  return (
    <>
      <div className="case-head">
        <span><Link to={`/members/${sanction.member.id}`}><strong>{sanction.member.name}</strong></Link> <Link to={`/groups/${sanction.group.id}`} className="quiet">{sanction.group.name}</Link></span>
        <time dateTime={said} title={moment(said)} className="quiet">{ago(said)}</time>
      </div>
      <Verdict sanction={sanction} />
      {sanction.messages.map((message, index) => (
        <div key={message.id}>
          {message.media_kind !== 'text' ? <span className="quiet">[{t(`stream.media.${message.media_kind}`, { defaultValue: message.media_kind })}]</span> : null}
          <SignedText text={message.text} hits={index === 0 ? sanction.hits : []} />
        </div>
      ))}
      <Reasons hits={sanction.hits} />
      <p className="quiet">{facts.join(' · ')}</p>
      <p className="tags">
        <Tag>{t(`sanction.state.${sanction.state}`, { defaultValue: sanction.state })}</Tag>
        {sanction.steps.length > 0 ? <span className="quiet">{list(sanction.steps.map((step) => t('sanction.step_of', { step: word('sanction.step', step.action), state: word('sanction.step_state', step.state) })))}</span> : null}
        {sanction.is_right === null ? null : <span className={sanction.is_right ? 'good' : 'warn'}>{t(sanction.is_right ? 'sanction.judged_right' : 'sanction.judged_wrong', { name: sanction.judged_by ?? '' })}</span>}
      </p>
      {sanction.reason ? <p className="quiet">{sanction.reason}</p> : null}
    </>
  );
}
