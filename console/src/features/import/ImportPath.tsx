import { Alert, AutoComplete, Button, Form, Input, Radio, Select, Steps, TreeSelect } from 'antd';
import { useMemo, useState } from 'react';
import type { ImportKind, Run, RunIn, Upload } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { TroubleLine, useTell } from '../../kit/Trouble';
import { Refusal } from '../../api/client';
import { branchTree } from '../group/GroupForm';
import { useGroupChoices } from '../group/queries';
import { useBranches } from '../staff/queries';
import { chatFormats, dateOrders, fields, likelyKind, missingFields } from './fields';
import { FileStep } from './FileStep';
import { useMappings, useMappingSave, usePresets, useStart } from './queries';
import { RunNumbers } from './RunCounts';

interface Choices { group?: string; format?: string; dates?: string; branch_id?: string; currency?: string; cancel_prefix?: string; mapping: Record<string, string> }

const kinds: ImportKind[] = ['chat', 'orders', 'members', 'groups'];

function Mapping({ kind, upload, mapping, set }: { kind: Exclude<ImportKind, 'chat'>; upload: Upload; mapping: Record<string, string>; set: (mapping: Record<string, string>) => void }) {
  const { t } = useSpeak();
  const presets = usePresets();
  const saved = useMappings();
  const save = useMappingSave();
  const { trouble, done } = useTell();
  const [name, setName] = useState('');
  const headers = upload.sniff.headers ?? [];
  const offered = [...(presets.data ?? []), ...(saved.data ?? [])].filter((one) => one.kind === kind);
  return (
    <fieldset className="mapping">
      <legend>{t('import.mapping')}</legend>
      {offered.length > 0 ? <Select aria-label={t('import.preset')} placeholder={t('import.preset')} className="filter-select" options={offered.map((one) => ({ value: one.id, label: t(`import.preset.${one.name}`, { defaultValue: one.name }) }))} onChange={(id: string) => { const chosen = offered.find((one) => one.id === id); if (chosen) set(chosen.mapping); }} popupMatchSelectWidth={false} /> : null}
      <details open={!upload.sniff.preset}><summary>{t('import.mapping_columns')}</summary><div className="form-grid">
        {fields[kind].map((field) => {
          const key = field.replace('*', '');
          return (
            <label key={key} className="block">{t(`import.field.${key}`)}{field.endsWith('*') ? <span className="must" aria-hidden="true"> *</span> : null}
              <AutoComplete allowClear style={{ width: '100%' }} value={mapping[key]} onChange={(value: string | undefined) => set({ ...mapping, [key]: value ?? '' })} options={headers.map((header) => ({ value: header }))} showSearch={{ filterOption: false }} placeholder={t('import.column')} aria-label={t(`import.field.${key}`)} />
            </label>
          );
        })}
      </div></details>
      {upload.sniff.sample && upload.sniff.sample.length > 0 ? (
        <div className="chart-table" tabIndex={0} role="region" aria-label={t('import.sample')}>
          <table><thead><tr>{headers.map((header, index) => <th key={index} scope="col">{header}</th>)}</tr></thead><tbody>{upload.sniff.sample.slice(0, 3).map((row, index) => <tr key={index}>{row.map((cell, at) => <td key={at}>{cell}</td>)}</tr>)}</tbody></table>
        </div>
      ) : null}
      <div className="actions"><Input aria-label={t('import.mapping_name')} placeholder={t('import.mapping_name')} value={name} onChange={(event) => setName(event.target.value)} style={{ maxWidth: 220 }} /><Button disabled={!name.trim()} loading={save.isPending} onClick={() => save.mutate({ name: name.trim(), kind, mapping }, { onError: trouble, onSuccess: () => { setName(''); done(t('import.mapping_saved')); } })}>{t('import.mapping_save')}</Button></div>
    </fieldset>
  );
}

