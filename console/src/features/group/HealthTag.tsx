import { Tag, Tooltip } from 'antd';
import type { Health } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';

const colours: Record<string, string> = { dead: '#4a524f', advert: 'red', cooling: 'gold', steady: 'cyan', new: 'blue', lively: 'green', quiet_selling: 'green', unknown: 'default' };
/** The most urgent first. */
export const healthClasses = Object.keys(colours);

/** The class of health in its colour, its reason one hover or one line away. */
export function HealthTag({ health, spelled }: { health: Health; spelled?: boolean }) {
  const { t, language, sentence } = useSpeak();
  const reasons = health.reasons.map(sentence).join(language.startsWith('zh') ? '；' : '; ');
  const tag = <Tag color={colours[health.class]} variant={health.class === 'dead' ? 'solid' : 'filled'} className={`health ${health.class}`}>{t(`health.class.${health.class}`, { defaultValue: health.class })}</Tag>;
  if (spelled) return <span className="health-line">{tag}{reasons ? <span className="quiet">{reasons}</span> : null}</span>;
  return reasons ? <Tooltip title={reasons}><span tabIndex={0}>{tag}</span></Tooltip> : tag;
}
