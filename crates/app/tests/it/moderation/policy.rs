//! How a group is kept, and what is seen over several messages.

use yutang_channels::Inbound;
use yutang_domain::{
    capability::Profile,
    moderation::{HitKind, Mode, Strictness},
    policy::Policy,
    time::{HOUR, MINUTE, SECOND},
};
use yutang_testkit::{TestDatabase, both_engines};

use super::{ADVERT, House, in_mode, joined, posted};

both_engines! {
    /// req: 000-003, 002-029
    async fn a_group_is_kept_as_its_policy_says(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let app = &house.test.app;
        let kept = Policy {
            slow_mode_s: 60,
            strictness: Strictness::Strict,
            off: vec![HitKind::Advert, HitKind::OffTopic, HitKind::Contact],
            ..in_mode(Mode::Act)
        };
        app.set_policy(&house.test.owner, house.group, &kept).await.unwrap();
        assert_eq!(app.policy(&house.test.owner, house.group).await.unwrap().policy, kept);
        house.say("王芳", ADVERT).await;
        assert_eq!(house.queue().await.len(), 0, "adverts are not looked at here");
        house.test.advance(30 * SECOND).await;
        house.say("王芳", "在吗").await;
        let row = house.latest().await;
        assert_eq!(row.row.kind, HitKind::Flood);
        assert!(row.row.hits.contains("slow_mode"));
        house.wishes().await;
        house.test.advance(61 * SECOND).await;
        house.say("王芳", "在吗").await;
        assert_eq!(house.queue().await.len(), 1);
        let replay = app.replay(&house.test.owner, house.group, (None, None)).await.unwrap();
        assert_eq!((replay.looked, replay.decisions.len()), (3, 1), "as it was decided");
        assert_eq!(replay.decisions[0].hits[0].reason, "slow_mode");
        let wrong = Policy { slow_mode_s: 4_000, ..kept };
        let refused = app.set_policy(&house.test.owner, house.group, &wrong).await;
        assert_eq!(refused.unwrap_err().code(), "policy.slow_mode");
        app.set_policy(&house.test.owner, house.group, &in_mode(Mode::Off)).await.unwrap();
        house.say("王芳", ADVERT).await;
        assert_eq!(house.queue().await.len(), 1, "nothing is judged");
        house.finish().await;
    }

    /// req: 000-003, 003-155
    async fn behaviour_is_recognised_over_messages_and_groups(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let now = house.test.app.now();
        let burst: Vec<Inbound> = (0..7)
            .map(|n| posted(&format!("b{n}"), now.plus(n * SECOND), "话多", &format!("第{n}句随便说说")))
            .collect();
        house.receive(&burst).await;
        let rows = house.queue().await;
        assert_eq!(rows.len(), 1, "one flood");
        assert_eq!((rows[0].row.kind, rows[0].causes.len()), (HitKind::Flood, 2));
        assert!(rows[0].row.hits.contains("flood.10s:6"), "{}", rows[0].row.hits);
        house.wishes().await;

        // A second process has not heard it, and reads it.
        let other = house.test.another().await;
        house.test.advance(MINUTE).await;
        let now = house.test.app.now();
        let quarrel: Vec<Inbound> = (0..6)
            .map(|n| posted(&format!("q{n}"), now.plus(n * 5 * SECOND), if n % 2 == 0 { "甲" } else { "乙" }, "你个傻逼"))
            .collect();
        for one in &quarrel {
            other.receive(&house.test.owner, house.account, std::slice::from_ref(one), None).await.unwrap();
        }
        other.close().await;
        assert!(house.queue().await.iter().any(|row| row.row.kind == HitKind::Quarrel || row.row.hits.contains("quarrel.heat")));
        house.wishes().await;

        let now = house.test.advance(HOUR).await;
        house.receive(&[joined("j9", now, "新来的")]).await;
        house.say("新来的", "大家看 https://shop.example.com/abc").await;
        let row = house.latest().await;
        assert_eq!(row.row.kind, HitKind::NewcomerLink, "{}", row.row.hits);
        let replay = house.test.app.replay(&house.test.owner, house.group, (None, None)).await.unwrap();
        let kinds: Vec<_> = replay.decisions.iter().filter_map(|one| one.kind).collect();
        for kind in [HitKind::Flood, HitKind::NewcomerLink] {
            assert!(kinds.contains(&kind), "{kinds:?}");
        }
        house.wishes().await;
        house.finish().await;
    }
}
