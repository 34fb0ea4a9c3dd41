//! What a playbook consists of, once it has been read and checked.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    calendar::Calendar,
    condition::Condition,
    when::{ClockTime, Shift, Span, When},
};
use crate::{
    capability::Capability,
    event::EventKind,
    member::Birthday,
    time::{Timestamp, Zone},
    words,
};

words! {
    /// What one run of a playbook is about.
    pub enum Subject {
        /// The whole organisation.
        Workspace = "workspace",
        /// One group.
        Group = "group",
        /// One person.
        Member = "member",
    }
}
words! {
    /// What makes a new run for the same subject; the same key never runs twice.
    pub enum Key {
        /// There is one, for ever.
        Once = "once",
        /// Each start by hand, named by the moment it is about.
        Start = "start",
        /// Each time the person comes into a group.
        Join = "join",
        /// Each order.
        Order = "order",
        /// Each thing that happened.
        Event = "event",
        /// Each year.
        Year = "year",
        /// Each month.
        Month = "month",
    }
}
words! {
    /// What an operator fills in.
    pub enum AskKind {
        /// Words.
        Text = "text",
        /// A whole number.
        Number = "number",
        /// An amount of money.
        Money = "money",
        /// A moment.
        Time = "time",
        /// A day.
        Day = "day",
        /// Groups.
        Groups = "groups",
        /// Branches.
        Branches = "branches",
        /// People of the house.
        Staff = "staff",
        /// People chosen by what is known of them.
        Segment = "segment",
        /// A thing for sale.
        Product = "product",
        /// A picture.
        Image = "image",
        /// One of several words.
        Choice = "choice",
    }
}
words! {
    /// What a step does.
    pub enum Deed {
        /// Says something.
        Say = "say",
        /// Asks a member of staff to do something.
        Task = "task",
        /// Puts a tag on people.
        Tag = "tag",
        /// Sets the announcement of groups.
        Announce = "announce",
        /// Sends figures to staff.
        Report = "report",
        /// Opens a group for the occasion.
        OpenGroup = "open_group",
        /// Closes a group well: farewell, archive, dissolve.
        CloseGroup = "close_group",
        /// Gives a coupon; a task with its text until coupons are built.
        Coupon = "coupon",
        /// Gives points; a task with its text until points are built.
        Points = "points",
        /// Hands out a poster; a task with its text until posters are built.
        Poster = "poster",
        /// Waits until a person says yes.
        Gate = "gate",
    }
}

impl Deed {
    /// Whether it becomes a task with a text until what it needs is built.
    pub const fn is_stub(self) -> bool {
        matches!(self, Self::Coupon | Self::Points | Self::Poster)
    }

    /// Whether it needs a text.
    pub const fn speaks(self) -> bool {
        !matches!(self, Self::Tag | Self::Report)
    }

    /// Whether groups see it as a post, which the cap counts.
    pub const fn is_post(self) -> bool {
        matches!(self, Self::Say | Self::Announce)
    }
}

words! {
    /// To whom.
    pub enum To {
        /// The groups chosen in the answer that `of` names.
        Groups = "groups",
        /// The group it is about, or the one that it opened.
        Group = "group",
        /// The person it is about.
        Member = "member",
        /// The people chosen in the answer that `of` names, in private.
        Segment = "segment",
        /// Those who bought since it began, in private.
        Buyers = "buyers",
        /// 主持.
        Host = "host",
        /// 客服.
        Service = "service",
        /// 库存: has the goods.
        Supply = "supply",
        /// 店长.
        Manager = "manager",
    }
}

impl To {
    /// Whether it is somebody of the house.
    pub const fn is_staff(self) -> bool {
        matches!(
            self,
            Self::Host | Self::Service | Self::Supply | Self::Manager
        )
    }

    /// Whether each gets it in private, so that it can say their name.
    pub const fn is_private(self) -> bool {
        matches!(self, Self::Member | Self::Segment | Self::Buyers)
    }
}

