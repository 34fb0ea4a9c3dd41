//! Order kept: what follows from a message, who does it, and how it is taken back.

mod appeal;
mod channel;
mod ladder;
mod policy;
mod rule_set;
mod sanction;
mod seen;
mod told;
mod way_back;

use yutang_app::{
    group::GroupInput,
    moderation::{QueueFilter, QueueRow},
    task::{Filter, Task},
};
use yutang_channels::{Fact, Inbound, MessageKind, Sender, Wish};
use yutang_domain::{
    actor::Role,
    capability::Profile,
    group::{Announcement, Duty, Monetisation, Scene},
    id::{ChannelAccountId, GroupId, MemberId, MessageId},
    moderation::Mode,
    policy::Policy,
    time::{DAY, Timestamp},
};
use yutang_store::{Mode as TxMode, group, message, strike};
use yutang_testkit::{TestApp, TestDatabase};

const ADVERT: &str = "兼职刷单,日结200,加V:abc12345";
/// One that its writer is asked to take back.
const LIGHT_ADVERT: &str = "招代理，一件代发，日结";
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

/// The same, in another group.
fn in_group(external: &str, mut fact: Inbound) -> Inbound {
    fact.group = Some(external.to_owned());
    fact
}

/// The same, as an answer to a message.
fn answering(key: &str, mut said: Inbound) -> Inbound {
    if let Fact::Posted { reply_to, .. } = &mut said.fact {
        *reply_to = Some(key.to_owned());
    }
    said
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

    /// Somebody writes to the account in private, now.
    async fn whisper(&self, name: &str, text: &str) {
        let key = self.key();
        let said = Inbound {
            key,
            at: self.test.app.now(),
            group: None,
            fact: Fact::Private {
                sender: sender(name),
                text: text.to_owned(),
            },
        };
        self.receive(&[said]).await;
    }

    /// Another group of the same account, kept in the same way.
    async fn another_group(&self, external: &str, name: &str, mode: Mode) -> GroupId {
        let input = GroupInput {
            monetisation: Some(Monetisation::None),
            ..GroupInput::named(name, "fake")
        };
        let (app, owner) = (&self.test.app, &self.test.owner);
        let made = app.create_group(owner, input).await.unwrap();
        self.change_group(made.id, |row| {
            row.external_id = Some(external.to_owned());
            row.channel_account_id = Some(self.account);
        })
        .await;
        app.set_policy(owner, made.id, &in_mode(mode))
            .await
            .unwrap();
        made.id
    }

    async fn change_group(&self, id: GroupId, change: impl FnOnce(&mut group::Group)) {
        let workspace = self.test.workspace.id;
        let mut tx = self.test.app.store().begin(TxMode::Write).await.unwrap();
        let mut row = group::get(&mut tx, workspace, id).await.unwrap();
        change(&mut row);
        group::update(&mut tx, workspace, &row).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Somebody of the staff hosts the group.
    async fn be_hosted(&self) {
        let host = self.test.caller(Role::Manager, "host").await;
        let duties = [(host.actor.staff_id().unwrap(), Duty::Host)];
        let (workspace, now) = (self.test.workspace.id, self.test.app.now());
        let mut tx = self.test.app.store().begin(TxMode::Write).await.unwrap();
        group::assign(&mut tx, workspace, self.group, &duties, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// Staff do what they are asked to, of the kinds that begin so; says how much that was.
    async fn do_tasks(&self, what: &str) -> usize {
        let open = self.tasks().await;
        let these: Vec<&Task> = open
            .iter()
            .filter(|task| task.row.what.starts_with(what))
            .collect();
        for task in &these {
            self.test
                .app
                .complete_task(&self.test.owner, task.row.id, None)
                .await
                .unwrap();
        }
        these.len()
    }

    /// Open tasks of this kind.
    async fn asked(&self, what: &str) -> Vec<Task> {
        let mut open = self.tasks().await;
        open.retain(|task| task.row.what == what);
        open
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
        self.change_group(self.group, |row| row.scene = Some(scene))
            .await;
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

/// Messages that are to be taken down.
fn taken_down(wishes: &[Wish]) -> Vec<&str> {
    wishes
        .iter()
        .filter_map(|wish| match wish {
            Wish::Delete { message, .. } => Some(message.as_str()),
            _ => None,
        })
        .collect()
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
