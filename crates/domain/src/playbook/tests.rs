//! The check names everything at once.

use super::*;

const GOOD: &str = r#"
[playbook]
id = "small"
version = 1
title = { zh-Hans = "小", zh-Hant = "小", en = "Small" }
aim = { zh-Hans = "小", zh-Hant = "小", en = "Small" }
requirements = ["003-120"]
needs = ["post_group"]
subject = "workspace"
key = "start"

[[ask]]
key = "sale.opens_at"
kind = "time"
label = { zh-Hans = "何时", zh-Hant = "何時", en = "When" }
default = "every sat @ 20:00"
ahead = "4d"

[[ask]]
key = "groups"
kind = "groups"
label = { zh-Hans = "哪些群", zh-Hant = "哪些群", en = "Which groups" }

[[ask]]
key = "gift"
kind = "money"
label = { zh-Hans = "礼", zh-Hant = "禮", en = "Gift" }
default = 5
check = ["value >= 1"]

[[trigger]]
by = "hand"
anchor = "sale.opens_at"

[[phase]]
id = "warm"
name = { zh-Hans = "预热", zh-Hant = "預熱", en = "Warm-up" }
from = "sale.opens_at - 3d"
until = "sale.opens_at"
  [[phase.step]]
  id = "notice"
  at = "sale.opens_at - 3d @ 20:30"
  do = "say"
  to = "groups"
  of = "groups"
  mode = "broadcast"
  copy = "notice"

[text.notice]
zh-Hans = "{{store}} 送 {{gift}}"
zh-Hant = "{{store}} 送 {{gift}}"
en = "{{store}} gives {{gift}}"
"#;

/// Reasons of the faults of the good playbook with something changed, each with its line's text.
fn faults(from: &str, to: &str) -> Vec<(Reason, String)> {
    assert!(GOOD.contains(from), "{from}");
    let text = GOOD.replacen(from, to, 1);
    let (_, faults) = review(&text);
    faults
        .into_iter()
        .map(|fault| {
            let line = text.lines().nth(fault.line - 1).unwrap_or_default();
            (fault.reason, line.trim().to_owned())
        })
        .collect()
}

#[test]
fn a_good_playbook_is_taken() {
    let playbook = parse(GOOD).unwrap();
    assert_eq!(playbook.id, "small");
    assert_eq!(playbook.cap, CAP);
    let (phase, step) = playbook.step("notice").unwrap();
    assert_eq!(
        (phase.id.as_str(), step.mode),
        ("warm", Some(Mode::Broadcast))
    );
    assert_eq!(step.undo, Undo::Retract);
    assert_eq!(
        playbook.ask("gift").unwrap().default,
        Some(Usual::Plain(vec!["5".into()]))
    );
}

