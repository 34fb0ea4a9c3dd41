import { describe, expect, it } from 'vitest';
import { differences } from './differences';

describe('what a change changed', () => {
  it('names only the fields that differ', () => {
    expect(differences({ name: 'a', size: 1 }, { name: 'b', size: 1 })).toEqual([{ field: 'name', before: 'a', after: 'b' }]);
  });
  it('shows a creation as coming from nothing', () => {
    expect(differences(null, { name: 'a' })).toEqual([{ field: 'name', before: '—', after: 'a' }]);
    expect(differences(null, null)).toEqual([]);
  });
  it('compares lists by content', () => {
    expect(differences({ tags: ['x'] }, { tags: ['x'] })).toEqual([]);
  });
});
