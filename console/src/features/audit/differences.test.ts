import { describe, expect, it } from 'vitest';
import { differences, fieldWords, valueWords, type Reader } from './differences';

const texts: Record<string, string> = {
  'audit.session.password': '密码', 'channel.profile.wecom_plain': '企微·无存档', 'group.stage.peak': '活跃期', 'audit.field.stage': '阶段',
  'setting.threshold.dead_messages': '死群：14天消息少于（条）', 'member.role.payer': '付费者', 'role.owner': '老板', 'audit.yes': '是',
  'audit.field.kind': '层级', 'audit.field.gate.kind': '门槛', 'sanction.state.undone': '已撤回', 'task.state.done': '已办完', 'appeal.state.refused': '已维持',
};
const reader: Reader = { find: (key) => texts[key] ?? null, moment: (instant) => `@${instant}`, list: (words) => words.join('、') };

describe('what a change changed', () => {
  it('names changed fields only', () => {
    expect(differences({ name: '一群', size: 200 }, { name: '二群', size: 200 })).toEqual([{ field: 'name', before: '一群', after: '二群' }]);
  });
  it('shows the beginning and the end of a thing', () => {
    expect(differences(null, { name: '一群' })).toEqual([{ field: 'name', before: undefined, after: '一群' }]);
  });
  it('compares lists by content', () => {
    expect(differences({ tags: ['x'] }, { tags: ['x'] })).toEqual([]);
    expect(differences(null, null)).toEqual([]);
  });
  it('looks into parts and leaves equal ones out', () => {
    expect(differences({ health: { dead_messages: 5, new_days: 7 } }, { health: { dead_messages: 8, new_days: 7 } }))
      .toEqual([{ field: 'health.dead_messages', before: 5, after: 8 }]);
    expect(differences({ a: { b: 1 } }, { a: { b: 1 } })).toEqual([]);
    expect(differences('full', 'full')).toEqual([]);
  });
  it('says codes in the words of the catalogue', () => {
    expect(valueWords('password', '', 'session.begin', reader)).toBe('密码');
    expect(valueWords('wecom_plain', '', 'demo.edit', reader)).toBe('企微·无存档');
    expect(valueWords('peak', 'stage', 'group.edit', reader)).toBe('活跃期');
    expect(valueWords('payer', 'role', 'member.role', reader)).toBe('付费者');
    expect(valueWords('owner', 'role', 'staff.edit', reader)).toBe('老板');
    expect(valueWords('undone', 'state', 'sanction.undo', reader)).toBe('已撤回');
    expect(valueWords('done', 'state', 'task.done', reader)).toBe('已办完');
    expect(valueWords('refused', '', 'appeal.decide', reader)).toBe('已维持');
    expect(valueWords(true, 'on', 'member.role', reader)).toBe('是');
    expect(valueWords('2026-11-20T01:00:00Z', '', 'branch.archive', reader)).toBe('@2026-11-20T01:00:00Z');
    expect(valueWords(null, 'stage', 'group.edit', reader)).toBe('—');
    expect(valueWords('something new', 'stage', 'group.edit', reader)).toBe('something new');
  });
  it('names fields, and those of health by their standards', () => {
    expect(fieldWords('stage', 'group.edit', reader)).toBe('阶段');
    expect(fieldWords('settings.health.dead_messages', 'workspace.edit', reader)).toBe('死群：14天消息少于（条）');
    expect(fieldWords('unheard_of', 'group.edit', reader)).toBe('unheard_of');
    expect(fieldWords('kind', 'gate.edit', reader)).toBe('门槛');
    expect(fieldWords('kind', 'branch.edit', reader)).toBe('层级');
  });
});
