//! What is wrong with a playbook or with the answers to it, all of it at once.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::words;

words! {
    /// Why something in a playbook or an answer is at fault; the sentence stands in the catalogue
    /// `playbook` under this word, with the arguments in its braces.
    pub enum Reason {
        /// It is no TOML, or has fields of its own.
        Form = "playbook.fault.form",
        /// It has more than 256 kB.
        Size = "playbook.fault.size",
        /// A word is none of those known.
        Word = "playbook.fault.word",
        /// A name has other letters than a name may have.
        Name = "playbook.fault.name",
        /// A name stands twice.
        Twice = "playbook.fault.twice",
        /// A text lacks a language.
        Language = "playbook.fault.language",
        /// A text is longer than 4,000 characters.
        Long = "playbook.fault.long",
        /// A text names what is not known.
        Variable = "playbook.fault.variable",
        /// A text for many names one person.
        Personal = "playbook.fault.personal",
        /// A step that says something has no text.
        CopyMissing = "playbook.fault.copy_missing",
        /// A step names a text that is not there.
        CopyUnknown = "playbook.fault.copy_unknown",
        /// A text is used by no step.
        CopyUnused = "playbook.fault.copy_unused",
        /// A time cannot be read.
        Time = "playbook.fault.time",
        /// A time is missing, or there are two of them.
        TimeCount = "playbook.fault.time_count",
        /// A repetition stands where a single moment belongs, or the other way round.
        TimeKind = "playbook.fault.time_kind",
        /// A time is relative to a moment that nobody knows.
        Anchor = "playbook.fault.anchor",
        /// A step comes after one that does not stand before it.
        After = "playbook.fault.after",
        /// Something ends before it begins.
        Order = "playbook.fault.order",
        /// A capability is none.
        Capability = "playbook.fault.capability",
        /// A requirement's id has another form.
        Requirement = "playbook.fault.requirement",
        /// An answer is named that nobody is asked for.
        Ask = "playbook.fault.ask",
        /// An answer of another kind is named.
        AskKind = "playbook.fault.ask_kind",
        /// A question offers no choice, or offers one without being a choice.
        Choices = "playbook.fault.choices",
        /// A condition cannot be read.
        Condition = "playbook.fault.condition",
        /// A fact is not known, or not of what the playbook is about.
        Fact = "playbook.fault.fact",
        /// A fact cannot be compared so.
        Comparison = "playbook.fault.comparison",
        /// What is done cannot be done to those.
        Addressee = "playbook.fault.addressee",
        /// The step lacks a field that what it does needs, or has one that it cannot use.
        Field = "playbook.fault.field",
        /// There is no trigger, no phase or no step.
        Nothing = "playbook.fault.nothing",
        /// What makes a new run does not fit what starts one.
        Key = "playbook.fault.key",
        /// A group gets more posts on a day than the playbook allows itself.
        Cap = "playbook.fault.cap",
        /// A required answer is missing.
        AnswerMissing = "playbook.fault.answer_missing",
        /// An answer to what was not asked.
        AnswerUnknown = "playbook.fault.answer_unknown",
        /// An answer is not of the kind asked for.
        AnswerForm = "playbook.fault.answer_form",
        /// An answer does not pass the question's own check.
        AnswerCheck = "playbook.fault.answer_check",
        /// It starts so late that steps are left out.
        Late = "playbook.fault.late",
    }
}

impl Reason {
    /// Whether one can go on in spite of it.
    pub const fn is_warning(self) -> bool {
        matches!(self, Self::CopyUnused | Self::Late)
    }
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Line from 1; 0 where there is no text, as with answers from a form.
    pub line: usize,
    /// Place in the playbook: `phase.warm.step.notice.at`, `text.notice.en`, `answer.gift`.
    pub place: String,
    /// What is wrong.
    pub reason: Reason,
    /// What its sentence names.
    pub args: BTreeMap<&'static str, String>,
}

impl Fault {
    /// A fault at a line and place.
    pub fn new(line: usize, place: impl Into<String>, reason: Reason) -> Self {
        Self {
            line,
            place: place.into(),
            reason,
            args: BTreeMap::new(),
        }
    }

    /// With an argument of its sentence, shortened to 80 characters.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        let value = value.to_string();
        let value = match value.char_indices().nth(80) {
            Some((end, _)) => format!("{}…", &value[..end]),
            None => value,
        };
        self.args.insert(name, value);
        self
    }

    /// Whether one can go on in spite of it.
    pub const fn is_warning(&self) -> bool {
        self.reason.is_warning()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}, ", self.line)?;
        }
        write!(f, "{}: {}", self.place, self.reason)?;
        for (name, value) in &self.args {
            write!(f, " {name}={value:?}")?;
        }
        Ok(())
    }
}
