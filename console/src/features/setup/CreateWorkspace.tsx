import { Button, Form, Input, Select, Steps } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import type { SetupIn } from '../../api/contract';
import { languages } from '../../i18n/catalogue';
import { TroubleLine } from '../../kit/Trouble';
import { Gate } from '../../shell/Gate';
import { useSetup } from '../session/queries';
import { currencies, zones } from '../setting/WorkspaceForm';
import { steps } from './steps';

/** First of the five steps: the workspace and its owner. There is no default password. */
export default function CreateWorkspace() {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const setup = useSetup();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'Asia/Shanghai';
  return (
    <Gate title={t('setup.title')} text={t('setup.text')} wide>
      <Steps current={0} size="small" responsive={false} titlePlacement="vertical" className="five" items={steps.map((step) => ({ title: t(`setup.step.${step}`) }))} />
      <Form<SetupIn & { again: string }> layout="vertical" requiredMark={false} initialValues={{ zone, currency: 'CNY', locale: i18n.language }} onFinish={({ again: _, ...fields }) => setup.mutate(fields, { onSuccess: () => void navigate('/start?step=group', { replace: true }) })}>
        <div className="form-grid">
          <Form.Item className="wide" name="organisation" label={t('setup.organisation')} extra={t('setup.organisation_hint')} rules={[{ required: true, message: t('setup.organisation_missing') }]}><Input autoFocus maxLength={100} autoComplete="organization" /></Form.Item>
          <Form.Item name="zone" label={t('setting.zone')}><Select showSearch options={[...new Set([zone, ...zones()])].map((value) => ({ value, label: value }))} /></Form.Item>
          <Form.Item name="currency" label={t('setting.currency')}><Select options={currencies.map((value) => ({ value, label: value }))} /></Form.Item>
          <Form.Item name="locale" label={t('setting.locale')}><Select options={languages.map((value) => ({ value, label: t(`shell.language.${value}`) }))} /></Form.Item>
          <Form.Item name="name" label={t('setup.name')} rules={[{ required: true, message: t('staff.name_missing') }]}><Input maxLength={60} autoComplete="name" /></Form.Item>
          <Form.Item name="sign_in" label={t('session.name')} extra={t('setup.sign_in_hint')} rules={[{ required: true, message: t('session.name_missing') }]}><Input maxLength={80} autoComplete="username" autoCapitalize="none" /></Form.Item>
          <Form.Item name="password" label={t('session.password')} extra={t('account.password_rule')} rules={[{ required: true, min: 10, message: t('account.password_short') }]}><Input.Password autoComplete="new-password" /></Form.Item>
          <Form.Item name="again" label={t('account.password_again')} dependencies={['password']} rules={[({ getFieldValue }) => ({ validator: (_, value: string) => value === getFieldValue('password') ? Promise.resolve() : Promise.reject(new Error(t('account.password_differs'))) })]}><Input.Password autoComplete="new-password" /></Form.Item>
        </div>
        <TroubleLine error={setup.error} />
        <Button type="primary" size="large" htmlType="submit" loading={setup.isPending}>{t('setup.create')}</Button>
      </Form>
    </Gate>
  );
}
