import { Button, Input, Skeleton } from 'antd';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { FilterBar } from '../../kit/FilterBar';
import { usePhone } from '../../kit/media';
import { only } from '../../kit/paging';
import { Preview } from '../../kit/Preview';
import { Trouble, useTell } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { useGroupChoices } from '../group/queries';
import { useCan } from '../session/session';
import { isWriting, step, stroke } from './keys';
import { standing, useConfirm, useQueue, useTrust, useUndo } from './queries';
import { SanctionBody } from './SanctionCard';
import type { Sanction } from '../../api/contract';
import { Verdict } from './Words';

const kinds = ['advert', 'contact', 'card', 'newcomer_link', 'repeat', 'word', 'flood', 'insult', 'quarrel', 'off_topic'];
const states = ['pending', 'watched', 'review', 'decided', 'carried', 'appealed', 'undone', 'dismissed', 'all'];
const undoable = new Set(standing);
/** Where nothing was done yet. */
const untouched = new Set(['watched', 'review']);

const asked = (state: string): Record<string, string> => {
  if (state === 'all') return {};
  return state === 'pending' ? { state: standing.join(','), judged: 'false' } : { state };
};

/** Decisions one by one: right, or taken back. */
export function Queue() {
  const { t, count } = useSpeak();
  const can = useCan();
  const phone = usePhone();
  const { trouble, done } = useTell();
  const [state, patch] = useUrlState();
  const which = state.state ?? 'pending';
  const query = useQueue({ ...asked(which), ...only(state, ['kind', 'group']) });
  const groups = useGroupChoices('');
  const confirm = useConfirm();
  const undo = useUndo();
  const trust = useTrust();
  const [at, setAt] = useState(0);
  const [undoing, setUndoing] = useState<Sanction | null>(null);
  const [acting, setActing] = useState<Sanction | null>(null);
  const [reason, setReason] = useState('');
  const list = useRef<HTMLUListElement>(null);
  const pages = query.data?.pages ?? [];
  const rows = pages.flatMap((page) => page.items);
  const chosen = Math.min(at, Math.max(0, rows.length - 1));
  const decides = can('moderation.decide');
  const right = useCallback((row: Sanction) => {
    // Whoever would be put out is named before it is done.
    if (row.state === 'review') setActing(row);
    else confirm.mutate({ id: row.id, act: row.state !== 'watched' }, { onError: trouble, onSuccess: () => done(t('sanction.confirmed_told')) });
  }, [confirm, done, t, trouble]);
  useEffect(() => {
    if (undoing || acting || rows.length === 0) return;
    const press = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || isWriting(event.target)) return;
      const meant = stroke(event.key);
      const row = rows[chosen];
      if (!meant || !row) return;
      if (meant === 'next' || meant === 'previous') {
        const next = step(chosen, meant, rows.length);
        setAt(next);
        list.current?.children[next]?.scrollIntoView({ block: 'nearest' });
      } else if (!decides) return;
      else if (meant === 'yes') right(row);
      else if (undoable.has(row.state)) setUndoing(row);
      event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [rows, chosen, undoing, acting, decides, right]);
  const total = pages[0]?.total;
  return (
    <>
      <FilterBar
        state={state}
        patch={patch}
        filters={[
          { key: 'state', label: t('sanction.state'), choices: states.map((value) => ({ value, label: t(`sanction.state.${value}`) })) },
          { key: 'kind', label: t('sanction.kind'), choices: kinds.map((value) => ({ value, label: t(`sanction.kind.${value}`) })) },
          { key: 'group', label: t('sanction.group'), searchable: true, choices: (groups.data ?? []).map((group) => ({ value: group.id, label: group.name })) },
        ]}
      />
      {query.isPending ? <Skeleton active className="sheet" /> : query.isError && !query.data ? <Trouble error={query.error} retry={() => void query.refetch()} />
        : rows.length === 0 ? (which === 'pending' && !state.kind && !state.group
          ? <Blank picture="calm" title={t('sanction.none')} text={phone || !decides ? t('sanction.none_text') : `${t('sanction.none_text')} ${t('sanction.keys')}`} />
          : <Blank picture="list" title={t('sanction.none_found')} action={<Button onClick={() => patch({ kind: null, group: null, state: null })}>{t('kit.clear_all')}</Button>} />)
          : (
            <>
              {phone || !decides ? null : <p className="quiet">{t('sanction.keys')}</p>}
              <ul className="cases" ref={list} aria-label={t('sanction.tab.queue')}>
                {rows.map((row, index) => (
                  <li key={row.id} className={`sheet case${index === chosen ? ' chosen' : ''}`} aria-current={index === chosen ? 'true' : undefined} onClick={() => setAt(index)}>
                    <SanctionBody sanction={row} />
                    {decides ? (
                      <div className="actions">
                        {row.is_right === null && undoable.has(row.state) ? <Button type={index === chosen ? 'primary' : 'default'} onClick={() => right(row)}>{t('sanction.confirm')}{phone ? null : <kbd>Y</kbd>}</Button> : null}
                        {row.state === 'watched' ? <Button onClick={() => setActing(row)}>{t('sanction.act')}</Button> : null}
                        {undoable.has(row.state) ? <Button onClick={() => setUndoing(row)}>{t(untouched.has(row.state) ? 'sanction.dismiss' : 'sanction.undo')}{phone ? null : <kbd>N</kbd>}</Button> : null}
                        <Button type="text" onClick={() => trust.mutate({ member: row.member.id }, { onError: trouble, onSuccess: () => done(t('sanction.trusted_told', { name: row.member.name })) })}>{t('sanction.trust')}</Button>
                      </div>
                    ) : null}
                  </li>
                ))}
              </ul>
              <div className="list-foot" aria-live="polite">
                {total ? <span>{t('kit.shown_of', { shown: count(rows.length), total: total.exact ? count(total.count) : `${count(total.count)}+` })}</span> : null}
                {query.hasNextPage ? <Button onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>{t('kit.more')}</Button> : null}
              </div>
            </>
          )}
      <Preview open={acting !== null} danger title={t('sanction.act_title')} okText={t('sanction.act')} onClose={() => setActing(null)} act={async () => { if (acting) { await confirm.mutateAsync({ id: acting.id, act: true }); done(t('sanction.acted_told')); } }}>
        {() => (acting ? <><p>{t('sanction.act_text', { name: acting.member.name, group: acting.group.name })}</p><Verdict sanction={acting} /></> : null)}
      </Preview>
      <Preview open={undoing !== null} title={t(undoing && untouched.has(undoing.state) ? 'sanction.dismiss_title' : 'sanction.undo_title')} okText={t(undoing && untouched.has(undoing.state) ? 'sanction.dismiss' : 'sanction.undo')} onClose={() => { setUndoing(null); setReason(''); }} act={async () => { if (undoing) { await undo.mutateAsync({ id: undoing.id, reason }); done(t(untouched.has(undoing.state) ? 'sanction.dismissed_told' : 'sanction.undone_told')); } }}>
        {() => (
          <>
            <p>{t(undoing && untouched.has(undoing.state) ? 'sanction.dismiss_text' : 'sanction.undo_text', { name: undoing?.member.name ?? '' })}</p>
            <Input.TextArea aria-label={t('sanction.reason')} placeholder={t('sanction.reason')} value={reason} maxLength={500} autoSize={{ minRows: 2 }} onChange={(event) => setReason(event.target.value)} />
          </>
        )}
      </Preview>
    </>
  );
}
