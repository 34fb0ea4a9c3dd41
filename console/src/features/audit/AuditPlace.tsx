import { Button, DatePicker, Modal, Skeleton, Tag, type TableColumnsType } from 'antd';
import dayjs from 'dayjs';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { address, api, take } from '../../api/client';
import type { AuditRow } from '../../api/contract';
import { useSavedViews } from '../../api/savedViews';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { FilterBar } from '../../kit/FilterBar';
import { PageHead } from '../../kit/PageHead';
import { PagedList } from '../../kit/PagedList';
import { only, usePages } from '../../kit/paging';
import { Preview } from '../../kit/Preview';
import { Trouble, useTell } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { useSanction } from '../moderation/queries';
import { SanctionBody } from '../moderation/SanctionCard';
import { useCan } from '../session/session';
import { useColleagues } from '../staff/queries';
import { differences, fieldWords, valueWords } from './differences';
import { operations } from './operations';

const filters = ['q', 'actor', 'operation', 'subject', 'from', 'to'];

function Difference({ row }: { row: AuditRow }) {
  const { t, moment, list } = useSpeak();
  const reader = { find: (key: string) => t(key, { defaultValue: '' }) || null, moment, list };
  const changed = differences(row.before, row.after);
  if (changed.length === 0) return <span className="quiet">—</span>;
  return (
    <dl className="difference">
      {changed.slice(0, 4).map((one) => (
        <div key={one.field}>
          {one.field ? <dt>{fieldWords(one.field, row.operation, reader)}</dt> : null}
          <dd>{row.before === null ? null : <><del>{valueWords(one.before, one.field, row.operation, reader)}</del> </>}<ins>{valueWords(one.after, one.field, row.operation, reader)}</ins></dd>
        </div>
      ))}
      {changed.length > 4 ? <div className="quiet">{t('audit.more', { count: changed.length - 4 })}</div> : null}
    </dl>
  );
}

/** The case of a change, which the log itself keeps no words of. */
function Case({ id, onClose }: { id: string | null; onClose: () => void }) {
  const { t } = useSpeak();
  const query = useSanction(id ?? '', id !== null);
  return (
    <Modal open={id !== null} title={t('audit.case')} footer={<Button type="primary" onClick={onClose}>{t('kit.close')}</Button>} onCancel={onClose} destroyOnHidden>
      {query.isError ? <Trouble error={query.error} retry={() => void query.refetch()} /> : query.data ? <SanctionBody sanction={query.data} /> : <Skeleton active />}
    </Modal>
  );
}

/** Every change: who, what, before and after, and its undo. */
export default function AuditPlace() {
  const { t, moment, language } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const client = useQueryClient();
  const [state, patch] = useUrlState();
  const [undoing, setUndoing] = useState<AuditRow | null>(null);
  const [shown, setShown] = useState<string | null>(null);
  const asked = only(state, filters);
  const query = usePages<AuditRow>(['audit', asked], (cursor, signal) => take(api.GET('/audit', { params: { query: { ...asked, cursor, limit: 50 } }, signal })));
  const undo = useMutation({ mutationFn: (id: string) => take(api.POST('/audit/{id}/undo', { params: { path: { id } } })), onSuccess: () => client.invalidateQueries() });
  const colleagues = useColleagues(can('staff.read'));
  const savedViews = useSavedViews('audit', trouble);
  const operation = (row: AuditRow) => t(`operation.${row.operation}`, { defaultValue: row.operation });
  // Of a task its sentence was kept as a code; what stood in it was not.
  const subject = ({ subject: { kind, name, id } }: AuditRow) => name === null ? id : kind === 'staff_task' ? t(name, { defaultValue: name, skipInterpolation: true }).replaceAll(/\{\{\w+\}\}/g, '…') : name;
  // What has no name of its own is led to, where there is a way.
  const about = (row: AuditRow) => {
    const { kind, name, id } = row.subject;
    if (name === null && kind === 'sanction' && can('moderation.read')) return <button type="button" className="link" onClick={() => setShown(id)}>{t('audit.case')}</button>;
    if (name === null && kind === 'member' && can('member.read')) return <Link to={`/members/${id}`}>{t('audit.member')}</Link>;
    return subject(row);
  };
  const act = (row: AuditRow) => row.undone_at ? <Tag>{t('audit.undone')}</Tag> : row.undoable && can('audit.undo') ? <Button size="small" onClick={() => setUndoing(row)}>{t('kit.undo')}</Button> : null;
  const columns: TableColumnsType<AuditRow> = [
    { key: 'at', title: t('audit.at'), render: (_, row) => <span className="nowrap">{moment(row.at)}</span> },
    { key: 'actor', title: t('audit.actor'), render: (_, row) => <>{row.actor.name}<div className="quiet">{t(`audit.kind.${row.actor.kind}`, { defaultValue: row.actor.kind })}</div></> },
    { key: 'what', title: t('audit.what'), render: (_, row) => <>{operation(row)}<div className="quiet">{about(row)}</div></> },
    { key: 'change', title: t('audit.change'), render: (_, row) => <Difference row={row} /> },
    { key: 'request', title: t('audit.request'), render: (_, row) => row.request_id ? <code className="quiet">{row.request_id}</code> : '—' },
    { key: 'undo', title: <span className="unseen">{t('kit.actions')}</span>, render: (_, row) => act(row) },
  ];
  return (
    <>
      <PageHead title={t('shell.place.audit')} note={t('audit.note')} />
      <FilterBar
        state={state} patch={patch}
        placeholder={t('audit.search')}
        filters={[
          { key: 'actor', label: t('audit.actor'), searchable: true, choices: (colleagues.data ?? []).map((one) => ({ value: one.id, label: one.name })) },
          { key: 'operation', label: t('audit.what'), searchable: true, choices: operations.map((value) => ({ value, label: t(`operation.${value}`) })) },
        ]}
        exportHref={address('/audit/export.csv', { ...asked, locale: language })}
        views={savedViews}
        extra={<DatePicker.RangePicker className="filter-dates" aria-label={t('audit.dates')} value={state.from && state.to ? [dayjs(state.from), dayjs(state.to).subtract(1, 'day')] : null} onChange={(days) => patch({ from: days?.[0]?.format('YYYY-MM-DD') ?? null, to: days?.[1]?.add(1, 'day').format('YYYY-MM-DD') ?? null })} />}
      />
      <PagedList<AuditRow>
        label={t('shell.place.audit')} query={query} rowKey={(row) => row.id} columns={columns}
        card={(row) => <><div className="card-top"><strong>{operation(row)}</strong>{act(row)}</div><p>{about(row)}</p><Difference row={row} /><p className="quiet">{row.actor.name} · {moment(row.at)}</p></>}
        blank={<Blank picture="list" title={t('audit.blank')} text={t('audit.blank_text')} />}
      />
      <Case id={shown} onClose={() => setShown(null)} />
      <Preview open={undoing !== null} title={t('audit.undo_title')} okText={t('kit.undo')} onClose={() => setUndoing(null)} act={async () => { if (undoing) { await undo.mutateAsync(undoing.id); done(t('kit.undone')); } }}>
        {() => undoing ? <><p>{t('audit.undo_text', { what: operation(undoing), subject: subject(undoing), actor: undoing.actor.name })}</p><Difference row={{ ...undoing, before: undoing.after, after: undoing.before }} /></> : null}
      </Preview>
    </>
  );
}
