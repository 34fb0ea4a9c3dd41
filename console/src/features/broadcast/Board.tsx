import { Skeleton, Table, type TableColumnsType } from 'antd';
import { useState } from 'react';
import type { Broadcast } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { usePhone } from '../../kit/media';
import { Trouble } from '../../kit/Trouble';
import { Wide } from '../../kit/Wide';
import { boardTree, rateOf, type Line } from './far';
import { Bar } from './HowFar';
import { useBoard } from './queries';

/** A longer board shows stores first, and people once asked for. */
const SHORT = 60;

/** Who has sent and who has not, by region, store and person; a person opens their groups. */
export function Board({ broadcast, choose }: { broadcast: Broadcast; choose: (staff: string) => void }) {
  const { t, count, percent } = useSpeak();
  const phone = usePhone();
  const query = useBoard(broadcast.id);
  const [turned, setTurned] = useState<string[]>([]);
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  const tree = boardTree(query.data);
  if (tree.length === 0) return <section className="sheet" aria-labelledby="board"><h2 id="board">{t('broadcast.board')}</h2><p className="quiet">{t(broadcast.state === 'draft' ? 'broadcast.board_draft' : 'broadcast.board_none')}</p></section>;
  const name = (line: Line) => line.kind !== 'staff' ? line.name : line.staff ? <button type="button" className="link" onClick={() => choose(line.staff ?? '')}>{line.name}</button> : t('broadcast.by_channel');
  const rate = (line: Line) => { const share = rateOf(line); return share === null ? '—' : percent(share); };
  const number = (key: 'due' | 'sent' | 'unsent' | 'failed' | 'skipped', tone?: string): TableColumnsType<Line>[number] => ({ key, title: t(`broadcast.${key}`), align: 'end', render: (_, line) => <span className={line[key] > 0 ? tone : 'quiet'}>{count(line[key])}</span> });
  const columns: TableColumnsType<Line> = [
    { key: 'name', title: t('broadcast.place'), render: (_, line) => name(line) },
    number('due'), number('sent'), number('unsent', 'warn-text'), number('failed', 'bad'), number('skipped'),
    { key: 'rate', title: t('broadcast.rate'), align: 'end', render: (_, line) => rate(line) },
  ];
  const card = (line: Line) => (
    <li key={line.key} className={line.kind}>
      <div className="card-top"><span>{name(line)}</span><span>{rate(line)}</span></div>
      <Bar far={line} />
      {line.children ? <ul className="board">{line.children.map(card)}</ul> : null}
    </li>
  );
  const short = query.data.length <= SHORT;
  const parents = tree.flatMap((region) => [region, ...(region.children ?? [])]);
  const open = parents.filter((line) => (short || line.kind === 'region') !== turned.includes(line.key)).map((line) => line.key);
  const turn = (_: boolean, { key }: Line) => setTurned((old) => (old.includes(key) ? old.filter((one) => one !== key) : [...old, key]));
  return (
    <section aria-labelledby="board">
      <h2 id="board" className="section-title">{t('broadcast.board')}</h2>
      <p className="quiet">{t('broadcast.board_text')}</p>
      {phone ? <div className="sheet"><ul className="board">{tree.map(card)}</ul></div> : <Wide><Table<Line> className="sheet table" size="small" pagination={false} columns={columns} dataSource={tree} rowKey={(line) => line.key} expandable={{ expandedRowKeys: open, onExpand: turn }} /></Wide>}
    </section>
  );
}
