//! Groups: what one is for, how it lives, and when it ends.
//!
//! A group has a purpose, a stage of life, two sizes (an advisable one and the channel's limit), a
//! way to earn or the explicit word that it has none, an announcement of four sections, and a name
//! that follows the house rule. req: 001-032, 001-033, 002-023, 004-073

use serde::{Deserialize, Serialize};

use crate::{
    error::{Class, Rule},
    id::BranchId,
    time::{DAY, Date, Timestamp},
    words,
};

words! {
    /// How long a group is meant to live.
    pub enum Term {
        /// Permanent, low effort.
        Long = "long",
        /// A goal, an end date, dissolved afterwards.
        Short = "short",
    }
}
words! {
    /// How people are connected in it.
    pub enum Shape {
        /// Everyone shares.
        Sharing = "sharing",
        /// An expert answers.
        Expert = "expert",
    }
}
words! {
    /// Who runs it. req: 004-073
    pub enum Ownership {
        /// Our own staff.
        Direct = "direct",
        /// A partner.
        Partner = "partner",
    }
}
words! {
    /// What its members have in common. req: 002-023
    pub enum Audience {
        /// Customers and fans of the shop.
        Customer = "customer",
        /// Users of a product.
        Product = "product",
        /// Learners of a subject.
        Knowledge = "knowledge",
    }
}
words! {
    /// The use it is put to, which sets its defaults (trade.md 6, 13).
    pub enum Scene {
        /// 福利群: deals.
        Welfare = "welfare",
        /// 门店群: the store's neighbours.
        Store = "store",
        /// 下午茶群: ordering together.
        Tea = "tea",
        /// 宝妈群: parents.
        Parents = "parents",
        /// 付费群: members paid to be here.
        Paid = "paid",
        /// 训练营: a course with a beginning and an end.
        Training = "training",
    }
}
words! {
    /// Where in its life a group stands. req: 001-032
    pub enum Stage {
        /// Being set up, or younger than two weeks.
        Launch = "launch",
        /// More people speak than before.
        Growth = "growth",
        /// At its height.
        Peak = "peak",
        /// Fewer people speak than before.
        Decline = "decline",
        /// Past its planned end, or archived.
        End = "end",
    }
}
words! {
    /// How the group earns. An unset path stops publication. req: 001-033
    pub enum Monetisation {
        /// Deliberately nothing.
        None = "none",
        /// Members pay to be in it.
        Fee = "fee",
        /// It is free and sells goods.
        Goods = "goods",
        /// Sponsors pay.
        Sponsor = "sponsor",
    }
}
words! {
    /// What a person is in one group.
    pub enum Standing {
        /// 群主.
        Owner = "owner",
        /// 管理员.
        Admin = "admin",
        /// Member.
        Member = "member",
        /// Our staff.
        Staff = "staff",
        /// A program.
        Bot = "bot",
    }
}
words! {
    /// What a member of staff answers for in a group. req: 000-037
    pub enum Duty {
        /// 主持: the host.
        Host = "host",
        /// 客服: answers members.
        Service = "service",
        /// 管理员: keeps order.
        Admin = "admin",
        /// 谈判: deals with partners.
        Negotiation = "negotiation",
        /// 供给: has the goods.
        Supply = "supply",
        /// 执行: does the work.
        Execution = "execution",
        /// 技能: a special skill.
        Specialist = "specialist",
    }
}
words! {
    /// A list an operator opens every morning (trade.md 4).
    pub enum View {
        /// 群内员工不足2人.
        StaffShort = "staff_short",
        /// 只有一个管理员.
        OneAdmin = "one_admin",
        /// 7天没发内容.
        Silent7d = "silent_7d",
        /// 群码3天内失效.
        CodeExpiring = "code_expiring",
        /// 重复进群客户.
        RepeatMembers = "repeat_members",
        /// 群名不合规.
        NameOff = "name_off",
        /// 已过计划结束日.
        PastEnd = "past_end",
    }
}

/// Fewest staff a group should have (trade.md 4).
pub const STAFF_WANTED: i64 = 2;
/// Advisable size of a group, lower and upper.
pub const ADVISABLE_SIZE: (i64, i64) = (200, 300);
/// How many people can still scan into a group on WeCom and WeChat (trade.md 4).
pub const SCAN_CAPACITY: i64 = 200;

