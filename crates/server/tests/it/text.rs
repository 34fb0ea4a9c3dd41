//! `yutang text`: lines judged, models trained and measured, and what stands in the way of it.

use std::{fmt::Write as _, path::Path};

use serde_json::{Value as Json, json};

use crate::program::{Program, Ran, finish};

/// Keys of a document, in their order.
fn keys(document: &Json) -> Vec<&str> {
    let object = document.as_object().unwrap();
    object.keys().map(String::as_str).collect()
}

fn documents(ran: &Ran) -> Vec<Json> {
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Lines judged, one document for each.
fn check(program: &Program, options: &[&str], lines: &str) -> Vec<Json> {
    let mut command = program.command([&["text", "check"], options].concat());
    command.env("RUST_BACKTRACE", "0");
    documents(&finish(command, lines))
}

/// Marked texts in which the words tell.
fn marks(split: bool) -> String {
    let mut text = String::from(if split {
        "body,mark,split\n"
    } else {
        "body,mark\n"
    });
    for n in 0..40 {
        let end = match (split, n % 4) {
            (false, _) => "",
            (true, 0) => ",test",
            (true, _) => ",train",
        };
        writeln!(text, "\"阳澄湖蟹卡转让{n}张,全国通用\",spam{end}").unwrap();
        writeln!(text, "第{n}炉吐司出炉了,ham{end}").unwrap();
    }
    text
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn each_line_is_judged_with_the_places_of_its_signs() {
    let program = Program::new();
    let lines = [
        "今天的吐司还有吗",
        "大家好,jia薇❤ abc12345",
        "兼职刷单,日结200,加V:abc12345",
        "",
        "吐司里有头发,退钱",
        "\u{202e}👨\u{200d}👩\u{200d}👧 e\u{301}兼\u{200b}职刷单 日结200 加V:abc12345\u{fe0f}",
    ];
    let told = check(&program, &[], &(lines.join("\n") + "\r\n"));
    assert_eq!(told.len(), lines.len());
    for (line, document) in lines.iter().zip(&told) {
        let mut found = keys(document);
        found.sort_unstable();
        assert_eq!(found, ["decision", "folded", "hits", "text"]);
        assert_eq!(document["text"], *line);
        let count = line.chars().count() as u64;
        let mut last = 0;
        for hit in document["hits"].as_array().unwrap() {
            let mut found = keys(hit);
            found.sort_unstable();
            assert_eq!(found, ["kind", "reason", "span", "weight"]);
            assert!(hit["kind"].is_string() && hit["reason"].is_string() && hit["weight"].is_i64());
            let (start, end) = (
                hit["span"][0].as_u64().unwrap(),
                hit["span"][1].as_u64().unwrap(),
            );
            assert!(
                start < end && end <= count && start >= last,
                "{hit} in {line:?}"
            );
            last = start;
        }
    }
    let decisions: Vec<&str> = told
        .iter()
        .map(|one| one["decision"].as_str().unwrap())
        .collect();
    assert_eq!(
        decisions,
        ["allow", "gentle", "gentle", "allow", "alarm", "gentle"]
    );
    let shown: Vec<String> = told[1]["hits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| {
            let (start, end) = (
                hit["span"][0].as_u64().unwrap(),
                hit["span"][1].as_u64().unwrap(),
            );
            let part = lines[1].chars().skip(start as usize);
            part.take((end - start) as usize).collect()
        })
        .collect();
    assert!(shown.contains(&"jia薇❤".to_owned()), "{shown:?}");
    assert_eq!(told[1]["folded"], "大家好加微信abc12345");
    assert_eq!(check(&program, &[], "").len(), 0);
    assert!(!program.data().exists(), "no data folder is opened");
}

#[test]
fn ones_own_rules_are_read_with_the_rest() {
    let program = Program::new();
    let rules = program.file(
        "rules.toml",
        "[[list]]\nname = 'rival'\nkind = 'word'\nweight = 100\nwords = ['隔壁店']\n\
         [allow]\nwords = ['加微信']\naccounts = ['our_service1']\n",
    );
    let lines = "去隔壁店看看\n加微信 our_service1\n";
    let plain = check(&program, &[], lines);
    assert_eq!(plain[0]["decision"], "allow");
    let own = check(&program, &["--rules", path(&rules)], lines);
    assert_eq!(own[0]["decision"], "gentle");
    let hit = json!({ "kind": "word", "span": [1, 4], "reason": "rival", "weight": 100 });
    assert_eq!(own[0]["hits"], json!([hit]));
    assert_eq!(own[1]["hits"], json!([]), "{}", own[1]);
    assert_ne!(plain[1]["hits"], json!([]));
}

#[test]
fn a_model_is_trained_measured_and_used() {
    let program = Program::new();
    let file = program.file("marks.csv", marks(true));
    let out = program.path("model.json");
    let labelled = ["--text", "body", "--label", "mark"];
    let train = [
        &[
            "text",
            "train",
            path(&file),
            "--out",
            path(&out),
            "--where",
            "split=train",
        ][..],
        &labelled,
    ]
    .concat();
    let made = program.json(&train).done();
    assert_eq!(
        (&made["marks"], &made["unwanted"]),
        (&json!(60), &json!(30))
    );
    let model = std::fs::read(&out).unwrap();
    program.json(&train).done();
    assert_eq!(
        std::fs::read(&out).unwrap(),
        model,
        "the same file gives the same model"
    );
    assert!(!program.path("model.json.part").exists());

    let eval = [
        &["text", "eval", path(&file), "--where", "split=test"][..],
        &labelled,
    ]
    .concat();
    let figures = ["f1", "fpr", "n", "precision", "recall", "recall_at_fpr_1"];
    let mut measured = Vec::new();
    for more in [&[][..], &["--model", path(&out)]] {
        let quality = program.json([&eval, more].concat()).done();
        let mut found = keys(&quality);
        found.sort_unstable();
        assert_eq!(found, figures);
        assert_eq!(quality["n"], 20);
        measured.push(quality);
    }
    assert_eq!(
        (&measured[0]["recall"], &measured[0]["precision"]),
        (&json!(0.0), &json!(null))
    );
    for figure in ["precision", "recall", "f1", "recall_at_fpr_1"] {
        assert_eq!(measured[1][figure], 1.0, "{figure}: {}", measured[1]);
    }
    assert_eq!(measured[1]["fpr"], 0.0);

    // The words that mean unwanted mean the same.
    for word in ["1", "ad"] {
        let other = marks(true)
            .replace(",spam,", &format!(",{word},"))
            .replace(",ham,", ",0,");
        let file = program.file("other.csv", other);
        let eval = [
            &["text", "eval", path(&file), "--where", "split=test"][..],
            &labelled,
            &["--model", path(&out)],
        ];
        assert_eq!(program.json(eval.concat()).done(), measured[1], "{word}");
    }

    let line = "蟹卡转让两张,全国通用\n";
    assert_eq!(check(&program, &[], line)[0]["decision"], "allow");
    let told = check(&program, &["--model", path(&out)], line);
    assert_eq!(told[0]["decision"], "gentle");
    let hits = told[0]["hits"].as_array().unwrap();
    assert!(
        hits.iter()
            .any(|hit| hit["reason"] == "model" && hit["span"].is_array()),
        "{hits:?}"
    );
}

#[test]
fn a_table_that_cannot_be_read_leaves_no_model_behind() {
    let program = Program::new();
    let out = program.file("model.json", "the old one");
    let good = program.file("good.csv", marks(false));
    let mut short = marks(false);
    short += "one field too many,spam,x\n";
    let mut binary = marks(false).into_bytes();
    binary.extend_from_slice(b"\xff\xfe,spam\n");
    let cases: [(&str, &[u8], i32, &str, &[&str]); 6] = [
        (
            "empty.csv",
            b"",
            1,
            "file.empty",
            &["empty.csv", "first line"],
        ),
        (
            "header.csv",
            b"body,mark\n",
            1,
            "file.empty",
            &["header.csv", "no rows"],
        ),
        (
            "other.csv",
            b"text,label\na,b\n",
            2,
            "usage",
            &["other.csv", "body", "text, label"],
        ),
        (
            "half.csv",
            b"body,text\na,b\n",
            2,
            "usage",
            &["half.csv", "mark", "body, text"],
        ),
        (
            "short.csv",
            short.as_bytes(),
            1,
            "file.unreadable",
            &["short.csv", "line 82"],
        ),
        (
            "binary.csv",
            &binary,
            1,
            "file.unreadable",
            &["binary.csv", "line 82"],
        ),
    ];
    for (name, content, exit, code, words) in cases {
        let file = program.file(name, content);
        let columns = ["--text", "body", "--label", "mark"];
        let train = [
            &["text", "train", path(&file), "--out", path(&out)][..],
            &columns,
        ]
        .concat();
        program.json(train).refused(exit, code, words);
        let eval = [&["text", "eval", path(&file)][..], &columns].concat();
        program.json(eval).refused(exit, code, words);
    }
    let train = |more: &[&str]| {
        let first = [
            "text",
            "train",
            path(&good),
            "--text",
            "body",
            "--label",
            "mark",
        ];
        program.json([&first, more].concat())
    };
    let kept = ["--out", path(&out)];
    train(&[&kept[..], &["--where", "split=train"]].concat()).refused(
        2,
        "usage",
        &["split", "body, mark"],
    );
    train(&[&kept[..], &["--where", "split"]].concat()).refused(
        2,
        "usage",
        &["--where", "split=test"],
    );
    train(&[&kept[..], &["--where", "mark=egg"]].concat()).refused(1, "file.empty", &["mark=egg"]);
    train(&[&kept[..], &["--where", "mark=ham"]].concat()).refused(
        1,
        "model.too_few_marks",
        &["good.csv", "40", "5 of each"],
    );
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "the old one");
    let nowhere = program.path("no/such/folder/model.json");
    train(&["--out", path(&nowhere)]).refused(1, "file.unwritable", &["no/such/folder"]);
    let folder = program.path("folder");
    std::fs::create_dir(&folder).unwrap();
    train(&["--out", path(&folder)]).refused(1, "file.unwritable", &["folder"]);
    assert!(!program.path("folder.part").exists() && !program.data().exists());
    let absent = [
        "text",
        "eval",
        "/nowhere.csv",
        "--text",
        "a",
        "--label",
        "b",
    ];
    program
        .json(absent)
        .refused(1, "file.unreadable", &["/nowhere.csv"]);
}

