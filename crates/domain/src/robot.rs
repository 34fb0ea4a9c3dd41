//! Robots in staff chats: when somebody is told of a task there.
//!
//! A task is told when it comes up, again shortly before it is due, once more when it is overdue,
//! and to whoever it was handed over to. What is not urgent waits for working hours, and a robot
//! speaks at most as often as its network lets it.

use std::{fmt, str::FromStr};

use crate::{
    error::{Class, Rule},
    id::StaffId,
    task::Level,
    time::{DAY, HOUR, MINUTE, Timestamp, Zone},
    words,
};

words! {
    /// Whose robot it is.
    pub enum RobotKind {
        /// 企业微信 group robot.
        Wecom = "wecom",
        /// 飞书 custom bot, or Lark's.
        Feishu = "feishu",
        /// 钉钉 custom robot.
        Dingtalk = "dingtalk",
    }
}

impl RobotKind {
    /// How many messages a minute each robot may send.
    pub const fn a_minute(self) -> i64 {
        match self {
            Self::Wecom | Self::Dingtalk => 20,
            Self::Feishu => 100,
        }
    }

    /// Whether its messages can be signed with a secret.
    pub const fn signs(self) -> bool {
        match self {
            Self::Wecom => false,
            Self::Feishu | Self::Dingtalk => true,
        }
    }
}

words! {
    /// How a robot stands.
    pub enum RobotState {
        /// Its last message was taken.
        Ready = "ready",
        /// Its last message was refused; somebody has to see to it.
        Failed = "failed",
        /// Taken out of use.
        Removed = "removed",
    }
}

/// Why a robot cannot be kept so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RobotError {
    /// Without a name, or with a long one.
    #[error("a robot needs a name of at most 100 characters")]
    Name,
    /// The address is none, or leads to a place that is not public.
    #[error("the address begins with https:// and leads to a public server")]
    Address,
    /// This kind is not signed with a secret.
    #[error("robots of this kind have no secret: leave it out")]
    Secret,
}

impl Rule for RobotError {
    fn code(&self) -> &'static str {
        match self {
            Self::Name => "robot.name",
            Self::Address => "robot.address",
            Self::Secret => "robot.secret",
        }
    }
    fn class(&self) -> Class {
        Class::Invalid
    }
    fn at(&self) -> Option<String> {
        Some(
            match self {
                Self::Name => "name",
                Self::Address => "address",
                Self::Secret => "secret",
            }
            .to_owned(),
        )
    }
}

/// What a task is told for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// It came up.
    New,
    /// It is due soon.
    Soon,
    /// It is overdue.
    Late,
    /// It was handed over, for the n-th time.
    Handed(u32),
    /// Somebody reminds whoever has not done it, for the n-th time.
    Nudged(u32),
}

impl Occasion {
    /// The word without a number.
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Soon => "soon",
            Self::Late => "late",
            Self::Handed(_) => "handed",
            Self::Nudged(_) => "nudged",
        }
    }
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handed(n) => write!(f, "handed:{n}"),
            Self::Nudged(n) => write!(f, "nudged:{n}"),
            other => f.write_str(other.word()),
        }
    }
}

impl FromStr for Occasion {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "new" => Ok(Self::New),
            "soon" => Ok(Self::Soon),
            "late" => Ok(Self::Late),
            other => {
                let (word, number) = other.split_once(':').ok_or(())?;
                let number = number.parse().map_err(|_| ())?;
                match word {
                    "handed" => Ok(Self::Handed(number)),
                    "nudged" => Ok(Self::Nudged(number)),
                    _ => Err(()),
                }
            }
        }
    }
}

/// Hour at which staff begin to be told of what is not urgent.
pub const WORK_BEGINS: u8 = 9;
/// Hour from which they are left alone.
pub const WORK_ENDS: u8 = 21;
/// How long before its deadline a task is told again at most, in milliseconds.
const AHEAD: i64 = 30 * MINUTE;
/// A task that has less time than this altogether is not told again before it is due.
const SHORT: i64 = 20 * MINUTE;

/// A task as far as telling it is concerned.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    /// How pressing it is.
    pub level: Level,
    /// When it came up.
    pub created_at: Timestamp,
    /// Until when it is to be done.
    pub due_at: Option<Timestamp>,
    /// Who is to do it.
    pub assignee: Option<StaffId>,
}

/// What was told already.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// For what.
    pub occasion: Occasion,
    /// To whom.
    pub assignee: Option<StaffId>,
    /// When it was noted.
    pub at: Timestamp,
}

/// For what a task is to be told next, if it is; and when.
pub fn next(
    task: &Telling,
    told: &[Told],
    zone: &Zone,
    now: Timestamp,
) -> Option<(Occasion, Timestamp)> {
    let at = if task.level == Level::Urgent {
        now
    } else {
        working(zone, now)
    };
    let Some(last) = told.iter().max_by_key(|one| one.at) else {
        return Some((Occasion::New, at));
    };
    if task.assignee.is_some() && task.assignee != last.assignee {
        let handed = told
            .iter()
            .filter(|one| matches!(one.occasion, Occasion::Handed(_)))
            .count();
        let number = u32::try_from(handed).unwrap_or(u32::MAX).saturating_add(1);
        return Some((Occasion::Handed(number), at));
    }
    let due = task.due_at?;
    let was = |occasion| told.iter().any(|one| one.occasion == occasion);
    if now >= due {
        return (!was(Occasion::Late)).then_some((Occasion::Late, at));
    }
    let time = due.since(task.created_at);
    let soon = due.plus(-(time / 4).min(AHEAD));
    // Whoever was told only now needs no reminder.
    let fresh = now.since(last.at) < SHORT / 2;
    (now >= soon && time >= SHORT && !fresh && at < due && !was(Occasion::Soon))
        .then_some((Occasion::Soon, at))
}

