/** Shapes of `/api/v1`: instants are RFC 3339 text, days `YYYY-MM-DD`, money integer minor units, ratios 0..1 or null. */

export interface Named { id: string; name: string }
export interface Sentence { code: string; args: Record<string, unknown> }
export interface Total { count: number; exact: boolean }
export interface Page<T> { items: T[]; next?: string | null; total?: Total }
export interface Items<T> { items: T[] }
export interface Figure { value: number | null; unknown?: string | null; previous?: number | null }
export interface Problem { status: number; code: string; title: string; detail: string; at?: string | null; request_id: string }

export type Role = 'owner' | 'manager' | 'operator' | 'service' | 'analyst';
export interface Session {
  staff: { id: string; name: string; role: Role; title: string; branch_id: string | null };
  workspace: { id: string; slug: string; name: string; zone: string; currency: string; locale: string; demo: boolean; demo_profile?: string | null };
  csrf: string;
  permissions: string[];
  totp: { required: boolean; enabled: boolean; due_at?: string | null };
  sign_in_fresh_until: string | null;
}
export interface SignedIn { id: string; created_at: string; last_seen_at: string; user_agent?: string | null; ip?: string | null; current: boolean }
export interface SetupIn { organisation: string; zone: string; currency: string; locale: string; name: string; sign_in: string; password: string }
export interface SignIn { sign_in: string; password: string; code?: string }
export interface TotpBegin { secret: string; uri: string; qr_svg: string }
export interface Meta { version: string; channels: { channel: string; label: string }[]; locales: string[]; demo_profiles: string[] }
export interface WorkspaceSettings {
  address_form: 'nin' | 'ni';
  retention: { text_days: number; media_days: number };
  quiet_hours: { from: string; to: string };
  health: { thresholds: Record<string, number> };
}
export interface Workspace { id: string; slug: string; name: string; zone: string; locale: string; currency: string; settings: WorkspaceSettings }
export type WorkspacePatch = Partial<Pick<Workspace, 'name' | 'zone' | 'locale' | 'currency'>> & { settings?: Partial<WorkspaceSettings> };
export interface PermissionMatrix { operations: { operation: string; roles: string[] }[] }

export interface TodayAction { action: string; label_code: string; href?: string | null }
export interface TodayItem {
  id: string;
  kind: 'complaint' | 'code' | 'task' | 'reply' | 'appeal' | 'reconciliation' | 'hint';
  level: 'urgent' | 'warn' | 'normal';
  due_at: string | null; since_at: string | null;
  group: Named | null; member: Named | null;
  sentence: Sentence; actions: TodayAction[]; task_id: string | null;
}
export interface Today {
  as_of: string; count: number; minutes: number; items: TodayItem[];
  sales: { amount_minor: number; orders: number; previous_weekday_minor: number | null; ratio: number | null } | null;
  digest: Sentence | null;
}

export interface Branch { id: string; parent_id: string | null; kind: 'head' | 'region' | 'city' | 'store'; name: string; code: string | null; archived_at: string | null; groups: number; members: number }
export interface BranchIn { name: string; kind: Branch['kind']; parent_id: string | null; code?: string | null }

