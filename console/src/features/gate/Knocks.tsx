import { Button, Input, InputNumber, Modal, Segmented, Tag } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Knock } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Blank } from '../../kit/Blank';
import { useTell } from '../../kit/Trouble';
import { PagedList } from '../../kit/PagedList';
import { useCan } from '../session/session';
import { useFeeNote, useKnockAdmit, useKnockDecline, useKnocks } from './queries';

/** Who asks to be let in, decided with one tap; whoever waits for a fee is let in once it is noted.
 * req: 001-052, 001-053 */
export function Knocks({ id }: { id: string }) {
  const { t, moment, word, minor } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const [state, setState] = useState('waiting');
  const [away, setAway] = useState<Knock | null>(null);
  const [reason, setReason] = useState('');
  const [payer, setPayer] = useState<Knock | null>(null);
  const [paid, setPaid] = useState<number | null>(null);
  const fee = useFeeNote(id);
  const query = useKnocks(id, state);
  const admit = useKnockAdmit(id);
  const decline = useKnockDecline(id);
  const name = (row: Knock) => can('member.read') ? <Link to={`/members/${row.member.id}`}>{row.member.name}</Link> : <span>{row.member.name}</span>;
  const decided = (row: Knock) => {
    const by = row.decided_by === null ? t('gate.decided_elsewhere') : row.decided_by.startsWith('system:') ? t('gate.decided_by_rule') : row.decided_by;
    return row.decided_at ? t('gate.decided', { name: by, time: moment(row.decided_at) }) : '';
  };
  const standing = (row: Knock) => row.state === 'waiting'
    ? <Tag color="gold">{word('gate.held', row.held)}</Tag>
    : <><Tag>{word('gate.state', row.state)}</Tag> <span className="quiet">{decided(row)}</span></>;
  const actions = (row: Knock) => row.state === 'waiting' ? (
    <span className="actions">
      {row.held === 'payment' ? <Button type="primary" aria-label={`${t('gate.fee_paid')} ${row.member.name}`} onClick={() => { setPaid(null); setPayer(row); }}>{t('gate.fee_paid')}</Button> : null}
      <Button type={row.held === 'payment' ? 'default' : 'primary'} loading={admit.isPending && admit.variables === row.id} aria-label={`${t('gate.admit')} ${row.member.name}`} onClick={() => admit.mutate(row.id, { onError: trouble, onSuccess: () => done(t('gate.admitted', { name: row.member.name })) })}>{t('gate.admit')}</Button>
      <Button aria-label={`${t('gate.decline')} ${row.member.name}`} onClick={() => { setReason(''); setAway(row); }}>{t('gate.decline')}</Button>
    </span>
  ) : null;
  const said = (row: Knock) => row.said ? row.said : <span className="quiet">{t('gate.said_nothing')}</span>;
  return (
    <section aria-labelledby="knocks">
      <div className="shown-head">
        <h2 id="knocks">{t('gate.knocks')}</h2>
        <Segmented aria-label={t('gate.show')} value={state} onChange={setState} options={[{ value: 'waiting', label: t('gate.show_waiting') }, { value: '', label: t('gate.show_all') }]} />
      </div>
      <PagedList<Knock>
        label={t('gate.knocks')}
        query={query}
        rowKey={(row) => row.id}
        rowName={(row) => row.member.name}
        columns={[
          { key: 'name', title: t('member.name'), render: (_, row) => <>{name(row)}<div className="quiet">{moment(row.knocked_at)}</div></> },
          { key: 'said', title: t('gate.said'), render: (_, row) => said(row) },
          { key: 'state', title: t('gate.standing'), render: (_, row) => standing(row) },
          { key: 'do', title: '', align: 'end', render: (_, row) => actions(row) },
        ]}
        card={(row) => <><div className="card-top">{name(row)}</div><p>{said(row)}</p><div className="pairs"><span>{moment(row.knocked_at)}</span>{standing(row)}</div>{actions(row)}</>}
        blank={<div className="sheet"><Blank picture="calm" title={t('gate.knocks_none')} text={t('gate.knocks_none_text')} /></div>}
      />
      <Modal
        open={away !== null}
        title={away ? `${t('gate.decline')} ${away.member.name}` : ''}
        okText={t('gate.decline')}
        cancelText={t('kit.cancel')}
        confirmLoading={decline.isPending}
        onCancel={() => setAway(null)}
        onOk={() => { if (away) decline.mutate({ knock: away.id, reason }, { onError: trouble, onSuccess: () => { done(t('gate.declined', { name: away.member.name })); setAway(null); } }); }}
        destroyOnHidden
      >
        <label className="block">{t('gate.decline_reason')}<Input.TextArea value={reason} onChange={(event) => setReason(event.target.value)} maxLength={200} showCount autoSize={{ minRows: 2 }} /></label>
      </Modal>
      <Modal
        open={payer !== null}
        title={payer ? t('gate.fee_of', { name: payer.member.name }) : ''}
        okText={t('gate.fee_note')}
        cancelText={t('kit.cancel')}
        confirmLoading={fee.isPending}
        onCancel={() => setPayer(null)}
        onOk={() => { if (payer) fee.mutate({ member: payer.member.id, amount: paid === null ? null : minor(paid) }, { onError: trouble, onSuccess: () => { done(t('gate.admitted', { name: payer.member.name })); setPayer(null); } }); }}
        destroyOnHidden
      >
        <label className="block">{t('gate.fee_amount')}<InputNumber value={paid} onChange={setPaid} min={0} max={10_000_000} precision={2} style={{ width: '100%' }} /></label>
        <p className="quiet">{t('gate.fee_hint')}</p>
      </Modal>
    </section>
  );
}
