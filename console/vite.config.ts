import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env.YUTANG_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/',
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1600,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'locale-zh-hans', test: /locales[\\/]zh-Hans[\\/]/ },
            { name: 'locale-zh-hant', test: /locales[\\/]zh-Hant[\\/]/ },
            { name: 'locale-en', test: /locales[\\/]en[\\/]/ },
          ],
        },
      },
    },
  },
  server: {
    fs: { allow: ['..'] },
    proxy: { '/api': { target: server, changeOrigin: false } },
  },
  test: { include: ['src/**/*.test.{ts,tsx}'], environment: 'node' },
} as Parameters<typeof defineConfig>[0]);