impl Audience {
    /// Whether contribution is held against the 50 % mark rather than the median of the kind.
    pub const fn is_for_sharing(self) -> bool {
        matches!(self, Self::Knowledge)
    }
}

/// The four sections of an announcement. req: 001-056, 001-057, 001-058, 001-059, 001-060
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// What the group is for.
    pub theme: String,
    /// What members get.
    pub services: String,
    /// What is forbidden, and what follows.
    pub forbidden: String,
    /// What is welcome, and what it earns.
    pub encouraged: String,
}

impl Announcement {
    /// The sections that are still empty, by name.
    pub fn missing(&self) -> Vec<&'static str> {
        [
            ("theme", &self.theme),
            ("services", &self.services),
            ("forbidden", &self.forbidden),
            ("encouraged", &self.encouraged),
        ]
        .into_iter()
        .filter(|(_, text)| text.trim().is_empty())
        .map(|(name, _)| name)
        .collect()
    }
}

/// Whether a name follows the house rule `{store}{purpose}{number}` (trade.md 4): it begins with
/// the branch's name and ends with a number, optionally followed by 群. req: 003-010
pub fn name_follows_rule(name: &str, branch: &str) -> bool {
    let name = name.trim();
    let Some(rest) = name.strip_prefix(branch.trim()) else {
        return false;
    };
    let rest = rest.strip_suffix('群').unwrap_or(rest);
    let purpose = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    purpose.len() < rest.len() && !purpose.trim().is_empty()
}

/// The name that the house rule asks for.
pub fn name_by_rule(branch: &str, purpose: &str, number: u32) -> String {
    format!("{}{}{number}群", branch.trim(), purpose.trim())
}

/// What the stage of life is judged by.
#[derive(Clone, Copy, Debug)]
pub struct StageFacts {
    /// First day of the group.
    pub opened_on: Option<Date>,
    /// Planned last day.
    pub ends_on: Option<Date>,
    /// Today.
    pub today: Date,
    /// Whether it is archived.
    pub archived: bool,
    /// People who spoke in the last 7 days; `None` if the channel cannot show it.
    pub speakers_7d: Option<u32>,
    /// Mean of the same over the four weeks before.
    pub speakers_before: Option<f64>,
}

/// The stage of life: the end once archived or past the planned day, launch for 14 days, then by
/// the people who speak: a fifth more than the four-week mean is growth, a fifth fewer decline. Of
/// a mean of nobody, anybody is more, and nobody still is decline.
pub fn stage(facts: &StageFacts) -> Stage {
    if facts.archived || facts.ends_on.is_some_and(|end| end < facts.today) {
        return Stage::End;
    }
    if facts
        .opened_on
        .is_none_or(|day| facts.today.days_since(day) < 14)
    {
        return Stage::Launch;
    }
    match (facts.speakers_7d, facts.speakers_before) {
        (Some(now), Some(before)) => {
            let speakers = f64::from(now);
            if now > 0 && speakers >= before * 1.2 {
                Stage::Growth
            } else if speakers <= before * 0.8 {
                Stage::Decline
            } else {
                Stage::Peak
            }
        }
        _ => Stage::Peak,
    }
}

/// Facts about one card message, for the question whether a child pressed the button.
#[derive(Clone, Copy, Debug)]
pub struct CardFacts {
    /// It is a mini-programme card without a text of its own.
    pub bare_card: bool,
    /// Since when the sender is in the group.
    pub in_group_since: Timestamp,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Cards by the sender in the last 24 hours, this one included.
    pub cards_24h: u32,
    /// Strikes on record.
    pub strikes: u32,
}

/// 疑似误发 (trade.md 6): one bare card by somebody at least 7 days in the group without strikes.
/// It is asked about kindly and is no strike.
pub const fn is_mistaken_card(facts: &CardFacts) -> bool {
    facts.bare_card
        && facts.cards_24h == 1
        && facts.strikes == 0
        && facts.sent_at.since(facts.in_group_since) >= 7 * DAY
}

