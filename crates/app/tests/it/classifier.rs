//! Marks, and what is learned from them.

use yutang_app::{
    jobs::trades,
    mark::{Filter, OfferQuery},
};
use yutang_channels::Inbound;
use yutang_domain::{
    actor::Role,
    classifier::ClassifierError,
    id::MessageId,
    mark::{MarkError, MarkSource},
    time::SECOND,
};
use yutang_store::{Mode, params};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

use crate::{
    alarm::{said, the_group},
    inbound::connect,
};

/// Sixty messages, every second an advert that the rules do not know.
async fn talk(test: &TestApp) -> Vec<(MessageId, bool)> {
    let account = connect(test).await;
    let now = test.app.now();
    let harvest: Vec<Inbound> = (0..60)
        .map(|n| {
            let text = if n % 2 == 0 {
                format!("阳澄湖蟹卡转让{n}张，原价八折")
            } else {
                format!("下班过来拿{n}个吐司，帮我留一下")
            };
            said(
                &format!("k{n}"),
                now.plus(-n * SECOND),
                &format!("人{}", n % 7),
                &text,
                None,
            )
        })
        .collect();
    test.app
        .receive(&test.owner, account, &harvest, None)
        .await
        .unwrap();
    let query = OfferQuery {
        group: None,
        unmarked: true,
        limit: 200,
    };
    let offered = test
        .app
        .messages_to_mark(&test.owner, &query)
        .await
        .unwrap();
    assert_eq!(offered.len(), 60);
    offered
        .iter()
        .map(|one| {
            (
                one.row.id,
                one.row.text.as_deref().unwrap().contains("蟹卡"),
            )
        })
        .collect()
}

async fn opinion(test: &TestApp, text: &str) -> Option<bool> {
    let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
    let model = test
        .app
        .classifier_of(&mut tx, test.workspace.id)
        .await
        .unwrap();
    model.map(|model| model.judge(text).unwanted)
}

