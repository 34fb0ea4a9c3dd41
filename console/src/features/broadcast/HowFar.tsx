import { Progress, Tag } from 'antd';
import type { Broadcast } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { named } from './draft';
import { farOf, stateOf, type Far } from './far';

/** A text with its variables in the words of the reader. */
export function useNamed(): (text: string) => string {
  const { word } = useSpeak();
  return (text) => named(text, (name) => word('broadcast.variable', name));
}

const colours: Record<string, string> = { draft: 'default', scheduled: 'blue', running: 'processing', waiting: 'gold', paused: 'gold', done: 'green', stopped: 'default' };

export function StateTag({ broadcast }: { broadcast: Broadcast }) {
  const { t } = useSpeak();
  const state = stateOf(broadcast);
  return <Tag color={colours[state]}>{t(`broadcast.state.${state}`)}</Tag>;
}

/** Sent of due with a bar, and what is wrong with the rest. */
export function Bar({ far }: { far: Far }) {
  const { t, count } = useSpeak();
  if (far.due === 0 && far.skipped === 0) return <span className="quiet">—</span>;
  const rest = [
    far.unsent > 0 ? <span key="unsent">{t('broadcast.unsent_n', { n: count(far.unsent) })}</span> : null,
    far.failed > 0 ? <span key="failed" className="bad">{t('broadcast.failed_n', { n: count(far.failed) })}</span> : null,
    far.skipped > 0 ? <span key="skipped" className="quiet">{t('broadcast.skipped_n', { n: count(far.skipped) })}</span> : null,
  ].filter(Boolean);
  return (
    <div className="far">
      <span>{t('broadcast.sent_of', { sent: count(far.sent), due: count(far.due) })}</span>
      <Progress status="normal" percent={far.due > 0 ? Math.round((100 * far.sent) / far.due) : 0} showInfo={false} size={{ height: 4 }} aria-label={t('broadcast.far')} />
      {rest.length > 0 ? <small className="tags">{rest}</small> : null}
    </div>
  );
}

export const HowFar = ({ broadcast }: { broadcast: Broadcast }) => <Bar far={farOf(broadcast.fates)} />;
