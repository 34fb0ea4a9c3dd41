//! What a playbook says: its texts with what was filled in, what the house and the moment say, and a
//! blank where only whoever posts it knows.

use std::cell::RefCell;

use yutang_domain::{
    broadcast::{GROUP_VARIABLES, STORE_VARIABLES},
    playbook::{Answer, AskKind, Fact},
    time::{Date, Timestamp},
    welcome::{fill, spoken},
};
use yutang_store::group::Group;

use super::world::{Person, World};

/// Where whoever posts it writes what the program does not know.
pub(super) const BLANK: &str = "＿＿";

/// A text ready to be said.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub text: String,
    /// What only people know: the names of its blanks.
    pub blanks: Vec<String>,
}

/// Who reads it.
#[derive(Clone, Copy)]
pub(super) enum Reader<'a> {
    /// Groups; what each group and its store say of themselves is filled in when it is sent.
    Groups,
    /// One person.
    Person(&'a Person),
    /// Somebody of the house, about a group.
    Staff(Option<&'a Group>),
}

impl World {
    /// The text of a step for those who read it, at the time it is due.
    pub(super) fn say(&self, copy: &str, reader: Reader<'_>, at: Timestamp) -> Said {
        let Some(words) = self.filled.playbook.texts.get(copy) else {
            return Said::default();
        };
        let blanks = RefCell::new(Vec::new());
        let text = fill(words.of(self.survey.locale.tag()), |name| {
            if matches!(reader, Reader::Groups) && is_of_the_group(name) {
                return Some(format!("{{{{{name}}}}}"));
            }
            Some(self.value(name, reader, at).unwrap_or_else(|| {
                blanks.borrow_mut().push(name.to_owned());
                BLANK.to_owned()
            }))
        });
        Said {
            text,
            blanks: blanks.into_inner(),
        }
    }

    fn value(&self, name: &str, reader: Reader<'_>, at: Timestamp) -> Option<String> {
        if let Some(answer) = self.filled.answers.get(name) {
            return Some(self.answered(name, answer));
        }
        let group = match reader {
            Reader::Groups => None,
            Reader::Person(person) => person.way.as_ref().map(|(group, _)| group),
            Reader::Staff(group) => group,
        };
        let group = group.or(self.group.as_ref()).or(self.groups.first());
        let person = match reader {
            Reader::Person(person) => Some(person),
            Reader::Groups | Reader::Staff(_) => self.person.as_ref(),
        };
        let found = match name {
            "nickname" => spoken(&person?.row.name),
            "order" => self.order.as_ref()?.external_id.clone(),
            "rules" => self.rules.clone()?,
            "undone" if person?.row.acknowledged == 0 => {
                self.survey.locale.say("welcome.undone.rules", &[])
            }
            "offense" => {
                let kind = &self.sanction.as_ref()?.kind;
                self.survey.locale.word("moderation.kind", kind)
            }
            "quiet_days" => match self.facts.get("group.days_silent")? {
                Fact::Number(days) => days.to_string(),
                _ => return None,
            },
            "date" => self.day(self.zone.day(at)),
            "time" => self.time(at),
            "store" | "bot" if group.is_none() => {
                let house = self.survey.house.name.clone();
                if name == "store" {
                    house
                } else {
                    self.survey.locale.say("welcome.bot", &[("store", &house)])
                }
            }
            _ if is_of_the_group(name) => self.survey.value(name, group?, &self.hosts)?,
            _ => return None,
        };
        Some(found).filter(|value| !value.trim().is_empty())
    }

    /// An answer as it is said.
    fn answered(&self, key: &str, answer: &Answer) -> String {
        match answer {
            Answer::Text(word) => {
                let ask = self.filled.playbook.ask(key);
                let choice = ask
                    .filter(|ask| ask.kind == AskKind::Choice)
                    .and_then(|ask| ask.choices.iter().find(|choice| choice.word == *word));
                choice.map_or_else(
                    || word.clone(),
                    |choice| choice.label.of(self.survey.locale.tag()).to_owned(),
                )
            }
            Answer::Number(number) => number.to_string(),
            Answer::Money(minor) => amount(*minor),
            Answer::Time(at) => self.moment(*at),
            Answer::Day(day) => self.day(*day),
            Answer::List(list) => {
                let named: Vec<&str> = self
                    .groups
                    .iter()
                    .filter(|group| list.contains(&group.id.to_string()))
                    .map(|group| group.name.as_str())
                    .collect();
                self.survey.locale.list(&named)
            }
        }
    }

    fn day(&self, day: Date) -> String {
        let (_, month, number) = day.parts();
        let locale = self.survey.locale;
        let month = locale.word("playbook.month", &month.to_string());
        let weekday = locale.word("playbook.weekday", &day.weekday().to_string());
        locale.say(
            "playbook.day",
            &[
                ("month", &month),
                ("day", &number.to_string()),
                ("weekday", &weekday),
            ],
        )
    }

    fn moment(&self, at: Timestamp) -> String {
        format!("{} {}", self.day(self.zone.day(at)), self.time(at))
    }

    fn time(&self, at: Timestamp) -> String {
        self.zone.civil(at).strftime("%H:%M").to_string()
    }

    /// Money that this text names: what doing it costs, as far as anybody said.
    pub(super) fn money_in(&self, copy: &str) -> Vec<(String, i64)> {
        let Some(words) = self.filled.playbook.texts.get(copy) else {
            return Vec::new();
        };
        yutang_domain::welcome::variables(&words.zh_hans)
            .filter_map(|name| match self.filled.answers.get(name) {
                Some(Answer::Money(minor)) => Some((name.to_owned(), *minor)),
                _ => None,
            })
            .collect()
    }
}

/// Whether each group, or its store, says it of itself.
fn is_of_the_group(name: &str) -> bool {
    GROUP_VARIABLES.contains(&name) || STORE_VARIABLES.contains(&name)
}

/// An amount without its currency: whole units, and their hundredths where there are any.
fn amount(minor: i64) -> String {
    if minor % 100 == 0 {
        (minor / 100).to_string()
    } else {
        format!("{}.{:02}", minor / 100, minor % 100)
    }
}
