//! The welcome: what newcomers are told, when, and with how many others.
//!
//! In a quiet group somebody new is greeted at once, in a busy one together with others, so that the
//! talk is not drowned; at night nobody is disturbed. req: 001-049, 002-036

use serde::{Deserialize, Serialize};

use crate::{
    capability::{Capabilities, Capability, Profile},
    error::{Class, Rule},
    time::{HOUR, MINUTE, Timestamp, Zone},
};

/// How many people one line greets without waiting for more.
pub const TOGETHER: usize = 10;
/// How long the first of them waits at most, in milliseconds.
pub const LONGEST_WAIT: i64 = 5 * MINUTE;
/// So many arrivals within [`LONGEST_WAIT`] make a group busy.
pub const BUSY: i64 = 3;
/// So many names are spelled out; of more, the first two.
pub const NAMES: usize = 3;
/// Longest text, in characters.
pub const LENGTH: usize = 1_000;
/// Longest name that is said, in characters.
const NAME_LENGTH: usize = 20;
/// What can stand in a text between `{{` and `}}`.
pub const VARIABLES: &[&str] = &[
    "nickname", "store", "group", "rules", "time", "staff", "members", "bot",
];
/// What can stand so in a reminder: `undone` is what is left to do.
pub const REMINDER_VARIABLES: &[&str] = &[
    "nickname", "store", "group", "rules", "time", "staff", "members", "bot", "undone",
];
/// What can stand so in an announcement, which is for everybody.
pub const GROUP_VARIABLES: &[&str] =
    &["store", "group", "rules", "time", "staff", "members", "bot"];

/// What newcomers of a group are told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Whether anybody is told anything.
    pub on: bool,
    /// The line in the group; empty = none.
    pub line: String,
    /// What is said in private, where the channel can; empty = nothing.
    pub private: String,
    /// The line for those who were here before; empty = as for everybody.
    pub returning: String,
    /// What is said in private before the first day ends to whoever has something left to do;
    /// empty = nothing.
    pub reminder: String,
}

impl Template {
    /// Checks what an operator has written.
    ///
    /// # Errors
    /// [`WelcomeError`], naming the field.
    pub fn check(&self) -> Result<(), WelcomeError> {
        check("line", &self.line, VARIABLES)?;
        check("private", &self.private, VARIABLES)?;
        check("returning", &self.returning, VARIABLES)?;
        check("reminder", &self.reminder, REMINDER_VARIABLES)
    }
}

/// Checks one text.
///
/// # Errors
/// It is too long, or names something that is not known.
pub fn check(field: &'static str, text: &str, known: &[&str]) -> Result<(), WelcomeError> {
    if text.chars().count() > LENGTH {
        return Err(WelcomeError::Long { field });
    }
    match variables(text).find(|name| !known.contains(name)) {
        Some(name) => Err(WelcomeError::Variable {
            field,
            name: name.chars().take(NAME_LENGTH).collect(),
        }),
        None => Ok(()),
    }
}

/// What stands between `{{` and `}}` in a text.
pub fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}").map(|(name, _)| name.trim()))
}

/// A text with its variables filled in; what is not known is left out. What is filled in is not
/// read again.
pub fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((name, tail)) = after.split_once("}}") else {
            filled.push_str("{{");
            rest = after;
            continue;
        };
        filled.push_str(&value(name.trim()).unwrap_or_default());
        rest = tail;
    }
    filled.push_str(rest);
    filled.trim().to_owned()
}

/// A name as it is said: of one line, and not longer than a name is.
pub fn spoken(name: &str) -> String {
    let name: String = name
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .collect();
    let name = name.trim();
    if name.chars().count() <= NAME_LENGTH {
        return name.to_owned();
    }
    name.chars().take(NAME_LENGTH - 1).chain(['…']).collect()
}

