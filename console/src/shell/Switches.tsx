import { BulbOutlined, GlobalOutlined } from '@ant-design/icons';
import { Button, Dropdown } from 'antd';
import { useTranslation } from 'react-i18next';
import { chooseAndRemember, languages } from '../i18n/catalogue';
import { useShade, type ShadeChoice } from '../kit/shade';

export function LanguageSwitch() {
  const { t, i18n } = useTranslation();
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        selectedKeys: [i18n.language],
        items: languages.map((language) => ({ key: language, label: <span lang={language}>{t(`shell.language.${language}`)}</span> })),
        onClick: ({ key }) => void chooseAndRemember(languages.find((language) => language === key) ?? 'zh-Hans'),
      }}
    >
      <Button type="text" icon={<GlobalOutlined />} aria-label={t('shell.language')} title={t('shell.language')} />
    </Dropdown>
  );
}

export function ShadeSwitch() {
  const { t } = useTranslation();
  const { choice, choose } = useShade();
  const choices: ShadeChoice[] = ['system', 'light', 'dark'];
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        selectedKeys: [choice],
        items: choices.map((key) => ({ key, label: t(`shell.shade.${key}`) })),
        onClick: ({ key }) => choose(choices.find((one) => one === key) ?? 'system'),
      }}
    >
      <Button type="text" icon={<BulbOutlined />} aria-label={t('shell.shade')} title={t('shell.shade')} />
    </Dropdown>
  );
}
