import { Modal } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { useSpeak } from '../i18n/speak';
import type { Place } from './places';

const typing = (target: EventTarget | null) => target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));

/** / searches, g and a letter goes, ? explains. */
export function Keyboard({ places, open, setOpen }: { places: Place[]; open: boolean; setOpen: (open: boolean) => void }) {
  const { t } = useSpeak();
  const navigate = useNavigate();
  const going = useRef(false);
  const [, setTick] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const press = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
      if (going.current) {
        going.current = false;
        clearTimeout(timer);
        const place = places.find((one) => one.letter === event.key);
        if (place) {
          event.preventDefault();
          void navigate(place.path);
        }
        return;
      }
      if (event.key === '/') {
        const field = document.querySelector<HTMLInputElement>('input[data-search], [data-search] input');
        if (field) {
          event.preventDefault();
          field.focus();
          field.select();
        }
      } else if (event.key === 'g') {
        going.current = true;
        timer = setTimeout(() => { going.current = false; setTick((tick) => tick + 1); }, 1500);
      } else if (event.key === '?') setOpen(true);
    };
    document.addEventListener('keydown', press);
    return () => {
      document.removeEventListener('keydown', press);
      clearTimeout(timer);
    };
  }, [navigate, places, setOpen]);
  return (
    <Modal open={open} onCancel={() => setOpen(false)} footer={null} title={t('shell.keys')}>
      <dl className="keys">
        <dt><kbd>/</kbd></dt><dd>{t('shell.keys_search')}</dd>
        {places.map((place) => [
          <dt key={`${place.key}-k`}><kbd>g</kbd> <kbd>{place.letter}</kbd></dt>,
          <dd key={`${place.key}-w`}>{t('shell.keys_go', { place: t(`shell.place.${place.key}`) })}</dd>,
        ])}
        <dt><kbd>?</kbd></dt><dd>{t('shell.keys_help')}</dd>
        <dt><kbd>Esc</kbd></dt><dd>{t('shell.keys_close')}</dd>
      </dl>
    </Modal>
  );
}
