import { ApiOutlined, AuditOutlined, CheckSquareOutlined, CloudUploadOutlined, IdcardOutlined, MessageOutlined, NotificationOutlined, SafetyOutlined, ScheduleOutlined, SettingOutlined, SunOutlined, TeamOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';

export interface Place {
  key: string;
  path: string;
  icon: ReactNode;
  /** The letter after g. */
  letter: string;
  /** Who does not have this operation does not see the place. */
  operation: string | null;
}

/** The places of the console that are finished, in the order of the menu. */
export const places: Place[] = [
  { key: 'today', path: '/', icon: <SunOutlined />, letter: 't', operation: null },
  { key: 'group', path: '/groups', icon: <MessageOutlined />, letter: 'g', operation: 'group.read' },
  { key: 'broadcast', path: '/broadcasts', icon: <NotificationOutlined />, letter: 'b', operation: 'broadcast.read' },
  { key: 'member', path: '/members', icon: <TeamOutlined />, letter: 'm', operation: 'member.edit' },
  { key: 'task', path: '/tasks', icon: <CheckSquareOutlined />, letter: 'k', operation: 'staff.read' },
  { key: 'playbook', path: '/playbooks', icon: <ScheduleOutlined />, letter: 'p', operation: 'playbook.read' },
  { key: 'import', path: '/imports', icon: <CloudUploadOutlined />, letter: 'i', operation: 'import.read' },
  { key: 'moderation', path: '/moderation', icon: <SafetyOutlined />, letter: 'o', operation: 'moderation.read' },
  { key: 'channel', path: '/channels', icon: <ApiOutlined />, letter: 'c', operation: 'channel.read' },
  { key: 'staff', path: '/staff', icon: <IdcardOutlined />, letter: 's', operation: 'staff.read' },
  { key: 'audit', path: '/audit', icon: <AuditOutlined />, letter: 'a', operation: 'audit.read' },
  { key: 'setting', path: '/settings', icon: <SettingOutlined />, letter: 'e', operation: 'branch.edit' },
];

/** The places a person with these operations sees. */
export function placesFor(permissions: string[]): Place[] {
  return places.filter((place) => place.operation === null || permissions.includes(place.operation));
}

/** The place an address belongs to. */
export function placeOf(path: string): Place | undefined {
  return places.filter((place) => place.path !== '/' && path.startsWith(place.path)).at(0) ?? (path === '/' ? places[0] : undefined);
}
