//! What is held against somebody: from a word to the door, and taken back.

use yutang_app::moderation::{ByHand, QueueFilter};
use yutang_channels::{Fact, Wish};
use yutang_domain::{
    capability::Profile,
    group::Scene,
    moderation::{Fault, HitKind, Mode, Tone},
    sanction::{SanctionAction, SanctionStanding, SanctionState},
    time::{DAY, HOUR, MINUTE, SECOND},
};
use yutang_store::Mode as TxMode;
use yutang_testkit::{TestDatabase, both_engines};

use super::{ADVERT, HIDDEN_ADVERT, House, joined, posted, whispered};

both_engines! {
    /// req: 003-075, 003-166, 003-167, 003-169, 003-170, 003-171
    async fn adverts_lead_from_a_word_to_the_door_and_for_a_while_back(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        house.say("王芳", "早上好，今天有吐司吗").await;
        assert_eq!(house.queue().await.len(), 0);

        house.say("王芳", HIDDEN_ADVERT).await;
        let first = house.latest().await;
        assert_eq!((first.row.kind, first.row.tone), (HitKind::Advert, Tone::Gentle));
        assert_eq!(first.standing, SanctionStanding::Decided, "nothing has left yet");
        assert!(first.row.hits.contains("span"), "it shows what it is held against");
        let wishes = house.wishes().await;
        let told = whispered(&wishes)[0];
        for part in ["王芳您好", "机器人", "广告", "群规第2条", "首次只提醒", "申诉", "09:05"] {
            assert!(told.contains(part), "{part} in {told}");
        }
        assert_eq!(house.latest().await.standing, SanctionStanding::Carried);
        assert!(!wishes.iter().any(|wish| matches!(wish, Wish::Remove { .. })));

        house.test.advance(HOUR).await;
        let key = house.say("王芳", ADVERT).await;
        let second = house.latest().await;
        assert_eq!((second.row.tone, second.row.strikes), (Tone::Neutral, 1));
        let wishes = house.wishes().await;
        assert!(whispered(&wishes)[0].contains("今天 14:05 起可以回群"), "{wishes:?}");
        assert!(wishes.contains(&Wish::Delete { group: "g1".into(), message: key }));
        assert!(wishes.iter().any(|wish| matches!(wish, Wish::Remove { who, .. } if who == "fk_王芳")));

        assert_eq!(house.test.app.let_back(10).await.unwrap(), 0, "not yet");
        house.test.advance(4 * HOUR).await;
        assert_eq!(house.test.app.let_back(10).await.unwrap(), 1);
        assert_eq!(house.test.app.let_back(10).await.unwrap(), 0, "once");
        let wishes = house.wishes().await;
        assert!(wishes.iter().any(|wish| matches!(wish, Wish::Readmit { who, .. } if who == "fk_王芳")));
        assert!(whispered(&wishes)[0].contains("群规第2条"), "the rule is repeated");

        house.say("王芳", ADVERT).await;
        let third = house.latest().await;
        assert_eq!((third.row.tone, third.row.strikes, third.row.back_at), (Tone::Hard, 2, None));
        assert!(house.wishes().await.iter().any(|wish| matches!(wish, Wish::Remove { .. })));
        house.test.advance(DAY).await;
        assert_eq!(house.test.app.let_back(10).await.unwrap(), 0, "out for good");

        // Strikes count for thirty days.
        assert_eq!(house.strikes(third.row.member_id).await, 3);
        house.test.advance(31 * DAY).await;
        assert_eq!(house.strikes(third.row.member_id).await, 0);
        house.finish().await;
    }

    /// req: 003-164, 003-172
    async fn whoever_paid_is_put_out_by_a_person_only_and_refunded(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        house.become_kind(Scene::Paid).await;
        house.say("王芳", ADVERT).await;
        house.wishes().await;
        house.test.advance(MINUTE).await;
        house.say("王芳", ADVERT).await;
        let row = house.latest().await;
        assert_eq!(row.standing, SanctionStanding::Review);
        let wishes = house.wishes().await;
        assert!(!wishes.iter().any(|wish| matches!(wish, Wish::Remove { .. })), "{wishes:?}");
        let what: Vec<String> = house.tasks().await.into_iter().map(|task| task.row.what).collect();
        assert_eq!(what, ["task.sanction_review"]);

        house.test.app.confirm_sanction(&house.test.owner, row.row.id, true).await.unwrap();
        let wishes = house.wishes().await;
        assert!(whispered(&wishes)[0].contains("会费原路退回"), "{wishes:?}");
        assert!(wishes.iter().any(|wish| matches!(wish, Wish::Remove { .. })));
        let what: Vec<String> = house.tasks().await.into_iter().map(|task| task.row.what).collect();
        assert_eq!(what, ["task.refund"]);
        assert_eq!(house.latest().await.row.is_right, Some(true));

        // What they paid is known: they and whoever pays it back read how much, the others do not.
        house.say("李姐", ADVERT).await;
        house.wishes().await;
        let who = house.latest().await.row.member_id;
        house.test.app.note_fee(&house.test.owner, house.group, who, Some(19_900)).await.unwrap();
        house.test.advance(MINUTE).await;
        house.say("李姐", ADVERT).await;
        house.wishes().await;
        let row = house.latest().await;
        house.test.app.confirm_sanction(&house.test.owner, row.row.id, true).await.unwrap();
        let wishes = house.wishes().await;
        let told = whispered(&wishes);
        assert!(told.len() == 1 && told[0].contains("会费 ¥199.00 原路退回"), "{wishes:?}");
        let refund = house.asked("task.refund_amount").await;
        assert!(refund[0].row.args.contains("¥199.00"), "{}", refund[0].row.args);
        house.finish().await;
    }

    /// req: 003-163
    async fn a_settled_members_bare_card_is_a_question_and_counts_nothing(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let now = house.test.app.now();
        house.receive(&[joined("j1", now.plus(-8 * DAY), "李姐"), joined("j2", now.plus(-2 * DAY), "王芳")]).await;
        house.say("李姐", "").await;
        let row = house.latest().await;
        assert_eq!((row.row.fault, row.row.tone), (Fault::Accident, Tone::Gentle));
        let wishes = house.wishes().await;
        assert_eq!(wishes.len(), 1);
        assert!(whispered(&wishes)[0].contains("孩子点到了吗") && whispered(&wishes)[0].contains("不记违规"));
        assert_eq!(house.strikes(row.row.member_id).await, 0);
        house.say("王芳", "").await;
        assert_eq!(house.latest().await.row.fault, Fault::Violation, "who has just come meant it");
        house.wishes().await;
        house.finish().await;
    }

    async fn complaints_staff_trusted_people_and_old_messages_are_left_alone(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let now = house.test.app.now();
        house.say("王芳", "吐司里有头发，我要投诉，退款！加微信 abc12345").await;
        house.receive(&[posted("old", now.plus(-2 * DAY), "李姐", ADVERT)]).await;
        house.say("店员", "早").await;
        let mut tx = house.test.app.store().begin(TxMode::Write).await.unwrap();
        tx.execute("UPDATE membership SET role = 'staff' WHERE card_name = '店员'", vec![]).await.unwrap();
        tx.commit().await.unwrap();
        house.say("店员", ADVERT).await;
        house.say("老友", "早").await;
        let friend = house.message().await.member_id.unwrap();
        house.test.app.trust(&house.test.owner, friend, "供货商").await.unwrap();
        assert_eq!(house.test.app.trusted(&house.test.owner).await.unwrap()[0].name, "老友");
        house.say("老友", ADVERT).await;
        assert_eq!(house.queue().await.len(), 0);
        assert_eq!(house.wishes().await, []);

        let by_hand = ByHand { kind: HitKind::Advert, tone: Tone::Gentle, reason: String::new() };
        let said = house.message().await.id;
        let refused = house.test.app.sanction_by_hand(&house.test.owner, said, &by_hand).await;
        assert_eq!(refused.unwrap_err().code(), "sanction.immune");
        house.test.app.distrust(&house.test.owner, friend).await.unwrap();
        assert!(house.test.app.distrust(&house.test.owner, friend).await.is_err());
        house.say("老友", ADVERT).await;
        assert_eq!(house.queue().await.len(), 1);
        house.wishes().await;
        house.finish().await;
    }

    async fn a_group_that_watches_writes_down_and_touches_nobody(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Watch).await;
        house.say("王芳", ADVERT).await;
        house.test.advance(MINUTE).await;
        house.say("王芳", ADVERT).await;
        let rows = house.queue().await;
        let tones: Vec<Tone> = rows.iter().map(|row| row.row.tone).collect();
        assert_eq!(tones, [Tone::Neutral, Tone::Gentle], "it climbs as it would have");
        assert!(rows.iter().all(|row| row.standing == SanctionStanding::Watched && row.steps.is_empty()));
        assert_eq!(house.wishes().await, []);
        assert_eq!(house.strikes(rows[0].row.member_id).await, 0);

        let app = &house.test.app;
        app.undo_sanction(&house.test.owner, rows[0].row.id, "是老客").await.unwrap();
        assert_eq!(house.wishes().await, [], "nothing was done, nothing is taken back");
        app.confirm_sanction(&house.test.owner, rows[1].row.id, false).await.unwrap();
        assert_eq!(house.latest().await.row.state, SanctionState::Dismissed);
        assert_eq!(house.wishes().await, [], "right, and left at that");
        app.confirm_sanction(&house.test.owner, rows[1].row.id, true).await.unwrap();
        assert_eq!(whispered(&house.wishes().await).len(), 1, "carried out now");
        assert_eq!(house.strikes(rows[0].row.member_id).await, 1);
        let again = app.undo_sanction(&house.test.owner, rows[0].row.id, "").await;
        assert_eq!(again.unwrap_err().code(), "sanction.ended");
        house.finish().await;
    }

    /// What nobody judged yet is found by the database, page by page, with its number.
    async fn the_queue_is_narrowed_to_what_nobody_judged(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Watch).await;
        let (app, owner) = (&house.test.app, &house.test.owner);
        let names = ["甲", "乙", "丙", "丁", "戊"];
        for name in names {
            house.say(name, ADVERT).await;
            house.test.advance(MINUTE).await;
        }
        let rows = house.queue().await;
        app.confirm_sanction(owner, rows[1].row.id, false).await.unwrap();
        app.confirm_sanction(owner, rows[2].row.id, false).await.unwrap();
        let pages = async |judged: Option<bool>| {
            let mut filter = QueueFilter { judged, ..QueueFilter::default() };
            let mut found = Vec::new();
            loop {
                let page = app.moderation_queue(owner, &filter, 2).await.unwrap();
                assert!(page.items.len() == 2 || page.next.is_none(), "only the last page is short");
                let total = page.total;
                found.extend(page.items.into_iter().map(|row| row.member_name));
                match page.next {
                    Some(_) => filter.after = page.next,
                    None => {
                        assert_eq!(total, found.len() as i64);
                        return found;
                    }
                }
            }
        };
        assert_eq!(pages(Some(false)).await, ["戊", "乙", "甲"]);
        assert_eq!(pages(Some(true)).await, ["丁", "丙"]);
        assert_eq!(pages(None).await.len(), 5);
        house.wishes().await;
        house.finish().await;
    }

    async fn what_comes_again_or_before_the_notice_is_one_sanction(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let now = house.test.app.now();
        let harvest = [
            posted("a1", now, "王芳", ADVERT),
            posted("a2", now.plus(SECOND), "王芳", ADVERT),
            posted("a3", now.plus(2 * SECOND), "李姐", ADVERT),
        ];
        house.receive(&harvest).await;
        house.receive(&harvest).await;
        let rows = house.queue().await;
        assert_eq!(rows.len(), 2, "one for each person");
        let mut causes: Vec<usize> = rows.iter().map(|row| row.causes.len()).collect();
        causes.sort_unstable();
        assert_eq!(causes, [1, 2]);
        assert_eq!(whispered(&house.wishes().await).len(), 2);
        for row in rows {
            assert_eq!(house.strikes(row.row.member_id).await, 1);
        }
        house.finish().await;
    }

    /// A harmless message that turns into an advert is judged like one.
    async fn a_message_changed_into_an_advert_is_judged(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let key = house.say("王芳", "早上好").await;
        assert_eq!(house.queue().await.len(), 0);
        let mut changed = posted("m1:edit", house.test.app.now().plus(SECOND), "王芳", ADVERT);
        if let Fact::Posted { edits, .. } = &mut changed.fact {
            *edits = Some(key.clone());
        }
        house.receive(&[changed.clone()]).await;
        house.receive(&[changed]).await;
        let rows = house.queue().await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].causes[0].external_id.as_deref(), Some(key.as_str()), "it is acted on under its first id");
        house.wishes().await;
        house.finish().await;
    }

    async fn what_was_done_is_taken_back_and_told(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let app = &house.test.app;
        house.say("王芳", ADVERT).await;
        let first = house.latest().await;
        app.undo_sanction(&house.test.owner, first.row.id, "").await.unwrap();
        assert_eq!(house.wishes().await, [], "nobody was told, so nobody hears of it");
        assert_eq!(house.strikes(first.row.member_id).await, 0);

        for _ in 0..2 {
            house.test.advance(MINUTE).await;
            house.say("王芳", ADVERT).await;
            house.wishes().await;
        }
        let second = house.latest().await;
        assert_eq!(second.row.tone, Tone::Neutral);
        app.undo_sanction(&house.test.owner, second.row.id, "看错了").await.unwrap();
        let wishes = house.wishes().await;
        assert!(wishes.iter().any(|wish| matches!(wish, Wish::Readmit { who, .. } if who == "fk_王芳")));
        assert!(whispered(&wishes)[0].contains("看错了，对不起"), "{wishes:?}");
        assert_eq!(house.strikes(second.row.member_id).await, 1);
        house.test.advance(5 * HOUR).await;
        assert_eq!(app.let_back(10).await.unwrap(), 0, "they are back already");
        let whole = app.sanction(&house.test.owner, second.row.id).await.unwrap();
        assert_eq!(whole.standing, SanctionStanding::Undone);
        let undone: Vec<SanctionAction> =
            whole.steps.iter().filter(|step| step.undoes).map(|step| step.action).collect();
        assert_eq!(undone, [SanctionAction::Readmit, SanctionAction::Apology]);
        house.finish().await;
    }

    async fn a_person_can_hold_something_against_a_message_once(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Watch).await;
        let app = &house.test.app;
        let key = house.say("王芳", "卖二手车").await;
        let said = house.message().await.id;
        let hand = ByHand { kind: HitKind::Advert, tone: Tone::Neutral, reason: "卖车".to_owned() };
        let id = app.sanction_by_hand(&house.test.owner, said, &hand).await.unwrap();
        let row = app.sanction(&house.test.owner, id).await.unwrap();
        assert!(row.row.by_hand && row.row.reason == "卖车");
        assert_eq!(row.row.actor, "老板");
        let wishes = house.wishes().await;
        assert!(wishes.contains(&Wish::Delete { group: "g1".into(), message: key }), "the network's own id is kept");
        let again = app.sanction_by_hand(&house.test.owner, said, &hand).await;
        assert_eq!(again.unwrap_err().code(), "sanction.already");
        house.finish().await;
    }
}
