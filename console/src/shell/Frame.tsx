import { LogoutOutlined, QuestionCircleOutlined, UserOutlined } from '@ant-design/icons';
import { Alert, Button, Dropdown, Menu, Select, Skeleton } from 'antd';
import { Suspense, useEffect, useState } from 'react';
import { Link, NavLink, Outlet, useLocation, useNavigate } from 'react-router';
import { Refusal } from '../api/client';
import { useConnection, useLiveUpdates } from '../api/live';
import { useDemoProfile, useMeta, useSignOut } from '../features/session/queries';
import { useCan, useSession } from '../features/session/session';
import { useSpeak } from '../i18n/speak';
import { usePhone } from '../kit/media';
import { Trouble, useTell } from '../kit/Trouble';
import { Keyboard } from './Keyboard';
import { placeOf, placesFor } from './places';
import { LanguageSwitch, ShadeSwitch } from './Switches';

function LiveMark() {
  const { t } = useSpeak();
  const connection = useConnection();
  return (
    <span className={`live-mark ${connection}`} role="status" title={t(`shell.live.${connection}_text`)}>
      <i aria-hidden="true" /><span className="live-word">{t(`shell.live.${connection}`)}</span>
    </span>
  );
}

function DemoSwitch() {
  const { t } = useSpeak();
  const { workspace } = useSession();
  const can = useCan();
  const { data: meta } = useMeta();
  const change = useDemoProfile();
  const { trouble, done } = useTell();
  if (!workspace.demo || !can('demo.edit')) return null;
  const profiles = meta?.demo_profiles ?? [];
  return (
    <Select
      aria-label={t('shell.demo_profile')}
      className="demo-switch"
      variant="filled"
      popupMatchSelectWidth={false}
      popupRender={(menu) => <>{menu}<p className="demo-note">{t('shell.demo_kept')}</p></>}
      prefix={<span className="demo-mark">{t('shell.demo')}</span>}
      value={workspace.demo_profile ?? profiles[0]}
      loading={change.isPending}
      options={profiles.map((profile) => ({ value: profile, label: t(`channel.profile.${profile}`) }))}
      onChange={(profile: string) => change.mutate(profile, { onError: trouble, onSuccess: () => done(t('shell.demo_switched', { profile: t(`channel.profile.${profile}`) })) })}
    />
  );
}

function Account({ help }: { help: () => void }) {
  const { t, word } = useSpeak();
  const { staff, permissions } = useSession();
  const navigate = useNavigate();
  const phone = usePhone();
  const leave = useSignOut();
  const hidden = phone ? placesFor(permissions).slice(5) : [];
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'who', label: <span><strong>{staff.name}</strong> · {word('title', staff.title) || t(`role.${staff.role}`)}</span>, disabled: true },
          ...hidden.map((place) => ({ key: place.path, icon: place.icon, label: t(`shell.place.${place.key}`) })),
          { key: '/account', icon: <UserOutlined />, label: t('shell.account') },
          { key: 'help', icon: <QuestionCircleOutlined />, label: t('shell.keys') },
          { type: 'divider' as const },
          { key: 'leave', icon: <LogoutOutlined />, label: t('session.leave') },
        ],
        onClick: ({ key }) => {
          if (key === 'leave') leave.mutate();
          else if (key === 'help') help();
          else void navigate(key);
        },
      }}
    >
      <Button type="text" icon={<UserOutlined />} aria-label={t('shell.menu_of', { name: staff.name })}>{phone ? null : staff.name}</Button>
    </Dropdown>
  );
}

/** Menu, top bar and the present place. */
export function Frame() {
  const { t } = useSpeak();
  const { workspace, permissions, totp } = useSession();
  const phone = usePhone();
  const location = useLocation();
  const navigate = useNavigate();
  const connection = useConnection();
  const [help, setHelp] = useState(false);
  useLiveUpdates(true);
  const mine = placesFor(permissions);
  const here = placeOf(location.pathname);
  // What lies within a place is judged by the server: a task of one's own may be opened without the list.
  const denied = here && here.path === location.pathname && !mine.includes(here) ? new Refusal({ status: 403, code: 'access.denied' }) : null;
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [location.pathname]);
  return (
    <div className={`frame${phone ? ' phone' : ''}`}>
      <a className="skip" href="#place">{t('shell.skip')}</a>
      <header className="top">
        <Link to="/" className="brand"><img src="/pond.svg" alt="" width="26" height="26" /><span>{workspace.name}</span></Link>
        <LiveMark />
        <span className="filter-gap" />
        <DemoSwitch />
        <LanguageSwitch />
        <ShadeSwitch />
        <Account help={() => setHelp(true)} />
      </header>
      <div className="below">
        {phone ? null : (
          <nav className="side" aria-label={t('shell.places')}>
            <Menu
              mode="inline"
              selectedKeys={here ? [here.path] : []}
              items={mine.map((place) => ({ key: place.path, icon: place.icon, label: <Link to={place.path}>{t(`shell.place.${place.key}`)}</Link> }))}
              onClick={({ key, domEvent }) => { if (domEvent.type === 'keydown') void navigate(key); }}
            />
          </nav>
        )}
        <main id="place" className="place" tabIndex={-1}>
          {connection === 'lost' ? <Alert type="warning" showIcon title={t('shell.live.lost_text')} className="lost" role="status" /> : null}
          {totp.required && !totp.enabled ? (
            <Alert type="info" showIcon title={t('shell.totp_due')} className="lost" action={<Button size="small" onClick={() => void navigate('/account')}>{t('shell.totp_set')}</Button>} />
          ) : null}
          {denied ? <Trouble error={denied} whole /> : (
            <Suspense fallback={<Skeleton active className="sheet" />}>
              <Outlet />
            </Suspense>
          )}
        </main>
      </div>
      {phone ? (
        <nav className="bottom" aria-label={t('shell.places')}>
          {mine.slice(0, 5).map((place) => (
            <NavLink key={place.key} to={place.path} end={place.path === '/'}>
              {place.icon}<span>{t(`shell.place.${place.key}`)}</span>
            </NavLink>
          ))}
        </nav>
      ) : null}
      <Keyboard places={mine} open={help} setOpen={setHelp} />
    </div>
  );
}
