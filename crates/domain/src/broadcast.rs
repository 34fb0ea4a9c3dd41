//! Broadcasts (群发): one message for many groups, and what becomes of it in each.
//!
//! An operator says it once; whether a group gets it, through what, or why not, is decided here,
//! from what is known of the group at that moment. The same decision makes the plan that is shown
//! beforehand and the sending itself, so the plan cannot promise what the sending refuses.
//! req: 003-069, 003-110

use serde::{Deserialize, Serialize};

use crate::{
    capability::{Capabilities, Capability, Profile, QuotaPer},
    error::{Class, Rule},
    group::{Audience, Scene, Stage},
    id::{BranchId, GroupId},
    reach::{Means, Obstacle, obstacle},
    time::{DAY, HOUR, MINUTE, Timestamp},
    welcome::variables,
    words,
};

/// Longest text, in characters (trade.md 7).
pub const LENGTH: usize = 4_000;
/// Most attachments (trade.md 7).
pub const ATTACHMENTS: usize = 9;
/// Longest name, in characters.
pub const NAME_LENGTH: usize = 60;
/// Most groups that can be named one by one.
pub const NAMED: usize = 5_000;
/// Fastest rate that can be asked for, in messages a minute and account.
pub const FASTEST: i64 = 600;
/// How far ahead a broadcast can be set, in milliseconds.
pub const AHEAD: i64 = 366 * DAY;
/// How long what waits for a better moment is kept before it is given up, in milliseconds.
pub const LATEST: i64 = DAY;
/// How often whoever waits on a complaint is looked at again, in milliseconds.
pub const LOOK_AGAIN: i64 = 5 * MINUTE;
/// How often those who have not sent are reminded within [`NUDGE_SPAN`] (rules.md R03).
pub const NUDGES: usize = 3;
/// See [`NUDGES`], in milliseconds.
pub const NUDGE_SPAN: i64 = DAY;
/// How long after it was said what it brought is counted, in milliseconds (trade.md 7).
pub const RESULT_SPAN: i64 = 24 * HOUR;
/// What can stand in a text between `{{` and `}}` of itself.
pub const GROUP_VARIABLES: &[&str] = &["store", "group", "manager", "staff", "members", "bot"];
/// What a store says of itself, and can stand there too.
pub const STORE_VARIABLES: &[&str] = &["address", "hours", "pickup", "code"];

words! {
    /// How a broadcast reaches its groups (trade.md 7).
    pub enum Mode {
        /// 自动: the channel speaks.
        Auto = "auto",
        /// 群发任务: the network hands it to staff, who confirm with one tap.
        Task = "task",
        /// 群内手发: staff copy and paste.
        Paste = "paste",
        /// 改群公告: it becomes the group's announcement.
        Announce = "announce",
    }
}
words! {
    /// Where a broadcast stands.
    pub enum State {
        /// Being written.
        Draft = "draft",
        /// Waits for its time.
        Scheduled = "scheduled",
        /// On its way.
        Running = "running",
        /// Halted; can go on.
        Paused = "paused",
        /// Every group has been dealt with.
        Done = "done",
        /// Ended before its end.
        Stopped = "stopped",
    }
}
words! {
    /// What became of it in a group.
    pub enum Fate {
        /// Waits: at night, or while a complaint is open.
        Held = "held",
        /// On its way through the channel.
        Sending = "sending",
        /// A person is to send it.
        Asked = "asked",
        /// It stands in the group.
        Sent = "sent",
        /// It does not, and will not.
        Failed = "failed",
        /// It was not meant to, for a reason.
        Skipped = "skipped",
        /// The broadcast was stopped before.
        Stopped = "stopped",
    }
}

/// Something that goes with the text: a link that opens in the chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// What it is called.
    pub title: String,
    /// Where it leads.
    pub url: String,
}

/// Which groups it is for. Lists that are empty leave all in; lists that are not are held together by
/// "and".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reach {
    /// In these branches, or below them.
    pub branches: Vec<BranchId>,
    /// Of these uses.
    pub scenes: Vec<Scene>,
    /// Of these kinds.
    pub audiences: Vec<Audience>,
    /// At these stages of life.
    pub stages: Vec<Stage>,
    /// Only these.
    pub groups: Vec<GroupId>,
    /// Not these.
    pub without: Vec<GroupId>,
}

