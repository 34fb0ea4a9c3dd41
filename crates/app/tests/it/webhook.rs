//! Webhooks: what is told, how it is signed, that nothing is left out or told twice.

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use yutang_app::{
    App,
    branch::BranchInput,
    group::GroupInput,
    webhook::{Delivery, Listed, MadeWebhook, NewWebhook, WebhookChange},
};
use yutang_domain::{
    actor::Role,
    branch::BranchKind,
    group::Monetisation,
    id::{BranchId, WebhookId},
    time::{Clock as _, DAY, HOUR, MINUTE, SECOND, SystemClock},
    webhook::{DeliveryState, WebhookError, WebhookState},
};
use yutang_testkit::{
    Receiver, TestApp, TestDatabase, both_engines,
    program::python,
    receiver::{Answer, Arrived},
};

use crate::member::{seen, sighting};

/// Names an interpreter that has the library, in place of the installed one.
const PYTHON_VARIABLE: &str = "YUTANG_WEBHOOK_JUDGES";

struct Desk {
    test: TestApp,
    receiver: Receiver,
}

impl Desk {
    async fn open(database: &TestDatabase) -> Self {
        let test = TestApp::open(database).await;
        test.app.allow_loopback();
        Self {
            test,
            receiver: Receiver::start().await,
        }
    }

    async fn add(&self, topics: &[&str]) -> MadeWebhook {
        self.add_in(topics, None).await
    }

    async fn add_in(&self, topics: &[&str], branch: Option<BranchId>) -> MadeWebhook {
        let new = NewWebhook {
            name: "会员系统".to_owned(),
            address: self.receiver.url().to_owned(),
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            branch,
        };
        let made = self.test.app.add_webhook(&self.test.owner, &new).await;
        made.unwrap()
    }

    /// A fact: a group is there.
    async fn group(&self, name: &str) -> String {
        self.group_in(name, None).await
    }

    async fn group_in(&self, name: &str, branch: Option<BranchId>) -> String {
        let input = GroupInput {
            monetisation: Some(Monetisation::None),
            branch_id: branch,
            ..GroupInput::named(name, "fake")
        };
        let made = self.test.app.create_group(&self.test.owner, input).await;
        made.unwrap().id.to_string()
    }

    /// Tells what is due now; what came meanwhile.
    async fn tell(&self) -> Vec<Arrived> {
        self.tell_by(&self.test.app).await
    }

    async fn tell_by(&self, app: &App) -> Vec<Arrived> {
        let before = self.receiver.arrived().len();
        while app.deliver_due().await.unwrap() > 0 {}
        self.receiver.arrived().split_off(before)
    }

    async fn after(&self, ms: i64) -> Vec<Arrived> {
        self.test.advance(ms).await;
        self.tell().await
    }

    async fn deliveries(&self, id: WebhookId) -> Vec<Delivery> {
        let (app, owner) = (&self.test.app, &self.test.owner);
        let page = app.webhook_deliveries(owner, id, None, (None, 100)).await;
        page.unwrap().items
    }

    async fn stands(&self, id: WebhookId) -> Listed {
        let all = self.test.app.webhooks(&self.test.owner).await.unwrap();
        all.into_iter().find(|one| one.row.id == id).unwrap()
    }

    async fn switch(&self, id: WebhookId, on: bool) -> Listed {
        let change = WebhookChange {
            on: Some(on),
            ..WebhookChange::default()
        };
        let (app, owner) = (&self.test.app, &self.test.owner);
        app.change_webhook(owner, id, &change).await.unwrap()
    }

    async fn tasks_of(&self, what: &str) -> usize {
        let (app, owner) = (&self.test.app, &self.test.owner);
        let today = app.today(owner).await.unwrap();
        let items = today.items.iter();
        items.filter(|item| item.sentence == what).count()
    }
}

