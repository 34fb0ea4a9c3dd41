import { Button, Input, Radio, Segmented, Tag } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { Countdown, Waiting } from '../../kit/Countdown';
import { PagedList } from '../../kit/PagedList';
import { Preview } from '../../kit/Preview';
import { useTell } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { useCan } from '../session/session';
import { useColleagues } from '../staff/queries';
import { useAlarmClose, useAlarms } from './queries';
import type { Alarm } from '../../api/contract';

const lists = ['open', 'closed', 'all'] as const;
const outcomes = ['settled', 'refunded', 'replaced', 'unreachable', 'mistaken'];

/** Complaints, each with its clock; a person closes them and says how they ended. */
export function Alarms() {
  const { t, moment, list } = useSpeak();
  const can = useCan();
  const { done } = useTell();
  const [state, patch] = useUrlState();
  const which = lists.find((one) => one === state.alarms) ?? 'open';
  const query = useAlarms(which);
  const colleagues = useColleagues(can('staff.read'));
  const close = useAlarmClose();
  const [closing, setClosing] = useState<Alarm | null>(null);
  const [outcome, setOutcome] = useState('');
  const [note, setNote] = useState('');
  useTopics('alarms');
  const name = (actor: string | null) => (colleagues.data ?? []).find((one) => actor?.endsWith(one.id))?.name ?? '';
  const card = (alarm: Alarm) => (
    <>
      <div className="card-top">
        <span className="tags">
          <Link to={`/members/${alarm.member.id}`}>{alarm.member.name}</Link>
          <Link to={`/groups/${alarm.group.id}`} className="quiet">{alarm.group.name}</Link>
          {alarm.state === 'open' && alarm.escalated_at ? <Tag color="red">{t('complaint.escalated')}</Tag> : null}
          {alarm.state === 'open' ? <Tag color="gold">{t('complaint.sales_paused')}</Tag> : null}
        </span>
        {alarm.state === 'open' && alarm.due_at ? <Countdown due={alarm.due_at} /> : null}
      </div>
      {alarm.messages.map((message) => <p key={message.id} className="card-sentence">{message.text ?? <span className="quiet">{t('sanction.text_gone')}</span>}</p>)}
      {alarm.words.length > 0 ? <p className="quiet">{t('complaint.words', { words: list(alarm.words) })}</p> : null}
      {alarm.state === 'open' ? (
        <>
          <p className="quiet">{alarm.taken_at ? t('complaint.taken', { name: name(alarm.taken_by), at: moment(alarm.taken_at) }) : <>{t('complaint.since')} <Waiting since={alarm.raised_at} /></>}</p>
          <div className="actions">
            <Link to={`/tasks?kind=complaint&group=${alarm.group.id}`}><Button>{t('complaint.task')}</Button></Link>
            {can('alarm.close') ? <Button type="primary" onClick={() => setClosing(alarm)}>{t('complaint.close')}</Button> : null}
          </div>
        </>
      ) : (
        <p className="quiet">{[t(`complaint.outcome.${alarm.outcome ?? 'settled'}`), alarm.note, t('complaint.closed_by', { name: name(alarm.closed_by), at: alarm.closed_at ? moment(alarm.closed_at) : '' })].filter(Boolean).join(' · ')}</p>
      )}
    </>
  );
  return (
    <>
      <p className="quiet">{t('complaint.text')}</p>
      <div className="row-end"><Segmented aria-label={t('complaint.which')} value={which} onChange={(value) => patch({ alarms: value === 'open' ? null : value })} options={lists.map((value) => ({ value, label: t(`complaint.list.${value}`) }))} /></div>
      <PagedList<Alarm> label={t('sanction.tab.alarms')} query={query} rowKey={(alarm) => alarm.id} columns={[]} cards card={card} blank={<Blank picture="calm" title={t('complaint.blank')} text={t('complaint.blank_text')} />} />
      <Preview open={closing !== null} ready={outcome !== ''} title={t('complaint.close_title')} okText={t('complaint.close')} onClose={() => { setClosing(null); setOutcome(''); setNote(''); }} act={async () => { if (closing) { await close.mutateAsync({ id: closing.id, outcome, note: note.trim() }); done(t('complaint.closed_told')); } }}>
        {() => (
          <fieldset className="kinds">
            <legend>{t('complaint.result')}</legend>
            <Radio.Group value={outcome} onChange={(event) => setOutcome(event.target.value as string)} options={outcomes.map((value) => ({ value, label: t(`complaint.outcome.${value}`) }))} />
            <Input.TextArea aria-label={t('complaint.note')} placeholder={t('complaint.note')} value={note} maxLength={500} autoSize={{ minRows: 2 }} onChange={(event) => setNote(event.target.value)} />
          </fieldset>
        )}
      </Preview>
    </>
  );
}
