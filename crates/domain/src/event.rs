//! Facts, as the log keeps them: ids and decisions, never names or texts.

use serde::Serialize;

use crate::{
    actor::Actor,
    id::{BranchId, EventId, GroupId, MemberId},
    words,
};

words! {
    /// What happened.
    pub enum EventKind {
        /// A workspace was created.
        WorkspaceCreated = "workspace.created",
        /// The workspace's settings changed.
        WorkspaceChanged = "workspace.changed",
        /// A branch was created, changed or archived.
        BranchChanged = "branch.changed",
        /// A group was created.
        GroupCreated = "group.created",
        /// A group's description changed.
        GroupChanged = "group.changed",
        /// A group was closed for good order's sake.
        GroupArchived = "group.archived",
        /// A group was brought back.
        GroupRestored = "group.restored",
        /// A group has a new version of its announcement.
        GroupAnnounced = "group.announced",
        /// The gate of a group was set anew.
        GateChanged = "gate.changed",
        /// Too many came at once: the gate of a group shut for a while.
        GateShut = "gate.shut",
        /// It opened again.
        GateOpened = "gate.opened",
        /// Somebody asks to be let into a group.
        KnockAsked = "knock.asked",
        /// They were let in, turned away, or ask no longer.
        KnockEnded = "knock.ended",
        /// What newcomers of a group are told has a new version.
        WelcomeChanged = "welcome.changed",
        /// Newcomers of a group were greeted.
        WelcomeSaid = "welcome.said",
        /// A member acknowledged the rules of a group.
        RulesAcknowledged = "rules.acknowledged",
        /// A group's health class changed.
        GroupHealth = "group.health",
        /// A member came into a group.
        MemberJoined = "member.joined",
        /// A member left a group.
        MemberLeft = "member.left",
        /// A member was removed from a group.
        MemberRemoved = "member.removed",
        /// A member wrote in a group.
        MessagePosted = "message.posted",
        /// A message was taken as a complaint.
        MessageComplaint = "message.complaint",
        /// A complaint was raised with staff.
        AlarmRaised = "alarm.raised",
        /// Somebody took a complaint up.
        AlarmTaken = "alarm.taken",
        /// Nobody took a complaint up in time, so the region was told.
        AlarmEscalated = "alarm.escalated",
        /// A complaint was closed with its outcome.
        AlarmClosed = "alarm.closed",
        /// An operator said whether a message is wanted.
        MessageMarked = "message.marked",
        /// A classifier was trained, or another version put to use.
        ClassifierChanged = "classifier.changed",
        /// An order was placed.
        OrderPlaced = "order.placed",
        /// A member record came into being.
        MemberCreated = "member.created",
        /// A member's profile, tags, roles, notes changed.
        MemberChanged = "member.changed",
        /// Two records were found to be one person.
        MemberMerged = "member.merged",
        /// That was taken back.
        MemberUnlinked = "member.unlinked",
        /// A consent was given.
        ConsentGiven = "consent.given",
        /// A consent was withdrawn.
        ConsentWithdrawn = "consent.withdrawn",
        /// A person was erased.
        MemberErased = "member.erased",
        /// A chunk of an import was committed.
        ImportProgressed = "import.progressed",
        /// An import ended.
        ImportFinished = "import.finished",
        /// An import was taken back.
        ImportUndone = "import.undone",
        /// A task for a person came up.
        TaskCreated = "task.created",
        /// A task was done, refused or handed over.
        TaskChanged = "task.changed",
        /// Staff came, changed or left.
        StaffChanged = "staff.changed",
        /// A token was made or revoked.
        TokenChanged = "token.changed",
        /// A program that reports was connected or taken out of use.
        ChannelChanged = "channel.changed",
        /// A session ended before its time.
        SessionRevoked = "session.revoked",
        /// It was decided what follows from a message that broke a rule.
        SanctionDecided = "sanction.decided",
        /// A person looked at such a decision: found it right, or took it back.
        SanctionJudged = "sanction.judged",
        /// Somebody says that a sanction was wrong.
        AppealOpened = "appeal.opened",
        /// A person looked at it.
        AppealDecided = "appeal.decided",
        /// A member truly reported a message.
        MessageReported = "message.reported",
        /// A group is kept another way.
        PolicyChanged = "policy.changed",
        /// The workspace's own words and rules have a new version.
        RuleSetPublished = "rule_set.published",
        /// Somebody is trusted, or no longer.
        TrustChanged = "trust.changed",
        /// A message for many groups was let go, halted, or ended.
        BroadcastChanged = "broadcast.changed",
        /// A playbook was written, began, waits for a yes, or ended.
        PlaybookChanged = "playbook.changed",
        /// Something was sent through a channel.
        MessageSent = "message.sent",
        /// Another program reported an event.
        OutsideReceived = "outside.received",
        /// A webhook was added, changed, switched off or removed.
        WebhookChanged = "webhook.changed",
    }
}

/// A fact about to be recorded.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its name.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// Who did it, in stored form.
    pub actor: String,
    /// The branch it belongs to.
    pub branch: Option<BranchId>,
    /// The group it belongs to.
    pub group: Option<GroupId>,
    /// The member it is about.
    pub member: Option<MemberId>,
    /// The fact that led to it.
    pub cause: Option<EventId>,
    /// The decision taken: ids, counts, amounts, codes.
    pub data: serde_json::Value,
}

impl Event {
    /// A fact with nothing but its kind.
    pub fn new(id: EventId, kind: EventKind, actor: &Actor) -> Self {
        Self {
            id,
            kind,
            actor: actor.to_string(),
            branch: None,
            group: None,
            member: None,
            cause: None,
            data: serde_json::Value::Null,
        }
    }

    /// In this group of this branch.
    #[must_use]
    pub const fn in_group(mut self, group: GroupId, branch: Option<BranchId>) -> Self {
        self.group = Some(group);
        self.branch = branch;
        self
    }

    /// About this member.
    #[must_use]
    pub const fn about(mut self, member: MemberId) -> Self {
        self.member = Some(member);
        self
    }

    /// Because of that fact.
    #[must_use]
    pub const fn because(mut self, cause: EventId) -> Self {
        self.cause = Some(cause);
        self
    }

    /// With this decision.
    ///
    /// # Panics
    /// Never: every decision is a plain struct of words and numbers.
    #[must_use]
    pub fn with(mut self, data: impl Serialize) -> Self {
        self.data = serde_json::to_value(data).expect("plain data");
        self
    }
}
