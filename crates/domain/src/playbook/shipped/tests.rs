//! What is shipped is whole, says what it should, and happens when it should.

use std::collections::BTreeMap;

use super::SHIPPED;
use crate::{
    member::{BirthCalendar, Birthday},
    playbook::{
        Advance, Anchors, Answers, AskKind, Course, Effect, Fact, Fault, Given, Playbook, Run,
        RunState, Setting, Skip, SolarOnly, parse, review,
    },
    time::{DAY, Date, HOUR, Timestamp, Zone},
};

fn zone() -> Zone {
    Zone::from_name("Asia/Shanghai").unwrap()
}

/// A reading of the clock in Shanghai.
fn local(text: &str) -> Timestamp {
    format!("{}:00+08:00", text.replace(' ', "T"))
        .parse()
        .unwrap()
}

fn shown(at: Timestamp) -> String {
    let civil = zone().civil(at);
    format!("{} {:02}:{:02}", civil.date(), civil.hour(), civil.minute())
}

fn shipped(id: &str) -> Playbook {
    let (_, text) = SHIPPED.iter().find(|(name, _)| *name == id).unwrap();
    parse(text).unwrap_or_else(|faults| panic!("{id}: {}", told(&faults)))
}

fn told(faults: &[Fault]) -> String {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// An answer to everything that has no default.
fn sample(playbook: &Playbook, given: &[(&str, &str)]) -> Given {
    let mut answers: Given = playbook
        .asks
        .iter()
        .filter(|ask| ask.default.is_none())
        .filter_map(|ask| {
            let text = match ask.kind {
                AskKind::Time | AskKind::Day => return None,
                AskKind::Choice => ask.choices.first()?.word.clone(),
                AskKind::Number | AskKind::Money => "20".to_owned(),
                AskKind::Groups => "gp_1".to_owned(),
                _ => format!("<{}>", ask.key),
            };
            Some((ask.key.clone(), vec![text]))
        })
        .collect();
    for (key, text) in given {
        answers.insert((*key).to_owned(), vec![(*text).to_owned()]);
    }
    answers
}

struct World {
    playbook: Playbook,
    answers: Answers,
    anchors: Anchors,
    zone: Zone,
}

impl World {
    fn new(id: &str, start: Timestamp, given: &[(&str, &str)]) -> Self {
        let playbook = shipped(id);
        let zone = zone();
        let setting = Setting {
            start,
            zone: &zone,
            calendar: &SolarOnly,
            language: "zh-Hans",
        };
        let (answers, _) = Answers::check(&playbook, &sample(&playbook, given), setting)
            .unwrap_or_else(|faults| panic!("{id}: {}", told(&faults)));
        Self {
            playbook,
            answers,
            anchors: Anchors::at(start),
            zone,
        }
    }

    fn with(mut self, name: &str, at: Timestamp) -> Self {
        self.anchors.named.insert(name.to_owned(), at);
        self
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

    fn timeline(&self) -> Vec<String> {
        let start = self.course().start();
        self.course()
            .occurrences(start.plus(-60 * DAY), start.plus(60 * DAY))
            .iter()
            .map(|planned| {
                let way = planned
                    .mode
                    .map_or_else(String::new, |mode| format!(" {mode}"));
                let at = shown(planned.at);
                format!("{at} {} {} {}{way}", planned.step, planned.deed, planned.to)
            })
            .collect()
    }
}

#[test]
fn every_shipped_playbook_is_without_fault() {
    for (id, text) in SHIPPED {
        let (playbook, faults) = review(text);
        assert!(faults.is_empty(), "{id}: {}", told(&faults));
        let playbook = playbook.unwrap();
        assert_eq!(playbook.id, *id);
        assert!(!playbook.requirements.is_empty(), "{id}");
        assert!(
            !playbook.checks.is_empty() && !playbook.measures.is_empty(),
            "{id}"
        );
        assert!(
            playbook.phases.iter().all(|phase| !phase.steps.is_empty()),
            "{id}"
        );
        let list = include_str!("../../../../../docs/reference/requirements.txt");
        for requirement in &playbook.requirements {
            assert!(
                list.lines()
                    .any(|line| line.starts_with(requirement.as_str())),
                "{id}: {requirement}"
            );
        }
    }
    assert_eq!(SHIPPED.len(), 13);
}

/// Words that promise what nobody can prove, and pressure that is not true.
#[test]
fn no_shipped_text_exaggerates() {
    const EXTREMES: &[&str] = &[
        "最好",
        "最低",
        "最优",
        "最佳",
        "最大",
        "第一名",
        "全网",
        "唯一",
        "顶级",
        "極致",
        "极致",
        "绝对",
        "100%",
        "万能",
        "史上",
        "仅此一次",
        "错过不再",
        "手慢无",
        "马上没了",
        "疯抢",
        "best ever",
        "number one",
        "guaranteed",
        "last chance",
        "hurry up",
    ];
    for (id, _) in SHIPPED {
        for (name, words) in &shipped(id).texts {
            for (language, text) in words.each() {
                for extreme in EXTREMES {
                    assert!(!text.contains(extreme), "{id} {name} {language}: {extreme}");
                }
                // “Left” is told only with the true number.
                let left = ["还剩", "還剩"].iter().any(|word| text.contains(word));
                assert!(
                    !left || text.contains("{{real}}") || text.contains("「"),
                    "{id} {name} {language} tells of a rest without its number"
                );
            }
        }
    }
}

/// Whoever is written to in private by the bot learns who writes and how to end it.
#[test]
fn the_bot_says_that_it_is_one_and_how_to_stop_it() {
    for (id, _) in SHIPPED {
        let playbook = shipped(id);
        for (_, step) in playbook.steps() {
            let to_people = step.to.is_private() && step.deed.is_post();
            let Some(copy) = step.copy.as_ref().filter(|_| to_people) else {
                continue;
            };
            let words = &playbook.texts[copy];
            for (language, text) in words.each() {
                assert!(text.contains("{{bot}}"), "{id} {copy} {language}");
                // A notice of moderation is an answer to what somebody did.
                let ends = ["停止", "stop"].iter().any(|word| text.contains(word));
                assert!(ends || *id == "keep-order", "{id} {copy} {language}");
            }
        }
    }
}

#[test]
fn texts_are_in_their_own_script() {
    for (id, _) in SHIPPED {
        for (name, words) in &shipped(id).texts {
            let only_hans = ['这', '们', '个', '说', '发', '开', '来', '时', '实'];
            let found = words
                .zh_hant
                .chars()
                .find(|c| only_hans.contains(c) && !matches!(c, '来'));
            let found = found.filter(|_| words.zh_hant != words.zh_hans);
            assert_eq!(found, None, "{id} {name}");
            assert!(
                !words
                    .en
                    .chars()
                    .any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
                "{id} {name}: {}",
                words.en
            );
        }
    }
}

/// The cue sheet of the trade, to the minute.
/// towards: 003-118, 003-119, 003-120, 003-121, 003-122, 003-123, 003-124, 003-125
#[test]
fn the_flash_sale_week_follows_the_cue_sheet() {
    let start = local("2026-11-30 09:00");
    let world = World::new("flash-sale-week", start, &[]);
    assert_eq!(
        shown(world.course().moment("sale.opens_at").unwrap()),
        "2026-12-05 20:00",
        "the Saturday by itself"
    );
    assert_eq!(
        world.timeline(),
        [
            "2026-12-02 10:00 list say groups broadcast",
            "2026-12-03 12:00 one-item say groups broadcast",
            "2026-12-04 20:00 rain-notice say groups broadcast",
            "2026-12-05 09:00 morning announce groups announce",
            "2026-12-05 16:00 open-group open_group group",
            "2026-12-05 17:00 flash-code say groups paste",
            "2026-12-05 18:00 count-stock task supply",
            "2026-12-05 19:00 rain task host",
            "2026-12-05 19:50 rules say group paste",
            "2026-12-05 20:00 round-1 say group auto",
            "2026-12-05 20:00 stop-intake task host",
            "2026-12-05 20:05 sold say group paste",
            "2026-12-05 20:15 questions task service",
            "2026-12-05 20:30 round-2 say group auto",
            "2026-12-05 21:00 round-3 say group auto",
            "2026-12-05 21:45 last-quarter say group auto",
            "2026-12-05 22:00 thanks say group paste",
            "2026-12-06 09:00 pick-up say buyers auto",
            "2026-12-06 10:00 result report manager",
            "2026-12-07 20:00 dissolve close_group group",
        ]
    );
    let over = world.course().over_cap(start, start.plus(30 * DAY));
    assert_eq!(over, []);
}

/// towards: 003-120
#[test]
fn a_flash_sale_begun_late_leaves_out_the_early_notices() {
    let late = local("2026-12-04 21:00");
    let world = World::new(
        "flash-sale-week",
        late,
        &[("sale.opens_at", "2026-12-05 20:00")],
    );
    let mut run = Run::begin(&world.course(), "ws_1", "k", late);
    let facts = BTreeMap::<String, Fact>::new();
    let Advance { effects, wake_at } = run.advance(&world.course(), &facts, late).unwrap();
    let seen: Vec<(&str, Option<Skip>)> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Do(planned) => (planned.step.as_str(), None),
            Effect::Skipped { planned, reason } => (planned.step.as_str(), Some(*reason)),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("list", Some(Skip::LateStart)),
            ("one-item", Some(Skip::LateStart)),
            ("rain-notice", None),
        ],
        "what is still true is told"
    );
    assert_eq!(wake_at, Some(local("2026-12-05 09:00")));
}

