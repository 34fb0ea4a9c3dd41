import { ArrowLeftOutlined } from '@ant-design/icons';
import { Skeleton, Tag } from 'antd';
import { useMemo } from 'react';
import { Link, useParams } from 'react-router';
import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { lastDays } from '../../i18n/time';
import { PageHead } from '../../kit/PageHead';
import { Tabs } from '../../kit/Tabs';
import { Trouble } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { GateSheets } from '../gate/GateSheets';
import { useCan } from '../session/session';
import { AnnouncementSheet } from './AnnouncementSheet';
import { GroupMembers } from './GroupMembers';
import { GroupSettings } from './GroupSettings';
import { HealthBoard, PeriodSwitch } from './HealthBoard';
import { HealthTag } from './HealthTag';
import { LiveStream } from './LiveStream';
import { useGroup } from './queries';

/** What happens in one group. */
export default function GroupPlace() {
  const { id = '' } = useParams();
  const { t, count, zone } = useSpeak();
  const can = useCan();
  const [state, patch] = useUrlState();
  useTopics(`group:${id}`);
  const group = useGroup(id);
  const days = state.days ?? '30';
  const period = useMemo(() => lastDays(Number(days), zone, Date.now()), [days, zone]);
  if (group.isPending) return <Skeleton active className="sheet" paragraph={{ rows: 8 }} />;
  if (group.isError) return <Trouble error={group.error} retry={() => void group.refetch()} whole />;
  const { data } = group;
  const items = [
    {
      key: 'now', label: t('group.tab.now'), children: (
        <div className="beside">
          <div>
            {can('report.read') ? <><div className="row-end"><PeriodSwitch value={days} onChange={(value) => patch({ days: value === '30' ? null : value })} /></div><HealthBoard scope={{ group: id }} period={period} days={days} /></> : <div className="sheet"><HealthTag health={data.health} spelled /></div>}
          </div>
          <LiveStream id={id} readable={data.readable} />
        </div>
      ),
    },
    { key: 'members', label: t('group.tab.members', { n: count(data.members) }), children: <GroupMembers group={data} /> },
    { key: 'announcement', label: t('group.tab.announcement'), children: <AnnouncementSheet group={data} /> },
    ...(can('gate.admit') || can('group.edit') ? [{ key: 'gate', label: t('group.tab.gate'), children: <GateSheets group={data} /> }] : []),
    ...(can('group.edit') ? [{ key: 'settings', label: t('group.tab.settings'), children: <GroupSettings group={data} /> }] : []),
  ];
  return (
    <>
      <PageHead
        title={data.name}
        back={<Link to="/groups" className="back"><ArrowLeftOutlined /> {t('shell.place.group')}</Link>}
        note={
          <span className="tags">
            <HealthTag health={data.health} />
            {data.branch ? <span>{data.branch.name}</span> : null}
            <span>{t(`channel.profile.${data.channel_profile ?? data.channel}`, { defaultValue: t(`channel.${data.channel}`, { defaultValue: data.channel }) })}</span>
            <span>{t(`group.stage.${data.stage}`, { defaultValue: data.stage })}</span>
            <span>{t('group.members_of', { n: data.members, code: data.capacity_code })}</span>
            {data.archived_at ? <Tag>{t('group.archived')}</Tag> : null}
          </span>
        }
      />
      <Tabs label={data.name} active={state.tab ?? 'now'} onChange={(tab) => patch({ tab: tab === 'now' ? null : tab })} items={items} />
    </>
  );
}
