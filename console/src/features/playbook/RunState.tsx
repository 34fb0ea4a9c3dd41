import { Tag } from 'antd';
import type { PlaybookRun } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';

const colours: Record<string, string> = { held: 'gold', running: 'green', waiting: 'blue', stopped: 'default', done: 'default' };

/** Where a run stands, and whether it could not be carried on. */
export function RunState({ run }: { run: Pick<PlaybookRun, 'state' | 'fault'> }) {
  const { t } = useSpeak();
  if (run.fault) return <Tag color="red">{t(run.fault, { ns: 'error', defaultValue: t('playbook.stuck') })}</Tag>;
  return <Tag color={colours[run.state]}>{t(`playbook.state.${run.state}`)}</Tag>;
}
