//! A day in a group on each profile of the simulated network, over crashes: what the account can do
//! it does once, and the rest is a task, once.

use std::sync::Arc;

use yutang_app::{
    App,
    moderation::{AppealAnswer, AppealFilter, QueueFilter},
    outbox::Lines,
    sweeps,
    task::Filter,
};
use yutang_channels::{
    Channel as _, Fact, Inbound, MessageKind, Sender, Wish,
    fake::{FakeChannel, FakeNetwork},
};
use yutang_domain::{
    capability::{Capability, Profile},
    gate::{Gate, GateKind, KnockState},
    group::Announcement,
    id::{ChannelAccountId, GroupId},
    moderation::{Mode, Tone},
    policy::Policy,
    time::{HOUR, MINUTE, SECOND},
    welcome::Template,
};
use yutang_store::{
    Mode as TxMode, alarm,
    outbox::{self, Claim},
};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

use crate::inbound::connect_as;

const ADVERT: &str = "兼职刷单,日结200,加V:abc12345";
const HIDDEN_ADVERT: &str = "尖职刷丹 日洁,家威 abc12345";

struct Town {
    test: TestApp,
    /// The process that runs now; the one before it was killed.
    app: App,
    network: FakeNetwork,
    account: ChannelAccountId,
    group: GroupId,
    cursor: std::cell::RefCell<Option<String>>,
    keys: std::cell::Cell<u32>,
}

impl Town {
    /// A group that is kept, at noon.
    async fn open(database: &TestDatabase, profile: Profile) -> Self {
        let test = TestApp::open(database).await;
        test.advance(3 * HOUR).await;
        let (account, group) = connect_as(&test, profile).await;
        let (app, owner) = (&test.app, &test.owner);
        let rules = Announcement {
            forbidden: "1. 不吵架\n2. 不发广告".to_owned(),
            ..Announcement::default()
        };
        app.announce(owner, group, rules).await.unwrap();
        let policy = Policy {
            mode: Mode::Act,
            ..Policy::default()
        };
        app.set_policy(owner, group, &policy).await.unwrap();
        let gate = Gate {
            kind: GateKind::Staff,
            acknowledge: Some(true),
            card_name: Some(String::new()),
            wave_joins: Some(5),
            ..Gate::default()
        };
        app.set_gate(owner, group, gate).await.unwrap();
        let template = Template {
            on: true,
            ..app.welcome(owner, group).await.unwrap().template
        };
        app.set_welcome(owner, group, template).await.unwrap();
        Self {
            app: test.another().await,
            network: FakeNetwork::new(profile),
            account,
            group,
            cursor: std::cell::RefCell::default(),
            keys: std::cell::Cell::new(0),
            test,
        }
    }

    fn can(&self, capability: Capability) -> bool {
        self.network.profile().can(capability)
    }

    fn happens(&self, group: Option<&str>, fact: Fact) {
        self.keys.set(self.keys.get() + 1);
        self.network.happen(Inbound {
            key: format!("m{}", self.keys.get()),
            at: self.app.now(),
            group: group.map(str::to_owned),
            fact,
        });
    }

    fn says(&self, name: &str, text: &str) {
        let said = Fact::Posted {
            sender: sender(name),
            kind: MessageKind::Text,
            text: text.to_owned(),
            reply_to: None,
            edits: None,
            picture: None,
        };
        self.happens(Some("g1"), said);
    }

    fn comes(&self, name: &str) {
        let joined = Fact::Joined {
            who: sender(name),
            via: None,
            inviter: None,
        };
        self.happens(Some("g1"), joined);
    }

    fn whispers(&self, name: &str, text: &str) {
        let said = Fact::Private {
            sender: sender(name),
            text: text.to_owned(),
        };
        self.happens(None, said);
    }

    /// Takes in what happened.
    async fn hear(&self) {
        let from = self.cursor.borrow().clone();
        let channel = FakeChannel::new(self.network.clone());
        let harvest = channel.poll(from.as_deref()).await.unwrap();
        let (app, owner) = (&self.app, &self.test.owner);
        app.receive(owner, self.account, &harvest.facts, None)
            .await
            .unwrap();
        *self.cursor.borrow_mut() = Some(harvest.cursor);
    }

    /// Goes on for some minutes, with everything that is done unasked.
    async fn go_on(&self, minutes: i64) {
        let lines = Lines::default();
        lines.connect(
            self.account,
            Arc::new(FakeChannel::new(self.network.clone())),
        );
        for _ in 0..minutes * 2 {
            self.test.advance(30 * SECOND).await;
            self.app.ids().renew(self.app.store()).await;
            for sweep in sweeps::ALL {
                self.app.run_sweep(sweep).await.unwrap();
            }
            while self.app.send_due(&lines).await.unwrap() > 0 {}
        }
    }

