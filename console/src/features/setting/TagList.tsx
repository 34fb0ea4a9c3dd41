import { Button, Input, Skeleton, Typography } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Tag } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Preview } from '../../kit/Preview';
import { Trouble, useTell } from '../../kit/Trouble';
import { useTags } from '../member/queries';
import { useCan } from '../session/session';
import { useTagEdit, useTagNew, useTagRemove } from './queries';

/** The tags of the workspace: named, renamed, removed. */
export function TagList() {
  const { t } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const query = useTags();
  const add = useTagNew();
  const edit = useTagEdit();
  const remove = useTagRemove();
  const [name, setName] = useState('');
  const [removing, setRemoving] = useState<Tag | null>(null);
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  return (
    <section className="sheet" aria-labelledby="tags">
      <h2 id="tags">{t('setting.tab.tags')}</h2>
      <p className="quiet">{t('setting.tags_text')}</p>
      <ul className="people">
        {query.data.map((tag) => (
          <li key={tag.id}>
            <Typography.Text editable={can('member.edit') ? { tooltip: t('setting.tag_rename'), onChange: (next) => { if (next.trim() && next !== tag.name) edit.mutate({ id: tag.id, name: next.trim() }, { onError: trouble, onSuccess: () => done(t('setting.saved'), () => edit.mutateAsync({ id: tag.id, name: tag.name })) }); } } : false}>{tag.name}</Typography.Text>
            <span className="actions"><Link to={`/members?tag=${tag.id}`}>{t('setting.tag_members')}</Link>{can('member.edit') ? <Button size="small" type="text" danger onClick={() => setRemoving(tag)}>{t('setting.tag_remove')}</Button> : null}</span>
          </li>
        ))}
      </ul>
      {can('member.edit') ? <form className="note-form" onSubmit={(event) => { event.preventDefault(); if (name.trim()) add.mutate(name.trim(), { onError: trouble, onSuccess: () => setName('') }); }}><Input aria-label={t('setting.tag_name')} placeholder={t('setting.tag_name')} value={name} maxLength={40} onChange={(event) => setName(event.target.value)} /><Button htmlType="submit" disabled={!name.trim()} loading={add.isPending}>{t('setting.tag_add')}</Button></form> : null}
      <Preview open={removing !== null} danger title={t('setting.tag_remove_title', { name: removing?.name ?? '' })} okText={t('setting.tag_remove')} onClose={() => setRemoving(null)} act={async () => { if (removing) await remove.mutateAsync(removing.id); }}>{() => <p>{t('setting.tag_remove_text')}</p>}</Preview>
    </section>
  );
}
