import { Alert, Button, Form, Input, InputNumber, Select, Typography } from 'antd';
import type { Group } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Trouble, TroubleLine, useTell } from '../../kit/Trouble';
import { useGroupRights } from '../channel/queries';
import { useCan } from '../session/session';
import { fieldsOf, toGateIn, type GateFields } from './fields';
import { useGate, useGateOpen, useGateSet, useJoinLink } from './queries';

const kinds = ['open', 'staff', 'question', 'knock', 'task', 'payment'];

/** A link into the group under a name, where its network makes such links. */
function JoinLink({ group }: { group: Group }) {
  const { t } = useSpeak();
  const rights = useGroupRights(group.id);
  const make = useJoinLink(group.id);
  if (!rights.data) return null;
  if (!rights.data.can.includes('join_code')) return <section className="sheet" aria-labelledby="join-link"><h2 id="join-link">{t('gate.link')}</h2><p className="quiet">{t('channel.cannot.join_code')}</p></section>;
  return (
    <section className="sheet" aria-labelledby="join-link">
      <h2 id="join-link">{t('gate.link')}</h2>
      <p className="quiet">{t('gate.link_hint')}</p>
      <Form<{ name: string }> layout="inline" onFinish={({ name }) => make.mutate(name)}>
        <Form.Item name="name" rules={[{ required: true, message: t('gate.link_name') }]}><Input maxLength={32} placeholder={t('gate.link_name')} aria-label={t('gate.link_name')} /></Form.Item>
        <Button htmlType="submit" loading={make.isPending}>{t('gate.link_make')}</Button>
      </Form>
      <TroubleLine error={make.error} />
      {make.data ? <p>{t('gate.link_made')} <Typography.Text copyable>{make.data.url}</Typography.Text></p> : null}
    </section>
  );
}

