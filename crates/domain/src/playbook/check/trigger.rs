//! What starts a run, and whether that fits what distinguishes runs.

use super::Checker;
use crate::playbook::{
    fault::Reason,
    file::{File, TriggerFile},
    schema::{Key, Trigger},
    when::{Every, When},
};

impl Checker<'_> {
    pub(super) fn triggers(&mut self, file: &File, key: Key) -> Vec<Trigger> {
        if file.trigger.is_empty() {
            let at = file.playbook.span().start;
            self.fault(at, "trigger", Reason::Nothing)
                .put("what", "trigger");
        }
        let mut triggers = Vec::new();
        for trigger in &file.trigger {
            let at = trigger.span().start;
            let file = trigger.as_ref();
            let Some(trigger) = self.trigger(file) else {
                continue;
            };
            let fits = match (&trigger, key) {
                (_, Key::Once | Key::Year | Key::Month) => true,
                (Trigger::Hand { .. }, Key::Start) => true,
                (Trigger::Event { event, .. }, Key::Join) => event.as_str() == "member.joined",
                (Trigger::Event { event, .. }, Key::Order) => event.as_str() == "order.placed",
                (Trigger::Event { .. }, Key::Event) => true,
                _ => false,
            };
            if !fits {
                self.fault(at, "trigger", Reason::Key)
                    .put("key", key)
                    .put("by", file.by.as_ref());
            }
            triggers.push(trigger);
        }
        triggers
    }

    fn trigger(&mut self, file: &TriggerFile) -> Option<Trigger> {
        let at = file.by.span().start;
        let wants =
            |present: bool, wanted: bool, field: &'static str| (present != wanted).then_some(field);
        let (anchor, event, time) = match file.by.as_ref().as_str() {
            "hand" => (file.anchor.is_some(), false, false),
            "event" => (false, true, false),
            "schedule" => (false, false, true),
            _ => {
                self.fault(at, "trigger.by", Reason::Word)
                    .put("text", file.by.as_ref())
                    .put("known", "hand, event, schedule");
                return None;
            }
        };
        let wrong = [
            wants(file.anchor.is_some(), anchor, "anchor"),
            wants(file.event.is_some(), event, "event"),
            wants(file.at.is_some(), time, "at"),
            (file.lead.is_some() && !time).then_some("lead"),
        ];
        for field in wrong.into_iter().flatten() {
            self.fault(at, "trigger", Reason::Field)
                .put("field", field)
                .put("deed", file.by.as_ref());
        }
        let conditions = self.conditions(&file.conditions, "trigger.if", self.subject, None);
        match (&file.event, &file.at) {
            (Some(word), _) if event => {
                let event = self.word(word, "trigger.event", "docs/reference")?;
                Some(Trigger::Event { event, conditions })
            }
            (_, Some(word)) if time => {
                let when = self.when(word, "trigger.at")?;
                // What comes every few hours has no moment of its own to be about.
                let is_tick = matches!(
                    when,
                    When::Every {
                        every: Every::Minutes(_),
                        ..
                    }
                );
                if !when.repeats() || is_tick {
                    self.fault(word.span().start, "trigger.at", Reason::TimeKind)
                        .put("text", word.as_ref());
                }
                let lead = file.lead.as_ref();
                let lead_ms = lead
                    .and_then(|lead| self.length(lead, "trigger.lead"))
                    .unwrap_or(0);
                Some(Trigger::Schedule {
                    at: when,
                    lead_ms,
                    conditions,
                })
            }
            _ if file.by.as_ref() == "hand" => {
                if let Some(word) = &file.anchor
                    && !self.knows(word.as_ref())
                {
                    let known = self.anchors().join(", ");
                    self.fault(word.span().start, "trigger.anchor", Reason::Anchor)
                        .put("anchor", word.as_ref())
                        .put("known", &known);
                }
                Some(Trigger::Hand {
                    anchor: file.anchor.as_ref().map(|word| word.as_ref().clone()),
                })
            }
            _ => None,
        }
    }
}
