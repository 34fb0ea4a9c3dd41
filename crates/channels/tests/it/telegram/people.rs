//! Who is who in a group, and what can be done about them.

use std::time::Duration;

use yutang_channels::{Channel, ChannelError, Fact, Inbound, Wish};
use yutang_domain::capability::Capability;
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
async fn a_channel_that_writes_is_kept_out_and_let_in_and_nothing_else() {
    let telegram = Telegram::start().await;
    let mut bot = Bot::new(&telegram);
    bot.look().await;
    let chat = telegram.group("福利1群", "supergroup");
    let channel = telegram.channel("低价货源");
    let advert = telegram.say_as(chat, channel, "加V领券").unwrap();
    bot.look().await;
    assert_eq!(told(&bot.held), ["rights", "加V领券"], "and is nobody here");
    let posted = bot.held.pop().unwrap();
    let Fact::Posted { sender, .. } = &posted.fact else {
        panic!("{posted:?}");
    };
    assert_eq!(
        (sender.external_id.as_str(), sender.name.as_str()),
        (channel.to_string().as_str(), "低价货源")
    );
    let of = |who: i64| (chat.to_string(), who.to_string());
    let (group, who) = of(channel);
    let delete = Wish::Delete {
        group: group.clone(),
        message: posted.key.clone(),
    };
    bot.wish("w1", delete).await.unwrap();
    assert!(!telegram.stands(chat, advert));
    let restrict = Wish::Restrict {
        group: group.clone(),
        who: who.clone(),
        seconds: 600,
    };
    let lift = Wish::Lift {
        group: group.clone(),
        who: who.clone(),
    };
    for wish in [restrict, lift] {
        let refused = bot.wish("w2", wish).await.unwrap_err();
        assert_eq!(refused.missing(), Some(Capability::Restrict));
    }
    let remove = Wish::Remove {
        group: group.clone(),
        who: who.clone(),
        reason: String::new(),
    };
    bot.wish("w3", remove).await.unwrap();
    assert_eq!(telegram.say_as(chat, channel, "又来了"), None);
    let readmit = Wish::Readmit {
        group,
        who,
        silent: false,
    };
    bot.wish("w4", readmit).await.unwrap();
    assert!(telegram.say_as(chat, channel, "不发广告了").is_some());
    assert!(
        telegram.links(chat).is_empty(),
        "nobody could be told of one"
    );

    // Those who run the group and write in its name, or in that of its channel.
    bot.held.clear();
    telegram.say_as(chat, chat, "今晚上新");
    telegram.forward(chat, telegram.channel("门店频道"), "新品目录");
    bot.look().await;
    let facts = told(&bot.held);
    assert_eq!(facts[0], "不发广告了");
    assert_eq!(facts[1], format!("{chat} admin by update"));
    assert_eq!(facts[2], "今晚上新");
    assert!(facts[3].ends_with(" admin by update"), "{facts:?}");
    assert_eq!(facts[4], "新品目录");
    // What is meant for one of them is not said to all.
    let (_, everybody) = of(chat);
    let whisper = Wish::Whisper {
        to: everybody.clone(),
        text: "您的消息被删除了".to_owned(),
    };
    let refused = bot.wish("w5", whisper).await.unwrap_err();
    assert_eq!(refused.missing(), Some(Capability::PostPrivate));
    let welcome = Wish::Welcome {
        to: everybody,
        text: "欢迎".to_owned(),
    };
    let refused = bot.wish("w6", welcome).await.unwrap_err();
    assert_eq!(refused.missing(), Some(Capability::WelcomePrivate));
    assert!(telegram.said(chat).is_empty());
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

#[tokio::test]
async fn a_named_link_is_made_through_the_port_and_brings_its_name() {
    let telegram = Telegram::start().await;
    let mut bot = Bot::new(&telegram);
    bot.look().await;
    let chat = telegram.group("福利1群", "supergroup");
    let group = chat.to_string();
    let port: &dyn Channel = &bot.channel;
    let name = "店".repeat(32);
    let link = port.join_link(&group, &name).await.unwrap();
    for refused in [String::new(), "店".repeat(33)] {
        let error = port.join_link(&group, &refused).await.unwrap_err();
        assert!(
            matches!(&error, ChannelError::Fail { reason } if reason.contains("1 to 32")),
            "{error:?}"
        );
    }
    assert_eq!(
        telegram.links(chat).len(),
        1,
        "refused before it is asked for"
    );
    telegram.join(chat, 7, Some(&link));
    let via = bot
        .until("7 inside", |inbound| match &inbound.fact {
            Fact::Joined { via, .. } => Some(via.clone()),
            _ => None,
        })
        .await;
    assert_eq!(via, Some(name.clone()));
    // The same where they ask first.
    telegram.knock(chat, 8, "", Some(&link));
    let approve = Wish::Approve {
        group,
        who: "8".to_owned(),
    };
    bot.wish("w1", approve).await.unwrap();
    let via = bot
        .until("8 inside", |inbound| match &inbound.fact {
            Fact::Joined { via, .. } => Some(via.clone()),
            _ => None,
        })
        .await;
    assert_eq!(via, Some(name));
}

#[tokio::test]
async fn whoever_may_come_back_has_one_link_however_often_it_is_tried() {
    let telegram = Telegram::start().await;
    let mut bot = Bot::new(&telegram);
    bot.look().await;
    let chat = telegram.group("福利1群", "supergroup");
    let group = chat.to_string();
    let wish = |who: i64| Wish::Readmit {
        group: group.clone(),
        who: who.to_string(),
        silent: false,
    };
    let remove = |who: i64| Wish::Remove {
        group: group.clone(),
        who: who.to_string(),
        reason: String::new(),
    };
    telegram.whisper(7, "你好");
    for who in [7, 8] {
        telegram.join(chat, who, None);
        bot.wish("out", remove(who)).await.unwrap();
    }
    telegram.be_busy_with("sendMessage", 2, 1);
    let mut tries = 1;
    while let Err(later) = bot.wish("ob_1", wish(7)).await {
        let ChannelError::Retry { after_ms, .. } = later else {
            panic!("{later:?}");
        };
        tokio::time::sleep(Duration::from_millis(after_ms.unsigned_abs())).await;
        tries += 1;
    }
    assert!(tries > 2, "{tries}");
    assert_eq!(
        telegram.links(chat),
        telegram.said(7),
        "one, and that is told"
    );
    // Of no link at all is told later rather than never.
    telegram.be_busy_with("createChatInviteLink", 1, 1);
    let later = bot.wish("ob_2", wish(7)).await.unwrap_err();
    assert!(matches!(later, ChannelError::Retry { .. }), "{later:?}");
    // To whoever asked for silence the door is opened, and nothing is sent.
    let silent = Wish::Readmit {
        group: group.clone(),
        who: "9".to_owned(),
        silent: true,
    };
    telegram.whisper(9, "停止");
    telegram.join(chat, 9, None);
    bot.wish("out9", remove(9)).await.unwrap();
    bot.wish("ob_4", silent).await.unwrap();
    assert_eq!(telegram.status(chat, 9), "left");
    assert_eq!(telegram.said(9), Vec::<String>::new());
    // Whoever never wrote cannot be told of one, and none is left for them.
    bot.wish("ob_3", wish(8)).await.unwrap();
    assert_eq!(telegram.status(chat, 8), "left");
    assert_eq!(telegram.links(chat).len(), 1);
    telegram.join(chat, 7, telegram.said(7).first().map(String::as_str));
    let via = bot
        .until("7 back", |inbound| match &inbound.fact {
            Fact::Joined { via: Some(via), .. } => Some(via.clone()),
            _ => None,
        })
        .await;
    assert_eq!(via, "readmit ob_1");
}