/** From a file to a run: choose, read it through without storing, then store. */
export function ImportPath({ only, onStarted }: { only?: ImportKind; onStarted: (run: Run) => void }) {
  const { t, bytes, list } = useSpeak();
  const [upload, setUpload] = useState<Upload | null>(null);
  const [kind, setKind] = useState<ImportKind>(only ?? 'chat');
  const [choices, setChoices] = useState<Choices>({ mapping: {} });
  const [plan, setPlan] = useState<Run | null>(null);
  const start = useStart();
  const groups = useGroupChoices(choices.group ?? '');
  const branches = useBranches();
  const step = plan ? 2 : upload ? 1 : 0;
  const known = useMemo(() => (groups.data ?? []).find((group) => group.name === choices.group), [groups.data, choices.group]);

  const accept = (next: Upload) => {
    setUpload(next);
    setPlan(null);
    start.reset();
    setKind(only ?? likelyKind(next));
    setChoices({ mapping: next.sniff.mapping ?? {} });
  };
  const body = (dry: boolean): RunIn => ({
    kind,
    upload_id: upload?.upload_id ?? '',
    ...(kind === 'chat' ? (known ? { group_id: known.id } : { group_name: choices.group?.trim() || undefined }) : {}),
    format: choices.format, dates: choices.dates, branch_id: choices.branch_id,
    ...(kind === 'orders' ? { currency: choices.currency || undefined, cancel_prefix: choices.cancel_prefix || undefined } : {}),
    ...(kind !== 'chat' && Object.values(choices.mapping).some(Boolean) ? { mapping: Object.fromEntries(Object.entries(choices.mapping).filter(([, column]) => column)) } : {}),
    dry_run: dry,
  });
  const preset = upload?.sniff.preset ?? null;
  const missing = missingFields(kind, choices.mapping);
  const several = upload?.sniff.kind === 'chat' && (upload.sniff.format === 'qq' || upload.sniff.format === 'telegram');
  const blocked = missing.length > 0 || (kind === 'chat' && !choices.group?.trim() && !several);
  const undecided = start.error instanceof Refusal && start.error.code.includes('dates');
  return (
    <div className="sheet import-path">
      <Steps current={step} size="small" responsive={false} items={[{ title: t('import.step.file') }, { title: t('import.step.choose') }, { title: t('import.step.look') }]} />
      {!upload ? (
        <>
          <FileStep onUploaded={accept} />
          <p className="quiet">{t('import.formats')}</p>
          <details className="quiet"><summary>{t('import.formats_other')}</summary>{t('import.formats_other_text')}</details>
        </>
      ) : (
        <>
          <p className="file-line"><strong>{upload.name}</strong> <span className="quiet">{bytes(upload.bytes)} · {[upload.sniff.format ? t(`import.format.${upload.sniff.format}`, { defaultValue: upload.sniff.format }) : null, upload.sniff.encoding].filter(Boolean).join(' · ')}</span> <Button type="link" size="small" onClick={() => { setUpload(null); setPlan(null); setChoices({ mapping: {} }); }}>{t('import.other_file')}</Button></p>
          {upload.sniff.error ? <TroubleLine error={new Refusal(upload.sniff.error)} /> : plan ? (
            <>
              <Alert type="success" showIcon title={t('import.plan_title')} description={t('import.plan_text')} />
              <RunNumbers run={plan} />
              {(plan.counts.skipped_total ?? 0) > 0 ? <p className="warn-text">{t('import.plan_rejects', { count: plan.counts.skipped_total ?? 0 })}</p> : null}
              <div className="actions"><Button onClick={() => setPlan(null)}>{t('kit.back')}</Button><Button type="primary" loading={start.isPending} onClick={() => start.mutate(body(false), { onSuccess: onStarted })}>{t('import.store')}</Button></div>
              <TroubleLine error={start.error} />
            </>
          ) : (
            <Form layout="vertical" onFinish={() => start.mutate(body(true), { onSuccess: setPlan })}>
              {only ? null : <Form.Item label={t('import.kind')}><Radio.Group value={kind} onChange={(event) => setKind(event.target.value as ImportKind)} options={kinds.map((value) => ({ value, label: t(`import.kind.${value}`) }))} /></Form.Item>}
              {kind === 'chat' ? (
                <div className="form-grid">
                  <Form.Item label={t('import.into_group')} required={!several} extra={several ? t('import.into_group_several') : known ? t('import.into_known') : choices.group ? t('import.into_new', { name: choices.group }) : t('import.into_group_hint')}>
                    <AutoComplete aria-label={t('import.into_group')} value={choices.group} onChange={(group: string) => setChoices({ ...choices, group })} options={(groups.data ?? []).map((group) => ({ value: group.name }))} showSearch={{ filterOption: false }} />
                  </Form.Item>
                  <Form.Item label={t('import.format')}><Select aria-label={t('import.format')} allowClear placeholder={t('import.automatic')} value={choices.format} onChange={(format: string | undefined) => setChoices({ ...choices, format })} options={chatFormats.map((value) => ({ value, label: t(`import.format.${value}`) }))} /></Form.Item>
                </div>
              ) : <Mapping kind={kind} upload={upload} mapping={choices.mapping} set={(mapping) => setChoices({ ...choices, mapping })} />}
              {preset && kind !== 'chat' ? <p className="quiet">{t('import.preset_found', { name: t(`import.preset.${preset}`, { defaultValue: preset }) })}</p> : null}
              <div className="form-grid">
                <Form.Item label={t('import.dates')} extra={t('import.dates_hint')} validateStatus={undecided ? 'warning' : undefined}><Select aria-label={t('import.dates')} allowClear placeholder={t('import.automatic')} value={choices.dates} onChange={(dates: string | undefined) => setChoices({ ...choices, dates })} options={dateOrders.map((value) => ({ value, label: t(`import.dates.${value}`) }))} /></Form.Item>
                <Form.Item label={t('group.branch')}><TreeSelect aria-label={t('group.branch')} allowClear treeDefaultExpandAll treeData={branchTree(branches.data ?? [])} value={choices.branch_id} onChange={(branch_id: string | undefined) => setChoices({ ...choices, branch_id })} placeholder={t('group.branch_choose')} /></Form.Item>
                {kind === 'orders' ? <>
                  <Form.Item label={t('import.currency')}><Input aria-label={t('import.currency')} value={choices.currency} maxLength={3} placeholder="CNY" onChange={(event) => setChoices({ ...choices, currency: event.target.value.toUpperCase() })} /></Form.Item>
                  <Form.Item label={t('import.cancel_prefix')} extra={t('import.cancel_hint')}><Input aria-label={t('import.cancel_prefix')} value={choices.cancel_prefix} maxLength={8} onChange={(event) => setChoices({ ...choices, cancel_prefix: event.target.value })} /></Form.Item>
                </> : null}
              </div>
              {missing.length > 0 ? <p className="warn-text">{t('import.missing', { names: list(missing.map((field) => t(`import.field.${field}`))) })}</p> : null}
              <TroubleLine error={start.error} />
              <Button type="primary" htmlType="submit" disabled={blocked} loading={start.isPending}>{t('import.read')}</Button>
              <span className="quiet beside-button">{t('import.read_hint')}</span>
            </Form>
          )}
        </>
      )}
    </div>
  );
}
