//! Gates of each kind, at a real knock.

use yutang_channels::Wish;
use yutang_domain::{
    capability::Profile,
    gate::{Gate, GateKind, Held, KnockState},
};
use yutang_testkit::{TestDatabase, both_engines};

use super::{Place, approve, gate, join, knock, whisper};

both_engines! {
    /// Whoever has a task to do first is told which, and staff look whether it was done.
    async fn a_task_comes_before_the_door(database: TestDatabase) {
        let place = Place::open(&database, Profile::Full, None).await;
        place.set(Gate { task: "先填一下口味问卷".to_owned(), ..gate(GateKind::Task) }).await;
        place.hear(&[knock("k1", place.now(), "李姐", "")]).await;
        let sent = place.sent().await;
        let [Wish::Whisper { text, .. }] = &sent[..] else { panic!("{sent:?}") };
        assert!(text.contains("先填一下口味问卷"), "{text}");
        let waiting = ("李姐".to_owned(), KnockState::Waiting, Some(Held::Task));
        assert_eq!(place.knocks().await, [waiting]);
        assert_eq!(place.tasks().await.len(), 1, "somebody has to look");
        place.test.finish().await;
    }

    /// Who knocks with a reason is let in; who gives none is asked in private, and their answer
    /// counts. req: 001-053
    async fn a_reason_opens_the_door(database: TestDatabase) {
        let place = Place::open(&database, Profile::Full, None).await;
        place.set(gate(GateKind::Knock)).await;
        let now = place.now();
        place.hear(&[knock("k1", now, "王哥", "")]).await;
        let sent = place.sent().await;
        assert!(matches!(&sent[..], [Wish::Whisper { .. }]), "{sent:?}");
        let waiting = ("王哥".to_owned(), KnockState::Waiting, Some(Held::Reason));
        assert_eq!(place.knocks().await, [waiting]);
        place.hear(&[whisper("p1", now, "王哥", "朋友介绍来买蛋糕")]).await;
        let answered = place.knocks().await.remove(0);
        assert_ne!(answered.2, Some(Held::Reason), "they have given one");
        place.sent().await;
        place.test.finish().await;
    }

    /// The first ones come in another way, until the group has its seed. req: 002-027
    async fn the_first_ones_come_in_another_way(database: TestDatabase) {
        let place = Place::open(&database, Profile::Full, None).await;
        let seeded = Gate {
            seed_kind: Some(GateKind::Staff),
            seed_size: 2,
            ..gate(GateKind::Open)
        };
        place.set(seeded).await;
        let now = place.now();
        place.hear(&[join("j1", now, "李姐")]).await;
        place.hear(&[knock("k1", now, "张姐", "")]).await;
        assert!(place.sent().await.is_empty(), "one is in, staff choose the second");
        place.hear(&[join("j2", now, "王芳")]).await;
        place.hear(&[knock("k2", now, "赵姨", "")]).await;
        assert!(place.sent().await.contains(&approve("赵姨")), "the seed is there, anybody may come");
        place.test.finish().await;
    }
}
