import { Button, Form, Input, Tag } from 'antd';
import { useId } from 'react';
import { Link } from 'react-router';
import type { BroadcastPlan, Claim } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { useProfiles } from '../channel/queries';
import { Claims } from '../claim/Claims';
import { useCan } from '../session/session';
import type { Mode } from './draft';
import { useNamed } from './HowFar';
import { remedies, together, type Remedy, type RefusedTogether } from './refused';

/** What it would do, in sentences. */
export function PlanSays({ plan, mode, selling, scheduled }: { plan: BroadcastPlan; mode: Mode; selling: boolean; scheduled: boolean }) {
  const { t, count, exact, moment } = useSpeak();
  const lines = [
    plan.by_hand > 0 ? t('broadcast.plan.by_hand', { count: plan.by_hand, n: count(plan.by_hand) }) : '',
    mode === 'task' && plan.accepted > plan.by_hand ? t('broadcast.plan.confirm', { count: plan.accepted - plan.by_hand, n: count(plan.accepted - plan.by_hand) }) : '',
    plan.waiting > 0 ? t(selling ? 'broadcast.plan.waiting_selling' : 'broadcast.plan.waiting', { count: plan.waiting, n: count(plan.waiting) }) : '',
    plan.again > 0 ? t('broadcast.plan.again', { count: plan.again, n: count(plan.again) }) : '',
    plan.refused.length > 0 ? t('broadcast.plan.left_out', { count: plan.refused.length, n: count(plan.refused.length) }) : '',
    scheduled ? t('broadcast.plan.at', { time: moment(plan.at) }) : t('broadcast.plan.at_once'),
    plan.minutes > 0 ? t('broadcast.plan.minutes', { count: plan.minutes, n: count(plan.minutes) }) : '',
  ].filter(Boolean);
  return (
    <>
      {plan.groups === 0 ? <p className="warn-text">{t('broadcast.plan.nobody')}</p> : plan.accepted === 0 ? <p className="warn-text">{t('broadcast.plan.none_left', { n: count(plan.groups) })}</p> : (
        <p className="plan-says">{t('broadcast.plan.reaches', { count: plan.accepted, n: count(plan.accepted), people: exact(plan.people) })}</p>
      )}
      {plan.accepted > 0 ? <ul className="plan-lines">{lines.map((line) => <li key={line}>{line}</li>)}<li>{t('kit.undoable_no')}<span className="quiet"> · {t('broadcast.plan.undo_text')}</span></li></ul> : null}
    </>
  );
}

/** The sentence of a limit with its numbers and its source, as the profiles state them. */
function LimitOf({ code }: { code: string }) {
  const { t, count } = useSpeak();
  const profiles = useProfiles();
  const limit = (profiles.data ?? []).flatMap((one) => one.limits).find((one) => one.code === code);
  if (!limit) return null;
  return <p className="quiet">{t(`channel.limit.${code}`, { n: limit.count === null ? '' : count(limit.count), m: limit.other === null ? '' : count(limit.other) })} · <a href={limit.source} target="_blank" rel="noreferrer">{t('channel.limit_source')}</a></p>;
}

const SHOWN = 3;

/** Groups that are left out, by reason, each with what can be done about it. */
export function RefusedList({ plan, mode, remedy }: { plan: BroadcastPlan; mode: Mode; remedy?: (what: Remedy, group: RefusedTogether) => void }) {
  const { t, count, list } = useSpeak();
  const can = useCan();
  const id = useId();
  const rows = together(plan.refused);
  if (rows.length === 0) return null;
  const named = ({ groups }: RefusedTogether) => {
    const names = list(groups.slice(0, SHOWN).map((one) => one.name));
    return groups.length > SHOWN ? t('broadcast.plan.and_more', { names, n: count(groups.length - SHOWN) }) : names;
  };
  return (
    <section aria-labelledby={id}>
      <h3 id={id}>{t('broadcast.plan.refused', { n: count(plan.refused.length) })}</h3>
      <ul className="refused">
        {rows.map((row) => (
          <li key={[row.reason, row.limit, row.variable].join('/')}>
            <p><strong>{t('broadcast.plan.refused_line', { n: count(row.groups.length), why: row.variable ? t('broadcast.plan.lacks', { variable: t(`broadcast.variable.${row.variable}`, { defaultValue: row.variable }) }) : t(row.reason) })}</strong></p>
            <p className="quiet">{named(row)}</p>
            {row.limit === null ? null : can('channel.read') ? <LimitOf code={row.limit} /> : <p className="quiet">{t(`channel.limit.${row.limit}`, { n: '', m: '' })}</p>}
            {remedy ? (
              <div className="actions">
                {remedies(row.reason).filter((what) => what === 'paste' ? mode !== 'paste' : what !== 'store' || can('branch.edit')).map((what) => what === 'store' ? <Link key={what} to="/settings?tab=branches"><Button size="small">{t('broadcast.remedy.store')}</Button></Link>
                  : what === 'staff' ? <Link key={what} to="/groups?view=staff_short"><Button size="small">{t('broadcast.remedy.staff')}</Button></Link>
                    : <Button key={what} size="small" onClick={() => remedy(what, row)}>{t(`broadcast.remedy.${what}`)}</Button>)}
              </div>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What an advert may not say, and on what grounds it stays. */
export function Claimed({ text, claims, grounds }: { text: string; claims: Claim[]; grounds: string }) {
  const { t } = useSpeak();
  const said = useNamed();
  return (
    <>
      <Claims text={text} claims={claims} said={said} />
      <Form.Item hidden={!claims.some((claim) => claim.stops) && grounds === ''} name="grounds" label={t('broadcast.grounds')} extra={t('broadcast.grounds_hint')}><Input.TextArea maxLength={500} autoSize={{ minRows: 2 }} /></Form.Item>
    </>
  );
}

/** How it reads in three stores, as bubbles of a chat. */
export function Bubbles({ plan, mode }: { plan: BroadcastPlan; mode: Mode }) {
  const { t, reason } = useSpeak();
  if (plan.texts.length === 0) return null;
  return (
    <section aria-labelledby="bubbles">
      <h3 id="bubbles">{t('broadcast.plan.texts')}</h3>
      {plan.texts.map((one) => (
        <div className="shown" key={one.group}>
          <div className="shown-head"><strong>{one.name}</strong>{one.store && !one.name.startsWith(one.store) ? <span className="quiet">{one.store}</span> : null}<Tag color={one.by === 'person' ? 'gold' : 'green'}>{t(`broadcast.by.${one.by === 'person' ? 'person' : mode}`)}</Tag></div>
          {one.cannot ? <p className="quiet">{reason(one.cannot)}</p> : null}
          <p className="bubble">{one.text}</p>
        </div>
      ))}
    </section>
  );
}
