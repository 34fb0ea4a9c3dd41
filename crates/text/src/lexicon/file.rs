//! The shape of a file of words and rules.

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub version: u32,
    pub list: Vec<ListData>,
    pub rule: Vec<RuleData>,
    pub allow: AllowData,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListData {
    pub name: Spanned<String>,
    pub kind: Spanned<String>,
    pub weight: Spanned<i32>,
    pub words: Spanned<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleData {
    pub name: Spanned<String>,
    pub kind: Spanned<String>,
    pub weight: Spanned<i32>,
    pub pattern: Spanned<String>,
    pub unless: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AllowData {
    pub words: Vec<String>,
    pub hosts: Vec<String>,
    pub contacts: Vec<String>,
    pub accounts: Vec<String>,
}