/// towards: 004-019
#[test]
fn member_day_is_the_13th_of_each_month() {
    let playbook = shipped("member-day");
    let starts = playbook.starts(
        local("2026-11-01 00:00"),
        local("2027-03-01 00:00"),
        &zone(),
        None,
        &SolarOnly,
    );
    let told: Vec<_> = starts
        .iter()
        .map(|start| {
            let key = playbook.key_of(start.at, "", &zone());
            (shown(start.begins_at), shown(start.at), key)
        })
        .collect();
    let row = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(
        told,
        [
            row("2026-11-10 10:00", "2026-11-13 10:00", "2026-11"),
            row("2026-12-10 10:00", "2026-12-13 10:00", "2026-12"),
            row("2027-01-10 10:00", "2027-01-13 10:00", "2027-01"),
            row("2027-02-10 10:00", "2027-02-13 10:00", "2027-02"),
        ]
    );
    let world = World::new("member-day", starts[1].at, &[]);
    assert_eq!(
        world.timeline(),
        [
            "2026-12-10 10:00 agree gate manager",
            "2026-12-12 20:00 preview say groups broadcast",
            "2026-12-13 10:00 morning announce groups announce",
            "2026-12-13 10:00 coupon coupon segment",
            "2026-12-13 19:00 evening say groups paste",
            "2026-12-14 10:00 thanks say buyers auto",
            "2026-12-14 11:00 result report manager",
        ]
    );
}