both_engines! {
    /// From marks to a version in use, and back to the one before.
    async fn a_workspace_trains_its_own_classifier(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let messages = talk(&test).await;
        let (app, owner) = (&test.app, &test.owner);
        let few = app.train_classifier(owner, None).await.unwrap_err();
        assert!(matches!(few.rule(), Some(ClassifierError::TooFewMarks { unwanted: 0, wanted: 0 })));
        for (id, unwanted) in &messages {
            app.mark_message(owner, *id, Some(*unwanted)).await.unwrap();
        }
        assert_eq!(opinion(&test, "蟹卡转让两张").await, None, "nothing is learned by itself");
        let wild = app.train_classifier(owner, Some(0.9)).await.unwrap_err();
        assert_eq!(wild.rule::<ClassifierError>(), Some(&ClassifierError::FalseAlarms));
        app.train_classifier(owner, None).await.unwrap();
        let busy = app.train_classifier(owner, None).await.unwrap_err();
        assert_eq!(busy.rule::<ClassifierError>(), Some(&ClassifierError::Training));
        assert!(app.classifier_versions(owner).await.unwrap().training);
        assert_eq!(app.work_due(&trades()).await.unwrap(), 1);
        let known = app.classifier_versions(owner).await.unwrap();
        assert!(!known.training);
        let first = &known.versions[0];
        assert_eq!((first.row.version, first.row.live, first.row.marks), (1, true, 60), "{first:?}");
        assert_eq!(first.quality.n, 60);
        assert!(first.quality.f1.unwrap() > 0.9, "{first:?}");
        assert_eq!(opinion(&test, "蟹卡转让两张").await, Some(true));
        assert_eq!(opinion(&test, "帮我留两个吐司").await, Some(false));
        let other = test.another().await;
        let mut tx = other.store().begin(Mode::Read).await.unwrap();
        let theirs = other.classifier_of(&mut tx, test.workspace.id).await.unwrap().unwrap();
        assert!(theirs.judge("蟹卡转让两张").unwanted, "another process reads the same");
        drop(tx);

        // Operators change their minds, and the next version learns the opposite.
        for (id, unwanted) in &messages {
            app.mark_message(owner, *id, Some(!unwanted)).await.unwrap();
        }
        app.train_classifier(owner, Some(0.05)).await.unwrap();
        app.work_due(&trades()).await.unwrap();
        assert_eq!(opinion(&test, "蟹卡转让两张").await, Some(false));
        let back = app.use_classifier(owner, 1).await.unwrap();
        assert!(back.row.live && back.row.used_at.is_some());
        assert_eq!(opinion(&test, "蟹卡转让两张").await, Some(true));
        let mut tx = other.store().begin(Mode::Read).await.unwrap();
        let theirs = other.classifier_of(&mut tx, test.workspace.id).await.unwrap().unwrap();
        assert!(theirs.judge("蟹卡转让两张").unwanted, "without a restart");
        drop(tx);
        other.close().await;
        assert!(app.use_classifier(owner, 9).await.is_err());
        let live: Vec<i64> = app.classifier_versions(owner).await.unwrap().versions.iter()
            .filter(|one| one.row.live).map(|one| one.row.version).collect();
        assert_eq!(live, [1]);
        test.finish().await;
    }

    /// Labels that nothing in the texts tells make a version that is kept unused.
    async fn a_version_that_accuses_at_random_is_not_put_to_use(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let messages = talk(&test).await;
        for (place, (id, _)) in messages.iter().enumerate() {
            let unwanted = place % 2 == 0;
            let mixed = if place % 3 == 0 { !unwanted } else { unwanted };
            test.app.mark_message(&test.owner, *id, Some(mixed ^ (place % 5 == 0))).await.unwrap();
        }
        let tally = test.app.marks(&test.owner, Filter::default(), 1).await.unwrap().tally;
        assert!(tally.0 >= 25 && tally.1 >= 25, "{tally:?}");
        test.app.train_classifier(&test.owner, None).await.unwrap();
        test.app.work_due(&trades()).await.unwrap();
        let known = test.app.classifier_versions(&test.owner).await.unwrap();
        assert!(known.versions[0].row.kept_because.is_some(), "{:?}", known.versions[0]);
        assert_eq!(opinion(&test, "蟹卡转让两张").await, None);
        test.app.use_classifier(&test.owner, 1).await.unwrap();
        assert!(opinion(&test, "蟹卡转让两张").await.is_some(), "a person may decide otherwise");
        test.finish().await;
    }

    /// A mark belongs to a message and is forgotten with its words.
    async fn marks_live_as_long_as_the_words(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let messages = talk(&test).await;
        let (app, owner) = (&test.app, &test.owner);
        let (first, second) = (messages[0].0, messages[1].0);
        app.mark_message(owner, first, Some(true)).await.unwrap();
        app.mark_message(owner, second, Some(false)).await.unwrap();
        let mut tx = app.store().begin(Mode::Write).await.unwrap();
        let ways = (true, MarkSource::Appeal);
        assert!(app.mark_in(&mut tx, test.workspace.id, second, ways, &owner.actor, app.now()).await.unwrap());
        tx.commit().await.unwrap();
        let page = app.marks(owner, Filter::default(), 1).await.unwrap();
        assert_eq!((page.tally, page.items.len()), ((2, 0), 1));
        let rest = Filter { before: page.next, ..Filter::default() };
        assert_eq!(app.marks(owner, rest, 9).await.unwrap().items.len(), 1);
        let group = Some(the_group(&test).await);
        let query = OfferQuery { group, unmarked: true, limit: 200 };
        assert_eq!(app.messages_to_mark(owner, &query).await.unwrap().len(), 58);
        let all = OfferQuery { unmarked: false, ..query };
        assert_eq!(app.messages_to_mark(owner, &all).await.unwrap().len(), 60);

        app.mark_message(owner, first, None).await.unwrap();
        assert_eq!(app.marks(owner, Filter::default(), 9).await.unwrap().tally, (1, 0));
        let mut tx = app.store().begin(Mode::Write).await.unwrap();
        tx.execute("UPDATE message SET text = NULL WHERE workspace_id = $1", params![test.workspace.id]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(app.marks(owner, Filter::default(), 9).await.unwrap().tally, (0, 0));
        let wordless = app.mark_message(owner, first, Some(true)).await.unwrap_err();
        assert_eq!(wordless.rule::<MarkError>(), Some(&MarkError::Wordless));
        let service = test.caller(Role::Service, "service").await;
        assert!(app.mark_message(&service, first, Some(true)).await.is_err());
        test.finish().await;
    }
}
