import { MoreOutlined } from '@ant-design/icons';
import { Button, Dropdown, Radio, type MenuProps } from 'antd';
import { useState } from 'react';
import type { GroupRights, StreamItem } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Preview } from '../../kit/Preview';
import { useTell } from '../../kit/Trouble';
import { useCan } from '../session/session';
import { answers, needs, type ByHand } from './byHand';
import { useMark, useSanctionByHand, useTrust, useUndo } from './queries';

const measures: ByHand[] = ['notice', 'delete', 'cool_off', 'remove'];

/** What can be done about one message, in the stream of its group. */
export function MessageActions({ item, rights }: { item: StreamItem; rights: GroupRights | undefined }) {
  const { t } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const sanction = useSanctionByHand();
  const undo = useUndo();
  const mark = useMark();
  const trust = useTrust();
  const [doing, setDoing] = useState<ByHand | null>(null);
  const [kind, setKind] = useState('');
  const decides = can('moderation.decide');
  const marks = can('mark.edit');
  if (item.kind !== 'message' || !item.member || (!decides && !marks)) return null;
  const member = item.member;
  const lacks = (measure: ByHand) => needs[measure] !== null && rights !== undefined && !rights.can.includes(needs[measure]);
  const items: MenuProps['items'] = [
    ...(decides && item.marks.complaint ? [{ key: 'complaint', disabled: true, label: t('sanction.do_never') }] : []),
    ...(decides && !item.marks.complaint ? measures.map((measure) => ({
      key: measure,
      danger: measure === 'remove',
      label: <>{t(`sanction.do.${measure}`)}{lacks(measure) ? <span className="menu-why">{t('sanction.by_staff')}</span> : null}</>,
    })) : []),
    ...(decides && marks ? [{ type: 'divider' as const }] : []),
    ...(marks ? [{ key: 'advert', label: t('sanction.do.mark_advert') }, { key: 'fine', label: t('sanction.do.mark_fine') }] : []),
    ...(decides ? [{ key: 'trust', label: t('sanction.do.trust', { name: member.name }) }] : []),
  ];
  const act = (key: string) => {
    if (key === 'advert' || key === 'fine') mark.mutate({ message: item.id, label: key }, { onError: trouble, onSuccess: () => done(t('classifier.marked_told', { what: t(`classifier.${key}`) }), () => mark.mutateAsync({ message: item.id, label: null })) });
    else if (key === 'trust') trust.mutate({ member: member.id }, { onError: trouble, onSuccess: () => done(t('sanction.trusted_told', { name: member.name })) });
    else {
      setKind(answers[key as ByHand].kinds[0]);
      setDoing(key as ByHand);
    }
  };
  const need = doing ? needs[doing] : null;
  return (
    <>
      <Dropdown trigger={['click']} placement="bottomRight" menu={{ items, onClick: ({ key }) => act(key) }}>
        <Button type="text" size="small" className="line-more" icon={<MoreOutlined aria-hidden />} aria-label={t('sanction.do_about', { name: member.name })} />
      </Dropdown>
      <Preview
        open={doing !== null}
        danger={doing === 'remove'}
        title={doing ? t(`sanction.do.${doing}`) : ''}
        okText={doing ? t(`sanction.do.${doing}`) : ''}
        onClose={() => setDoing(null)}
        act={async () => {
          if (!doing) return;
          const { tone } = answers[doing];
          const made = await sanction.mutateAsync({ message: item.id, kind, tone, reason: '' });
          done(t(lacks(doing) ? 'sanction.tasked_told' : 'sanction.done_told'), () => undo.mutateAsync({ id: made.id }));
        }}
      >
        {() => doing ? (
          <>
            <p className="paste">{item.text}</p>
            <p>{t(`sanction.do_text.${doing}`, { name: member.name })}</p>
            {lacks(doing) && need ? <p className="warn-text">{t(`channel.cannot.${need}`)}<br />{t('sanction.by_staff_text')}</p> : null}
            <fieldset className="kinds">
              <legend>{t('sanction.do_why')}</legend>
              <Radio.Group value={kind} onChange={(event) => setKind(event.target.value as string)} options={answers[doing].kinds.map((value) => ({ value, label: t(`sanction.kind.${value}`) }))} />
            </fieldset>
          </>
        ) : null}
      </Preview>
    </>
  );
}
