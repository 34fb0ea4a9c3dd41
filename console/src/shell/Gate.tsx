import type { ReactNode } from 'react';
import { useSpeak } from '../i18n/speak';
import { LanguageSwitch, ShadeSwitch } from './Switches';

/** The frame of what is seen before anybody is signed in. */
export function Gate({ title, text, wide, children }: { title: string; text?: string; wide?: boolean; children: ReactNode }) {
  const { t } = useSpeak();
  return (
    <div className="gate">
      <header className="gate-top">
        <span className="brand"><img src="/pond.svg" alt="" width="28" height="28" />{t('shell.brand')}</span>
        <span className="filter-gap" />
        <LanguageSwitch />
        <ShadeSwitch />
      </header>
      <main className={`gate-sheet${wide ? ' wide' : ''}`}>
        <h1>{title}</h1>
        {text ? <p className="quiet">{text}</p> : null}
        {children}
      </main>
    </div>
  );
}