/// A broadcast as an operator writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// What it is called among staff.
    pub name: String,
    /// Which groups.
    pub reach: Reach,
    /// The words.
    pub text: String,
    /// What goes with them.
    pub attachments: Vec<Attachment>,
    /// How.
    pub mode: Mode,
    /// Whether it sells something: such a one waits where a complaint is open (trade.md 6).
    pub selling: bool,
    /// When; `None` = as soon as it is let go.
    pub at: Option<Timestamp>,
    /// At most so many messages a minute through one account.
    pub per_minute: i64,
    /// Why claims that an advert may not make stand in it all the same; empty = they do not.
    pub grounds: String,
}

impl Draft {
    /// Checks what an operator has written.
    ///
    /// # Errors
    /// [`BroadcastError`], naming the field.
    pub fn check(&self, now: Timestamp) -> Result<(), BroadcastError> {
        let named = self.name.trim().chars().count();
        if named == 0 || named > NAME_LENGTH {
            return Err(BroadcastError::Name);
        }
        let written = self.text.trim().chars().count();
        if written == 0 || written > LENGTH {
            return Err(BroadcastError::Text(written));
        }
        let known = |name: &&str| GROUP_VARIABLES.contains(name) || STORE_VARIABLES.contains(name);
        if let Some(name) = variables(&self.text).find(|name| !known(name)) {
            let name = name.chars().take(20).collect();
            return Err(BroadcastError::Variable { name });
        }
        if self.attachments.len() > ATTACHMENTS {
            return Err(BroadcastError::Attachments);
        }
        let opens = |one: &Attachment| {
            (one.url.starts_with("https://") || one.url.starts_with("http://"))
                && one.url.len() <= 2_000
                && !one.url.contains(char::is_whitespace)
                && (1..=100).contains(&one.title.trim().chars().count())
        };
        if let Some(index) = self.attachments.iter().position(|one| !opens(one)) {
            return Err(BroadcastError::Attachment(index));
        }
        if !(1..=FASTEST).contains(&self.per_minute) {
            return Err(BroadcastError::Rate);
        }
        if self.reach.groups.len() > NAMED || self.reach.without.len() > NAMED {
            return Err(BroadcastError::Groups);
        }
        match self.at {
            Some(at) if at < now.plus(-MINUTE) || at > now.plus(AHEAD) => Err(BroadcastError::When),
            _ => Ok(()),
        }
    }

    /// The words with what goes with them, as they stand in a chat.
    pub fn said(&self, text: &str) -> String {
        let mut said = text.trim().to_owned();
        for one in &self.attachments {
            said.push('\n');
            said.push_str(one.title.trim());
            said.push(' ');
            said.push_str(&one.url);
        }
        said
    }
}

/// What is known of a group when its turn comes.
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    /// Whether it was closed.
    pub archived: bool,
    /// The profile of the account that sees it.
    pub profile: Option<Profile>,
    /// The way to it.
    pub means: Means,
    /// Posts that it got on that civil day, and those planned for it.
    pub posts: i64,
    /// How many a group gets on one day at most.
    pub cap: i64,
    /// Of these, so many through the network's own 群发.
    pub handed: i64,
    /// The end of the quiet hours, if it is night.
    pub quiet: Option<Timestamp>,
    /// Whether a complaint is open in it.
    pub complaint: bool,
    /// Whether somebody is there who can be asked.
    pub staffed: bool,
    /// A variable of the text for which the store says nothing.
    pub missing: Option<&'a str>,
}

/// What is done about a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// The channel does it.
    Send,
    /// A person is asked, since the mode says so or for this reason.
    Ask(Option<Obstacle>),
    /// It waits until then.
    Wait(Timestamp, Reason),
    /// It is left out.
    Skip(Reason),
}

/// Why a group waits or is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was closed.
    Archived,
    /// It has had its posts for the day.
    Cap,
    /// The network lets no more through on that day.
    Quota,
    /// It is night.
    Quiet,
    /// A complaint is open, and this one sells.
    Complaint,
    /// A variable has no value.
    Variable,
    /// Nobody is there to send it.
    Nobody,
    /// It waited too long.
    Late,
}

impl Reason {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::Archived,
        Self::Cap,
        Self::Quota,
        Self::Quiet,
        Self::Complaint,
        Self::Variable,
        Self::Nobody,
        Self::Late,
    ];

    /// Code of the sentence in the catalogue `broadcast`.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Archived => "broadcast.why.archived",
            Self::Cap => "broadcast.why.cap",
            Self::Quota => "broadcast.why.quota",
            Self::Quiet => "broadcast.why.quiet",
            Self::Complaint => "broadcast.why.complaint",
            Self::Variable => "broadcast.why.variable",
            Self::Nobody => "broadcast.why.nobody",
            Self::Late => "broadcast.why.late",
        }
    }
}

