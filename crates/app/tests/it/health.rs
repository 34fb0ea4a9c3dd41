//! Figures of groups and of branches.

use std::fmt::Write as _;

use yutang_app::{
    health::About,
    import::{Options, Request},
};
use yutang_domain::{group::Monetisation, import::ImportKind, time::Period};
use yutang_store::{Mode, group};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

/// Brings in a history in which each of `people` says something informative on each of the first
/// `days` of twenty.
async fn history(test: &TestApp, group: &str, people: u32, days: u32) {
    let today = test.owner.day(test.app.now());
    let mut text = String::new();
    for day in 0..days {
        let date = today.plus_days(i64::from(day) - 20);
        for person in 0..people {
            writeln!(text, "{date} 10:{person:02}:00 群友{person}(20{person:04})").unwrap();
            writeln!(
                text,
                "吐司第{day}天还是很松软，回烤三分钟再抹黄油会更香一些\n"
            )
            .unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.txt");
    std::fs::write(&path, text).unwrap();
    let request = Request {
        kind: ImportKind::Chat,
        path,
        file_name: "history.txt".to_owned(),
        group: Some(group.to_owned()),
        options: Options::default(),
    };
    let outcome = test
        .app
        .import(&test.owner, &request, |_| {})
        .await
        .unwrap();
    assert_eq!(outcome.counts.messages, u64::from(days * people));
}

both_engines! {
    /// Of several groups the curve says how many have fallen silent, with how many it was counted.
    /// req: 003-082
    async fn silence_of_groups_is_counted_by_their_age(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        history(&test, "还在聊", 3, 20).await;
        history(&test, "聊两天", 3, 2).await;
        history(&test, "早就有了", 3, 2).await;
        let old = test.app.find_group(&test.owner, "早就有了").await.unwrap();
        let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
        let mut row = group::get(&mut tx, test.workspace.id, old.id).await.unwrap();
        row.opened_on = Some(test.owner.day(test.app.now()).plus_days(-200));
        group::update(&mut tx, test.workspace.id, &row).await.unwrap();
        tx.commit().await.unwrap();
        let today = test.owner.day(test.app.now());
        let period = Period::new(today.plus_days(-30), today.plus_days(1)).unwrap();
        let report = test.app.health_report(&test.owner, About::All, period).await.unwrap();
        let point = |day: usize| (report.silence[day].share, report.silence[day].groups);
        assert_eq!(report.silence.len(), 31);
        assert_eq!(point(3), (None, Some(0)), "no full week yet");
        assert_eq!(point(6), (Some(0.0), Some(2)), "both said something in their first week");
        assert_eq!(point(15), (Some(0.5), Some(2)));
        assert_eq!(point(25), (None, Some(0)), "no group of that age was seen when it was young");
        let one = test.app.health_report(&test.owner, About::Group(old.id), period).await.unwrap();
        assert!(one.silence.is_empty(), "nobody saw its first month");
        test.finish().await;
    }

    /// A group that sells is held against the middle of its kind. req: 002-034
    async fn contributors_are_held_against_the_median_of_their_kind(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        history(&test, "一群", 4, 20).await;
        history(&test, "二群", 6, 20).await;
        let group = test.app.find_group(&test.owner, "一群").await.unwrap();
        let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
        let mut row = group::get(&mut tx, test.workspace.id, group.id).await.unwrap();
        row.monetisation = Some(Monetisation::Goods);
        group::update(&mut tx, test.workspace.id, &row).await.unwrap();
        tx.commit().await.unwrap();
        let today = test.owner.day(test.app.now());
        let period = Period::new(today.plus_days(-6), today.plus_days(1)).unwrap();
        let report = test.app.health_report(&test.owner, About::Group(group.id), period).await.unwrap();
        let health = report.health.unwrap();
        let reason = health.reasons.iter().find(|r| r.code.starts_with("health.contributors_"));
        assert_eq!(reason.map(|r| r.code), Some("health.contributors_above_median"), "{health:?}");
        test.finish().await;
    }
}
