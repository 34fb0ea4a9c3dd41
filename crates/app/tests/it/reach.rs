//! What the channel does, and what a person is asked for instead.

use std::sync::Arc;

use futures::future::BoxFuture;
use yutang_app::{
    outbox::Lines,
    reach::{Reached, Wanted},
    task::{NewTask, StaffTask},
};
use yutang_channels::{
    Channel, ChannelError, Fact, Harvest, Inbound, MessageKind, Outbound, Sender, Sent, Wish,
    channel::LookUp,
    fake::{FakeChannel, FakeNetwork},
};
use yutang_domain::{
    actor::Role,
    capability::{Capabilities, Capability, Profile},
    group::Duty,
    id::{ChannelAccountId, MemberId, OutboxId, StaffId},
    task::{DoneCheck, Level, TaskState},
    time::{HOUR, MINUTE, SECOND, Timestamp},
};
use yutang_store::{
    Mode, channel_account,
    group::{self, Group, Rights},
    outbox, staff_task,
};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

/// A network that knows no end of a restriction.
struct Endless(FakeChannel);

impl Channel for Endless {
    fn network(&self) -> &'static str {
        self.0.network()
    }
    fn profile(&self) -> Profile {
        self.0.profile()
    }
    fn ends_restrictions(&self) -> bool {
        false
    }
    fn poll<'a>(&'a self, cursor: Option<&'a str>) -> BoxFuture<'a, Result<Harvest, ChannelError>> {
        self.0.poll(cursor)
    }
    fn send<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<Sent, ChannelError>> {
        self.0.send(outbound)
    }
    fn look_up<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<LookUp>, ChannelError>> {
        self.0.look_up(key)
    }
}

struct Desk {
    test: TestApp,
    account: ChannelAccountId,
    group: Group,
    member: MemberId,
    host: StaffId,
}

impl Desk {
    async fn open(database: &TestDatabase) -> Self {
        let test = TestApp::open(database).await;
        let account = super::inbound::connect(&test).await;
        let host = test.caller(Role::Operator, "lina").await;
        let host = host.actor.staff_id().unwrap();
        let said = Inbound {
            key: "k1".to_owned(),
            at: test.app.now(),
            group: Some("g1".to_owned()),
            fact: Fact::Posted {
                sender: Sender {
                    external_id: "u1".to_owned(),
                    name: "王强".to_owned(),
                },
                kind: MessageKind::Text,
                text: "加我领券".to_owned(),
                reply_to: None,
                edits: None,
                picture: None,
            },
        };
        test.app
            .receive(&test.owner, account, &[said], None)
            .await
            .unwrap();
        let workspace = test.workspace.id;
        let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
        let group = group::find_external(&mut tx, workspace, "fake", "g1")
            .await
            .unwrap()
            .unwrap();
        let duties = [(host, Duty::Host)];
        group::assign(&mut tx, workspace, group.id, &duties, test.app.now())
            .await
            .unwrap();
        let known = yutang_store::identity::holders(&mut tx, workspace, "fake", &["u1"])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        Self {
            member: known["u1"],
            test,
            account,
            group,
            host,
        }
    }

