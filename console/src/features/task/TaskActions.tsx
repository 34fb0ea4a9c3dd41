import { Button, Dropdown, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useSpeak } from '../../i18n/speak';
import { useTell } from '../../kit/Trouble';
import { useCan } from '../session/session';
import { useColleagues } from '../staff/queries';
import { useTaskDone, useTaskHandOver, useTaskImpossible, useTaskUndo } from './queries';

export const refusals = ['off_duty', 'group_full', 'unsuitable', 'complaint'] as const;

export function HandOver({ open, onClose, onChoose }: { open: boolean; onClose: () => void; onChoose: (staff: string) => void }) {
  const { t, word } = useSpeak();
  const colleagues = useColleagues(open);
  const [to, setTo] = useState<string>();
  return (
    <Modal open={open} title={t('task.hand_over')} onCancel={onClose} okText={t('task.hand_over')} cancelText={t('kit.cancel')} okButtonProps={{ disabled: !to }} onOk={() => { if (to) onChoose(to); onClose(); }} destroyOnHidden>
      <p className="quiet">{t('task.hand_over_text')}</p>
      <Select aria-label={t('task.to_whom')} placeholder={t('task.to_whom')} style={{ width: '100%' }} showSearch={{ optionFilterProp: 'label' }} value={to} onChange={setTo} loading={colleagues.isLoading} options={(colleagues.data ?? []).map((row) => ({ value: row.id, label: [row.name, word('title', row.title), row.branch?.name].filter(Boolean).join(' · ') }))} />
    </Modal>
  );
}

/** Done, not possible because, hand over: each taken back by the toast. An appeal is answered where its case is shown. */
export function TaskActions({ id, kind, small, pressing, told = 'task.done', withProof }: { id: string; kind?: string; small?: boolean; pressing?: boolean; told?: string; withProof?: boolean }) {
  const { t } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const finish = useTaskDone();
  const refuse = useTaskImpossible();
  const hand = useTaskHandOver();
  const undo = useTaskUndo();
  const [handing, setHanding] = useState(false);
  const [proof, setProof] = useState('');
  if (!can('task.do')) return null;
  const back = () => undo.mutateAsync(id);
  const size = small ? 'small' as const : 'middle' as const;
  return (
    <span className="actions">
      {kind === 'appeal' ? null : <Button type={pressing ? 'primary' : 'default'} size={size} loading={finish.isPending} onClick={() => finish.mutate({ id, proof: proof.trim() || undefined }, { onError: trouble, onSuccess: () => done(t('task.done_told'), back) })}>{t(told)}</Button>}
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            ...(can('staff.read') ? [{ key: 'hand', label: t('task.hand_over') }] : []),
            { key: 'cannot', type: 'group' as const, label: t('task.impossible'), children: refusals.map((reason) => ({ key: reason, label: t(`task.refusal.${reason}`) })) },
          ],
          onClick: ({ key }) => {
            if (key === 'hand') setHanding(true);
            else refuse.mutate({ id, reason: key }, { onError: trouble, onSuccess: () => done(t('task.impossible_told'), back) });
          },
        }}
      >
        <Button size={size}>{t(can('staff.read') ? 'task.other' : 'task.cannot_do')}</Button>
      </Dropdown>
      {withProof && kind !== 'appeal' ? <Input aria-label={t('task.proof')} placeholder={t('task.proof_hint')} maxLength={200} value={proof} onChange={(event) => setProof(event.target.value)} /> : null}
      <HandOver open={handing} onClose={() => setHanding(false)} onChoose={(to) => hand.mutate({ id, to }, { onError: trouble, onSuccess: (from) => done(t('task.handed_told'), from ? () => hand.mutateAsync({ id, to: from }) : undefined) })} />
    </span>
  );
}
