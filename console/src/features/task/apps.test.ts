import { describe, expect, it } from 'vitest';
import { appOf } from './apps';

describe('the app a task is done in', () => {
  it('is that of its network, and none where a browser cannot open one', () => {
    expect(appOf('wecom')).toEqual({ name: 'task.open_wecom', url: 'wxwork://' });
    expect(appOf('wechat_personal')?.url).toBe('weixin://');
    expect(appOf('telegram')?.url).toBe('tg://');
    expect(appOf('matrix')).toBeNull();
    expect(appOf(null)).toBeNull();
  });

  it('of a simulated account is that of the network it stands for', () => {
    expect(appOf('fake', 'wecom_archive')?.url).toBe('wxwork://');
    expect(appOf('fake', 'wechat_personal')?.url).toBe('weixin://');
    expect(appOf('fake', 'full')).toBeNull();
    expect(appOf('fake')).toBeNull();
  });
});
