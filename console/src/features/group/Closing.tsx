import { Button, Checkbox, Input, Select } from 'antd';
import { useState } from 'react';
import type { Group, HealthReport } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { daysBetween, lastDays } from '../../i18n/time';
import { Preview } from '../../kit/Preview';
import { useTell } from '../../kit/Trouble';
import { lifeOf, useGroupArchive, useGroupRestore } from './queries';

const reasons = ['goal_reached', 'planned_end', 'dead', 'advert', 'moved', 'other'];

/** A group that ends well: what it came to, a last word, the archive, and who dissolves it. req: 000-004 */
export function Closing({ group }: { group: Group }) {
  const { t, count, word, zone } = useSpeak();
  const { trouble, done } = useTell();
  const archive = useGroupArchive();
  const restore = useGroupRestore();
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('goal_reached');
  const [farewell, setFarewell] = useState('');
  const [dissolve, setDissolve] = useState(group.term === 'short');
  if (group.archived_at) {
    return <section className="sheet"><h2>{t('group.archived')}</h2>{group.archive_reason ? <p>{t('group.close_reason')}: {word('group.reason', group.archive_reason)}</p> : null}<p>{t('group.restore_text')}</p><Button loading={restore.isPending} onClick={() => restore.mutate(group.id, { onError: trouble, onSuccess: () => done(t('group.restored')) })}>{t('group.restore')}</Button></section>;
  }
  const life = { from: group.opened_on ?? group.created_at.slice(0, 10), to: lastDays(1, zone, Date.now()).to };
  return (
    <section className="sheet" aria-labelledby="ending">
      <h2 id="ending">{t('group.close_well')}</h2>
      <p className="quiet">{t('group.close_text')}</p>
      <Button danger onClick={() => setOpen(true)}>{t('group.close_well')}</Button>
      <Preview open={open} danger title={t('group.close_title', { name: group.name })} okText={t('group.close_do')} onClose={() => setOpen(false)} load={() => lifeOf(group.id, life)} act={async () => {
        await archive.mutateAsync({ id: group.id, reason, farewell: farewell.trim() || undefined, dissolve });
        done(t('group.closed', { name: group.name }), () => restore.mutateAsync(group.id));
      }}>
        {(report) => report === null ? null : (
          <ol className="closing">
            <li><h3>{t('group.close_review')}</h3><Review group={group} report={report} days={daysBetween(life)} /></li>
            <li>
              <h3>{t('group.close_goodbye')}</h3>
              <label className="block">{t('group.farewell')}<Input.TextArea value={farewell} onChange={(event) => setFarewell(event.target.value)} maxLength={500} autoSize={{ minRows: 3 }} placeholder={t('group.farewell_example')} /></label>
              <Draft report={report} days={daysBetween(life)} use={setFarewell} />
              <p className="quiet">{t('group.farewell_how')}</p>
            </li>
            <li>
              <h3>{t('group.close_archive')}</h3>
              <p>{t('group.close_loses', { members: count(group.members) })}</p>
              <label className="block">{t('group.close_reason')}<Select style={{ width: '100%' }} value={reason} onChange={setReason} options={reasons.map((value) => ({ value, label: t(`group.reason.${value}`) }))} /></label>
              <Checkbox checked={dissolve} onChange={(event) => setDissolve(event.target.checked)}>{t('group.dissolve')}</Checkbox>
              <p className="quiet">{t('group.dissolve_how')}</p>
            </li>
          </ol>
        )}
      </Preview>
    </section>
  );
}

function Review({ group, report, days }: { group: Group; report: HealthReport; days: number }) {
  const { t, count, reason } = useSpeak();
  const said = spoken(report);
  return (
    <>
      <p>{t('group.close_life', { days: count(days), members: count(group.members) })}</p>
      <p className={said ? undefined : 'quiet'}>{said ? t('group.close_said', { people: count(said.people), messages: count(said.messages), contributors: count(said.contributors) }) : reason(report.messages.unknown)}</p>
    </>
  );
}

function Draft({ report, days, use }: { report: HealthReport; days: number; use: (text: string) => void }) {
  const { t, count } = useSpeak();
  const said = spoken(report);
  return said && said.messages > 0
    ? <Button size="small" onClick={() => use(t('group.farewell_draft', { days: count(days), messages: count(said.messages) }))}>{t('group.farewell_use')}</Button>
    : null;
}

/** Who spoke and how much; null where the channel does not show it. */
function spoken(report: HealthReport) {
  const { messages, active_members: people, contributors } = report;
  if (messages.value === null || people.value === null || contributors.value === null) return null;
  return { messages: messages.value, people: people.value, contributors: contributors.value };
}
