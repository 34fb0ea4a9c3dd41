import { ArrowLeftOutlined } from '@ant-design/icons';
import { Button, Checkbox, Form, Skeleton, Switch, Tag } from 'antd';
import { useMemo, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import type { Conflict, Playbook, Rehearsal } from '../../api/contract';
import { useTopics } from '../../api/live';
import { useSpeak } from '../../i18n/speak';
import { PageHead } from '../../kit/PageHead';
import { Preview } from '../../kit/Preview';
import { useSettled } from '../../kit/settled';
import { Trouble, TroubleLine, useTell } from '../../kit/Trouble';
import { useCan } from '../session/session';
import { useWorkspace } from '../setting/queries';
import { GroupChoice } from '../broadcast/GroupChoice';
import { laidOver, startOf, usual, wordsIn, type Adjusted, type Filled } from './filled';
import { Runs } from './PlaybooksPlace';
import { Questions } from './Questions';
import { useOff, usePlaybook, useRehearsal, useStart } from './queries';
import { Timeline } from './Timeline';

/** One playbook: filled in, rehearsed from red to green, started. req: 003-120 */
export default function PlaybookPlace() {
  const { name = '' } = useParams();
  const query = usePlaybook(name);
  useTopics('playbooks');
  const house = useWorkspace();
  if (query.isPending || house.isPending) return <Skeleton active className="sheet" />;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  if (house.isError) return <Trouble error={house.error} retry={() => void house.refetch()} />;
  return <Sheets key={`${name}/${query.data.version}`} playbook={query.data} tongue={house.data.locale} />;
}

function Says({ told }: { told: Rehearsal }) {
  const { t, count, money, moment } = useSpeak();
  const lines = [
    t('playbook.says.messages', { count: told.messages, n: count(told.messages) }),
    t('playbook.says.tasks', { count: told.tasks, n: count(told.tasks) }),
    ...(told.cost_minor > 0 ? [t('playbook.says.cost', { money: money(told.cost_minor) })] : []),
    t('playbook.says.begins', { time: moment(told.begins_at) }),
  ];
  return (
    <>
      <p className={told.conflicts > 0 ? 'plan-says bad' : 'plan-says good'}>{told.conflicts > 0 ? t('playbook.says.conflicts', { count: told.conflicts, n: count(told.conflicts) }) : t('playbook.says.green')}</p>
      <ul className="plan-lines">{lines.map((line) => <li key={line}>{line}</li>)}</ul>
    </>
  );
}

/** The form and its rehearsal; what members read is in the tongue of the house, whoever fills it in. */
function Sheets({ playbook, tongue }: { playbook: Playbook; tongue: string }) {
  const { t, language, moment } = useSpeak();
  const can = useCan();
  const navigate = useNavigate();
  const { done } = useTell();
  const [form] = Form.useForm<Filled>();
  const [filled, setFilled] = useState<Filled>(() => usual(playbook.asks, tongue));
  const [touched, setTouched] = useState(false);
  const [adjust, setAdjust] = useState<Adjusted>({});
  const [confirmed, setConfirmed] = useState<string[]>([]);
  const [group, setGroup] = useState<string[]>([]);
  const [once, setOnce] = useState(!playbook.by_itself);
  const [doing, setDoing] = useState<'start' | 'off' | null>(null);
  const start = useStart(playbook.name);
  const off = useOff(playbook.name);
  const edit = can('playbook.edit');
  const body = useMemo(() => startOf(playbook.asks, filled, adjust, confirmed, group[0], once), [playbook.asks, filled, adjust, confirmed, group, once]);
  const rehearsal = useRehearsal(playbook.name, useSettled(useMemo(() => ({ start: body, from: null, to: null, text: null }), [body]), 400));
  const told = rehearsal.data;
  const checks = told && told.checks.length > 0 ? told.checks : playbook.checks.map((check) => ({ ...check, holds: null, by_hand: true }));
  const wrong = told?.faults.some((fault) => !fault.warning) ?? true;
  const unmet = checks.some((check) => !check.warn && check.holds !== true && !(check.by_hand && confirmed.includes(check.id)));
  const mend = ({ remedy }: Conflict) => {
    if (!remedy) return;
    const { step, change, ask } = remedy;
    if (change) setAdjust((old) => laidOver(old, step, change));
    else if (ask) form.getFieldInstance(ask)?.focus?.();
  };
  const restore = (step: string) => setAdjust((old) => Object.fromEntries(Object.entries(old).filter(([one]) => one !== step)));
  const go = async () => {
    const begun = await start.mutateAsync(body);
    done(t(begun.run ? 'playbook.started_told' : 'playbook.on_told'));
    if (begun.run) void navigate(`/playbooks/runs/${begun.run}`);
  };
  const switchesOn = playbook.by_itself && !once;
  const title = wordsIn(playbook.title, language);
  return (
    <>
      <PageHead
        title={title}
        back={<Link to="/playbooks" className="back"><ArrowLeftOutlined /> {t('shell.place.playbook')}</Link>}
        note={<>{wordsIn(playbook.aim, language)}{' '}<div className="tags">{playbook.on_since ? <Tag color="green">{t('playbook.on_since', { time: moment(playbook.on_since) })}</Tag> : null}<span className="quiet">{t('playbook.version', { n: playbook.version })}{playbook.own ? ` · ${t('playbook.own')}` : ''}</span></div></>}
        extra={(
          <span className="actions">
            {edit && playbook.on_since ? <Button onClick={() => setDoing('off')}>{t('playbook.off')}</Button> : null}
            <Link to={`/playbooks/${playbook.name}/text`}><Button>{t(edit ? 'playbook.edit' : 'playbook.text')}</Button></Link>
            {edit ? <Button type="primary" disabled={wrong || unmet} onClick={() => setDoing('start')}>{t(switchesOn ? 'playbook.switch_on' : 'playbook.start')}</Button> : null}
          </span>
        )}
      />
      <div className="beside even">
        <div>
          <section className="sheet" aria-labelledby="asks">
            <h2 id="asks">① {t('playbook.asks')}</h2>
            <Form<Filled> form={form} layout="vertical" disabled={!edit} initialValues={filled} onValuesChange={(_, all) => { setTouched(true); setFilled((old) => ({ ...old, ...all })); }} autoComplete="off">
              {playbook.subject === 'group' && playbook.by_hand ? <Form.Item label={t('playbook.which_group')} htmlFor="which-group" required><GroupChoice id="which-group" value={group} onChange={(ids) => setGroup(ids.slice(-1))} placeholder={t('playbook.choose_group')} /></Form.Item> : null}
              <Questions asks={playbook.asks} faults={told?.faults ?? []} touched={touched} />
              {playbook.asks.length === 0 ? <p className="quiet">{t('playbook.nothing_asked')}</p> : null}
            </Form>
            {playbook.by_itself && playbook.by_hand ? <p className="actions"><Switch checked={once} onChange={setOnce} aria-label={t('playbook.once')} /> {t('playbook.once')}</p> : null}
          </section>
          {checks.length > 0 ? (
            <section className="sheet" aria-labelledby="checks">
              <h2 id="checks">② {t('playbook.checks')}</h2>
              <ul className="checks">
                {checks.map((check) => (
                  <li key={check.id}>
                    {check.by_hand ? (
                      <Checkbox disabled={!edit} checked={confirmed.includes(check.id)} onChange={({ target }) => setConfirmed((old) => target.checked ? [...old, check.id] : old.filter((one) => one !== check.id))}>{wordsIn(check.reason, language)}</Checkbox>
                    ) : <><Tag color={check.holds ? 'green' : check.warn ? 'gold' : 'red'}>{t(check.holds ? 'playbook.check.holds' : check.warn ? 'playbook.check.warn' : 'playbook.check.fails')}</Tag>{wordsIn(check.reason, language)}</>}
                  </li>
                ))}
              </ul>
            </section>
          ) : null}
        </div>
        <section className="sheet" aria-labelledby="rehearsal">
          <h2 id="rehearsal">③ {t('playbook.rehearsal')}</h2>
          {rehearsal.isError ? <TroubleLine error={rehearsal.error} /> : !told ? <Skeleton active /> : told.steps.length === 0 ? <p className="quiet">{t('playbook.fill_first')}</p> : (
            <div className={rehearsal.isPlaceholderData ? 'stale' : undefined} aria-busy={rehearsal.isPlaceholderData}>
              <Says told={told} />
              {Object.keys(adjust).length > 0 ? (
                <p className="tags" aria-label={t('playbook.changed')}><span className="quiet">{t('playbook.changed')}</span>{Object.keys(adjust).map((step) => <Tag key={step} closable onClose={() => restore(step)}>{step}</Tag>)}</p>
              ) : null}
              <Timeline steps={told.steps} mend={edit ? mend : null} edit={`/playbooks/${playbook.name}/text`} />
              {told.goes_on ? <p className="quiet">{t('playbook.goes_on')}</p> : null}
            </div>
          )}
        </section>
      </div>
      {playbook.running + playbook.ended > 0 ? <><h2 className="section-title">{t('playbook.runs')}</h2><Runs query={{ playbook: playbook.name }} /></> : null}
      <Preview open={doing === 'start'} title={t('playbook.start_title', { name: title })} okText={t(switchesOn ? 'playbook.switch_on' : 'playbook.start')} onClose={() => setDoing(null)} act={go}>
        {() => told ? <><Says told={told} /><p className="quiet">{t(switchesOn ? 'playbook.switch_on_text' : 'playbook.start_text')}</p></> : null}
      </Preview>
      <Preview open={doing === 'off'} title={t('playbook.off')} okText={t('playbook.off')} onClose={() => setDoing(null)} act={async () => { await off.mutateAsync(undefined); done(t('playbook.off_told')); }}>{() => <p>{t('playbook.off_text')}</p>}</Preview>
    </>
  );
}