/// Why a group cannot be kept as described.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// No name.
    #[error("a group needs a name")]
    NameMissing,
    /// The name is longer than 100 characters.
    #[error("the name is longer than 100 characters")]
    NameLong,
    /// The sizes contradict each other.
    #[error("the advisable size runs from a smaller to a larger number, both above zero")]
    Size,
    /// A short-term group without an end.
    #[error("a short-term group needs a planned last day")]
    EndMissing,
    /// It would end before it began.
    #[error("the planned last day lies before the first")]
    EndBeforeOpening,
    /// No monetisation path and no explicit none.
    #[error("choose how the group earns, or say explicitly that it does not")]
    MonetisationMissing,
    /// The level of need runs from 1 to 5.
    #[error("the level of need is a number from 1 to 5")]
    NeedLevel,
    /// Nothing can be done to an archived group.
    #[error("the group is archived: bring it back first")]
    Archived,
    /// It is not archived.
    #[error("the group is not archived")]
    NotArchived,
    /// Several groups have this name.
    #[error("{0} groups are called {1:?}: give the id")]
    Ambiguous(usize, String),
}

impl Rule for GroupError {
    fn code(&self) -> &'static str {
        match self {
            Self::NameMissing => "group.name_missing",
            Self::NameLong => "group.name_long",
            Self::Size => "group.size",
            Self::EndMissing => "group.end_missing",
            Self::EndBeforeOpening => "group.end_before_opening",
            Self::MonetisationMissing => "group.monetisation_missing",
            Self::NeedLevel => "group.need_level",
            Self::Archived => "group.archived",
            Self::NotArchived => "group.not_archived",
            Self::Ambiguous(..) => "group.ambiguous",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Archived | Self::NotArchived => Class::Conflict,
            _ => Class::Invalid,
        }
    }
    fn at(&self) -> Option<String> {
        let field = match self {
            Self::NameMissing | Self::NameLong | Self::Ambiguous(..) => "name",
            Self::Size => "size_min",
            Self::EndMissing | Self::EndBeforeOpening => "ends_on",
            Self::MonetisationMissing => "monetisation",
            Self::NeedLevel => "need_level",
            Self::Archived | Self::NotArchived => return None,
        };
        Some(field.to_owned())
    }
}

/// What an operator says about a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupInput {
    /// Name as shown in the channel.
    pub name: String,
    /// The branch it belongs to; `None` = the root.
    pub branch_id: Option<BranchId>,
    /// The network it lives on.
    pub channel: String,
    /// One sentence: what it is for.
    pub purpose: String,
    /// Long or short term.
    pub term: Term,
    /// Sharing or expert-led.
    pub shape: Shape,
    /// Direct or partner-run.
    pub ownership: Ownership,
    /// Customer, product, knowledge.
    pub audience: Audience,
    /// The use it is put to.
    pub scene: Option<Scene>,
    /// Level of need, 1 (daily need) to 5 (self-realisation).
    pub need_level: Option<i64>,
    /// Stage set by hand; `None` = worked out.
    pub stage: Option<Stage>,
    /// Advisable size, lower.
    pub size_min: i64,
    /// Advisable size, upper.
    pub size_max: i64,
    /// How many can scan in on this channel.
    pub capacity: i64,
    /// First day.
    pub opened_on: Option<Date>,
    /// Planned last day.
    pub ends_on: Option<Date>,
    /// How it earns; `None` only where an import could not know.
    pub monetisation: Option<Monetisation>,
    /// The path in words.
    pub monetisation_note: String,
    /// Words its talk should be about.
    pub topic_terms: Vec<String>,
}

