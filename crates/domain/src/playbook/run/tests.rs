//! A run does what the plan says, whenever it is asked.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    error::Rule as _,
    playbook::{Anchors, Answers, Given, Heard, Playbook, Setting, SolarOnly, To, parse},
    time::HOUR,
};

const RICH: &str = r#"
[playbook]
id = "rich"
version = 3
title = { zh-Hans = "甲", zh-Hant = "甲", en = "A" }
aim = { zh-Hans = "甲", zh-Hant = "甲", en = "A" }
subject = "group"
key = "start"
cap = 99

[[ask]]
key = "sale.opens_at"
kind = "time"
label = { zh-Hans = "何时", zh-Hant = "何時", en = "When" }
ahead = "4d"

[[trigger]]
by = "hand"
anchor = "sale.opens_at"

[[phase]]
id = "before"
name = { zh-Hans = "前", zh-Hant = "前", en = "before" }
  [[phase.step]]
  id = "notice"
  at = "sale.opens_at - 3d @ 10:00"
  do = "say"
  to = "group"
  copy = "x"
  [[phase.step]]
  id = "not-held"
  at = "sale.opens_at - 1d @ 09:00"
  do = "task"
  to = "host"
  copy = "x"
  expires = "never"
  [[phase.step]]
  id = "ask-boss"
  at = "sale.opens_at - 2d @ 12:00"
  do = "gate"
  to = "manager"
  copy = "x"

[[phase]]
id = "daily"
name = { zh-Hans = "中", zh-Hant = "中", en = "daily" }
from = "sale.opens_at - 2d"
until = "sale.opens_at + 3d"
  [[phase.step]]
  id = "morning"
  every = "day @ 08:30"
  do = "say"
  to = "group"
  copy = "x"
  expires = "30m"
  [[phase.step]]
  id = "after-morning"
  after = "morning + 90m"
  do = "task"
  to = "host"
  copy = "x"
  cap = 3
  [[phase.step]]
  id = "unknown"
  at = "sale.opens_at"
  if = ["group.members > 10"]
  do = "say"
  to = "group"
  copy = "x"
  [[phase.step]]
  id = "never"
  at = "sale.opens_at + 1h"
  if = ["group.stage == end"]
  do = "say"
  to = "group"
  copy = "x"
  [[phase.step]]
  id = "on-order"
  on = "order.placed"
  do = "task"
  to = "service"
  copy = "x"
  expires = "never"
  [[phase.step]]
  id = "after-order"
  after = "on-order + 1d @ 09:00"
  do = "task"
  to = "service"
  copy = "x"

[[phase]]
id = "end"
name = { zh-Hans = "后", zh-Hant = "後", en = "end" }
exit = ["group.stage == peak"]
  [[phase.step]]
  id = "thanks"
  at = "sale.opens_at + 2h"
  do = "say"
  to = "group"
  copy = "x"
  [[phase.step]]
  id = "close"
  at = "sale.opens_at + 4d @ 10:00"
  do = "report"
  to = "manager"

[text.x]
zh-Hans = "甲"
zh-Hant = "甲"
en = "A"
"#;

/// Saturday, 5 December 2026, 20:00 in Shanghai.
const OPENS: Timestamp = Timestamp::from_ms(1_796_472_000_000);

struct World {
    playbook: Playbook,
    answers: Answers,
    anchors: Anchors,
    zone: Zone,
}

impl World {
    fn new(text: &str, start: Timestamp) -> Self {
        let playbook = parse(text).unwrap();
        let zone = Zone::from_name("Asia/Shanghai").unwrap();
        let setting = Setting {
            start,
            zone: &zone,
            calendar: &SolarOnly,
            language: "zh-Hans",
        };
        let given = Given::from([("sale.opens_at".to_owned(), vec![OPENS.to_string()])]);
        let (answers, _) = Answers::check(&playbook, &given, setting).unwrap();
        Self {
            playbook,
            answers,
            anchors: Anchors::at(start),
            zone,
        }
    }

    fn course(&self) -> Course<'_> {
        Course {
            playbook: &self.playbook,
            answers: &self.answers,
            anchors: &self.anchors,
            zone: &self.zone,
            calendar: &SolarOnly,
        }
    }
}

fn facts(stage: &str) -> BTreeMap<String, Fact> {
    BTreeMap::from([("group.stage".to_owned(), Fact::Text(stage.to_owned()))])
}

/// What a run did: step and its time, and the reason where it was left out.
type Deeds = Vec<(String, Timestamp, Option<Skip>)>;