/// towards: 004-085
#[test]
fn after_a_visit_comes_a_coupon_on_the_fifteenth_day() {
    let paid = local("2026-11-20 18:40");
    let world = World::new("after-visit", paid, &[]).with("order.paid_at", paid);
    assert_eq!(
        world.timeline(),
        [
            "2026-11-20 20:40 thanks say member auto",
            "2026-11-21 10:00 tips say member auto",
            "2026-12-05 10:00 coupon coupon member",
            "2026-12-16 10:00 last-word say member auto",
            "2026-12-20 10:00 rest tag member",
        ]
    );
    // Whoever buys meanwhile is left in peace.
    let mut run = Run::begin(&world.course(), "mb_1", "so_1", paid);
    let facts = |since: i64| {
        let flag = |name: &str, flag| (name.to_owned(), Fact::Flag(flag));
        BTreeMap::from([
            ("member.orders_since".to_owned(), Fact::Number(since)),
            (
                "member.consent".to_owned(),
                Fact::Set(vec!["contact".to_owned()]),
            ),
            flag("member.reachable", true),
            flag("member.complaint", false),
            flag("order.first", true),
            flag("order.refunded", false),
        ])
    };
    let mut said = Vec::new();
    for (since, hours) in [(0, 3), (0, 16), (1, 20 * 24), (1, 40 * 24)] {
        let now = paid.plus(hours * HOUR);
        let advance = run.advance(&world.course(), &facts(since), now).unwrap();
        said.extend(advance.effects);
    }
    let done: Vec<&str> = said
        .iter()
        .filter_map(|effect| match effect {
            Effect::Do(planned) => Some(planned.step.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(done, ["thanks", "tips"]);
    assert!(said.contains(&Effect::Left {
        phase: "return".to_owned()
    }));
    assert_eq!(run.state, RunState::Done);
}

/// towards: 003-091
#[test]
fn a_birthday_is_greeted_on_its_day_solar_or_lunar() {
    let playbook = shipped("birthday");
    let starts = |birthday: Birthday, calendar: &dyn crate::playbook::Calendar| {
        playbook
            .starts(
                local("2026-06-01 00:00"),
                local("2027-06-01 00:00"),
                &zone(),
                Some(birthday),
                calendar,
            )
            .iter()
            .map(|start| (shown(start.begins_at), shown(start.at)))
            .collect::<Vec<_>>()
    };
    let birthday = |calendar, month, day| Birthday {
        calendar,
        year: None,
        month,
        day,
        leap: false,
    };
    assert_eq!(
        starts(birthday(BirthCalendar::Solar, 2, 29), &SolarOnly),
        [("2027-02-25 09:00".to_owned(), "2027-02-28 09:00".to_owned())]
    );
    let mid_autumn = |_: u8, _: u8, from: Date, to: Date| {
        let day: Date = "2026-09-25".parse().unwrap();
        Vec::from_iter((from <= day && day < to).then_some(day))
    };
    assert_eq!(
        starts(birthday(BirthCalendar::Lunar, 8, 15), &mid_autumn),
        [("2026-09-22 09:00".to_owned(), "2026-09-25 09:00".to_owned())]
    );
    let world = World::new("birthday", local("2026-09-25 09:00"), &[]);
    assert_eq!(
        world.timeline(),
        [
            "2026-09-23 10:00 write-line task manager",
            "2026-09-25 09:00 greet say member auto",
            "2026-09-25 09:00 gift coupon member",
            "2026-10-05 10:00 still-valid say member auto",
        ]
    );
    assert_eq!(
        playbook.key_of(local("2026-09-25 09:00"), "", &zone()),
        "2026",
        "once a year"
    );
}

/// Every shipped playbook runs from its beginning to an end or goes on by design, with nothing held
/// but its gates.
#[test]
fn every_shipped_playbook_can_be_played() {
    let start = local("2026-11-30 09:00");
    for (id, _) in SHIPPED {
        let mut world = World::new(id, start, &[]);
        for name in ["member.joined_at", "order.paid_at", "group.created_at"] {
            world = world.with(name, start);
        }
        let course = world.course();
        let plan = course.occurrences(start.plus(-90 * DAY), start.plus(90 * DAY));
        assert!(plan.len() >= 4, "{id} has {} steps", plan.len());
        let mut run = Run::begin(&course, "x", "k", start);
        let facts = BTreeMap::<String, Fact>::new();
        let mut handled = 0;
        let mut now = start;
        for _ in 0..2_000 {
            let advance = run.advance(&course, &facts, now).unwrap();
            handled += advance
                .effects
                .iter()
                .filter(|effect| matches!(effect, Effect::Do(_) | Effect::Skipped { .. }))
                .count();
            let gates: Vec<String> = run.waits_at().map(str::to_owned).collect();
            for gate in &gates {
                run.decide(gate, true).unwrap();
            }
            let wake = match (advance.wake_at, gates.is_empty()) {
                (_, false) => now,
                (Some(wake), true) => wake,
                (None, true) => break,
            };
            if wake >= start.plus(90 * DAY) {
                break;
            }
            now = wake;
        }
        assert_eq!(handled, plan.len(), "{id}");
        let endless = *id == "daily-value";
        assert_eq!(
            run.state == RunState::Done,
            !endless,
            "{id}: {:?}",
            run.state
        );
    }
}
