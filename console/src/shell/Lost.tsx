import { Button } from 'antd';
import { Link } from 'react-router';
import { useSpeak } from '../i18n/speak';
import { Blank } from '../kit/Blank';
import { PageHead } from '../kit/PageHead';

/** An address that leads nowhere. */
export function Lost() {
  const { t } = useSpeak();
  return (
    <>
      <PageHead title={t('shell.lost')} />
      <Blank title={t('shell.lost_title')} text={t('shell.lost_text')} action={<Link to="/"><Button type="primary">{t('shell.to_today')}</Button></Link>} />
    </>
  );
}
