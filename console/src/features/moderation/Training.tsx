import { Button, Progress, Skeleton, Tag } from 'antd';
import { useCallback, useEffect, useState } from 'react';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { usePhone } from '../../kit/media';
import { Trouble, useTell } from '../../kit/Trouble';
import { useCan } from '../session/session';
import { isWriting } from './keys';
import { useClassifier, useMark, useModel, useOffered, useTrain } from './queries';
import { SignedText } from './Words';

/** One message at a time: advert or fine. */
function MarkNext() {
  const { t, ago, percent } = useSpeak();
  const phone = usePhone();
  const { trouble, done } = useTell();
  const query = useOffered();
  const mark = useMark();
  const [passed, setPassed] = useState<string[]>([]);
  const rows = (query.data ?? []).filter((row) => !passed.includes(row.message_id));
  const row = rows[0];
  const say = useCallback((advert: boolean) => {
    if (!row) return;
    setPassed((old) => [...old, row.message_id]);
    const back = () => setPassed((old) => old.filter((one) => one !== row.message_id));
    mark.mutate({ message: row.message_id, label: advert ? 'advert' : 'fine' }, {
      onError: (error) => { back(); trouble(error); },
      onSuccess: () => done(t('classifier.marked_told', { what: t(advert ? 'classifier.advert' : 'classifier.fine') }), async () => { await mark.mutateAsync({ message: row.message_id, label: null }); back(); }),
    });
  }, [row, mark, trouble, done, t]);
  const { refetch, isFetching } = query;
  const spent = query.data !== undefined && query.data.length > 0 && !row;
  useEffect(() => {
    if (spent && !isFetching) void refetch();
  }, [spent, isFetching, refetch]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || isWriting(event.target) || !row) return;
      if (event.key === 'a') say(true);
      else if (event.key === 'f') say(false);
      else if (event.key === 's') setPassed((old) => [...old, row.message_id]);
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [row, say]);
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  if (!row && isFetching) return <Skeleton active className="sheet" />;
  if (!row) return <Blank picture="calm" title={t('classifier.none')} />;
  return (
    <section className="sheet" aria-labelledby="mark-next">
      <h2 id="mark-next">{t('classifier.next')}</h2>
      <p className="quiet">{t('classifier.uncertain')}</p>
      <div className="mark-one" aria-live="polite">
        <p className="quiet">{row.group.name} · {ago(row.at)}{row.probability === null ? '' : ` · ${t('classifier.thinks', { p: percent(row.probability) })}`}</p>
        <SignedText text={row.text} hits={row.hits} />
      </div>
      <div className="actions">
        <Button onClick={() => say(true)}>{t('classifier.advert')}{phone ? null : <kbd>A</kbd>}</Button>
        <Button onClick={() => say(false)}>{t('classifier.fine')}{phone ? null : <kbd>F</kbd>}</Button>
        <Button type="text" onClick={() => setPassed([...passed, row.message_id])}>{t('classifier.skip')}{phone ? null : <kbd>S</kbd>}</Button>
      </div>
    </section>
  );
}

/** Marks, what was learned from them, and which version is in use. */
export function Training() {
  const { t, count, percent, moment } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const query = useClassifier();
  const train = useTrain();
  const use = useModel();
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  const { tally: { advert: adverts, fine, needed }, training, versions } = query.data;
  const lacking = [Math.max(0, needed - adverts), Math.max(0, needed - fine)] as const;
  const enough = lacking[0] === 0 && lacking[1] === 0;
  const share = Math.round((100 * (Math.min(adverts, needed) + Math.min(fine, needed))) / Math.max(1, 2 * needed));
  const figure = (value: number | null) => (value === null ? '—' : percent(value));
  return (
    <>
      <p className="quiet">{t('classifier.text')}</p>
      {can('mark.edit') ? <MarkNext /> : null}
      <section className="sheet" aria-labelledby="learned">
        <h2 id="learned">{t('classifier.versions')}</h2>
        <p>{t('classifier.marked', { n: count(adverts + fine), a: count(adverts), b: count(fine) })}</p>
        {enough ? null : <><Progress percent={share} showInfo={false} aria-label={t('classifier.need', { n: needed, a: lacking[0], b: lacking[1] })} /><p className="quiet">{t('classifier.need', { n: needed, a: lacking[0], b: lacking[1] })}</p></>}
        {can('classifier.edit') ? <Button type="primary" disabled={!enough || training} loading={train.isPending || training} onClick={() => train.mutate(undefined, { onError: trouble, onSuccess: () => done(t('classifier.trained_told')) })}>{t(training ? 'classifier.training' : 'classifier.train')}</Button> : null}
        {versions.length === 0 ? <p className="quiet">{t('classifier.none_yet')}</p> : (
          <>
            <p className="quiet">{t('classifier.figures_text')}</p>
            <ul className="people">
              {versions.map((one) => (
                <li key={one.version}>
                  <span>
                    <strong>{t('classifier.version', { n: one.version })}</strong> {one.live ? <Tag color="green">{t('classifier.live')}</Tag> : null}
                    {t('classifier.figures', { p: figure(one.quality.precision), r: figure(one.quality.recall), f: figure(one.quality.fpr) })}
                    <span className="quiet"> · {t('classifier.from_marks', { n: count(one.marks) })} · {moment(one.made_at)}</span>
                  </span>
                  {one.kept_because ? <span className="warn-text">{t(`classifier.kept.${one.kept_because}`)}</span> : null}
                  {one.live || !can('classifier.edit') ? null : <Button size="small" onClick={() => use.mutate(one.version, { onError: trouble, onSuccess: () => done(t('classifier.used_told', { n: one.version })) })}>{t('classifier.use')}</Button>}
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
    </>
  );
}