words! {
    /// By which way something is said in groups (trade.md 7).
    pub enum Mode {
        /// 自动: by the bot where the channel speaks, else as a task.
        Auto = "auto",
        /// 群发任务: counts against the network's quota.
        Broadcast = "broadcast",
        /// 群内手发: somebody copies and pastes it.
        Paste = "paste",
        /// 改群公告.
        Announce = "announce",
    }
}
words! {
    /// What taking a step back means.
    pub enum Undo {
        /// It cannot be taken back.
        None = "none",
        /// The message is taken back where the network can.
        Retract = "retract",
        /// The tag is taken off.
        Untag = "untag",
        /// The task is withdrawn.
        Withdraw = "withdraw",
        /// The group is brought back.
        Reopen = "reopen",
    }
}
words! {
    /// A figure of the report.
    pub enum Metric {
        /// Orders paid and not refunded.
        Orders = "orders",
        /// What they brought.
        Revenue = "revenue",
        /// People who bought for the first time.
        FirstBuyers = "first_buyers",
        /// People who bought again.
        RepeatBuyers = "repeat_buyers",
        /// People who came.
        Joined = "joined",
        /// People who left.
        Left = "left",
        /// People who wrote.
        Speakers = "speakers",
        /// People who answered what was said.
        Replies = "replies",
        /// People who read the rules.
        Acknowledged = "acknowledged",
        /// Tasks done of those due.
        TasksDone = "tasks_done",
        /// Sent of what should have been.
        Delivered = "delivered",
        /// Adverts seen.
        Adverts = "adverts",
        /// Appeals found right.
        AppealsUpheld = "appeals_upheld",
        /// Silent people who wrote or bought again.
        Woken = "woken",
        /// Answers collected.
        Answers = "answers",
    }
}
words! {
    /// What a figure is held against.
    pub enum Against {
        /// The same weekday, mean of four weeks.
        SameWeekday = "same_weekday",
        /// The equally long time before.
        Before = "before",
        /// Those who were held out.
        HoldOut = "hold_out",
        /// The target among the answers.
        Target = "target",
        /// Nothing.
        Nothing = "nothing",
    }
}

/// A text in the three languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Words {
    /// 简体中文.
    #[serde(rename = "zh-Hans")]
    pub zh_hans: String,
    /// 繁體中文.
    #[serde(rename = "zh-Hant")]
    pub zh_hant: String,
    /// English.
    pub en: String,
}

impl Words {
    /// The text in the language of this tag; of another, in zh-Hans.
    pub fn of(&self, tag: &str) -> &str {
        match tag {
            "zh-Hant" => &self.zh_hant,
            "en" => &self.en,
            _ => &self.zh_hans,
        }
    }

    /// The three texts with their tags.
    pub fn each(&self) -> [(&'static str, &str); 3] {
        [
            ("zh-Hans", &self.zh_hans),
            ("zh-Hant", &self.zh_hant),
            ("en", &self.en),
        ]
    }
}

/// The answer to a question where none is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Usual {
    /// As it would be written; several words for a list.
    Plain(Vec<String>),
    /// In the three languages.
    Said(Words),
}

/// One of the answers to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The word that is kept and that conditions name.
    pub word: String,
    /// What people read, also in texts.
    pub label: Words,
}

/// A question to the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ask {
    /// The answer's name.
    pub key: String,
    /// What kind of answer.
    pub kind: AskKind,
    /// The question.
    pub label: Words,
    /// What helps to answer it.
    pub hint: Option<Words>,
    /// What to choose from.
    pub choices: Vec<Choice>,
    /// The answer where none is given.
    pub default: Option<Usual>,
    /// Whether it has to be answered.
    pub required: bool,
    /// How long before it one should start, in milliseconds; else steps are left out.
    pub ahead_ms: i64,
    /// What an answer has to satisfy, as conditions on `value`.
    pub check: Vec<Condition>,
}

/// What starts a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Trigger {
    /// A person.
    Hand {
        /// The answer that says which moment it is about.
        anchor: Option<String>,
    },
    /// Something happened.
    Event {
        /// What.
        event: EventKind,
        /// If so.
        #[serde(rename = "if")]
        conditions: Vec<Condition>,
    },
    /// The calendar, or a birthday.
    Schedule {
        /// The moment it is about.
        at: When,
        /// How long before it the run begins, in milliseconds.
        lead_ms: i64,
        /// If so.
        #[serde(rename = "if")]
        conditions: Vec<Condition>,
    },
}

/// When a step is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// By a moment or by the calendar.
    At(When),
    /// When something happens to the subject.
    On(EventKind),
    /// After another step, or after the phase began.
    After {
        /// The step; `None` = the beginning of the phase.
        step: Option<String>,
        /// How long after.
        #[serde(skip)]
        shift: Shift,
        /// At what time of that day.
        #[serde(skip)]
        clock: Option<ClockTime>,
    },
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its name, of which there is one in the playbook.
    pub id: String,
    /// When.
    pub due: Due,
    /// Only if all of these hold when it is due.
    #[serde(rename = "if")]
    pub conditions: Vec<Condition>,
    /// Only for those addressees of whom all of these hold.
    pub only: Vec<Condition>,
    /// What it does.
    #[serde(rename = "do")]
    pub deed: Deed,
    /// To whom.
    pub to: To,
    /// The answer that names the groups or people.
    pub of: Option<String>,
    /// By which way.
    pub mode: Option<Mode>,
    /// The text's name.
    pub copy: Option<String>,
    /// The answer that is the picture beside the text.
    pub image: Option<String>,
    /// The tag that is put.
    pub tag: Option<String>,
    /// The answer that says what a coupon is worth or how many points it is.
    pub value: Option<String>,
    /// How often at most in one run.
    pub cap: Option<u32>,
    /// How long after its time it may still be done, in milliseconds; `None` = always.
    pub expires_ms: Option<i64>,
    /// What taking it back means.
    pub undo: Undo,
}

