//! Steps for people of the house: each who has the duty, once.

use yutang_domain::{
    id::GroupId,
    playbook::{Deed, Metric, To},
};
use yutang_store::{Tx, playbook as rows};

use super::{Act, Asked, Prepared};
use crate::{
    App, Caller, Result,
    playbook::{
        conflict::{ConflictKind, RemedyWord},
        say::{Reader, Said},
        world::Cover,
    },
};

impl App {
    /// What a run has brought so far, in words.
    pub(super) async fn report_of(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        asked: Asked<'_>,
    ) -> Result<String> {
        let world = asked.world;
        let locale = world.survey.locale;
        let groups: Vec<GroupId> = world.groups.iter().map(|group| group.id).collect();
        let start = world.filled.course(&world.zone).start();
        let brought = if world.has_no_groups() {
            None
        } else {
            Some(rows::brought(tx, caller.workspace, &groups, (start, asked.now)).await?)
        };
        let mut lines = Vec::new();
        for measure in &world.filled.playbook.measures {
            let figure = brought.as_ref().and_then(|brought| match measure.of {
                Metric::Joined => Some(brought.joined.to_string()),
                Metric::Left => Some(brought.gone.to_string()),
                Metric::Orders => Some(brought.orders.to_string()),
                Metric::Revenue => Some(caller.currency.written(brought.amount_minor)),
                _ => None,
            });
            let figure = figure.unwrap_or_else(|| locale.say("playbook.report.unknown", &[]));
            lines.push(locale.say(
                "playbook.report.line",
                &[("name", measure.name.of(locale.tag())), ("figure", &figure)],
            ));
        }
        Ok(lines.join("\n"))
    }
}

pub(super) const fn what(deed: Deed) -> &'static str {
    match deed {
        Deed::Say | Deed::Announce => "task.playbook_say",
        Deed::OpenGroup => "task.playbook_open_group",
        Deed::CloseGroup => "task.playbook_close_group",
        Deed::Coupon => "task.playbook_coupon",
        Deed::Points => "task.playbook_points",
        Deed::Poster => "task.playbook_poster",
        Deed::Report => "task.playbook_report",
        Deed::Gate => "task.playbook_gate",
        Deed::Task | Deed::Tag => "task.playbook_do",
    }
}

/// What people of the house do: each who has the duty, once.
pub(super) fn by_staff(asked: Asked<'_>, body: Option<String>) -> Prepared {
    let (world, step) = (asked.world, asked.step);
    let mut prepared = asked.nothing("task");
    let to = if step.to.is_staff() {
        step.to
    } else {
        To::Host
    };
    let (mut staff, cover) = world.on_duty(to);
    // One group is opened, and one person closes it.
    if matches!(step.deed, Deed::OpenGroup | Deed::CloseGroup) {
        staff.truncate(1);
    }
    let named = format!("playbook.to.{to}");
    match cover {
        Cover::Duty => {}
        // Whoever may can say yes, whomever it was put to.
        Cover::Instead(_) if step.deed == Deed::Gate => {}
        Cover::Instead(other) => {
            let found = asked.found(ConflictKind::Duty).word(named);
            let found = if step.to.is_staff() {
                found.instead(other)
            } else {
                found.mend(RemedyWord::Staff, None, None)
            };
            prepared.conflicts.push(found.told());
        }
        Cover::Nobody => {
            let found = asked.found(ConflictKind::Unstaffed).word(named);
            let found = found.mend(RemedyWord::Staff, None, None);
            prepared.conflicts.push(found.told());
        }
    }
    let copy = step.copy.as_deref().unwrap_or_default();
    for (index, (assignee, group)) in staff.into_iter().enumerate() {
        let group = world.group.clone().or(group);
        let text = body.clone().unwrap_or_else(|| {
            world
                .say(copy, Reader::Staff(group.as_ref()), asked.planned.at)
                .text
        });
        if prepared.text.is_empty() {
            prepared.text.clone_from(&text);
        }
        let name = assignee.map_or_else(|| index.to_string(), |id| id.to_string());
        let mut task = asked.task(what(step.deed), &name, text, group.as_ref());
        task.assignee = assignee;
        // It is about all of its groups, and belongs to none of them in particular.
        if world.groups.len() > 1 && world.group.is_none() {
            task.group = None;
        }
        task.member = world.person.as_ref().map(|person| person.row.member_id);
        if let Some(person) = &world.person {
            task.args["name"] = person.row.name.clone().into();
        }
        prepared.acts.push(Act::Ask(Box::new(task)));
    }
    prepared.count = Some(prepared.acts.len() as i64);
    prepared
}

/// What is posted in the group that was opened for the occasion while nobody has said which it is:
/// the host has the words ready.
pub(super) fn in_the_opened(asked: Asked<'_>) -> Prepared {
    if let Some(end) = asked.too_late() {
        let mut prepared = asked.nothing("task");
        prepared.conflicts.push(asked.night(end));
        return prepared;
    }
    let mut prepared = by_staff(asked, None);
    let copy = asked.step.copy.as_deref().unwrap_or_default();
    let Said { text, .. } = asked.world.say(copy, Reader::Staff(None), asked.planned.at);
    prepared.acts.truncate(1);
    for act in &mut prepared.acts {
        if let Act::Ask(task) = act {
            task.what = "task.playbook_say";
            task.body.clone_from(&text);
            task.group = None;
        }
    }
    prepared.text = text;
    prepared.count = Some(prepared.acts.len() as i64);
    prepared
}
