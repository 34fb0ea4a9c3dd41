import { Button, Collapse, Form, Input, Segmented, Switch } from 'antd';
import { useDeferredValue, useRef, useState } from 'react';
import type { Welcome, WelcomeIn } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Trouble, TroubleLine, useTell } from '../../kit/Trouble';
import { ClaimsIn } from '../claim/Claims';
import { useCan } from '../session/session';
import { useWorkspace } from '../setting/queries';
import { ChannelShown } from './ChannelShown';
import { Variables } from './Variables';
import { useWelcome, useWelcomePreview, useWelcomeSet, useWelcomeVersions } from './queries';

const texts = ['line', 'private', 'returning', 'reminder'] as const;
type Text = (typeof texts)[number];
const variables = ['nickname', 'store', 'group', 'rules', 'time', 'staff', 'members', 'bot', 'undone'];

const told = ({ on, line, private: whisper, returning, reminder }: Welcome): WelcomeIn => ({ on, line, private: whisper, returning, reminder });

/** What newcomers are told, with how it looks on each channel beside it. req: 001-049 */
export function WelcomeSheet({ id }: { id: string }) {
  const { t } = useSpeak();
  const welcome = useWelcome(id);
  if (welcome.isError) return <Trouble error={welcome.error} retry={() => void welcome.refetch()} />;
  if (!welcome.data) return <section className="sheet" aria-busy="true"><h2>{t('welcome.title')}</h2></section>;
  return <Editor key={welcome.data.version} id={id} now={welcome.data} />;
}

function Editor({ id, now }: { id: string; now: Welcome }) {
  const { t, moment } = useSpeak();
  const can = useCan();
  const { done } = useTell();
  const [form] = Form.useForm<WelcomeIn>();
  const set = useWelcomeSet(id);
  const versions = useWelcomeVersions(id);
  const quiet = useWorkspace().data?.settings.quiet_hours ?? { from: 22, to: 8 };
  const [draft, setDraft] = useState<WelcomeIn>(told(now));
  const focused = useRef<Text>('line');
  const edit = can('group.edit');
  const insert = (name: string) => {
    // What is left to do is known of one person only, when they are reminded.
    const field = name === 'undone' ? 'reminder' : focused.current;
    const next = { ...draft, [field]: `${draft[field] ?? ''}{{${name}}}` };
    form.setFieldValue(field, next[field]);
    setDraft(next);
  };
  const save = (next: WelcomeIn) => {
    const before = told(now);
    // The editor of a version goes with it, and what hangs on its mutation would not be heard.
    set.mutateAsync(next).then(() => done(t('welcome.saved'), now.version > 0 ? () => set.mutateAsync(before) : undefined), () => undefined);
  };
  return (
    <section className="sheet" aria-labelledby="welcome">
      <h2 id="welcome">{t('welcome.title')}</h2>
      <div className="beside">
        <Form<WelcomeIn> form={form} layout="vertical" disabled={!edit} initialValues={told(now)} onValuesChange={(_, all) => setDraft({ ...draft, ...all })} onFinish={(all) => save({ ...draft, ...all })}>
          <Form.Item name="on" valuePropName="checked" label={t('welcome.on')} extra={t('welcome.on_text', quiet)}><Switch /></Form.Item>
          {edit ? <Variables names={variables} insert={insert} /> : null}
          {texts.map((name) => (
            <Form.Item key={name} name={name} label={t(`welcome.${name}`)} extra={t(`welcome.${name}_hint`)}>
              <Input.TextArea autoSize={{ minRows: 2, maxRows: 8 }} maxLength={1000} onFocus={() => { focused.current = name; }} />
            </Form.Item>
          ))}
          <ClaimsIn text={texts.map((name) => draft[name] ?? '').filter(Boolean).join('\n')} />
          <TroubleLine error={set.error} />
          {edit ? <Button type="primary" htmlType="submit" loading={set.isPending}>{t('welcome.save')}</Button> : null}
          <p className="quiet">{now.version > 0 ? t('welcome.version', { version: now.version, name: now.actor ?? '', time: now.at ? moment(now.at) : '' }) : t('welcome.usual')}</p>
          {versions.data && versions.data.length > 1 ? (
            <Collapse ghost items={[{ key: 'versions', label: t('welcome.versions', { n: versions.data.length }), children: (
              <ol className="versions">{versions.data.map((one) => (
                <li key={one.version}>
                  <span className="quiet">{t('welcome.version', { version: one.version, name: one.actor ?? '', time: one.at ? moment(one.at) : '' })}</span>
                  {texts.map((name) => one[name] ? <p key={name}><span className="quiet">{t(`welcome.${name}`)}: </span>{one[name]}</p> : null)}
                  {edit && one.version !== now.version ? <Button size="small" onClick={() => save(told(one))}>{t('welcome.use_again')}</Button> : null}
                </li>
              ))}</ol>
            ) }]} />
          ) : null}
        </Form>
        <WelcomeShown id={id} draft={draft} />
      </div>
    </section>
  );
}

function WelcomeShown({ id, draft }: { id: string; draft: WelcomeIn }) {
  const { t } = useSpeak();
  const shown = useWelcomePreview(id, useDeferredValue(draft));
  const [profile, setProfile] = useState<string>();
  const channels = shown.data ?? [];
  const one = channels.find((channel) => channel.profile === profile) ?? channels[0];
  return (
    <aside aria-labelledby="welcome-preview" aria-busy={shown.isFetching}>
      <h3 id="welcome-preview">{t('welcome.preview')}</h3>
      {shown.isError ? <TroubleLine error={shown.error} /> : null}
      {one ? (
        <>
          <Segmented className="wrap" aria-label={t('welcome.preview_channel')} value={one.profile} onChange={setProfile} options={channels.map((channel) => ({ value: channel.profile, label: channel.own ? `${t(`channel.profile.${channel.profile}`)} · ${t('welcome.preview_own')}` : t(`channel.profile.${channel.profile}`) }))} />
          <ChannelShown label={t('welcome.line')} shown={one.line} />
          <ChannelShown label={t('welcome.preview_together')} shown={one.together} />
          <ChannelShown label={t('welcome.private')} shown={one.private} />
          <ChannelShown label={t('welcome.returning')} shown={one.returning} />
          <ChannelShown label={t('welcome.reminder')} shown={one.reminder} />
        </>
      ) : null}
    </aside>
  );
}