/// A stretch of steps with one aim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// Its name, of which there is one in the playbook.
    pub id: String,
    /// What people call it.
    pub name: Words,
    /// When it begins; `None` = with the run.
    pub from: Option<When>,
    /// When it ends; `None` = with its last step.
    pub until: Option<When>,
    /// Its steps are done only if all of these hold.
    pub enter: Vec<Condition>,
    /// Once all of these hold the rest of it is left out; none = never.
    pub exit: Vec<Condition>,
    /// What is done.
    pub steps: Vec<Step>,
}

/// What must be so before the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Precondition {
    /// Its name.
    pub id: String,
    /// What must hold; none = a person has to say that it is so.
    #[serde(rename = "if")]
    pub conditions: Vec<Condition>,
    /// Why.
    pub reason: Words,
    /// Whether one may start in spite of it.
    pub warn: bool,
}

/// A figure of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// Its name.
    pub id: String,
    /// What people call it.
    pub name: Words,
    /// Which figure.
    pub of: Metric,
    /// Held against what.
    pub against: Against,
}

/// A playbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Playbook {
    /// Its name.
    pub id: String,
    /// Its version; a run keeps the one it began with.
    pub version: u32,
    /// What people call it.
    pub title: Words,
    /// What it is for.
    pub aim: Words,
    /// The requirements it comes from.
    pub requirements: Vec<String>,
    /// What the channel should be able to do; the rest becomes tasks.
    pub needs: Vec<Capability>,
    /// What one run is about.
    pub subject: Subject,
    /// What makes a new run.
    pub key: Key,
    /// Posts a group gets on one civil day at most.
    pub cap: u32,
    /// The same for the group that it opens for the occasion.
    pub event_cap: u32,
    /// What an operator fills in.
    pub asks: Vec<Ask>,
    /// What starts it.
    pub triggers: Vec<Trigger>,
    /// What is done.
    pub phases: Vec<Phase>,
    /// What must be so before.
    pub checks: Vec<Precondition>,
    /// What its report shows.
    pub measures: Vec<Measure>,
    /// What is said.
    pub texts: BTreeMap<String, Words>,
}

/// A moment of the calendar at which a run begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Which trigger.
    pub trigger: usize,
    /// The moment it is about: the anchor `start`.
    pub at: Timestamp,
    /// When the run begins.
    pub begins_at: Timestamp,
}

impl Playbook {
    /// All steps with their phases, in the order in which they are written.
    pub fn steps(&self) -> impl Iterator<Item = (&Phase, &Step)> {
        self.phases
            .iter()
            .flat_map(|phase| phase.steps.iter().map(move |step| (phase, step)))
    }

    /// The step of that name.
    pub fn step(&self, id: &str) -> Option<(&Phase, &Step)> {
        self.steps().find(|(_, step)| step.id == id)
    }

    /// The question of that name.
    pub fn ask(&self, key: &str) -> Option<&Ask> {
        self.asks.iter().find(|ask| ask.key == key)
    }

    /// Whether it opens a group for the occasion.
    pub fn opens_group(&self) -> bool {
        self.steps().any(|(_, step)| step.deed == Deed::OpenGroup)
    }

    /// The runs that the calendar begins from `from` (inclusive) to `to` (exclusive), for a subject
    /// with this birthday, earliest first.
    pub fn starts(
        &self,
        from: Timestamp,
        to: Timestamp,
        zone: &Zone,
        birthday: Option<Birthday>,
        calendar: &dyn Calendar,
    ) -> Vec<Start> {
        let mut starts = Vec::new();
        for (index, trigger) in self.triggers.iter().enumerate() {
            if let Trigger::Schedule { at, lead_ms, .. } = trigger {
                let span = Span {
                    from: from.plus(*lead_ms),
                    to: to.plus(*lead_ms),
                    origin: from,
                };
                starts.extend(at.within(span, zone, birthday, calendar).into_iter().map(
                    |moment| Start {
                        trigger: index,
                        at: moment,
                        begins_at: moment.plus(-lead_ms),
                    },
                ));
            }
        }
        starts.sort_by_key(|start| (start.begins_at, start.trigger));
        starts
    }

    /// The key of a run about the moment `at`, started by what is called `cause` (the id of the
    /// join, order or event).
    pub fn key_of(&self, at: Timestamp, cause: &str, zone: &Zone) -> String {
        let (year, month, _) = zone.day(at).parts();
        match self.key {
            Key::Once => "once".to_owned(),
            Key::Start => at.to_string(),
            Key::Join | Key::Order | Key::Event => cause.to_owned(),
            Key::Year => year.to_string(),
            Key::Month => format!("{year}-{month:02}"),
        }
    }
}
