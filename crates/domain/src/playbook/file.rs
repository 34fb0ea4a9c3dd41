//! The file as it is written: every word with its place, so that faults name their line.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// A word or text with its place.
pub type Word = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub playbook: Spanned<Head>,
    #[serde(default)]
    pub ask: Vec<Spanned<AskFile>>,
    #[serde(default)]
    pub trigger: Vec<Spanned<TriggerFile>>,
    #[serde(default)]
    pub phase: Vec<Spanned<PhaseFile>>,
    #[serde(default)]
    pub check: Vec<Spanned<CheckFile>>,
    #[serde(default)]
    pub measure: Vec<Spanned<MeasureFile>>,
    #[serde(default)]
    pub text: BTreeMap<String, Spanned<WordsFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub id: Word,
    pub version: u32,
    pub title: Spanned<WordsFile>,
    pub aim: Spanned<WordsFile>,
    #[serde(default)]
    pub requirements: Vec<Word>,
    #[serde(default)]
    pub needs: Vec<Word>,
    pub subject: Word,
    pub key: Word,
    pub cap: Option<u32>,
    pub event_cap: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordsFile {
    #[serde(rename = "zh-Hans")]
    pub zh_hans: Option<Word>,
    #[serde(rename = "zh-Hant")]
    pub zh_hant: Option<Word>,
    pub en: Option<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskFile {
    pub key: Word,
    pub kind: Word,
    pub label: Spanned<WordsFile>,
    pub hint: Option<Spanned<WordsFile>>,
    #[serde(default)]
    pub choices: Vec<Spanned<ChoiceFile>>,
    pub default: Option<Spanned<DefaultFile>>,
    pub required: Option<bool>,
    pub ahead: Option<Word>,
    #[serde(default)]
    pub check: Vec<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceFile {
    pub word: Word,
    pub label: Spanned<WordsFile>,
}

/// A default in three languages, or one that is the same in all.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum DefaultFile {
    Said(SaidFile),
    Plain(toml::Value),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaidFile {
    #[serde(rename = "zh-Hans")]
    pub zh_hans: String,
    #[serde(rename = "zh-Hant")]
    pub zh_hant: String,
    pub en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriggerFile {
    pub by: Word,
    pub anchor: Option<Word>,
    pub event: Option<Word>,
    pub at: Option<Word>,
    pub lead: Option<Word>,
    #[serde(default, rename = "if")]
    pub conditions: Vec<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseFile {
    pub id: Word,
    pub name: Spanned<WordsFile>,
    pub from: Option<Word>,
    pub until: Option<Word>,
    #[serde(default)]
    pub enter: Vec<Word>,
    #[serde(default)]
    pub exit: Vec<Word>,
    #[serde(default)]
    pub step: Vec<Spanned<StepFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepFile {
    pub id: Word,
    pub at: Option<Word>,
    pub after: Option<Word>,
    pub on: Option<Word>,
    pub every: Option<Word>,
    #[serde(default, rename = "if")]
    pub conditions: Vec<Word>,
    #[serde(default)]
    pub only: Vec<Word>,
    #[serde(rename = "do")]
    pub deed: Word,
    pub to: Word,
    pub of: Option<Word>,
    pub mode: Option<Word>,
    pub copy: Option<Word>,
    pub image: Option<Word>,
    pub tag: Option<Word>,
    pub value: Option<Word>,
    pub cap: Option<Spanned<u32>>,
    pub expires: Option<Word>,
    pub undo: Option<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckFile {
    pub id: Word,
    #[serde(default, rename = "if")]
    pub conditions: Vec<Word>,
    pub reason: Spanned<WordsFile>,
    #[serde(default)]
    pub warn: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureFile {
    pub id: Word,
    pub name: Spanned<WordsFile>,
    pub of: Word,
    pub against: Word,
}
