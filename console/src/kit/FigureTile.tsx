import { InfoCircleOutlined } from '@ant-design/icons';
import { Popover } from 'antd';
import type { ReactNode } from 'react';
import { change } from '../i18n/number';
import { useSpeak } from '../i18n/speak';
import { Spark } from './Spark';

export interface TileProps {
  name: string;
  value: number | null;
  format: (value: number) => string;
  /** Why there is no value, as a whole sentence. */
  unknown?: string | null;
  previous?: number | null;
  /** The period compared with, in words. */
  against?: string;
  formula?: ReactNode;
  spark?: (number | null)[];
  /** Whether a rise is good, bad or neither. */
  rise?: 'good' | 'bad' | 'plain';
  onOpen?: () => void;
}

/** One figure: large, with its change in words, its line, its formula, and the way to the people behind it. */
export function FigureTile({ name, value, format, unknown, previous, against, formula, spark, rise = 'plain', onOpen }: TileProps) {
  const { t, signed } = useSpeak();
  const moved = change(value, previous);
  const tone = moved === null || Math.abs(moved) < 0.005 || rise === 'plain' ? 'plain' : (moved > 0) === (rise === 'good') ? 'good' : 'bad';
  const body = (
    <>
      {value === null ? <span className="tile-unknown">{unknown ?? t('unknown.no_data')}</span> : <span className="tile-value">{format(value)}</span>}
      {value !== null && moved !== null && against ? <span className={`tile-change ${tone}`}>{t('kit.against', { period: against, change: signed(moved) })}</span> : null}
    </>
  );
  return (
    <section className="tile" aria-label={name}>
      <div className="tile-head">
        <span className="tile-name">{name}</span>
        {formula ? (
          <Popover trigger={['click']} content={<div className="formula">{formula}</div>}>
            <button type="button" className="bare" aria-label={t('kit.formula_of', { name })}><InfoCircleOutlined /></button>
          </Popover>
        ) : null}
      </div>
      {onOpen && value !== null ? <button type="button" className="tile-body open" onClick={onOpen}><span className="unseen">{name}</span>{body}<span className="unseen">{t('kit.people_behind')}</span></button> : <div className="tile-body">{body}</div>}
      {spark && value !== null && spark.filter((one) => one !== null).length > 1 ? <Spark values={spark} width={120} height={24} label={t('kit.spark_label', { name })} /> : null}
    </section>
  );
}
