//! Who is who in a group, and what can be done about them.

use yutang_channels::{Channel as _, ChannelError, Fact, Inbound};
use yutang_testkit::telegram::{BOT, OTHER_BOT, Rights, Telegram};

use super::Bot;

/// The facts in short: who stands how by which key, and the words of the others.
fn told(facts: &[Inbound]) -> Vec<String> {
    facts
        .iter()
        .map(|inbound| match &inbound.fact {
            Fact::Stands { who, standing } => {
                let by = inbound.key.rsplit(':').next().unwrap_or_default();
                let numbered = by.parse::<i64>().is_ok();
                let by = if numbered { "update" } else { by };
                format!("{} {standing} by {by}", who.external_id)
            }
            Fact::Rights { .. } => "rights".to_owned(),
            Fact::Joined { who, .. } => format!("{} joined", who.external_id),
            Fact::Left { who } => format!("{} left", who.external_id),
            Fact::Posted { text, .. } => text.clone(),
            other => panic!("{other:?}"),
        })
        .collect()
}

fn asked(telegram: &Telegram) -> usize {
    let calls = telegram.calls();
    calls
        .iter()
        .filter(|call| *call == "getChatAdministrators")
        .count()
}

#[tokio::test]
async fn who_runs_a_group_is_told_when_it_is_met_and_when_it_changes() {
    let telegram = Telegram::start().await;
    let mut bot = Bot::new(&telegram);
    bot.look().await;
    let chat = telegram.group("福利1群", "supergroup");
    telegram.raise(chat, 1, "creator");
    telegram.raise(chat, OTHER_BOT, "administrator");
    bot.look().await;
    let list = ["1 owner by creator", "43 bot by administrator"];
    // What the list says already is told again by the changes that led to it.
    let mut expected = vec!["rights"];
    expected.extend(list);
    expected.extend([
        "1 owner by update",
        "1 joined",
        "43 bot by update",
        "43 joined",
    ]);
    assert_eq!(told(&bot.held), expected);
    let keys = bot.held.iter().map(|inbound| &inbound.key);
    let keys: std::collections::BTreeSet<_> = keys.collect();
    assert_eq!(keys.len(), expected.len(), "each has a key of its own");

    // One after the other, up and down.
    bot.held.clear();
    telegram.join(chat, 7, None);
    telegram.raise(chat, 7, "administrator");
    telegram.raise(chat, 7, "member");
    telegram.raise(chat, 7, "administrator");
    telegram.leave(chat, 7);
    bot.look().await;
    let expected = [
        "7 joined",
        "7 admin by update",
        "7 member by update",
        "7 admin by update",
        "7 member by update",
        "7 left",
    ];
    assert_eq!(told(&bot.held), expected);
    assert_eq!(asked(&telegram), 1, "the list is asked for once");

    // After a new start it is met again, and told under the same keys.
    telegram.say(chat, 8, "早");
    let mut anew = Bot::new(&telegram);
    anew.cursor.clone_from(&bot.cursor);
    anew.look().await;
    let mut met = vec!["rights"];
    met.extend(list);
    met.push("早");
    assert_eq!(told(&anew.held), met);
    let keys = |facts: &[Inbound]| -> Vec<String> {
        facts.iter().map(|inbound| inbound.key.clone()).collect()
    };
    let first = keys(&anew.held);
    assert_eq!(first[1], format!("{chat}:stands:1:creator"));
    // What was not stored comes again whole, and nobody is asked for it a second time.
    anew.held.clear();
    anew.cursor.clone_from(&bot.cursor);
    anew.look().await;
    assert_eq!(keys(&anew.held), first);
    assert_eq!(asked(&telegram), 2);
    telegram.say(chat, 8, "有人吗");
    anew.held.clear();
    anew.look().await;
    assert_eq!(told(&anew.held), ["有人吗"]);

    // Whoever cannot see changes asks anew as soon as it can.
    anew.held.clear();
    telegram.allow(chat, Rights::Member);
    telegram.raise(chat, 8, "administrator");
    telegram.allow(chat, Rights::All);
    anew.look().await;
    let mut regained = vec!["rights", "rights"];
    regained.extend(["1 owner by creator", "8 admin by administrator"]);
    regained.push("43 bot by administrator");
    assert_eq!(told(&anew.held), regained);
    assert_eq!(asked(&telegram), 3);

    // Where nobody looks, the list can be asked for all the same.
    let listed = anew.channel.standings(&chat.to_string()).await.unwrap();
    assert_eq!(told(&listed), regained[2..]);
    let nowhere = anew.channel.standings("-5").await.unwrap_err();
    assert!(matches!(nowhere, ChannelError::Fail { .. }), "{nowhere:?}");
}

#[tokio::test]
async fn patience_asked_for_the_list_loses_nothing() {
    let telegram = Telegram::start().await;
    let mut bot = Bot::new(&telegram);
    bot.look().await;
    let chat = telegram.group("福利1群", "supergroup");
    telegram.raise(chat, 1, "creator");
    bot.look().await;
    telegram.say(chat, 7, "早");
    let mut anew = Bot::new(&telegram);
    anew.cursor.clone_from(&bot.cursor);
    telegram.be_busy_with("getChatAdministrators", 1, 1);
    let later = anew.channel.poll(anew.cursor.as_deref()).await.unwrap_err();
    assert!(matches!(later, ChannelError::Retry { .. }), "{later:?}");
    anew.look().await;
    assert_eq!(told(&anew.held), ["rights", "1 owner by creator", "早"]);
}

#[tokio::test]
async fn a_program_is_told_before_its_words() {
    let telegram = Telegram::start().await;
    let mut bot = Bot::new(&telegram);
    bot.look().await;
    let chat = telegram.group("福利1群", "supergroup");
    telegram.bring(chat, OTHER_BOT, 7);
    telegram.say(chat, OTHER_BOT, "签到成功");
    telegram.say(chat, BOT, "大家早");
    bot.look().await;
    let bot_by = "43 bot by update";
    let expected = ["rights", bot_by, "43 joined", bot_by, "签到成功"];
    assert_eq!(told(&bot.held), expected);
}

#[tokio::test]
async fn a_sign_names_the_message_it_is_put_under() {
    let telegram = Telegram::start().await;
    let mut bot = Bot::new(&telegram);
    bot.look().await;
    let chat = telegram.group("福利1群", "supergroup");
    let message = telegram.say(chat, 7, "新品好吃");
    telegram.react(chat, 8, message, &["👍"]);
    telegram.react(chat, 8, message, &["👍", "❤"]);
    telegram.react(chat, 8, message, &[]);
    bot.look().await;
    let posted = bot
        .held
        .iter()
        .find(|inbound| matches!(inbound.fact, Fact::Posted { .. }))
        .unwrap();
    let signs: Vec<(&str, &str, &str)> = bot
        .held
        .iter()
        .filter_map(|inbound| match &inbound.fact {
            Fact::Reacted { who, message, with } => {
                Some((who.external_id.as_str(), message.as_str(), with.as_str()))
            }
            _ => None,
        })
        .collect();
    let key = posted.key.as_str();
    assert_eq!(signs, [("8", key, "👍"), ("8", key, "❤")]);
}
