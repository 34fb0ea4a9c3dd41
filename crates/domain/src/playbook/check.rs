//! From a file to a playbook, or to everything that is wrong with it.

mod ask;
mod step;
mod text;
mod trigger;

use std::{collections::BTreeMap, str::FromStr};

use toml::Spanned;

use super::{
    answer::Setting,
    calendar::SolarOnly,
    condition::{Condition, FACTS, FactKind},
    fault::{Fault, Reason},
    file::{File, Word, WordsFile},
    plan::{Anchors, Course},
    schema::{Ask, AskKind, Key, Measure, Playbook, Precondition, Subject, Words},
    when::{When, is_name, length},
};
use crate::{
    capability::Capability,
    time::{DAY, Timestamp, Zone},
};

/// Largest file, in bytes.
pub const BYTES_MAX: usize = 256 * 1024;
/// Posts a group gets on one day where a playbook says nothing else.
pub const CAP: u32 = 3;
/// The same for a group that lives for one occasion.
pub const EVENT_CAP: u32 = 20;

/// Moments that are known of a subject, beside `start` and the answers that are moments.
pub const ANCHORS: &[(&str, &[Subject])] = &[
    ("start", Subject::ALL),
    ("group.created_at", &[Subject::Group, Subject::Member]),
    ("group.ends_at", &[Subject::Group]),
    ("member.joined_at", &[Subject::Member]),
    ("member.last_order_at", &[Subject::Member]),
    ("order.paid_at", &[Subject::Member]),
];

/// A Monday, nine o'clock, from which the example runs that look for too many posts begin.
const EXAMPLE: Timestamp = Timestamp::from_ms(1_799_053_200_000);

/// Line, from 1, of a byte of a text.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    1 + text.get(..at).unwrap_or(text).matches('\n').count()
}

/// Reads and checks a playbook.
///
/// # Errors
/// Everything that is wrong with it, by line; among it warnings, if there is at least one fault.
pub fn parse(text: &str) -> Result<Playbook, Vec<Fault>> {
    let (playbook, faults) = review(text);
    match playbook {
        Some(playbook) if faults.iter().all(Fault::is_warning) => Ok(playbook),
        _ => Err(faults),
    }
}

/// Reads a playbook and says everything that is wrong with it, warnings as well; the playbook is
/// there if nothing but warnings is.
pub fn review(text: &str) -> (Option<Playbook>, Vec<Fault>) {
    if text.len() > BYTES_MAX {
        let fault = Fault::new(1, "file", Reason::Size).with("bytes", text.len());
        return (None, vec![fault]);
    }
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let fault =
                Fault::new(line_of(text, at), "file", Reason::Form).with("what", error.message());
            return (None, vec![fault]);
        }
    };
    let mut checker = Checker {
        text,
        faults: Vec::new(),
        subject: Subject::Workspace,
        asks: Vec::new(),
        steps: Vec::new(),
        seen: BTreeMap::new(),
    };
    let playbook = checker.playbook(&file);
    let mut faults = checker.faults;
    faults.sort_by(|a, b| (a.line, &a.place).cmp(&(b.line, &b.place)));
    let whole = faults.iter().all(Fault::is_warning);
    (whole.then_some(playbook), faults)
}

struct Checker<'a> {
    text: &'a str,
    faults: Vec<Fault>,
    subject: Subject,
    asks: Vec<Ask>,
    /// Names of the steps so far.
    steps: Vec<String>,
    /// Lines of names that must not stand twice, by list and name.
    seen: BTreeMap<(&'static str, String), usize>,
}

