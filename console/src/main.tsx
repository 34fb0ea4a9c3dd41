import { StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import './console.css';
import { start } from './i18n/catalogue';
import { Console } from './shell/Console';

const root = document.getElementById('root');
if (root) {
  await start();
  createRoot(root).render(
    <StrictMode>
      <Suspense fallback={null}>
        <Console />
      </Suspense>
    </StrictMode>,
  );
}
