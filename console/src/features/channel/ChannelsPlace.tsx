import { PlusOutlined } from '@ant-design/icons';
import { Button, Skeleton } from 'antd';
import { useState } from 'react';
import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { PageHead } from '../../kit/PageHead';
import { Trouble } from '../../kit/Trouble';
import { useCan } from '../session/session';
import { AccountCard } from './AccountCard';
import { inOrder } from './accounts';
import { ConnectWizard } from './ConnectWizard';
import { useChannels } from './queries';

/** The accounts through which groups are seen. */
export default function ChannelsPlace() {
  const { t } = useSpeak();
  const can = useCan();
  const query = useChannels();
  const [connecting, setConnecting] = useState(false);
  useTopics('channels');
  const add = can('channel.edit') ? <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setConnecting(true)}>{t('channel.connect')}</Button> : undefined;
  const shown = inOrder(query.data ?? []);
  return (
    <>
      <PageHead title={t('shell.place.channel')} note={t('channel.note')} extra={shown.length > 0 ? add : undefined} />
      {query.isPending ? <Skeleton active className="sheet" /> : query.isError && !query.data ? <Trouble error={query.error} retry={() => void query.refetch()} />
        : shown.length === 0 ? <Blank title={t('channel.blank')} text={t('channel.blank_text')} action={add} />
          : shown.map((account) => <AccountCard key={account.id} account={account} />)}
      <ConnectWizard open={connecting} onClose={() => setConnecting(false)} />
    </>
  );
}
