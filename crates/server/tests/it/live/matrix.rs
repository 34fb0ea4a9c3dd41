//! Three rooms on a real Synapse.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::{Value as Json, json};
use yutang_testkit::{
    Synapse, TestDatabase, both_engines,
    synapse::{Person, step},
};

use super::{
    ADVERT, COMPLAINT, HIDDEN_ADVERT,
    house::{APART, House, until},
};

/// Asks to be let into a room.
async fn knock(who: &Person, room: &str, reason: &str) {
    who.post(
        &format!("knock/{}", step(room)),
        json!({ "reason": reason }),
    )
    .await;
}

async fn membership(eyes: &Person, room: &str, who: &Person) -> String {
    let path = format!(
        "/_matrix/client/v3/rooms/{}/state/m.room.member/{}",
        step(room),
        step(&who.id)
    );
    let (_, answer) = eyes.call(Method::GET, &path, None).await;
    answer["membership"].as_str().unwrap_or("leave").to_owned()
}

async fn becomes(eyes: &Person, room: &str, who: &Person, wanted: &str) {
    until(&format!("{} is {wanted}", who.id), async || {
        membership(eyes, room, who).await == wanted
    })
    .await;
}

/// What the bot said in a room.
async fn said(bot: &Person, room: &str) -> Vec<String> {
    let own = |event: &&Json| event["sender"] == bot.id.as_str();
    let body = |event: &Json| event["content"]["body"].as_str().map(str::to_owned);
    bot.messages(room)
        .await
        .iter()
        .filter(own)
        .filter_map(body)
        .collect()
}

/// The rooms in which the bot talks with somebody alone.
async fn private_rooms(bot: &Person, who: &Person) -> Vec<String> {
    let path = format!(
        "/_matrix/client/v3/user/{}/account_data/m.direct",
        step(&bot.id)
    );
    let (_, direct) = bot.call(Method::GET, &path, None).await;
    let rooms = direct[&who.id].as_array().cloned().unwrap_or_default();
    rooms
        .iter()
        .filter_map(|room| room.as_str().map(str::to_owned))
        .collect()
}

/// What the bot said to somebody alone.
async fn told(bot: &Person, who: &Person) -> Vec<String> {
    let mut all = Vec::new();
    for room in private_rooms(bot, who).await {
        all.extend(said(bot, &room).await);
    }
    all
}

/// Waits until the bot has told somebody something with these words, and returns it.
async fn hears(bot: &Person, who: &Person, words: &[&str]) -> String {
    let mut found = None;
    until(&format!("{} is told {words:?}", who.id), async || {
        let mut all = told(bot, who).await.into_iter();
        found = all.find(|text| words.iter().all(|word| text.contains(word)));
        found.is_some()
    })
    .await;
    found.unwrap()
}

/// Somebody answers the bot in private.
async fn whisper(bot: &Person, who: &Person, text: &str) {
    let rooms = private_rooms(bot, who).await;
    assert_eq!(rooms.len(), 1, "one conversation with {}", who.id);
    who.join(&rooms[0]).await;
    who.say(&rooms[0], text).await;
}

fn counted(texts: &[String]) -> HashMap<&str, usize> {
    texts.iter().fold(HashMap::new(), |mut counts, text| {
        *counts.entry(text.as_str()).or_default() += 1;
        counts
    })
}

struct Town {
    synapse: Synapse,
    owner: Person,
    bot: Person,
    people: HashMap<&'static str, Person>,
    rooms: HashMap<&'static str, String>,
}

impl Town {
    /// Three rooms with a bot that has all rights, one member in each of them, and others outside.
    async fn build() -> Self {
        let synapse = Synapse::start().await;
        let owner = synapse.person("owner").await;
        let bot = synapse.person("qunbot").await;
        let mut people = HashMap::new();
        for name in ["anna", "bob", "carl", "dora", "emil", "fred"] {
            people.insert(name, synapse.person(name).await);
        }
        let mut rooms = HashMap::new();
        for name in ["福利1群", "福利2群", "会员群"] {
            let room = owner
                .room(json!({
                    "name": name, "preset": "private_chat", "room_version": "10",
                    "invite": [bot.id, people["bob"].id],
                    "initial_state": [{ "type": "m.room.join_rules", "content": { "join_rule": "knock" } }],
                    "power_level_content_override": { "users": { &owner.id: 100, &bot.id: 99 } },
                }))
                .await;
            people["bob"].join(&room).await;
            rooms.insert(name, room);
        }
        Self {
            synapse,
            owner,
            bot,
            people,
            rooms,
        }
    }
}

