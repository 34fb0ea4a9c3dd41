/** The app in which a task of a network is done: what it is called in the catalogue, and what opens it on a phone. */
export function appOf(network: string | null | undefined): { name: string; url: string } | null {
  switch (network) {
    case 'wecom': return { name: 'task.open_wecom', url: 'wxwork://' };
    case 'wechat':
    case 'wechat_personal': return { name: 'task.open_wechat', url: 'weixin://' };
    case 'telegram': return { name: 'task.open_telegram', url: 'tg://' };
    default: return null;
  }
}
