import { Alert, Button, Collapse, Form, Input } from 'antd';
import { useRef, useState } from 'react';
import type { AnnouncementIn, Group } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { Preview } from '../../kit/Preview';
import { TroubleLine, useTell } from '../../kit/Trouble';
import { ClaimsIn } from '../claim/Claims';
import { ChannelShown } from '../gate/ChannelShown';
import { useAnnouncementPreview } from '../gate/queries';
import { Variables } from '../gate/Variables';
import { useCan } from '../session/session';
import { useAnnouncementVersions, useAnnounce } from './queries';

const variables = ['store', 'group', 'rules', 'time', 'staff', 'members', 'bot'];
const sections = ['theme', 'services', 'forbidden', 'encouraged'] as const;

/** The announcement in its four sections, with its earlier versions. req: 001-056 */
export function AnnouncementSheet({ group }: { group: Group }) {
  const { t, count, moment, list } = useSpeak();
  const can = useCan();
  const { done } = useTell();
  const [form] = Form.useForm<AnnouncementIn>();
  const [pending, setPending] = useState<AnnouncementIn | null>(null);
  const focused = useRef<(typeof sections)[number]>('theme');
  const announce = useAnnounce();
  const versions = useAnnouncementVersions(group.id, true);
  const before = group.announcement;
  const missing = before ? before.missing : [...sections];
  return (
    <div className="sheet">
      {missing.length > 0 ? <Alert type="warning" showIcon title={t('announcement.missing', { names: list(missing.map((name) => t(`announcement.${name}`))) })} /> : null}
      <Form<AnnouncementIn> form={form} key={before?.version ?? 0} layout="vertical" disabled={!can('group.edit')} initialValues={before ?? {}} onFinish={(fields) => setPending({ theme: fields.theme ?? '', services: fields.services ?? '', forbidden: fields.forbidden ?? '', encouraged: fields.encouraged ?? '' })}>
        {can('group.edit') ? <Variables names={variables} insert={(name) => form.setFieldValue(focused.current, `${form.getFieldValue(focused.current) ?? ''}{{${name}}}`)} /> : null}
        {sections.map((name) => (
          <Form.Item key={name} name={name} label={t(`announcement.${name}`)} extra={t(`announcement.${name}_hint`)}><Input.TextArea autoSize={{ minRows: 2, maxRows: 8 }} maxLength={1000} showCount onFocus={() => { focused.current = name; }} /></Form.Item>
        ))}
        {can('group.edit') ? <Button type="primary" htmlType="submit">{t('announcement.save')}</Button> : null}
        <p className="quiet">{before ? t('announcement.version', { version: before.version }) : t('announcement.none')}</p>
      </Form>
      {versions.data && versions.data.length > 1 ? (
        <Collapse ghost items={[{ key: 'versions', label: t('announcement.versions', { n: versions.data.length }), children: (
          <ol className="versions">{versions.data.map((version) => <li key={version.version}><strong>{t('announcement.version', { version: version.version })}</strong> <span className="quiet">{version.at ? moment(version.at) : ''} {version.actor ?? ''}</span>{sections.map((name) => version[name] ? <p key={name}><span className="quiet">{t(`announcement.${name}`)}: </span>{version[name]}</p> : null)}</li>)}</ol>
        ) }]} />
      ) : null}
      <Preview
        open={pending !== null}
        title={t('announcement.save')}
        okText={t('announcement.save')}
        onClose={() => setPending(null)}
        act={async () => {
          if (!pending) return;
          await announce.mutateAsync({ id: group.id, ...pending });
          const earlier = before;
          done(t('announcement.saved'), earlier ? () => announce.mutateAsync({ id: group.id, theme: earlier.theme, services: earlier.services, forbidden: earlier.forbidden, encouraged: earlier.encouraged }) : undefined);
        }}
      >
        {() => (
          <>
            <p>{t('announcement.touches', { members: count(group.members) })}</p>
            <p className="quiet">{t('announcement.how')}</p>
            {pending ? <ClaimsIn text={[pending.theme, pending.services, pending.encouraged].filter(Boolean).join('\n')} /> : null}
            {pending ? <OnChannels id={group.id} text={pending} /> : null}
          </>
        )}
      </Preview>
    </div>
  );
}

function OnChannels({ id, text }: { id: string; text: AnnouncementIn }) {
  const { t } = useSpeak();
  const shown = useAnnouncementPreview(id, text, true);
  if (shown.isError) return <TroubleLine error={shown.error} />;
  return (
    <>
      <h3>{t('announcement.preview')}</h3>
      {(shown.data ?? []).map((one) => <ChannelShown key={one.profile} label={one.own ? `${t(`channel.profile.${one.profile}`)} · ${t('welcome.preview_own')}` : t(`channel.profile.${one.profile}`)} shown={one.shown} />)}
    </>
  );
}
