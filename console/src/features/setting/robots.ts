export type RobotKind = 'wecom' | 'feishu' | 'dingtalk';

export interface RobotFields { kind: RobotKind; name: string; address: string; secret?: string; branch: string }

/** Which staff chats let their robots be signed with a secret. */
export const signs = (kind: RobotKind): boolean => kind !== 'wecom';

/** What the server is asked with: a secret only where there can be one, a branch only where one is meant. */
export function robotIn({ kind, name, address, secret, branch }: RobotFields) {
  const kept = signs(kind) ? secret?.trim() : '';
  return { kind, name: name.trim(), address: address.trim(), ...(kept ? { secret: kept } : {}), ...(branch === 'all' ? {} : { branch_id: branch }) };
}