/// The instant itself if it lies in working hours, else when the next ones begin.
pub fn working(zone: &Zone, at: Timestamp) -> Timestamp {
    let hour = zone.hour(at);
    if (WORK_BEGINS..WORK_ENDS).contains(&hour) {
        return at;
    }
    let today = zone.day(at);
    let day = if hour < WORK_BEGINS {
        today
    } else {
        today.plus_days(1)
    };
    let mut begins = zone.start_of(day).plus(i64::from(WORK_BEGINS) * HOUR);
    // Where the clocks are changed in the night, the day begins an hour off.
    for shift in [-HOUR, HOUR] {
        if zone.hour(begins) != WORK_BEGINS && zone.hour(begins.plus(shift)) == WORK_BEGINS {
            begins = begins.plus(shift);
        }
    }
    begins.max(at).min(at.plus(DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shanghai() -> Zone {
        Zone::from_name("Asia/Shanghai").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn task(level: Level, created: Timestamp, due: Option<Timestamp>) -> Telling {
        Telling {
            level,
            created_at: created,
            due_at: due,
            assignee: Some(StaffId::from_raw(1)),
        }
    }

    fn told(occasion: Occasion, at: Timestamp) -> Told {
        Told {
            occasion,
            assignee: Some(StaffId::from_raw(1)),
            at,
        }
    }

    #[test]
    fn what_is_not_urgent_waits_for_working_hours() {
        let (zone, night) = (shanghai(), at("2026-11-20T23:10:00+08:00"));
        let warn = task(Level::Warn, night, None);
        let morning = at("2026-11-21T09:00:00+08:00");
        assert_eq!(
            next(&warn, &[], &zone, night),
            Some((Occasion::New, morning))
        );
        let urgent = task(Level::Urgent, night, None);
        assert_eq!(
            next(&urgent, &[], &zone, night),
            Some((Occasion::New, night))
        );
        let early = at("2026-11-21T05:00:00+08:00");
        assert_eq!(working(&zone, early), morning);
        let noon = at("2026-11-21T12:00:00+08:00");
        assert_eq!(working(&zone, noon), noon);
    }

    #[test]
    fn a_task_is_told_again_before_it_is_due_and_when_it_is_overdue_once_each() {
        let (zone, begun) = (shanghai(), at("2026-11-20T10:00:00+08:00"));
        let due = begun.plus(4 * HOUR);
        let task = task(Level::Warn, begun, Some(due));
        let new = told(Occasion::New, begun);
        assert_eq!(next(&task, &[new], &zone, begun.plus(HOUR)), None);
        let near = due.plus(-20 * MINUTE);
        assert_eq!(
            next(&task, &[new], &zone, near),
            Some((Occasion::Soon, near))
        );
        let soon = told(Occasion::Soon, near);
        assert_eq!(next(&task, &[new, soon], &zone, near.plus(MINUTE)), None);
        let over = due.plus(MINUTE);
        assert_eq!(
            next(&task, &[new, soon], &zone, over),
            Some((Occasion::Late, over))
        );
        let late = told(Occasion::Late, over);
        assert_eq!(next(&task, &[new, soon, late], &zone, over.plus(DAY)), None);
    }

    #[test]
    fn five_minutes_need_no_reminder() {
        let (zone, begun) = (shanghai(), at("2026-11-20T10:00:00+08:00"));
        let task = task(Level::Urgent, begun, Some(begun.plus(5 * MINUTE)));
        let new = told(Occasion::New, begun);
        assert_eq!(next(&task, &[new], &zone, begun.plus(4 * MINUTE)), None);
        let over = begun.plus(5 * MINUTE);
        assert_eq!(
            next(&task, &[new], &zone, over),
            Some((Occasion::Late, over))
        );
    }

    #[test]
    fn whoever_takes_over_is_told_each_time() {
        let (zone, begun) = (shanghai(), at("2026-11-20T10:00:00+08:00"));
        let mut task = task(Level::Normal, begun, None);
        let new = told(Occasion::New, begun);
        task.assignee = Some(StaffId::from_raw(2));
        let later = begun.plus(MINUTE);
        assert_eq!(
            next(&task, &[new], &zone, later),
            Some((Occasion::Handed(1), later))
        );
        let handed = Told {
            occasion: Occasion::Handed(1),
            assignee: task.assignee,
            at: later,
        };
        assert_eq!(next(&task, &[new, handed], &zone, later), None);
        task.assignee = Some(StaffId::from_raw(1));
        let back = later.plus(MINUTE);
        let expected = Some((Occasion::Handed(2), back));
        assert_eq!(next(&task, &[new, handed], &zone, back), expected);
        task.assignee = None;
        assert_eq!(
            next(&task, &[new, handed], &zone, back),
            None,
            "nobody is told"
        );
    }

    #[test]
    fn occasions_are_kept_as_words() {
        for occasion in [
            Occasion::New,
            Occasion::Soon,
            Occasion::Late,
            Occasion::Handed(3),
            Occasion::Nudged(2),
        ] {
            assert_eq!(occasion.to_string().parse(), Ok(occasion));
        }
        assert!("handed:".parse::<Occasion>().is_err());
    }
}
