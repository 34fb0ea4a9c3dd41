import { Button } from 'antd';
import { useSpeak } from '../../i18n/speak';

/** What the server fills in where a text is said, put into the text with a tap. */
export function Variables({ names, insert }: { names: string[]; insert: (name: string) => void }) {
  const { t } = useSpeak();
  return (
    <div className="actions variables" role="group" aria-label={t('welcome.variables')}>
      <span className="quiet">{t('welcome.variables')}</span>
      {names.map((name) => <Button key={name} size="small" onClick={() => insert(name)}>{t(`welcome.variable.${name}`)}</Button>)}
    </div>
  );
}
