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
