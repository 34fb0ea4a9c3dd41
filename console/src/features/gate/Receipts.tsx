import { Tag } from 'antd';
import { Link } from 'react-router';
import type { Receipt } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { PagedList } from '../../kit/PagedList';
import { Trouble } from '../../kit/Trouble';
import { useReceipts, useReceiptSummary } from './queries';

const endings = ['active', 'silent', 'unseen', 'left', 'stopped', 'open'] as const;

/** Whom the rules reached, who acknowledged them, and how first days went. req: 000-029, 001-050 */
export function Receipts({ id }: { id: string }) {
  const { t, count, moment, word } = useSpeak();
  const summary = useReceiptSummary(id);
  const query = useReceipts(id);
  if (summary.isError) return <Trouble error={summary.error} retry={() => void summary.refetch()} />;
  const all = summary.data;
  const when = (at: string | null, by: string | null) => at ? <>{moment(at)} <span className="quiet">{word('receipt.by', by)}</span></> : <span className="quiet">{t('receipt.not_yet')}</span>;
  const card = (row: Receipt) => row.card_fields === null ? row.card_name : row.card_fields.length === 0
    ? <>{row.card_name} <Tag color="gold">{t('receipt.card_name_off')}</Tag></>
    : <span className="tags">{row.card_fields.map((field) => <span key={field.field}><span className="quiet">{field.field}</span> {field.value}</span>)}</span>;
  const name = (row: Receipt) => <Link to={`/members/${row.member.id}`}>{row.member.name}</Link>;
  return (
    <section aria-labelledby="receipts">
      <div className="sheet">
        <h2 id="receipts">{t('receipt.title')}</h2>
        {all ? (
          <>
            <p>{all.version > 0 ? <>{t('receipt.delivered_of', { version: all.version, n: count(all.delivered), members: count(all.members) })}{all.acknowledges ? <> · {t('receipt.acknowledged_of', { n: count(all.acknowledged) })}</> : null}</> : t('receipt.none')}</p>
            <h3>{t('receipt.first_days')}</h3>
            <p className="pairs">{endings.map((ending) => <span key={ending}>{t(`receipt.ending.${ending}`)} {count(all.first_days[ending])}</span>)}</p>
          </>
        ) : null}
      </div>
      {all && all.version > 0 ? (
        <PagedList<Receipt>
          label={t('receipt.title')}
          query={query}
          hideCount
          rowKey={(row) => row.member.id}
          columns={[
            { key: 'name', title: t('receipt.person'), render: (_, row) => name(row) },
            { key: 'card', title: t('receipt.card_name'), render: (_, row) => card(row) },
            { key: 'delivered', title: t('receipt.delivered'), render: (_, row) => when(row.delivered_at, row.delivered_by) },
            ...(all.acknowledges ? [{ key: 'acknowledged', title: t('receipt.acknowledged'), render: (_: unknown, row: Receipt) => when(row.acknowledged_at, row.acknowledged_by) }] : []),
          ]}
          card={(row) => <><div className="card-top">{name(row)}</div><div>{card(row)}</div><div className="pairs"><span>{t('receipt.delivered')} {when(row.delivered_at, row.delivered_by)}</span>{all.acknowledges ? <span>{t('receipt.acknowledged')} {when(row.acknowledged_at, row.acknowledged_by)}</span> : null}</div></>}
          blank={<div className="sheet"><Blank picture="list" title={t('group.members_none')} /></div>}
        />
      ) : null}
    </section>
  );
}
