//! The catalogue of what is told.

use crate::{event::EventKind, words};

/// What a test is told as.
pub const TEST: &str = "webhook.test";

words! {
    /// What other programs can be told of. A name, once given, stays.
    pub enum Topic {
        /// A member came into a group.
        MemberJoined = "member.joined",
        /// A member left a group.
        MemberLeft = "member.left",
        /// A member was removed from a group.
        MemberRemoved = "member.removed",
        /// A member record came into being.
        MemberCreated = "member.created",
        /// A member's profile, tags, roles or notes changed.
        MemberChanged = "member.changed",
        /// Two records were found to be one person.
        MemberMerged = "member.merged",
        /// That was taken back.
        MemberUnlinked = "member.unlinked",
        /// A person was erased: delete what you hold under this id. Always told.
        MemberErased = "member.erased",
        /// A consent was given.
        ConsentGiven = "consent.given",
        /// A consent was withdrawn.
        ConsentWithdrawn = "consent.withdrawn",
        /// A member acknowledged the rules of a group.
        RulesAcknowledged = "rules.acknowledged",
        /// Somebody asks to be let into a group.
        KnockAsked = "knock.asked",
        /// They were let in, turned away, or ask no longer.
        KnockEnded = "knock.ended",
        /// A group was created.
        GroupCreated = "group.created",
        /// A group's description changed.
        GroupChanged = "group.changed",
        /// A group was archived.
        GroupArchived = "group.archived",
        /// A group was brought back.
        GroupRestored = "group.restored",
        /// A group has a new version of its announcement.
        GroupAnnounced = "group.announced",
        /// A group's health class changed.
        GroupRated = "group.rated",
        /// Too many came at once: the gate of a group shut for a while.
        GateShut = "gate.shut",
        /// It opened again.
        GateOpened = "gate.opened",
        /// A member wrote in a group. Many.
        MessagePosted = "message.posted",
        /// A member truly reported a message.
        MessageReported = "message.reported",
        /// Something was sent through a channel.
        MessageSent = "message.sent",
        /// A complaint was raised with staff.
        ComplaintOpened = "complaint.opened",
        /// Somebody took a complaint up.
        ComplaintTaken = "complaint.taken",
        /// Nobody took a complaint up in time, so the region was told.
        ComplaintEscalated = "complaint.escalated",
        /// A complaint was closed with its outcome.
        ComplaintClosed = "complaint.closed",
        /// It was decided what follows from a message that broke a rule.
        SanctionMade = "sanction.made",
        /// A person found it right.
        SanctionConfirmed = "sanction.confirmed",
        /// A person took it back.
        SanctionUndone = "sanction.undone",
        /// Somebody says that a sanction was wrong.
        AppealOpened = "appeal.opened",
        /// A person looked at it.
        AppealDecided = "appeal.decided",
        /// A broadcast is to go at a time.
        BroadcastScheduled = "broadcast.scheduled",
        /// A broadcast goes, for the first time or again.
        BroadcastStarted = "broadcast.started",
        /// A broadcast was halted.
        BroadcastPaused = "broadcast.paused",
        /// A broadcast has come to all its groups.
        BroadcastFinished = "broadcast.finished",
        /// A broadcast was stopped for good.
        BroadcastStopped = "broadcast.stopped",
        /// A task for a person came up.
        TaskCreated = "task.created",
        /// A task was handed over or taken up again.
        TaskChanged = "task.changed",
        /// A task was done.
        TaskDone = "task.done",
        /// Somebody said why a task cannot be done.
        TaskImpossible = "task.impossible",
        /// A task is no longer needed.
        TaskWithdrawn = "task.withdrawn",
        /// An order was placed; those that come by a file are told with the import.
        OrderPlaced = "order.placed",
        /// An import ended: messages, members, orders or groups are there.
        ImportFinished = "import.finished",
        /// An import was taken back.
        ImportUndone = "import.undone",
        /// Another program reported an event.
        OutsideReceived = "outside.received",
    }
}