/** How people come into a group, and what is asked of them. req: 001-051, 001-055 */
export function GateSheet({ group }: { group: Group }) {
  const { t, moment, clock } = useSpeak();
  const can = useCan();
  const { trouble, done } = useTell();
  const [form] = Form.useForm<GateFields>();
  const gate = useGate(group.id);
  const set = useGateSet(group.id);
  const open = useGateOpen(group.id);
  const rights = useGroupRights(group.id);
  const seesJoins = !rights.data || rights.data.can.includes('see_joins');
  if (gate.isError) return <Trouble error={gate.error} retry={() => void gate.refetch()} />;
  if (!gate.data) return <section className="sheet" aria-busy="true"><h2>{t('gate.title')}</h2></section>;
  const now = gate.data;
  const named = kinds.map((value) => ({ value, label: t(`gate.kind.${value}`) }));
  const usualCard = now.card_name === null ? now.card_name_now ?? t('gate.card_name.off') : '';
  return (
    <>
    <section className="sheet" aria-labelledby="gate">
      <h2 id="gate">{t('gate.title')}</h2>
      {now.shut_until ? (
        <Alert type="error" showIcon title={t('gate.shut', { until: clock(now.shut_until) })} action={can('gate.admit') ? <Button loading={open.isPending} onClick={() => open.mutate(undefined, { onError: trouble, onSuccess: () => done(t('gate.opened')) })}>{t('gate.open_now')}</Button> : null} />
      ) : null}
      {now.kind === 'open' ? <Alert type="warning" showIcon title={now.recommended === 'open' ? t('gate.open_warning') : t('gate.none_warning', { kind: t(`gate.kind.${now.recommended}`) })} /> : null}
      {now.cannot ? <p className="quiet">{t('gate.cannot')}</p> : null}
      <Form<GateFields>
        form={form}
        key={now.updated_at ?? 'usual'}
        layout="vertical"
        disabled={!can('group.edit')}
        initialValues={fieldsOf(now)}
        onFinish={(fields) => {
          const before = toGateIn(fieldsOf(now));
          set.mutate(toGateIn({ ...fieldsOf(now), ...fields }), { onSuccess: () => done(t('gate.saved'), now.set ? () => set.mutateAsync(before) : undefined) });
        }}
      >
        <Form.Item noStyle shouldUpdate={(a: GateFields, b: GateFields) => a.kind !== b.kind || a.seed_kind !== b.seed_kind || a.card !== b.card}>
          {({ getFieldValue }) => {
            const kind = String(getFieldValue('kind'));
            const seed = String(getFieldValue('seed_kind') ?? '');
            const uses = (one: string) => kind === one || seed === one;
            return (
              <>
                <Form.Item name="kind" label={t('gate.kind')} extra={<>{t(`gate.kind_text.${kind}`, { defaultValue: '' })} {kind === now.recommended ? null : t('gate.recommended', { kind: t(`gate.kind.${now.recommended}`) })}</>}><Select options={named} /></Form.Item>
                {uses('question') ? <Form.Item name="question" label={t('gate.question')}><Input maxLength={500} /></Form.Item> : null}
                {uses('question') ? <Form.Item name="answers" label={t('gate.answers')} extra={t('gate.answers_hint')}><Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[',', '，', '、', ' ']} /></Form.Item> : null}
                {uses('task') ? <Form.Item name="task" label={t('gate.task')} extra={t('gate.task_hint')}><Input.TextArea maxLength={500} autoSize={{ minRows: 2 }} /></Form.Item> : null}
                <div className="form-grid">
                  <Form.Item name="seed_kind" label={t('gate.seed')}><Select options={[{ value: '', label: t('gate.seed_none') }, ...named]} /></Form.Item>
                  {seed ? <Form.Item name="seed_size" label={t('gate.seed_size')}><InputNumber min={1} max={2000} /></Form.Item> : null}
                </div>
                <div className="form-grid">
                  <Form.Item name="acknowledge" label={t('gate.acknowledge')}><Select options={[{ value: 'usual', label: t('gate.acknowledge.usual', { now: t(now.acknowledge === null ? (now.acknowledges ? 'gate.acknowledge.yes' : 'gate.acknowledge.no') : 'gate.acknowledge.usual_short') }) }, { value: 'yes', label: t('gate.acknowledge.yes') }, { value: 'no', label: t('gate.acknowledge.no') }]} /></Form.Item>
                  <Form.Item name="card" label={t('gate.card_name')}><Select options={[{ value: 'usual', label: now.card_name === null ? t('gate.card_name.usual', { now: usualCard }) : t('gate.acknowledge.usual_short') }, { value: 'own', label: t('gate.card_name.own') }, { value: 'off', label: t('gate.card_name.off') }]} /></Form.Item>
                  {getFieldValue('card') === 'own' ? <Form.Item name="card_name" label={t('gate.card_name.own')} extra={t('gate.card_name_hint')}><Input maxLength={50} /></Form.Item> : null}
                </div>
              </>
            );
          }}
        </Form.Item>
        <h3>{t('gate.wave')}</h3>
        <p className="quiet">{t('gate.wave_text', { minutes: now.wave_minutes, joins: now.wave_now })}</p>
        {seesJoins ? null : <p className="warn-text">{t('channel.cannot.see_joins')}</p>}
        <div className="form-grid">
          <Form.Item name="wave_joins" label={t('gate.wave_joins')}><InputNumber min={2} max={1000} placeholder={t('gate.wave_usual')} /></Form.Item>
          <Form.Item name="wave_minutes" label={t('gate.wave_minutes')}><InputNumber min={1} max={60} /></Form.Item>
        </div>
        <TroubleLine error={set.error} />
        {can('group.edit') ? <Button type="primary" htmlType="submit" loading={set.isPending}>{t('kit.save')}</Button> : null}
        {now.actor && now.updated_at ? <p className="quiet">{t('gate.by', { name: now.actor, time: moment(now.updated_at) })}</p> : null}
      </Form>
    </section>
    {can('group.edit') ? <JoinLink group={group} /> : null}
    </>
  );
}
