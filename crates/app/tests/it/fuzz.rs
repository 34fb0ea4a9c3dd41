//! Whatever networks report, nothing breaks and nothing is lost: a row for each fact, as it was
//! said, and what is held against it is found in it.

use std::cell::Cell;

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tokio::{runtime::Handle, task::block_in_place};
use yutang_app::moderation::QueueFilter;
use yutang_channels::{Fact, Inbound, MessageKind, Picture, Sender};
use yutang_domain::{
    capability::Profile,
    id::{ChannelAccountId, GroupId},
    moderation::{Hit, Mode, Strictness},
    policy::Policy,
    time::{DAY, MINUTE},
};
use yutang_store::Mode as TxMode;
use yutang_testkit::{TestApp, TestDatabase, both_engines};

/// What odd and hostile texts are made of.
const PIECES: &[&str] = &[
    "加薇 abc12345",
    "兼职刷单,日结200,加V:abc12345",
    "jia薇❤ ",
    "13800138000",
    "https://t.me/+x",
    "傻逼",
    "吐司里有头发,退款",
    "帮助",
    "申诉 ",
    "@小李 ",
    "TD",
    "\0",
    "\u{1}",
    "\n",
    "\u{3000}",
    "\u{2028}",
    "\u{200b}",
    "\u{202e}",
    "\u{2067}",
    "\u{feff}",
    "\u{e0041}",
    "\u{fffd}",
    "\u{10ffff}",
    "e\u{301}\u{327}",
    "\u{301}",
    "ﷺ",
    "ＶＸ①②③",
    "👨\u{200d}👩\u{200d}👧",
    "🇨🇳",
    "1\u{fe0f}\u{20e3}",
    "'; DROP TABLE message; --",
    "{{name}}",
    "\\",
    "\"",
    "%",
    "_",
    ",",
    " ",
];

/// Ids as networks never give them, and as they do.
const PEOPLE: &[&str] = &[
    "u1",
    "u\0 2",
    "@u3:example.org",
    "👨\u{200d}👩",
    "-4",
    " ",
    "\u{202e}5",
    "erased:6",
];

#[derive(Clone, Debug)]
struct Draft {
    who: &'static str,
    name: String,
    minutes: i64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Said {
        kind: MessageKind,
        text: String,
        codes: Vec<String>,
        answers: bool,
        edits: bool,
    },
    Joined(Option<String>),
    Left,
    Removed,
    Knocked(String),
    KnockGone,
    Renamed(String),
    Recalled,
    Private(String),
}

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => prop::collection::vec(0xD700..0xE100_u16, 0..4)
            .prop_map(|units| String::from_utf16_lossy(&units)),
    ];
    let short = prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat());
    let long =
        prop::sample::select(PIECES).prop_map(|piece| piece.repeat((64 << 10) / piece.len()));
    prop_oneof![40 => short, 1 => long]
}

fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    let said = (
        prop::sample::select(MessageKind::ALL),
        texts(),
        prop::collection::vec(texts(), 0..3),
        any::<bool>(),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(kind, text, codes, answers, edits)| What::Said {
            kind,
            text,
            codes,
            answers,
            edits,
        });
    let what = prop_oneof![
        8 => said,
        2 => prop::option::of(texts()).prop_map(What::Joined),
        1 => Just(What::Left),
        1 => Just(What::Removed),
        1 => texts().prop_map(What::Knocked),
        1 => Just(What::KnockGone),
        1 => texts().prop_map(What::Renamed),
        1 => Just(What::Recalled),
        2 => texts().prop_map(What::Private),
    ];
    let draft = (prop::sample::select(PEOPLE), texts(), -4_000..120_i64, what).prop_map(
        |(who, name, minutes, what)| Draft {
            who,
            name,
            minutes,
            what,
        },
    );
    prop::collection::vec(draft, 1..10)
}

struct Place {
    test: TestApp,
    account: ChannelAccountId,
    group: GroupId,
    case: Cell<u64>,
}

