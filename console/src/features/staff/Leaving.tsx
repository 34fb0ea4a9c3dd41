import { Select } from 'antd';
import { useEffect, useState } from 'react';
import type { LeavePreview, StaffRow } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Preview } from '../../kit/Preview';
import { useTell } from '../../kit/Trouble';
import { leavePreview, useColleagues, useStaffLeave } from './queries';

/** 离职: a successor first, then what goes over, then the leaving. */
export function Leaving({ row, onClose }: { row: StaffRow | null; onClose: () => void }) {
  const { t, count, word, list } = useSpeak();
  const { done } = useTell();
  const colleagues = useColleagues(row !== null);
  const leave = useStaffLeave();
  const [successor, setSuccessor] = useState<string>();
  const [preview, setPreview] = useState<LeavePreview | null>(null);
  useEffect(() => {
    setPreview(null);
    if (!row || !successor) return;
    let gone = false;
    leavePreview(row.id, successor).then((answer) => { if (!gone) setPreview(answer); }, () => undefined);
    return () => { gone = true; };
  }, [row, successor]);
  return (
    <Preview open={row !== null} danger title={t('staff.leave_title', { name: row?.name ?? '' })} okText={t('staff.leave_do')} onClose={() => { setSuccessor(undefined); onClose(); }} act={async () => {
      if (!row || !successor) throw new Error(t('staff.successor_missing'));
      await leave.mutateAsync({ id: row.id, successor_id: successor });
      setSuccessor(undefined);
      done(t('staff.left_told', { name: row.name }));
    }}>
      {() => (
        <>
          <p>{t('staff.leave_text')}</p>
          <label className="block">{t('staff.successor')}<Select style={{ width: '100%' }} aria-label={t('staff.successor')} value={successor} onChange={setSuccessor} showSearch={{ optionFilterProp: 'label' }} options={(colleagues.data ?? []).filter((one) => one.id !== row?.id).map((one) => ({ value: one.id, label: [one.name, word('title', one.title), one.branch?.name].filter(Boolean).join(' · ') }))} /></label>
          {preview ? <p>{t('staff.leave_goes', { groups: count(preview.groups), tasks: count(preview.tasks) })}</p> : null}
          {preview && preview.group_names.length > 0 ? <p className="quiet">{list(preview.group_names)}</p> : null}
          <p className="quiet">{preview ? t('staff.leave_ends_n', { devices: count(preview.devices), sessions: count(preview.sessions) }) : t('staff.leave_ends')}</p>
        </>
      )}
    </Preview>
  );
}
