import { Button, Tag } from 'antd';
import { Link } from 'react-router';
import type { Conflict, RehearsedStep } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { byDay, counted, wordsIn } from './filled';

const elsewhere: Record<string, string> = { store: '/settings?tab=branches', staff: '/groups?view=staff_short' };

interface Mends {
  /** Takes a remedy; none where nobody may. */
  mend: ((conflict: Conflict) => void) | null;
  /** Where the text is changed. */
  edit: string;
}

function Against({ conflict, mend, edit }: { conflict: Conflict } & Mends) {
  const { language } = useSpeak();
  const { remedy } = conflict;
  const label = remedy ? wordsIn(remedy.label, language) : '';
  const way = remedy ? remedy.word === 'edit' ? edit : elsewhere[remedy.word] : undefined;
  return (
    <li className="conflict">
      <span className="bad">{wordsIn(conflict.reason, language)}</span>
      {remedy && mend && (remedy.change || remedy.ask) ? <Button size="small" onClick={() => mend(conflict)}>{label}</Button> : null}
      {way ? <Link to={way}><Button size="small">{label}</Button></Link> : null}
    </li>
  );
}

function Line({ step, mend, edit }: { step: RehearsedStep } & Mends) {
  const { t, count, clock } = useSpeak();
  const how = step.mode && step.mode !== 'task' ? t(`playbook.mode.${step.mode}`) : '';
  const many = step.skip ? '' : step.count === null ? t('playbook.count_later') : t(counted(step.mode), { count: step.count, n: count(step.count) });
  return (
    <li className={step.skip ? 'beat skipped' : step.conflicts.length > 0 ? 'beat red' : 'beat'} data-step={step.step}>
      <time>{clock(step.at)}</time>
      <div>
        <div className="tags">
          <strong>{t(`playbook.do.${step.do}`)}</strong>
          <span>{t(`playbook.to.${step.to}`)}</span>
          {how ? <Tag>{how}</Tag> : null}
          {many ? <span className="quiet">{many}</span> : null}
          {step.skip ? <span className="quiet">{t(`playbook.skip.${step.skip}`)}</span> : null}
        </div>
        {step.text ? <p className="beat-text">{step.text}</p> : null}
        {step.conflicts.length > 0 ? <ul className="conflicts">{step.conflicts.map((one) => <Against key={`${one.kind}/${one.names.join()}`} conflict={one} mend={mend} edit={edit} />)}</ul> : null}
      </div>
    </li>
  );
}

/** What would happen, day by day, with what stands in the way and what mends it. */
export function Timeline({ steps, mend, edit }: { steps: RehearsedStep[] } & Mends) {
  const { day, zone } = useSpeak();
  return (
    <ol className="cue">
      {byDay(steps, zone).map(([civil, those]) => (
        <li key={civil}>
          <h3>{day(civil)}</h3>
          <ol>{those.map((step) => <Line key={`${step.step}/${step.at}`} step={step} mend={mend} edit={edit} />)}</ol>
        </li>
      ))}
    </ol>
  );
}
