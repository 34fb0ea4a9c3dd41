//! `yutang broadcast plan`: what a broadcast would do, said beforehand.

use serde_json::json;

use crate::program::Program;

#[test]
fn a_file_is_planned_and_its_faults_are_named() {
    let program = Program::new();
    let groups = program.file(
        "groups.csv",
        "群名,群主,门店,人数\n福利1群,李娜,海岸城店,180\n福利2群,李娜,海岸城店,90\n",
    );
    program
        .json(["import", "groups", groups.to_str().unwrap()])
        .done();
    let file = program.file(
        "saturday.toml",
        "name = \"周六抢购预告\"\ntext = \"{{store}}周六 20:00\"\nmode = \"paste\"\n[reach]\ngroups = [\"福利1群\"]\n",
    );
    let plan = program
        .json(["broadcast", "plan", file.to_str().unwrap()])
        .done();
    assert_eq!((&plan["groups"], &plan["accepted"]), (&json!(1), &json!(0)));
    let refused = &plan["refused"][0];
    assert_eq!(
        (&refused["reason"], &refused["limit"]),
        (&json!("broadcast.why.nobody"), &json!(null))
    );
    assert_eq!(plan["minutes"], 0);

    let unknown = program.file(
        "unknown.toml",
        "name = \"a\"\ntext = \"b\"\nmode = \"paste\"\n[reach]\nbranches = [\"没有的店\"]\n",
    );
    program
        .json(["broadcast", "plan", unknown.to_str().unwrap()])
        .refused(1, "broadcast.unknown", &["没有的店"]);
    let wrong = program.file(
        "wrong.toml",
        "name = \"a\"\ntext = \"b\"\nmode = \"shout\"\n",
    );
    program
        .json(["broadcast", "plan", wrong.to_str().unwrap()])
        .refused(1, "broadcast.file", &["shout"]);
}