export type HealthClass = 'new' | 'lively' | 'quiet_selling' | 'steady' | 'cooling' | 'dead' | 'advert' | 'unknown';
export interface Health { class: HealthClass; reasons: Sentence[] }
export interface GroupRow {
  id: string; name: string; branch: Named | null; channel: string; channel_profile: string | null;
  kind: string; purpose: string; stage: string; health: Health; members: number;
  capacity_advice: { min: number; max: number }; capacity_code: number; contributors: number | null;
  spark: (number | null)[]; staff: Named[]; last_post_at: string | null; ends_on: string | null; name_ok: boolean;
  archived_at: string | null; messages_7d: number | null;
}
export interface Monetisation { path: 'none' | 'fee' | 'goods' | 'sponsor'; note: string }
export interface GroupIn {
  name: string; branch_id: string | null; channel: string; purpose: string; term: 'long' | 'short'; shape: 'sharing' | 'expert';
  ownership: 'direct' | 'partner'; audience: 'customer' | 'product' | 'knowledge';
  scene: 'welfare' | 'store' | 'paid' | 'training' | 'tea' | 'parents' | null; need_level: number | null;
  size_min: number; size_max: number; capacity: number; opened_on: string; ends_on: string | null;
  monetisation: Monetisation; topic_terms: string[];
}
export interface Announcement { version: number; theme: string; services: string; forbidden: string; encouraged: string; missing: string[]; at?: string; actor?: string }
export type AnnouncementIn = Pick<Announcement, 'theme' | 'services' | 'forbidden' | 'encouraged'>;
export interface Readable { text: boolean; reason_code?: string | null }
export type Group = GroupIn & GroupRow & { announcement: Announcement | null; readable: Readable; archive_reason?: string | null };
export interface Membership {
  member: { id: string; name: string; roles: string[]; tags: Tag[] }; card_name: string | null; role: string;
  joined_at: string | null; first_seen_at: string | null; last_seen_at: string | null; left_at: string | null;
  inviter: Named | null; messages: number; valued: number;
}
export interface StreamItem {
  id: string; at: string; kind: 'message' | 'join' | 'leave' | 'sanction' | 'order' | 'system';
  member: Named | null; text: string | null; media_kind: string | null;
  marks: { value?: string | null; advert?: { weight: number; reasons: unknown[] } | null; off_topic?: boolean; complaint?: boolean; mistaken?: boolean };
  amount_minor?: number | null;
}
export interface Stream { items: StreamItem[]; next: string | null; searched_back_to: string | null }
export type Duty = 'host' | 'service' | 'admin' | 'supply' | 'negotiation' | 'execution' | 'specialist';
export interface GroupStaff { staff_id: string; name: string; duty: Duty }
export interface DayFigures { day: string; messages: number | null; active_members: number | null; joined: number; left: number; valued: number | null }
export interface HealthReport {
  period: { from: string; to: string }; scope?: unknown; readable: Readable;
  messages: Figure; active_members: Figure; contributors: Figure; contributor_share: Figure; vitality: Figure;
  two_way_ratio: Figure; per_operator_message: Figure; top10_share: Figure; gini: Figure; arrivals: Figure; leavers: Figure;
  advert_share: Figure; off_topic_share: Figure; members: Figure; health: Health | null;
  daily: DayFigures[]; silence: { day: number; share: number | null }[]; hours: (number | null)[];
}
export type PeopleFigure = 'active_members' | 'contributors' | 'arrivals' | 'leavers' | 'top10' | 'adverts' | 'off_topic' | 'silent';
export interface PersonRow { member: Named; group: Named | null; value: number; at?: string | null }
export interface RepeatMember { member: Named; groups: (Named & { joined_at: string | null })[] }
export interface BulkIn { ids: string[]; action: 'archive' | 'move_branch' | 'rename_tasks' | 'set_stage'; args: Record<string, unknown> }
export interface BulkPreview { groups: number; members: number; skipped: { id: string; reason: string }[]; undoable: boolean }

export interface SalesPeriod { from: string; to: string; traffic: number; conversion: number | null; basket: number | null; sales_minor: number }
export interface Sales { currency: string; periods: SalesPeriod[]; change: { traffic_minor: number; conversion_minor: number; basket_minor: number } | null }
export interface StoreRank {
  branch: Named; amount_minor: number | null; against_usual: number | null; month_on_month: number | null; year_on_year: number | null; over: number | null;
  arrivals: number | null; net_growth: number | null; execution: number | null; replies_in_10min: number | null; complaints: number | null;
}