/// The limit that a quota of a profile stands under in `limits/`.
pub const fn limit_code(profile: Profile) -> Option<&'static str> {
    match profile {
        Profile::WecomPlain | Profile::WecomArchive => Some("wecom_broadcast_group"),
        Profile::Telegram | Profile::Full => Some("telegram_group_minute"),
        _ => None,
    }
}

/// How many times a day the network's own 群发 reaches one group.
fn daily_quota(profile: Profile) -> Option<i64> {
    profile
        .quotas()
        .iter()
        .find(|quota| {
            quota.capability == Capability::BroadcastTask
                && quota.per == QuotaPer::Group
                && i64::from(quota.seconds) * 1_000 == DAY
        })
        .map(|quota| i64::from(quota.count))
}

/// What the network has to be able to do for a mode; `None` where people do it.
pub const fn needs(mode: Mode) -> Option<Capability> {
    match mode {
        Mode::Auto => Some(Capability::PostGroup),
        Mode::Task => Some(Capability::BroadcastTask),
        Mode::Announce => Some(Capability::Announce),
        Mode::Paste => None,
    }
}

/// The mode that suits what an account can do: the one with the least work for people.
pub const fn suits(can: Capabilities) -> Mode {
    if can.can(Capability::PostGroup) {
        Mode::Auto
    } else if can.can(Capability::BroadcastTask) {
        Mode::Task
    } else {
        Mode::Paste
    }
}

/// What is done about a group.
///
/// What can never be mended goes first, then what mends itself, then limits: a group that is asleep
/// is not told that its day is full. req: 003-069, 003-110, 003-120
pub fn decide(mode: Mode, selling: bool, here: &Standing<'_>, now: Timestamp) -> Course {
    if here.archived {
        return Course::Skip(Reason::Archived);
    }
    if here.missing.is_some() {
        return Course::Skip(Reason::Variable);
    }
    if let Some(end) = here.quiet {
        return Course::Wait(end, Reason::Quiet);
    }
    if here.posts >= here.cap {
        return Course::Skip(Reason::Cap);
    }
    let in_the_way = needs(mode).map(|needs| obstacle(needs, &here.means));
    if let (Mode::Task, Some(None), Some(profile)) = (mode, in_the_way, here.profile)
        && daily_quota(profile).is_some_and(|most| here.handed >= most)
    {
        return Course::Skip(Reason::Quota);
    }
    let course = match in_the_way {
        Some(None) => Course::Send,
        Some(found) => Course::Ask(found),
        None => Course::Ask(None),
    };
    if matches!(course, Course::Ask(_)) && !here.staffed {
        return Course::Skip(Reason::Nobody);
    }
    if selling && here.complaint {
        return Course::Wait(now.plus(LOOK_AGAIN), Reason::Complaint);
    }
    course
}

/// How long it takes to say something to `groups` groups through one account, in minutes.
pub const fn minutes(groups: i64, per_minute: i64) -> i64 {
    if groups <= 0 {
        0
    } else {
        (groups + per_minute - 1) / per_minute
    }
}

/// Checks that a broadcast may go from one state to another.
///
/// # Errors
/// [`BroadcastError::State`].
pub fn step(from: State, to: State) -> Result<(), BroadcastError> {
    use State::{Done, Draft, Paused, Running, Scheduled, Stopped};
    let allowed = matches!(
        (from, to),
        (Draft, Scheduled)
            | (Scheduled, Draft | Running | Paused | Stopped)
            | (Running, Paused | Stopped | Done)
            | (Paused, Running | Scheduled | Stopped)
            // Tasks that people have not done yet can still be taken back.
            | (Done, Stopped)
    );
    if allowed {
        Ok(())
    } else {
        Err(BroadcastError::State(from))
    }
}

