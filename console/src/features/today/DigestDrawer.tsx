import { Button, Drawer, Skeleton } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { Link } from 'react-router';
import type { PeopleFigure } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { usePhone } from '../../kit/media';
import { Trouble, useTell } from '../../kit/Trouble';
import { PeopleOfFigure } from '../group/PeopleOfFigure';
import { useCan } from '../session/session';
import { useDigest } from './queries';

/** 社群日报: what a day came to, each figure with the people behind it. */
export function DigestDrawer({ day, onClose }: { day: string | null; onClose: () => void }) {
  const { t, sentence, word } = useSpeak();
  const { done } = useTell();
  const can = useCan();
  const phone = usePhone();
  const query = useDigest(day, true);
  const [figure, setFigure] = useState<PeopleFigure | null>(null);
  const told = query.data;
  const at = told ? dayjs(told.day) : null;
  const title = at ? t('digest.title', { date: t('digest.date', { month: at.month() + 1, day: at.date() }), weekday: word('digest.weekday', String(at.day() || 7)) }) : t('digest.yesterday');
  const copy = () => { void navigator.clipboard?.writeText([title, ...(told?.parts ?? []).map((part) => sentence(part.sentence))].join('|')); done(t('digest.copied')); };
  return (
    <Drawer open title={title} onClose={onClose} size={phone ? '100%' : 480} destroyOnHidden extra={told ? <Button size="small" onClick={copy}>{t('digest.copy')}</Button> : null}>
      {query.isPending ? <Skeleton active /> : null}
      {query.isError ? <Trouble error={query.error} retry={() => void query.refetch()} /> : null}
      <ul className="people digest-parts">
        {told?.parts.map((part) => (
          <li key={part.sentence.code}>
            <span>{sentence(part.sentence)}</span>
            <span className="actions">
              {can('report.people') ? part.figures.map((one) => <Button key={one} size="small" onClick={() => setFigure(one as PeopleFigure)}>{t(`people.${one}`)}</Button>) : null}
              {part.href ? <Link to={part.href}>{t('digest.go')}</Link> : null}
            </span>
          </li>
        ))}
      </ul>
      {told ? <PeopleOfFigure figure={figure} scope={{}} period={{ from: told.day, to: dayjs(told.day).add(1, 'day').format('YYYY-MM-DD') }} onClose={() => setFigure(null)} /> : null}
    </Drawer>
  );
}
