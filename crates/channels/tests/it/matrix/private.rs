//! In private where it is encrypted: nothing is read there, and nothing said.

use reqwest::Method;
use serde_json::{Value, json};
use yutang_channels::{ChannelError, Fact, Wish};
use yutang_testkit::synapse::{Person, Synapse, step};

use super::bot::Bot;

fn whisper(to: &Person, text: &str) -> Wish {
    Wish::Whisper {
        to: to.id.clone(),
        text: text.to_owned(),
    }
}

/// The rooms somebody is asked into after a place in what happened, and the place behind them.
async fn asked_into(who: &Person, since: &str) -> (Vec<String>, String) {
    let path = format!("/_matrix/client/v3/sync?timeout=0{since}");
    let sync = who.ok(Method::GET, &path, None).await;
    let rooms = sync["rooms"]["invite"].as_object();
    let rooms = rooms.into_iter().flatten().map(|(id, _)| id.clone());
    let next = sync["next_batch"].as_str().expect("a place");
    (rooms.collect(), format!("&since={next}"))
}

fn secret() -> Value {
    json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgAEnAC", "session_id": "s" })
}

fn encryption() -> Value {
    json!({ "algorithm": "m.megolm.v1.aes-sha2" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_said_in_a_private_room_that_is_encrypted() {
    let synapse = Synapse::start().await;
    let account = synapse.person("bot").await;
    let anna = synapse.person("anna").await;
    let mut bot = Bot::new(&synapse, &account);
    bot.look().await;

    // She writes to the bot from a client that encrypts: it is told once, not for every message.
    let sealed = anna
        .room(json!({
            "preset": "trusted_private_chat", "is_direct": true, "invite": [account.id],
            "initial_state": [{ "type": "m.room.encryption", "state_key": "",
                                "content": encryption() }],
        }))
        .await;
    anna.send_as(&sealed, "m.room.encrypted", secret()).await;
    let first = bot
        .until("a sealed message", |inbound| match &inbound.fact {
            Fact::Sealed { who } if who.external_id == anna.id => Some(inbound.clone()),
            _ => None,
        })
        .await;
    assert_eq!(first.group, None);
    assert!(first.key.starts_with(&format!("sealed:{sealed}:")));
    anna.send_as(&sealed, "m.room.encrypted", secret()).await;
    anna.say(&sealed, "明文").await;
    bot.until("words in the clear", |inbound| match &inbound.fact {
        Fact::Private { text, .. } if text == "明文" => Some(()),
        // Another day may have begun.
        Fact::Sealed { .. } => {
            assert_ne!(inbound.key, first.key);
            None
        }
        _ => None,
    })
    .await;

    // What is said to her goes into a room of its own, the same one every time.
    bot.done("p1", whisper(&anna, "加密的我看不到")).await;
    let welcome = Wish::Welcome {
        to: anna.id.clone(),
        text: "在这里说".to_owned(),
    };
    bot.done("p2", welcome).await;
    let (asked, since) = asked_into(&anna, "").await;
    let [open] = &asked[..] else {
        panic!("one room in the clear: {asked:?}");
    };
    anna.join(open).await;
    assert_eq!(anna.messages(open).await.len(), 2);
    assert_eq!(anna.messages(&sealed).await.len(), 1, "only hers");
    anna.say(open, "我的数据").await;
    bot.until("her answer", |inbound| {
        matches!(&inbound.fact, Fact::Private { text, .. } if text == "我的数据").then_some(())
    })
    .await;

    // Once that is encrypted too, also for a bot that starts anew, there is another.
    anna.set(open, "m.room.encryption", encryption()).await;
    let anew = Bot::new(&synapse, &account);
    anew.done("p3", whisper(&anna, "又换了一间")).await;
    assert_eq!(
        anna.messages(open).await.len(),
        3,
        "nothing more of the bot"
    );
    let (asked, _) = asked_into(&anna, &since).await;
    let [third] = &asked[..] else {
        panic!("another room in the clear: {asked:?}");
    };
    anna.join(third).await;
    assert_eq!(anna.messages(third).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_encrypts_every_private_room_is_named() {
    let more = "encryption_enabled_by_default_for_room_type: invite\n";
    let synapse = Synapse::start_with(more).await;
    let account = synapse.person("bot").await;
    let anna = synapse.person("anna").await;
    let bot = Bot::new(&synapse, &account);
    for key in ["p1", "p2"] {
        let refused = bot.wish(key, whisper(&anna, "你好")).await.unwrap_err();
        assert!(
            matches!(&refused, ChannelError::Fail { reason }
                if reason.contains("encrypts every private room")),
            "{refused:?}"
        );
    }
    let (asked, _) = asked_into(&anna, "").await;
    assert!(asked.len() <= 1, "it is tried once: {asked:?}");
    let path = "/_matrix/client/v3/joined_rooms";
    let joined = account.ok(Method::GET, path, None).await;
    assert_eq!(
        joined["joined_rooms"],
        json!([]),
        "and nothing is left behind"
    );
    let path = format!(
        "/_matrix/client/v3/user/{}/account_data/m.direct",
        step(&account.id)
    );
    assert_eq!(account.call(Method::GET, &path, None).await.0, 404);
}
