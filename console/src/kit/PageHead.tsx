import { useEffect, type ReactNode } from 'react';

/** The heading of a place; also what the browser tab says. */
export function PageHead({ title, note, extra, back }: { title: string; note?: ReactNode; extra?: ReactNode; back?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Yutang`;
  }, [title]);
  return (
    <header className="page-head">
      <div className="page-head-words">
        {back}
        <h1 tabIndex={-1}>{title}</h1>
        {note ? <div className="page-note">{note}</div> : null}
      </div>
      {extra ? <div className="page-extra">{extra}</div> : null}
    </header>
  );
}
