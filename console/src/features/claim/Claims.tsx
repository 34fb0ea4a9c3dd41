import { Tag } from 'antd';
import { useDeferredValue, useId, type ReactNode } from 'react';
import type { Claim } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { segments } from '../moderation/hits';
import { useClaims } from './queries';

/** What an advert may not say, with the words marked and what to write instead. */
export function Claims({ text, claims, said = (piece) => piece }: { text: string; claims: Claim[]; said?: (piece: string) => ReactNode }) {
  const { t } = useSpeak();
  const id = useId();
  const once = claims.filter((claim, index) => claims.findIndex((one) => one.code === claim.code && one.word === claim.word) === index);
  if (once.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h3 id={id}>{t(claims.some((claim) => claim.stops) ? 'kit.claims_stop' : 'kit.claims')}</h3>
      <p className="signed">{segments(text, claims).map((piece, index) => piece.hits.length > 0 ? <mark key={index}>{piece.text}</mark> : said(piece.text))}</p>
      <ul className="refused">
        {once.map((claim) => (
          <li key={`${claim.code}/${claim.word}`}>
            <p><Tag color={claim.stops ? 'red' : 'gold'}>{t(`claim.kind.${claim.kind}`, { defaultValue: claim.kind })}</Tag>{t(claim.code, { word: claim.word })}</p>
            <p className="quiet">{t(claim.suggestion)}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The same for a text that is being written. */
export function ClaimsIn({ text }: { text: string }) {
  const asked = useDeferredValue(text);
  const found = useClaims(asked);
  return <Claims text={asked} claims={asked.trim() === '' ? [] : found.data ?? []} />;
}
