//! New rules, and whom they reach.

use yutang_app::task::Filter;
use yutang_channels::{Fact, Inbound, Wish};
use yutang_domain::{
    capability::Profile,
    group::{Announcement, Scene},
    time::{DAY, MINUTE, Timestamp},
};
use yutang_store::{Mode, announcement};
use yutang_testkit::{TestDatabase, both_engines};

use super::{Place, fact, join, say, somebody, whisper};

/// Somebody answers a message with a sign.
fn sign(key: &str, at: Timestamp, name: &str, message: &str, with: &str) -> Inbound {
    let reacted = Fact::Reacted {
        who: somebody(name),
        message: message.to_owned(),
        with: with.to_owned(),
    };
    fact(key, at, reacted)
}

both_engines! {
    /// New rules reach those who are in the group once they stand there, not those who come later, and
    /// are acknowledged anew. req: 000-029
    async fn new_rules_reach_those_who_are_in(database: TestDatabase) {
        let place = Place::open(&database, Profile::Full, Some(Scene::Paid)).await;
        let (app, owner) = (&place.test.app, &place.test.owner);
        let old = [say("s1", place.now(), "王芳", "早"), say("s2", place.now(), "李雷", "早")];
        place.hear(&old).await;
        let rules = |forbidden: &str| Announcement {
            forbidden: forbidden.to_owned(),
            ..Announcement::default()
        };
        app.announce(owner, place.group, rules("发广告移出")).await.unwrap();
        place.later(MINUTE).await;
        assert_eq!(place.receipts().await, (0, 0), "it does not stand there yet");
        let sent = place.sent().await;
        let Wish::Announce { text, .. } = &sent[0] else { panic!("{sent:?}") };
        assert!(text.contains("发广告移出") && text.contains("回复「收到」"), "{text}");
        place.hear(&[join("j1", place.now(), "后来的")]).await;
        place.later(MINUTE).await;
        assert_eq!(place.receipts().await, (2, 0), "those who were there");
        place.hear(&[say("s3", place.now(), "王芳", "收到")]).await;
        assert_eq!(place.receipts().await, (2, 1));

        app.announce(owner, place.group, rules("发广告、吵架移出")).await.unwrap();
        let mut tx = app.store().begin(Mode::Read).await.unwrap();
        let on_its_way = announcement::on_its_way(&mut tx, owner.workspace, place.group).await;
        let stands_as = format!("sent:{}", on_its_way.unwrap().unwrap().sent);
        drop(tx);
        place.sent().await;
        place.later(MINUTE).await;
        assert_eq!(place.receipts().await, (3, 0), "everybody anew");
        let now = place.now();
        let signs = [
            sign("r1", now, "后来的", &stands_as, "😡"),
            sign("r2", now, "后来的", "sent:something else", "👍"),
        ];
        place.hear(&signs).await;
        assert_eq!(place.receipts().await, (3, 0), "no sign of having read them");
        place.hear(&[sign("r3", now, "后来的", &stands_as, "👍🏻")]).await;
        assert_eq!(place.receipts().await, (3, 1), "a sign under them is one");
        place.later(4 * DAY).await;
        place.hear(&[say("s4", place.now(), "李雷", "收到")]).await;
        assert_eq!(place.receipts().await.1, 1, "that is an answer to something else");
        place.hear(&[whisper("p1", place.now(), "李雷", "收到")]).await;
        assert_eq!(place.receipts().await.1, 2);
        place.later(MINUTE).await;
        place.test.finish().await;
    }

    /// Where a person sets the announcement, it has reached the group once they say so.
    async fn new_rules_set_by_a_person_reach_the_group_when_that_is_done(database: TestDatabase) {
        let place = Place::open(&database, Profile::WecomPlain, None).await;
        let (app, owner) = (&place.test.app, &place.test.owner);
        place.hear(&[join("j1", place.now(), "王芳")]).await;
        place.later(MINUTE).await;
        let text = Announcement { forbidden: "发广告移出".to_owned(), ..Announcement::default() };
        app.announce(owner, place.group, text).await.unwrap();
        place.later(20 * MINUTE).await;
        assert_eq!(place.receipts().await, (0, 0));
        let filter = Filter { open: Some(true), ..Filter::default() };
        for task in app.tasks(owner, filter, 50).await.unwrap().items {
            app.complete_task(owner, task.row.id, None).await.unwrap();
        }
        place.later(20 * MINUTE).await;
        assert_eq!(place.receipts().await, (1, 0));
        let found = app.receipts(owner, place.group, None, 50).await.unwrap();
        assert_eq!(found.items[0].row.rules_version, Some(1), "here nothing has to be acknowledged");
        place.test.finish().await;
    }
}
