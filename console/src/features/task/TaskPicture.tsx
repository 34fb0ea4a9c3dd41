import { DownloadOutlined } from '@ant-design/icons';
import { Button, QRCode } from 'antd';
import { useRef, useState } from 'react';
import { useSpeak } from '../../i18n/speak';

/** The picture of a task as something a phone can keep: a QR code as PNG. */
export function TaskPicture({ says, name }: { says: string; name: string }) {
  const { t } = useSpeak();
  const frame = useRef<HTMLDivElement>(null);
  const [saved, setSaved] = useState(false);
  const save = () => {
    const canvas = frame.current?.querySelector('canvas');
    if (!canvas) return;
    const link = document.createElement('a');
    link.href = canvas.toDataURL('image/png');
    link.download = `${name}.png`;
    link.click();
    setSaved(true);
  };
  return (
    <div ref={frame}>
      <QRCode value={says} type="canvas" size={200} marginSize={4} />
      <p><Button icon={<DownloadOutlined />} onClick={save}>{t(saved ? 'task.picture_saved' : 'task.picture_save')}</Button></p>
    </div>
  );
}