both_engines! {
    // req: 000-002, 001-051, 001-053, 003-166, 003-167, 003-169, 003-170, 003-171
    async fn order_is_kept_in_three_rooms_over_crashes(database: TestDatabase) {
        let town = Town::build().await;
        let (bot, owner) = (&town.bot, &town.owner);
        let mut house = House::open(&database);
        let homeserver = town.synapse.url();
        house
            .program
            .told(
                ["channel", "add", "matrix", "--homeserver", &homeserver, "--user", "qunbot", "--password-stdin"],
                "qunbot\n",
            )
            .done();
        let mut groups = HashMap::new();
        for name in town.rooms.keys() {
            groups.insert(*name, house.group(name).await);
        }
        house.keep(&groups["福利1群"], &json!({ "kind": "knock" }));
        // The owner and the member of each room have only just come as well.
        house.keep(&groups["福利2群"], &json!({ "kind": "open", "wave_joins": 5, "wave_minutes": 10 }));
        house.keep(&groups["会员群"], &json!({ "kind": "staff" }));

        // Somebody knocks with a reason, staff let them in, and the power goes while they come.
        let (anna, room) = (&town.people["anna"], &town.rooms["福利1群"]);
        knock(anna, room, "朋友介绍来买吐司").await;
        let knocks = format!("/groups/{}/knocks?state=waiting", groups["福利1群"]);
        until("a knock waits", async || house.list(&knocks).len() == 1).await;
        let waiting = house.list(&knocks).remove(0);
        assert_eq!(waiting["said"], "朋友介绍来买吐司");
        let admit = format!("/groups/{}/knocks/{}/admit", groups["福利1群"], waiting["id"].as_str().unwrap());
        house.api("POST", &admit, &json!({}));
        house.restart();
        becomes(owner, room, anna, "invite").await;
        anna.join(room).await;
        house.restart();
        hears(bot, anna, &["群规"]).await;
        whisper(bot, anna, "收到").await;
        let receipts = format!("/groups/{}/receipts", groups["福利1群"]);
        until("the rules are acknowledged", async || {
            house.list(&receipts).iter().any(|one| {
                one["member"]["name"] == "anna" && one["acknowledged_by"] == "word"
            })
        })
        .await;

        // Three adverts in three rooms: a word, the door and a way back, the door.
        let bob = &town.people["bob"];
        let mut notices = Vec::new();
        for (nth, (name, text)) in
            [("福利1群", HIDDEN_ADVERT), ("福利2群", ADVERT), ("会员群", HIDDEN_ADVERT)].into_iter().enumerate()
        {
            let room = &town.rooms[name];
            let event = bob.say(room, text).await;
            if nth == 1 {
                // Seen or not, carried out or not.
                house.restart();
            }
            let tone = ["gentle", "neutral", "hard"][nth];
            let row = house.sanction(&groups[name], |row| row["member"]["name"] == "bob").await;
            assert_eq!((&row["tone"], &row["kind"]), (&json!(tone), &json!("advert")), "{row}");
            if nth == 0 {
                assert!(!row["hits"].as_array().unwrap().is_empty(), "it says why");
                house.restart();
            }
            notices.push(hears(bot, bob, &["机器人", ["首次只提醒", "起可以回群", "移出本群"][nth]]).await);
            if nth > 0 {
                becomes(owner, room, bob, "ban").await;
                until("the advert is gone", async || {
                    let left = owner.messages(room).await;
                    left.iter().find(|one| one["event_id"] == event.as_str()).is_none_or(|one| one["content"]["body"].is_null())
                })
                .await;
            }
            let id = row["id"].clone();
            house.sanction(&groups[name], |row| row["id"] == id && row["state"] == "carried").await;
            tokio::time::sleep(APART).await;
        }
        assert_eq!(membership(owner, &town.rooms["福利1群"], bob).await, "join", "out of one room is not out of all");

        // Objected to, granted, and in again.
        whisper(bot, bob, "申诉 我转的是店里的接龙，不是广告").await;
        let appeals = "/moderation/appeals?state=open";
        until("an appeal is heard", async || house.list(appeals).len() == 1).await;
        let appeal = house.list(appeals).remove(0);
        assert_eq!((&appeal["tone"], &appeal["member"]["name"]), (&json!("hard"), &json!("bob")), "{appeal}");
        let grant = format!("/moderation/appeals/{}/grant", appeal["id"].as_str().unwrap());
        house.api("POST", &grant, &json!({ "reason": "看了，是店里的接龙" }));
        house.restart();
        becomes(owner, &town.rooms["会员群"], bob, "invite").await;
        bob.join(&town.rooms["会员群"]).await;
        hears(bot, bob, &["撤销"]).await;

        // A complaint is an alarm, and nothing is held against who complains.
        anna.say(room, COMPLAINT).await;
        house.restart();
        until("the alarm rings", async || house.list("/alarms?state=open").len() == 1).await;
        let alarm = house.list("/alarms?state=open").remove(0);
        assert_eq!((&alarm["member"]["name"], &alarm["group"]["name"]), (&json!("anna"), &json!("福利1群")));
        assert!(!alarm["due_at"].is_null(), "its clock runs");
        let held = house.list("/moderation/queue");
        assert!(held.iter().all(|row| row["member"]["name"] == "bob"), "{held:?}");

        // Whoever knocks is let in, until too many come at once.
        let room = &town.rooms["福利2群"];
        for name in ["carl", "dora", "emil"] {
            let who = &town.people[name];
            knock(who, room, "").await;
            becomes(owner, room, who, "invite").await;
            who.join(room).await;
        }
        let gate = format!("/groups/{}/gate", groups["福利2群"]);
        until("the gate is shut", async || !house.get(&gate)["shut_until"].is_null()).await;
        house.restart();
        let fred = &town.people["fred"];
        knock(fred, room, "").await;
        let knocks = format!("/groups/{}/knocks?state=waiting", groups["福利2群"]);
        until("a knock is held", async || house.list(&knocks).len() == 1).await;
        assert_eq!(house.list(&knocks)[0]["held"], "wave");
        house.settled().await;
        assert_eq!(membership(owner, room, fred).await, "knock");

        let tasks = house.tasks();
        let waves = tasks.iter().filter(|(_, why)| why == "task.why.wave").count();
        assert_eq!(waves, 1, "{tasks:?}");

        // Opened by hand: whoever knocked is let in and greeted.
        house.api("POST", &format!("{gate}/open"), &json!({}));
        house.restart();
        becomes(owner, room, fred, "invite").await;
        fred.join(room).await;
        hears(bot, fred, &["群规"]).await;
        house.settled().await;

        // None doubled, none missing.
        for room in town.rooms.values() {
            let lines = said(bot, room).await;
            assert!(counted(&lines).values().all(|count| *count == 1), "{lines:?}");
        }
        for (name, who) in &town.people {
            let lines = told(bot, who).await;
            assert!(private_rooms(bot, who).await.len() <= 1, "{name}");
            assert!(counted(&lines).values().all(|count| *count == 1), "{name}: {lines:?}");
        }
        let lines = told(bot, bob).await;
        let first_lines = lines.iter().filter(|line| notices.contains(line)).count();
        assert_eq!(first_lines, 3, "{lines:?}");
        for name in ["carl", "dora", "fred"] {
            let greeted = told(bot, &town.people[name]).await;
            assert_eq!(greeted.len(), 1, "{name}: {greeted:?}");
        }
        let tasks = house.tasks();
        assert!(tasks.iter().all(|(_, why)| why != "task.why.unknown_outcome"), "{tasks:?}");
        house.finish();
    }
}
