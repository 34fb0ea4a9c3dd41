import { useEffect, useId, type KeyboardEvent, type ReactNode } from 'react';

export interface Tab { key: string; label: string; children: ReactNode }

/** Sheets of one place, one shown at a time; a row that scrolls where it is too long. */
export function Tabs({ label, items, active, onChange }: { label: string; items: Tab[]; active: string; onChange: (key: string) => void }) {
  const id = useId();
  const at = Math.max(0, items.findIndex((item) => item.key === active));
  const shown = items[at];
  const shownKey = shown?.key;
  useEffect(() => {
    document.getElementById(`${id}-${shownKey}`)?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }, [id, shownKey]);
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = step === 0 ? undefined : items[(at + step + items.length) % items.length];
    if (!next) return;
    event.preventDefault();
    onChange(next.key);
    document.getElementById(`${id}-${next.key}`)?.focus();
  };
  if (!shown) return null;
  return (
    <>
      <div role="tablist" aria-label={label} className="tabs" onKeyDown={move}>
        {items.map((item) => (
          <button key={item.key} id={`${id}-${item.key}`} type="button" role="tab" aria-selected={item === shown} aria-controls={`${id}-sheet`} tabIndex={item === shown ? 0 : -1} onClick={() => onChange(item.key)}>{item.label}</button>
        ))}
      </div>
      <div key={shown.key} role="tabpanel" id={`${id}-sheet`} aria-labelledby={`${id}-${shown.key}`}>{shown.children}</div>
    </>
  );
}
