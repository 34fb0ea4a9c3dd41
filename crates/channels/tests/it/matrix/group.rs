//! Who somebody is in a group, what they sign, and what is taken from them for a while.

use reqwest::Method;
use serde_json::{Value, json};
use yutang_channels::{ChannelError, Fact, Wish};
use yutang_domain::group::Standing;
use yutang_testkit::synapse::{Person, Synapse, step};

use super::bot::Bot;

const LEVELS: &str = "m.room.power_levels";

/// A room with people in it and the bot on its way there.
async fn room(version: &str, owner: &Person, others: &[&Person], users: Value) -> String {
    let ids: Vec<&str> = others.iter().map(|person| person.id.as_str()).collect();
    let room = owner
        .room(json!({
            "name": "福利1群", "preset": "private_chat", "room_version": version, "invite": ids,
            "power_level_content_override": { "users": users, "events": { LEVELS: 50 } },
        }))
        .await;
    for person in &others[1..] {
        person.join(&room).await;
    }
    room
}

async fn give(owner: &Person, room: &str, who: &Person, level: i64) {
    let mut levels = owner.state(room, LEVELS, "").await;
    levels["users"][&who.id] = json!(level);
    owner.set(room, LEVELS, levels).await;
}

async fn level(owner: &Person, room: &str, who: &Person) -> Option<i64> {
    owner.state(room, LEVELS, "").await["users"][&who.id].as_i64()
}

impl Bot {
    async fn stands(&mut self, room: &str, who: &Person, wanted: Standing) {
        self.until(
            &format!("{} as {wanted}", who.id),
            |inbound| match &inbound.fact {
                Fact::Stands { who: one, standing } if one.external_id == who.id => {
                    assert_eq!(
                        (inbound.group.as_deref(), *standing),
                        (Some(room), wanted),
                        "{}",
                        who.id
                    );
                    Some(())
                }
                _ => None,
            },
        )
        .await;
    }

    async fn rights(&mut self, room: &str, still: bool) {
        self.until("rights", |inbound| match &inbound.fact {
            Fact::Rights { can, .. } if inbound.group.as_deref() == Some(room) => {
                (can.iter().next().is_some() == still).then_some(())
            }
            _ => None,
        })
        .await;
    }
}

fn restrict(room: &str, who: &Person) -> Wish {
    Wish::Restrict {
        group: room.to_owned(),
        who: who.id.clone(),
        seconds: 600,
    }
}

