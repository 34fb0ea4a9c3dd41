import { Button, Input, Modal } from 'antd';
import { useSpeak } from '../../i18n/speak';

export interface ShownLink { title: string; text: string; url: string; qr?: string; until?: string }

/** A link that is shown once: as a code to scan and as text to copy. */
export function LinkShown({ link, onClose }: { link: ShownLink | null; onClose: () => void }) {
  const { t, moment } = useSpeak();
  return (
    <Modal open={link !== null} title={link?.title} onCancel={onClose} footer={<Button type="primary" onClick={onClose}>{t('kit.close')}</Button>} destroyOnHidden>
      {link ? (
        <>
          <p>{link.text}</p>
          {link.qr ? <p className="centre"><img src={`data:image/svg+xml;utf8,${encodeURIComponent(link.qr)}`} alt={t('staff.qr')} width="200" height="200" /></p> : null}
          <Input.Search readOnly value={link.url} aria-label={t('staff.link')} enterButton={t('kit.copy')} onSearch={() => void navigator.clipboard?.writeText(link.url)} />
          <p className="quiet">{link.until ? t('staff.link_until', { time: moment(link.until) }) : t('staff.link_once')}</p>
        </>
      ) : null}
    </Modal>
  );
}
