import { DatePicker, Form, Input, InputNumber, Radio, TreeSelect } from 'antd';
import type { Ask, Fault } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import { GroupChoice } from '../broadcast/GroupChoice';
import { branchTree } from '../group/GroupForm';
import { useBranches } from '../staff/queries';
import { wordsIn } from './filled';

function Field({ ask, ...rest }: { ask: Ask }) {
  const { t, language } = useSpeak();
  const branches = useBranches();
  switch (ask.kind) {
    case 'groups': return <GroupChoice placeholder={t('playbook.choose_groups')} {...rest} />;
    case 'branches': return <TreeSelect multiple allowClear treeDefaultExpandAll treeData={branchTree(branches.data ?? [])} {...rest} />;
    case 'number': case 'money': return <InputNumber style={{ width: '100%' }} min={0} {...rest} />;
    case 'time': return <DatePicker showTime={{ format: 'HH:mm', minuteStep: 5 }} format="YYYY-MM-DD HH:mm" style={{ width: '100%' }} placeholder={t('playbook.usual_time')} {...rest} />;
    case 'day': return <DatePicker style={{ width: '100%' }} placeholder={t('playbook.usual_time')} {...rest} />;
    case 'choice': return <Radio.Group options={ask.choices.map((choice) => ({ value: choice.word, label: wordsIn(choice.label, language) }))} {...rest} />;
    case 'image': return <Input inputMode="url" placeholder={t('playbook.image_hint')} maxLength={2000} {...rest} />;
    default: return <Input.TextArea autoSize={{ minRows: 1, maxRows: 6 }} maxLength={2000} {...rest} />;
  }
}

/** The sentence of a fault. */
export function useFaultText(): (fault: Fault) => string {
  const { t } = useSpeak();
  return (fault) => t(fault.code, { ...fault.args, defaultValue: fault.code });
}

/** What an operator fills in; each fault stands at its question. */
export function Questions({ asks, faults, touched }: { asks: Ask[]; faults: Fault[]; touched: boolean }) {
  const { language } = useSpeak();
  const said = useFaultText();
  return (
    <div className="form-grid">
      {asks.map((ask) => {
        const fault = faults.find((one) => one.place === `answer.${ask.key}`);
        // What nobody has filled in yet is not held against anybody.
        const told = fault && (touched || fault.warning) ? said(fault).replaceAll(`「${ask.key}」`, `「${wordsIn(ask.label, language)}」`) : undefined;
        return (
          <Form.Item
            key={ask.key} name={ask.key} label={wordsIn(ask.label, language)} required={ask.required}
            className={ask.kind === 'groups' || ask.kind === 'text' ? 'wide' : undefined}
            extra={ask.hint ? wordsIn(ask.hint, language) : undefined}
            validateStatus={told ? (fault?.warning ? 'warning' : 'error') : undefined} help={told}
          >
            <Field ask={ask} />
          </Form.Item>
        );
      })}
    </div>
  );
}
