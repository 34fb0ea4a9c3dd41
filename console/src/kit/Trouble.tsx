import { App, Button, Result } from 'antd';
import { useCallback } from 'react';
import { Link } from 'react-router';
import { Refusal } from '../api/client';
import { placeWords } from '../i18n/place';
import { useSpeak } from '../i18n/speak';

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal({ code: 'console.broken', detail: error instanceof Error ? error.message : String(error) });
}

/** What went wrong, in the words of the catalogue, else in those of the server. */
export function useTroubleText(): (error: unknown) => { title: string; place: string; trace: string } {
  const { t, list } = useSpeak();
  return useCallback(
    (error) => {
      const refused = asRefusal(error);
      const known = t(refused.code, { ns: 'error', defaultValue: '' });
      const title = known || refused.message || refused.code;
      const place = refused.at ? placeWords(refused.at, { t, list }) : '';
      const trace = [refused.code, refused.requestId].filter(Boolean).join(' · ');
      return { title, place, trace };
    },
    [t, list],
  );
}

function CopyTrace({ trace }: { trace: string }) {
  const { t } = useSpeak();
  return (
    <span className="trace">
      <code>{trace}</code>
      <Button size="small" type="link" onClick={() => void navigator.clipboard?.writeText(trace)}>
        {t('kit.copy')}
      </Button>
    </span>
  );
}

/** A place that could not be shown, with the way to try again or, where that is of no use, away; `whole` where nothing else is on the page. */
export function Trouble({ error, retry, whole }: { error: unknown; retry?: () => void; whole?: boolean }) {
  const { t } = useSpeak();
  const { title, place, trace } = useTroubleText()(error);
  const lasting = error instanceof Refusal && (error.status === 403 || error.status === 404);
  return (
    <div role="alert">
      <Result
        status="warning"
        title={whole ? <h1>{title}</h1> : title}
        subTitle={
          <>
            {place ? <div>{t('kit.at_place', { place })}</div> : null}
            <CopyTrace trace={trace} />
          </>
        }
        extra={lasting ? <Link to="/"><Button type="primary">{t('shell.to_today')}</Button></Link> : retry ? <Button type="primary" onClick={retry}>{t('kit.retry')}</Button> : undefined}
      />
    </div>
  );
}

/** One line of trouble inside a form. */
export function TroubleLine({ error }: { error: unknown }) {
  const { t } = useSpeak();
  const { title, place, trace } = useTroubleText()(error);
  if (!error) return null;
  return (
    <div role="alert" className="trouble-line">
      <strong>{title}</strong>
      {place ? <div>{t('kit.at_place', { place })}</div> : null}
      <div><CopyTrace trace={trace} /></div>
    </div>
  );
}

/** Tells of a failed action without leaving the place. */
export function useTell(): { trouble: (error: unknown) => void; done: (text: string, undo?: () => Promise<unknown>) => void } {
  const { notification, message } = App.useApp();
  const { t } = useSpeak();
  const read = useTroubleText();
  const trouble = useCallback(
    (error: unknown) => {
      const { title, place, trace } = read(error);
      notification.error({
        title,
        description: <>{place ? <div>{place}</div> : null}<CopyTrace trace={trace} /></>,
        placement: 'bottomRight',
        duration: 8,
        role: 'alert',
      });
    },
    [notification, read],
  );
  const done = useCallback(
    (text: string, undo?: () => Promise<unknown>) => {
      if (!undo) {
        void message.success(text);
        return;
      }
      const key = `undo-${text}-${Math.floor(performance.now())}`;
      notification.success({
        key,
        title: text,
        placement: 'bottomRight',
        duration: 8,
        role: 'status',
        actions: (
          <Button
            size="small"
            onClick={() => {
              notification.destroy(key);
              undo().then(() => void message.success(t('kit.undone')), trouble);
            }}
          >
            {t('kit.undo')}
          </Button>
        ),
      });
    },
    [message, notification, t, trouble],
  );
  return { trouble, done };
}