impl Place {
    async fn open(database: &TestDatabase) -> Self {
        let test = TestApp::open(database).await;
        let (account, group) = super::inbound::connect_as(&test, Profile::Full).await;
        let policy = Policy {
            mode: Mode::Act,
            strictness: Strictness::Strict,
            ..Policy::default()
        };
        test.app
            .set_policy(&test.owner, group, &policy)
            .await
            .unwrap();
        Self {
            test,
            account,
            group,
            case: Cell::new(0),
        }
    }

    /// The facts of a case, under keys of its own.
    fn facts(&self, drafts: &[Draft]) -> Vec<Inbound> {
        let now = self.test.app.now();
        let case = self.case.get();
        let key = |n: usize| format!("f{case}:{n}\0");
        let said_before = |n: usize| {
            (0..n)
                .rev()
                .find(|m| matches!(drafts[*m].what, What::Said { .. }))
                .map(key)
        };
        let fact = |n: usize, draft: &Draft| {
            let who = Sender {
                external_id: draft.who.to_owned(),
                name: draft.name.clone(),
            };
            match draft.what.clone() {
                What::Said {
                    kind,
                    text,
                    codes,
                    answers,
                    edits,
                } => Fact::Posted {
                    sender: who,
                    kind,
                    text,
                    reply_to: said_before(n).filter(|_| answers),
                    // Of something that nobody saw: taken for the message itself.
                    edits: edits.then(|| format!("unseen{case}:{n}")),
                    picture: (!codes.is_empty()).then(|| Picture {
                        reference: key(n),
                        size: None,
                        codes,
                    }),
                },
                What::Joined(via) => Fact::Joined {
                    who: who.clone(),
                    via,
                    inviter: Some(who),
                },
                What::Left => Fact::Left { who },
                What::Removed => Fact::Removed { who, by: None },
                What::Knocked(reason) => Fact::Knocked {
                    who,
                    reason,
                    via: None,
                },
                What::KnockGone => Fact::KnockGone { who },
                What::Renamed(name) => Fact::Renamed { name },
                What::Recalled => Fact::Recalled {
                    message: said_before(n).unwrap_or_default(),
                },
                What::Private(text) => Fact::Private { sender: who, text },
            }
        };
        drafts
            .iter()
            .enumerate()
            .map(|(n, draft)| {
                let fact = fact(n, draft);
                let private = matches!(fact, Fact::Private { .. });
                Inbound {
                    key: key(n),
                    at: now.plus(draft.minutes * MINUTE),
                    group: (!private).then(|| "g1".to_owned()),
                    fact,
                }
            })
            .collect()
    }

    /// The latest texts of the group, in the order they were written down.
    async fn texts(&self, count: usize) -> Vec<String> {
        let mut tx = self.test.app.store().begin(TxMode::Read).await.unwrap();
        let mut rows: Vec<Words> = tx
            .all(
                "SELECT id, text FROM message WHERE group_id = $1 AND member_id IS NOT NULL
                 ORDER BY id DESC LIMIT $2",
                vec![self.group.into(), count.into()],
            )
            .await
            .unwrap();
        rows.reverse();
        rows.into_iter().map(|row| row.text.unwrap()).collect()
    }

    async fn messages(&self) -> i64 {
        let mut tx = self.test.app.store().begin(TxMode::Read).await.unwrap();
        let statement = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM message WHERE group_id = $1";
        tx.count(statement, vec![self.group.into()]).await.unwrap()
    }

    async fn receive(&self, facts: &[Inbound]) -> u64 {
        let received = self
            .test
            .app
            .receive(&self.test.owner, self.account, facts, None)
            .await
            .unwrap();
        received.messages
    }