impl Checker<'_> {
    fn fault(&mut self, at: usize, place: &str, reason: Reason) -> &mut Fault {
        let line = line_of(self.text, at);
        self.faults.push(Fault::new(line, place, reason));
        self.faults.last_mut().expect("just pushed")
    }

    fn word<T: FromStr>(&mut self, word: &Word, place: &str, known: &str) -> Option<T> {
        let parsed = word.as_ref().parse().ok();
        if parsed.is_none() {
            self.fault(word.span().start, place, Reason::Word)
                .put("text", word.as_ref())
                .put("known", known);
        }
        parsed
    }

    /// A name that is well formed and stands once in its list.
    fn name(&mut self, word: &Word, list: &'static str) -> String {
        let name = word.as_ref().clone();
        let at = word.span().start;
        let place = format!("{list}.{name}");
        if !is_name(&name) || name.len() > 40 {
            self.fault(at, &place, Reason::Name).put("text", &name);
        }
        let line = line_of(self.text, at);
        if let Some(first) = self.seen.insert((list, name.clone()), line) {
            self.fault(at, &place, Reason::Twice)
                .put("name", &name)
                .put("first", first);
        }
        name
    }

    fn words(&mut self, words: &Spanned<WordsFile>, place: &str) -> Words {
        let mut of = |text: &Option<Word>, language: &str| {
            let text = text.as_ref().map(|text| text.as_ref().trim().to_owned());
            match text {
                Some(text) if !text.is_empty() => text,
                _ => {
                    self.fault(words.span().start, place, Reason::Language)
                        .put("language", language);
                    String::new()
                }
            }
        };
        let file = words.as_ref();
        Words {
            zh_hans: of(&file.zh_hans, "zh-Hans"),
            zh_hant: of(&file.zh_hant, "zh-Hant"),
            en: of(&file.en, "en"),
        }
    }

    fn when(&mut self, word: &Word, place: &str) -> Option<When> {
        self.read(word, word.as_ref(), place)
    }

    fn read(&mut self, word: &Word, text: &str, place: &str) -> Option<When> {
        match text.parse::<When>() {
            Ok(when) => {
                if let Some(anchor) = when.anchor()
                    && !self.knows(anchor)
                {
                    let known = self.anchors().join(", ");
                    self.fault(word.span().start, place, Reason::Anchor)
                        .put("anchor", anchor)
                        .put("known", &known);
                }
                if matches!(when, When::Birthday { .. }) && self.subject != Subject::Member {
                    let known = self.anchors().join(", ");
                    self.fault(word.span().start, place, Reason::Anchor)
                        .put("anchor", "birthday")
                        .put("known", &known);
                }
                Some(when)
            }
            Err(why) => {
                self.fault(word.span().start, place, Reason::Time)
                    .put("text", word.as_ref())
                    .put("why", why);
                None
            }
        }
    }

    fn anchors(&self) -> Vec<&str> {
        let moments = self
            .asks
            .iter()
            .filter(|ask| matches!(ask.kind, AskKind::Time | AskKind::Day))
            .map(|ask| ask.key.as_str());
        ANCHORS
            .iter()
            .filter(|(_, subjects)| subjects.contains(&self.subject))
            .map(|(name, _)| *name)
            .chain(moments)
            .collect()
    }

    fn knows(&self, anchor: &str) -> bool {
        self.anchors().contains(&anchor)
    }

    fn length(&mut self, word: &Word, place: &str) -> Option<i64> {
        match length(word.as_ref()) {
            Ok(length) => Some(length),
            Err(why) => {
                self.fault(word.span().start, place, Reason::Time)
                    .put("text", word.as_ref())
                    .put("why", why);
                None
            }
        }
    }

    /// Conditions on what is known of `subject`; `value` is the fact of a question's own check.
    fn conditions(
        &mut self,
        words: &[Word],
        place: &str,
        subject: Subject,
        value: Option<FactKind>,
    ) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for word in words {
            let at = word.span().start;
            let Ok(condition) = word.as_ref().parse::<Condition>() else {
                self.fault(at, place, Reason::Condition)
                    .put("text", word.as_ref());
                continue;
            };
            let kind = match value {
                Some(kind) => (condition.name == "value").then_some(kind),
                None => self.kind_of(&condition.name, subject),
            };
            match kind {
                None => {
                    self.fault(at, place, Reason::Fact)
                        .put("name", &condition.name)
                        .put("subject", subject);
                }
                Some(kind) if !condition.comparison.fits(kind) || !condition.value_fits(kind) => {
                    self.fault(at, place, Reason::Comparison)
                        .put("text", word.as_ref())
                        .put("kind", kind);
                }
                Some(_) => conditions.push(condition),
            }
        }
        conditions
    }

    fn kind_of(&self, name: &str, subject: Subject) -> Option<FactKind> {
        if let Some(key) = name.strip_prefix("answer.") {
            let ask = self.asks.iter().find(|ask| ask.key == key)?;
            return Some(match ask.kind {
                AskKind::Number | AskKind::Money => FactKind::Number,
                AskKind::Groups | AskKind::Branches | AskKind::Staff => FactKind::Set,
                _ => FactKind::Text,
            });
        }
        if let Some(step) = name.strip_prefix("fired.") {
            let known = self.steps.iter().any(|known| known == step);
            return known.then_some(FactKind::Flag);
        }
        FACTS
            .iter()
            .find(|(known, _, subjects)| *known == name && subjects.contains(&subject))
            .map(|(_, kind, _)| *kind)
    }

    fn playbook(&mut self, file: &File) -> Playbook {
        let head = file.playbook.as_ref();
        let id = head.id.as_ref().clone();
        if !is_name(&id) || id.len() > 40 {
            self.fault(head.id.span().start, "playbook.id", Reason::Name)
                .put("text", &id);
        }
        self.subject = self
            .word(&head.subject, "playbook.subject", &all(Subject::ALL))
            .unwrap_or(Subject::Workspace);
        let key = self
            .word(&head.key, "playbook.key", &all(Key::ALL))
            .unwrap_or(Key::Once);
        for word in &head.requirements {
            if !is_requirement(word.as_ref()) {
                self.fault(
                    word.span().start,
                    "playbook.requirements",
                    Reason::Requirement,
                )
                .put("text", word.as_ref());
            }
        }
        let mut needs = Vec::new();
        for word in &head.needs {
            match word.as_ref().parse::<Capability>() {
                Ok(need) => needs.push(need),
                Err(_) => {
                    let known = all(Capability::ALL);
                    self.fault(word.span().start, "playbook.needs", Reason::Capability)
                        .put("text", word.as_ref())
                        .put("known", &known);
                }
            }
        }
        let title = self.words(&head.title, "playbook.title");
        let aim = self.words(&head.aim, "playbook.aim");
        for ask in &file.ask {
            let ask = self.ask(ask.as_ref());
            self.asks.push(ask);
        }
        self.defaults(file);
        let triggers = self.triggers(file, key);
        let phases = self.phases(file);
        let checks = file
            .check
            .iter()
            .map(|check| {
                let file = check.as_ref();
                let id = self.name(&file.id, "check");
                let place = format!("check.{id}");
                Precondition {
                    conditions: self.conditions(
                        &file.conditions,
                        &format!("{place}.if"),
                        self.subject,
                        None,
                    ),
                    reason: self.words(&file.reason, &format!("{place}.reason")),
                    warn: file.warn,
                    id,
                }
            })
            .collect();
        let measures = file
            .measure
            .iter()
            .filter_map(|measure| {
                let file = measure.as_ref();
                let id = self.name(&file.id, "measure");
                let place = format!("measure.{id}");
                let name = self.words(&file.name, &format!("{place}.name"));
                let of = self.word(
                    &file.of,
                    &format!("{place}.of"),
                    &all(super::schema::Metric::ALL),
                );
                let against = self.word(
                    &file.against,
                    &format!("{place}.against"),
                    &all(super::schema::Against::ALL),
                );
                Some(Measure {
                    id,
                    name,
                    of: of?,
                    against: against?,
                })
            })
            .collect();
        let texts = self.texts(file, &phases);
        let playbook = Playbook {
            id,
            version: head.version,
            title,
            aim,
            requirements: head
                .requirements
                .iter()
                .map(|word| word.as_ref().clone())
                .collect(),
            needs,
            subject: self.subject,
            key,
            cap: head.cap.unwrap_or(CAP),
            event_cap: head.event_cap.unwrap_or(EVENT_CAP),
            asks: std::mem::take(&mut self.asks),
            triggers,
            phases,
            checks,
            measures,
            texts,
        };
        if self.faults.iter().all(Fault::is_warning) {
            self.cap(file, &playbook);
        }
        playbook
    }

    /// Plays an example run and counts the posts of each day.
    fn cap(&mut self, file: &File, playbook: &Playbook) {
        let zone = Zone::utc();
        let setting = Setting {
            start: EXAMPLE,
            zone: &zone,
            calendar: &SolarOnly,
            language: "zh-Hans",
        };
        let answers = ask::example(playbook, setting);
        let mut anchors = Anchors::at(EXAMPLE);
        for (name, _) in ANCHORS {
            anchors.named.insert((*name).to_owned(), EXAMPLE);
        }
        let course = Course {
            playbook,
            answers: &answers,
            anchors: &anchors,
            zone: &zone,
            calendar: &SolarOnly,
        };
        for over in course.over_cap(EXAMPLE.plus(-60 * DAY), EXAMPLE.plus(120 * DAY)) {
            let at = file
                .phase
                .iter()
                .flat_map(|phase| &phase.as_ref().step)
                .find(|step| *step.as_ref().id.as_ref() == over.step)
                .map_or(0, |step| step.span().start);
            self.fault(at, &format!("step.{}", over.step), Reason::Cap)
                .put("step", &over.step)
                .put("posts", over.posts)
                .put("cap", over.cap);
        }
    }
}

impl Fault {
    fn put(&mut self, name: &'static str, value: impl std::fmt::Display) -> &mut Self {
        let with = std::mem::replace(self, Self::new(0, "", self.reason)).with(name, value);
        *self = with;
        self
    }
}

fn all<T: std::fmt::Display>(words: &[T]) -> String {
    words
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// `003-120`.
fn is_requirement(text: &str) -> bool {
    let digits = |part: &str| part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('-')
        .is_some_and(|(source, row)| digits(source) && digits(row))
}
