//! What Synapse 1.163.2 really wrote, played to the adapter: `tests/data/matrix_transcript.jsonl`.

use serde_json::Value;

use super::{Sync, View, done, room::Room};
use crate::{ChannelError, Fact, http::Answer};

const RECORDED: &str = include_str!("../../tests/data/matrix_transcript.jsonl");

fn calls() -> Vec<Value> {
    RECORDED
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn answer(call: &Value) -> Answer {
    Answer {
        status: u16::try_from(call["code"].as_u64().unwrap()).unwrap(),
        retry_after_ms: None,
        at: None,
        body: call["res"].clone(),
    }
}

#[test]
fn every_refusal_is_understood() {
    let mut reasons = Vec::new();
    for call in calls()
        .iter()
        .filter(|call| call["code"].as_u64() >= Some(400))
    {
        match done(answer(call)) {
            Err(ChannelError::Fail { reason }) => reasons.push(reason),
            other => panic!("{}: {other:?}", call["p"]),
        }
    }
    assert!(
        reasons
            .iter()
            .any(|r| r.starts_with("token no longer accepted: M_UNKNOWN_TOKEN"))
    );
    assert!(
        reasons
            .iter()
            .any(|r| r.starts_with("not allowed: M_BAD_STATE")),
        "joining when banned"
    );
    let patience = Answer {
        status: 429,
        retry_after_ms: None,
        at: None,
        body: serde_json::json!({ "errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 660 }),
    };
    assert!(matches!(
        done(patience.clone()),
        Err(ChannelError::Retry { after_ms: 660, .. })
    ));
    let header = Answer {
        retry_after_ms: Some(1_000),
        ..patience
    };
    assert!(matches!(
        done(header),
        Err(ChannelError::Retry {
            after_ms: 1_000,
            ..
        })
    ));
}

#[test]
fn what_the_bot_saw_becomes_facts() {
    let mut rooms = std::collections::BTreeMap::<String, Room>::new();
    let mut seen = Vec::new();
    for call in calls() {
        let path = call["p"].as_str().unwrap();
        if !path.starts_with("/_matrix/client/v3/sync") {
            continue;
        }
        let sync: Sync = serde_json::from_value(call["res"].clone()).unwrap();
        assert!(!sync.next_batch.is_empty());
        for (id, joined) in sync.rooms.join {
            let view = View {
                me: "@bot:hs.test",
                room: &id,
                first: false,
            };
            let room = rooms.entry(id.clone()).or_default();
            for event in joined.timeline.into_events() {
                for inbound in view.facts(room, &event) {
                    assert_eq!(inbound.group.as_deref(), Some(id.as_str()));
                    seen.push(inbound.fact);
                }
            }
        }
    }
    let has = |what: &str, wanted: &dyn Fn(&Fact) -> bool| {
        assert!(seen.iter().any(wanted), "{what}: {seen:#?}");
    };
    has("an advert", &|fact| {
        matches!(fact, Fact::Posted { sender, text, .. }
            if sender.external_id == "@alice:hs.test" && text == "加微信 abc 领优惠")
    });
    has(
        "a knock with its reason",
        &|fact| matches!(fact, Fact::Knocked { reason, .. } if reason == "邀请人: carol"),
    );
    has("a message taken back", &|fact| {
        matches!(fact, Fact::Recalled { .. })
    });
    has(
        "somebody put out by us",
        &|fact| matches!(fact, Fact::Removed { by: None, who } if who.external_id == "@alice:hs.test"),
    );
}