    async fn survive(&self, drafts: &[Draft]) {
        self.case.set(self.case.get() + 1);
        self.test.advance(MINUTE).await;
        let facts = self.facts(drafts);
        // Facts come by group, and within it in their order.
        let said: Vec<String> = facts
            .iter()
            .filter_map(|inbound| match &inbound.fact {
                Fact::Posted { text, .. } => Some(text.replace('\0', "")),
                _ => None,
            })
            .collect();
        let before = self.messages().await;
        assert_eq!(self.receive(&facts).await, said.len() as u64);
        assert_eq!(self.messages().await, before + said.len() as i64);
        assert_eq!(self.texts(said.len()).await, said);
        assert_eq!(
            self.receive(&facts).await,
            0,
            "the same again is nothing new"
        );
        self.evidence_is_found().await;
        self.change(&facts).await;
        assert_eq!(self.messages().await, before + said.len() as i64);
        while !self.test.carry_out(self.account, 2 * DAY).await.is_empty() {}
    }

    /// What was decided in this case shows where in the message it lies.
    async fn evidence_is_found(&self) {
        let now = self.test.app.now();
        let page = self
            .test
            .app
            .moderation_queue(&self.test.owner, &QueueFilter::default(), 50)
            .await
            .unwrap();
        for row in page.items.iter().filter(|row| row.row.decided_at == now) {
            let hits: Vec<Hit> = serde_json::from_str(&row.row.hits).unwrap();
            let spans: Vec<(u32, u32)> = hits.iter().filter_map(|hit| hit.span).collect();
            assert!(spans.is_sorted(), "{spans:?}");
            let first = row
                .causes
                .iter()
                .filter(|cause| cause.sent_at == row.row.message_at);
            let found = first.map(|cause| cause.text.as_deref().unwrap_or_default());
            let lies_in = |text: &str| {
                let count = text.chars().count() as u32;
                spans
                    .iter()
                    .all(|(start, end)| start < end && *end <= count)
            };
            assert!(
                found.clone().any(lies_in),
                "{hits:?} in {found:?}",
                found = found.collect::<Vec<_>>()
            );
        }
    }

    /// Everybody changes what they said into what the next one said.
    async fn change(&self, facts: &[Inbound]) {
        let posted: Vec<&Inbound> = facts
            .iter()
            .filter(|inbound| matches!(inbound.fact, Fact::Posted { .. }))
            .collect();
        let changes: Vec<Inbound> = posted
            .iter()
            .zip(posted.iter().cycle().skip(1))
            .map(|(one, next)| {
                let mut changed = (*one).clone();
                changed.key.push_str(":changed");
                let (Fact::Posted { text, edits, .. }, Fact::Posted { text: other, .. }) =
                    (&mut changed.fact, &next.fact)
                else {
                    unreachable!("only messages")
                };
                text.clone_from(other);
                *edits = Some(one.key.clone());
                changed
            })
            .collect();
        assert_eq!(self.receive(&changes).await, 0, "no message is new");
        let mut said = self.texts(posted.len()).await;
        let mut changed: Vec<String> = posted
            .iter()
            .filter_map(|inbound| match &inbound.fact {
                Fact::Posted { text, .. } => Some(text.replace('\0', "")),
                _ => None,
            })
            .collect();
        if !changed.is_empty() {
            changed.rotate_left(1);
        }
        said.sort_unstable();
        changed.sort_unstable();
        assert_eq!(said, changed, "as it says now");
    }
}

yutang_store::record! {
    /// A message's words.
    pub struct Words {
        /// Its id.
        pub id: i64,
        /// The words.
        pub text: Option<String>,
    }
}

both_engines! {
    async fn whatever_is_reported_is_kept(database: TestDatabase) {
        let place = Place::open(&database).await;
        let soak = std::env::var_os("YUTANG_SOAK").is_some();
        let config = Config {
            cases: if soak { 600 } else { 48 },
            failure_persistence: None,
            max_shrink_iters: 400,
            ..Config::default()
        };
        let runtime = Handle::current();
        block_in_place(|| {
            TestRunner::new(config)
                .run(&drafts(), |drafts| {
                    runtime.block_on(place.survive(&drafts));
                    Ok(())
                })
                .unwrap();
        });
        place.test.finish().await;
    }
}