export type ImportKind = 'chat' | 'orders' | 'members' | 'groups';
export interface Sniff { kind: 'chat' | 'table' | null; format: string | null; encoding: string | null; headers?: string[]; preset?: string | null; sample?: string[][]; error?: { code: string; detail: string; at?: string | null } | null }
export interface Upload { upload_id: string; name: string; bytes: number; sniff: Sniff }
export interface RunIn {
  kind: ImportKind; upload_id: string; group_id?: string; group_name?: string; format?: string; dates?: string; mapping?: Record<string, string>;
  mapping_id?: string; currency?: string; cancel_prefix?: string; branch_id?: string; dry_run: boolean;
}
export interface RunCounts {
  messages?: number; system?: number; members?: number; days?: number; first?: string | null; last?: string | null; duplicates?: number; skipped_total?: number;
  orders?: number; lines?: number; revenue_minor?: number; cancelled?: number; without_member?: number; groups?: number;
}
export interface Run {
  id: string; kind: ImportKind; file_name: string; bytes: number; group: Named | null; format: string | null; encoding: string | null; dates: string | null;
  state: 'planned' | 'running' | 'interrupted' | 'done' | 'failed' | 'undoing' | 'undone' | 'cancelled';
  progress: { done: number; total: number; rate_per_s: number | null; remaining_s: number | null } | null;
  counts: RunCounts; error: { code: string; detail: string; at?: string | null } | null; actor: string | Named | null; started_at: string; finished_at: string | null;
}
export interface Reject { line: number; code: string; detail: string }
export interface Preset { id: string; name: string; kind: ImportKind; mapping: Record<string, string> }

export interface Findings { items: { member_id: string; name: string; code: string; args: Record<string, unknown>; at: string }[]; total: number; as_of: string }
export interface Tag { id: string; name: string; color: string | null }
export interface MemberRow {
  id: string; name: string; roles: string[]; tags: Tag[]; groups: number; last_seen_at: string | null; orders: number; amount_minor: number;
  joined_at: string | null; possible_duplicate: boolean;
}
export interface Identity { id: string; channel: string; name: string; external_id_masked: string; verified: boolean; group?: Named | null }
export interface Consent { id: string; purpose: string; text_version: string; channel: string; given_at: string; withdrawn_at: string | null }
export interface MemberLink { id: string; other: Named; reason: string; at: string; actor: string; undone_at: string | null }
export interface MemberNote { id: string; text: string; at: string; actor: string }
export interface Birthday { calendar: 'solar' | 'lunar'; year?: number | null; month: number; day: number }
export interface Member {
  id: string; name: string; phone_masked: string | null; birthday: Birthday | null; city: string | null;
  fields: { field: string; value: string; consent: boolean; source: string }[];
  roles: string[]; tags: Tag[]; identities: Identity[]; groups: (Named & { joined_at?: string | null; left_at?: string | null })[];
  inviter: Named | null; invited: number; orders: { count: number; amount_minor: number; last_at: string | null };
  consents: Consent[]; links: MemberLink[]; notes: MemberNote[]; erased_at: string | null;
}
export interface TimelineItem {
  at: string; kind: string; code: string; args: Record<string, unknown>;
  cause: { event_id?: string | null; actor: string; reason_code: string | null }; undo?: { operation: string; id: string } | null;
}
export interface Duplicate { member: Named; other?: Named; reasons: Sentence[]; score: number }
export interface Erased { removed: Record<string, number>; older_backups: string[]; files_in_use?: string[]; log_emptied?: boolean }

export interface Task {
  id: string; kind: string; level: 'urgent' | 'warn' | 'normal'; group: Named | null; member: Named | null; assignee: Named | null; body: string;
  what: Sentence; why: Sentence; due_at: string | null; done_check: 'self' | 'channel'; state: string; outcome?: string | null;
  done_at?: string | null; done_by?: string | null; proof?: string | null;
}
export interface StaffRow {
  id: string; name: string; sign_in: string | null; role: Role; title: string; branch: Named | null; groups: number; open_tasks: number; totp: boolean;
  devices: { id: string; name: string; bound_at: string }[]; last_seen_at: string | null; left_at: string | null;
}
export interface StaffIn { name: string; sign_in?: string; password?: string; role: Role; title: string; branch_id: string | null }
export interface LeavePreview { groups: number; group_names: string[]; tasks: number; devices: number; sessions: number }
export interface DeviceLink { url: string; qr_svg: string; expires_at: string }
export interface Token { id: string; name: string; role: string; scopes: string[]; created_at: string; last_used_at: string | null; expires_on: string | null }
export interface AuditRow {
  id: string; at: string; actor: { kind: string; name: string }; operation: string; subject: { kind: string; id: string; name: string | null };
  before: unknown; after: unknown; undoable: boolean; undone_at: string | null; request_id: string | null;
}
export interface SavedView { id: string; place: string; name: string; query: string }
export interface Change { position: number; topics: string[]; kinds: string[] }
