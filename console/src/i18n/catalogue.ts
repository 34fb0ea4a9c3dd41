import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

export const languages = ['zh-Hans', 'zh-Hant', 'en'] as const;
export type Language = (typeof languages)[number];

type Catalogue = Record<string, string>;
const files = import.meta.glob<Catalogue>('../../../locales/*/*.json', { import: 'default' });

/** The catalogues of one language as two flat lists: what the console says and what errors say. */
async function load(language: Language): Promise<{ console: Catalogue; error: Catalogue }> {
  const console: Catalogue = {};
  let error: Catalogue = {};
  await Promise.all(
    Object.entries(files).map(async ([path, read]) => {
      const [folder, file] = path.split('/').slice(-2);
      if (folder !== language) return;
      const content = await read();
      if (file === 'error.json') error = content;
      else Object.assign(console, content);
    }),
  );
  return { console, error };
}

/** The nearest language we speak to what the browser asks for. */
export function nearest(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const lower = tag.toLowerCase();
    if (/^zh-(hant|tw|hk|mo)/.test(lower)) return 'zh-Hant';
    if (lower.startsWith('zh')) return 'zh-Hans';
    if (lower.startsWith('en')) return 'en';
  }
  return 'zh-Hans';
}

const remembered = 'yutang.language';

export async function choose(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, 'console')) {
    const { console, error } = await load(language);
    i18next.addResourceBundle(language, 'console', console);
    i18next.addResourceBundle(language, 'error', error);
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

export async function chooseAndRemember(language: Language): Promise<void> {
  localStorage.setItem(remembered, language);
  await choose(language);
}

export async function start(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: {},
    lng: 'zh-Hans',
    fallbackLng: false,
    defaultNS: 'console',
    ns: ['console', 'error'],
    keySeparator: false,
    nsSeparator: '|',
    interpolation: { escapeValue: false },
    partialBundledLanguages: true,
  });
  const stored = localStorage.getItem(remembered);
  const known = languages.find((one) => one === stored);
  await choose(known ?? nearest(navigator.languages));
}
