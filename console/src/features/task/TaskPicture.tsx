import { DownloadOutlined } from '@ant-design/icons';
import { Button, QRCode } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useSpeak } from '../../i18n/speak';

/** The picture of a task as something a phone can keep: a QR code as PNG, held down or saved by the button. */
export function TaskPicture({ says, name }: { says: string; name: string }) {
  const { t } = useSpeak();
  const frame = useRef<HTMLDivElement>(null);
  const [picture, setPicture] = useState('');
  const [saved, setSaved] = useState(false);
  useEffect(() => {
    setPicture(frame.current?.querySelector('canvas')?.toDataURL('image/png') ?? '');
  }, [says]);
  const save = () => {
    const link = document.createElement('a');
    link.href = picture;
    link.download = `${name}.png`;
    link.click();
    setSaved(true);
  };
  return (
    <>
      <div ref={frame} hidden><QRCode value={says} type="canvas" size={400} marginSize={4} color="#000000" bgColor="#ffffff" bordered={false} /></div>
      {picture ? <img className="task-picture" src={picture} alt={t('task.picture_of', { name })} width="200" height="200" /> : null}
      <p className="quiet">{t('task.picture_hold')}</p>
      <Button icon={<DownloadOutlined aria-hidden />} disabled={!picture} onClick={save}>{t(saved ? 'task.picture_saved' : 'task.picture_save')}</Button>
    </>
  );
}
