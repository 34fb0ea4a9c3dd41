import { describe, expect, it } from 'vitest';
import { robotIn } from './robots';

const given = { name: ' 店长群 ', address: ' https://chat.example/hook?key=1 ', secret: ' s ' };

describe('a robot to be set up', () => {
  it('has no secret where its chat knows none, even if one was typed before', () => {
    expect(robotIn({ kind: 'wecom', branch: 'all', ...given })).toEqual({ kind: 'wecom', name: '店长群', address: 'https://chat.example/hook?key=1' });
  });

  it('has its secret and its branch where they were given', () => {
    expect(robotIn({ kind: 'feishu', branch: 'br_1', ...given })).toMatchObject({ secret: 's', branch_id: 'br_1' });
    expect(robotIn({ kind: 'dingtalk', branch: 'all', ...given, secret: '  ' })).not.toHaveProperty('secret');
  });
});
