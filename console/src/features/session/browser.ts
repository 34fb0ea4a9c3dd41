/** What a browser calls itself, in two short words; null where it names neither. */
export function browserOf(agent: string): { browser: string; system: string } | null {
  const first = (names: [RegExp, string][]) => names.find(([sign]) => sign.test(agent))?.[1];
  // Each of these names those below it as well.
  const browser = first([
    [/wxwork/i, '企业微信'], [/MicroMessenger/i, '微信'], [/Edg(e|A|iOS)?\//, 'Edge'], [/OPR\//, 'Opera'], [/SamsungBrowser/, 'Samsung Internet'],
    [/(Firefox|FxiOS)\//, 'Firefox'], [/(HeadlessChrome|Chrome|CriOS)\//, 'Chrome'], [/Safari\//, 'Safari'],
  ]);
  const system = first([
    [/HarmonyOS/, 'HarmonyOS'], [/Android/, 'Android'], [/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Windows/, 'Windows'], [/Macintosh|Mac OS X/, 'Mac'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux'],
  ]);
  return browser && system ? { browser, system } : null;
}
