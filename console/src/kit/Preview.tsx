import { Input, Modal, Spin } from 'antd';
import { useEffect, useState, type ReactNode } from 'react';
import { useSpeak } from '../i18n/speak';
import { TroubleLine } from './Trouble';

export interface PreviewProps<T> {
  open: boolean;
  title: string;
  /** Asks the server what would happen. */
  load?: () => Promise<T>;
  /** Says what would happen: who, how many, what is lost. */
  children: (preview: T | null) => ReactNode;
  /** A word to type before something is lost for good. */
  confirmWord?: string;
  danger?: boolean;
  okText: string;
  /** Whether what has to be given is given; without it nothing has to be. */
  ready?: boolean;
  onClose: () => void;
  act: () => Promise<unknown>;
}

/** Shows consequences first, then does; the only way to actions that touch people. */
export function Preview<T>({ open, title, load, children, confirmWord, danger, okText, ready = true, onClose, act }: PreviewProps<T>) {
  const { t } = useSpeak();
  const [preview, setPreview] = useState<T | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [word, setWord] = useState('');
  useEffect(() => {
    if (!open) return;
    setPreview(null);
    setError(null);
    setWord('');
    if (!load) return;
    let gone = false;
    load().then((answer) => { if (!gone) setPreview(answer); }, (cause: unknown) => { if (!gone) setError(cause); });
    return () => { gone = true; };
    // The preview belongs to one opening; later renders must not ask again.
  }, [open]);
  const waiting = load !== undefined && preview === null && error === null;
  const run = async () => {
    setBusy(true);
    setError(null);
    try {
      await act();
      onClose();
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      open={open}
      title={title}
      onCancel={onClose}
      onOk={() => void run()}
      okText={okText}
      cancelText={t('kit.cancel')}
      confirmLoading={busy}
      okButtonProps={{ danger, disabled: !ready || waiting || (load !== undefined && preview === null) || (confirmWord !== undefined && word.trim() !== confirmWord) }}
      destroyOnHidden
    >
      <div aria-live="polite">{waiting ? <Spin /> : children(preview)}</div>
      {confirmWord !== undefined ? (
        <label className="confirm-word">
          {t('kit.type_to_confirm', { word: confirmWord })}
          <Input value={word} onChange={(event) => setWord(event.target.value)} autoComplete="off" />
        </label>
      ) : null}
      {error ? <TroubleLine error={error} /> : null}
    </Modal>
  );
}
