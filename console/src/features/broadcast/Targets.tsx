import { Tag, type TableColumnsType } from 'antd';
import { Link } from 'react-router';
import type { Broadcast, Target } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { Countdown } from '../../kit/Countdown';
import { FilterBar } from '../../kit/FilterBar';
import { PagedList } from '../../kit/PagedList';
import { only } from '../../kit/paging';
import { reasonKey } from './outcome';
import { useTargets } from './queries';

const fates = ['held', 'sending', 'asked', 'sent', 'failed', 'skipped', 'stopped'];
const colours: Record<string, string> = { held: 'gold', sending: 'processing', asked: 'gold', sent: 'green', failed: 'red', skipped: 'default', stopped: 'default' };

/** What became of it, group by group, and why. */
export function Targets({ broadcast, staffName, state, patch }: { broadcast: Broadcast; staffName: (id: string) => string; state: Record<string, string>; patch: (change: Record<string, string | null>) => void }) {
  const { t, moment } = useSpeak();
  const asked = only(state, ['fate', 'staff']);
  const query = useTargets(broadcast.id, asked);
  const why = ({ fate, reason }: Target) => {
    if (reason === null) return null;
    const key = reasonKey(fate, reason);
    return key ? t(key, { defaultValue: reason }) : fate === 'sent' ? null : t('broadcast.network_said', { said: reason });
  };
  const fate = (row: Target) => <Tag color={colours[row.fate]}>{t(`broadcast.fate.${row.fate}`)}</Tag>;
  const when = (row: Target) => row.sent_at ? moment(row.sent_at) : row.fate === 'asked' && row.due_at ? <Countdown due={row.due_at} /> : '—';
  const group = (row: Target) => <Link to={`/groups/${row.group_id}`}>{row.group}</Link>;
  const task = (row: Target) => row.task_id ? <Link to={`/tasks/${row.task_id}`}>{t('broadcast.task')}</Link> : null;
  const columns: TableColumnsType<Target> = [
    { key: 'group', title: t('broadcast.group'), render: (_, row) => <>{group(row)}<div className="quiet">{row.branch}</div></> },
    { key: 'fate', title: t('broadcast.fate'), render: (_, row) => <>{fate(row)}{why(row) ? <div className="quiet">{why(row)}</div> : null}</> },
    { key: 'staff', title: t('broadcast.staff'), render: (_, row) => row.staff ?? <span className="quiet">—</span> },
    { key: 'when', title: t('broadcast.sent_at'), render: (_, row) => when(row) },
    { key: 'task', title: <span className="unseen">{t('broadcast.task')}</span>, align: 'end', render: (_, row) => task(row) },
  ];
  return (
    <section aria-labelledby="targets">
      <h2 id="targets" className="section-title">{t('broadcast.targets')}</h2>
      <FilterBar state={{ ...asked }} patch={patch} filters={[{ key: 'fate', label: t('broadcast.fate'), choices: fates.map((value) => ({ value, label: t(`broadcast.fate.${value}`) })) }]} chips={asked.staff ? [{ key: 'staff', label: t('broadcast.only_staff', { name: staffName(asked.staff) }) }] : []} />
      <PagedList<Target>
        label={t('broadcast.targets')}
        query={query}
        rowKey={(row) => row.group_id}
        columns={columns}
        counted={asked.staff ? 'broadcast.shown' : undefined}
        card={(row) => (
          <>
            <div className="card-top">{group(row)}{fate(row)}</div>
            {why(row) ? <p className="quiet">{why(row)}</p> : null}
            <div className="pairs"><span>{row.branch}</span>{row.staff ? <span>{row.staff}</span> : null}<span>{when(row)}</span>{task(row)}</div>
          </>
        )}
        blank={<Blank picture="list" title={t(Object.keys(asked).length > 0 ? 'broadcast.targets_none_found' : 'broadcast.targets_none')} text={t('broadcast.targets_none_text')} />}
      />
    </section>
  );
}
