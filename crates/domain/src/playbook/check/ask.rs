//! The questions: of a known kind, with choices where there is something to choose, with defaults
//! that are answers themselves.

use super::{Checker, EXAMPLE, all};
use crate::{
    playbook::{
        answer::{Answers, Given, Setting, words},
        calendar::SolarOnly,
        condition::FactKind,
        fault::Reason,
        file::{AskFile, DefaultFile, File},
        schema::{Ask, AskKind, Choice, Playbook, Usual, Words},
        when::is_name,
    },
    time::Zone,
};

impl Checker<'_> {
    pub(super) fn ask(&mut self, file: &AskFile) -> Ask {
        let key = self.name(&file.key, "ask");
        let place = format!("ask.{key}");
        let kind = self
            .word(&file.kind, &format!("{place}.kind"), &all(AskKind::ALL))
            .unwrap_or(AskKind::Text);
        let choices: Vec<Choice> = file
            .choices
            .iter()
            .map(|choice| {
                let (word, label) = (&choice.as_ref().word, &choice.as_ref().label);
                let place = format!("{place}.choices.{}", word.as_ref());
                if !is_name(word.as_ref()) {
                    self.fault(word.span().start, &place, Reason::Name)
                        .put("text", word.as_ref());
                }
                Choice {
                    word: word.as_ref().clone(),
                    label: self.words(label, &place),
                }
            })
            .collect();
        if (kind == AskKind::Choice) == choices.is_empty() {
            self.fault(
                file.kind.span().start,
                &format!("{place}.choices"),
                Reason::Choices,
            )
            .put("kind", kind);
        }
        let value = match kind {
            AskKind::Number
            | AskKind::Money
            | AskKind::Groups
            | AskKind::Branches
            | AskKind::Staff => FactKind::Number,
            _ => FactKind::Text,
        };
        Ask {
            kind,
            label: self.words(&file.label, &format!("{place}.label")),
            hint: file
                .hint
                .as_ref()
                .map(|hint| self.words(hint, &format!("{place}.hint"))),
            choices,
            default: file.default.as_ref().map(|value| match value.as_ref() {
                DefaultFile::Plain(value) => Usual::Plain(words(value)),
                DefaultFile::Said(said) => Usual::Said(Words {
                    zh_hans: said.zh_hans.clone(),
                    zh_hant: said.zh_hant.clone(),
                    en: said.en.clone(),
                }),
            }),
            required: file.required.unwrap_or(file.default.is_none()),
            ahead_ms: file
                .ahead
                .as_ref()
                .and_then(|word| self.length(word, &format!("{place}.ahead")))
                .unwrap_or(0),
            check: self.conditions(
                &file.check,
                &format!("{place}.check"),
                self.subject,
                Some(value),
            ),
            key,
        }
    }

    /// Defaults have to be answers themselves.
    pub(super) fn defaults(&mut self, file: &File) {
        let zone = Zone::utc();
        let setting = Setting {
            start: EXAMPLE,
            zone: &zone,
            calendar: &SolarOnly,
            language: "zh-Hans",
        };
        for (index, ask) in file.ask.iter().enumerate() {
            let (Some(default), Some(known)) = (&ask.as_ref().default, self.asks.get(index)) else {
                continue;
            };
            let place = format!("ask.{}.default", known.key);
            // A lunar day is known only to those who know the calendar.
            let text = known.default_in("zh-Hans").unwrap_or_default();
            let lunar = text.first().is_some_and(|text| text.starts_with("lunar"));
            if let Err(wrong) = known.read(&text, setting)
                && !lunar
            {
                let fault = self.fault(default.span().start, &place, wrong.reason);
                fault.args = wrong.args;
            }
        }
    }
}

/// Answers by default; a moment without one is 14 days after the start.
pub(super) fn example(playbook: &Playbook, setting: Setting<'_>) -> Answers {
    let given: Given = playbook
        .asks
        .iter()
        .filter(|ask| ask.default.is_none())
        .filter_map(|ask| {
            let text = match ask.kind {
                AskKind::Time | AskKind::Day => "start + 14d @ 20:00".to_owned(),
                AskKind::Number | AskKind::Money => "1".to_owned(),
                AskKind::Choice => ask.choices.first()?.word.clone(),
                _ => "x".to_owned(),
            };
            Some((ask.key.clone(), vec![text]))
        })
        .collect();
    match Answers::check(playbook, &given, setting) {
        Ok((answers, _)) => answers,
        Err(_) => Answers::default(),
    }
}