impl GroupInput {
    /// Checks everything an operator has to get right. `by_hand` asks for the monetisation path,
    /// which an import cannot know.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self, by_hand: bool) -> Result<(), GroupError> {
        if self.name.trim().is_empty() {
            return Err(GroupError::NameMissing);
        }
        if self.name.chars().count() > 100 {
            return Err(GroupError::NameLong);
        }
        if self.size_min < 1 || self.size_max < self.size_min || self.capacity < 1 {
            return Err(GroupError::Size);
        }
        if self
            .need_level
            .is_some_and(|level| !(1..=5).contains(&level))
        {
            return Err(GroupError::NeedLevel);
        }
        if by_hand && self.term == Term::Short && self.ends_on.is_none() {
            return Err(GroupError::EndMissing);
        }
        if let (Some(opened), Some(ends)) = (self.opened_on, self.ends_on)
            && ends < opened
        {
            return Err(GroupError::EndBeforeOpening);
        }
        if by_hand && self.monetisation.is_none() {
            return Err(GroupError::MonetisationMissing);
        }
        Ok(())
    }

    /// A group of which nothing but name and network is known: a long-term customer group.
    pub fn named(name: &str, channel: &str) -> Self {
        Self {
            name: name.to_owned(),
            branch_id: None,
            channel: channel.to_owned(),
            purpose: String::new(),
            term: Term::Long,
            shape: Shape::Sharing,
            ownership: Ownership::Direct,
            audience: Audience::Customer,
            scene: None,
            need_level: None,
            stage: None,
            size_min: ADVISABLE_SIZE.0,
            size_max: ADVISABLE_SIZE.1,
            capacity: SCAN_CAPACITY,
            opened_on: None,
            ends_on: None,
            monetisation: None,
            monetisation_note: String::new(),
            topic_terms: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// req: 003-010
    #[test]
    fn the_house_rule_of_names() {
        assert!(name_follows_rule("海岸城福利3群", "海岸城"));
        assert!(name_follows_rule("海岸城福利3", "海岸城"));
        assert!(name_follows_rule(&name_by_rule("西乡", "宝妈", 12), "西乡"));
        assert!(!name_follows_rule("福利3群", "海岸城"));
        assert!(!name_follows_rule("海岸城3群", "海岸城"));
        assert!(!name_follows_rule("海岸城福利群", "海岸城"));
    }

    /// req: 001-056, 001-057, 001-058, 001-059, 001-060
    #[test]
    fn an_announcement_has_four_sections() {
        let mut text = Announcement::default();
        assert_eq!(
            text.missing(),
            ["theme", "services", "forbidden", "encouraged"]
        );
        text.theme = "面包".into();
        text.services = "每周六抢购".into();
        text.forbidden = "广告".into();
        assert_eq!(text.missing(), ["encouraged"]);
    }

    /// req: 001-033
    #[test]
    fn a_group_by_hand_needs_a_path_and_a_short_one_an_end() {
        let mut group = GroupInput::named("海岸城福利1群", "wecom");
        assert_eq!(group.check(true), Err(GroupError::MonetisationMissing));
        assert_eq!(group.check(false), Ok(()));
        group.monetisation = Some(Monetisation::None);
        assert_eq!(group.check(true), Ok(()));
        group.term = Term::Short;
        assert_eq!(group.check(true), Err(GroupError::EndMissing));
        group.opened_on = Date::new(2026, 11, 20);
        group.ends_on = Date::new(2026, 11, 19);
        assert_eq!(group.check(true), Err(GroupError::EndBeforeOpening));
    }

    #[test]
    fn a_childs_card_is_not_a_strike() {
        let day = |n| Timestamp::from_ms(n * DAY);
        let card = CardFacts {
            bare_card: true,
            in_group_since: day(0),
            sent_at: day(7),
            cards_24h: 1,
            strikes: 0,
        };
        assert!(is_mistaken_card(&card));
        assert!(!is_mistaken_card(&CardFacts {
            sent_at: day(6),
            ..card
        }));
        assert!(!is_mistaken_card(&CardFacts {
            cards_24h: 2,
            ..card
        }));
        assert!(!is_mistaken_card(&CardFacts { strikes: 1, ..card }));
    }

    /// req: 001-032
    #[test]
    fn the_stage_follows_the_speakers() {
        let facts = StageFacts {
            opened_on: Date::new(2026, 1, 1),
            ends_on: None,
            today: Date::new(2026, 3, 1).unwrap(),
            archived: false,
            speakers_7d: Some(12),
            speakers_before: Some(10.0),
        };
        assert_eq!(stage(&facts), Stage::Growth);
        assert_eq!(
            stage(&StageFacts {
                speakers_7d: Some(8),
                ..facts
            }),
            Stage::Decline
        );
        assert_eq!(
            stage(&StageFacts {
                speakers_7d: Some(10),
                ..facts
            }),
            Stage::Peak
        );
        for (now, before, expected) in [
            (0, 0.0, Stage::Decline),
            (3, 0.0, Stage::Growth),
            (0, 2.5, Stage::Decline),
        ] {
            let facts = StageFacts {
                speakers_7d: Some(now),
                speakers_before: Some(before),
                ..facts
            };
            assert_eq!(stage(&facts), expected, "{now} after {before}");
        }
        assert_eq!(
            stage(&StageFacts {
                ends_on: Date::new(2026, 2, 1),
                ..facts
            }),
            Stage::End
        );
        assert_eq!(
            stage(&StageFacts {
                opened_on: Date::new(2026, 2, 20),
                ..facts
            }),
            Stage::Launch
        );
    }
}