/// The names that are spelled out when so many are greeted together, and whether there are more.
pub fn named<T>(names: &[T]) -> (&[T], bool) {
    if names.len() <= NAMES {
        (names, false)
    } else {
        (&names[..2], true)
    }
}

/// When those who wait are greeted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Now.
    Now,
    /// Not before this instant.
    At(Timestamp),
}

/// When those who wait are greeted: `waiting` are the instants of their arrivals, earliest first,
/// `recent` counts all arrivals of the last five minutes, `quiet` is the end of the quiet hours if
/// it is night. Nobody waiting is greeted at no time.
pub fn when(
    waiting: &[Timestamp],
    recent: i64,
    quiet: Option<Timestamp>,
    now: Timestamp,
) -> Option<When> {
    let first = waiting.first()?;
    if let Some(end) = quiet {
        return Some(When::At(end));
    }
    let latest = first.plus(LONGEST_WAIT);
    Some(
        if recent < BUSY || waiting.len() >= TOGETHER || latest <= now {
            When::Now
        } else {
            When::At(latest)
        },
    )
}

/// The end of the quiet hours that `at` lies in; `None` by day. The hours run from `from` to `to`
/// by the civil clock and may go past midnight; equal hours are none.
pub fn quiet_until(at: Timestamp, zone: &Zone, from: u8, to: u8) -> Option<Timestamp> {
    let hour = zone.hour(at);
    let quiet = if from <= to {
        (from..to).contains(&hour)
    } else {
        hour >= from || hour < to
    };
    if !quiet {
        return None;
    }
    let today = zone.day(at);
    let day = if hour < to { today } else { today.plus_days(1) };
    Some(zone.start_of(day).plus(i64::from(to) * HOUR)).filter(|end| *end > at)
}

/// How somebody new can be written to in private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Private {
    /// By the channel's own welcome.
    Welcome,
    /// By a message.
    Whisper,
}

/// How an account can write to somebody new in private; `spoke_first` = they have written to it, or
/// asked it to be let in. A bot on Telegram writes to nobody who did not.
pub const fn private_way(
    profile: Option<Profile>,
    can: Capabilities,
    spoke_first: bool,
) -> Option<Private> {
    if matches!(profile, Some(Profile::Telegram)) && !spoke_first {
        return None;
    }
    if can.can(Capability::WelcomePrivate) {
        Some(Private::Welcome)
    } else if can.can(Capability::PostPrivate) {
        Some(Private::Whisper)
    } else {
        None
    }
}

/// Why a text cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WelcomeError {
    /// Too long.
    #[error("{field} is longer than {LENGTH} characters")]
    Long {
        /// Which text.
        field: &'static str,
    },
    /// It names something that is not known.
    #[error("{field} names {{{{{name}}}}}, which is not known: one of {}", VARIABLES.join(", "))]
    Variable {
        /// Which text.
        field: &'static str,
        /// What it names.
        name: String,
    },
}

