import { Skeleton } from 'antd';
import { Link } from 'react-router';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { Trouble } from '../../kit/Trouble';
import { useFindings } from './queries';

/** People whom a rule found, with the numbers that led to them; what follows is decided by a person. */
export function Found({ finding }: { finding: string }) {
  const { t, sentence, ago, count } = useSpeak();
  const query = useFindings(finding);
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  const { items, total } = query.data;
  if (items.length === 0) return <Blank picture="calm" title={t('finding.empty')} text={t(`finding.${finding}.hint`)} />;
  return (
    <section className="sheet" aria-labelledby="found">
      <h2 id="found">{t(`finding.${finding}`)}</h2>
      <p className="quiet">{t(`finding.${finding}.hint`)} {t('kit.counted', { count: total, total: count(total) })}</p>
      <ul className="people">
        {items.map((item) => (
          <li key={item.member_id}>
            <span><Link to={`/members/${item.member_id}`}><strong>{item.name}</strong></Link> <span>{sentence({ code: item.code, args: item.args })}</span></span>
            <span className="quiet nowrap">{ago(item.at)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
