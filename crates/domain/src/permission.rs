//! The permission matrix: which role may do which operation.

use crate::{actor::Role, words};

words! {
    /// Something that an interface offers to do. Every route declares one; the committed matrix in
    /// docs/reference/permissions.md lists them all.
    pub enum Operation {
        /// Read one's own session, sign out, change one's own password.
        SessionOwn = "session.own",
        /// Read the workspace's name, zone, currency.
        WorkspaceRead = "workspace.read",
        /// Change the workspace's settings.
        WorkspaceEdit = "workspace.edit",
        /// Read Today.
        TodayRead = "today.read",
        /// Read branches.
        BranchRead = "branch.read",
        /// Create, change, archive branches.
        BranchEdit = "branch.edit",
        /// Read groups and their streams.
        GroupRead = "group.read",
        /// Create and change groups.
        GroupEdit = "group.edit",
        /// See who asks to be let in, let them in or turn them away.
        GateAdmit = "gate.admit",
        /// Archive groups and bring them back.
        GroupArchive = "group.archive",
        /// Export the list of groups.
        GroupExport = "group.export",
        /// Read figures.
        ReportRead = "report.read",
        /// Read the people behind a figure.
        ReportPeople = "report.people",
        /// Read import runs.
        ImportRead = "import.read",
        /// Start, resume, cancel imports.
        ImportRun = "import.run",
        /// Undo imports.
        ImportUndo = "import.undo",
        /// Read members.
        MemberRead = "member.read",
        /// Change members: profile, tags, notes, roles.
        MemberEdit = "member.edit",
        /// Record and withdraw consents.
        MemberConsent = "member.consent",
        /// Merge and unlink members.
        MemberMerge = "member.merge",
        /// Export members or one person.
        MemberExport = "member.export",
        /// Erase a person.
        MemberErase = "member.erase",
        /// Hand a member a sign-in link.
        MemberLink = "member.link",
        /// Read what broke rules, and what followed.
        ModerationRead = "moderation.read",
        /// Decide: confirm and undo sanctions, answer appeals, trust people, set how a group is kept.
        ModerationDecide = "moderation.decide",
        /// Publish the workspace's own words and rules.
        ModerationRules = "moderation.rules",
        /// Read broadcasts, and what became of them.
        BroadcastRead = "broadcast.read",
        /// Write broadcasts, let them go, halt and stop them, remind whoever has not sent.
        BroadcastEdit = "broadcast.edit",
        /// Read playbooks, rehearse them, see their runs.
        PlaybookRead = "playbook.read",
        /// Write playbooks, start and stop them, say yes or no where they wait.
        PlaybookEdit = "playbook.edit",
        /// Read tasks.
        TaskRead = "task.read",
        /// Do tasks.
        TaskDo = "task.do",
        /// Read alarms of complaints.
        AlarmRead = "alarm.read",
        /// Close alarms of complaints.
        AlarmClose = "alarm.close",
        /// Say of messages whether they are wanted.
        MarkEdit = "mark.edit",
        /// Train the classifier, and put versions of it to use.
        ClassifierEdit = "classifier.edit",
        /// Read staff.
        StaffRead = "staff.read",
        /// Create, change, lock, let go staff.
        StaffEdit = "staff.edit",
        /// Bind and let go the phones of staff.
        StaffBind = "staff.bind",
        /// Read and make API tokens.
        TokenEdit = "token.edit",
        /// Read the audit log.
        AuditRead = "audit.read",
        /// Undo a change from the audit log.
        AuditUndo = "audit.undo",
        /// Keep saved views.
        ViewEdit = "view.edit",
        /// Read how the accounts stand through which groups are seen.
        ChannelRead = "channel.read",
        /// Connect accounts and programs through which groups are seen, pause and remove them.
        ChannelEdit = "channel.edit",
        /// Read and change webhooks, and tell them things again.
        WebhookEdit = "webhook.edit",
        /// Report events of other programs.
        OutsideReport = "outside.report",
        /// Read what other programs reported.
        OutsideRead = "outside.read",
        /// Switch the demo's channel profile.
        DemoEdit = "demo.edit",
    }
}

impl Operation {
    /// The roles that may do it.
    pub const fn roles(self) -> &'static [Role] {
        use Role::{Analyst, Manager, Operator, Owner, Service};
        match self {
            Self::SessionOwn
            | Self::WorkspaceRead
            | Self::ViewEdit
            | Self::TodayRead
            | Self::BranchRead
            | Self::GroupRead
            | Self::TaskRead => &[Owner, Operator, Manager, Service, Analyst],
            Self::ReportRead | Self::BroadcastRead | Self::PlaybookRead => {
                &[Owner, Operator, Manager, Analyst]
            }
            Self::MemberRead
            | Self::TaskDo
            | Self::MemberConsent
            | Self::ModerationRead
            | Self::GateAdmit
            | Self::AlarmRead
            | Self::AlarmClose => &[Owner, Operator, Manager, Service],
            Self::ReportPeople
            | Self::MarkEdit
            | Self::ImportRead
            | Self::MemberEdit
            | Self::MemberLink
            | Self::GroupEdit
            | Self::BroadcastEdit
            | Self::PlaybookEdit
            | Self::StaffRead
            | Self::StaffBind
            | Self::ModerationDecide => &[Owner, Operator, Manager],
            Self::GroupArchive
            | Self::GroupExport
            | Self::ImportRun
            | Self::ImportUndo
            | Self::MemberMerge
            | Self::MemberExport
            | Self::BranchEdit
            | Self::AuditRead
            | Self::AuditUndo
            | Self::ModerationRules
            | Self::ChannelRead
            | Self::ClassifierEdit
            | Self::OutsideReport
            | Self::OutsideRead
            | Self::DemoEdit => &[Owner, Operator],
            Self::WorkspaceEdit
            | Self::MemberErase
            | Self::StaffEdit
            | Self::TokenEdit
            | Self::WebhookEdit
            | Self::ChannelEdit => &[Owner],
        }
    }

    /// Whether a role may do it.
    pub fn allows(self, role: Role) -> bool {
        self.roles().contains(&role)
    }

    /// Whether it can be done from a bound phone, which proves less than a password: Today, tasks
    /// and groups (trade.md 2).
    pub const fn on_a_phone(self) -> bool {
        matches!(
            self,
            Self::SessionOwn
                | Self::WorkspaceRead
                | Self::TodayRead
                | Self::BranchRead
                | Self::GroupRead
                | Self::TaskRead
                | Self::TaskDo
                | Self::AlarmRead
                | Self::AlarmClose
        )
    }
}
