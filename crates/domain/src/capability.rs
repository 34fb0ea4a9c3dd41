//! What a channel can do, and what becomes of the rest.
//!
//! A network's official interface never does everything. Which word of this vocabulary a channel
//! knows is asked before a rule is offered, a figure is shown or a message is planned; what it
//! cannot do becomes a task for a person ([`Instead::Task`]) or is said openly
//! ([`Instead::Unknown`]), and is never tried through an unofficial client.

use crate::{
    error::{Class, Rule},
    words,
};

words! {
    /// One thing that can be done on a chat network.
    pub enum Capability {
        /// See what members write in a group.
        ReadText = "read_text",
        /// See that somebody came into a group.
        SeeJoins = "see_joins",
        /// See that somebody left a group.
        SeeLeaves = "see_leaves",
        /// See who brought somebody.
        SeeInviter = "see_inviter",
        /// Speak in a group at once, without a person.
        PostGroup = "post_group",
        /// Write to one person at any time.
        PostPrivate = "post_private",
        /// Write to one person right after they came.
        WelcomePrivate = "welcome_private",
        /// Hand a message for groups to staff, who confirm it with one tap.
        BroadcastTask = "broadcast_task",
        /// Take a person out of a group.
        Remove = "remove",
        /// Keep a person from writing for a while.
        Restrict = "restrict",
        /// Take a message back.
        DeleteMessage = "delete_message",
        /// Let somebody in who asked.
        ApproveJoin = "approve_join",
        /// Set the announcement of a group.
        Announce = "announce",
        /// Keep a message at the top of a group.
        Pin = "pin",
        /// Make codes or links through which people come into a group.
        JoinCode = "join_code",
        /// Invite a person known on the network into a group.
        Invite = "invite",
        /// Keep tags on the network's own contact.
        Tag = "tag",
    }
}
words! {
    /// What an account on a network is allowed: four steps (trade.md 1), and one that only reports.
    pub enum Profile {
        /// 企微·无存档: WeCom without the chat archive.
        WecomPlain = "wecom_plain",
        /// 企微·有存档: WeCom with the archive, for members who agreed to it.
        WecomArchive = "wecom_archive",
        /// 微信个人群: groups of a personal account; nothing is automatic.
        WechatPersonal = "wechat_personal",
        /// 全能力: Matrix, Telegram.
        Full = "full",
        /// 自建接入: a program of the merchant's reports what it sees; nothing can be done through it.
        Open = "open",
        /// An account of one's own on a Matrix homeserver.
        Matrix = "matrix",
        /// A bot on Telegram.
        Telegram = "telegram",
    }
}

/// What happens when a channel cannot do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// A member of staff does it in the network's own client.
    Task,
    /// Nobody can: the fact stays unknown, and is shown as unknown rather than as 0.
    Unknown,
}

impl Capability {
    /// What takes its place where it is missing.
    pub const fn instead(self) -> Instead {
        match self {
            Self::ReadText | Self::SeeJoins | Self::SeeLeaves | Self::SeeInviter => {
                Instead::Unknown
            }
            _ => Instead::Task,
        }
    }

    /// The reason code of its absence; the sentence stands in the catalogue `channel`.
    pub const fn cannot(self) -> &'static str {
        match self {
            Self::ReadText => "channel.cannot.read_text",
            Self::SeeJoins => "channel.cannot.see_joins",
            Self::SeeLeaves => "channel.cannot.see_leaves",
            Self::SeeInviter => "channel.cannot.see_inviter",
            Self::PostGroup => "channel.cannot.post_group",
            Self::PostPrivate => "channel.cannot.post_private",
            Self::WelcomePrivate => "channel.cannot.welcome_private",
            Self::BroadcastTask => "channel.cannot.broadcast_task",
            Self::Remove => "channel.cannot.remove",
            Self::Restrict => "channel.cannot.restrict",
            Self::DeleteMessage => "channel.cannot.delete_message",
            Self::ApproveJoin => "channel.cannot.approve_join",
            Self::Announce => "channel.cannot.announce",
            Self::Pin => "channel.cannot.pin",
            Self::JoinCode => "channel.cannot.join_code",
            Self::Invite => "channel.cannot.invite",
            Self::Tag => "channel.cannot.tag",
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// A set of capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(u32);

impl Capabilities {
    /// The set of these words.
    pub const fn of(words: &[Capability]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < words.len() {
            bits |= words[index].bit();
            index += 1;
        }
        Self(bits)
    }

    /// All of them.
    pub const fn all() -> Self {
        Self::of(Capability::ALL)
    }

    /// The set without these words.
    #[must_use]
    pub const fn without(self, words: &[Capability]) -> Self {
        Self(self.0 & !Self::of(words).0)
    }

    /// Whether it contains this one.
    pub const fn can(self, capability: Capability) -> bool {
        self.0 & capability.bit() != 0
    }

    /// Checks that it contains this one.
    ///
    /// # Errors
    /// [`NotCapable`] with the reason code.
    pub const fn need(self, capability: Capability) -> Result<(), NotCapable> {
        if self.can(capability) {
            Ok(())
        } else {
            Err(NotCapable { capability })
        }
    }

    /// The words in it, in declaration order.
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        Capability::ALL
            .iter()
            .copied()
            .filter(move |capability| self.can(*capability))
    }

    /// The words not in it, in declaration order.
    pub fn missing(self) -> impl Iterator<Item = Capability> {
        Capability::ALL
            .iter()
            .copied()
            .filter(move |capability| !self.can(*capability))
    }
}

/// The channel cannot do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this channel cannot {capability}")]
pub struct NotCapable {
    /// What was asked.
    pub capability: Capability,
}

impl Rule for NotCapable {
    fn code(&self) -> &'static str {
        self.capability.cannot()
    }
    fn class(&self) -> Class {
        Class::Conflict
    }
}

