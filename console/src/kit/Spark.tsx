/** A line without axes; gaps stay gaps, because unknown is not zero. */
export function Spark({ values, width = 96, height = 28, label }: { values: (number | null)[]; width?: number; height?: number; label: string }) {
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2) return <span className="spark-none" aria-label={label} role="img">—</span>;
  const most = Math.max(...known, 1);
  const step = values.length > 1 ? (width - 4) / (values.length - 1) : 0;
  const point = (value: number, index: number) => `${(2 + index * step).toFixed(1)},${(height - 3 - (value / most) * (height - 6)).toFixed(1)}`;
  const runs: string[][] = [];
  let run: string[] = [];
  values.forEach((value, index) => {
    if (value === null) {
      if (run.length) runs.push(run);
      run = [];
    } else run.push(point(value, index));
  });
  if (run.length) runs.push(run);
  const last = values.at(-1);
  return (
    <svg className="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {runs.map((points, index) => (
        <polyline key={index} points={points.join(' ')} fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinejoin="round" strokeLinecap="round" />
      ))}
      {last !== null && last !== undefined ? (() => {
        const [x, y] = point(last, values.length - 1).split(',');
        return <circle cx={x} cy={y} r="2.2" fill="currentColor" />;
      })() : null}
    </svg>
  );
}
