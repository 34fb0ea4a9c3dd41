//! What members say themselves: appeals and reports.

use yutang_app::moderation::{AppealAnswer, AppealFilter, ByHand};
use yutang_domain::{
    capability::Profile,
    mark::MarkSource,
    moderation::{HitKind, Mode, Tone},
    sanction::SanctionStanding,
    time::{HOUR, MINUTE},
};
use yutang_store::Mode as TxMode;
use yutang_testkit::{TestDatabase, both_engines};

use super::{ADVERT, House, whispered};

both_engines! {
    /// req: 000-002, 002-030, 003-170
    async fn an_appeal_is_heard_looked_at_and_answered(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let app = &house.test.app;
        house.say("王芳", ADVERT).await;
        house.wishes().await;
        let row = house.latest().await;
        let writer = row.row.member_id;
        house.say("李姐", "早").await;
        let stranger = house.message().await.member_id.unwrap();
        assert_eq!(house.appeal(&row, stranger).await.unwrap_err().code(), "appeal.nothing");
        let mut tx = app.store().begin(TxMode::Read).await.unwrap();
        assert_eq!(app.appealable(&mut tx, house.test.workspace.id, writer).await.unwrap(), [row.row.id]);
        drop(tx);
        let id = house.appeal(&row, writer).await.unwrap();
        assert_eq!(house.appeal(&row, writer).await.unwrap_err().code(), "appeal.already");
        assert!(whispered(&house.wishes().await)[0].contains("今天 11:05 前看"));
        let task = house.tasks().await.remove(0);
        assert_eq!(task.row.what, "task.appeal");
        assert_eq!(task.row.due_at, Some(app.now().plus(2 * HOUR)));
        assert!(task.row.args.contains("不是广告") && task.row.args.contains("兼职"), "{}", task.row.args);
        let ticked = app.complete_task(&house.test.owner, task.row.id, None).await;
        assert_eq!(ticked.unwrap_err().code(), "task.answered", "whoever objects waits for words");
        assert_eq!(house.latest().await.standing, SanctionStanding::Appealed);
        let open = AppealFilter { open: Some(true), ..AppealFilter::default() };
        assert_eq!(app.appeals(&house.test.owner, &open, 9).await.unwrap().items[0].id, id);

        let empty = app.answer_appeal(&house.test.owner, id, AppealAnswer::Refuse(" ")).await;
        assert_eq!(empty.unwrap_err().code(), "appeal.no_reason");
        app.answer_appeal(&house.test.owner, id, AppealAnswer::Grant("老客误会")).await.unwrap();
        assert_eq!(house.latest().await.standing, SanctionStanding::Undone);
        assert_eq!(house.strikes(writer).await, 0);
        assert_eq!(house.tasks().await.len(), 0);
        assert!(whispered(&house.wishes().await)[0].contains("对不起"));
        let again = app.answer_appeal(&house.test.owner, id, AppealAnswer::Grant("")).await;
        assert_eq!(again.unwrap_err().code(), "appeal.answered");

        house.test.advance(MINUTE).await;
        house.say("王芳", ADVERT).await;
        house.wishes().await;
        let row = house.latest().await;
        let id = house.appeal(&row, writer).await.unwrap();
        house.wishes().await;
        app.answer_appeal(&house.test.owner, id, AppealAnswer::Refuse("带了微信号")).await.unwrap();
        assert!(whispered(&house.wishes().await)[0].contains("带了微信号"));
        let marks = app.marks(&house.test.owner, yutang_app::mark::Filter::default(), 9).await.unwrap();
        let learned: Vec<_> = marks.items.iter().map(|one| (one.row.unwanted, one.row.source)).collect();
        let by_appeal = |unwanted| (Some(unwanted), Some(MarkSource::Appeal));
        assert_eq!(learned, [by_appeal(true), by_appeal(false)], "both answers teach");
        assert_eq!((house.latest().await.standing, house.strikes(writer).await), (SanctionStanding::Carried, 1));
        assert_eq!(app.appeals(&house.test.owner, &open, 9).await.unwrap().total, 0);
        let period = yutang_domain::time::Period::new(
            house.test.owner.day(app.now()), house.test.owner.day(app.now()).plus_days(1)).unwrap();
        let quality = app.quality(&house.test.owner, period, Some(house.group)).await.unwrap();
        assert_eq!((quality.all.decided, quality.all.wrong, quality.all.granted), (2, 1, 1));
        assert_eq!(quality.all.precision(), Some(0.5));
        assert!(quality.median_ms.is_some());
        house.finish().await;
    }

    /// req: 003-170
    async fn a_refused_appeal_keeps_the_strike(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let app = &house.test.app;
        house.say("王芳", ADVERT).await;
        house.wishes().await;
        let row = house.latest().await;
        let writer = row.row.member_id;
        let id = house.appeal(&row, writer).await.unwrap();
        house.wishes().await;
        app.answer_appeal(&house.test.owner, id, AppealAnswer::Refuse("带了微信号")).await.unwrap();
        assert!(whispered(&house.wishes().await)[0].contains("处理不变"));
        assert_eq!(house.strikes(writer).await, 1);
        house.test.advance(MINUTE).await;
        house.say("王芳", ADVERT).await;
        let next = house.latest().await;
        assert_eq!((next.row.tone, next.row.strikes), (Tone::Neutral, 1), "it counts for the next");
        house.wishes().await;
        house.finish().await;
    }

    /// req: 003-168
    async fn only_true_reports_count_and_two_take_a_message_down(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let mut members = Vec::new();
        for name in ["李姐", "张哥", "王芳"] {
            house.say(name, "早").await;
            members.push(house.message().await.member_id.unwrap());
        }
        let [one, two, writer] = members[..] else { panic!("three") };
        house.say("王芳", "姐妹们看看我家的面膜").await;
        let said = house.message().await.id;
        assert!(!house.report(said, writer).await.counts, "one's own message");
        let before = house.queue().await.len();
        assert!(house.report(said, one).await.counts);
        assert!(!house.report(said, one).await.counts, "each once");
        let second = house.report(said, two).await;
        assert_eq!(second.people, 2);
        if before == 0 {
            assert_eq!(second.sanction, None);
            let what: Vec<String> = house.tasks().await.into_iter().map(|task| task.row.what).collect();
            assert_eq!(what, ["task.reported"], "a person looks at what the rules do not see");
        }
        house.wishes().await;

        house.say("王芳", "看看名片 加微信 abcd1234 咨询").await;
        let said = house.message().await.id;
        if house.queue().await.len() == before {
            let hand = ByHand { kind: HitKind::Contact, tone: Tone::Gentle, reason: String::new() };
            house.test.app.sanction_by_hand(&house.test.owner, said, &hand).await.unwrap();
        }
        house.wishes().await;
        house.report(said, one).await;
        house.report(said, two).await;
        let row = house.latest().await;
        assert_eq!(row.row.plus, 2);
        assert!(row.row.measures.contains("delete"), "{}", row.row.measures);
        house.wishes().await;
        house.finish().await;
    }
}
