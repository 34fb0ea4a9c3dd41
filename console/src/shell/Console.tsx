import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { App as AntApp, ConfigProvider, Spin, theme } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import zhTW from 'antd/locale/zh_TW';
import { lazy, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { BrowserRouter, Navigate, Route, Routes } from 'react-router';
import { enter } from '../api/cache';
import { Refusal, whenSignedOut } from '../api/client';
import { useSessionQuery, useSetupNeeded } from '../features/session/queries';
import { SessionOf } from '../features/session/session';
import { SignIn } from '../features/session/SignIn';
import { Terms } from '../i18n/terms';
import { useMedia } from '../kit/media';
import { Shade, type ShadeChoice } from '../kit/shade';
import { Trouble } from '../kit/Trouble';
import { Frame } from './Frame';
import { Lost } from './Lost';

const CreateWorkspace = lazy(() => import('../features/setup/CreateWorkspace'));
const FirstSteps = lazy(() => import('../features/setup/FirstSteps'));
const TodayPlace = lazy(() => import('../features/today/TodayPlace'));
const GroupsPlace = lazy(() => import('../features/group/GroupsPlace'));
const GroupPlace = lazy(() => import('../features/group/GroupPlace'));
const BroadcastsPlace = lazy(() => import('../features/broadcast/BroadcastsPlace'));
const BroadcastEditor = lazy(() => import('../features/broadcast/BroadcastEditor'));
const BroadcastPlace = lazy(() => import('../features/broadcast/BroadcastPlace'));
const PlaybooksPlace = lazy(() => import('../features/playbook/PlaybooksPlace'));
const PlaybookPlace = lazy(() => import('../features/playbook/PlaybookPlace'));
const PlaybookRunPlace = lazy(() => import('../features/playbook/RunPlace'));
const PlaybookTextPlace = lazy(() => import('../features/playbook/TextPlace'));
const MembersPlace = lazy(() => import('../features/member/MembersPlace'));
const MemberPlace = lazy(() => import('../features/member/MemberPlace'));
const TasksPlace = lazy(() => import('../features/task/TasksPlace'));
const ImportsPlace = lazy(() => import('../features/import/ImportsPlace'));
const ImportPlace = lazy(() => import('../features/import/ImportPlace'));
const ModerationPlace = lazy(() => import('../features/moderation/ModerationPlace'));
const ChannelsPlace = lazy(() => import('../features/channel/ChannelsPlace'));
const StaffPlace = lazy(() => import('../features/staff/StaffPlace'));
const AuditPlace = lazy(() => import('../features/audit/AuditPlace'));
const SettingsPlace = lazy(() => import('../features/setting/SettingsPlace'));
const OpenLink = lazy(() => import('../features/session/OpenLink'));
const TaskPlace = lazy(() => import('../features/task/TaskPlace'));
const AccountPlace = lazy(() => import('../features/session/AccountPlace'));

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => !(error instanceof Refusal && error.status >= 400 && error.status < 500) && failures < 2,
    },
  },
});
whenSignedOut(() => {
  if (client.getQueryData(['session'])) enter(client, null);
});

const antLocales: Record<string, typeof zhCN> = { 'zh-Hans': zhCN, 'zh-Hant': zhTW, en: enUS };
const rememberedShade = 'yutang.shade';

function Look({ children }: { children: ReactNode }) {
  const { i18n } = useTranslation();
  const systemDark = useMedia('(prefers-color-scheme: dark)');
  const calm = useMedia('(prefers-reduced-motion: reduce)');
  const [choice, setChoice] = useState<ShadeChoice>(() => {
    const stored = localStorage.getItem(rememberedShade);
    return stored === 'light' || stored === 'dark' || stored === 'system' ? stored : 'light';
  });
  const dark = choice === 'dark' || (choice === 'system' && systemDark);
  useEffect(() => {
    document.documentElement.dataset.shade = dark ? 'dark' : 'light';
  }, [dark]);
  const shade = useMemo(
    () => ({
      choice, dark,
      choose: (next: ShadeChoice) => {
        localStorage.setItem(rememberedShade, next);
        setChoice(next);
      },
    }),
    [choice, dark],
  );
  return (
    <Shade value={shade}>
      <ConfigProvider
        locale={antLocales[i18n.language] ?? zhCN}
        button={{ autoInsertSpace: false }}
        theme={{
          algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
          token: {
            colorPrimary: dark ? '#3fb594' : '#1c7f67',
            colorInfo: dark ? '#3fb594' : '#1c7f67',
            colorLink: dark ? '#54caa9' : '#17705a',
            colorError: dark ? '#ee8079' : '#c03a31',
            colorTextPlaceholder: dark ? '#8f9c97' : '#6b7671',
            colorTextDescription: dark ? '#9aa7a2' : '#5f6b66',
            colorBgBase: dark ? '#141917' : '#ffffff',
            colorPrimaryBg: dark ? '#1c332c' : '#e4f2ed',
            colorPrimaryBgHover: dark ? '#24443a' : '#d3ebe3',
            colorInfoBg: dark ? '#1c2b33' : '#eaf3f7',
            colorInfoBorder: dark ? '#2b4552' : '#c4dde8',
            controlItemBgActive: dark ? '#1c332c' : '#e4f2ed',
            borderRadius: 8,
            fontFamily: 'var(--font)',
            motion: !calm,
          },
          components: { Button: { colorPrimary: dark ? '#1e7a63' : '#1c7f67', colorPrimaryHover: dark ? '#238069' : '#176e59', colorPrimaryActive: dark ? '#1a6c57' : '#125a48' }, Menu: { itemBg: 'transparent', itemSelectedColor: dark ? '#63cfae' : '#14604c', activeBarBorderWidth: 0 }, Table: { headerBg: 'transparent', headerSplitColor: 'transparent' } },
        }}
      >
        <AntApp>{children}</AntApp>
      </ConfigProvider>
    </Shade>
  );
}

