import { ArrowLeftOutlined } from '@ant-design/icons';
import { Button, Input, Skeleton, Tag, type GetRef } from 'antd';
import { useRef, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { useSpeak } from '../../i18n/speak';
import { PageHead } from '../../kit/PageHead';
import { Preview } from '../../kit/Preview';
import { useSettled } from '../../kit/settled';
import { Trouble, useTell } from '../../kit/Trouble';
import { useCan } from '../session/session';
import { wordsIn } from './filled';
import { useFaultText } from './Questions';
import { useDrop, usePlaybook, useReview, useSaveText } from './queries';
import template from './template.toml?raw';

/** The text of a playbook, with its faults by line; kept as a version of the house's own. req: 003-120 */
export default function TextPlace() {
  const { name } = useParams();
  const { t, language } = useSpeak();
  const query = usePlaybook(name ?? '', name !== undefined);
  if (name === undefined) return <Editor title={t('playbook.new')} start={template} own={false} shipped={false} />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton active className="sheet" />;
  return <Editor key={`${name}/${query.data.version}`} name={name} title={wordsIn(query.data.title, language)} start={query.data.text} own={query.data.own} shipped={query.data.shipped} />;
}

function Editor({ name, title, start, own, shipped }: { name?: string; title: string; start: string; own: boolean; shipped: boolean }) {
  const { t } = useSpeak();
  const can = useCan();
  const navigate = useNavigate();
  const { done, trouble } = useTell();
  const said = useFaultText();
  const [text, setText] = useState(start);
  const asked = useSettled(text, 400);
  const [dropping, setDropping] = useState(false);
  const area = useRef<GetRef<typeof Input.TextArea>>(null);
  const save = useSaveText(name);
  const drop = useDrop(name ?? '');
  const review = useReview(asked);
  const faults = review.data ?? [];
  const wrong = faults.some((fault) => !fault.warning);
  const edit = can('playbook.edit');
  const jump = (line: number) => {
    const field = area.current?.resizableTextArea?.textArea;
    if (!field || line < 1) return;
    const lines = text.split('\n');
    const begin = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    field.focus();
    field.setSelectionRange(begin, begin + (lines[line - 1]?.length ?? 0));
    field.scrollTop = Math.max(0, (line - 4) * 20);
  };
  const back = name ? `/playbooks/${name}` : '/playbooks';
  return (
    <>
      <PageHead
        title={title}
        back={<Link to={back} className="back"><ArrowLeftOutlined /> {t('shell.place.playbook')}</Link>}
        note={t(edit ? 'playbook.text_note' : 'playbook.text_read')}
        extra={edit ? (
          <span className="actions">
            {own ? <Button danger onClick={() => setDropping(true)}>{t(shipped ? 'playbook.drop' : 'playbook.remove')}</Button> : null}
            <Button type="primary" disabled={wrong || text !== asked || (name !== undefined && text === start)} loading={save.isPending} onClick={() => save.mutate(text, { onSuccess: (kept) => { done(t('playbook.saved', { n: kept.version })); void navigate(`/playbooks/${kept.name}`); }, onError: trouble })}>{t('playbook.save')}</Button>
          </span>
        ) : null}
      />
      <section className="sheet" aria-label={t('playbook.faults')}>
        {faults.length === 0 ? <p className="good">{t('playbook.sound')}</p> : (
          <ul className="faults">
            {faults.map((fault) => (
              <li key={`${fault.line}/${fault.place}/${fault.code}`}>
                <Button size="small" type="link" onClick={() => jump(fault.line)}>{t('playbook.line', { n: fault.line })}</Button>
                <Tag color={fault.warning ? 'gold' : 'red'}>{fault.place}</Tag>{said(fault)}
              </li>
            ))}
          </ul>
        )}
        <Input.TextArea ref={area} className="toml" aria-label={t('playbook.text')} readOnly={!edit} value={text} onChange={({ target }) => setText(target.value)} rows={28} spellCheck={false} />
      </section>
      <Preview open={dropping} danger title={t(shipped ? 'playbook.drop' : 'playbook.remove')} okText={t(shipped ? 'playbook.drop' : 'playbook.remove')} onClose={() => setDropping(false)} act={async () => { await drop.mutateAsync(undefined); done(t('playbook.dropped')); void navigate(shipped ? back : '/playbooks'); }}>{() => <p>{t('playbook.drop_text')}</p>}</Preview>
    </>
  );
}
