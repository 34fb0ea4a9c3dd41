//! Conditions: one fact compared with one value, and the facts there are.
//!
//! `group.members >= 20`, `member.tag has 新客`, `order.first`, `not member.here`. A fact that is not
//! known makes a condition neither true nor false: what hangs on it is left out, and says why.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize, Serializer};

use super::{schema::Subject, when::is_name};
use crate::words;

words! {
    /// What sort of value a fact is.
    pub enum FactKind {
        /// A whole number; of money, whole units of the currency.
        Number = "number",
        /// One word.
        Text = "text",
        /// True or false.
        Flag = "flag",
        /// Several words.
        Set = "set",
    }
}

/// A fact at some moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    /// True or false.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// One word.
    Text(String),
    /// Several words.
    Set(Vec<String>),
}

/// Where facts come from; `None` = not known.
pub trait Facts {
    /// The fact of that name.
    fn get(&self, name: &str) -> Option<Fact>;
}

impl Facts for BTreeMap<String, Fact> {
    fn get(&self, name: &str) -> Option<Fact> {
        Self::get(self, name).cloned()
    }
}

const ALL: &[Subject] = Subject::ALL;
const GROUP: &[Subject] = &[Subject::Group, Subject::Member];
const MEMBER: &[Subject] = &[Subject::Member];

/// The facts there are: name, sort, and of which subjects they can be asked. Beside them stand
/// `answer.KEY` for every answer and `fired.STEP` for every step.
pub const FACTS: &[(&str, FactKind, &[Subject])] = &[
    // How many groups and people there are.
    ("workspace.groups", FactKind::Number, ALL),
    ("workspace.members", FactKind::Number, ALL),
    // People on duty for the groups it is about.
    ("staff.hosts", FactKind::Number, ALL),
    ("staff.services", FactKind::Number, ALL),
    ("staff.managers", FactKind::Number, ALL),
    // What the channel can do, as capability words; what of the goods is left.
    ("channel.can", FactKind::Set, ALL),
    ("stock.left", FactKind::Number, ALL),
    // Days since the run began.
    ("run.days", FactKind::Number, ALL),
    ("group.stage", FactKind::Text, GROUP),
    ("group.scene", FactKind::Text, GROUP),
    ("group.audience", FactKind::Text, GROUP),
    ("group.health", FactKind::Text, GROUP),
    // "unset" where nobody has decided.
    ("group.monetisation", FactKind::Text, GROUP),
    ("group.members", FactKind::Number, GROUP),
    ("group.age_days", FactKind::Number, GROUP),
    ("group.speakers_7d", FactKind::Number, GROUP),
    ("group.messages_14d", FactKind::Number, GROUP),
    ("group.orders_14d", FactKind::Number, GROUP),
    ("group.days_silent", FactKind::Number, GROUP),
    ("group.votes_stay", FactKind::Number, GROUP),
    ("group.announced", FactKind::Flag, GROUP),
    ("group.complaint", FactKind::Flag, GROUP),
    ("member.orders", FactKind::Number, MEMBER),
    ("member.orders_since", FactKind::Number, MEMBER),
    ("member.spent", FactKind::Number, MEMBER),
    ("member.days_since_order", FactKind::Number, MEMBER),
    ("member.groups", FactKind::Number, MEMBER),
    ("member.joins", FactKind::Number, MEMBER),
    ("member.strikes", FactKind::Number, MEMBER),
    ("member.tag", FactKind::Set, MEMBER),
    ("member.role", FactKind::Set, MEMBER),
    ("member.consent", FactKind::Set, MEMBER),
    ("member.here", FactKind::Flag, MEMBER),
    ("member.spoke", FactKind::Flag, MEMBER),
    ("member.acknowledged", FactKind::Flag, MEMBER),
    ("member.card_named", FactKind::Flag, MEMBER),
    ("member.reachable", FactKind::Flag, MEMBER),
    ("member.complaint", FactKind::Flag, MEMBER),
    ("member.care", FactKind::Flag, MEMBER),
    ("order.amount", FactKind::Number, MEMBER),
    ("order.first", FactKind::Flag, MEMBER),
    ("order.refunded", FactKind::Flag, MEMBER),
    ("sanction.fault", FactKind::Text, MEMBER),
    ("sanction.level", FactKind::Text, MEMBER),
    ("sanction.appealed", FactKind::Flag, MEMBER),
];

/// How a fact is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The same.
    Equal,
    /// Not the same.
    Unequal,
    /// Smaller.
    Less,
    /// Not greater.
    AtMost,
    /// Greater.
    More,
    /// Not smaller.
    AtLeast,
    /// The word is among them.
    Has,
    /// The word is not among them.
    Lacks,
    /// True.
    Is,
    /// False.
    IsNot,
}

impl Comparison {
    const SIGNS: [(&str, Self); 8] = [
        ("==", Self::Equal),
        ("!=", Self::Unequal),
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("<", Self::Less),
        (">", Self::More),
        ("has", Self::Has),
        ("lacks", Self::Lacks),
    ];

    /// Whether values of this sort can be compared so.
    pub const fn fits(self, kind: FactKind) -> bool {
        match self {
            Self::Equal | Self::Unequal => matches!(kind, FactKind::Number | FactKind::Text),
            Self::Less | Self::AtMost | Self::More | Self::AtLeast => {
                matches!(kind, FactKind::Number)
            }
            Self::Has | Self::Lacks => matches!(kind, FactKind::Set),
            Self::Is | Self::IsNot => matches!(kind, FactKind::Flag),
        }
    }
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The fact's name.
    pub name: String,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what; empty for flags.
    pub value: String,
}

