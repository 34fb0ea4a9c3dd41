import type { BulkIn, BulkPreview } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Preview } from '../../kit/Preview';
import { useTell } from '../../kit/Trouble';
import { bulkPreview, useBulk } from './queries';

export interface BulkAction { action: BulkIn['action']; args: Record<string, string> }

/** Who and how many a bulk action touches, before it does. */
export function BulkPreviewModal({ bulk, ids, onClose, onDone }: { bulk: BulkAction | null; ids: string[]; onClose: () => void; onDone: () => void }) {
  const { t, count } = useSpeak();
  const { done } = useTell();
  const act = useBulk();
  const body = { ids, action: bulk?.action ?? 'set_stage', args: (bulk?.args ?? {}) as BulkIn['args'] } satisfies BulkIn;
  return (
    <Preview<BulkPreview>
      open={bulk !== null}
      title={t(`group.bulk.${bulk?.action ?? 'set_stage'}`)}
      load={() => bulkPreview(body)}
      danger={bulk?.action === 'archive'}
      okText={t(`group.bulk.${bulk?.action ?? 'set_stage'}`)}
      onClose={onClose}
      act={async () => {
        await act.mutateAsync(body);
        done(t('group.bulk_done', { count: ids.length }));
        onDone();
      }}
    >
      {(preview) => preview ? (
        <>
          <p>{t('group.bulk_touches', { groups: count(preview.groups), members: count(preview.members) })}</p>
          {bulk?.action === 'archive' ? <p>{t('group.archive_text')}</p> : null}
          {bulk?.action === 'rename_tasks' ? <p>{t('group.rename_text')}</p> : null}
          {preview.skipped.length > 0 ? <details><summary>{t('group.bulk_skipped', { count: preview.skipped.length })}</summary><ul>{preview.skipped.map((one) => <li key={one.id}>{t(one.reason, { defaultValue: t(one.reason, { ns: 'error' }) })}</li>)}</ul></details> : null}
          <p className="quiet">{t(preview.undoable ? 'kit.undoable_yes' : 'kit.undoable_no')}</p>
        </>
      ) : null}
    </Preview>
  );
}
