//! Deliveries: accepted once they are durable, processed once and in order, let go of in time.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use yutang_app::{
    channel::{MadeAccount, NewAccount},
    group::GroupQuery,
    hook::{Hooks, Processed, Signed, headers::Secret},
    outbox::Lines,
};
use yutang_domain::{
    actor::Role,
    event::EventKind,
    id::GroupId,
    time::{DAY, MINUTE, SECOND, Timestamp},
};
use yutang_store::{Mode, channel_account, event, group, hook, identity, lease};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

use crate::erase::rows_with;

/// A bridge that reports, with the door it knocks at.
struct Bridge {
    made: MadeAccount,
    secret: Secret,
    hooks: Hooks,
}

impl Bridge {
    async fn of(test: &TestApp, adopt: bool) -> Self {
        let new = NewAccount {
            network: "open".to_owned(),
            name: "门店网桥".to_owned(),
            adopt,
        };
        let made = test.app.add_account(&test.owner, &new).await.unwrap();
        Self {
            secret: Secret::parse(&made.secret).unwrap(),
            made,
            hooks: Hooks::new(&test.app),
        }
    }

    async fn deliver(&self, test: &TestApp, id: &str, body: &str) -> Result<(), String> {
        let seconds = test.app.now().ms() / SECOND;
        let signature = self.secret.sign(id, seconds, body.as_bytes());
        let timestamp = seconds.to_string();
        let signed = Signed {
            id: Some(id),
            timestamp: Some(&timestamp),
            signature: Some(&signature),
        };
        self.hooks
            .accept("open", self.made.row.id, &signed, body.as_bytes().to_vec())
            .await
            .map_err(|error| error.code().to_owned())
    }
}

fn posted(key: &str, at: Timestamp, group: &str, who: &str, text: &str) -> Json {
    json!({
        "key": key, "at": at.ms(), "group": group, "group_name": format!("{group}福利群"), "kind": "posted",
        "sender": { "id": format!("u-{who}"), "name": who }, "text": text,
    })
}

async fn process(test: &TestApp) -> Processed {
    test.app.process_hooks(&Lines::default()).await.unwrap()
}

async fn group_of(test: &TestApp, external: &str) -> Option<group::Group> {
    let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
    group::find_external(&mut tx, test.workspace.id, "open", external)
        .await
        .unwrap()
}

/// What is said in a group, oldest first.
async fn said(test: &TestApp, group: GroupId) -> Vec<String> {
    let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
    let mut rows =
        yutang_store::message::stream(&mut tx, test.workspace.id, group, None, None, 1_000)
            .await
            .unwrap();
    rows.reverse();
    rows.into_iter()
        .map(|row| row.text.unwrap_or_default())
        .collect()
}

/// How many deliveries stand where, with how many of them still having a body.
async fn states(test: &TestApp) -> BTreeMap<String, (usize, usize)> {
    yutang_store::record! {
        /// A delivery.
        pub struct Stored {
            /// Where it stands.
            pub state: String,
            /// Its body.
            pub body: String,
        }
    }
    let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
    let rows: Vec<Stored> = tx
        .all("SELECT state, body FROM hook", vec![])
        .await
        .unwrap();
    let mut found = BTreeMap::new();
    for row in rows {
        let entry: &mut (usize, usize) = found.entry(row.state).or_default();
        entry.0 += 1;
        entry.1 += usize::from(!row.body.is_empty());
    }
    found
}

async fn last_error(test: &TestApp, bridge: &Bridge) -> Option<String> {
    let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
    channel_account::get(&mut tx, test.workspace.id, bridge.made.row.id)
        .await
        .unwrap()
        .last_error
}

