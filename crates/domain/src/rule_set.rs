//! The workspace's own words and rules, as a text with versions.

use crate::error::{Class, Rule};

/// What is wrong with a text of words and rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no TOML, or has fields of its own.
    Form,
    /// It has more than 8 MB.
    Size,
    /// A list or rule has no name.
    Name,
    /// A kind is none.
    Kind,
    /// Points are out of their bounds.
    Weight,
    /// There are too many words, or they are too long.
    Words,
    /// There are too many rules.
    Rules,
    /// A pattern cannot be read.
    Pattern,
    /// A pattern would need too much memory.
    Memory,
    /// A pattern matches every text.
    Everything,
}

impl Fault {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Form => "rule_set.invalid",
            Self::Size => "rule_set.size",
            Self::Name => "rule_set.name",
            Self::Kind => "rule_set.kind",
            Self::Weight => "rule_set.weight",
            Self::Words => "rule_set.words",
            Self::Rules => "rule_set.rules",
            Self::Pattern => "rule_set.pattern",
            Self::Memory => "rule_set.memory",
            Self::Everything => "rule_set.everything",
        }
    }
}

/// Why a text of words and rules is refused; the version in force stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}; {remedy}")]
pub struct RuleSetError {
    /// Line at fault, from 1.
    pub line: usize,
    /// Of which sort it is.
    pub fault: Fault,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub remedy: String,
}

impl Rule for RuleSetError {
    fn code(&self) -> &'static str {
        self.fault.code()
    }
    fn class(&self) -> Class {
        Class::Invalid
    }
    fn at(&self) -> Option<String> {
        Some(format!("text:{}", self.line))
    }
}
