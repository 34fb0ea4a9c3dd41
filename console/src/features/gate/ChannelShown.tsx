import { Tag } from 'antd';
import type { Shown } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';

/** What a channel shows of a text, who says it, and what stands in the way. */
export function ChannelShown({ label, shown }: { label: string; shown: Shown }) {
  const { t, reason } = useSpeak();
  return (
    <div className="shown">
      <div className="shown-head">
        <strong>{label}</strong>
        {shown.text === '' ? null : <Tag color={shown.way === null ? 'default' : shown.way === 'task' ? 'gold' : 'green'}>{t(`welcome.way.${shown.way ?? 'none'}`)}</Tag>}
        {shown.messages > 1 ? <Tag>{t('welcome.messages', { count: shown.messages })}</Tag> : null}
      </div>
      {shown.cannot ? <p className="quiet">{reason(shown.cannot)}</p> : null}
      {shown.text === '' ? <p className="quiet">{t('welcome.preview_empty')}</p> : <p className={`bubble${shown.way === null ? ' faint' : ''}`}>{shown.text}</p>}
    </div>
  );
}
