import { Button, Form, Input, InputNumber, Radio, Select, Skeleton } from 'antd';
import type { Workspace, WorkspacePatch } from '../../api/contract';
import { languages } from '../../i18n/catalogue';
import { useSpeak } from '../../i18n/speak';
import { Trouble, TroubleLine, useTell } from '../../kit/Trouble';
import { useCan } from '../session/session';
import { useWorkspace, useWorkspaceEdit } from './queries';

export const zones = (): string[] => (typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : ['Asia/Shanghai', 'UTC']);
export const currencies = ['CNY', 'HKD', 'TWD', 'MOP', 'SGD', 'MYR', 'USD', 'EUR', 'GBP', 'JPY'];

type Fields = Pick<Workspace, 'name' | 'zone' | 'locale' | 'currency'> & Workspace['settings'];

function Sheets({ workspace }: { workspace: Workspace }) {
  const { t } = useSpeak();
  const can = useCan();
  const { done } = useTell();
  const edit = useWorkspaceEdit();
  const [form] = Form.useForm<Fields>();
  const thresholds = Object.keys(workspace.settings.health?.thresholds ?? {});
  const submit = ({ name, zone, locale, currency, ...settings }: Fields) => {
    const { name: oldName, zone: oldZone, locale: oldLocale, currency: oldCurrency, settings: oldSettings } = workspace;
    edit.mutate({ name, zone, locale, currency, settings: settings as unknown as WorkspacePatch['settings'] }, { onSuccess: () => done(t('setting.saved'), () => edit.mutateAsync({ name: oldName, zone: oldZone, locale: oldLocale, currency: oldCurrency, settings: oldSettings as unknown as WorkspacePatch['settings'] })) });
  };
  return (
    <Form<Fields> form={form} layout="vertical" disabled={!can('workspace.edit')} initialValues={{ ...workspace, ...workspace.settings }} onFinish={submit}>
      <section className="sheet" aria-labelledby="ws-name">
        <h2 id="ws-name">{t('setting.tab.workspace')}</h2>
        <div className="form-grid">
          <Form.Item name="name" label={t('setting.name')} rules={[{ required: true, message: t('setting.name_missing') }]}><Input maxLength={100} /></Form.Item>
          <Form.Item name="zone" label={t('setting.zone')} extra={t('setting.zone_hint')}><Select showSearch options={zones().map((value) => ({ value, label: value }))} /></Form.Item>
          <Form.Item name="currency" label={t('setting.currency')}><Select options={currencies.map((value) => ({ value, label: value }))} /></Form.Item>
          <Form.Item name="locale" label={t('setting.locale')} extra={t('setting.locale_hint')}><Select options={languages.map((value) => ({ value, label: t(`shell.language.${value}`) }))} /></Form.Item>
          <Form.Item name="address_form" label={t('setting.address_form')}><Radio.Group options={['nin', 'ni'].map((value) => ({ value, label: t(`setting.address_form.${value}`) }))} /></Form.Item>
        </div>
      </section>
      <section className="sheet" aria-labelledby="ws-limits">
        <h2 id="ws-limits">{t('setting.limits')}</h2>
        <div className="form-grid">
          <Form.Item name={['retention', 'text_days']} label={t('setting.text_days')} extra={t('setting.retention_hint')}><InputNumber min={1} max={3650} suffix={t('setting.days')} style={{ width: '100%' }} /></Form.Item>
          <Form.Item name={['retention', 'media_days']} label={t('setting.media_days')}><InputNumber min={1} max={3650} suffix={t('setting.days')} style={{ width: '100%' }} /></Form.Item>
          <Form.Item name={['quiet_hours', 'from']} label={t('setting.quiet_from')} extra={t('setting.quiet_hint')}><InputNumber min={0} max={23} suffix={t('setting.hour')} style={{ width: '100%' }} /></Form.Item>
          <Form.Item name={['quiet_hours', 'to']} label={t('setting.quiet_to')}><InputNumber min={0} max={23} suffix={t('setting.hour')} style={{ width: '100%' }} /></Form.Item>
        </div>
      </section>
      {thresholds.length > 0 ? (
        <section className="sheet" aria-labelledby="ws-health">
          <h2 id="ws-health">{t('setting.thresholds')}</h2>
          <p className="quiet">{t('setting.thresholds_text')}</p>
          <div className="form-grid">{thresholds.map((key) => <Form.Item key={key} name={['health', 'thresholds', key]} label={t(`setting.threshold.${key}`, { defaultValue: key })}><InputNumber step="any" style={{ width: '100%' }} /></Form.Item>)}</div>
        </section>
      ) : null}
      <TroubleLine error={edit.error} />
      {can('workspace.edit') ? <Button type="primary" htmlType="submit" loading={edit.isPending}>{t('kit.save')}</Button> : null}
    </Form>
  );
}

/** What the workspace is called, in which zone and currency it counts, and its limits. */
export function WorkspaceForm() {
  const query = useWorkspace();
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  return <Sheets workspace={query.data} />;
}
