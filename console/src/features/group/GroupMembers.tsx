import { Segmented, Tag, Tooltip, type TableColumnsType } from 'antd';
import { Link, useNavigate } from 'react-router';
import { address } from '../../api/client';
import type { Group, Membership } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { FilterBar } from '../../kit/FilterBar';
import { PagedList } from '../../kit/PagedList';
import { only } from '../../kit/paging';
import { useUrlState } from '../../kit/urlState';
import { useCan } from '../session/session';
import { useMemberships } from './queries';

const standings = ['owner', 'admin', 'member', 'staff', 'bot'];
const presences = ['here', 'left', 'all'];
/** The server's own order first. */
const sorts = ['-last_seen_at', 'name', '-joined_at', '-messages', '-valued', 'last_seen_at'];

/** Who is in the group, who was, and what each gives. */
export function GroupMembers({ group: { id, readable } }: { group: Group }) {
  const { t, count, moment, ago, reason, language } = useSpeak();
  const can = useCan();
  const navigate = useNavigate();
  const [state, patch] = useUrlState();
  const presence = state.presence ?? 'here';
  const asked = { ...only(state, ['q', 'role', 'sort']), presence };
  const query = useMemberships(id, asked);
  const said = (row: Membership, amount: number | null) => amount === null ? <Tooltip title={reason(row.unknown)}><span className="quiet">{t('unknown.short')}</span></Tooltip> : count(amount);
  const joined = (row: Membership) => row.joined_at ? moment(row.joined_at) : row.first_seen_at ? t('group.first_seen', { time: moment(row.first_seen_at) }) : '—';
  const columns: TableColumnsType<Membership> = [
    { key: 'name', title: t('member.name'), render: (_, row) => <><Link to={`/members/${row.member.id}`}>{row.card_name || row.member.name}</Link>{row.card_name && row.card_name !== row.member.name ? <div className="quiet">{row.member.name}</div> : null}</> },
    { key: 'role', title: t('group.standing'), render: (_, row) => <>{t(`group.standing.${row.role}`, { defaultValue: row.role })} {row.left_at ? <Tag>{t('group.left', { time: moment(row.left_at) })}</Tag> : null}</> },
    { key: 'tags', title: t('member.tags'), render: (_, row) => <span className="tags">{row.member.tags.map((tag) => <Tag key={tag.id}>{tag.name}</Tag>)}</span> },
    { key: 'joined', title: t('group.joined'), render: (_, row) => joined(row) },
    { key: 'inviter', title: t('group.inviter'), render: (_, row) => row.inviter ? <Link to={`/members/${row.inviter.id}`}>{row.inviter.name}</Link> : '—' },
    { key: 'messages', title: t('metrics.messages'), align: 'end', render: (_, row) => said(row, row.messages) },
    { key: 'valued', title: t('group.valued'), align: 'end', render: (_, row) => said(row, row.valued) },
    { key: 'seen', title: t('member.last_seen'), render: (_, row) => row.last_seen_at ? ago(row.last_seen_at) : '—' },
  ];
  return (
    <>
      <FilterBar
        state={state}
        patch={patch}
        placeholder={t('group.members_search')}
        filters={[{ key: 'role', label: t('group.standing'), choices: standings.map((value) => ({ value, label: t(`group.standing.${value}`) })) }]}
        sorts={sorts.filter((value) => readable.text || !['-messages', '-valued'].includes(value)).map((value) => ({ value, label: t(`group.members_sort.${value}`) }))}
        exportHref={can('member.export') ? address(`/groups/${id}/members/export.csv`, { ...asked, locale: language }) : undefined}
        extra={<Segmented aria-label={t('group.presence')} value={presence} onChange={(value) => patch({ presence: value === 'here' ? null : value })} options={presences.map((value) => ({ value, label: t(`group.presence.${value}`) }))} />}
      />
      <PagedList<Membership>
        label={t('group.members')}
        query={query}
        rowKey={(row) => row.member.id}
        columns={columns}
        onOpen={(row) => void navigate(`/members/${row.member.id}`)}
        card={(row) => (
          <>
            <div className="card-top"><Link to={`/members/${row.member.id}`}>{row.card_name || row.member.name}</Link><span className="tags">{row.left_at ? <Tag>{t('group.left', { time: moment(row.left_at) })}</Tag> : null}<Tag>{t(`group.standing.${row.role}`, { defaultValue: row.role })}</Tag></span></div>
            <div className="pairs"><span>{t('group.joined')} {joined(row)}</span><span>{t('metrics.messages')} {said(row, row.messages)}</span><span>{t('group.valued')} {said(row, row.valued)}</span>{row.inviter ? <span>{t('group.inviter')} {row.inviter.name}</span> : null}</div>
          </>
        )}
        blank={<Blank picture="list" title={t('group.members_none')} text={t('group.members_none_text')} />}
      />
    </>
  );
}
