import type { components, operations } from './schema.gen';

/**
 * What an answer holds. The description of the API marks whatever may be null as optional too; in
 * an answer it is always there, so that "not known" is one value, `null`.
 */
export type Known<T> = T extends (infer U)[] ? Known<U>[] : T extends object ? { [K in keyof T]-?: Known<Exclude<T[K], undefined>> } : T;

type S = components['schemas'];

/** One page of a list of the server. */
export interface Page<T> { items: T[]; next: string | null; total?: Total }

export type Total = S['Total'];
export type Named = S['Named'];
/** A sentence of the catalogue, composed by the server. */
export interface Sentence { code: string; args?: unknown }
/** What a refusal says (RFC 9457). */
export interface Problem { status: number; code: string; title: string; detail: string; at: string | null; request_id: string }

/** The session of a person; a token has none in a browser. */
export type Session = Known<S['SessionOut']> & { staff: Known<S['SessionStaff']> };
export type SignedIn = Known<S['SignedInOut']>;
export type SetupIn = S['SetupIn'];
export type SignIn = S['SessionIn'];
export type TotpBegin = S['TotpOut'];
export type Workspace = Known<S['WorkspaceOut']>;
export type WorkspacePatch = S['WorkspaceChange'];
export type SavedView = S['SavedViewOut'];
export type Change = S['ChangeOut'];
/** What a duty in a group is called. */
export type Duty = 'host' | 'service' | 'admin' | 'supply' | 'negotiation' | 'execution' | 'specialist';
/** Figures that have people behind them. */
export type PeopleFigure = NonNullable<operations['health_people']['parameters']['query']>['figure'];

export type Today = Known<S['TodayOut']>;
export type TodayItem = Known<S['TodayItemOut']>;
export type Task = Known<S['TaskOut']>;
export type StoreRank = Known<S['StoreOut']>;

export type Branch = Known<S['BranchOut']>;
export type BranchIn = S['BranchIn'];
export type Health = S['GroupHealth'];
export type GroupRow = Known<S['GroupRowOut']>;
export type Group = Known<S['GroupOut']>;
export type GroupIn = S['GroupIn'];
export type AnnouncementIn = S['AnnouncementIn'];
export type Gate = Known<S['GateOut']>;
export type GateIn = S['GateIn'];
export type Knock = Known<S['KnockOut']>;
export type WelcomeIn = S['WelcomeIn'];
export type Welcome = Known<S['WelcomeOut']>;
export type Shown = Known<S['ShownOut']>;
export type WelcomePreview = Known<S['WelcomePreviewOut']>;
export type Receipt = Known<S['ReceiptOut']>;
export type Receipts = Known<S['ReceiptsOut']>;
export type Readable = Known<S['Readable']>;
export type Membership = Known<S['MembershipOut']>;
export type StreamItem = Known<S['LineOut']>;
export type GroupStaff = S['GroupStaffIn'];
export type PersonRow = Known<S['PersonBehind']>;
export type Figure = Known<S['FigureOut']>;
export type HealthReport = Known<S['HealthReportOut']>;
export type BulkIn = S['GroupBulkIn'];
export type BulkPreview = Known<S['GroupBulkOut']>;

export type ImportKind = 'chat' | 'orders' | 'members' | 'groups';
export type Upload = Known<S['UploadOut']>;
export type Run = Known<S['RunOut']>;
export type RunIn = S['RunIn'];
export type Reject = S['RejectOut'];
/** What an undo would remove. */
export type Removal = S['RemovalOut'];

export type Tag = S['TagOut'];
export type MemberRow = Known<S['MemberRowOut']>;
export type Member = Known<S['MemberOut']>;
export type Birthday = S['BirthdayBody'];
export type MemberChange = S['MemberChange'];
export type TimelineItem = Known<S['TimelineOut']>;
export type Erased = Known<S['ErasedOut']>;

export type StaffRow = Known<S['StaffOut']>;
export type StaffIn = S['StaffIn'];
export type LeavePreview = Known<S['HandOverOut']>;
export type Token = Known<S['TokenOut']>;
export type AuditRow = Known<S['AuditOut']>;

export type ChannelAccount = Known<S['ChannelStatusOut']>;
export type ChannelIn = S['ChannelIn'];
export type ChannelTrial = Known<S['ChannelTrialOut']>;
export type ChannelProfile = Known<S['ProfileOut']>;
export type GroupRights = Known<S['GroupRightsOut']>;

export type Hit = Omit<Known<S['HitOut']>, 'span'> & { span: [number, number] | null };
/** With the places of signs as pairs, which the description of the API cannot say. */
type Signed<T> = T extends { hits: unknown } ? Omit<T, 'hits'> & { hits: Hit[] } : T;
export type SanctionMessage = Known<S['SanctionMessageOut']>;
export type Sanction = Signed<Known<S['SanctionOut']>>;
export type Appeal = Known<S['AppealOut']>;
export type Policy = Known<S['PolicyOut']>;
export type PolicyIn = S['PolicyIn'];
export type RuleSet = Known<S['RuleSetOut']>;
export type RuleTrial = Omit<Known<S['RuleTrialOut']>, 'changed'> & { changed: Signed<Known<S['TriedOut']>>[] };
export type Replay = Omit<Known<S['ReplayOut']>, 'decisions'> & { decisions: Signed<Known<S['ReplayedOut']>>[] };
export type Trusted = Known<S['TrustedOut']>;
export type Quality = Known<S['QualityOut']>;
export type Robot = Known<S['RobotOut']>;
export type RobotIn = S['RobotIn'];
export type Digest = Known<S['DigestOut']>;
export type Webhook = Known<S['WebhookOut']>;
export type WebhookIn = S['WebhookIn'];
export type WebhookEdit = S['WebhookEdit'];
export type WebhookDelivery = Known<S['WebhookDeliveryOut']>;
export type Alarm = Known<S['AlarmOut']>;
export type Offered = Signed<Known<S['OfferedOut']>>;
export type Classifier = Known<S['ClassifierOut']>;

export type Broadcast = Known<S['BroadcastOut']>;
export type BroadcastIn = S['BroadcastIn'];
export type Claim = Omit<Known<S['ClaimOut']>, 'span'> & { span: [number, number] };
export type BroadcastPlan = Omit<Known<S['BroadcastPlanOut']>, 'claims'> & { claims: Claim[] };
export type Refused = Known<S['RefusedOut']>;
export type BoardLine = Known<S['BoardLineOut']>;
export type Target = Known<S['TargetOut']>;
export type BroadcastOutcome = Known<S['OutcomeOut']>;
export type Words = Known<S['WordsOut']>;
export type PlaybookRow = Known<S['PlaybookRowOut']>;
export type Playbook = Known<S['PlaybookOut']>;
export type Ask = Known<S['AskOut']>;
/** The arguments of a fault's sentence are words by name, which the description of the API cannot say. */
export type Fault = Omit<Known<S['FaultOut']>, 'args'> & { args: Record<string, string> };
export type Adjustment = Known<S['AdjustmentIn']>;
export type StartIn = S['PlaybookStartIn'];
export type RehearseIn = S['RehearseIn'];
export type Conflict = Known<S['ConflictOut']>;
export type RehearsedStep = Known<S['RehearsedStepOut']>;
export type Rehearsal = Omit<Known<S['RehearsalOut']>, 'faults'> & { faults: Fault[] };
export type RunStep = Known<S['RunStepOut']>;
export type PlaybookRun = Known<S['PlaybookRunOut']>;
export type BranchVariable = Known<S['BranchVariableOut']>;