#[test]
fn each_fault_is_named_with_its_line() {
    let step = "at = \"sale.opens_at - 3d @ 20:30\"";
    for (from, to, reason, line) in [
        (
            "{{store}} 送 {{gift}}",
            "{{shop}}",
            Reason::Variable,
            "zh-Hans = \"{{shop}}\"",
        ),
        (
            "{{store}} 送 {{gift}}",
            "{{nickname}}",
            Reason::Personal,
            "zh-Hans = \"{{nickname}}\"",
        ),
        (
            step,
            "at = \"sale.closes_at - 3d\"",
            Reason::Anchor,
            "at = \"sale.closes_at - 3d\"",
        ),
        (
            step,
            "at = \"sale.opens_at - 3x\"",
            Reason::Time,
            "at = \"sale.opens_at - 3x\"",
        ),
        (
            step,
            "at = \"sale.opens_at + 3d\"",
            Reason::Order,
            "at = \"sale.opens_at + 3d\"",
        ),
        (step, "", Reason::TimeCount, "id = \"notice\""),
        (
            step,
            "after = \"later + 1h\"",
            Reason::After,
            "after = \"later + 1h\"",
        ),
        (
            step,
            "on = \"order.paid\"",
            Reason::Word,
            "on = \"order.paid\"",
        ),
        (
            "until = \"sale.opens_at\"",
            "until = \"sale.opens_at - 4d\"",
            Reason::Order,
            "until = \"sale.opens_at - 4d\"",
        ),
        (
            "en = \"{{store}} gives {{gift}}\"",
            "",
            Reason::Language,
            "[text.notice]",
        ),
        (
            "copy = \"notice\"",
            "",
            Reason::CopyMissing,
            "id = \"notice\"",
        ),
        (
            "copy = \"notice\"",
            "copy = \"other\"",
            Reason::CopyUnknown,
            "copy = \"other\"",
        ),
        (
            "\"post_group\"",
            "\"fly\"",
            Reason::Capability,
            "needs = [\"fly\"]",
        ),
        (
            "\"003-120\"",
            "\"3-120\"",
            Reason::Requirement,
            "requirements = [\"3-120\"]",
        ),
        (
            "of = \"groups\"",
            "of = \"clubs\"",
            Reason::Ask,
            "of = \"clubs\"",
        ),
        (
            "of = \"groups\"",
            "of = \"gift\"",
            Reason::AskKind,
            "of = \"gift\"",
        ),
        ("of = \"groups\"", "", Reason::Field, "to = \"groups\""),
        (
            "to = \"groups\"",
            "to = \"member\"",
            Reason::Addressee,
            "to = \"member\"",
        ),
        (
            "do = \"say\"",
            "do = \"sing\"",
            Reason::Word,
            "do = \"sing\"",
        ),
        (
            "mode = \"broadcast\"",
            "if = [\"member.orders > 0\"]",
            Reason::Fact,
            "if = [\"member.orders > 0\"]",
        ),
        (
            "mode = \"broadcast\"",
            "if = [\"stock.left has 3\"]",
            Reason::Comparison,
            "if = [\"stock.left has 3\"]",
        ),
        (
            "mode = \"broadcast\"",
            "if = [\"stock.left >>\"]",
            Reason::Condition,
            "if = [\"stock.left >>\"]",
        ),
        (
            "mode = \"broadcast\"",
            "mode = \"announce\"",
            Reason::Field,
            "id = \"notice\"",
        ),
        (
            "default = 5",
            "default = \"lots\"",
            Reason::AnswerForm,
            "default = \"lots\"",
        ),
        (
            "kind = \"groups\"",
            "kind = \"choice\"",
            Reason::Choices,
            "kind = \"choice\"",
        ),
        (
            "key = \"start\"",
            "key = \"join\"",
            Reason::Key,
            "[[trigger]]",
        ),
        (
            "anchor = \"sale.opens_at\"",
            "anchor = \"gift\"",
            Reason::Anchor,
            "anchor = \"gift\"",
        ),
        (
            "id = \"small\"",
            "id = \"Small\"",
            Reason::Name,
            "id = \"Small\"",
        ),
        (
            "version = 1",
            "version = 1\ncolour = 2",
            Reason::Form,
            "colour = 2",
        ),
    ] {
        let found = faults(from, to);
        assert!(
            found.contains(&(reason, line.to_owned())),
            "{from} -> {to}: {found:?}"
        );
    }
}

#[test]
fn all_faults_are_told_together() {
    let text = GOOD
        .replace("\"post_group\"", "\"fly\", \"swim\"")
        .replace("of = \"groups\"", "of = \"clubs\"")
        .replace("{{store}} 送 {{gift}}", "{{shop}} {{till}}");
    let (playbook, faults) = review(&text);
    assert!(playbook.is_none());
    let reasons: Vec<_> = faults.iter().map(|fault| fault.reason).collect();
    assert_eq!(
        reasons,
        [
            Reason::Capability,
            Reason::Capability,
            Reason::Ask,
            Reason::Variable,
            Reason::Variable,
            Reason::Variable,
            Reason::Variable
        ]
    );
    assert!(faults.windows(2).all(|pair| pair[0].line <= pair[1].line));
    let refused = PlaybookError::Invalid(faults);
    assert_eq!(refused.code(), "playbook.invalid");
    assert!(refused.at().unwrap().starts_with("text:"));
}

#[test]
fn a_name_stands_once() {
    let again = "\n  [[phase.step]]\n  id = \"notice\"\n  at = \"start\"\n  do = \"task\"\n  to = \"host\"\n  copy = \"notice\"\n\n[text.notice]";
    let found = faults("\n[text.notice]", again);
    assert_eq!(found, [(Reason::Twice, "id = \"notice\"".to_owned())]);
}

#[test]
fn a_text_that_no_network_takes_is_too_long() {
    let found = faults("{{store}} 送 {{gift}}", &"长".repeat(4_001));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, Reason::Long);
}

/// towards: 003-120
#[test]
fn more_posts_than_it_allows_itself_are_found() {
    let mut text = GOOD.replace("key = \"start\"", "key = \"start\"\ncap = 2");
    for hour in [21, 22] {
        let step = format!(
            "\n  [[phase.step]]\n  id = \"more-{hour}\"\n  at = \"sale.opens_at - 3d @ {hour}:00\"\n  do = \"say\"\n  to = \"groups\"\n  of = \"groups\"\n  copy = \"notice\"\n\n[text.notice]"
        );
        text = text.replace("\n[text.notice]", &step);
    }
    let (_, faults) = review(&text);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].reason, Reason::Cap);
    assert_eq!(faults[0].place, "step.more-22");
    assert_eq!(faults[0].args["posts"], "3");
}

