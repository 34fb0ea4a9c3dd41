import { useSpeak } from '../i18n/speak';
import { remaining } from '../i18n/time';
import { useNow } from './media';

const two = (value: number) => String(value).padStart(2, '0');

/** The time that is left to a deadline, or gone since it. */
export function Countdown({ due }: { due: string }) {
  const { t, moment } = useSpeak();
  const now = useNow(1000);
  const left = remaining(new Date(due).getTime() - now);
  const text = left.days > 0
    ? t('kit.days_hours', { days: left.days, hours: left.hours })
    : left.hours > 0 ? `${left.hours}:${two(left.minutes)}:${two(left.seconds)}` : `${two(left.minutes)}:${two(left.seconds)}`;
  const near = !left.over && left.days === 0 && left.hours === 0 && left.minutes < 15;
  return (
    <time dateTime={due} title={moment(due)} className={`countdown ${left.over ? 'over' : near ? 'near' : ''}`} role="timer">
      {left.over ? t('kit.late_by', { time: text }) : text}
    </time>
  );
}

/** How long something has been waiting. */
export function Waiting({ since }: { since: string }) {
  const { ago, moment } = useSpeak();
  useNow(30_000);
  return <time dateTime={since} title={moment(since)} className="countdown">{ago(since)}</time>;
}
