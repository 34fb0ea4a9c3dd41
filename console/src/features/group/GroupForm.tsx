import { DatePicker, Form, Input, InputNumber, Radio, Select, TreeSelect, type FormInstance } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import type { Branch, Group, GroupIn } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { useMeta } from '../session/queries';
import { useBranches } from '../staff/queries';

export type GroupFields = Omit<GroupIn, 'opened_on' | 'ends_on' | 'monetisation'> & { opened_on: Dayjs; ends_on: Dayjs | null; path?: string; note?: string };

interface Node { value: string; title: string; children: Node[] }

/** The branches as the tree they form. */
export function branchTree(branches: Branch[]): Node[] {
  const live = branches.filter((branch) => branch.archived_at === null);
  const ids = new Set(live.map((branch) => branch.id));
  const under = (parent: string | null): Node[] => live
    .filter((branch) => (branch.parent_id !== null && ids.has(branch.parent_id) ? branch.parent_id : null) === parent)
    .map((branch) => ({ value: branch.id, title: branch.name, children: under(branch.id) }));
  return under(null);
}

export const toGroupIn = ({ opened_on, ends_on, path, note, ...rest }: GroupFields): GroupIn => ({
  ...rest,
  scene: rest.scene ?? null,
  need_level: rest.need_level ?? null,
  branch_id: rest.branch_id ?? null,
  purpose: rest.purpose ?? '',
  topic_terms: rest.topic_terms ?? [],
  opened_on: opened_on.format('YYYY-MM-DD'),
  ends_on: ends_on ? ends_on.format('YYYY-MM-DD') : null,
  monetisation: { path: path ?? 'none', note: note ?? '' },
});

export function fieldsOf(group: Group): GroupFields {
  return {
    name: group.name, branch_id: group.branch?.id ?? group.branch_id, channel: group.channel, purpose: group.purpose, term: group.term, shape: group.shape,
    ownership: group.ownership, audience: group.audience, scene: group.scene, need_level: group.need_level, size_min: group.size_min, size_max: group.size_max,
    capacity: group.capacity, topic_terms: group.topic_terms, opened_on: group.opened_on ? dayjs(group.opened_on) : dayjs(), ends_on: group.ends_on ? dayjs(group.ends_on) : null,
    path: group.monetisation?.path, note: group.monetisation?.note,
  };
}

export const newGroup = (channel: string | undefined): Partial<GroupFields> => ({
  channel, term: 'long', shape: 'sharing', ownership: 'direct', audience: 'customer', scene: 'welfare', size_min: 200, size_max: 300, capacity: 200, opened_on: dayjs(), topic_terms: [],
});

const choices = <T extends string>(values: readonly T[], label: (value: T) => string) => values.map((value) => ({ value, label: label(value) }));

/** Everything an operator says about a group. req: 001-033, 002-023, 004-073 */
export function GroupForm({ form, brief }: { form: FormInstance<GroupFields>; brief?: boolean }) {
  const { t } = useSpeak();
  const branches = useBranches();
  const meta = useMeta();
  const term = Form.useWatch('term', form);
  return (
    <div className="form-grid">
      <Form.Item className="wide" name="name" label={t('group.name')} extra={t('group.name_rule')} rules={[{ required: true, max: 100, message: t('group.name_missing') }]}><Input maxLength={100} /></Form.Item>
      <Form.Item name="branch_id" label={t('group.branch')}><TreeSelect treeData={branchTree(branches.data ?? [])} treeDefaultExpandAll allowClear showSearch={{ treeNodeFilterProp: 'title' }} placeholder={t('group.branch_choose')} /></Form.Item>
      <Form.Item name="channel" label={t('group.channel')} rules={[{ required: true, message: t('group.channel_missing') }]}><Select options={(meta.data?.channels ?? []).map((one) => ({ value: one.channel, label: t(`channel.${one.channel}`, { defaultValue: one.label }) }))} /></Form.Item>
      <Form.Item className="wide" name="purpose" label={t('group.purpose')} extra={t('group.purpose_hint')}><Input maxLength={200} /></Form.Item>
      <Form.Item name="term" label={t('group.term')}><Radio.Group options={choices(['long', 'short'] as const, (value) => t(`group.term.${value}`))} /></Form.Item>
      <Form.Item name="ends_on" label={t('group.ends_on')} rules={[{ required: term === 'short', message: t('group.ends_missing') }]} extra={t('group.ends_hint')}><DatePicker style={{ width: '100%' }} /></Form.Item>
      <Form.Item name="scene" label={t('group.scene')}><Select allowClear options={choices(['welfare', 'store', 'tea', 'parents', 'paid', 'training'] as const, (value) => t(`group.scene.${value}`))} /></Form.Item>
      <Form.Item name="audience" label={t('group.audience')}><Select options={choices(['customer', 'product', 'knowledge'] as const, (value) => t(`group.audience.${value}`))} /></Form.Item>
      <Form.Item className="wide" label={t('group.monetisation')} required extra={t('group.monetisation_hint')}>
        <Form.Item name="path" noStyle rules={[{ required: true, message: t('group.monetisation_missing') }]}><Radio.Group options={choices(['goods', 'fee', 'sponsor', 'none'] as const, (value) => t(`group.monetisation.${value}`))} /></Form.Item>
        <Form.Item name="note" noStyle><Input aria-label={t('group.monetisation_note')} placeholder={t('group.monetisation_note')} maxLength={200} /></Form.Item>
      </Form.Item>
      {brief ? null : (
        <>
          <Form.Item name="shape" label={t('group.shape')}><Radio.Group options={choices(['sharing', 'expert'] as const, (value) => t(`group.shape.${value}`))} /></Form.Item>
          <Form.Item name="ownership" label={t('group.ownership')}><Radio.Group options={choices(['direct', 'partner'] as const, (value) => t(`group.ownership.${value}`))} /></Form.Item>
          <Form.Item name="need_level" label={t('group.need_level')}><Select allowClear options={[1, 2, 3, 4, 5].map((value) => ({ value, label: `${value} · ${t(`group.need_level.${value}`)}` }))} /></Form.Item>
          <Form.Item name="opened_on" label={t('group.opened_on')} rules={[{ required: true, message: t('group.opened_missing') }]}><DatePicker style={{ width: '100%' }} allowClear={false} /></Form.Item>
          <Form.Item name="size_min" label={t('group.size_min')} rules={[{ required: true, message: t('group.size_missing') }]}><InputNumber min={1} max={100000} style={{ width: '100%' }} /></Form.Item>
          <Form.Item name="size_max" label={t('group.size_max')} rules={[{ required: true, message: t('group.size_missing') }]}><InputNumber min={1} max={100000} style={{ width: '100%' }} /></Form.Item>
          <Form.Item name="capacity" label={t('group.capacity_code')} extra={t('group.capacity_hint')} rules={[{ required: true, message: t('group.size_missing') }]}><InputNumber min={1} max={100000} style={{ width: '100%' }} /></Form.Item>
          <Form.Item className="wide" name="topic_terms" label={t('group.topic_terms')} extra={t('group.topic_hint')}><Select mode="tags" tokenSeparators={[',', ',', '、', ' ']} open={false} suffixIcon={null} /></Form.Item>
        </>
      )}
    </div>
  );
}
