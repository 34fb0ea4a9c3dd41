//! `yutang playbook`: what is shipped, and what is wrong with one of your own.

use serde_json::json;

use crate::program::Program;

#[test]
fn what_is_shipped_is_listed_shown_and_sound() {
    let program = Program::new();
    let listed = program.json(["playbook", "list"]).done();
    let all = listed["playbooks"].as_array().unwrap();
    assert_eq!(all.len(), 13);
    for one in all {
        let id = one["id"].as_str().unwrap();
        let checked = program.json(["playbook", "check", id]).done();
        assert_eq!(checked, json!({ "playbook": id, "faults": [] }));
    }
    let week = program.json(["playbook", "show", "flash-sale-week"]).done();
    assert!(week["phases"].as_array().unwrap().len() > 2, "{week}");
    for language in ["zh-Hans", "zh-Hant", "en"] {
        assert!(!week["title"][language].as_str().unwrap().is_empty());
    }
}

#[test]
fn every_fault_of_a_playbook_is_named_with_its_line() {
    let program = Program::new();
    let file = program.file(
        "mine.toml",
        "[playbook]\nid = \"mine\"\nversion = 1\nsubject = \"group\"\nkey = \"once\"\n\
         title = { zh-Hans = \"我的\", zh-Hant = \"我的\", en = \"Mine\" }\n\
         aim = { zh-Hans = \"试\", zh-Hant = \"試\", en = \"Try\" }\n\
         requirements = []\nneeds = [\"fly\"]\n\n[[trigger]]\nby = \"hand\"\n\n\
         [[phase]]\nid = \"one\"\nname = { zh-Hans = \"一\", zh-Hant = \"一\", en = \"One\" }\n\n\
         [[phase.step]]\nid = \"say\"\nat = \"start + 1h\"\ndo = \"say\"\nto = \"group\"\ncopy = \"gone\"\n",
    );
    let ran = program.json(["playbook", "check", file.to_str().unwrap()]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let faults = answer["faults"].as_array().unwrap();
    assert!(faults.len() >= 2, "{answer}");
    assert!(
        faults
            .iter()
            .all(|fault| fault["line"].as_i64().unwrap() > 0),
        "{answer}"
    );
    let missing = program
        .json(["playbook", "show", "no-such"])
        .refused(1, "app.file", &[]);
    assert_eq!(missing["at"], "no-such");
}

/// The whole way on the command line: rehearsed with its conflicts, started once, stopped.
#[test]
fn a_week_is_rehearsed_started_and_stopped() {
    let program = Program::new();
    let groups = program.file(
        "groups.csv",
        "群名,群主,门店,人数\n福利1群,李娜,海岸城店,180\n福利2群,李娜,海岸城店,90\n",
    );
    program
        .json(["import", "groups", groups.to_str().unwrap()])
        .done();
    let answers = program.file(
        "week.toml",
        "\"sale.opens_at\" = \"2099-12-05 20:00\"\ngroups = [\"福利1群\", \"福利2群\"]\n\
         list_link = \"https://shop.example.com\"\nitem_1 = \"吐司\"\nitem_2 = \"可颂\"\nitem_3 = \"贝果\"\n\
         photo = \"https://shop.example.com/a.jpg\"\n[adjust.thanks]\nminutes = -15\n",
    );
    let answers = answers.to_str().unwrap();
    let rehearse = [
        "playbook",
        "rehearse",
        "flash-sale-week",
        "--answers",
        answers,
    ];
    let ran = program.json(rehearse);
    assert_eq!(ran.code, 4, "nobody of staff is there: {ran:?}");
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let first = &told["steps"][0];
    assert_eq!(
        (&first["step"], &first["do"], &first["mode"]),
        (&json!("list"), &json!("say"), &json!("broadcast"))
    );
    assert_eq!(first["conflicts"][0]["kind"], "nobody");
    assert!(
        !first["conflicts"][0]["reason"]["zh-Hant"]
            .as_str()
            .unwrap()
            .is_empty()
    );
    let thanks = told["steps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|step| step["step"] == "thanks");
    assert_eq!(thanks.unwrap()["at"], "2099-12-05T13:45:00Z");

    let start = ["playbook", "start", "flash-sale-week", "--answers", answers];
    program
        .json(start)
        .refused(1, "playbook.checks", &["true-stock"]);
    let sure = [&start[..], &["--yes"]].concat();
    // Nobody hosts: that is checked, whatever anybody says.
    program.json(sure).refused(1, "playbook.checks", &["hosts"]);

    let voice = program.file(
        "voice.toml",
        "groups = [\"福利1群\"]\nsurvey_link = \"https://shop.example.com/s\"\n",
    );
    let start = [
        "playbook",
        "start",
        "voice-of-customer",
        "--answers",
        voice.to_str().unwrap(),
        "--yes",
    ];
    let begun = program.json(start).done();
    assert_eq!(begun["run"]["state"], "waiting");
    let stopped = program
        .json(["playbook", "stop", "voice-of-customer"])
        .done();
    assert_eq!(stopped["stopped"].as_array().unwrap().len(), 1);
    assert!(stopped["stopped"][0]["undone"].as_array().unwrap().len() > 3);
    program
        .json(["playbook", "start", "no-such"])
        .refused(1, "playbook.unknown", &["no-such"]);
}
