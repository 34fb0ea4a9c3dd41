import { Skeleton, Tag } from 'antd';
import { Link } from 'react-router';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { Trouble } from '../../kit/Trouble';
import { useRepeatMembers } from './queries';

/** Customers who take a seat in several groups. */
export function RepeatMembers() {
  const { t, count } = useSpeak();
  const query = useRepeatMembers(true);
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  if (query.data.length === 0) return <Blank picture="calm" title={t('group.repeat_none')} text={t('group.repeat_none_text')} />;
  return (
    <section aria-label={t('group.view.repeat_members')}>
      <ul className="sheet flush people">
        {query.data.map((row) => (
          <li key={row.member.id}>
            <Link to={`/members/${row.member.id}`}>{row.member.name}</Link>
            <span className="tags">{row.groups.map((group) => <Link key={group.id} to={`/groups/${group.id}`}><Tag>{group.name}</Tag></Link>)}</span>
          </li>
        ))}
      </ul>
      <p className="quiet">{t('group.repeat_count', { count: query.data.length, people: count(query.data.length) })}</p>
    </section>
  );
}
