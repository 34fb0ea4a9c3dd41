import type { ReactNode } from 'react';

/** An empty place that teaches: one picture, one sentence, one button. */
export function Blank({ title, text, action, picture = 'pond' }: { title: string; text?: string; action?: ReactNode; picture?: 'pond' | 'list' | 'chart' | 'calm' }) {
  return (
    <div className="blank">
      <svg width="160" height="96" viewBox="0 0 160 96" aria-hidden="true">
        <rect x="1" y="1" width="158" height="94" rx="12" className="blank-sheet" />
        {picture === 'list' ? (
          <>
            {[20, 42, 64].map((y, index) => (
              <g key={y}>
                <circle cx="24" cy={y + 6} r="6" className={index === 0 ? 'blank-accent' : 'blank-soft'} />
                <rect x="40" y={y} width={index === 1 ? 60 : 84} height="5" rx="2.5" className="blank-line" />
                <rect x="40" y={y + 9} width={index === 2 ? 40 : 56} height="4" rx="2" className="blank-soft" />
              </g>
            ))}
          </>
        ) : picture === 'chart' ? (
          <>
            <polyline points="18,70 42,52 66,58 92,34 118,40 142,20" fill="none" className="blank-stroke" strokeWidth="3" />
            <line x1="18" y1="80" x2="142" y2="80" className="blank-axis" />
          </>
        ) : picture === 'calm' ? (
          <>
            <circle cx="80" cy="44" r="22" className="blank-soft" />
            <polyline points="69,44 77,52 92,36" fill="none" className="blank-stroke" strokeWidth="4" />
          </>
        ) : (
          <>
            <path d="M20 66c12-8 24-8 36 0s24 8 36 0 24-8 48 0v22H20z" className="blank-soft" />
            <path d="M58 42c8-12 16-17 26-17 8 0 14 5 17 10l8-6v26l-8-6c-3 5-9 10-17 10-10 0-18-5-26-17z" className="blank-accent" />
          </>
        )}
      </svg>
      <h2>{title}</h2>
      {text ? <p>{text}</p> : null}
      {action}
    </div>
  );
}