/// Why a broadcast cannot be kept or led so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BroadcastError {
    /// Without a name, or with a long one.
    #[error("a broadcast needs a name of at most {NAME_LENGTH} characters")]
    Name,
    /// Without words, or with too many.
    #[error("a broadcast needs 1 to {LENGTH} characters of text, this one has {0}")]
    Text(usize),
    /// It names something that is not known.
    #[error("the text names {{{{{name}}}}}, which is not known: one of {}, {}", GROUP_VARIABLES.join(", "), STORE_VARIABLES.join(", "))]
    Variable {
        /// What it names.
        name: String,
    },
    /// Too many.
    #[error("at most {ATTACHMENTS} attachments")]
    Attachments,
    /// No title, or no address that a chat opens.
    #[error("attachment {0} needs a title and an address that begins with https://")]
    Attachment(usize),
    /// Too slow or too fast.
    #[error("1 to {FASTEST} messages a minute")]
    Rate,
    /// Too many named.
    #[error("at most {NAMED} groups can be named one by one: use branches or kinds")]
    Groups,
    /// In the past, or too far ahead.
    #[error("the time lies in the past, or more than a year ahead")]
    When,
    /// A branch or group that is not there.
    #[error("there is no branch or group called {0:?}")]
    Unknown(String),
    /// No group is left.
    #[error("no group fits: loosen the conditions")]
    Nobody,
    /// What a store says under a name is too long.
    #[error("what a store says under {0} has at most 200 characters")]
    Value(String),
    /// Claims that an advert may not make stand in it.
    #[error(
        "the text says {0:?}, which an advert may not: change it, or say on what grounds it stands"
    )]
    Claim(String),
    /// It stands where this cannot be done.
    #[error("the broadcast is {0}: that cannot be done now")]
    State(State),
    /// It has changed meanwhile.
    #[error("the broadcast has changed meanwhile: look at it again")]
    Changed,
    /// Reminded often enough.
    #[error("those who have not sent were reminded {NUDGES} times within 24 hours")]
    Nudged,
    /// Nobody has anything left to send.
    #[error("nobody has anything left to send")]
    NobodyLate,
}

