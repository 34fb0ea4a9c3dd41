//! Which records may be one person: suggestions with reasons, for a person to decide.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Birthday;
use crate::{id::MemberId, words};

words! {
    /// Why two records look like one person.
    pub enum Similarity {
        /// The same phone number.
        Phone = "phone",
        /// The same birthday and the same or nearly the same name.
        BirthdayName = "birthday_name",
        /// The same account name on two networks, for example the same wxid in two exports.
        ExternalId = "external_id",
        /// The same uncommon name and a group in common.
        NameGroup = "name_group",
    }
}

impl Similarity {
    /// How much the reason weighs, in hundredths.
    pub const fn weight(self) -> u32 {
        match self {
            Self::Phone => 80,
            Self::ExternalId => 60,
            Self::BirthdayName => 50,
            Self::NameGroup => 20,
        }
    }
}

/// A pair is suggested from this score on; a name in common is not enough.
pub const SUGGEST_FROM: u32 = 50;

/// What two records are compared by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberFacts {
    /// Name, folded.
    pub name_fold: String,
    /// Keyed hash of the phone number.
    pub phone_hash: Option<Vec<u8>>,
    /// Birthday.
    pub birthday: Option<Birthday>,
    /// Accounts: channel and the network's id.
    pub identities: BTreeSet<(String, String)>,
    /// Groups.
    pub groups: BTreeSet<i64>,
}

/// A record that may be the same person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The record.
    pub member_id: MemberId,
    /// Why, weightiest first.
    pub reasons: Vec<Similarity>,
    /// Sum of the weights, at most 100.
    pub score: u32,
}

/// Why two records look like one person, weightiest first, and the score: the sum of the weights,
/// at most 100.
///
/// Names are near each other when they are equal, when one holds the other (王芳 and 王芳妈妈), or
/// when they share their first character and all but one of the others (at least two in all).
pub fn similarity(one: &MemberFacts, other: &MemberFacts) -> (Vec<Similarity>, u32) {
    let mut reasons = Vec::new();
    if one.phone_hash.is_some() && one.phone_hash == other.phone_hash {
        reasons.push(Similarity::Phone);
    }
    let accounts = |facts: &MemberFacts| -> BTreeSet<String> {
        facts
            .identities
            .iter()
            .map(|(_, id)| id.to_lowercase())
            .filter(|id| telling(id))
            .collect()
    };
    if !accounts(one).is_disjoint(&accounts(other)) {
        reasons.push(Similarity::ExternalId);
    }
    let birthday = match (one.birthday, other.birthday) {
        (Some(a), Some(b)) => {
            (a.calendar, a.month, a.day) == (b.calendar, b.month, b.day)
                && (a.year.is_none() || b.year.is_none() || a.year == b.year)
        }
        _ => false,
    };
    if birthday && near(&one.name_fold, &other.name_fold) {
        reasons.push(Similarity::BirthdayName);
    }
    if one.name_fold == other.name_fold
        && one.name_fold.chars().count() >= 3
        && !one.groups.is_disjoint(&other.groups)
    {
        reasons.push(Similarity::NameGroup);
    }
    let score = reasons
        .iter()
        .map(|reason| reason.weight())
        .sum::<u32>()
        .min(100);
    (reasons, score)
}

/// Whether an account name can belong to one person only: at least five characters with a digit, or
/// eight without; bare numbers are counted up by every network and tell nothing.
fn telling(id: &str) -> bool {
    let length = id.chars().count();
    let digits = id.chars().filter(char::is_ascii_digit).count();
    digits < length && ((digits > 0 && length >= 5) || length >= 8)
}

fn near(one: &str, other: &str) -> bool {
    let plain =
        |name: &str| -> Vec<char> { name.chars().filter(|c| c.is_alphanumeric()).collect() };
    let (one, other) = (plain(one), plain(other));
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    if short.len() < 2 {
        return short == long && !short.is_empty();
    }
    if long.windows(short.len()).any(|window| window == short) {
        return true;
    }
    let shared = short.iter().filter(|c| long.contains(c)).count();
    short[0] == long[0] && long.len() - short.len() <= 1 && shared >= 2 && shared + 1 >= short.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::BirthCalendar;

    fn facts(name: &str) -> MemberFacts {
        MemberFacts {
            name_fold: name.to_owned(),
            ..MemberFacts::default()
        }
    }

    #[test]
    fn a_name_alone_suggests_nothing() {
        let (reasons, score) = similarity(&facts("王芳"), &facts("王芳"));
        assert!(reasons.is_empty() && score == 0);
        let mut one = facts("欧阳小小");
        one.groups.insert(1);
        let (reasons, score) = similarity(&one, &one);
        assert_eq!(reasons, [Similarity::NameGroup]);
        assert!(score < SUGGEST_FROM);
    }

    #[test]
    fn reasons_add_up() {
        let birthday = Birthday {
            calendar: BirthCalendar::Lunar,
            year: None,
            month: 8,
            day: 15,
            leap: false,
        };
        let one = MemberFacts {
            phone_hash: Some(vec![1]),
            birthday: Some(birthday),
            ..facts("王小芳")
        };
        let other = MemberFacts {
            birthday: Some(Birthday {
                year: Some(1988),
                ..birthday
            }),
            ..facts("王小芳妈妈")
        };
        assert_eq!(
            similarity(&one, &other),
            (vec![Similarity::BirthdayName], 50)
        );
        let twin = MemberFacts {
            phone_hash: Some(vec![1]),
            ..other.clone()
        };
        assert_eq!(
            similarity(&one, &twin),
            (vec![Similarity::Phone, Similarity::BirthdayName], 100)
        );
        let born = |year| MemberFacts {
            birthday: Some(Birthday {
                year: Some(year),
                ..birthday
            }),
            ..facts("王小芳")
        };
        assert_eq!(similarity(&born(1988), &born(1989)).1, 0);
    }

    #[test]
    fn account_names_tell_unless_they_are_counters() {
        let with = |channel: &str, id: &str| MemberFacts {
            identities: BTreeSet::from([(channel.to_owned(), id.to_owned())]),
            ..facts(id)
        };
        assert_eq!(
            similarity(&with("wechat", "wxid_8s7d"), &with("csv", "WXID_8s7d")).0,
            [Similarity::ExternalId]
        );
        assert!(
            similarity(&with("shop", "12345678"), &with("qq", "12345678"))
                .0
                .is_empty()
        );
        assert!(
            similarity(&with("irc", "anna"), &with("qq", "anna"))
                .0
                .is_empty()
        );
    }

    #[test]
    fn names_are_near_or_not() {
        for (a, b) in [
            ("王芳", "王芳妈妈"),
            ("王小芳", "王晓芳"),
            ("li lei", "lilei"),
        ] {
            assert!(near(a, b), "{a} {b}");
        }
        for (a, b) in [("王芳", "王丽"), ("王芳", "李芳"), ("", ""), ("王", "王芳")] {
            assert!(!near(a, b), "{a} {b}");
        }
    }
}