impl Rule for WelcomeError {
    fn code(&self) -> &'static str {
        match self {
            Self::Long { .. } => "welcome.long",
            Self::Variable { .. } => "welcome.variable",
        }
    }
    fn class(&self) -> Class {
        Class::Invalid
    }
    fn at(&self) -> Option<String> {
        match self {
            Self::Long { field } | Self::Variable { field, .. } => Some((*field).to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY, SECOND};

    /// 2026-03-02, midnight in Shanghai.
    const MIDNIGHT: Timestamp = Timestamp::from_ms(1_772_380_800_000);

    // req: 002-036
    #[test]
    fn a_quiet_group_greets_at_once_and_a_busy_one_together() {
        let at = |seconds: i64| MIDNIGHT.plus(12 * HOUR + seconds * SECOND);
        assert_eq!(when(&[], 0, None, at(0)), None);
        assert_eq!(when(&[at(0)], 1, None, at(0)), Some(When::Now));
        assert_eq!(when(&[at(0), at(1)], 2, None, at(1)), Some(When::Now));
        let three = [at(0), at(1), at(2)];
        assert_eq!(when(&three, 3, None, at(2)), Some(When::At(at(300))));
        assert_eq!(
            when(&three, 3, None, at(300)),
            Some(When::Now),
            "five minutes are over"
        );
        let ten: Vec<_> = (0..10).map(at).collect();
        assert_eq!(
            when(&ten, 10, None, at(10)),
            Some(When::Now),
            "ten are enough"
        );
        assert_eq!(
            when(&ten, 10, Some(at(900)), at(10)),
            Some(When::At(at(900))),
            "at night all wait"
        );
    }

    #[test]
    fn nights_end_at_eight_whichever_side_of_midnight() {
        let zone = Zone::from_name("Asia/Shanghai").unwrap();
        let quiet = |hours: i64| quiet_until(MIDNIGHT.plus(hours * HOUR), &zone, 22, 8);
        let morning = MIDNIGHT.plus(8 * HOUR);
        assert_eq!((quiet(0), quiet(7)), (Some(morning), Some(morning)));
        assert_eq!((quiet(8), quiet(21)), (None, None));
        assert_eq!(quiet(22), Some(morning.plus(DAY)));
        assert_eq!(
            quiet_until(MIDNIGHT.plus(13 * HOUR), &zone, 12, 14),
            Some(MIDNIGHT.plus(14 * HOUR))
        );
        assert_eq!(quiet_until(MIDNIGHT.plus(14 * HOUR), &zone, 12, 14), None);
        assert_eq!(
            quiet_until(MIDNIGHT, &zone, 0, 0),
            None,
            "equal hours are none"
        );
    }

    #[test]
    fn texts_are_filled_once_and_name_only_what_is_known() {
        let say = |name: &str| match name {
            "nickname" => Some("{{store}}".to_owned()),
            "store" => Some("海岸城店".to_owned()),
            _ => None,
        };
        assert_eq!(
            fill("欢迎 {{nickname}} 来到{{ store }}{{x}}", say),
            "欢迎 {{store}} 来到海岸城店"
        );
        assert_eq!(fill("没有{{收尾", say), "没有{{收尾");
        let template = |line: &str| Template {
            line: line.to_owned(),
            ..Template::default()
        };
        assert_eq!(
            template("欢迎 {{nickname}}，群规：{{rules}}").check(),
            Ok(())
        );
        let unknown = template("欢迎 {{name}}").check().unwrap_err();
        assert_eq!(
            (unknown.code(), unknown.at().as_deref()),
            ("welcome.variable", Some("line"))
        );
        assert!(unknown.to_string().contains("{{name}}"), "{unknown}");
        assert_eq!(
            template(&"长".repeat(1_001)).check(),
            Err(WelcomeError::Long { field: "line" })
        );
    }

    #[test]
    fn names_are_of_one_line_and_few_are_spelled_out() {
        assert_eq!(spoken(" 王\n芳\u{202e} "), "王芳");
        assert_eq!(spoken(&"长".repeat(30)).chars().count(), 20);
        assert_eq!(named(&["a", "b", "c"]), (&["a", "b", "c"][..], false));
        assert_eq!(named(&["a", "b", "c", "d"]), (&["a", "b"][..], true));
    }

    #[test]
    fn a_bot_on_telegram_writes_to_nobody_who_did_not_write_first() {
        let of =
            |profile: Profile, first| private_way(Some(profile), profile.capabilities(), first);
        assert_eq!(of(Profile::Telegram, false), None);
        assert_eq!(of(Profile::Telegram, true), Some(Private::Welcome));
        assert_eq!(of(Profile::WecomPlain, false), Some(Private::Welcome));
        assert_eq!(of(Profile::WechatPersonal, true), None);
        let whispers = Capabilities::of(&[Capability::PostPrivate]);
        assert_eq!(private_way(None, whispers, false), Some(Private::Whisper));
    }
}