#[test]
fn rules_and_models_with_a_fault_judge_nothing() {
    let program = Program::new();
    let mut long = String::from("[[list]]\nname = 'long'\nkind = 'word'\nweight = 10\nwords = [\n");
    for line in 6..9_001 {
        writeln!(long, "'{line:0>110}',").unwrap();
    }
    long.push_str("'fine', broken,\n");
    for line in 9_002..9_500 {
        writeln!(long, "'{line:0>110}',").unwrap();
    }
    long.push_str("]\n");
    assert!(long.len() > 1_000_000);
    let rule = |pattern: &str| {
        format!("[[rule]]\nname = 'a'\nkind = 'word'\nweight = 1\npattern = '{pattern}'\n")
    };
    let rules: [(&str, String, &str, &[&str]); 5] = [
        (
            "long.toml",
            long,
            "rule_set.invalid",
            &["long.toml", "line 9001", "guide"],
        ),
        (
            "back.toml",
            rule(r"(a)\1"),
            "rule_set.pattern",
            &["back.toml", "line 5", "look-around"],
        ),
        (
            "all.toml",
            rule("a*"),
            "rule_set.everything",
            &["line 5", "at least one character"],
        ),
        (
            "huge.toml",
            rule(r"((\w{100}){100}){100}"),
            "rule_set.memory",
            &["line 5", "memory"],
        ),
        (
            "kind.toml",
            rule("a").replace("'word'", "'wort'"),
            "rule_set.kind",
            &["line 3", "wort", "advert"],
        ),
    ];
    let lines = "兼职刷单,日结200,加V:abc12345\n";
    for (name, content, code, words) in rules {
        let file = program.file(name, content);
        let ran = program.told(["text", "check", "--rules", path(&file)], lines);
        ran.refused(1, code, words);
    }
    let unreadable = "model.unreadable";
    let models: [(&str, &[u8], &str, &[&str]); 5] = [
        ("empty.json", b"", unreadable, &["empty.json", "text train"]),
        ("other.json", b"{\"form\": 1}", unreadable, &["other.json", "text train"]),
        ("old.json", br#"{"form":9,"bits":18,"marks":1,"unwanted":1,"bias":0,"slope":1,"offset":0,"threshold":0.5,"largest":1,"unseen":1,"buckets":""}"#, "model.form", &["old.json", "form 9", "anew"]),
        ("weights.json", br#"{"form":1,"bits":18,"marks":1,"unwanted":1,"bias":0,"slope":1,"offset":0,"threshold":0.5,"largest":1,"unseen":1,"buckets":"AQ=="}"#, unreadable, &["weights.json", "too early"]),
        ("picture.json", b"\x89PNG\r\n", "file.unreadable", &["picture.json", "UTF-8"]),
    ];
    let marks = program.file("marks.csv", marks(false));
    for (name, content, code, words) in models {
        let file = program.file(name, content);
        let ran = program.told(["text", "check", "--model", path(&file)], lines);
        ran.refused(1, code, words);
        let eval = [
            "text",
            "eval",
            path(&marks),
            "--text",
            "body",
            "--label",
            "mark",
        ];
        let ran = program.json([&eval[..], &["--model", path(&file)]].concat());
        ran.refused(1, code, words);
    }
    let absent = program.told(["text", "check", "--rules", "/nowhere.toml"], lines);
    absent.refused(1, "file.unreadable", &["/nowhere.toml"]);
    // Without --json the same goes to stderr, and stdout stays empty.
    let file = program.file("short.toml", "[[list]]\nname = 'a'\n");
    let ran = finish(
        program.command(["text", "check", "--rules", path(&file)]),
        lines,
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr.contains("short.toml") && ran.stderr.contains("rule_set.invalid"),
        "{ran:?}"
    );
}

/// A line as long as nobody writes, and bytes that are no text.
#[test]
fn every_line_gets_its_document() {
    let program = Program::new();
    let long = "加薇".repeat(11_000);
    let lines = format!("{long}\n\0兼职刷单,日结200,加V:abc12345\n早\n");
    let told = check(&program, &[], &lines);
    assert_eq!(told.len(), 3);
    assert_eq!(told[0]["text"], long);
    assert_eq!(
        (&told[1]["decision"], &told[2]["decision"]),
        (&json!("gentle"), &json!("allow"))
    );
    assert!(told[0]["hits"].as_array().unwrap().len() <= 200);
}