    /// The process dies over what it was just sending: half of it had arrived. What it had heard
    /// comes again.
    async fn die(&mut self) {
        let app = &self.app;
        let now = app.now();
        let claim = Claim {
            accounts: &[self.account],
            holder: "the dead",
            now: now.plus(5 * SECOND),
            until: now.plus(2 * MINUTE),
            limit: 100,
        };
        let mut tx = app.store().begin(TxMode::Guarded).await.unwrap();
        let taken = outbox::claim(&mut tx, &claim).await.unwrap();
        tx.commit().await.unwrap();
        let channel = FakeChannel::new(self.network.clone());
        for row in taken.iter().step_by(2) {
            let outbound = yutang_channels::Outbound {
                key: row.id.to_string(),
                wish: serde_json::from_str(&row.payload).unwrap(),
            };
            // What the account cannot do did not arrive.
            let _ = channel.send(&outbound).await;
        }
        let next = self.test.another().await;
        std::mem::replace(&mut self.app, next).close().await;
        *self.cursor.borrow_mut() = None;
        self.hear().await;
    }

    fn sent(&self) -> Vec<Wish> {
        self.network
            .sent()
            .into_iter()
            .map(|one| one.wish)
            .collect()
    }

    /// Tasks that were ever made: what each is, and whom it is about.
    async fn tasks(&self) -> Vec<(String, Option<String>)> {
        let page = self.app.tasks(&self.test.owner, Filter::default(), 200);
        let items = page.await.unwrap().items;
        items
            .into_iter()
            .map(|task| (task.row.what, task.member_name))
            .collect()
    }

    /// How often something was done by the account, and how often somebody was asked to.
    async fn done(
        &self,
        wish: impl Fn(&Wish) -> bool,
        tasks: &[&str],
        name: &str,
    ) -> (usize, usize) {
        let done = self.sent().iter().filter(|one| wish(one)).count();
        let asked = self.tasks().await;
        let asked = asked.iter().filter(|(what, about)| {
            tasks.contains(&what.as_str()) && about.as_deref().is_none_or(|about| about == name)
        });
        (done, asked.count())
    }
}

fn sender(name: &str) -> Sender {
    Sender {
        external_id: format!("fk_{name}"),
        name: name.to_owned(),
    }
}