impl Condition {
    /// Whether it holds; `None` = the fact is not known, or is of another sort.
    pub fn holds(&self, facts: &dyn Facts) -> Option<bool> {
        let fact = facts.get(&self.name)?;
        match (self.comparison, fact) {
            (Comparison::Is, Fact::Flag(flag)) => Some(flag),
            (Comparison::IsNot, Fact::Flag(flag)) => Some(!flag),
            (Comparison::Has, Fact::Set(words)) => Some(words.contains(&self.value)),
            (Comparison::Lacks, Fact::Set(words)) => Some(!words.contains(&self.value)),
            (Comparison::Equal, Fact::Text(text)) => Some(text == self.value),
            (Comparison::Unequal, Fact::Text(text)) => Some(text != self.value),
            (comparison, Fact::Number(number)) => {
                let value = self.value.parse::<i64>().ok()?;
                match comparison {
                    Comparison::Equal => Some(number == value),
                    Comparison::Unequal => Some(number != value),
                    Comparison::Less => Some(number < value),
                    Comparison::AtMost => Some(number <= value),
                    Comparison::More => Some(number > value),
                    Comparison::AtLeast => Some(number >= value),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether the value can stand beside a fact of this sort.
    pub fn value_fits(&self, kind: FactKind) -> bool {
        kind != FactKind::Number || self.value.parse::<i64>().is_ok()
    }
}

/// Whether all hold: `Some(false)` if one surely does not, else `None` if one is not known.
pub fn all_hold(conditions: &[Condition], facts: &dyn Facts) -> Option<bool> {
    let mut known = true;
    for condition in conditions {
        match condition.holds(facts) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => known = false,
        }
    }
    known.then_some(true)
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.comparison {
            Comparison::Is => f.write_str(&self.name),
            Comparison::IsNot => write!(f, "not {}", self.name),
            comparison => {
                let sign = Comparison::SIGNS
                    .iter()
                    .find(|(_, known)| *known == comparison)
                    .map_or("==", |(sign, _)| sign);
                write!(f, "{} {sign} {}", self.name, self.value)
            }
        }
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that is no condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no condition: write group.members >= 20, member.tag has 新客 or not member.here")]
pub struct ConditionError(pub String);

impl FromStr for Condition {
    type Err = ConditionError;
    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let refuse = || ConditionError(text.trim().to_owned());
        let words: Vec<&str> = text.split_whitespace().collect();
        let (name, comparison, value) = match words.as_slice() {
            ["not", name] => (*name, Comparison::IsNot, String::new()),
            [name] => (*name, Comparison::Is, String::new()),
            [name, sign, value @ ..] if !value.is_empty() => {
                let (_, comparison) = Comparison::SIGNS
                    .iter()
                    .find(|(known, _)| known == sign)
                    .ok_or_else(refuse)?;
                (*name, *comparison, value.join(" "))
            }
            _ => return Err(refuse()),
        };
        if !is_name(name) || name == "not" {
            return Err(refuse());
        }
        Ok(Self {
            name: name.to_owned(),
            comparison,
            value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> BTreeMap<String, Fact> {
        BTreeMap::from([
            ("group.members".to_owned(), Fact::Number(30)),
            ("group.stage".to_owned(), Fact::Text("decline".into())),
            ("member.tag".to_owned(), Fact::Set(vec!["新客".into()])),
            ("member.here".to_owned(), Fact::Flag(true)),
        ])
    }

    #[test]
    fn a_condition_holds_does_not_or_is_not_known() {
        let holds = |text: &str| text.parse::<Condition>().unwrap().holds(&facts());
        for (text, expected) in [
            ("group.members >= 30", Some(true)),
            ("group.members > 30", Some(false)),
            ("group.members != 30", Some(false)),
            ("group.stage == decline", Some(true)),
            ("group.stage != decline", Some(false)),
            ("member.tag has 新客", Some(true)),
            ("member.tag lacks 新客", Some(false)),
            ("member.here", Some(true)),
            ("not member.here", Some(false)),
            ("member.orders > 0", None),
            ("group.stage > 3", None),
        ] {
            assert_eq!(holds(text), expected, "{text}");
        }
    }

    #[test]
    fn one_that_fails_decides_before_one_that_is_not_known() {
        let all = |texts: &[&str]| {
            let conditions: Vec<Condition> = texts.iter().map(|t| t.parse().unwrap()).collect();
            all_hold(&conditions, &facts())
        };
        assert_eq!(all(&[]), Some(true));
        assert_eq!(all(&["member.here", "member.orders > 0"]), None);
        assert_eq!(all(&["member.orders > 0", "not member.here"]), Some(false));
    }

    #[test]
    fn conditions_are_written_as_they_are_read() {
        for text in [
            "group.members >= 20",
            "member.tag has 老 客",
            "not member.here",
            "member.here",
        ] {
            assert_eq!(text.parse::<Condition>().unwrap().to_string(), text);
        }
        for text in ["", "group.members >=", "a b c", "not", "Group > 1"] {
            assert!(text.parse::<Condition>().is_err(), "{text}");
        }
    }
}
