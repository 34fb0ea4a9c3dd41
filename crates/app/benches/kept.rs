//! Messages through the simulated network into groups that are kept, on SQLite with every detector
//! on: a steady rate with the wait from arrival to decision, then as fast as it goes.
//!
//! Prints one line of JSON. `bench/run moderation` shows it; the argument is the seconds of the
//! steady rate, the second the messages a second.

#![allow(clippy::unwrap_used, reason = "a bench that panics has failed")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use yutang_app::{App, Caller, Options, group::GroupInput, moderation::QueueFilter};
use yutang_channels::{
    Channel, Fact, Inbound, MessageKind, Sender,
    fake::{FakeChannel, FakeNetwork},
};
use yutang_domain::{
    capability::Profile,
    id::{ChannelAccountId, kind},
    moderation::{Mode, Strictness},
    policy::Policy,
    time::Timestamp,
};
use yutang_store::{Mode as TxMode, channel_account, group};

const GROUPS: usize = 5;
/// One message in so many is an advert.
const ADVERT: usize = 100;
/// What the network hands over at once at most.
const PILE: usize = 500;

struct House {
    app: App,
    caller: Caller,
    account: ChannelAccountId,
    network: FakeNetwork,
    chance: fastrand::Rng,
}

impl House {
    async fn open(folder: &std::path::Path) -> Self {
        let app = App::open(Options::in_folder(folder)).await.unwrap();
        let workspace = app.workspace_or_default(None).await.unwrap();
        let caller = app.console(&workspace).unwrap();
        let account = channel_account::ChannelAccount {
            id: app.ids().next::<kind::ChannelAccount>().unwrap(),
            channel: "fake".to_owned(),
            profile: Profile::Full.to_string(),
            name: "bench".to_owned(),
            state: "ready".to_owned(),
            last_error: None,
            cursor: None,
            secret: None,
            created_at: app.now(),
        };
        let mut tx = app.store().begin(TxMode::Write).await.unwrap();
        channel_account::insert(&mut tx, workspace.id, &account)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        for n in 0..GROUPS {
            let input = GroupInput {
                monetisation: Some(yutang_domain::group::Monetisation::None),
                ..GroupInput::named(&format!("福利{n}群"), "fake")
            };
            let made = app.create_group(&caller, input).await.unwrap();
            let mut tx = app.store().begin(TxMode::Write).await.unwrap();
            let mut row = group::get(&mut tx, workspace.id, made.id).await.unwrap();
            row.external_id = Some(format!("g{n}"));
            row.channel_account_id = Some(account.id);
            group::update(&mut tx, workspace.id, &row).await.unwrap();
            tx.commit().await.unwrap();
            let policy = Policy {
                mode: Mode::Act,
                strictness: Strictness::Strict,
                slow_mode_s: 0,
                off: Vec::new(),
            };
            app.set_policy(&caller, made.id, &policy).await.unwrap();
        }
        Self {
            app,
            caller,
            account: account.id,
            network: FakeNetwork::new(Profile::Full),
            chance: fastrand::Rng::with_seed(7),
        }
    }

    fn message(&mut self, n: usize, at: Timestamp) -> Inbound {
        let advert = n.is_multiple_of(ADVERT);
        let who = if advert { n } else { n % 2_000 };
        let text = if advert {
            format!(
                "兼职刷单,日结{},加V:abc{}",
                self.chance.u32(100..999),
                self.chance.u32(10_000..90_000)
            )
        } else {
            let long = self.chance.usize(4..34);
            (0..long)
                .filter_map(|_| char::from_u32(self.chance.u32(0x4e00..0x6fff)))
                .collect()
        };
        Inbound {
            key: format!("m{n}"),
            at,
            group: Some(format!("g{}", n % GROUPS)),
            fact: Fact::Posted {
                sender: Sender {
                    external_id: format!("u{who}"),
                    name: format!("群友{who}"),
                },
                kind: MessageKind::Text,
                text,
                reply_to: None,
                edits: None,
                picture: None,
            },
        }
    }
}

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let seconds = numbers.first().copied().unwrap_or(10);
    let a_second = numbers.get(1).copied().unwrap_or(1_000);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(keep(seconds, a_second));
}

async fn keep(seconds: usize, a_second: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::open(folder.path()).await;
    let steady: Vec<Inbound> = (0..seconds * a_second)
        .map(|n| house.message(n, house.app.now()))
        .collect();
    let channel = Arc::new(FakeChannel::new(house.network.clone()));

    let network = house.network.clone();
    let began = Instant::now();
    let every = Duration::from_secs(1) / u32::try_from(a_second).unwrap();
    let arrivals: Vec<Duration> = (0..steady.len())
        .map(|n| every * u32::try_from(n).unwrap())
        .collect();
    let total = steady.len();
    let writer = tokio::spawn(async move {
        for (fact, due) in steady.into_iter().zip(&arrivals) {
            let now = began.elapsed();
            if *due > now {
                tokio::time::sleep(due.saturating_sub(now)).await;
            }
            network.happen(fact);
        }
        arrivals
    });
    let mut decided = Vec::with_capacity(total);
    let mut cursor = String::new();
    while decided.len() < total {
        let harvest = channel.poll(Some(&cursor)).await.unwrap();
        cursor.clone_from(&harvest.cursor);
        for facts in harvest.facts.chunks(PILE) {
            let next = Some(cursor.as_str());
            let (caller, account) = (&house.caller, house.account);
            house
                .app
                .receive(caller, account, facts, next)
                .await
                .unwrap();
            decided.resize(decided.len() + facts.len(), began.elapsed());
        }
    }
    let rate = total as f64 / began.elapsed().as_secs_f64();
    let arrivals = writer.await.unwrap();
    let mut waits: Vec<Duration> = decided
        .iter()
        .zip(&arrivals)
        .map(|(done, arrived)| done.saturating_sub(*arrived))
        .collect();
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let (p50, p99) = (at(0.5), at(0.99));

    let pile: Vec<Inbound> = (total..total + 20 * PILE)
        .map(|n| house.message(n, house.app.now()))
        .collect();
    let piled = Instant::now();
    for facts in pile.chunks(PILE) {
        let (caller, account) = (&house.caller, house.account);
        house
            .app
            .receive(caller, account, facts, None)
            .await
            .unwrap();
    }
    let limit = pile.len() as f64 / piled.elapsed().as_secs_f64();

    let filter = QueueFilter::default();
    let page = house.app.moderation_queue(&house.caller, &filter, 1).await;
    let found = page.unwrap().total;
    let adverts = total.div_ceil(ADVERT) + pile.len() / ADVERT;
    println!(
        "{{\"rate\":{rate:.0},\"p50_ms\":{p50:.1},\"p99_ms\":{p99:.1},\"limit\":{limit:.0},\
         \"adverts\":{adverts},\"decided\":{found}}}"
    );
    house.app.close().await;
}