const waiting = <div className="waiting"><Spin size="large" /></div>;

/** Links to staff are opened before anybody is signed in; everything else needs a session. */
function Ways() {
  return (
    <Routes>
      <Route path="bind/:token?" element={<OpenLink kind="device" />} />
      <Route path="password/:token?" element={<OpenLink kind="password" />} />
      <Route path="t/:token?" element={<OpenLink kind="task" />} />
      <Route path="*" element={<Door />} />
    </Routes>
  );
}

function Door() {
  const session = useSessionQuery();
  const setup = useSetupNeeded(session.data === null);
  const who = session.data ?? null;
  const terms = useMemo(() => ({ zone: who?.workspace.zone ?? 'Asia/Shanghai', currency: who?.workspace.currency ?? 'CNY' }), [who?.workspace.zone, who?.workspace.currency]);
  if (session.isPending) return waiting;
  if (session.isError) return <Trouble error={session.error} retry={() => void session.refetch()} />;
  if (!who) {
    if (setup.isPending) return waiting;
    if (setup.isError) return <Trouble error={setup.error} retry={() => void setup.refetch()} />;
    return setup.data.needed ? <CreateWorkspace /> : <SignIn />;
  }
  return (
    <SessionOf value={who}>
      <Terms value={terms}>
        <Routes>
          <Route element={<Frame />}>
            <Route index element={<TodayPlace />} />
            <Route path="start" element={<FirstSteps />} />
            <Route path="groups" element={<GroupsPlace />} />
            <Route path="groups/:id" element={<GroupPlace />} />
            <Route path="broadcasts" element={<BroadcastsPlace />} />
            <Route path="broadcasts/new" element={<BroadcastEditor />} />
            <Route path="broadcasts/:id" element={<BroadcastPlace />} />
            <Route path="broadcasts/:id/edit" element={<BroadcastEditor />} />
            <Route path="playbooks" element={<PlaybooksPlace />} />
            <Route path="playbooks/new" element={<PlaybookTextPlace />} />
            <Route path="playbooks/runs/:id" element={<PlaybookRunPlace />} />
            <Route path="playbooks/:name" element={<PlaybookPlace />} />
            <Route path="playbooks/:name/text" element={<PlaybookTextPlace />} />
            <Route path="members" element={<MembersPlace />} />
            <Route path="members/:id" element={<MemberPlace />} />
            <Route path="tasks" element={<TasksPlace />} />
            <Route path="tasks/:id" element={<TaskPlace />} />
            <Route path="imports" element={<ImportsPlace />} />
            <Route path="imports/:id" element={<ImportPlace />} />
            <Route path="moderation" element={<ModerationPlace />} />
            <Route path="channels" element={<ChannelsPlace />} />
            <Route path="staff" element={<StaffPlace />} />
            <Route path="audit" element={<AuditPlace />} />
            <Route path="settings" element={<SettingsPlace />} />
            <Route path="account" element={<AccountPlace />} />
            <Route path="sign-in" element={<Navigate to="/" replace />} />
            <Route path="*" element={<Lost />} />
          </Route>
        </Routes>
      </Terms>
    </SessionOf>
  );
}

/** The whole console. */
export function Console() {
  return (
    <QueryClientProvider client={client}>
      <Look>
        <BrowserRouter>
          <Ways />
        </BrowserRouter>
      </Look>
    </QueryClientProvider>
  );
}