fn lift(room: &str, who: &Person) -> Wish {
    Wish::Lift {
        group: room.to_owned(),
        who: who.id.clone(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_somebody_is_is_told_and_what_they_sign() {
    let synapse = Synapse::start().await;
    let account = synapse.person("bot").await;
    let owner = synapse.person("owner").await;
    let carl = synapse.person("carl").await;
    let ben = synapse.person("ben").await;
    let mut bot = Bot::new(&synapse, &account);
    bot.look().await;
    let users = json!({ owner.id.clone(): 100, account.id.clone(): 90, carl.id.clone(): 50,
        ben.id.clone(): 0 });
    let old = room("10", &owner, &[&account, &carl, &ben], users).await;

    // At first sight whoever is more than a member, and never the bot itself.
    bot.stands(&old, &carl, Standing::Admin).await;
    bot.stands(&old, &owner, Standing::Owner).await;
    let told = |bot: &Bot| {
        let keys = bot.seen.iter();
        keys.filter(|key| key.starts_with("stands:")).count()
    };
    assert_eq!(told(&bot), 2, "{:?}", bot.seen);

    // Then who became something else.
    let mut levels = owner.state(&old, LEVELS, "").await;
    levels["users"][&carl.id] = json!(0);
    levels["users"][&ben.id] = json!(50);
    levels["users"][&account.id] = json!(80);
    owner.set(&old, LEVELS, levels).await;
    bot.stands(&old, &ben, Standing::Admin).await;
    bot.stands(&old, &carl, Standing::Member).await;
    assert_eq!(told(&bot), 4, "{:?}", bot.seen);

    // Signs name the message as an answer does; the bot's own are no news.
    let question = carl.say(&old, "吐司怎么保存").await;
    let sign = |key: &str| json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": question, "key": key } });
    account.send_as(&old, "m.reaction", sign("🤖")).await;
    ben.send_as(&old, "m.reaction", sign("👍")).await;
    let (who, message, with) = bot
        .until("a sign", |inbound| match &inbound.fact {
            Fact::Reacted { who, message, with } => {
                Some((who.external_id.clone(), message.clone(), with.clone()))
            }
            _ => None,
        })
        .await;
    assert_eq!(
        (who, message, with.as_str()),
        (ben.id.clone(), question, "👍")
    );

    // What changed while the bot was away, it is told by the change itself.
    give(&owner, &old, &carl, 50).await;
    give(&owner, &old, &ben, 0).await;
    let mut bot = Bot {
        cursor: bot.cursor.clone(),
        seen: bot.seen.clone(),
        ..Bot::new(&synapse, &account)
    };
    bot.stands(&old, &carl, Standing::Admin).await;
    bot.stands(&old, &ben, Standing::Member).await;

    // Moved to another room, where who made it stands above all. Nobody is brought along.
    let path = format!("rooms/{}/upgrade", step(&old));
    let upgraded = owner.post(&path, json!({ "new_version": "12" })).await;
    let next = upgraded["replacement_room"].as_str().unwrap().to_owned();
    let invite = json!({ "user_id": account.id });
    owner
        .post(&format!("rooms/{}/invite", step(&next)), invite)
        .await;
    bot.stands(&next, &owner, Standing::Owner).await;
    owner.say(&next, "搬家了").await;
    bot.text("搬家了").await;
    let path = format!("/_matrix/client/v3/rooms/{}/members", step(&next));
    let members = owner.ok(Method::GET, &path, None).await;
    let mut there: Vec<&str> = members["chunk"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["state_key"].as_str())
        .collect();
    there.sort_unstable();
    assert_eq!(there, [account.id.as_str(), owner.id.as_str()]);

    // Whom the levels name and who is not in it is nobody there, until they come in.
    let invite = json!({ "user_id": carl.id });
    owner
        .post(&format!("rooms/{}/invite", step(&next)), invite)
        .await;
    carl.join(&next).await;
    bot.stands(&next, &carl, Standing::Admin).await;

    // Put out of it, the bot can do nothing there any more.
    let ban = json!({ "user_id": account.id, "reason": "不要机器人" });
    owner.post(&format!("rooms/{}/ban", step(&next)), ban).await;
    bot.rights(&next, false).await;
    let refused = bot
        .wish(
            "b1",
            Wish::Post {
                group: next,
                text: "在".to_owned(),
                reply_to: None,
            },
        )
        .await
        .unwrap_err();
    assert!(matches!(&refused, ChannelError::Fail { reason } if reason.starts_with("not allowed")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_write_again_has_the_level_they_had() {
    let synapse = Synapse::start().await;
    let account = synapse.person("bot").await;
    let owner = synapse.person("owner").await;
    let carl = synapse.person("carl").await;
    let mut bot = Bot::new(&synapse, &account);
    bot.look().await;

    for (version, top) in [("10", json!({ owner.id.clone(): 100 })), ("12", json!({}))] {
        let mut users = top;
        users[&account.id] = json!(90);
        users[&carl.id] = json!(50);
        let room = room(version, &owner, &[&account, &carl], users).await;
        bot.rights(&room, true).await;
        let key = |n: u32| format!("{version}-{n}");
        let words = || json!({ "msgtype": "m.text", "body": "在吗" });

        // The level comes back, even after a new start, and however often it is wished.
        bot.done(&key(1), restrict(&room, &carl)).await;
        bot.done(&key(2), restrict(&room, &carl)).await;
        assert_eq!(carl.try_send(&room, words()).await.0, 403);
        let anew = Bot::new(&synapse, &account);
        anew.done(&key(3), lift(&room, &carl)).await;
        anew.done(&key(4), lift(&room, &carl)).await;
        assert_eq!(carl.try_send(&room, words()).await.0, 200);
        assert_eq!(level(&owner, &room, &carl).await, Some(50));

        // Who had none of their own has none afterwards, whatever they had once.
        give(&owner, &room, &carl, 20).await;
        bot.done(&key(5), restrict(&room, &carl)).await;
        let mut levels = owner.state(&room, LEVELS, "").await;
        levels["users"].as_object_mut().unwrap().remove(&carl.id);
        owner.set(&room, LEVELS, levels).await;
        bot.done(&key(6), restrict(&room, &carl)).await;
        bot.done(&key(7), lift(&room, &carl)).await;
        assert_eq!(level(&owner, &room, &carl).await, None);

        // What the owner changed in between holds: the former level is not handed out again.
        give(&owner, &room, &carl, 50).await;
        bot.done(&key(8), restrict(&room, &carl)).await;
        give(&owner, &room, &carl, 1).await;
        owner.say(&room, "先这样").await;
        bot.text("先这样").await;
        give(&owner, &room, &carl, -1).await;
        bot.done(&key(9), lift(&room, &carl)).await;
        assert_eq!(level(&owner, &room, &carl).await, None);

        // Nobody as powerful as the bot is touched.
        give(&owner, &room, &carl, 90).await;
        for (n, who) in [(10, &carl), (11, &owner)] {
            let before = owner.state(&room, LEVELS, "").await;
            let refused = bot.wish(&key(n), restrict(&room, who)).await.unwrap_err();
            assert!(
                matches!(&refused, ChannelError::Fail { reason }
                    if reason.starts_with("not allowed: whoever has as much power")),
                "{refused:?}"
            );
            assert_eq!(owner.state(&room, LEVELS, "").await, before);
        }
    }
}
