import { useEffect, useRef, type ReactNode } from 'react';

/** A table that may be wider than its sheet: a shadow lies on the side where more of it is. */
export function Wide({ children }: { children: ReactNode }) {
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const around = holder.current;
    const scroller = around?.firstElementChild;
    if (!around || !scroller) return;
    const look = () => {
      const left = scroller.scrollLeft > 1;
      const right = scroller.scrollLeft + scroller.clientWidth < scroller.scrollWidth - 1;
      around.dataset.more = [left ? 'left' : '', right ? 'right' : ''].filter(Boolean).join(' ');
    };
    const watcher = new ResizeObserver(look);
    watcher.observe(scroller);
    const table = scroller.querySelector('table');
    if (table) watcher.observe(table);
    scroller.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      watcher.disconnect();
      scroller.removeEventListener('scroll', look);
    };
  }, []);
  return <div ref={holder} className="wide">{children}</div>;
}
