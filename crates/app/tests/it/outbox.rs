//! The outbox: nothing doubled, nothing lost, nothing sent on suspicion.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures::future::BoxFuture;
use yutang_app::outbox::{Lines, NewSend};
use yutang_channels::{
    Channel, ChannelError, Harvest, Outbound, Sent, Wish,
    channel::LookUp,
    fake::{FakeChannel, FakeNetwork},
};
use yutang_domain::{
    actor::Actor,
    capability::Profile,
    id::{ChannelAccountId, OutboxId, kind},
    task::TaskState,
    time::{HOUR, MINUTE, SECOND},
};
use yutang_store::{
    Mode,
    channel_account::{self, ChannelAccount},
    installation,
    outbox::{self, Claim},
    staff_task,
};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

use crate::alarm::sweep;

/// A network that cannot say whether something arrived.
struct Forgetful(FakeChannel);

impl Channel for Forgetful {
    fn network(&self) -> &'static str {
        self.0.network()
    }
    fn profile(&self) -> Profile {
        self.0.profile()
    }
    fn poll<'a>(&'a self, cursor: Option<&'a str>) -> BoxFuture<'a, Result<Harvest, ChannelError>> {
        self.0.poll(cursor)
    }
    fn send<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<Sent, ChannelError>> {
        self.0.send(outbound)
    }
    fn look_up<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<LookUp>, ChannelError>> {
        Box::pin(async { Ok(None) })
    }
}

/// A network that can be out of reach.
struct Away(FakeChannel, Arc<AtomicBool>);

impl Channel for Away {
    fn network(&self) -> &'static str {
        self.0.network()
    }
    fn profile(&self) -> Profile {
        self.0.profile()
    }
    fn poll<'a>(&'a self, cursor: Option<&'a str>) -> BoxFuture<'a, Result<Harvest, ChannelError>> {
        self.0.poll(cursor)
    }
    fn send<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<Sent, ChannelError>> {
        if self.1.load(Ordering::Relaxed) {
            let reason = "it cannot be reached".to_owned();
            let away = ChannelError::Retry {
                after_ms: 5 * SECOND,
                reason,
            };
            return Box::pin(async { Err(away) });
        }
        self.0.send(outbound)
    }
    fn look_up<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<LookUp>, ChannelError>> {
        self.0.look_up(key)
    }
}

struct Desk {
    test: TestApp,
    network: FakeNetwork,
    lines: Lines,
    account: ChannelAccountId,
}

impl Desk {
    async fn open(database: &TestDatabase, profile: Profile) -> Self {
        let test = TestApp::open(database).await;
        let network = FakeNetwork::new(profile);
        let account = test.app.ids().next::<kind::ChannelAccount>().unwrap();
        let row = ChannelAccount {
            id: account,
            channel: "fake".to_owned(),
            profile: profile.to_string(),
            name: "助手".to_owned(),
            state: "ready".to_owned(),
            last_error: None,
            cursor: None,
            secret: None,
            created_at: test.app.now(),
        };
        let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
        channel_account::insert(&mut tx, test.workspace.id, &row)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let lines = Lines::default();
        lines.connect(account, Arc::new(FakeChannel::new(network.clone())));
        Self {
            test,
            network,
            lines,
            account,
        }
    }

    async fn wish(&self, text: &str) -> OutboxId {
        self.wish_at(text, 0).await
    }

