//! Identifiers: 63-bit, time-sortable, typed.
//!
//! Layout, high to low: 41 bits of milliseconds since 2026-01-01T00:00:00Z, 10 bits of node, 12
//! bits of sequence. In SQL a BIGINT; everywhere else a text of the kind's prefix, an underscore
//! and 13 Crockford base32 characters. Ids are names: lists are ordered by a time column, never by
//! id, and what a stranger may hold is random or signed, never an id.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    error::{Class, Rule},
    time::Timestamp,
};

/// 2026-01-01T00:00:00Z in Unix milliseconds.
pub const EPOCH_MS: i64 = 1_767_225_600_000;
const NODE_BITS: u32 = 10;
const SEQUENCE_BITS: u32 = 12;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Number of node numbers that can be leased at one time.
pub const NODES: u16 = 1 << NODE_BITS;

/// A kind of thing that has ids.
pub trait Kind: Send + Sync + 'static {
    /// Two lower-case letters that begin the text form.
    const PREFIX: &'static str;
    /// The noun, for messages.
    const NOUN: &'static str;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $alias:ident = $prefix:literal, $noun:literal;)+) => {
        /// Marker types, one per kind.
        pub mod kind {
            $($(#[$doc])* #[derive(Debug)] pub enum $name {})+
        }
        $(
            impl Kind for kind::$name {
                const PREFIX: &'static str = $prefix;
                const NOUN: &'static str = $noun;
            }
            $(#[$doc])*
            pub type $alias = Id<kind::$name>;
        )+
        /// Every registered prefix with its noun, in registry order.
        pub const REGISTRY: &[(&str, &str)] = &[$(($prefix, $noun)),+];
    };
}

ids! {
    /// A staff member's sign-in, across workspaces.
    Account, AccountId = "ac", "account";
    /// A complaint that somebody has to look at.
    Alarm, AlarmId = "al", "alarm";
    /// Somebody says that a sanction was wrong.
    Appeal, AppealId = "ap", "appeal";
    /// One line of the audit log.
    Audit, AuditId = "au", "audit";
    /// A question that waits for an answer of staff.
    AwaitedReply, AwaitedReplyId = "aw", "awaited_reply";
    /// A store, region or city branch.
    Branch, BranchId = "br", "branch";
    /// A message for many groups.
    Broadcast, BroadcastId = "bc", "broadcast";
    /// A connected account on a chat network.
    ChannelAccount, ChannelAccountId = "ca", "channel_account";
    /// A version of a workspace's classifier.
    Classifier, ClassifierId = "cl", "classifier";
    /// A consent given by a member.
    Consent, ConsentId = "co", "consent";
    /// A bound phone of a staff member.
    Device, DeviceId = "de", "device";
    /// A fact in the event log.
    Event, EventId = "ev", "event";
    /// A group on a chat network.
    Group, GroupId = "gp", "group";
    /// A delivery of a webhook.
    Hook, HookId = "hk", "hook";
    /// A member's account on one channel.
    Identity, IdentityId = "id", "identity";
    /// A run of an import.
    ImportRun, ImportRunId = "ir", "import_run";
    /// A payload job.
    Job, JobId = "jb", "job";
    /// Somebody asking to be let into a group.
    Knock, KnockId = "kn", "knock";
    /// A saved column mapping of an import.
    Mapping, MappingId = "mp", "mapping";
    /// A person.
    Member, MemberId = "mb", "member";
    /// A link that says that two member records are one person.
    MemberLink, MemberLinkId = "ml", "member_link";
    /// A message in a group.
    Message, MessageId = "ms", "message";
    /// A note on a member.
    Note, NoteId = "nt", "note";
    /// Somebody's first day in a group.
    Onboarding, OnboardingId = "on", "onboarding";
    /// An order.
    Order, OrderId = "od", "order";
    /// A line of an order.
    OrderLine, OrderLineId = "ol", "order_line";
    /// Something that has to be said or done outside.
    Outbox, OutboxId = "ob", "outbox";
    /// An event that another program reported.
    Outside, OutsideId = "oe", "outside";
    /// One run of a playbook.
    PlaybookRun, PlaybookRunId = "pr", "playbook_run";
    /// What followed from a message that broke a rule.
    Sanction, SanctionId = "sn", "sanction";
    /// A robot in a staff chat.
    Robot, RobotId = "rb", "robot";
    /// Something that a robot is to tell.
    RobotLine, RobotLineId = "rl", "robot_line";
    /// A saved view of a list.
    SavedView, SavedViewId = "sv", "saved_view";
    /// A console session.
    Session, SessionId = "se", "session";
    /// A person's place in a workspace's staff.
    Staff, StaffId = "st", "staff";
    /// A task for a person.
    StaffTask, StaffTaskId = "tk", "staff_task";
    /// A tag.
    Tag, TagId = "tg", "tag";
    /// An API token.
    Token, TokenId = "to", "token";
    /// Where another program is told of facts.
    Webhook, WebhookId = "wh", "webhook";
    /// A fact told to a webhook.
    WebhookDelivery, WebhookDeliveryId = "wd", "webhook_delivery";
    /// An organisation.
    Workspace, WorkspaceId = "ws", "workspace";
}

/// An identifier of a thing of kind `K`.
pub struct Id<K> {
    raw: i64,
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    /// Wraps the BIGINT form.
    pub const fn from_raw(raw: i64) -> Self {
        Self {
            raw,
            kind: PhantomData,
        }
    }

    /// The BIGINT form.
    pub const fn raw(self) -> i64 {
        self.raw
    }

    /// When the id was issued, by the issuing node's clock.
    pub const fn issued_at(self) -> Timestamp {
        Timestamp::from_ms((self.raw >> (NODE_BITS + SEQUENCE_BITS)) + EPOCH_MS)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.raw.cmp(&other.raw)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0_u8; 13];
        let mut rest = self.raw.cast_unsigned();
        for slot in text.iter_mut().rev() {
            *slot = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        let text = std::str::from_utf8(&text).expect("the alphabet is ASCII");
        write!(f, "{}_{text}", K::PREFIX)
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not an id of the kind asked for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{text:?} is not the id of a {noun}: expected {prefix}_ and 13 characters")]
pub struct IdError {
    text: String,
    noun: &'static str,
    prefix: &'static str,
}

impl Rule for IdError {
    fn code(&self) -> &'static str {
        "id.malformed"
    }
    fn class(&self) -> Class {
        Class::Invalid
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = || IdError {
            text: text.to_owned(),
            noun: K::NOUN,
            prefix: K::PREFIX,
        };
        let digits = text
            .strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .filter(|rest| rest.len() == 13)
            .ok_or_else(error)?;
        let mut raw = 0_u64;
        for byte in digits.bytes() {
            let digit = ALPHABET.iter().position(|c| *c == byte).ok_or_else(error)?;
            raw = raw.checked_mul(32).ok_or_else(error)? | digit as u64;
        }
        i64::try_from(raw).map(Self::from_raw).map_err(|_| error())
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// Issues ids for one node; not shared between nodes.
///
/// The time part is the later of the wall clock and the last id issued, so a clock that steps back
/// never repeats an id; the high-water mark is kept with the node's lease, so a restarted process
/// continues above it.
#[derive(Debug)]
pub struct Sequence {
    node: u16,
    last_ms: i64,
    sequence: u16,
}

impl Sequence {
    /// A sequence for `node` (below [`NODES`]) that issues nothing at or before `high_water`.
    pub const fn new(node: u16, high_water: Timestamp) -> Self {
        Self {
            node: node % NODES,
            last_ms: high_water.ms() - EPOCH_MS,
            sequence: (1 << SEQUENCE_BITS) - 1,
        }
    }

    /// The next id at the time `now`.
    pub fn next<K>(&mut self, now: Timestamp) -> Id<K> {
        let now_ms = now.ms() - EPOCH_MS;
        if now_ms > self.last_ms {
            self.last_ms = now_ms;
            self.sequence = 0;
        } else if self.sequence + 1 < 1 << SEQUENCE_BITS {
            self.sequence += 1;
        } else {
            self.last_ms += 1;
            self.sequence = 0;
        }
        let ms = self.last_ms.max(0);
        Id::from_raw(
            (ms << (NODE_BITS + SEQUENCE_BITS))
                | (i64::from(self.node) << SEQUENCE_BITS)
                | i64::from(self.sequence),
        )
    }

    /// The time of the latest id, to be kept with the lease.
    pub const fn high_water(&self) -> Timestamp {
        Timestamp::from_ms(self.last_ms + EPOCH_MS)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_form_is_prefix_and_thirteen_characters() {
        let id = GroupId::from_raw(1);
        assert_eq!(id.to_string(), "gp_0000000000001");
        assert_eq!("gp_0000000000001".parse::<GroupId>(), Ok(id));
        assert!("mb_0000000000001".parse::<GroupId>().is_err());
        assert!("gp_zzzzzzzzzzzzz".parse::<GroupId>().is_err());
        assert!("gp_000000000000u".parse::<GroupId>().is_err());
    }

    #[test]
    fn prefixes_are_unique_and_two_letters() {
        let mut seen = std::collections::HashSet::new();
        for (prefix, noun) in REGISTRY {
            assert_eq!(prefix.len(), 2, "{noun}");
            assert!(seen.insert(prefix), "{noun} repeats {prefix}");
        }
    }

    proptest! {
        #[test]
        fn text_round_trips(raw in 0_i64..) {
            let id = MemberId::from_raw(raw);
            prop_assert_eq!(id.to_string().parse::<MemberId>(), Ok(id));
        }

        #[test]
        fn ids_rise_whatever_the_clock_does(steps in prop::collection::vec(-5_i64..5, 1..9000)) {
            let mut now = EPOCH_MS + 1_000_000;
            let mut sequence = Sequence::new(7, Timestamp::from_ms(now));
            let mut last = 0;
            for step in steps {
                now += step;
                let id = sequence.next::<kind::Event>(Timestamp::from_ms(now)).raw();
                prop_assert!(id > last);
                last = id;
            }
        }
    }
}