both_engines! {
    /// The same delivery again, the same fact in another delivery: stored once.
    async fn what_comes_twice_is_stored_once(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let bridge = Bridge::of(&test, true).await;
        let now = test.app.now();
        let first = posted("m1", now, "g1", "李姐", "大家早上好，今天的吐司几点出炉？");
        let many = json!([first, posted("m2", now.plus(1_000), "g1", "王", "十点左右，海盐卷也有")]);
        bridge.deliver(&test, "d1", &first.to_string()).await.unwrap();
        bridge.deliver(&test, "d1", &first.to_string()).await.unwrap();
        bridge.deliver(&test, "d2", &many.to_string()).await.unwrap();
        assert_eq!(test.app.hooks_waiting().await.unwrap(), 2);

        let done = process(&test).await;
        assert_eq!(done, Processed { done: 2, refused: 0, messages: 2, skipped: 1 });
        assert_eq!(process(&test).await, Processed::default());
        bridge.deliver(&test, "d1", &first.to_string()).await.unwrap();
        assert_eq!(process(&test).await, Processed::default());

        let group = group_of(&test, "g1").await.unwrap();
        assert_eq!(group.name, "g1福利群");
        assert_eq!(group.channel_account_id, Some(bridge.made.row.id));
        assert_eq!(group.member_count, 2);
        assert_eq!(said(&test, group.id).await.len(), 2);
        assert_eq!(states(&test).await, BTreeMap::from([("done".to_owned(), (2, 0))]));
        test.finish().await;
    }

    /// A body that cannot be read holds nobody up and is shown.
    async fn a_refused_body_holds_nobody_up(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let bridge = Bridge::of(&test, true).await;
        let now = test.app.now();
        for n in 0..5 {
            let mut fact = posted(&format!("m{n}"), now.plus(n), "g1", "李姐", "好的");
            if n == 2 {
                fact["kind"] = json!("sent");
            }
            bridge.deliver(&test, &format!("d{n}"), &json!([fact]).to_string()).await.unwrap();
        }
        let done = process(&test).await;
        assert_eq!((done.done, done.refused, done.messages), (4, 1, 4));
        let error = last_error(&test, &bridge).await.unwrap();
        assert!(error.starts_with("d2: open.field: fact 0: kind"), "{error}");
        let refused = ("refused".to_owned(), (1, 1));
        assert_eq!(states(&test).await, BTreeMap::from([("done".to_owned(), (4, 0)), refused]));

        test.advance(7 * DAY - MINUTE).await;
        assert_eq!(test.app.let_go_of_hooks().await.unwrap(), 0);
        test.advance(2 * MINUTE).await;
        assert_eq!(test.app.let_go_of_hooks().await.unwrap(), 5);
        assert_eq!(states(&test).await, BTreeMap::new());
        test.finish().await;
    }

    /// Whatever is wrong with it, it is not stored.
    async fn what_is_not_believed_is_not_stored(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let bridge = Bridge::of(&test, true).await;
        let other = Bridge::of(&test, true).await;
        let body = posted("m1", test.app.now(), "g1", "李姐", "好的").to_string();
        assert_eq!(bridge.deliver(&test, "d1", "{\"key\":").await.unwrap_err(), "hook.body");
        let mixed = Bridge { secret: other.secret.clone(), ..Bridge::of(&test, true).await };
        assert_eq!(mixed.deliver(&test, "d1", &body).await.unwrap_err(), "signature.wrong");
        let signed = Signed::default();
        for (network, id, code) in [
            ("fake", bridge.made.row.id, "hook.unknown"),
            ("open", test.app.ids().next().unwrap(), "hook.unknown"),
            ("open", bridge.made.row.id, "signature.header"),
        ] {
            let error = bridge.hooks.accept(network, id, &signed, body.clone().into()).await.unwrap_err();
            assert_eq!(error.code(), code);
        }
        // An account that is taken out of use is refused within seconds, and takes nothing along.
        bridge.deliver(&test, "d1", &body).await.unwrap();
        test.app.remove_account(&test.owner, bridge.made.row.id).await.unwrap();
        test.advance(3 * SECOND).await;
        assert_eq!(bridge.deliver(&test, "d2", &body).await.unwrap_err(), "hook.unknown");
        assert_eq!(process(&test).await.messages, 1);
        let names: Vec<_> = test.app.accounts(&test.owner).await.unwrap();
        assert_eq!(names.len(), 2);
        let again = test.app.remove_account(&test.owner, bridge.made.row.id).await.unwrap_err();
        assert_eq!(again.code(), "store.not_found");
        test.finish().await;
    }

    async fn only_owners_connect_programs(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let operator = test.caller(Role::Operator, "op").await;
        let new = |network: &str, name: &str| NewAccount {
            network: network.to_owned(),
            name: name.to_owned(),
            adopt: true,
        };
        let refused = test.app.add_account(&operator, &new("open", "x")).await.unwrap_err();
        assert_eq!(refused.code(), "permission.denied");
        let refused = test.app.add_account(&test.owner, &new("wecom", "x")).await.unwrap_err();
        assert_eq!((refused.code(), refused.at().as_deref()), ("channel.network", Some("network")));
        let refused = test.app.add_account(&test.owner, &new("open", " ")).await.unwrap_err();
        assert_eq!(refused.code(), "channel.name");
        let made = test.app.add_account(&test.owner, &new("open", "x")).await.unwrap();
        let sealed = made.row.secret.unwrap();
        assert!(!sealed.contains(&made.secret[6..]), "the secret is kept sealed");
        test.finish().await;
    }

    /// Without leave to adopt, facts about groups that nobody keeps are left out.
    async fn groups_nobody_keeps_are_left_out_unless_adopted(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let bridge = Bridge::of(&test, false).await;
        let body = posted("m1", test.app.now(), "g1", "李姐", "好的").to_string();
        bridge.deliver(&test, "d1", &body).await.unwrap();
        assert_eq!(process(&test).await, Processed { done: 1, refused: 0, messages: 0, skipped: 1 });
        assert!(group_of(&test, "g1").await.is_none());
        let page = test.app.groups(&test.owner, &GroupQuery::default()).await.unwrap();
        assert_eq!(page.rows.len(), 0);
        test.finish().await;
    }

    /// Thousands of facts of many people and groups, in one transaction each thousand: nothing is
    /// lost, the order is kept, names follow.
    async fn a_thousand_facts_are_taken_in_at_once(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let bridge = Bridge::of(&test, true).await;
        let now = test.app.now().plus(-DAY);
        let mut done = Processed::default();
        for delivery in 0..12 {
            if delivery == 11 {
                done = process(&test).await;
            }
            let facts: Vec<Json> = (0..100)
                .map(|n| {
                    let n = delivery * 100 + n;
                    let mut fact = posted(
                        &format!("m{n}"),
                        now.plus(i64::from(n)),
                        &format!("g{}", n % 3),
                        &format!("群友{}", n % 50),
                        &format!("第{n}条"),
                    );
                    if delivery == 11 {
                        fact["sender"]["name"] = json!(format!("新名{}", n % 50));
                    }
                    fact
                })
                .collect();
            bridge.deliver(&test, &format!("d{delivery}"), &Json::from(facts).to_string()).await.unwrap();
        }
        assert_eq!((done.done, done.messages, done.skipped), (11, 1_100, 0));
        let renamed = process(&test).await;
        assert_eq!((renamed.done, renamed.messages, renamed.skipped), (1, 100, 0));
        let first = group_of(&test, "g0").await.unwrap();
        let words = said(&test, first.id).await;
        let expected: Vec<String> = (0..1_200).step_by(3).map(|n| format!("第{n}条")).collect();
        assert_eq!(words, expected);
        let mut tx = test.app.store().begin(Mode::Guarded).await.unwrap();
        let known = identity::known(&mut tx, test.workspace.id, "open", &["u-群友7"]).await.unwrap();
        assert_eq!(known[0].name, "新名7");
        event::place(&mut tx, 10_000).await.unwrap();
        let all = event::after(&mut tx, 0, 10_000).await.unwrap();
        let told = |kind| all.iter().filter(|e| e.kind == kind).count();
        assert_eq!(told(EventKind::MessagePosted), 1_200);
        assert_eq!(told(EventKind::MemberCreated), 50);
        assert_eq!(told(EventKind::GroupCreated), 3);
        tx.commit().await.unwrap();
        test.finish().await;
    }

    /// Whoever does not hold an account processes nothing of it.
    async fn one_process_at_a_time_works_on_an_account(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let bridge = Bridge::of(&test, true).await;
        let body = posted("m1", test.app.now(), "g1", "李姐", "好的").to_string();
        bridge.deliver(&test, "d1", &body).await.unwrap();
        let name = format!("hook:{}", bridge.made.row.id);
        let now = test.app.now();
        let mut tx = test.app.store().begin(Mode::Guarded).await.unwrap();
        lease::take(&mut tx, &name, "another", now, now.plus(10 * SECOND)).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        assert_eq!(process(&test).await, Processed::default());
        test.advance(11 * SECOND).await;
        assert_eq!(process(&test).await.messages, 1);
        test.finish().await;
    }

    /// Erasing a person reaches deliveries that wait, also those that hide an id behind escapes, and
    /// refused ones; what still waits leads to the nameless member.
    async fn erasing_a_person_reaches_deliveries(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let bridge = Bridge::of(&test, true).await;
        let now = test.app.now().plus(-MINUTE);
        let early = posted("m1", now, "g1", "林默涵", "第一句话在这里");
        bridge.deliver(&test, "d1", &early.to_string()).await.unwrap();
        process(&test).await;
        let mut wrong = posted("m2", now, "g1", "林默涵", "说错了的话");
        wrong["kind"] = json!("sent");
        bridge.deliver(&test, "d2", &wrong.to_string()).await.unwrap();
        process(&test).await;
        // These wait.
        let escaped = posted("m3", now, "g1", "林默涵", "还没处理的话").to_string();
        let escaped = escaped.replace("林默涵", "\\u6797\\u9ed8\\u6db5");
        bridge.deliver(&test, "d3", &escaped).await.unwrap();
        let both = json!([posted("m4", now, "g1", "林默涵", "也没处理的话"), posted("m5", now, "g1", "王小芳", "我在呢大家")]);
        bridge.deliver(&test, "d4", &both.to_string()).await.unwrap();

        let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
        let member = identity::known(&mut tx, test.workspace.id, "open", &["u-林默涵"]).await.unwrap()[0].member_id;
        drop(tx);
        test.app.erase_member(&test.owner, member, "林默涵").await.unwrap();
        let told = ["林默涵", "\\u6797\\u9ed8", "说错了的话", "没处理的话", "第一句话"];
        assert_eq!(rows_with(&test, &told).await, [] as [&str; 0]);

        let done = process(&test).await;
        assert_eq!((done.done, done.messages), (2, 3));
        assert_eq!(rows_with(&test, &told).await, [] as [&str; 0]);
        let group = group_of(&test, "g1").await.unwrap();
        let mut words = said(&test, group.id).await;
        words.retain(|text| !text.is_empty());
        assert_eq!(words, ["我在呢大家"]);
        // Who reports again finds the same nameless member.
        bridge.deliver(&test, "d5", &posted("m6", now, "g1", "林默涵", "又来了").to_string()).await.unwrap();
        process(&test).await;
        let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
        assert_eq!(group_of(&test, "g1").await.unwrap().member_count, 3);
        assert!(identity::known(&mut tx, test.workspace.id, "open", &["u-林默涵"]).await.unwrap().is_empty());
        assert_eq!(hook::count_waiting(&mut tx).await.unwrap(), 0);
        drop(tx);
        test.finish().await;
    }

    /// What somebody says to the program in private is answered by a person: the program only reports.
    async fn an_answer_in_private_becomes_a_task(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let bridge = Bridge::of(&test, true).await;
        let private = json!({
            "key": "p1", "at": test.app.now().ms(), "kind": "private",
            "sender": { "id": "u1", "name": "李姐" }, "text": "123456",
        });
        bridge.deliver(&test, "d1", &private.to_string()).await.unwrap();
        let lines = Lines::default();
        test.app.process_hooks(&lines).await.unwrap();
        assert_eq!(test.app.send_due(&lines).await.unwrap(), 1);
        let tasks = test.app.tasks(&test.owner, yutang_app::task::Filter::default(), 9).await.unwrap();
        assert_eq!(tasks.total, 1);
        assert_eq!(tasks.items[0].row.what, "task.send_by_hand");
        test.finish().await;
    }
}