    async fn be(&self, profile: Profile, state: &str) {
        let workspace = self.test.workspace.id;
        let mut tx = self.test.app.store().begin(Mode::Write).await.unwrap();
        let mut row = channel_account::get(&mut tx, workspace, self.account)
            .await
            .unwrap();
        row.profile = profile.to_string();
        state.clone_into(&mut row.state);
        channel_account::update(&mut tx, workspace, &row)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn allow(&self, can: Option<Capabilities>) {
        let words: Option<Vec<_>> = can.map(|can| can.iter().map(Capability::as_str).collect());
        let rights = Rights {
            rights: words.map(|words| serde_json::json!(words).to_string()),
            unreadable: None,
        };
        let mut tx = self.test.app.store().begin(Mode::Write).await.unwrap();
        group::set_rights(&mut tx, self.test.workspace.id, self.group.id, &rights)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn wish(&self, wish: Wish, dedup: &str) -> Reached {
        let now = self.test.app.now();
        let ask = NewTask::in_place_of(&wish, "task.why.complaint", now, dedup.to_owned());
        let wanted = Wanted {
            wish,
            member: Some(self.member),
            at: now,
            cause: None,
        };
        let app = &self.test.app;
        let mut tx = app.store().begin(Mode::Write).await.unwrap();
        let reached = app
            .do_or_ask(&mut tx, &self.test.owner, &self.group, wanted, ask, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        reached
    }

    async fn task(&self, dedup: &str) -> Option<StaffTask> {
        let mut tx = self.test.app.store().begin(Mode::Read).await.unwrap();
        staff_task::find_by_dedup(&mut tx, self.test.workspace.id, dedup)
            .await
            .unwrap()
    }

    async fn row(&self, id: OutboxId) -> outbox::Outbox {
        let mut tx = self.test.app.store().begin(Mode::Read).await.unwrap();
        outbox::get(&mut tx, self.test.workspace.id, id)
            .await
            .unwrap()
    }

    fn lines(&self, channel: impl Channel + 'static) -> Lines {
        let lines = Lines::default();
        lines.connect(self.account, Arc::new(channel));
        lines
    }

    /// Takes what was written down out of the way.
    async fn empty(&self) {
        let network = FakeNetwork::new(Profile::Full);
        let lines = self.lines(FakeChannel::new(network));
        while self.test.app.send_due(&lines).await.unwrap() > 0 {}
    }
}

fn mute(minutes: u32) -> Wish {
    Wish::Restrict {
        group: "g1".to_owned(),
        who: "u1".to_owned(),
        seconds: minutes * 60,
    }
}

fn wishes() -> Vec<Wish> {
    let (group, who, text) = ("g1".to_owned(), "u1".to_owned(), "请看群规".to_owned());
    vec![
        Wish::Post {
            group: group.clone(),
            text: text.clone(),
            reply_to: None,
        },
        Wish::Whisper {
            to: who.clone(),
            text: text.clone(),
        },
        Wish::Remove {
            group: group.clone(),
            who: who.clone(),
            reason: String::new(),
        },
        Wish::Readmit {
            group: group.clone(),
            who: who.clone(),
            silent: false,
        },
        mute(30),
        Wish::Lift {
            group: group.clone(),
            who: who.clone(),
        },
        Wish::Delete {
            group: group.clone(),
            message: "k1".to_owned(),
        },
        Wish::Approve {
            group: group.clone(),
            who: who.clone(),
        },
        Wish::Decline {
            group: group.clone(),
            who: who.clone(),
            reason: String::new(),
        },
        Wish::Invite {
            group: group.clone(),
            who,
        },
        Wish::Announce { group, text },
    ]
}

/// Who, which group, what, text, until when, why, and how one knows that it is done.
fn is_complete(desk: &Desk, task: &StaffTask, wish: &Wish, now: Timestamp) {
    assert_eq!(task.state, TaskState::Open);
    assert_eq!(task.assignee_id, Some(desk.host), "{wish:?}");
    assert_eq!(task.group_id, Some(desk.group.id));
    assert_eq!(task.branch_id, Some(desk.group.branch_id));
    assert_eq!(task.member_id, Some(desk.member));
    assert!(task.what.starts_with("task."), "{}", task.what);
    assert_eq!(task.why, "task.why.complaint");
    assert!(task.due_at.is_some_and(|due| due > now));
    let args: serde_json::Value = serde_json::from_str(&task.args).unwrap();
    assert_eq!(args["name"], "王强");
    let worded = matches!(
        wish,
        Wish::Post { .. } | Wish::Whisper { .. } | Wish::Announce { .. }
    );
    assert_eq!(task.body == "请看群规", worded, "{wish:?}");
}

both_engines! {
    /// Each profile of the trade and both networks: it is sent, or a complete task is there at once.
    async fn what_a_profile_cannot_do_is_a_complete_task_before_anything_is_sent(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        let now = desk.test.app.now();
        for profile in Profile::ALL {
            desk.be(*profile, "ready").await;
            for (n, wish) in wishes().into_iter().enumerate() {
                let dedup = format!("{profile}:{n}");
                let reached = desk.wish(wish.clone(), &dedup).await;
                if profile.can(wish.needs()) {
                    assert!(matches!(reached, Reached::Sending(_)), "{profile} {wish:?}");
                    assert!(desk.task(&dedup).await.is_none());
                } else {
                    assert!(matches!(reached, Reached::Asked(Some(_))), "{profile} {wish:?}");
                    let task = desk.task(&dedup).await.unwrap();
                    is_complete(&desk, &task, &wish, now);
                    let seen = match wish {
                        Wish::Remove { .. } => profile.can(Capability::SeeLeaves),
                        Wish::Readmit { .. } | Wish::Approve { .. } | Wish::Invite { .. } => {
                            profile.can(Capability::SeeJoins)
                        }
                        _ => false,
                    };
                    let check = if seen { DoneCheck::Channel } else { DoneCheck::Own };
                    assert_eq!(task.done_check, check, "{profile} {wish:?}");
                    assert!(task.args.contains(wish.needs().cannot()), "{}", task.args);
                }
            }
        }
        desk.empty().await;
        desk.test.finish().await;
    }

    /// A bot that is no administrator, that was put out, that is refused; somebody unknown there.
    async fn rights_in_the_group_go_before_the_profile(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        desk.be(Profile::Telegram, "ready").await;
        desk.allow(Some(Capabilities::of(&[Capability::ReadText, Capability::PostGroup]))).await;
        assert!(matches!(desk.wish(mute(5), "mute").await, Reached::Asked(Some(_))));
        assert_eq!(desk.wish(mute(5), "mute").await, Reached::Asked(None), "one cause, one task");
        let task = desk.task("mute").await.unwrap();
        assert_eq!(task.what, "task.restrict");
        assert!(task.args.contains("\"minutes\":5"), "{}", task.args);
        let post = wishes().remove(0);
        assert!(matches!(desk.wish(post.clone(), "post").await, Reached::Sending(_)));

        desk.allow(Some(Capabilities::default())).await;
        desk.wish(post.clone(), "gone").await;
        assert!(desk.task("gone").await.unwrap().args.contains("channel.gone"));
        desk.allow(None).await;
        desk.be(Profile::Telegram, "failed").await;
        desk.wish(post, "refused").await;
        assert!(desk.task("refused").await.unwrap().args.contains("channel.account_refused"));
        desk.be(Profile::Telegram, "ready").await;
        let nobody = Wish::Lift { group: "g1".to_owned(), who: String::new() };
        desk.wish(nobody, "nobody").await;
        assert!(desk.task("nobody").await.unwrap().args.contains("channel.unknown_there"));
        desk.empty().await;
        desk.test.finish().await;
    }

    /// Staff put somebody out and let them in again by hand: the channel shows it, nobody ticks.
    async fn what_the_channel_shows_needs_no_tick(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        desk.be(Profile::WecomPlain, "ready").await;
        let mut wishes = wishes();
        desk.wish(wishes.remove(2), "out").await;
        desk.wish(wishes.remove(2), "in").await;
        let passed = |key: &str, fact| Inbound {
            key: key.to_owned(),
            at: desk.test.app.now(),
            group: Some("g1".to_owned()),
            fact,
        };
        let who = || Sender { external_id: "u1".to_owned(), name: "王强".to_owned() };
        let open = |dedup: &'static str| async { desk.task(dedup).await.unwrap().state == TaskState::Open };
        let gone = passed("k2", Fact::Removed { who: who(), by: None });
        desk.test.app.receive(&desk.test.owner, desk.account, &[gone], None).await.unwrap();
        assert!(!open("out").await && open("in").await);
        desk.test.advance(MINUTE).await;
        let back = passed("k3", Fact::Joined { who: who(), via: None, inviter: None });
        desk.test.app.receive(&desk.test.owner, desk.account, &[back], None).await.unwrap();
        assert!(!open("in").await);
        assert_eq!(desk.task("in").await.unwrap().state, TaskState::Done);
        desk.test.finish().await;
    }

    /// Where the network refuses what it could have done, the person knows as much.
    async fn a_refusal_brings_the_task_that_went_with_the_wish(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        let network = FakeNetwork::new(Profile::Full);
        let lines = desk.lines(FakeChannel::new(network.clone()));
        let now = desk.test.app.now();
        network.trouble([ChannelError::Fail { reason: "not enough power".to_owned() }]);
        let Reached::Sending(id) = desk.wish(mute(30), "sanction:1").await else {
            panic!("the channel can do it");
        };
        desk.test.app.send_due(&lines).await.unwrap();
        assert_eq!(desk.row(id).await.state, "failed");
        let task = desk.task("sanction:1").await.unwrap();
        is_complete(&desk, &task, &mute(30), now);
        assert_eq!((task.what.as_str(), task.level), ("task.restrict", Level::Warn));
        assert!(task.args.contains("task.why.refused"));
        desk.test.finish().await;
    }

    /// A homeserver keeps somebody silent for ever: it is lifted when its time is up, by the last word.
    async fn a_restriction_ends_where_the_network_knows_no_end(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        let network = FakeNetwork::new(Profile::Full);
        let lines = desk.lines(Endless(FakeChannel::new(network.clone())));
        let lifted = || network.sent().iter().filter(|sent| matches!(sent.wish, Wish::Lift { .. })).count();
        let send = || async { while desk.test.app.send_due(&lines).await.unwrap() > 0 {} };
        desk.wish(mute(30), "a").await;
        send().await;
        desk.test.advance(29 * MINUTE).await;
        send().await;
        assert_eq!(lifted(), 0, "not before its time");
        // A longer one in between: the end of the first does not cut it short.
        desk.wish(mute(120), "b").await;
        send().await;
        desk.test.advance(HOUR).await;
        send().await;
        assert_eq!(lifted(), 0);
        desk.test.advance(HOUR + SECOND).await;
        send().await;
        assert_eq!(lifted(), 1);
        // Lifted by hand: nothing is left to be lifted.
        desk.wish(mute(30), "c").await;
        send().await;
        desk.wish(Wish::Lift { group: "g1".to_owned(), who: "u1".to_owned() }, "d").await;
        send().await;
        assert_eq!(lifted(), 2);
        assert!(desk.test.app.backlog().await.unwrap().is_idle());
        desk.test.finish().await;
    }
}
