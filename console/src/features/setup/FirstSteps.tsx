import { Button, Form, Steps } from 'antd';
import { useMemo } from 'react';
import { Link, useNavigate } from 'react-router';
import { useSpeak } from '../../i18n/speak';
import { lastDays } from '../../i18n/time';
import { Blank } from '../../kit/Blank';
import { PageHead } from '../../kit/PageHead';
import { TroubleLine } from '../../kit/Trouble';
import { useUrlState } from '../../kit/urlState';
import { GroupForm, newGroup, toGroupIn, type GroupFields } from '../group/GroupForm';
import { HealthBoard } from '../group/HealthBoard';
import { useGroupAdd } from '../group/queries';
import { ImportPath } from '../import/ImportPath';
import { useRun } from '../import/queries';
import { RunNumbers, RunProgress, RunState } from '../import/RunCounts';
import { useMeta } from '../session/queries';
import { steps, type Step } from './steps';

function FirstGroup({ next }: { next: () => void }) {
  const { t } = useSpeak();
  const meta = useMeta();
  const [form] = Form.useForm<GroupFields>();
  const add = useGroupAdd();
  if (!meta.data) return null;
  return (
    <section className="sheet">
      <h2>{t('setup.group_title')}</h2>
      <p className="quiet">{t('setup.group_text')}</p>
      <Form<GroupFields> form={form} layout="vertical" initialValues={newGroup(meta.data.channels[0]?.channel)} onFinish={(fields) => add.mutate(toGroupIn({ ...newGroup(undefined), ...fields } as GroupFields), { onSuccess: next })}>
        <GroupForm form={form} brief />
        <TroubleLine error={add.error} />
        <span className="actions"><Button type="primary" htmlType="submit" loading={add.isPending}>{t('setup.group_do')}</Button><Button type="text" onClick={next}>{t('setup.group_skip')}</Button></span>
      </Form>
    </section>
  );
}

function Watched({ id, next }: { id: string; next: () => void }) {
  const { t } = useSpeak();
  const run = useRun(id);
  if (!run.data) return null;
  return (
    <section className="sheet" aria-live="polite">
      <h2>{run.data.file_name} <RunState run={run.data} /></h2>
      <RunProgress run={run.data} />
      <RunNumbers run={run.data} />
      <Button type="primary" disabled={run.data.state === 'running'} onClick={next}>{t('setup.import_next')}</Button>
    </section>
  );
}

/** Steps two to five after the workspace exists; each can be left and come back to by its address. req: 003-025 */
export default function FirstSteps() {
  const { t, zone } = useSpeak();
  const navigate = useNavigate();
  const [state, patch] = useUrlState();
  const step: Step = steps.find((one) => one === state.step && one !== 'workspace') ?? 'group';
  const to = (next: Step) => patch({ step: next });
  const run = useRun(state.run ?? null);
  const group = run.data?.group?.id;
  const last = run.data?.counts.last;
  // A history may have ended long ago: its health is read where it lies.
  const period = useMemo(() => lastDays(90, zone, last ? Math.min(Date.parse(last), Date.now()) : Date.now()), [zone, last]);
  return (
    <>
      <PageHead title={t('setup.path')} note={t('setup.path_text')} />
      <Steps className="five" current={steps.indexOf(step)} size="small" responsive={false} titlePlacement="vertical" onChange={(index) => { const next = steps[index]; if (next && next !== 'workspace') to(next); }} items={steps.map((one) => ({ title: t(`setup.step.${one}`), disabled: one === 'workspace' }))} />
      {step === 'group' ? <FirstGroup next={() => to('import')} /> : null}
      {step === 'import' ? (
        <>
          <p className="quiet">{t('setup.import_text')}</p>
          {state.run ? <Watched id={state.run} next={() => to('health')} /> : <ImportPath onStarted={(started) => patch({ run: started.id })} />}
          <Button type="text" onClick={() => to('health')}>{t('setup.skip')}</Button>
        </>
      ) : null}
      {step === 'health' ? (
        <>
          <p className="quiet">{t('setup.health_text')}</p>
          <HealthBoard scope={group ? { group } : {}} period={period} days="90" />
          <Button type="primary" onClick={() => to('go')}>{t('setup.next')}</Button>
        </>
      ) : null}
      {step === 'go' ? <Blank title={t('setup.done')} text={t('setup.done_text')} action={<span className="actions"><Button type="primary" onClick={() => void navigate('/')}>{t('setup.start')}</Button><Link to="/groups"><Button>{t('shell.place.group')}</Button></Link><Link to="/staff"><Button>{t('setup.add_staff')}</Button></Link></span>} /> : null}
    </>
  );
}
