//! 社群日报: at nine, once a day, through the robots of the organisation; unknown is said.

use yutang_app::{Caller, robot::NewRobot};
use yutang_domain::{
    actor::Role,
    robot::RobotKind,
    time::{HOUR, MINUTE},
};
use yutang_testkit::{Robots, TestApp, TestDatabase, both_engines};

use crate::member::{group, seen, sighting};

/// Open tasks that are digests, by what they say.
async fn digests(test: &TestApp, owner: &Caller) -> Vec<String> {
    let today = test.app.today(owner).await.unwrap();
    let items = today.items.into_iter();
    items
        .filter(|item| item.sentence == "task.digest")
        .map(|item| item.body)
        .collect()
}

both_engines! {
    async fn staff_are_told_at_nine_once_a_day(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        test.app.allow_loopback();
        test.app.reach_at("https://shop.example/");
        let (app, owner) = (&test.app, &test.owner);
        // 09:05, and nobody to tell.
        assert_eq!(app.tell_digests().await.unwrap(), 0);
        let chat = Robots::start(&test.clock).await;
        let new = NewRobot {
            kind: RobotKind::Wecom,
            name: "店长群".to_owned(),
            branch: None,
            address: chat.wecom(),
            secret: None,
        };
        app.add_robot(owner, &new).await.unwrap();
        test.advance(13 * HOUR).await;
        assert_eq!(app.tell_digests().await.unwrap(), 0, "22:05 is too late");
        test.advance(10 * HOUR + 54 * MINUTE).await;
        assert_eq!(app.tell_digests().await.unwrap(), 0, "08:59");
        test.advance(MINUTE).await;
        let other = test.another().await;
        let (one, two) = tokio::join!(app.tell_digests(), other.tell_digests());
        assert_eq!(one.unwrap() + two.unwrap(), 1);
        other.close().await;
        assert_eq!(app.tell_digests().await.unwrap(), 0);
        let said = digests(&test, owner).await;
        assert_eq!(said.len(), 1);
        assert!(said[0].starts_with("【社群日报】11月20日 周五|成交看不到"), "{said:?}");
        app.note_tellings().await.unwrap();
        while app.tell_due().await.unwrap() > 0 {}
        let heard = chat.said();
        assert_eq!(heard.len(), 1, "{heard:?}");
        for part in ["【社群日报】11月20日 周五", "成交看不到", "待办：客诉0、申诉0", "https://shop.example/?digest=2026-11-20"] {
            assert!(heard[0].contains(part), "{part}: {}", heard[0]);
        }
        test.advance(24 * HOUR).await;
        assert_eq!(app.tell_digests().await.unwrap(), 1);
        let said = digests(&test, owner).await;
        assert_eq!(said.len(), 1, "yesterday's has had its day: {said:?}");
        assert!(said[0].contains("11月21日 周六"), "{said:?}");
        app.note_tellings().await.unwrap();
        while app.tell_due().await.unwrap() > 0 {}
        assert_eq!(chat.said().len(), 2);
        test.finish().await;
    }

    /// Who wrote, out of whom; not for those who may not see figures.
    async fn figures_are_those_of_the_reports(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (app, owner) = (&test.app, &test.owner);
        let people = seen(&test, &[sighting(&test, "a", "王芳"), sighting(&test, "b", "李雷")]).await;
        let place = group(&test, "海岸城福利1群").await;
        crate::member::say(&test, place, &[(people[0], "1", "今天几点出炉"), (people[1], "2", "十点")]).await;
        let yesterday = owner.day(app.now()).plus_days(-1);
        let digest = app.digest(owner, None).await.unwrap();
        assert_eq!((digest.day, &digest.sold), (yesterday, &None));
        assert_eq!((digest.complaints, digest.appeals, digest.undone.len()), (0, 0, 0));
        assert_eq!(digest.spoken.map(|spoken| spoken.speakers), Some(2));
        let before = app.digest(owner, Some(yesterday.plus_days(-1))).await.unwrap();
        assert_eq!(before.spoken.map(|spoken| spoken.speakers), Some(0));
        let service = test.caller(Role::Service, "kefu").await;
        app.digest(&service, None).await.unwrap_err();
        test.finish().await;
    }
}
