//! Events that other programs report: taken once, told to the log by id and name, and erased.

use serde_json::{Value, json};
use yutang_app::outside::{Report, Whom};
use yutang_domain::{
    actor::Role,
    event::EventKind,
    outside::OutsideError,
    time::{DAY, HOUR},
};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

use crate::{
    erase::rows_with,
    inbound::told,
    member::{group, seen, sighting},
};

fn report(id: &str, name: &str, data: Value) -> Report {
    Report {
        source: "till".to_owned(),
        id: id.to_owned(),
        name: name.to_owned(),
        at: None,
        whom: None,
        group: None,
        data,
    }
}

both_engines! {
    async fn an_event_is_taken_once(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (app, owner) = (&test.app, &test.owner);
        let member = seen(&test, &[sighting(&test, "wxid_1", "王芳")]).await[0];
        let place = group(&test, "海岸城福利1群").await;
        let one = Report {
            whom: Some(Whom::Account { channel: "wechat".to_owned(), account: "wxid_1".to_owned() }),
            group: Some(place),
            at: Some(app.now().plus(-HOUR)),
            ..report("o-1", "cart.left", json!({ "minor": 2_770, "note": "留着-给-王芳" }))
        };
        let (row, new) = app.report_outside(owner, &one).await.unwrap();
        assert!(new);
        assert_eq!((row.member_id, row.group_id), (Some(member), Some(place)));
        let (again, new) = app.report_outside(owner, &one).await.unwrap();
        assert_eq!((again.id, again.event_id, new), (row.id, row.event_id, false));
        let other = Report { source: "shop".to_owned(), whom: Some(Whom::Member(member)), ..one.clone() };
        assert!(app.report_outside(owner, &other).await.unwrap().1, "another source");
        let mixed = report("o-1", "cart.paid", json!({}));
        let error = app.report_outside(owner, &mixed).await.unwrap_err();
        let known = OutsideError::Known { name: "cart.left".to_owned() };
        assert_eq!(error.rule::<OutsideError>(), Some(&known));
        assert_eq!(told(&test, EventKind::OutsideReceived).await, 2);
        let page = app.outside_events(owner, Some("cart.left"), (None, 1)).await.unwrap();
        assert_eq!((page.items.len(), page.total, page.next.is_some()), (1, 2, true));

        for (wrong, refused) in [
            (Report { at: Some(app.now().plus(DAY)), ..report("x", "a", json!({})) }, OutsideError::Future),
            (Report { whom: Some(Whom::Account { channel: "wechat".to_owned(), account: "x".to_owned() }), ..report("x", "a", json!({})) }, OutsideError::Member),
            (report("x", "A", json!({})), OutsideError::Name),
            (report("x", "a", json!(1)), OutsideError::Data),
        ] {
            let error = app.report_outside(owner, &wrong).await.unwrap_err();
            assert_eq!(error.rule::<OutsideError>(), Some(&refused));
        }
        let analyst = test.caller(Role::Analyst, "ana").await;
        app.report_outside(&analyst, &one).await.unwrap_err();

        app.erase_member(owner, member, "王芳").await.unwrap();
        assert_eq!(rows_with(&test, &["留着-给-王芳"]).await, Vec::<String>::new());
        assert!(!app.report_outside(owner, &Report { whom: None, ..one }).await.unwrap().1, "its name is known still");
        test.finish().await;
    }

    /// Texts have their days; the row stays, so that it is known.
    async fn data_are_let_go_of(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (app, owner) = (&test.app, &test.owner);
        app.report_outside(owner, &report("o-1", "paid", json!({ "minor": 1 }))).await.unwrap();
        test.advance(181 * DAY).await;
        app.report_outside(owner, &report("o-2", "paid", json!({ "minor": 2 }))).await.unwrap();
        app.let_go_of_texts().await.unwrap();
        let page = app.outside_events(owner, None, (None, 9)).await.unwrap();
        let data: Vec<_> = page.items.iter().map(|row| row.data.as_str()).collect();
        assert_eq!(data, [r#"{"minor":2}"#, "{}"]);
        test.finish().await;
    }
}
