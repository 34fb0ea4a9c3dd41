import { useSpeak } from '../../i18n/speak';
import { PageHead } from '../../kit/PageHead';
import { Tabs } from '../../kit/Tabs';
import { useUrlState } from '../../kit/urlState';
import { useCan } from '../session/session';
import { Branches } from './Branches';
import { Robots } from './Robots';
import { TagList } from './TagList';
import { Tokens } from './Tokens';
import { Webhooks } from './Webhooks';
import { WorkspaceForm } from './WorkspaceForm';

/** Names, limits, branches, tags and tokens of the workspace. */
export default function SettingsPlace() {
  const { t } = useSpeak();
  const can = useCan();
  const [state, patch] = useUrlState();
  const items = [
    { key: 'workspace', label: t('setting.tab.workspace'), children: <WorkspaceForm /> },
    { key: 'branches', label: t('setting.tab.branches'), children: <Branches /> },
    { key: 'tags', label: t('setting.tab.tags'), children: <TagList /> },
    ...(can('channel.edit') ? [{ key: 'robots', label: t('setting.tab.robots'), children: <Robots /> }] : []),
    ...(can('webhook.edit') ? [{ key: 'webhooks', label: t('setting.tab.webhooks'), children: <Webhooks /> }] : []),
    ...(can('token.edit') ? [{ key: 'tokens', label: t('setting.tab.tokens'), children: <Tokens /> }] : []),
  ];
  return (
    <>
      <PageHead title={t('shell.place.setting')} note={t('setting.note')} />
      <Tabs label={t('shell.place.setting')} active={state.tab ?? 'workspace'} onChange={(tab) => patch({ tab: tab === 'workspace' ? null : tab })} items={items} />
    </>
  );
}