async fn story(database: TestDatabase, profile: Profile) {
    let mut town = Town::open(&database, profile).await;
    let reads = town.can(Capability::ReadText);
    let acts = town.can(Capability::Remove);
    let once = |can: bool, seen: bool| match (seen, can) {
        (false, _) => (0, 0),
        (true, true) => (1, 0),
        (true, false) => (0, 1),
    };
    town.go_on(1).await;

    // Somebody knocks where that can be seen, and staff let them in.
    let knocked = Fact::Knocked {
        who: sender("李姐"),
        reason: "住在对面".to_owned(),
        via: None,
    };
    town.happens(Some("g1"), knocked);
    town.hear().await;
    let (app, owner) = (&town.app, &town.test.owner);
    let waiting = app
        .knocks(owner, town.group, Some(KnockState::Waiting), None, 9)
        .await
        .unwrap();
    assert_eq!(
        waiting.items.len(),
        usize::from(town.can(Capability::ApproveJoin))
    );
    for one in waiting.items {
        app.decide_knock(owner, town.group, one.row.id, None)
            .await
            .unwrap();
    }
    town.die().await;
    town.go_on(2).await;
    let approved = town
        .done(
            |wish| matches!(wish, Wish::Approve { .. }),
            &["task.approve"],
            "李姐",
        )
        .await;
    assert_eq!(approved, once(true, town.can(Capability::ApproveJoin)));

    // She comes, is greeted and says that she has read the rules.
    town.comes("李姐");
    town.hear().await;
    town.die().await;
    town.go_on(3).await;
    let greeted = |wish: &Wish| matches!(wish, Wish::Welcome { to, .. } | Wish::Whisper { to, .. } if to == "fk_李姐");
    let seen = town.can(Capability::SeeJoins);
    let (done, _) = town.done(greeted, &[], "李姐").await;
    assert_eq!(done, usize::from(seen), "{:?}", town.sent());
    town.whispers("李姐", "收到");
    town.hear().await;
    let receipts = town
        .app
        .receipts(&town.test.owner, town.group, None, 50)
        .await
        .unwrap();
    assert_eq!(receipts.reached.acknowledged, i64::from(seen));

    // Three adverts: a word, the door and a way back, the door for good.
    town.says("王芳", "早上好");
    for (nth, text) in [HIDDEN_ADVERT, ADVERT, ADVERT].into_iter().enumerate() {
        town.go_on(1).await;
        if nth == 1 {
            // Where nobody says the first word by hand, it counts as said after an hour.
            town.test.advance(HOUR).await;
            town.go_on(1).await;
        }
        if nth == 2 {
            // Past the way back.
            town.test.advance(4 * HOUR).await;
            town.go_on(1).await;
            town.comes("王芳");
        }
        town.says("王芳", text);
        town.hear().await;
        town.die().await;
        town.go_on(2).await;
    }
    let queue = town
        .app
        .moderation_queue(&town.test.owner, &QueueFilter::default(), 50)
        .await
        .unwrap()
        .items;
    let tones: Vec<Tone> = queue.iter().rev().map(|row| row.row.tone).collect();
    let expected: &[Tone] = if reads {
        &[Tone::Gentle, Tone::Neutral, Tone::Hard]
    } else {
        &[]
    };
    assert_eq!(tones, expected);
    let told = |wish: &Wish| matches!(wish, Wish::Whisper { to, text } if to == "fk_王芳" && text.contains("机器人") && text.contains("群规第2条") && !text.contains("回群啦"));
    let out = |wish: &Wish| matches!(wish, Wish::Remove { who, .. } if who == "fk_王芳");
    let by_hand = [
        "task.sanction_notice",
        "task.sanction_remove",
        "task.sanction_delete",
    ];
    let notices = town.done(told, &by_hand, "王芳").await;
    let removals = town.done(out, &["task.sanction_remove"], "王芳").await;
    match (reads, acts) {
        (false, _) => assert_eq!((notices, removals), ((0, 0), (0, 0))),
        (true, true) => {
            assert!(notices.0 >= 3 && notices.1 == 0, "{notices:?}");
            assert_eq!(removals, (2, 0));
        }
        (true, false) => assert_eq!((notices, removals), ((0, 3), (0, 2))),
    }

    // Objected to in private, granted, and the way in is open again.
    town.whispers("王芳", "申诉 我转的是店里的接龙");
    town.hear().await;
    town.die().await;
    let appeals = town
        .app
        .appeals(&town.test.owner, &AppealFilter::default(), 9)
        .await
        .unwrap()
        .items;
    assert_eq!(appeals.len(), usize::from(reads));
    let before = town
        .sent()
        .iter()
        .filter(|wish| matches!(wish, Wish::Readmit { .. }))
        .count();
    for one in appeals {
        let granted = AppealAnswer::Grant("看了，是店里的接龙");
        town.app
            .answer_appeal(&town.test.owner, one.id, granted)
            .await
            .unwrap();
    }
    town.die().await;
    town.go_on(2).await;
    let after = town
        .sent()
        .iter()
        .filter(|wish| matches!(wish, Wish::Readmit { .. }))
        .count();
    let asked = town
        .tasks()
        .await
        .iter()
        .filter(|(what, _)| what == "task.sanction_readmit")
        .count();
    match (reads, acts) {
        (false, _) => assert_eq!((before, after, asked), (0, 0, 0)),
        (true, true) => assert_eq!((after - before, asked), (1, 0)),
        // Nobody put her out, so there is nobody to let in.
        (true, false) => assert_eq!((after, asked), (0, 0)),
    }

    // A complaint rings once.
    town.says("李姐", "吐司里吃出一根头发，我要投诉，给我退款！");
    town.hear().await;
    town.die().await;
    town.go_on(1).await;
    let alarms = town
        .app
        .alarms(&town.test.owner, alarm::Filter::default(), 9)
        .await
        .unwrap();
    assert_eq!(alarms.total, i64::from(reads));

    // Too many at once shut the gate, and somebody is asked to look.
    for n in 0..6 {
        town.comes(&format!("新{n}"));
    }
    town.hear().await;
    town.die().await;
    town.go_on(1).await;
    let shut = town.app.gate(&town.test.owner, town.group).await.unwrap();
    assert_eq!(shut.shut_until.is_some(), seen);
    let waves = town
        .tasks()
        .await
        .iter()
        .filter(|(what, _)| what == "task.wave")
        .count();
    assert_eq!(waves, usize::from(seen));

    // Nothing was said or done twice.
    let all = town.sent();
    for (n, wish) in all.iter().enumerate() {
        let again = all[..n].iter().filter(|one| *one == wish).count();
        let repeats = matches!(wish, Wish::Remove { .. } | Wish::Readmit { .. });
        assert!(again == 0 || repeats, "twice: {wish:?}");
    }
    town.go_on(40).await;
    town.app.close().await;
    town.test.finish().await;
}

both_engines! {
    async fn on_an_account_that_sees_who_comes(database: TestDatabase) {
        story(database, Profile::WecomPlain).await;
    }

    async fn on_an_account_that_reads(database: TestDatabase) {
        story(database, Profile::WecomArchive).await;
    }

    async fn on_an_account_that_sees_nothing(database: TestDatabase) {
        story(database, Profile::WechatPersonal).await;
    }

    async fn on_an_account_that_may_do_everything(database: TestDatabase) {
        story(database, Profile::Full).await;
    }
}