impl Topic {
    /// What a fact is told as, by its kind and by the state that its decision names.
    pub fn of(kind: EventKind, state: Option<&str>) -> Option<Self> {
        Some(match kind {
            EventKind::MemberJoined => Self::MemberJoined,
            EventKind::MemberLeft => Self::MemberLeft,
            EventKind::MemberRemoved => Self::MemberRemoved,
            EventKind::MemberCreated => Self::MemberCreated,
            EventKind::MemberChanged => Self::MemberChanged,
            EventKind::MemberMerged => Self::MemberMerged,
            EventKind::MemberUnlinked => Self::MemberUnlinked,
            EventKind::MemberErased => Self::MemberErased,
            EventKind::ConsentGiven => Self::ConsentGiven,
            EventKind::ConsentWithdrawn => Self::ConsentWithdrawn,
            EventKind::RulesAcknowledged => Self::RulesAcknowledged,
            EventKind::KnockAsked => Self::KnockAsked,
            EventKind::KnockEnded => Self::KnockEnded,
            EventKind::GroupCreated => Self::GroupCreated,
            EventKind::GroupChanged => Self::GroupChanged,
            EventKind::GroupArchived => Self::GroupArchived,
            EventKind::GroupRestored => Self::GroupRestored,
            EventKind::GroupAnnounced => Self::GroupAnnounced,
            EventKind::GroupHealth => Self::GroupRated,
            EventKind::GateShut => Self::GateShut,
            EventKind::GateOpened => Self::GateOpened,
            EventKind::MessagePosted => Self::MessagePosted,
            EventKind::MessageReported => Self::MessageReported,
            EventKind::MessageSent => Self::MessageSent,
            EventKind::AlarmRaised => Self::ComplaintOpened,
            EventKind::AlarmTaken => Self::ComplaintTaken,
            EventKind::AlarmEscalated => Self::ComplaintEscalated,
            EventKind::AlarmClosed => Self::ComplaintClosed,
            EventKind::SanctionDecided => Self::SanctionMade,
            EventKind::SanctionJudged => match state {
                Some("undone" | "dismissed") => Self::SanctionUndone,
                _ => Self::SanctionConfirmed,
            },
            EventKind::AppealOpened => Self::AppealOpened,
            EventKind::AppealDecided => Self::AppealDecided,
            EventKind::BroadcastChanged => match state? {
                "scheduled" => Self::BroadcastScheduled,
                "running" => Self::BroadcastStarted,
                "paused" => Self::BroadcastPaused,
                "done" => Self::BroadcastFinished,
                "stopped" => Self::BroadcastStopped,
                _ => return None,
            },
            EventKind::TaskCreated => Self::TaskCreated,
            EventKind::TaskChanged => match state? {
                "done" => Self::TaskDone,
                "impossible" => Self::TaskImpossible,
                "withdrawn" => Self::TaskWithdrawn,
                _ => Self::TaskChanged,
            },
            EventKind::OrderPlaced => Self::OrderPlaced,
            EventKind::ImportFinished => Self::ImportFinished,
            EventKind::ImportUndone => Self::ImportUndone,
            EventKind::OutsideReceived => Self::OutsideReceived,
            _ => return None,
        })
    }

