import { BarChartOutlined, TableOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useSpeak } from '../i18n/speak';
import type { Option } from './ChartCanvas';

const Canvas = lazy(() => import('./ChartCanvas'));

export interface ChartProps {
  title: string;
  /** One sentence on how to read the picture. */
  note?: string;
  option: Option;
  /** The same numbers as a table. */
  table: { head: string[]; rows: (string | number)[][] };
  height?: number;
}

/** A picture with a title, a sentence, and the table of its numbers one tap away. */
export function Chart({ title, note, option, table, height = 240 }: ChartProps) {
  const { t } = useSpeak();
  const [asTable, setAsTable] = useState(false);
  return (
    <section className="sheet chart" aria-label={title}>
      <div className="chart-head">
        <h2 className="small">{title}</h2>
        <Button type="text" size="small" aria-pressed={asTable} icon={asTable ? <BarChartOutlined /> : <TableOutlined />} onClick={() => setAsTable(!asTable)}>
          {t(asTable ? 'kit.as_picture' : 'kit.as_table')}<span className="unseen">{title}</span>
        </Button>
      </div>
      {note ? <p className="quiet">{note}</p> : null}
      {asTable ? (
        // A region that scrolls has to be reachable by keyboard.
        <div className="chart-table" style={{ maxHeight: height }} tabIndex={0} role="region" aria-label={title}>
          <table>
            <thead><tr>{table.head.map((cell) => <th key={cell} scope="col">{cell}</th>)}</tr></thead>
            <tbody>{table.rows.map((row, index) => <tr key={index}>{row.map((cell, at) => at === 0 ? <th key={at} scope="row">{cell}</th> : <td key={at}>{cell}</td>)}</tr>)}</tbody>
          </table>
        </div>
      ) : (
        <Suspense fallback={<div style={{ height }} aria-busy="true" />}>
          <Canvas option={option} height={height} label={title} />
        </Suspense>
      )}
    </section>
  );
}
