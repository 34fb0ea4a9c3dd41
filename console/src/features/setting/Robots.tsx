import { Alert, Button, Form, Input, Modal, Select, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import type { Robot } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Preview } from '../../kit/Preview';
import { Trouble, TroubleLine, useTell } from '../../kit/Trouble';
import { useBranches } from '../staff/queries';
import { useRobotAdd, useRobotEdit, useRobotRemove, useRobots, useRobotTest } from './queries';
import { robotIn, signs, type RobotFields, type RobotKind } from './robots';

const kinds: RobotKind[] = ['wecom', 'feishu', 'dingtalk'];
const everywhere = 'all';

function AddRobot({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useSpeak();
  const { done, trouble } = useTell();
  const branches = useBranches();
  const add = useRobotAdd();
  const test = useRobotTest();
  const [form] = Form.useForm<RobotFields>();
  const kind = Form.useWatch('kind', form) ?? 'wecom';
  const required = [{ required: true, whitespace: true, message: t('channel.wizard.missing') }];
  const close = () => { add.reset(); form.resetFields(); onClose(); };
  const save = (fields: RobotFields) => add.mutate(robotIn(fields), {
    onSuccess: (robot) => {
      close();
      test.mutate(robot.id, { onError: trouble, onSuccess: () => done(t('setting.robot.greeted', { name: robot.name })) });
    },
  });
  return (
    <Modal open={open} title={t('setting.robot.add')} okText={t('setting.robot.save')} cancelText={t('kit.cancel')} confirmLoading={add.isPending} onCancel={close} onOk={() => form.submit()} destroyOnHidden>
      <Form<RobotFields> form={form} layout="vertical" initialValues={{ kind: 'wecom', branch: everywhere }} onFinish={save} autoComplete="off">
        <Form.Item name="kind" label={t('setting.robot.kind')}><Select options={kinds.map((value) => ({ value, label: t(`setting.robot.kind.${value}`) }))} /></Form.Item>
        <Form.Item name="name" label={t('setting.robot.name')} extra={t('setting.robot.name_hint')} rules={required}><Input maxLength={100} /></Form.Item>
        <Form.Item name="address" label={t('setting.robot.address')} extra={t(`setting.robot.address_hint.${kind}`)} rules={required}><Input inputMode="url" autoComplete="off" /></Form.Item>
        {signs(kind) ? <Form.Item name="secret" label={t('setting.robot.secret')} extra={t('setting.robot.secret_hint')}><Input.Password autoComplete="new-password" /></Form.Item> : null}
        <Form.Item name="branch" label={t('setting.robot.branch')} extra={t('setting.robot.branch_hint')}><Select options={[{ value: everywhere, label: t('setting.robot.everywhere') }, ...(branches.data ?? []).map((branch) => ({ value: branch.id, label: branch.name }))]} /></Form.Item>
        {add.error ? <TroubleLine error={add.error} /> : null}
      </Form>
    </Modal>
  );
}

/** Robots that tell staff of tasks where they already talk. */
export function Robots() {
  const { t, ago } = useSpeak();
  const { done, trouble } = useTell();
  const query = useRobots();
  const branches = useBranches();
  const edit = useRobotEdit();
  const test = useRobotTest();
  const remove = useRobotRemove();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Robot | null>(null);
  if (query.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  return (
    <section className="sheet" aria-labelledby="robots">
      <h2 id="robots">{t('setting.tab.robots')}</h2>
      <p className="quiet">{t('setting.robot.text')}</p>
      {query.data.length === 0 ? <p className="quiet">{t('setting.robot.none')}</p> : null}
      <ul className="people robots">
        {query.data.map((robot) => (
          <li key={robot.id}>
            <div>
              <p className="tags"><strong>{robot.name}</strong><Tag>{t(`setting.robot.kind.${robot.kind}`)}</Tag>{robot.signed ? <Tag color="cyan">{t('setting.robot.signed')}</Tag> : null}<span className="quiet">{robot.told_at ? t('setting.robot.told', { time: ago(robot.told_at) }) : t('setting.robot.never')}</span></p>
              {robot.state === 'failed' ? <Alert className="account-alert" type="error" showIcon title={t('setting.robot.failed')} description={robot.last_error ? t('channel.said', { said: robot.last_error }) : undefined} /> : null}
            </div>
            <span className="actions">
              <Select
                aria-label={t('setting.robot.branch')} size="small" popupMatchSelectWidth={false} value={robot.branch_id ?? everywhere}
                options={[{ value: everywhere, label: t('setting.robot.everywhere') }, ...(branches.data ?? []).map((branch) => ({ value: branch.id, label: branch.name }))]}
                onChange={(branch: string) => edit.mutate({ id: robot.id, branch_id: branch === everywhere ? null : branch }, { onError: trouble, onSuccess: () => done(t('setting.saved'), () => edit.mutateAsync({ id: robot.id, branch_id: robot.branch_id })) })}
              />
              <Button size="small" loading={test.isPending && test.variables === robot.id} onClick={() => test.mutate(robot.id, { onError: trouble, onSuccess: () => done(t('setting.robot.greeted', { name: robot.name })) })}>{t('setting.robot.test')}</Button>
              <Button size="small" type="text" danger onClick={() => setRemoving(robot)}>{t('setting.robot.remove')}</Button>
            </span>
          </li>
        ))}
      </ul>
      <Button type="primary" onClick={() => setAdding(true)}>{t('setting.robot.add')}</Button>
      <AddRobot open={adding} onClose={() => setAdding(false)} />
      <Preview open={removing !== null} danger title={t('setting.robot.remove_title', { name: removing?.name ?? '' })} okText={t('setting.robot.remove')} onClose={() => setRemoving(null)} act={async () => { if (removing) { await remove.mutateAsync(removing.id); done(t('setting.robot.removed')); } }}>{() => <p>{t('setting.robot.remove_text')}</p>}</Preview>
    </section>
  );
}