    /// The kind of fact that it is made of.
    pub const fn source(self) -> EventKind {
        match self {
            Self::MemberJoined => EventKind::MemberJoined,
            Self::MemberLeft => EventKind::MemberLeft,
            Self::MemberRemoved => EventKind::MemberRemoved,
            Self::MemberCreated => EventKind::MemberCreated,
            Self::MemberChanged => EventKind::MemberChanged,
            Self::MemberMerged => EventKind::MemberMerged,
            Self::MemberUnlinked => EventKind::MemberUnlinked,
            Self::MemberErased => EventKind::MemberErased,
            Self::ConsentGiven => EventKind::ConsentGiven,
            Self::ConsentWithdrawn => EventKind::ConsentWithdrawn,
            Self::RulesAcknowledged => EventKind::RulesAcknowledged,
            Self::KnockAsked => EventKind::KnockAsked,
            Self::KnockEnded => EventKind::KnockEnded,
            Self::GroupCreated => EventKind::GroupCreated,
            Self::GroupChanged => EventKind::GroupChanged,
            Self::GroupArchived => EventKind::GroupArchived,
            Self::GroupRestored => EventKind::GroupRestored,
            Self::GroupAnnounced => EventKind::GroupAnnounced,
            Self::GroupRated => EventKind::GroupHealth,
            Self::GateShut => EventKind::GateShut,
            Self::GateOpened => EventKind::GateOpened,
            Self::MessagePosted => EventKind::MessagePosted,
            Self::MessageReported => EventKind::MessageReported,
            Self::MessageSent => EventKind::MessageSent,
            Self::ComplaintOpened => EventKind::AlarmRaised,
            Self::ComplaintTaken => EventKind::AlarmTaken,
            Self::ComplaintEscalated => EventKind::AlarmEscalated,
            Self::ComplaintClosed => EventKind::AlarmClosed,
            Self::SanctionMade => EventKind::SanctionDecided,
            Self::SanctionConfirmed | Self::SanctionUndone => EventKind::SanctionJudged,
            Self::AppealOpened => EventKind::AppealOpened,
            Self::AppealDecided => EventKind::AppealDecided,
            Self::BroadcastScheduled
            | Self::BroadcastStarted
            | Self::BroadcastPaused
            | Self::BroadcastFinished
            | Self::BroadcastStopped => EventKind::BroadcastChanged,
            Self::TaskCreated => EventKind::TaskCreated,
            Self::TaskChanged | Self::TaskDone | Self::TaskImpossible | Self::TaskWithdrawn => {
                EventKind::TaskChanged
            }
            Self::OrderPlaced => EventKind::OrderPlaced,
            Self::ImportFinished => EventKind::ImportFinished,
            Self::ImportUndone => EventKind::ImportUndone,
            Self::OutsideReceived => EventKind::OutsideReceived,
        }
    }

    /// What of the decision is told, beside the ids that every body has.
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::MemberMerged | Self::MemberUnlinked => &["link", "from", "to"],
            Self::MemberErased => &["canonical"],
            Self::ConsentGiven | Self::ConsentWithdrawn => &["consent", "purpose"],
            Self::RulesAcknowledged => &["version"],
            Self::KnockAsked | Self::KnockEnded => &["knock", "state"],
            Self::GroupRated => &["from", "to"],
            Self::GateShut => &["joins", "until"],
            Self::MessagePosted | Self::MessageReported => &["message"],
            Self::MessageSent => &["outbox", "action"],
            Self::ComplaintOpened | Self::ComplaintEscalated => &["alarm", "round"],
            Self::ComplaintTaken => &["alarm"],
            Self::ComplaintClosed => &["alarm", "outcome"],
            Self::SanctionMade | Self::SanctionConfirmed | Self::SanctionUndone => {
                &["sanction", "kind", "tone", "state"]
            }
            Self::AppealOpened => &["appeal", "sanction"],
            Self::AppealDecided => &["appeal", "sanction", "state"],
            Self::BroadcastScheduled
            | Self::BroadcastStarted
            | Self::BroadcastPaused
            | Self::BroadcastFinished
            | Self::BroadcastStopped => &["broadcast", "state"],
            Self::TaskCreated
            | Self::TaskChanged
            | Self::TaskDone
            | Self::TaskImpossible
            | Self::TaskWithdrawn => &["task", "kind", "state"],
            Self::OrderPlaced => &["order", "amount_minor"],
            Self::ImportFinished | Self::ImportUndone => &["run"],
            Self::OutsideReceived => &["outside", "name"],
            _ => &[],
        }
    }
}
