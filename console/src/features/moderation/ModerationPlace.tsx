import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { PageHead } from '../../kit/PageHead';
import { Tabs } from '../../kit/Tabs';
import { useUrlState } from '../../kit/urlState';
import { useCan } from '../session/session';
import { Alarms } from './Alarms';
import { Appeals } from './Appeals';
import { Policies } from './PolicySheet';
import { QualityBoard } from './QualityBoard';
import { Queue } from './Queue';
import { Rules } from './Rules';
import { Training } from './Training';
import { TrustedList } from './TrustedList';
import { useWaiting } from './queries';

/** What was decided about messages, and whether it was fair. */
export default function ModerationPlace() {
  const { t, count } = useSpeak();
  const can = useCan();
  const [state, patch] = useUrlState();
  useTopics('moderation', 'alarms');
  const waiting = useWaiting().data;
  const counts: Record<string, number> = { queue: waiting?.unjudged ?? 0, appeals: waiting?.appealed ?? 0 };
  const items = [
    { key: 'queue', children: <Queue /> },
    { key: 'appeals', children: <Appeals /> },
    ...(can('alarm.read') ? [{ key: 'alarms', children: <Alarms /> }] : []),
    { key: 'policy', children: <Policies /> },
    { key: 'rules', children: <Rules /> },
    ...(can('mark.edit') ? [{ key: 'training', children: <Training /> }] : []),
    { key: 'trusted', children: <TrustedList /> },
    ...(can('report.read') ? [{ key: 'quality', children: <QualityBoard /> }] : []),
  ].map((item) => ({ ...item, label: `${t(`sanction.tab.${item.key}`)}${counts[item.key] ? ` ${count(counts[item.key] ?? 0)}` : ''}` }));
  const leave = Object.fromEntries(Object.keys(state).map((key) => [key, null]));
  return (
    <>
      <PageHead title={t('shell.place.moderation')} note={t('sanction.note')} />
      <Tabs label={t('shell.place.moderation')} active={state.tab ?? 'queue'} onChange={(tab) => patch({ ...leave, tab: tab === 'queue' ? null : tab })} items={items} />
    </>
  );
}