words! {
    /// Whom a [`Quota`] is counted for.
    pub enum QuotaPer {
        /// Each group.
        Group = "group",
        /// Each person written to.
        Person = "person",
        /// The account as a whole.
        Account = "account",
    }
}

/// How often a network lets something happen. The commonest ones, for planning; the dated list
/// with sources is data under `limits/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// What is counted.
    pub capability: Capability,
    /// For whom.
    pub per: QuotaPer,
    /// How many.
    pub count: u32,
    /// In how many seconds.
    pub seconds: u32,
}

const DAY_SECONDS: u32 = 86_400;

impl Profile {
    /// The four steps between which the simulated network is switched (trade.md 1).
    pub const SIMULATED: &'static [Self] = &[
        Self::WecomPlain,
        Self::WecomArchive,
        Self::WechatPersonal,
        Self::Full,
    ];

    /// What an account of this profile can do (trade.md 1).
    pub const fn capabilities(self) -> Capabilities {
        use Capability::{
            BroadcastTask, Invite, JoinCode, ReadText, SeeInviter, SeeJoins, SeeLeaves, Tag,
            WelcomePrivate,
        };
        match self {
            Self::WecomPlain => Capabilities::of(&[
                SeeJoins,
                SeeLeaves,
                SeeInviter,
                WelcomePrivate,
                BroadcastTask,
                JoinCode,
                Invite,
                Tag,
            ]),
            Self::WecomArchive => Capabilities::of(&[
                ReadText,
                SeeJoins,
                SeeLeaves,
                SeeInviter,
                WelcomePrivate,
                BroadcastTask,
                JoinCode,
                Invite,
                Tag,
            ]),
            Self::WechatPersonal => Capabilities::of(&[]),
            Self::Full => Capabilities::all(),
            Self::Open => Capabilities::of(&[ReadText, SeeJoins, SeeLeaves, SeeInviter]),
            Self::Matrix => Capabilities::all().without(&[BroadcastTask, JoinCode, Tag]),
            // A bot writes to whoever has written to it first, and cannot add anybody.
            Self::Telegram => Capabilities::all().without(&[BroadcastTask, Invite, Tag]),
        }
    }

    /// Whether an account of this profile can do it.
    pub const fn can(self, capability: Capability) -> bool {
        self.capabilities().can(capability)
    }

    /// Whether it may write to people who never wrote to it: a bot on Telegram may not.
    pub const fn writes_first(self) -> bool {
        !matches!(self, Self::Telegram)
    }

    /// Limits of the network that a plan has to respect.
    pub const fn quotas(self) -> &'static [Quota] {
        match self {
            Self::WecomPlain | Self::WecomArchive => &[
                Quota {
                    capability: Capability::BroadcastTask,
                    per: QuotaPer::Group,
                    count: 1,
                    seconds: DAY_SECONDS,
                },
                Quota {
                    capability: Capability::WelcomePrivate,
                    per: QuotaPer::Person,
                    count: 1,
                    seconds: 20,
                },
            ],
            Self::WechatPersonal | Self::Open | Self::Matrix => &[],
            Self::Full | Self::Telegram => &[Quota {
                capability: Capability::PostGroup,
                per: QuotaPer::Group,
                count: 20,
                seconds: 60,
            }],
        }
    }

    /// How many people may come in through one code.
    pub const fn join_capacity(self) -> Option<u32> {
        match self {
            Self::WecomPlain | Self::WecomArchive | Self::WechatPersonal => Some(200),
            Self::Full | Self::Open | Self::Matrix | Self::Telegram => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_those_of_the_trade() {
        use Capability::{
            BroadcastTask, DeleteMessage, PostGroup, ReadText, Remove, SeeJoins, SeeLeaves,
            WelcomePrivate,
        };
        let plain = Profile::WecomPlain;
        for can in [SeeJoins, SeeLeaves, WelcomePrivate, BroadcastTask] {
            assert!(plain.can(can), "{can}");
        }
        for cannot in [ReadText, Remove, DeleteMessage, PostGroup] {
            assert!(!plain.can(cannot), "{cannot}");
        }
        let gained: Vec<_> = Profile::WecomArchive
            .capabilities()
            .iter()
            .filter(|capability| !plain.can(*capability))
            .collect();
        assert_eq!(gained, [ReadText]);
        assert_eq!(Profile::WechatPersonal.capabilities().iter().count(), 0);
        assert_eq!(Profile::Full.capabilities().missing().count(), 0);
        let reports: Vec<_> = Profile::Open.capabilities().iter().collect();
        assert!(
            reports
                .iter()
                .all(|word| word.instead() == Instead::Unknown)
        );
        assert_eq!(reports.len(), 4);
    }

    #[test]
    fn what_is_missing_has_a_code_and_a_substitute() {
        for capability in Capability::ALL {
            assert_eq!(capability.cannot(), format!("channel.cannot.{capability}"));
            let refused = Capabilities::default().need(*capability).unwrap_err();
            assert_eq!(refused.code(), capability.cannot());
            let seen = matches!(
                capability,
                Capability::ReadText
                    | Capability::SeeJoins
                    | Capability::SeeLeaves
                    | Capability::SeeInviter
            );
            assert_eq!(
                capability.instead() == Instead::Unknown,
                seen,
                "{capability}"
            );
        }
        assert!(Capability::ALL.len() <= 32, "one bit each");
    }
}
