/**
 * The app in which a task of a network is done: what it is called in the catalogue, and what opens it on a phone.
 * A simulated account is done in that of the network it stands for.
 */
export function appOf(network: string | null | undefined, profile?: string | null): { name: string; url: string } | null {
  switch (network === 'fake' ? profile : network) {
    case 'wecom':
    case 'wecom_plain':
    case 'wecom_archive': return { name: 'task.open_wecom', url: 'wxwork://' };
    case 'wechat':
    case 'wechat_personal': return { name: 'task.open_wechat', url: 'weixin://' };
    case 'telegram': return { name: 'task.open_telegram', url: 'tg://' };
    default: return null;
  }
}
