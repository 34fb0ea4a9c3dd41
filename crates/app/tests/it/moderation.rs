//! Order kept: what follows from a message, who does it, and how it is taken back.

mod appeal;
mod channel;
mod policy;
mod rule_set;
mod sanction;

use yutang_app::{
    moderation::{QueueFilter, QueueRow},
    task::{Filter, Task},
};
use yutang_channels::{Fact, Inbound, MessageKind, Sender, Wish};
use yutang_domain::{
    capability::Profile,
    group::{Announcement, Scene},
    id::{ChannelAccountId, GroupId, MemberId, MessageId},
    moderation::Mode,
    policy::Policy,
    time::{DAY, Timestamp},
};
use yutang_store::{Mode as TxMode, group, message, strike};
use yutang_testkit::{TestApp, TestDatabase};

const ADVERT: &str = "兼职刷单,日结200,加V:abc12345";
const HIDDEN_ADVERT: &str = "尖职刷丹 日洁,家威 abc12345";

/// A group on a network, with who keeps it.
struct House {
    test: TestApp,
    account: ChannelAccountId,
    group: GroupId,
    keys: std::cell::Cell<u32>,
}

fn in_mode(mode: Mode) -> Policy {
    Policy {
        mode,
        ..Policy::default()
    }
}

fn sender(name: &str) -> Sender {
    Sender {
        external_id: format!("fk_{name}"),
        name: name.to_owned(),
    }
}

fn fact(key: &str, at: Timestamp, fact: Fact) -> Inbound {
    Inbound {
        key: key.to_owned(),
        at,
        group: Some("g1".to_owned()),
        fact,
    }
}

fn posted(key: &str, at: Timestamp, name: &str, text: &str) -> Inbound {
    fact(
        key,
        at,
        Fact::Posted {
            sender: sender(name),
            kind: if text.is_empty() {
                MessageKind::Card
            } else {
                MessageKind::Text
            },
            text: text.to_owned(),
            reply_to: None,
            edits: None,
            picture: None,
        },
    )
}

fn joined(key: &str, at: Timestamp, name: &str) -> Inbound {
    fact(
        key,
        at,
        Fact::Joined {
            who: sender(name),
            via: None,
            inviter: None,
        },
    )
}

impl House {
    async fn open(database: &TestDatabase, profile: Profile, mode: Mode) -> Self {
        let test = TestApp::open(database).await;
        let (account, group) = super::inbound::connect_as(&test, profile).await;
        let rules = Announcement {
            forbidden: "1. 不吵架\n2. 不发广告".to_owned(),
            ..Announcement::default()
        };
        test.app.announce(&test.owner, group, rules).await.unwrap();
        test.app
            .set_policy(&test.owner, group, &in_mode(mode))
            .await
            .unwrap();
        Self {
            test,
            account,
            group,
            keys: std::cell::Cell::new(0),
        }
    }

    fn key(&self) -> String {
        self.keys.set(self.keys.get() + 1);
        format!("m{}", self.keys.get())
    }

    async fn receive(&self, facts: &[Inbound]) {
        self.test
            .app
            .receive(&self.test.owner, self.account, facts, None)
            .await
            .unwrap();
    }

    /// Somebody writes, now.
    async fn say(&self, name: &str, text: &str) -> String {
        let key = self.key();
        self.receive(&[posted(&key, self.test.app.now(), name, text)])
            .await;
        key
    }

    async fn queue(&self) -> Vec<QueueRow> {
        self.test
            .app
            .moderation_queue(&self.test.owner, &QueueFilter::default(), 100)
            .await
            .unwrap()
            .items
    }

    /// The latest sanction.
    async fn latest(&self) -> QueueRow {
        self.queue().await.remove(0)
    }

    /// What is wished of the network up to a day from now; it counts as carried out.
    async fn wishes(&self) -> Vec<Wish> {
        let mut wishes = self.test.carry_out(self.account, DAY).await;
        // The house made its announcement before.
        wishes.retain(|wish| !matches!(wish, Wish::Announce { .. }));
        wishes
    }

    async fn tasks(&self) -> Vec<Task> {
        let filter = Filter {
            open: Some(true),
            ..Filter::default()
        };
        self.test
            .app
            .tasks(&self.test.owner, filter, 100)
            .await
            .unwrap()
            .items
    }

    async fn strikes(&self, member: MemberId) -> i64 {
        let now = self.test.app.now();
        let mut tx = self.test.app.store().begin(TxMode::Read).await.unwrap();
        strike::count(&mut tx, self.test.workspace.id, member, now)
            .await
            .unwrap()
    }

    async fn become_kind(&self, scene: Scene) {
        let mut tx = self.test.app.store().begin(TxMode::Write).await.unwrap();
        let workspace = self.test.workspace.id;
        let mut row = group::get(&mut tx, workspace, self.group).await.unwrap();
        row.scene = Some(scene);
        group::update(&mut tx, workspace, &row).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The latest message of the group.
    async fn message(&self) -> message::Held {
        let mut tx = self.test.app.store().begin(TxMode::Read).await.unwrap();
        let workspace = self.test.workspace.id;
        message::latest(&mut tx, workspace, Some(self.group), "", 1)
            .await
            .unwrap()
            .remove(0)
    }

    async fn report(
        &self,
        message: MessageId,
        reporter: MemberId,
    ) -> yutang_app::moderation::Reported {
        let app = &self.test.app;
        let mut tx = app.store().begin(TxMode::Write).await.unwrap();
        let reported = app
            .report_message(&mut tx, &self.test.owner, message, reporter, app.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        reported
    }

    async fn appeal(
        &self,
        row: &QueueRow,
        by: MemberId,
    ) -> yutang_app::Result<yutang_domain::id::AppealId> {
        let app = &self.test.app;
        let mut tx = app.store().begin(TxMode::Write).await.unwrap();
        let made = app
            .open_appeal(
                &mut tx,
                self.test.workspace.id,
                row.row.id,
                by,
                "不是广告",
                app.now(),
            )
            .await;
        tx.commit().await.unwrap();
        made
    }

    async fn finish(self) {
        self.test.finish().await;
    }
}

fn whispered(wishes: &[Wish]) -> Vec<&str> {
    wishes
        .iter()
        .filter_map(|wish| match wish {
            Wish::Whisper { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}