/// What the published library makes of deliveries.
async fn judged(secrets: &[&str], arrived: &[Arrived]) -> Result<Value, String> {
    let deliveries: Vec<Value> = arrived
        .iter()
        .map(|one| {
            json!({
                "webhook-id": one.id,
                "webhook-timestamp": one.timestamp,
                "webhook-signature": one.signature,
                "body": one.body,
            })
        })
        .collect();
    let known = &arrived[0];
    let question = json!({
        "secrets": secrets,
        "deliveries": deliveries,
        "at": known.timestamp.parse::<i64>().unwrap(),
        "id": known.id,
        "body": known.body,
    });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../e2e/judges/webhook.py");
    let answer = tokio::task::spawn_blocking(move || {
        use std::io::Write as _;
        let mut judge = Command::new(python("webhook", PYTHON_VARIABLE))
            .args(["-I", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = judge.stdin.take().unwrap();
        stdin.write_all(question.to_string().as_bytes()).unwrap();
        drop(stdin);
        judge.wait_with_output().unwrap()
    })
    .await
    .unwrap();
    if !answer.status.success() {
        return Err(String::from_utf8_lossy(&answer.stderr).into_owned());
    }
    Ok(serde_json::from_slice(&answer.stdout).unwrap())
}

both_engines! {
    /// The library that the standard publishes believes what came over the wire, signs the same
    /// message the same way, and believes both secrets for a day after a change.
    async fn the_published_library_believes_it(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        desk.test.clock.set(SystemClock.now());
        desk.test.app.ids().renew(desk.test.app.store()).await;
        let made = desk.add(&[]).await;
        let group = desk.group("海岸城福利1群").await;
        let arrived = desk.tell().await;
        let first = &arrived[0];
        let said = first.json();
        assert_eq!(said["type"], "group.created");
        assert_eq!(said["data"]["group_id"], group);
        assert!(!first.body.contains("海岸城"), "no names: {}", first.body);
        let by = judged(&[&made.secret], &arrived).await.unwrap();
        assert_eq!(by["believed"], arrived.len());
        assert_eq!(by["signed"][&made.secret], first.signature);
        let other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        judged(&[other], &arrived).await.unwrap_err();

        let (app, owner) = (&desk.test.app, &desk.test.owner);
        let changed = app.rotate_webhook(owner, made.row.id).await.unwrap();
        desk.group("海岸城福利2群").await;
        let arrived = desk.tell().await;
        assert_eq!(arrived[0].signature.split(' ').count(), 2);
        let both = [made.secret.as_str(), changed.secret.as_str()];
        assert_eq!(judged(&both, &arrived).await.unwrap()["believed"], 2 * arrived.len());
        // The root key changes; what the webhook is signed with does not.
        app.rotate_secret(None).await.unwrap();
        let other = desk.test.another().await;
        other.allow_loopback();
        desk.test.clock.advance(DAY + SECOND);
        other.ids().renew(other.store()).await;
        let third = GroupInput {
            monetisation: Some(Monetisation::None),
            ..GroupInput::named("海岸城福利3群", "fake")
        };
        other.create_group(&desk.test.owner, third).await.unwrap();
        let arrived = desk.tell_by(&other).await;
        assert_eq!(arrived[0].signature.split(' ').count(), 1, "the old one has had its day");
        other.close().await;
        desk.test.finish().await;
    }

    /// Told once, whoever tells; a process that dies between sending and writing it down has it
    /// sent again under the same name.
    async fn nothing_is_left_out_and_nothing_made_twice(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        desk.group("之前的群").await;
        let made = desk.add(&["group.created"]).await;
        let mut groups = Vec::new();
        for n in 0..30 {
            groups.push(desk.group(&format!("{n} 群")).await);
        }
        let other = desk.test.another().await;
        other.allow_loopback();
        let (one, two) = tokio::join!(desk.test.app.note_deliveries(), other.note_deliveries());
        assert_eq!(one.unwrap() + two.unwrap(), 30, "what was before is not told");
        let (app, rival) = (&desk.test.app, &other);
        let (one, two) = tokio::join!(desk.tell_by(app), desk.tell_by(rival));
        drop((one, two));
        let arrived = desk.receiver.arrived();
        let mut told: Vec<_> = arrived.iter().map(|one| one.json()["data"]["group_id"].clone()).collect();
        told.sort_by_key(ToString::to_string);
        groups.sort();
        assert_eq!(json!(told), json!(groups));
        let mut names: Vec<_> = arrived.iter().map(|one| one.id.clone()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 30);
        assert_eq!(app.note_deliveries().await.unwrap(), 0);

        // It has left, and nobody wrote down that it did.
        desk.receiver.answer(&[Answer::Never]);
        desk.group("断电的群").await;
        // Whichever of the two gives positions.
        assert_eq!(app.note_deliveries().await.unwrap() + other.note_deliveries().await.unwrap(), 1);
        let dying = other.clone();
        let sending = tokio::spawn(async move { dying.deliver_due().await });
        desk.receiver.until(31).await;
        sending.abort();
        assert!(sending.await.unwrap_err().is_cancelled());
        assert!(desk.tell().await.is_empty(), "it may still be under way");
        let again = desk.after(3 * MINUTE).await;
        let before = desk.receiver.arrived()[30].clone();
        assert_eq!(again.len(), 1);
        assert_eq!((&again[0].id, &again[0].body), (&before.id, &before.body));
        assert!(desk.after(DAY).await.is_empty());
        assert_eq!(desk.deliveries(made.row.id).await[0].state, DeliveryState::Delivered);
        other.close().await;
        desk.test.finish().await;
    }

    /// Again after 5 s, 5 min, half an hour …; when the receiver asks for it; in the end not at all.
    async fn a_refusal_is_tried_again_along_the_schedule(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        let made = desk.add(&["group.created"]).await;
        desk.receiver.answer(&[Answer::Status(500), Answer::Wait(503, 90), Answer::Redirect]);
        desk.group("一群").await;
        let first = desk.tell().await;
        assert_eq!(first.len(), 1);
        assert!(desk.after(4 * SECOND).await.is_empty());
        assert_eq!(desk.after(3 * SECOND).await.len(), 1);
        // It asked for 90 s, and the schedule says 5 min.
        assert!(desk.after(2 * MINUTE).await.is_empty());
        assert_eq!(desk.after(5 * MINUTE).await.len(), 1);
        let stands = desk.deliveries(made.row.id).await.remove(0);
        assert_eq!((stands.state, stands.attempts, stands.status), (DeliveryState::Failed, 3, Some(307)));
        assert!(stands.error.unwrap().contains("redirect"));
        assert_eq!(desk.receiver.arrived().len(), 3, "nobody was led elsewhere");
        let taken = desk.after(40 * MINUTE).await;
        assert_eq!(taken[0].id, first[0].id, "one name for all attempts");
        assert_eq!(taken[0].body, first[0].body);
        assert!(taken[0].timestamp > first[0].timestamp);
        assert_eq!(desk.stands(made.row.id).await.row.failing_since, None);

        // Whoever is too busy for one is so for all.
        desk.receiver.answer(&[Answer::Wait(429, 3_600)]);
        desk.group("二群").await;
        assert_eq!(desk.tell().await.len(), 1);
        desk.group("三群").await;
        desk.test.app.note_deliveries().await.unwrap();
        assert_eq!(desk.after(30 * MINUTE).await.len(), 1, "what came later is tried");
        assert_eq!(desk.after(31 * MINUTE).await.len(), 1);

        desk.receiver.answer(&[Answer::Status(500); 10]);
        desk.group("四群").await;
        let mut tries = desk.tell().await.len();
        for _ in 0..60 {
            tries += desk.after(2 * HOUR).await.len();
        }
        assert_eq!(tries, 10);
        let stands = desk.deliveries(made.row.id).await.remove(0);
        assert_eq!((stands.state, stands.status), (DeliveryState::GivenUp, Some(500)));
        assert_eq!(stands.answer, "answered 500");
        assert_eq!(desk.stands(made.row.id).await.given_up, 1);
        desk.test.finish().await;
    }

    /// Five days in vain, or 410: it is switched off, somebody is asked to look, and what happened
    /// meanwhile can be told when it is back.
    async fn what_cannot_be_reached_is_switched_off(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        let made = desk.add(&["group.created"]).await;
        desk.receiver.answer(&[Answer::Status(500); 2_000]);
        let begun = desk.test.app.now();
        let mut tries = 0;
        for n in 0..70 {
            desk.group(&format!("{n} 群")).await;
            tries += desk.after(2 * HOUR).await.len();
            if desk.stands(made.row.id).await.row.state != WebhookState::On {
                break;
            }
        }
        let off = desk.stands(made.row.id).await;
        assert_eq!(off.row.state, WebhookState::Failed);
        assert!(desk.test.app.now().since(begun) >= 5 * DAY, "{tries}");
        assert_eq!(off.waiting, 0, "nothing is tried any more");
        assert_eq!(desk.tasks_of("task.webhook_off").await, 1);
        let missed = desk.group("停用时的群").await;
        assert!(desk.after(DAY).await.is_empty());
        let (app, owner) = (&desk.test.app, &desk.test.owner);
        let refused = app.replay_webhook(owner, made.row.id, begun).await.unwrap_err();
        assert_eq!(refused.rule::<WebhookError>(), Some(&WebhookError::Off));

        desk.receiver.answer_as_usual();
        assert_eq!(desk.switch(made.row.id, true).await.row.state, WebhookState::On);
        assert_eq!(desk.tasks_of("task.webhook_off").await, 0, "it was seen to");
        let lost = desk.stands(made.row.id).await.given_up;
        let again = app.replay_webhook(owner, made.row.id, begun).await.unwrap();
        assert_eq!(i64::try_from(again).unwrap(), lost);
        let arrived = desk.tell().await;
        assert_eq!(arrived.len() as u64, again);
        let told = |one: &Arrived| one.json()["data"]["group_id"] == missed;
        assert!(arrived.iter().any(told), "what happened while it was off is among it");

        // Gone at once.
        desk.receiver.answer(&[Answer::Status(410)]);
        desk.group("不在了").await;
        desk.tell().await;
        let gone = desk.stands(made.row.id).await;
        assert_eq!(gone.row.state, WebhookState::Failed);
        assert!(gone.row.last_error.unwrap().contains("410"));
        assert_eq!(desk.tasks_of("task.webhook_off").await, 1);
        // Switched off by hand, nothing is kept for it.
        desk.switch(made.row.id, false).await;
        desk.group("没人听").await;
        desk.test.app.note_deliveries().await.unwrap();
        let before = desk.deliveries(made.row.id).await.len();
        desk.switch(made.row.id, true).await;
        assert!(desk.tell().await.is_empty());
        assert_eq!(desk.deliveries(made.row.id).await.len(), before);
        desk.group("又有人听").await;
        assert_eq!(desk.tell().await.len(), 1);
        desk.test.finish().await;
    }

    /// One again, whether it arrived or not, under its old name; a test now, which nobody repeats.
    async fn one_is_told_again_and_a_test_at_once(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        let (app, owner) = (&desk.test.app, &desk.test.owner);
        let made = desk.add(&["group.created"]).await;
        let tested = app.test_webhook(owner, made.row.id).await.unwrap();
        assert_eq!((tested.state, tested.status), (DeliveryState::Delivered, Some(204)));
        assert_eq!(desk.receiver.arrived()[0].json()["type"], "webhook.test");
        desk.receiver.answer(&[Answer::Status(418)]);
        let tested = app.test_webhook(owner, made.row.id).await.unwrap();
        assert_eq!((tested.state, tested.status), (DeliveryState::GivenUp, Some(418)));
        assert!(desk.after(HOUR).await.is_empty(), "a test is not repeated");
        assert_eq!(desk.stands(made.row.id).await.row.failing_since, None);

        desk.group("一群").await;
        let first = desk.tell().await.remove(0);
        let row = desk.deliveries(made.row.id).await.remove(0);
        assert_eq!(row.id.to_string(), first.id);
        app.replay_delivery(owner, made.row.id, row.id).await.unwrap();
        let again = desk.tell().await.remove(0);
        assert_eq!((again.id, again.body), (first.id, first.body));
        let audit = desk.test.owner.clone();
        assert!(app.webhooks(&audit).await.is_ok());
        let lina = desk.test.caller(Role::Operator, "lina").await;
        app.webhooks(&lina).await.unwrap_err();
        app.replay_delivery(&lina, made.row.id, row.id).await.unwrap_err();
        app.remove_webhook(owner, made.row.id).await.unwrap();
        desk.group("二群").await;
        assert!(desk.tell().await.is_empty());
        assert!(app.webhooks(owner).await.unwrap().is_empty());
        desk.test.finish().await;
    }

    /// Its topics, its branch and what lies below; erasures always.
    async fn it_is_told_what_it_asked_for(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        let (app, owner) = (&desk.test.app, &desk.test.owner);
        let branch = |name: &str| BranchInput {
            name: name.to_owned(),
            kind: BranchKind::Store,
            parent_id: None,
            code: None,
            region: None,
        };
        let coast = app.create_branch(owner, branch("海岸城")).await.unwrap().id;
        let west = app.create_branch(owner, branch("西乡")).await.unwrap().id;
        let here = desk.add_in(&["group.created"], Some(coast)).await;
        let tasks = desk.add(&["task.done"]).await;
        desk.group_in("西乡1群", Some(west)).await;
        let own = desk.group_in("海岸城1群", Some(coast)).await;
        let said: Vec<_> = desk.tell().await.iter().map(Arrived::json).collect();
        assert_eq!(said.len(), 1, "{said:?}");
        assert_eq!(said[0]["data"]["group_id"], own);

        let member = seen(&desk.test, &[sighting(&desk.test, "wxid_1", "王芳")]).await[0];
        app.erase_member(owner, member, "王芳").await.unwrap();
        let said: Vec<_> = desk.tell().await.iter().map(Arrived::json).collect();
        let erased = said.iter().filter(|said| said["type"] == "member.erased").count();
        assert_eq!((said.len(), erased), (2, 2), "both are told: {said:?}");
        assert!(said.iter().all(|said| said["data"]["member_id"] == member.to_string()));
        for id in [here.row.id, tasks.row.id] {
            assert_eq!(desk.stands(id).await.waiting, 0);
        }
        desk.test.finish().await;
    }

    /// Wrong topics, private places, no name; the address is kept sealed.
    async fn what_cannot_be_kept_is_refused(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        let (app, owner) = (&desk.test.app, &desk.test.owner);
        let new = |name: &str, address: &str, topic: &str| NewWebhook {
            name: name.to_owned(),
            address: address.to_owned(),
            topics: vec![topic.to_owned()],
            branch: None,
        };
        let good = "https://crm.example/hook";
        for (new, refused) in [
            (new(" ", good, "task.done"), WebhookError::Name),
            (new("x", "http://crm.example/hook", "task.done"), WebhookError::Address),
            (new("x", "https://10.0.0.8/hook", "task.done"), WebhookError::Address),
            (new("x", "https://169.254.169.254/", "task.done"), WebhookError::Address),
            (new("x", good, "task.finished"), WebhookError::Topic("task.finished".to_owned())),
        ] {
            let error = app.add_webhook(owner, &new).await.unwrap_err();
            assert_eq!(error.rule::<WebhookError>(), Some(&refused));
        }
        let made = app.add_webhook(owner, &new("x", &format!("{good}?key=k-1"), "task.done")).await.unwrap();
        assert!(!format!("{made:?} {:?}", made.row).contains("k-1"));
        assert!(made.secret.starts_with("whsec_"));
        assert_eq!(crate::erase::rows_with(&desk.test, &["k-1", &made.secret]).await, Vec::<String>::new());
        for n in 1..20 {
            app.add_webhook(owner, &new(&n.to_string(), good, "task.done")).await.unwrap();
        }
        let error = app.add_webhook(owner, &new("21", good, "task.done")).await.unwrap_err();
        assert_eq!(error.rule::<WebhookError>(), Some(&WebhookError::Most));
        desk.test.finish().await;
    }
}