    /// A wish for so many milliseconds later.
    async fn wish_at(&self, text: &str, later: i64) -> OutboxId {
        let now = self.test.app.now();
        let send = NewSend {
            account: self.account,
            group: None,
            member: None,
            wish: Wish::Post {
                group: "fk_g1".to_owned(),
                text: text.to_owned(),
                reply_to: None,
            },
            at: now.plus(later),
            cause: None,
        };
        let mut tx = self.test.app.store().begin(Mode::Write).await.unwrap();
        let id = self
            .test
            .app
            .send_later(&mut tx, self.test.workspace.id, &send, &Actor::Console, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn state(&self, id: OutboxId) -> outbox::Outbox {
        let mut tx = self.test.app.store().begin(Mode::Read).await.unwrap();
        outbox::get(&mut tx, self.test.workspace.id, id)
            .await
            .unwrap()
    }

    async fn task(&self, id: OutboxId) -> Option<staff_task::StaffTask> {
        let mut tx = self.test.app.store().begin(Mode::Read).await.unwrap();
        let dedup = format!("outbox:{id}");
        staff_task::find_by_dedup(&mut tx, self.test.workspace.id, &dedup)
            .await
            .unwrap()
    }

    async fn send(&self) -> usize {
        self.test.app.send_due(&self.lines).await.unwrap()
    }
}

both_engines! {
    /// What is wished leaves once, whoever looks how often.
    async fn a_wish_leaves_once(database: TestDatabase) {
        let desk = Desk::open(&database, Profile::Full).await;
        let ids = [desk.wish("早").await, desk.wish("新鲜出炉").await];
        let other = desk.test.another().await;
        let (one, two) = tokio::join!(desk.test.app.send_due(&desk.lines), other.send_due(&desk.lines));
        assert_eq!(one.unwrap() + two.unwrap(), 2);
        assert_eq!(desk.send().await, 0);
        assert_eq!(desk.network.sent().len(), 2);
        for id in ids {
            let row = desk.state(id).await;
            assert_eq!((row.state.as_str(), row.attempts), ("sent", 1));
            assert!(row.external_id.is_some());
        }
        other.close().await;
        desk.test.finish().await;
    }

    /// What the channel cannot do becomes a task with the text ready to paste.
    async fn what_the_channel_cannot_do_becomes_a_task(database: TestDatabase) {
        let desk = Desk::open(&database, Profile::WecomPlain).await;
        let id = desk.wish("今晚八点开抢").await;
        desk.send().await;
        assert_eq!(desk.state(id).await.state, "tasked");
        let task = desk.task(id).await.unwrap();
        assert_eq!((task.state, task.body.as_str()), (TaskState::Open, "今晚八点开抢"));
        assert_eq!(task.why, "channel.cannot.post_group");
        assert!(desk.network.sent().is_empty());
        desk.test.finish().await;
    }

    /// A network that asks for patience is asked again later; one that refuses is believed.
    async fn patience_and_refusal(database: TestDatabase) {
        let desk = Desk::open(&database, Profile::Full).await;
        desk.network.trouble([
            ChannelError::Retry { after_ms: 30 * SECOND, reason: "slow down".to_owned() },
        ]);
        let patient = desk.wish("one").await;
        desk.send().await;
        assert_eq!(desk.state(patient).await.state, "pending");
        assert_eq!(desk.send().await, 0, "not before its time");
        desk.test.advance(31 * SECOND).await;
        desk.send().await;
        assert_eq!(desk.state(patient).await.state, "sent");
        desk.network.trouble([ChannelError::Fail { reason: "not in this group".to_owned() }]);
        let refused = desk.wish("two").await;
        desk.send().await;
        assert_eq!(desk.state(refused).await.state, "failed");
        assert_eq!(desk.task(refused).await.unwrap().what, "task.send_by_hand");
        assert_eq!(desk.network.sent().len(), 1);
        desk.test.finish().await;
    }

    /// A network out of reach for hours loses nothing and sends nobody; past that a person is told
    /// what became of it, and that it was not refused.
    async fn an_outage_is_waited_for(database: TestDatabase) {
        let desk = Desk::open(&database, Profile::Full).await;
        let away = Arc::new(AtomicBool::new(true));
        let channel = Away(FakeChannel::new(desk.network.clone()), away.clone());
        desk.lines.connect(desk.account, Arc::new(channel));
        let (soon, never) = (desk.wish("早").await, desk.wish_at("晚", 6 * HOUR).await);
        for _ in 0..90 {
            desk.send().await;
            desk.test.advance(MINUTE).await;
        }
        assert_eq!(desk.state(soon).await.state, "pending");
        assert!(desk.state(soon).await.attempts < 16, "asked ever more seldom");
        away.store(false, Ordering::Relaxed);
        desk.test.advance(HOUR).await;
        desk.send().await;
        assert_eq!(desk.state(soon).await.state, "sent");
        assert!(desk.task(soon).await.is_none());

        away.store(true, Ordering::Relaxed);
        desk.test.advance(5 * HOUR).await;
        for _ in 0..16 {
            desk.send().await;
            desk.test.advance(31 * MINUTE).await;
        }
        assert_eq!(desk.state(never).await.state, "failed");
        assert_eq!(desk.task(never).await.unwrap().why, "task.why.out_of_reach");
        assert_eq!(desk.network.sent().len(), 1);
        desk.test.finish().await;
    }

    /// The sender dies after the network took the wish: looked up, not sent again.
    async fn a_dead_senders_wish_is_looked_up(database: TestDatabase) {
        let desk = Desk::open(&database, Profile::Full).await;
        let (arrived, lost) = (desk.wish("arrived").await, desk.wish("lost").await);
        let now = desk.test.app.now();
        let claim = Claim { accounts: &[desk.account], holder: "the dead", now, until: now.plus(2 * MINUTE), limit: 9 };
        let mut tx = desk.test.app.store().begin(Mode::Guarded).await.unwrap();
        let taken = outbox::claim(&mut tx, &claim).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(taken.len(), 2);
        let row = taken.iter().find(|row| row.id == arrived).unwrap();
        let outbound = Outbound {
            key: row.id.to_string(),
            wish: serde_json::from_str(&row.payload).unwrap(),
        };
        FakeChannel::new(desk.network.clone()).send(&outbound).await.unwrap();
        assert_eq!(desk.send().await, 0, "the dead still hold it");
        desk.test.advance(39 * SECOND).await;
        assert_eq!(desk.send().await, 0, "they may still be at it");
        desk.test.advance(2 * SECOND).await;
        assert_eq!(desk.send().await, 2);
        assert_eq!(desk.state(arrived).await.state, "sent");
        assert_eq!(desk.state(lost).await.state, "pending", "it had not left");
        desk.test.advance(MINUTE).await;
        desk.send().await;
        assert_eq!(desk.state(lost).await.state, "sent");
        assert_eq!(desk.network.sent().len(), 2, "none doubled, none missing");
        desk.test.finish().await;
    }

    /// Where nobody can tell whether it left, a person looks; the program never sends it again.
    async fn an_unknown_outcome_is_never_sent_again(database: TestDatabase) {
        let desk = Desk::open(&database, Profile::Full).await;
        desk.lines.connect(desk.account, Arc::new(Forgetful(FakeChannel::new(desk.network.clone()))));
        desk.network.trouble([ChannelError::Unknown { reason: "connection reset".to_owned() }]);
        let id = desk.wish("perhaps").await;
        desk.send().await;
        assert_eq!(desk.state(id).await.state, "unknown");
        assert_eq!(desk.task(id).await.unwrap().what, "task.check_sent");
        desk.test.advance(HOUR).await;
        assert_eq!(desk.send().await, 0);
        assert_eq!(desk.network.sent().len(), 1);
        desk.test.finish().await;
    }

    /// After a restore nothing is sent until somebody says so.
    async fn a_restored_outbox_stands_still(database: TestDatabase) {
        let desk = Desk::open(&database, Profile::Full).await;
        let id = desk.wish("later").await;
        let mut tx = desk.test.app.store().begin(Mode::Write).await.unwrap();
        installation::set(&mut tx, "paused", "restored").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(desk.send().await, 0);
        assert!(desk.test.app.backlog().await.unwrap().paused);
        assert!(desk.test.app.resume().await.unwrap());
        assert!(!desk.test.app.resume().await.unwrap(), "it was not still any more");
        assert_eq!(desk.send().await, 1);
        assert_eq!(desk.state(id).await.state, "sent");
        desk.test.finish().await;
    }

    /// What was still to be said through an account that is removed is asked of people, also what was
    /// planned for later.
    async fn a_removed_account_leaves_its_wishes_to_people(database: TestDatabase) {
        let desk = Desk::open(&database, Profile::Full).await;
        let (soon, later) = (desk.wish("早").await, desk.wish_at("晚安", 9 * HOUR).await);
        assert_eq!(sweep(&desk.test, "outbox").await, 0, "the account is in use");
        let mut tx = desk.test.app.store().begin(Mode::Write).await.unwrap();
        let mut row = channel_account::get(&mut tx, desk.test.workspace.id, desk.account).await.unwrap();
        row.state = "removed".to_owned();
        channel_account::update(&mut tx, desk.test.workspace.id, &row).await.unwrap();
        tx.commit().await.unwrap();
        desk.lines.disconnect(desk.account);
        desk.test.advance(MINUTE + SECOND).await;
        assert_eq!(sweep(&desk.test, "outbox").await, 2);
        for (id, text) in [(soon, "早"), (later, "晚安")] {
            assert_eq!(desk.state(id).await.state, "tasked");
            let task = desk.task(id).await.unwrap();
            assert_eq!((task.state, task.body.as_str()), (TaskState::Open, text));
            assert_eq!(task.why, "task.why.account_removed");
        }
        desk.test.advance(MINUTE + SECOND).await;
        assert_eq!(sweep(&desk.test, "outbox").await, 0);
        assert_eq!(desk.network.sent().len(), 0);
        desk.test.finish().await;
    }

    /// What goes through an account that is not connected here waits for a process that has it.
    async fn an_unconnected_account_waits(database: TestDatabase) {
        let desk = Desk::open(&database, Profile::Full).await;
        let id = desk.wish("wait").await;
        desk.lines.disconnect(desk.account);
        assert_eq!(desk.send().await, 0);
        assert_eq!(desk.state(id).await.state, "pending");
        desk.lines.connect(desk.account, Arc::new(FakeChannel::new(desk.network.clone())));
        assert_eq!(desk.send().await, 1);
        desk.test.finish().await;
    }
}