#[test]
fn what_nobody_uses_is_a_warning() {
    let extra = "\n[text.unused]\nzh-Hans = \"甲\"\nzh-Hant = \"甲\"\nen = \"A\"\n\n[text.notice]";
    let (playbook, faults) = review(&GOOD.replace("\n[text.notice]", extra));
    assert!(playbook.is_some());
    assert_eq!(faults[0].reason, Reason::CopyUnused);
}

fn given(pairs: &[(&str, &str)]) -> Given {
    pairs
        .iter()
        .map(|(key, text)| ((*key).to_owned(), vec![(*text).to_owned()]))
        .collect()
}

#[test]
fn answers_are_checked_and_completed() {
    let playbook = parse(GOOD).unwrap();
    let zone = crate::time::Zone::from_name("Asia/Shanghai").unwrap();
    // A Thursday, so that the next Saturday is too near.
    let setting = Setting {
        start: "2026-12-03T02:00:00Z".parse().unwrap(),
        zone: &zone,
        calendar: &SolarOnly,
        language: "zh-Hans",
    };
    let (answers, warnings) =
        Answers::check(&playbook, &given(&[("groups", "gp_1")]), setting).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(answers.get("gift"), Some(&Answer::Money(500)));
    assert_eq!(
        answers.get("sale.opens_at"),
        Some(&Answer::Time("2026-12-12T12:00:00Z".parse().unwrap())),
        "the first Saturday that leaves four days"
    );
    let (answers, warnings) = Answers::check(
        &playbook,
        &given(&[("groups", "gp_1"), ("sale.opens_at", "2026-12-05 20:00")]),
        setting,
    )
    .unwrap();
    assert_eq!(warnings[0].reason, Reason::Late);
    assert_eq!(
        answers.get("sale.opens_at"),
        Some(&Answer::Time("2026-12-05T12:00:00Z".parse().unwrap()))
    );
    let refused = Answers::check(
        &playbook,
        &given(&[("gift", "0"), ("sale.opens_at", "soon"), ("colour", "red")]),
        setting,
    )
    .unwrap_err();
    let told: Vec<_> = refused
        .iter()
        .map(|fault| (fault.place.as_str(), fault.reason))
        .collect();
    assert_eq!(
        told,
        [
            ("answer.colour", Reason::AnswerUnknown),
            ("answer.sale.opens_at", Reason::AnswerForm),
            ("answer.groups", Reason::AnswerMissing),
            ("answer.gift", Reason::AnswerCheck),
        ]
    );
    assert_eq!(
        PlaybookError::Answers(refused).at().as_deref(),
        Some("answer.colour")
    );
}

#[test]
fn answers_are_read_from_a_file() {
    let given = read_answers(
        "gift = \"¥1,234.50\"\ngroups = [\"gp_1\", \"gp_2\"]\nsale.opens_at = 2026-12-05T20:00:00\n",
    )
    .unwrap();
    assert_eq!(given["groups"], ["gp_1", "gp_2"]);
    let playbook = parse(GOOD).unwrap();
    let zone = crate::time::Zone::from_name("Asia/Shanghai").unwrap();
    let setting = Setting {
        start: "2026-11-20T02:00:00Z".parse().unwrap(),
        zone: &zone,
        calendar: &SolarOnly,
        language: "zh-Hans",
    };
    let (answers, _) = Answers::check(&playbook, &given, setting).unwrap();
    assert_eq!(answers.get("gift"), Some(&Answer::Money(123_450)));
    assert_eq!(
        answers.moment("sale.opens_at", &zone),
        Some("2026-12-05T12:00:00Z".parse().unwrap())
    );
    assert_eq!(read_answers("x = [").unwrap_err()[0].reason, Reason::Form);
}

/// Every reason has a sentence in each language, with the arguments that it is given.
#[test]
fn every_reason_has_a_sentence() {
    for text in [
        include_str!("../../../../locales/zh-Hans/playbook.json"),
        include_str!("../../../../locales/zh-Hant/playbook.json"),
        include_str!("../../../../locales/en/playbook.json"),
    ] {
        let sentences: std::collections::BTreeMap<String, String> =
            serde_json::from_str(text).unwrap();
        for word in Reason::ALL
            .iter()
            .map(|reason| reason.as_str().to_owned())
            .chain(Skip::ALL.iter().map(|skip| format!("playbook.skip.{skip}")))
            .chain(RunState::ALL.iter().map(|s| format!("playbook.state.{s}")))
            .chain(Deed::ALL.iter().map(|deed| format!("playbook.do.{deed}")))
            .chain(To::ALL.iter().map(|to| format!("playbook.to.{to}")))
            .chain(Mode::ALL.iter().map(|mode| format!("playbook.mode.{mode}")))
            .chain(Metric::ALL.iter().map(|m| format!("playbook.metric.{m}")))
            .chain(Against::ALL.iter().map(|a| format!("playbook.against.{a}")))
        {
            assert!(sentences.contains_key(&word), "{word}");
        }
    }
}