fn note(effects: &[Effect], deeds: &mut Deeds) {
    for effect in effects {
        match effect {
            Effect::Do(planned) => deeds.push((planned.step.clone(), planned.at, None)),
            Effect::Skipped { planned, reason } => {
                deeds.push((planned.step.clone(), planned.at, Some(*reason)));
            }
            Effect::Left { .. } | Effect::Done => {}
        }
    }
}

/// The same told from the plan: the first look at or after its time decides, behind the gate the
/// first look after the yes.
fn expected(world: &World, looks: &[Timestamp], began: Timestamp, yes: usize) -> Deeds {
    let course = world.course();
    let gate = course
        .playbook
        .steps()
        .position(|(_, s)| s.id == "ask-boss")
        .unwrap();
    let plan = course.occurrences(OPENS.plus(-60 * DAY), OPENS.plus(60 * DAY));
    let asked = plan.iter().find(|p| p.step == "ask-boss").unwrap().at;
    let asked = looks.iter().position(|look| *look >= asked);
    // The yes is given right after the look at which it is asked for, or `yes` looks later.
    let passed = asked.map(|index| index + 1 + yes);
    let mut done: Vec<(usize, Timestamp, usize, String, Option<Skip>)> = Vec::new();
    for planned in plan {
        let Some(mut index) = looks.iter().position(|look| *look >= planned.at) else {
            continue;
        };
        if planned.order > gate {
            match passed {
                Some(passed) if passed < looks.len() => index = index.max(passed),
                _ => continue,
            }
        }
        let late = planned.expires_at.is_some_and(|last| last < looks[index]);
        let skip = match planned.step.as_str() {
            _ if late && planned.at < began => Some(Skip::LateStart),
            _ if late => Some(Skip::Expired),
            "unknown" => Some(Skip::Unknown),
            "never" => Some(Skip::Condition),
            _ => None,
        };
        done.push((index, planned.at, planned.order, planned.step, skip));
    }
    done.sort();
    let mut counts = BTreeMap::<String, u32>::new();
    done.into_iter()
        .map(|(_, at, _, step, skip)| {
            let count = counts.entry(step.clone()).or_default();
            let capped = step == "after-morning" && *count >= 3;
            let skip = skip.or(capped.then_some(Skip::Capped));
            if skip.is_none() {
                *count += 1;
            }
            (step, at, skip)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the slices of time, the restarts between them and the delay of the yes: each step
    /// of the plan is done once or left out once, for the reason that the plan gives.
    #[test]
    fn a_run_does_what_the_plan_says(
        began_before in 0_i64..6 * 24,
        slices in proptest::collection::vec(1_i64..40 * 60, 1..60),
        orders in proptest::collection::vec(-3 * 24 * 60_i64..5 * 24 * 60, 0..4),
        yes in 0_usize..4,
    ) {
        let began = OPENS.plus(-began_before * HOUR);
        let mut world = World::new(RICH, began);
        let mut looks = Vec::new();
        let mut now = began;
        for minutes in &slices {
            looks.push(now);
            now = now.plus(minutes * 60_000);
        }
        looks.push(now);
        let mut heard: Vec<Heard> = orders
            .iter()
            .enumerate()
            .map(|(index, minutes)| Heard {
                event: EventKind::OrderPlaced,
                at: OPENS.plus(minutes * 60_000),
                key: format!("order {index}"),
            })
            .filter(|heard| heard.at <= now)
            .collect();
        heard.sort_by_key(|heard| heard.at);

        let mut run = Run::begin(&world.course(), "gp_x", "k", began);
        let mut deeds = Deeds::new();
        let mut asked_for = None;
        for (index, look) in looks.iter().enumerate() {
            if asked_for == Some(index) {
                run.decide("ask-boss", true).unwrap();
            }
            // A fact is read from the log at least once before its consequence is looked at.
            for heard in heard.iter().filter(|heard| heard.at <= *look) {
                run.hear(&world.course(), heard.event, &heard.key, heard.at).unwrap();
            }
            let advance = run.advance(&world.course(), &facts("growth"), *look).unwrap();
            if asked_for.is_none() && run.waits_at().next().is_some() {
                asked_for = Some(index + 1 + yes);
            }
            prop_assert!(advance.wake_at.is_none_or(|wake| wake > *look));
            note(&advance.effects, &mut deeds);
            let stored = serde_json::to_string(&run).unwrap();
            run = serde_json::from_str(&stored).unwrap();
            let again = run.advance(&world.course(), &facts("growth"), *look).unwrap();
            prop_assert_eq!(again.effects, vec![], "a second look at the same time");
        }
        world.anchors.heard = heard;
        let told = expected(&world, &looks, began, yes);
        prop_assert_eq!(deeds, told);
    }

    /// A plan told in two parts is the plan told at once, wherever it is cut and also where the
    /// clock is moved.
    #[test]
    fn a_plan_can_be_cut_anywhere(
        hours in 0_i64..366 * 24,
        cut in -5 * 24 * 60_i64..6 * 24 * 60,
        zone in proptest::sample::select(vec!["Asia/Shanghai", "Europe/Berlin", "America/New_York"]),
    ) {
        let opens = OPENS.plus(hours * HOUR);
        let mut world = World::new(RICH, opens.plus(-5 * DAY));
        world.zone = Zone::from_name(zone).unwrap();
        let given = Given::from([("sale.opens_at".to_owned(), vec![opens.to_string()])]);
        let setting = Setting {
            start: opens.plus(-5 * DAY),
            zone: &world.zone,
            calendar: &SolarOnly,
            language: "en",
        };
        world.answers = Answers::check(&world.playbook, &given, setting).unwrap().0;
        world.anchors.heard = vec![Heard {
            event: EventKind::OrderPlaced,
            at: opens.plus(HOUR),
            key: "so_1".to_owned(),
        }];
        let course = world.course();
        let (from, mid, to) = (
            opens.plus(-9 * DAY),
            opens.plus(cut * 60_000),
            opens.plus(9 * DAY),
        );
        let mut parts = course.occurrences(from, mid);
        parts.extend(course.occurrences(mid, to));
        let whole = course.occurrences(from, to);
        prop_assert_eq!(&parts, &whole);
        let mornings: Vec<u8> = whole
            .iter()
            .filter(|planned| planned.step == "morning")
            .map(|planned| world.zone.hour(planned.at))
            .collect();
        prop_assert!(mornings.len() >= 4 && mornings.iter().all(|hour| *hour == 8));
    }

    /// Woken only when it asks to be, a run misses nothing.
    #[test]
    fn the_wake_ups_are_enough(began_before in 0_i64..6 * 24) {
        let began = OPENS.plus(-began_before * HOUR);
        let world = World::new(&RICH.replace("do = \"gate\"", "do = \"task\""), began);
        let mut run = Run::begin(&world.course(), "gp_x", "k", began);
        let (mut deeds, mut now, mut looks) = (Deeds::new(), began, 0);
        loop {
            let advance = run.advance(&world.course(), &facts("growth"), now).unwrap();
            note(&advance.effects, &mut deeds);
            let Some(wake) = advance.wake_at else { break };
            prop_assert!(wake > now);
            now = wake;
            looks += 1;
            prop_assert!(looks < 60);
        }
        prop_assert_eq!(run.state, RunState::Done);
        let late = |at: Timestamp| at < began;
        let plan = world.course().occurrences(OPENS.plus(-60 * DAY), OPENS.plus(60 * DAY));
        prop_assert_eq!(deeds.len(), plan.len());
        for (step, at, skip) in deeds {
            if skip == Some(Skip::Expired) {
                prop_assert!(late(at), "{step} was missed");
            }
        }
    }

    /// A stop ends everything, at whatever moment.
    #[test]
    fn after_a_stop_nothing_follows(stop_after in 0_usize..10) {
        let began = OPENS.plus(-5 * DAY);
        let world = World::new(RICH, began);
        let mut run = Run::begin(&world.course(), "gp_x", "k", began);
        for index in 0..20_usize {
            let now = began.plus(i64::try_from(index).unwrap() * 13 * HOUR);
            if index == stop_after {
                run.stop().unwrap();
            }
            run.hear(&world.course(), EventKind::OrderPlaced, &index.to_string(), now).unwrap();
            let advance = run.advance(&world.course(), &facts("growth"), now).unwrap();
            if index >= stop_after {
                prop_assert_eq!(advance, Advance::default());
                prop_assert_eq!(run.state, RunState::Stopped);
            } else {
                let gates: Vec<String> = run.waits_at().map(str::to_owned).collect();
                for gate in gates {
                    run.decide(&gate, true).unwrap();
                }
            }
        }
    }
}

#[test]
fn a_late_start_leaves_out_what_is_past_and_says_so() {
    let began = OPENS.plus(-DAY);
    let world = World::new(RICH, began);
    let mut run = Run::begin(&world.course(), "gp_x", "k", began);
    let advance = run
        .advance(&world.course(), &facts("growth"), began)
        .unwrap();
    assert!(
        matches!(&advance.effects[0], Effect::Skipped { planned, reason: Skip::LateStart } if planned.step == "notice")
    );
    assert!(
        matches!(&advance.effects[1], Effect::Do(planned) if planned.step == "ask-boss" && planned.to == To::Manager),
        "a gate is asked however late"
    );
    assert_eq!(run.state, RunState::Held);
    assert_eq!(advance.wake_at, None, "all the rest stands behind the gate");
}

#[test]
fn a_gate_is_asked_for_unless_it_is_surely_not_needed() {
    let began = OPENS.plus(-DAY);
    for (condition, held) in [
        ("group.stage == growth", true),
        ("group.members > 10", true),
        ("group.stage == end", false),
    ] {
        let gate = format!("do = \"gate\"\n  if = [\"{condition}\"]");
        let world = World::new(&RICH.replace("do = \"gate\"", &gate), began);
        let mut run = Run::begin(&world.course(), "gp_x", "k", began);
        run.advance(&world.course(), &facts("growth"), began)
            .unwrap();
        assert_eq!(run.waits_at().count() == 1, held, "{condition}");
        assert_eq!(run.state == RunState::Held, held, "{condition}");
    }
}

#[test]
fn a_no_at_the_gate_stops_it() {
    let began = OPENS.plus(-DAY);
    let world = World::new(RICH, began);
    let mut run = Run::begin(&world.course(), "gp_x", "k", began);
    assert_eq!(
        run.decide("ask-boss", true).unwrap_err().code(),
        "playbook.gate",
        "nobody was asked"
    );
    run.advance(&world.course(), &facts("growth"), began)
        .unwrap();
    run.decide("ask-boss", false).unwrap();
    assert_eq!(run.state, RunState::Stopped);
    assert_eq!(run.stop().unwrap_err().code(), "playbook.over");
}

#[test]
fn a_phase_that_has_reached_its_aim_is_left() {
    let began = OPENS.plus(-5 * DAY);
    let world = World::new(RICH, began);
    let mut run = Run::begin(&world.course(), "gp_x", "k", began);
    let late = OPENS.plus(10 * DAY);
    run.advance(&world.course(), &facts("peak"), OPENS).unwrap();
    run.decide("ask-boss", true).unwrap();
    let advance = run.advance(&world.course(), &facts("peak"), late).unwrap();
    let left = Effect::Left {
        phase: "end".to_owned(),
    };
    assert_eq!(advance.effects.iter().filter(|e| **e == left).count(), 1);
    assert!(!advance.effects.iter().any(
        |e| matches!(e, Effect::Do(p) | Effect::Skipped { planned: p, .. } if p.phase == "end")
    ));
    assert_eq!(advance.effects.last(), Some(&Effect::Done));
}

#[test]
fn a_paused_run_catches_up_or_leaves_out() {
    let began = OPENS.plus(-4 * DAY);
    let world = World::new(&RICH.replace("do = \"gate\"", "do = \"task\""), began);
    let mut run = Run::begin(&world.course(), "gp_x", "k", began);
    run.pause().unwrap();
    let two_days = OPENS.plus(-2 * DAY);
    assert_eq!(
        run.advance(&world.course(), &facts("growth"), two_days)
            .unwrap(),
        Advance::default()
    );
    run.resume().unwrap();
    let advance = run
        .advance(&world.course(), &facts("growth"), two_days)
        .unwrap();
    let mut deeds = Deeds::new();
    note(&advance.effects, &mut deeds);
    let told: Vec<_> = deeds.iter().map(|(s, _, r)| (s.as_str(), *r)).collect();
    assert_eq!(told, [("notice", Some(Skip::Expired)), ("ask-boss", None)]);
}

#[test]
fn an_edited_playbook_does_not_move_a_run_that_began_before() {
    let began = OPENS.plus(-4 * DAY);
    let world = World::new(RICH, began);
    let mut run = Run::begin(&world.course(), "gp_x", "k", began);
    let edited = World::new(&RICH.replace("version = 3", "version = 4"), began);
    let refused = run
        .advance(&edited.course(), &facts("growth"), OPENS)
        .unwrap_err();
    assert_eq!(refused.code(), "playbook.version");
    assert!(refused.to_string().contains("rich 3"), "{refused}");
    assert!(
        !run.advance(&world.course(), &facts("growth"), OPENS)
            .unwrap()
            .effects
            .is_empty()
    );
}

#[test]
fn a_clock_set_back_repeats_nothing() {
    let began = OPENS.plus(-4 * DAY);
    let world = World::new(&RICH.replace("do = \"gate\"", "do = \"task\""), began);
    let mut run = Run::begin(&world.course(), "gp_x", "k", began);
    let forward = run
        .advance(&world.course(), &facts("growth"), OPENS)
        .unwrap();
    assert!(!forward.effects.is_empty());
    let back = run
        .advance(&world.course(), &facts("growth"), OPENS.plus(-DAY))
        .unwrap();
    assert_eq!(back.effects, []);
    let again = run
        .advance(&world.course(), &facts("growth"), OPENS)
        .unwrap();
    assert_eq!(again.effects, []);
}
