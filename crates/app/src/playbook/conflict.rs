//! What stands in the way of a step, in words, and the one thing that would mend it.

use std::collections::BTreeMap;

use serde::Serialize;
use yutang_domain::{
    broadcast::Reason,
    playbook::{Adjustment, Mode, Planned, To, Words},
    time::{Date, HOUR, MINUTE, Timestamp, Zone},
    words,
};

use crate::text::Locale;

/// How long before the quiet hours something is said that fell into them, in milliseconds.
const BEFORE: i64 = 15 * MINUTE;
/// Names that one sentence holds.
const NAMES: usize = 3;

words! {
    /// What stands in the way.
    pub enum ConflictKind {
        /// The network lets no more through on that day.
        Quota = "quota",
        /// The group has had its posts for the day.
        Cap = "cap",
        /// It is night, and in the morning it would be too late.
        Quiet = "quiet",
        /// Nobody of staff is there to post it.
        Nobody = "nobody",
        /// Nobody has that duty, and somebody else stands in.
        Duty = "duty",
        /// Nobody is there to do it.
        Unstaffed = "unstaffed",
        /// The program does not know how much is left, or another figure of the moment.
        Stock = "stock",
        /// The store does not say what the text asks for.
        Variable = "variable",
        /// The picture is not there.
        Picture = "picture",
        /// The text says what an advert may not.
        Claim = "claim",
        /// The person cannot be written to in private.
        Reach = "reach",
        /// More people than are written to one by one.
        Many = "many",
        /// What the condition asks for is not known.
        Unknown = "unknown",
        /// The text cannot be sent so.
        Text = "text",
    }
}

words! {
    /// What would mend it.
    pub enum RemedyWord {
        /// Somebody of the store posts it by hand.
        Paste = "paste",
        /// Another time.
        Move = "move",
        /// The manager does it.
        Manager = "manager",
        /// The host does it.
        Host = "host",
        /// It is left out.
        LeaveOut = "leave_out",
        /// A question is to be answered.
        Answer = "answer",
        /// The store is to say more of itself.
        Store = "store",
        /// The group needs staff.
        Staff = "staff",
        /// The text is to be written otherwise.
        Edit = "edit",
    }
}

/// What would mend a conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remedy {
    /// What.
    pub word: RemedyWord,
    /// The step it is about.
    pub step: String,
    /// What is to be changed about it, if that alone mends it.
    pub change: Option<Adjustment>,
    /// The question, if one is to be answered.
    pub ask: Option<String>,
    /// To what time it moves.
    pub at: Option<Timestamp>,
    /// What one taps on.
    pub label: Words,
}

/// What stands in the way of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// What.
    pub kind: ConflictKind,
    /// The step.
    pub step: String,
    /// When it would be.
    pub at: Timestamp,
    /// In how many groups, or for how many people.
    pub count: i64,
    /// Some of them by name.
    pub names: Vec<String>,
    /// The sentence.
    pub reason: Words,
    /// What would mend it.
    pub remedy: Option<Remedy>,
}

/// The sentence under a key in the three languages; what the keys of `words` say stands in it as
/// `word`, `names` as such.
fn said(key: &str, args: &BTreeMap<&str, String>, words: &[String], names: &[&str]) -> Words {
    let of = |locale: Locale| {
        let names = locale.list(names);
        let words = words.iter().filter_map(|key| key.rsplit_once('.'));
        let words: Vec<String> = words.map(|(list, code)| locale.word(list, code)).collect();
        let word = locale.list(&words);
        let mut args: Vec<(&str, &str)> = args.iter().map(|(k, v)| (*k, v.as_str())).collect();
        args.push(("word", &word));
        args.push(("names", &names));
        locale.say(key, &args)
    };
    Words {
        zh_hans: of(Locale::ZhHans),
        zh_hant: of(Locale::ZhHant),
        en: of(Locale::En),
    }
}

/// One about to be told.
pub(super) struct Found<'a> {
    pub kind: ConflictKind,
    pub planned: &'a Planned,
    pub zone: &'a Zone,
    pub names: Vec<String>,
    pub count: i64,
    pub what: String,
    /// Keys of words of the sentence.
    pub words: Vec<String>,
    pub remedy: Option<(RemedyWord, Option<Adjustment>, Option<String>)>,
}

impl<'a> Found<'a> {
    pub(super) fn new(kind: ConflictKind, planned: &'a Planned, zone: &'a Zone) -> Self {
        Self {
            kind,
            planned,
            zone,
            names: Vec::new(),
            count: 0,
            what: String::new(),
            words: Vec::new(),
            remedy: None,
        }
    }

    pub(super) fn of(mut self, names: Vec<String>) -> Self {
        self.count = names.len() as i64;
        self.names = names;
        self
    }

