import { DownOutlined, RightOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useMemo, useState } from 'react';
import { useSpeak } from '../../i18n/speak';
import { lastDays } from '../../i18n/time';
import { HealthBoard, PeriodSwitch } from './HealthBoard';

/** The figures of all groups of the workspace, or of one branch, above their list. */
export function WorkspaceHealth({ branch, open, setOpen }: { branch?: string; open: boolean; setOpen: (open: boolean) => void }) {
  const { t, zone } = useSpeak();
  const [days, setDays] = useState<string>('7');
  const [full, setFull] = useState(false);
  const period = useMemo(() => lastDays(Number(days), zone, Date.now()), [days, zone]);
  return (
    <section aria-labelledby="overview" className="overview">
      <div className="overview-head">
        <h2 id="overview">
          <Button type="text" aria-expanded={open} icon={open ? <DownOutlined /> : <RightOutlined />} onClick={() => setOpen(!open)}>{t(branch ? 'group.overview_branch' : 'group.overview')}</Button>
        </h2>
        {open ? <span className="actions"><PeriodSwitch value={days} onChange={setDays} /><Button type="link" onClick={() => setFull(!full)}>{t(full ? 'group.overview_less' : 'group.overview_more')}</Button></span> : null}
      </div>
      {open ? <HealthBoard scope={branch ? { branch } : {}} period={period} days={days} short={!full} /> : null}
    </section>
  );
}
