//! The texts: all languages, all variables known, none too long, each used.

use std::collections::{BTreeMap, BTreeSet};

use super::{Checker, all};
use crate::{
    playbook::{
        fault::Reason,
        file::File,
        schema::{Phase, Step, Words},
        when::is_name,
    },
    welcome::variables,
};

/// Longest text, in characters: what WeCom takes. towards: 003-110
pub const LENGTH: usize = 4_000;

/// What can stand between `{{` and `}}` of a text beside the answers, and what it says.
pub const VARIABLES: &[&str] = &[
    // The house.
    "store",
    "address",
    "hours",
    "pickup",
    "code",
    "staff",
    "manager",
    "bot",
    // The group.
    "group",
    "rules",
    "members",
    "new_group",
    // What is true at the moment: sold, really left, people who answered, votes.
    "sold",
    "real",
    "answered",
    "votes",
    "joined",
    "quiet_days",
    // The occasion.
    "date",
    "time",
    "offense",
    "report",
];
/// What names one person, and stands only in what that person or staff read.
pub const PERSONAL: &[&str] = &["nickname", "order", "tie", "undone"];

impl Checker<'_> {
    pub(super) fn texts(&mut self, file: &File, phases: &[Phase]) -> BTreeMap<String, Words> {
        let steps: Vec<&Step> = phases.iter().flat_map(|phase| &phase.steps).collect();
        let used: BTreeSet<&str> = steps
            .iter()
            .filter_map(|step| step.copy.as_deref())
            .collect();
        let public: BTreeSet<&str> = steps
            .iter()
            .filter(|step| !step.to.is_private() && !step.to.is_staff())
            .filter_map(|step| step.copy.as_deref())
            .collect();
        let mut texts = BTreeMap::new();
        for (name, words) in &file.text {
            let at = words.span().start;
            let place = format!("text.{name}");
            if !is_name(name) {
                self.fault(at, &place, Reason::Name).put("text", name);
            }
            if !used.contains(name.as_str()) {
                self.fault(at, &place, Reason::CopyUnused).put("name", name);
            }
            let text = self.words(words, &place);
            let spans = [
                &words.as_ref().zh_hans,
                &words.as_ref().zh_hant,
                &words.as_ref().en,
            ];
            for ((language, text), span) in text.each().into_iter().zip(spans) {
                let at = span.as_ref().map_or(at, |word| word.span().start);
                self.text(
                    at,
                    &format!("{place}.{language}"),
                    text,
                    public.contains(name.as_str()),
                );
            }
            texts.insert(name.clone(), text);
        }
        texts
    }

    fn text(&mut self, at: usize, place: &str, text: &str, public: bool) {
        let length = text.chars().count();
        if length > LENGTH {
            self.fault(at, place, Reason::Long)
                .put("length", length)
                .put("most", LENGTH);
        }
        let names: BTreeSet<&str> = variables(text).collect();
        for name in names {
            let personal = PERSONAL.contains(&name);
            let answer = self.asks.iter().any(|ask| ask.key == name);
            if !personal && !answer && !VARIABLES.contains(&name) {
                let known = all(VARIABLES);
                self.fault(at, place, Reason::Variable)
                    .put("name", name)
                    .put("known", &known);
            } else if personal && public {
                self.fault(at, place, Reason::Personal).put("name", name);
            }
        }
    }
}
