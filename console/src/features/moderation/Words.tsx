import { Tag } from 'antd';
import { useSpeak } from '../../i18n/speak';
import { reasonParts, segments, weighed } from './hits';
import type { Hit, Sanction } from '../../api/contract';

/** The sentence for a reason; a rule of the workspace's own is called by its name. */
export function useReason(): (reason: string) => string {
  const { t } = useSpeak();
  return (reason) => {
    const { code, numbers: [a, b, c] } = reasonParts(reason);
    return t(`sanction.reason.${code}`, { a, b, c, defaultValue: code });
  };
}

/** The words of a message with the signs that spoke against it. */
export function SignedText({ text, hits }: { text: string | null; hits: Hit[] }) {
  const { t } = useSpeak();
  const reason = useReason();
  if (text === null) return <p className="quiet">{t('sanction.text_gone')}</p>;
  return (
    <p className="signed">
      {segments(text, hits).map((piece, index) => {
        const against = piece.hits.filter((hit) => hit.weight > 0);
        return against.length > 0 ? <mark key={index} title={[...new Set(against.map((hit) => reason(hit.reason)))].join(' · ')}>{piece.text}</mark> : piece.text;
      })}
    </p>
  );
}

/** Why: each reason with its points. */
export function Reasons({ hits }: { hits: Hit[] }) {
  const { t } = useSpeak();
  const reason = useReason();
  const rows = weighed(hits);
  if (rows.length === 0) return null;
  return (
    <ul className="reasons" aria-label={t('sanction.why')}>
      {rows.map((row) => (
        <li key={`${row.kind}/${row.reason}`} className={row.weight < 0 ? 'against' : undefined}>
          {reason(row.reason)} <span className="quiet">{t(row.weight < 0 ? 'sanction.points_against' : 'sanction.points', { n: Math.abs(row.weight) })}</span>
        </li>
      ))}
    </ul>
  );
}

const HOUR = 3_600_000;

/** A length of time in the largest unit that fits. */
export function useLength(): (milliseconds: number) => string {
  const { t, count } = useSpeak();
  return (milliseconds) => {
    if (milliseconds >= 24 * HOUR) return t('sanction.days', { n: count(Math.round(milliseconds / (24 * HOUR))) });
    if (milliseconds >= HOUR) return t('sanction.hours', { n: count(Math.round(milliseconds / HOUR)) });
    return t('sanction.minutes', { n: count(Math.max(1, Math.round(milliseconds / 60_000))) });
  };
}

const toneColor: Record<string, string> = { gentle: 'green', neutral: 'gold', hard: 'red' };

/** What it is, how hard, and what was to be done. */
export function Verdict({ sanction }: { sanction: Pick<Sanction, 'kind' | 'tone' | 'fault' | 'measures' | 'cool_off_s' | 'back_at'> }) {
  const { t, list, moment, word } = useSpeak();
  const length = useLength();
  const { kind, tone, fault, measures, cool_off_s: coolOff, back_at: back } = sanction;
  const done = measures.map((measure) => {
    if (measure === 'cool_off' && coolOff !== null) return t('sanction.measure.cool_off', { time: length(coolOff * 1000) });
    if (measure === 'remove' && back !== null) return t('sanction.measure.remove_back', { time: moment(back) });
    return word('sanction.measure', measure);
  });
  return (
    <span className="tags">
      <Tag>{word('sanction.kind', kind)}</Tag>
      <Tag color={toneColor[tone]}>{t(`sanction.tone.${tone}`)}</Tag>
      {fault === 'accident' ? <Tag color="blue">{t('sanction.accident')}</Tag> : null}
      <span className="quiet">{list(done)}</span>
    </span>
  );
}