impl Rule for BroadcastError {
    fn code(&self) -> &'static str {
        match self {
            Self::Name => "broadcast.name",
            Self::Text(_) => "broadcast.text",
            Self::Variable { .. } => "broadcast.variable",
            Self::Attachments => "broadcast.attachments",
            Self::Attachment(_) => "broadcast.attachment",
            Self::Rate => "broadcast.rate",
            Self::Groups => "broadcast.groups",
            Self::When => "broadcast.when",
            Self::Unknown(_) => "broadcast.unknown",
            Self::Nobody => "broadcast.nobody",
            Self::Value(_) => "broadcast.value",
            Self::Claim(_) => "broadcast.claim",
            Self::State(_) => "broadcast.state",
            Self::Changed => "broadcast.changed",
            Self::Nudged => "broadcast.nudged",
            Self::NobodyLate => "broadcast.nobody_late",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::State(_) | Self::Changed | Self::NobodyLate => Class::Conflict,
            Self::Nudged => Class::Limit,
            _ => Class::Invalid,
        }
    }
    fn at(&self) -> Option<String> {
        Some(match self {
            Self::Name => "name".to_owned(),
            Self::Text(_) | Self::Variable { .. } | Self::Claim(_) => "text".to_owned(),
            Self::Attachments => "attachments".to_owned(),
            Self::Attachment(index) => format!("attachments.{index}"),
            Self::Rate => "per_minute".to_owned(),
            Self::Groups | Self::Unknown(_) | Self::Nobody => "reach".to_owned(),
            Self::When => "at".to_owned(),
            Self::Value(name) => name.clone(),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_780_000_000_000);

    fn draft() -> Draft {
        Draft {
            name: "周六抢购预告".to_owned(),
            reach: Reach::default(),
            text: "{{store}}周六 20:00 抢购，取货 {{pickup}}".to_owned(),
            attachments: vec![],
            mode: Mode::Task,
            selling: true,
            at: None,
            per_minute: 20,
            grounds: String::new(),
        }
    }

    fn here(profile: Profile) -> Standing<'static> {
        Standing {
            archived: false,
            profile: Some(profile),
            means: Means {
                profile: Some(profile.capabilities()),
                accepted: true,
                rights: None,
                known: true,
            },
            posts: 0,
            cap: 3,
            handed: 0,
            quiet: None,
            complaint: false,
            staffed: true,
            missing: None,
        }
    }

    #[test]
    fn what_an_operator_writes_is_checked_field_by_field() {
        assert_eq!(draft().check(NOW), Ok(()));
        let with = |change: &dyn Fn(&mut Draft)| {
            let mut one = draft();
            change(&mut one);
            let refused = one.check(NOW).unwrap_err();
            (refused.code(), refused.at().unwrap_or_default())
        };
        let name = with(&|one| one.name = "  ".to_owned());
        assert_eq!(name, ("broadcast.name", "name".to_owned()));
        let long = with(&|one| one.text = "长".repeat(4_001));
        assert_eq!(long.0, "broadcast.text");
        let unknown = with(&|one| one.text = "{{price}}".to_owned());
        assert_eq!(unknown, ("broadcast.variable", "text".to_owned()));
        let link = |url: &str| Attachment {
            title: "清单".to_owned(),
            url: url.to_owned(),
        };
        let bad = with(&|one| one.attachments = vec![link("https://a.cn"), link("javascript:x")]);
        assert_eq!(bad, ("broadcast.attachment", "attachments.1".to_owned()));
        let many = with(&|one| one.attachments = vec![link("https://a.cn"); 10]);
        assert_eq!(many.0, "broadcast.attachments");
        let past = with(&|one| one.at = Some(NOW.plus(-HOUR)));
        assert_eq!(past, ("broadcast.when", "at".to_owned()));
        assert_eq!(with(&|one| one.per_minute = 0).0, "broadcast.rate");
        let mut one = draft();
        one.attachments = vec![link("https://a.cn/1")];
        assert_eq!(one.said(" 看这里 "), "看这里\n清单 https://a.cn/1");
    }

    // req: 003-069
    #[test]
    fn the_network_that_lets_one_through_a_day_is_told_of_before() {
        let wecom = here(Profile::WecomPlain);
        assert_eq!(decide(Mode::Task, false, &wecom, NOW), Course::Send);
        let again = Standing {
            posts: 1,
            handed: 1,
            ..wecom.clone()
        };
        let full = Course::Skip(Reason::Quota);
        assert_eq!(decide(Mode::Task, false, &again, NOW), full);
        assert_eq!(
            decide(Mode::Paste, false, &again, NOW),
            Course::Ask(None),
            "a person may still paste it"
        );
        let matrix = Standing {
            posts: 1,
            handed: 1,
            ..here(Profile::Matrix)
        };
        assert_eq!(decide(Mode::Auto, false, &matrix, NOW), Course::Send);
        assert_eq!(
            limit_code(Profile::WecomPlain),
            Some("wecom_broadcast_group")
        );
    }

    // req: 003-110, 003-120
    #[test]
    fn a_group_gets_so_many_posts_a_day_whatever_the_way() {
        let full = Standing {
            posts: 3,
            ..here(Profile::Matrix)
        };
        for mode in [Mode::Auto, Mode::Task, Mode::Paste, Mode::Announce] {
            assert_eq!(decide(mode, false, &full, NOW), Course::Skip(Reason::Cap));
        }
    }

    #[test]
    fn what_a_channel_cannot_do_is_asked_of_a_person_or_left() {
        let plain = here(Profile::WecomPlain);
        let post = Obstacle::Cannot(Capability::PostGroup);
        assert_eq!(
            decide(Mode::Auto, false, &plain, NOW),
            Course::Ask(Some(post))
        );
        let alone = Standing {
            staffed: false,
            ..plain
        };
        let nobody = Course::Skip(Reason::Nobody);
        assert_eq!(decide(Mode::Auto, false, &alone, NOW), nobody);
        assert_eq!(decide(Mode::Task, false, &alone, NOW), Course::Send);
        assert_eq!(suits(Profile::Full.capabilities()), Mode::Auto);
        assert_eq!(suits(Profile::WecomPlain.capabilities()), Mode::Task);
        assert_eq!(suits(Profile::WechatPersonal.capabilities()), Mode::Paste);
    }

    #[test]
    fn nights_and_complaints_are_waited_for() {
        let morning = NOW.plus(8 * HOUR);
        let night = Standing {
            quiet: Some(morning),
            ..here(Profile::Matrix)
        };
        let wait = Course::Wait(morning, Reason::Quiet);
        assert_eq!(decide(Mode::Auto, false, &night, NOW), wait);
        let unhappy = Standing {
            complaint: true,
            ..here(Profile::Matrix)
        };
        assert_eq!(decide(Mode::Auto, false, &unhappy, NOW), Course::Send);
        let later = Course::Wait(NOW.plus(LOOK_AGAIN), Reason::Complaint);
        assert_eq!(decide(Mode::Auto, true, &unhappy, NOW), later);
        let missing = Standing {
            missing: Some("pickup"),
            ..night
        };
        let left = Course::Skip(Reason::Variable);
        assert_eq!(decide(Mode::Auto, false, &missing, NOW), left);
    }

    #[test]
    fn a_broadcast_that_ended_stays_ended() {
        for from in State::ALL {
            for to in State::ALL {
                if matches!(from, State::Done | State::Stopped) && *to != State::Stopped {
                    assert_eq!(step(*from, *to), Err(BroadcastError::State(*from)));
                }
            }
        }
        assert_eq!(step(State::Draft, State::Scheduled), Ok(()));
        assert_eq!(step(State::Done, State::Stopped), Ok(()));
        assert!(step(State::Stopped, State::Stopped).is_err());
        assert_eq!(step(State::Running, State::Paused), Ok(()));
        assert_eq!(step(State::Paused, State::Running), Ok(()));
        assert!(step(State::Draft, State::Running).is_err());
        assert_eq!((minutes(0, 20), minutes(21, 20)), (0, 2));
    }
}
