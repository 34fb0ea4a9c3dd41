import { ArrowLeftOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, DatePicker, Form, Input, InputNumber, Radio, Segmented, Select, Skeleton, Switch, TreeSelect, type GetRef } from 'antd';
import dayjs from 'dayjs';
import { useMemo, useRef, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import type { Broadcast, BroadcastPlan } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { wallClock } from '../../i18n/time';
import { usePhone } from '../../kit/media';
import { PageHead } from '../../kit/PageHead';
import { Preview } from '../../kit/Preview';
import { useSettled } from '../../kit/settled';
import { Trouble, TroubleLine, useTell } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { branchTree } from '../group/GroupForm';
import { audiences, stages } from '../group/GroupsPlace';
import { useCan } from '../session/session';
import { useBranches } from '../staff/queries';
import { ATTACHMENTS, empty, fieldsOf, forPlan, insertAt, lengthOf, LENGTH, modes, toBroadcastIn, variables, type Fields } from './draft';
import { GroupChoice } from './GroupChoice';
import { Bubbles, Claimed, PlanSays, RefusedList } from './Plan';
import { planned, useBroadcast, useKeep, usePlan, useStep } from './queries';
import type { Remedy, RefusedTogether } from './refused';

const scenes = ['welfare', 'store', 'tea', 'parents', 'paid', 'training'];
const steps = ['reach', 'text', 'way', 'plan'] as const;

/** Writes a broadcast with what it would do beside it. req: 003-069 */
export default function BroadcastEditor() {
  const { id } = useParams();
  const { t, zone } = useSpeak();
  const query = useBroadcast(id ?? '', id !== undefined);
  if (id === undefined) return <Editor key="new" start={empty} title={t('broadcast.new')} />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton active className="sheet" />;
  return <Editor key={id} id={id} start={fieldsOf(query.data, zone)} title={t('broadcast.edit_title', { name: query.data.name })} was={query.data.state} />;
}

function Editor({ id, start, title, was }: { id?: string; start: Fields; title: string; was?: Broadcast['state'] }) {
  const { t, zone, exact } = useSpeak();
  const can = useCan();
  const phone = usePhone();
  const navigate = useNavigate();
  const { done } = useTell();
  const [state, patch] = useUrlState();
  const [form] = Form.useForm<Fields>();
  const [fields, setFields] = useState(start);
  const [going, setGoing] = useState(false);
  // What was kept once is written anew, even if letting it go was refused then.
  const kept = useRef(id);
  const text = useRef<GetRef<typeof Input.TextArea>>(null);
  const branches = useBranches();
  const keep = useKeep();
  const lead = useStep();
  const body = useMemo(() => toBroadcastIn(fields, zone), [fields, zone]);
  const asked = useSettled(useMemo(() => forPlan(body), [body]), 400);
  const plan = usePlan(asked, id);
  const edit = can('broadcast.edit');
  const step = steps.find((one) => one === state.step) ?? 'reach';
  const shown = (one: (typeof steps)[number]) => !phone || step === one;
  const change = (some: Partial<Fields>) => {
    form.setFieldsValue(some);
    setFields((old) => ({ ...old, ...some }));
  };
  const insert = (name: string) => {
    const area = text.current?.resizableTextArea?.textArea;
    const { text: next, cursor } = insertAt(fields.text, name, area?.selectionStart ?? fields.text.length, area?.selectionEnd ?? fields.text.length);
    change({ text: next });
    requestAnimationFrame(() => { area?.focus(); area?.setSelectionRange(cursor, cursor); });
  };
  const remedy = (what: Remedy, { groups }: RefusedTogether) => {
    if (what === 'paste') change({ mode: 'paste' });
    else if (what === 'tomorrow') change({ when: 'at', at: wallClock(plan.data?.at ?? new Date().toISOString(), zone).add(1, 'day') });
    else if (what === 'leave') change({ without: [...new Set([...fields.without, ...groups.map((one) => one.id)])] });
  };
  const save = async () => {
    const made = await keep.mutateAsync({ id: kept.current, body });
    kept.current = made.id;
    return made.id;
  };
  const draft = () => void save().then((made) => { done(t('broadcast.kept')); void navigate(`/broadcasts/${made}`); }, () => undefined);
  const invalid = () => { if (phone) patch({ step: lengthOf(fields.text) === 0 || fields.name.trim() === '' ? 'text' : 'way' }); };
  const claims = body.text.trim() ? plan.data?.claims ?? [] : [];
  const ready = (plan.data?.accepted ?? 0) > 0 && (!claims.some((one) => one.stops) || body.grounds !== '');
  const says = (of: BroadcastPlan) => <PlanSays plan={of} mode={fields.mode} selling={fields.selling} scheduled={Boolean(body.at)} />;
  return (
    <>
      <PageHead title={title} back={<Link to={id ? `/broadcasts/${id}` : '/broadcasts'} className="back"><ArrowLeftOutlined /> {t('shell.place.broadcast')}</Link>} note={was === 'scheduled' ? t('broadcast.taken_back') : t('broadcast.editor_note')} />
      {phone ? <Segmented block className="steps" aria-label={t('broadcast.steps')} value={step} onChange={(value) => patch({ step: value === 'reach' ? null : value })} options={steps.map((value) => ({ value, label: t(`broadcast.step.${value}`) }))} /> : null}
      <Form<Fields> form={form} layout="vertical" disabled={!edit} initialValues={start} onValuesChange={(_, all) => setFields((old) => ({ ...old, ...all }))} onFinish={draft} onFinishFailed={invalid} autoComplete="off">
        <div className="beside">
          <div>
            <section className="sheet" aria-labelledby="step-reach" hidden={!shown('reach')}>
              <h2 id="step-reach">① {t('broadcast.step.reach')}</h2>
              <p className="quiet">{t('broadcast.reach_text')}</p>
              <div className="form-grid">
                <Form.Item className="wide" name="branches" label={t('broadcast.branches')}><TreeSelect multiple allowClear treeDefaultExpandAll treeData={branchTree(branches.data ?? [])} showSearch={{ treeNodeFilterProp: 'title' }} placeholder={t('broadcast.all_branches')} /></Form.Item>
                <Form.Item name="scenes" label={t('group.scene')}><Select mode="multiple" allowClear placeholder={t('broadcast.any')} options={scenes.map((value) => ({ value, label: t(`group.scene.${value}`) }))} /></Form.Item>
                <Form.Item name="audiences" label={t('group.audience')}><Select mode="multiple" allowClear placeholder={t('broadcast.any')} options={audiences.map((value) => ({ value, label: t(`group.audience.${value}`) }))} /></Form.Item>
                <Form.Item name="stages" label={t('group.stage')}><Select mode="multiple" allowClear placeholder={t('broadcast.any')} options={stages.map((value) => ({ value, label: t(`group.stage.${value}`) }))} /></Form.Item>
                <Form.Item name="groups" label={t('broadcast.groups')}><GroupChoice placeholder={t('broadcast.any')} /></Form.Item>
                <Form.Item className="wide" name="without" label={t('broadcast.without')}><GroupChoice placeholder={t('broadcast.without_none')} /></Form.Item>
              </div>
            </section>
            <section className="sheet" aria-labelledby="step-text" hidden={!shown('text')}>
              <h2 id="step-text">② {t('broadcast.step.text')}</h2>
              <Form.Item name="name" label={t('broadcast.name')} extra={t('broadcast.name_hint')} rules={[{ required: true, whitespace: true, message: t('broadcast.name_missing') }]}><Input maxLength={60} /></Form.Item>
              {edit ? (
                <div className="actions variables" role="group" aria-label={t('broadcast.variables')}>
                  <span className="quiet">{t('broadcast.variables')}</span>
                  {variables.map((name) => <Button key={name} size="small" onClick={() => insert(name)}>{t(`broadcast.variable.${name}`)}</Button>)}
                </div>
              ) : null}
              <Form.Item name="text" label={t('broadcast.text')} extra={t('broadcast.length', { n: exact(lengthOf(fields.text)), most: exact(LENGTH) })} rules={[{ required: true, whitespace: true, message: t('broadcast.text_missing') }, { validator: (_, value: string) => lengthOf(value ?? '') > LENGTH ? Promise.reject(new Error(t('broadcast.text_long', { most: exact(LENGTH) }))) : Promise.resolve() }]}>
                <Input.TextArea ref={text} autoSize={{ minRows: 5, maxRows: 16 }} placeholder={t('broadcast.text_example')} />
              </Form.Item>
              <Form.List name="attachments">
                {(rows, { add, remove }) => (
                  <div className="attachments" role="group" aria-label={t('broadcast.attachments')}>
                    {rows.map((row) => (
                      <div className="attachment" key={row.key}>
                        <Form.Item name={[row.name, 'title']} rules={[{ required: true, whitespace: true, message: t('broadcast.attachment_title_missing') }]}><Input aria-label={t('broadcast.attachment_title', { n: row.name + 1 })} placeholder={t('broadcast.attachment_title_hint')} maxLength={100} /></Form.Item>
                        <Form.Item name={[row.name, 'url']} rules={[{ required: true, pattern: /^https?:\/\/\S+$/, message: t('broadcast.attachment_url_wrong') }]}><Input aria-label={t('broadcast.attachment_url', { n: row.name + 1 })} placeholder={t('broadcast.attachment_url_hint')} inputMode="url" maxLength={2000} /></Form.Item>
                        <Button type="text" icon={<DeleteOutlined aria-hidden />} aria-label={t('broadcast.attachment_remove', { n: row.name + 1 })} onClick={() => remove(row.name)} />
                      </div>
                    ))}
                    {rows.length < ATTACHMENTS ? <Button size="small" icon={<PlusOutlined aria-hidden />} onClick={() => add({ title: '', url: '' })}>{t('broadcast.attachment_add', { n: rows.length, most: ATTACHMENTS })}</Button> : null}
                  </div>
                )}
              </Form.List>
              <Form.Item name="selling" valuePropName="checked" label={t('broadcast.selling')} extra={t('broadcast.selling_text')}><Switch /></Form.Item>
            </section>
            <section className="sheet" aria-labelledby="step-way" hidden={!shown('way')}>
              <h2 id="step-way">③ {t('broadcast.step.way')}</h2>
              <Form.Item name="mode" label={t('broadcast.mode')}><Radio.Group className="kinds-group" options={modes.map((value) => ({ value, label: <><strong>{t(`broadcast.mode.${value}`)}</strong> <span className="quiet">{t(`broadcast.mode.${value}_text`)}</span></> }))} /></Form.Item>
              <div className="form-grid">
                <Form.Item name="when" label={t('broadcast.when')}><Radio.Group options={(['now', 'at'] as const).map((value) => ({ value, label: t(`broadcast.when.${value}`) }))} /></Form.Item>
                {fields.when === 'at' ? <Form.Item name="at" label={t('broadcast.at')} extra={t('broadcast.at_zone', { zone })} rules={[{ required: true, message: t('broadcast.at_missing') }]}><DatePicker showTime={{ format: 'HH:mm', minuteStep: 5 }} format="YYYY-MM-DD HH:mm" style={{ width: '100%' }} disabledDate={(day) => day.isBefore(wallClock(new Date().toISOString(), zone), 'day') || day.isAfter(dayjs().add(1, 'year'))} /></Form.Item> : null}
                {fields.mode === 'paste' ? null : <Form.Item name="per_minute" label={t('broadcast.per_minute')} extra={t('broadcast.per_minute_hint')}><InputNumber min={1} max={600} style={{ width: '100%' }} /></Form.Item>}
              </div>
            </section>
          </div>
          <aside className="sheet plan" aria-labelledby="plan" aria-busy={plan.isFetching} hidden={!shown('plan')}>
            <h2 id="plan">{t('broadcast.plan')}</h2>
            <div aria-live="polite">
              {plan.isError ? <TroubleLine error={plan.error} /> : plan.data ? says(plan.data) : <Skeleton active />}
            </div>
            {plan.data && !plan.isError ? <RefusedList plan={plan.data} mode={fields.mode} remedy={edit ? remedy : undefined} /> : null}
            <Claimed text={asked.text} claims={claims} grounds={fields.grounds} />
            {plan.data && !plan.isError && body.text.trim() ? <Bubbles plan={plan.data} mode={fields.mode} /> : <p className="quiet">{t('broadcast.plan.no_text')}</p>}
          </aside>
        </div>
        {keep.error ? <TroubleLine error={keep.error} /> : null}
        {edit ? (
          <div className="actions go-bar">
            <Button type="primary" onClick={() => { form.validateFields().then(() => setGoing(true), invalid); }}>{t(body.at ? 'broadcast.go_later' : 'broadcast.go')}</Button>
            <Button htmlType="submit" loading={keep.isPending && !going}>{t('broadcast.keep')}</Button>
            {plan.data && !plan.isError && plan.data.accepted > 0 ? <span className="quiet">{t('broadcast.plan.reaches', { count: plan.data.accepted, n: exact(plan.data.accepted), people: exact(plan.data.people) })}</span> : null}
          </div>
        ) : null}
      </Form>
      <Preview<BroadcastPlan>
        open={going}
        ready={ready}
        title={t('broadcast.go_title', { name: body.name })}
        okText={t(body.at ? 'broadcast.go_later' : 'broadcast.go')}
        load={() => planned(body, kept.current)}
        onClose={() => setGoing(false)}
        act={async () => {
          const made = await save();
          await lead.mutateAsync({ id: made, step: 'schedule' });
          done(t(body.at ? 'broadcast.gone_later_told' : 'broadcast.gone_told'));
          void navigate(`/broadcasts/${made}`);
        }}
      >
        {(found) => found ? <>{says(found)}<RefusedList plan={found} mode={fields.mode} />{claims.some((one) => one.stops) && body.grounds === '' ? <p className="warn-text">{t('broadcast.grounds_missing')}</p> : null}</> : null}
      </Preview>
    </>
  );
}