    pub(super) fn counted(mut self, n: i64) -> Self {
        self.count = n;
        self
    }

    pub(super) fn what(mut self, what: &str) -> Self {
        what.clone_into(&mut self.what);
        self
    }

    pub(super) fn word(mut self, key: String) -> Self {
        self.words.push(key);
        self
    }

    pub(super) fn paste(self) -> Self {
        let mode = Adjustment {
            mode: Some(Mode::Paste),
            ..Adjustment::default()
        };
        self.mend(RemedyWord::Paste, Some(mode), None)
    }

    pub(super) fn instead(self, to: To) -> Self {
        let word = if to == To::Host {
            RemedyWord::Host
        } else {
            RemedyWord::Manager
        };
        let change = Adjustment {
            to: Some(to),
            ..Adjustment::default()
        };
        self.mend(word, Some(change), None)
    }

    pub(super) fn leave_out(self) -> Self {
        let out = Adjustment {
            leave_out: true,
            ..Adjustment::default()
        };
        self.mend(RemedyWord::LeaveOut, Some(out), None)
    }

    pub(super) fn shift(self, minutes: i64) -> Self {
        let change = Adjustment {
            minutes,
            ..Adjustment::default()
        };
        self.mend(RemedyWord::Move, Some(change), None)
    }

    pub(super) fn mend(
        mut self,
        word: RemedyWord,
        change: Option<Adjustment>,
        ask: Option<String>,
    ) -> Self {
        self.remedy = Some((word, change, ask));
        self
    }

    pub(super) fn told(self) -> Conflict {
        let civil = |at: Timestamp| {
            let text = self.zone.civil(at).to_string();
            text.get(5..16).unwrap_or_default().replace('T', " ")
        };
        let shown: Vec<&str> = self.names.iter().take(NAMES).map(String::as_str).collect();
        let moved = self.remedy.as_ref().and_then(|(_, change, _)| {
            let minutes = change.as_ref()?.minutes;
            (minutes != 0).then(|| self.planned.at.plus(minutes * MINUTE))
        });
        let args = BTreeMap::from([
            ("at", civil(self.planned.at)),
            ("n", self.count.to_string()),
            ("what", self.what.clone()),
            ("to", moved.map(civil).unwrap_or_default()),
        ]);
        let key = format!("playbook.conflict.{}", self.kind);
        let named = &self.words;
        let remedy = self.remedy.map(|(word, change, ask)| Remedy {
            label: said(&format!("playbook.remedy.{word}"), &args, named, &shown),
            word,
            step: self.planned.step.clone(),
            change,
            ask,
            at: moved,
        });
        Conflict {
            kind: self.kind,
            step: self.planned.step.clone(),
            at: self.planned.at,
            count: self.count,
            reason: said(&key, &args, named, &shown),
            names: shown.into_iter().map(str::to_owned).collect(),
            remedy,
        }
    }
}

/// What a group is left out for, as a conflict.
pub(super) const fn kind_of(reason: Reason) -> Option<ConflictKind> {
    Some(match reason {
        Reason::Quota => ConflictKind::Quota,
        Reason::Cap => ConflictKind::Cap,
        Reason::Quiet | Reason::Late => ConflictKind::Quiet,
        Reason::Nobody => ConflictKind::Nobody,
        Reason::Variable => ConflictKind::Variable,
        Reason::Archived | Reason::Complaint => return None,
    })
}

/// How many minutes away from the quiet hours something has to be moved: to their end, or to a
/// quarter of an hour before their beginning, whichever is nearer.
pub(super) fn out_of_the_night(
    at: Timestamp,
    end: Timestamp,
    (from, to): (u8, u8),
    zone: &Zone,
) -> i64 {
    let first: Date = if zone.hour(at) >= from {
        zone.day(at)
    } else if from > to {
        zone.day(at).plus_days(-1)
    } else {
        zone.day(at)
    };
    let evening = zone
        .start_of(first)
        .plus(i64::from(from) * HOUR)
        .plus(-BEFORE);
    let (back, on) = (at.since(evening), end.since(at));
    if back < on {
        -(back + MINUTE - 1) / MINUTE
    } else {
        (on + MINUTE - 1) / MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_is_left_on_its_nearer_side() {
        let zone = Zone::from_name("Asia/Shanghai").unwrap();
        let midnight = zone.start_of(Date::new(2026, 12, 5).unwrap());
        let out = |minutes: i64| {
            let at = midnight.plus(minutes * MINUTE);
            let end = if minutes < 8 * 60 { 8 } else { 32 };
            out_of_the_night(at, midnight.plus(end * HOUR), (22, 8), &zone)
        };
        assert_eq!(out(22 * 60), -15);
        assert_eq!(out(23 * 60), -75);
        assert_eq!(out(7 * 60), 60);
        assert_eq!(out(0), -135);
    }
}
