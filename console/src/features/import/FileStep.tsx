import { InboxOutlined } from '@ant-design/icons';
import { Progress, Upload as UploadBox } from 'antd';
import { useState } from 'react';
import { upload } from '../../api/client';
import type { Upload } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { TroubleLine } from '../../kit/Trouble';

/** Takes one file and shows how much of it has arrived. */
export function FileStep({ onUploaded }: { onUploaded: (upload: Upload) => void }) {
  const { t, percent } = useSpeak();
  const [share, setShare] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const send = async (file: File) => {
    setError(null);
    setShare(0);
    try {
      onUploaded(await upload<Upload>('/imports/uploads', file, setShare));
    } catch (cause) {
      setError(cause);
    } finally {
      setShare(null);
    }
  };
  return (
    <div>
      <UploadBox.Dragger multiple={false} showUploadList={false} disabled={share !== null} beforeUpload={(file) => { void send(file); return false; }}>
        <p className="drop-icon"><InboxOutlined /></p>
        <p><strong>{t('import.drop')}</strong></p>
        <p className="quiet">{t('import.drop_hint')}</p>
      </UploadBox.Dragger>
      {share !== null ? <div role="status"><Progress percent={Math.round(share * 100)} aria-label={t('import.sending')} /><p className="quiet">{share >= 1 ? t('import.looking') : t('import.sending_share', { done_share: percent(share) })}</p></div> : null}
      {error ? <TroubleLine error={error} /> : null}
    </div>
  );
}
