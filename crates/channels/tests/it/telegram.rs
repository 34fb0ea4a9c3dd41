//! The Telegram adapter against the stand-in.

mod people;

use std::{sync::Arc, time::Duration};

use yutang_channels::{
    Channel as _, ChannelError, Fact, Inbound, Outbound, Sent, Wish,
    telegram::{InviteLink, TelegramChannel, webhook},
};
use yutang_domain::{
    capability::Capability,
    time::{SystemClock, Timestamp},
};
use yutang_testkit::telegram::{BOT, Rights, TOKEN, Telegram};

struct Bot {
    channel: TelegramChannel,
    cursor: Option<String>,
    held: Vec<Inbound>,
}

impl Bot {
    fn new(telegram: &Telegram) -> Self {
        let channel =
            TelegramChannel::new(telegram.url(), TOKEN, Arc::new(SystemClock)).expect("an address");
        Self {
            channel: channel.waiting(Duration::from_secs(1)),
            cursor: None,
            held: Vec::new(),
        }
    }

    async fn look(&mut self) {
        let harvest = self
            .channel
            .poll(self.cursor.as_deref())
            .await
            .expect("a harvest");
        self.cursor = Some(harvest.cursor);
        self.held.extend(harvest.facts);
    }

    /// Looks until a fact comes for which `wanted` has an answer; those before it are passed over.
    async fn until<T>(&mut self, what: &str, wanted: impl Fn(&Inbound) -> Option<T>) -> T {
        for _ in 0..5 {
            while !self.held.is_empty() {
                if let Some(found) = wanted(&self.held.remove(0)) {
                    return found;
                }
            }
            self.look().await;
        }
        panic!("never seen: {what}");
    }

    async fn wish(&self, key: &str, wish: Wish) -> Result<Sent, ChannelError> {
        let outbound = Outbound {
            key: key.to_owned(),
            wish,
        };
        self.channel.send(&outbound).await
    }
}

fn post(group: i64, text: &str) -> Wish {
    Wish::Post {
        group: group.to_string(),
        text: text.to_owned(),
        reply_to: None,
    }
}

/// req: 001-055
#[tokio::test]
async fn a_bot_sees_and_does_what_it_may_in_a_group() {
    let telegram = Telegram::start().await;
    let mut bot = Bot::new(&telegram);
    let (id, name) = bot.channel.who_am_i().await.unwrap();
    assert_eq!((id.as_str(), name.as_str()), ("42", "qun_bot"));
    bot.look().await;
    let chat = telegram.group("福利1群", "supergroup");
    let group = chat.to_string();
    let can = bot
        .until("rights", |inbound| match &inbound.fact {
            Fact::Rights { name, can } if name == "福利1群" => Some(*can),
            _ => None,
        })
        .await;
    assert!(can.can(Capability::Restrict) && !can.can(Capability::Invite));

    // Somebody comes through a link of a promoter's, and is told once of it.
    let link = InviteLink {
        group: &group,
        name: "ref:u7",
        until: Some(Timestamp::from_ms(1_800_000_000_000)),
        most: Some(5),
        asks: false,
    };
    let address = bot.channel.invite_link(&link).await.unwrap();
    assert!(telegram.join(chat, 7, Some(&address)));
    let via = bot
        .until("7 inside", |inbound| match &inbound.fact {
            Fact::Joined { who, via, .. } if who.external_id == "7" => via.clone(),
            _ => None,
        })
        .await;
    assert_eq!(via, "ref:u7");

    // Messages, answers, changes.
    let question = telegram.say(chat, 7, "吐司 <b>怎么</b> 保存");
    let key = bot
        .until("the question", |inbound| {
            matches!(&inbound.fact, Fact::Posted { text, .. } if text.starts_with("吐司"))
                .then(|| inbound.key.clone())
        })
        .await;
    let answer = Wish::Post {
        group: group.clone(),
        text: "冷冻 <最好> & 密封".to_owned(),
        reply_to: Some(key.clone()),
    };
    let sent = bot.wish("w1", answer).await.unwrap();
    assert_eq!(telegram.said(chat), ["冷冻 <最好> & 密封"]);
    assert!(sent.external_id.unwrap().starts_with(&format!("{chat}:")));
    telegram.answer(chat, 7, "谢谢", question);
    telegram.edit(chat, question, "加V领券");
    let edited = bot
        .until("the change", |inbound| match &inbound.fact {
            Fact::Posted {
                edits: Some(edited),
                text,
                ..
            } if text == "加V领券" => Some(edited.clone()),
            _ => None,
        })
        .await;
    assert_eq!(edited, key);
    let gone = Wish::Delete {
        group: group.clone(),
        message: key,
    };
    bot.wish("w2", gone.clone()).await.unwrap();
    assert!(!telegram.stands(chat, question));
    bot.wish("w2", gone).await.unwrap();

    // Kept from writing, heard again, put out, let in again.
    let who = || ("7".to_owned(), group.clone());
    let (seven, in_group) = who();
    let restrict = Wish::Restrict {
        group: in_group,
        who: seven,
        seconds: 600,
    };
    bot.wish("w3", restrict).await.unwrap();
    assert!(!telegram.may_write(chat, 7));
    let (seven, in_group) = who();
    let lift = Wish::Lift {
        group: in_group,
        who: seven,
    };
    bot.wish("w4", lift).await.unwrap();
    assert!(telegram.may_write(chat, 7));
    let (seven, in_group) = who();
    let remove = Wish::Remove {
        group: in_group,
        who: seven,
        reason: String::new(),
    };
    bot.wish("w5", remove).await.unwrap();
    assert_eq!(telegram.status(chat, 7), "kicked");
    assert!(!telegram.join(chat, 7, None));
    bot.until("7 put out", |inbound| {
        matches!(&inbound.fact, Fact::Removed { by: None, .. }).then_some(())
    })
    .await;
    telegram.whisper(7, "/start ref_u9");
    bot.until("7 in private", |inbound| {
        matches!(&inbound.fact, Fact::Private { text, .. } if text == "/start ref_u9").then_some(())
    })
    .await;
    let (seven, in_group) = who();
    let readmit = Wish::Readmit {
        group: in_group,
        who: seven,
        silent: false,
    };
    bot.wish("w6", readmit).await.unwrap();
    let said = telegram.said(7);
    let [link] = &said[..] else {
        panic!("7 is told the way: {said:?}");
    };
    assert!(telegram.join(chat, 7, Some(link)));

    // Asking to be let in.
    telegram.knock(chat, 8, "爱吃面包", Some(&address));
    let (reason, via) = bot
        .until("8 knocks", |inbound| match &inbound.fact {
            Fact::Knocked { reason, via, .. } => Some((reason.clone(), via.clone())),
            _ => None,
        })
        .await;
    // What 8 says of themselves to everybody is not why they want in.
    assert_eq!((reason.as_str(), via.as_deref()), ("", Some("ref:u7")));
    let decline = |who: &str| Wish::Decline {
        group: group.clone(),
        who: who.to_owned(),
        reason: String::new(),
    };
    bot.wish("w7", decline("8")).await.unwrap();
    bot.wish("w7", decline("8")).await.unwrap();
    telegram.knock(chat, 8, "再来", None);
    let approve = Wish::Approve {
        group: group.clone(),
        who: "8".to_owned(),
    };
    bot.wish("w8", approve).await.unwrap();
    assert_eq!(telegram.status(chat, 8), "member");

    // The announcement stands at the top.
    let announce = Wish::Announce {
        group: group.clone(),
        text: "群规第二版".to_owned(),
    };
    let sent = bot.wish("w9", announce).await.unwrap().external_id.unwrap();
    let pinned = telegram.pinned(chat).unwrap();
    assert_eq!(sent, format!("{chat}:{pinned}"));

    // A picture with a bound.
    telegram.show(chat, 7, "扫码", vec![5; 900]);
    let picture = bot
        .until("the picture", |inbound| match &inbound.fact {
            Fact::Posted { picture, .. } => picture.clone(),
            _ => None,
        })
        .await;
    assert_eq!(picture.size, Some(900));
    assert_eq!(
        bot.channel.fetch(&picture.reference, 1_000).await.unwrap(),
        [5; 900]
    );
    let refused = bot
        .channel
        .fetch(&picture.reference, 100)
        .await
        .unwrap_err();
    assert!(matches!(refused, ChannelError::Fail { .. }));

    // Without power it says so, beforehand and afterwards.
    telegram.allow(chat, Rights::Member);
    bot.until("power gone", |inbound| match &inbound.fact {
        Fact::Rights { can, .. } => (!can.can(Capability::Remove)).then_some(()),
        _ => None,
    })
    .await;
    let approve = Wish::Approve {
        group: group.clone(),
        who: "8".to_owned(),
    };
    let refused = bot.wish("w10", approve).await.unwrap_err();
    assert!(matches!(refused, ChannelError::Fail { .. }), "{refused:?}");
    let nobody = Wish::Whisper {
        to: "999".to_owned(),
        text: "你好".to_owned(),
    };
    let refused = bot.wish("w11", nobody).await.unwrap_err();
    assert_eq!(refused.missing(), Some(Capability::PostPrivate));
    telegram.allow(chat, Rights::Gone);
    bot.until("the group gone", |inbound| match &inbound.fact {
        Fact::Rights { can, .. } => (can.iter().count() == 0).then_some(()),
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn nothing_is_said_twice_and_nothing_is_lost() {
    let telegram = Telegram::start().await;
    let mut bot = Bot::new(&telegram);
    bot.look().await;
    let chat = telegram.group("群", "supergroup");
    // A connection that breaks after a message was said: nobody knows.
    telegram.break_off("一");
    let unknown = bot.wish("w1", post(chat, "一")).await.unwrap_err();
    assert!(
        matches!(unknown, ChannelError::Unknown { .. }),
        "{unknown:?}"
    );
    assert_eq!(bot.channel.look_up("w1").await.unwrap(), None);
    assert_eq!(telegram.said(chat), ["一"]);
    // Patience asked for is kept, for the whole conversation.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    telegram.be_busy(1, 7);
    let patience = bot.wish("w2", post(chat, "二")).await.unwrap_err();
    assert!(
        matches!(
            patience,
            ChannelError::Retry {
                after_ms: 7_000,
                ..
            }
        ),
        "{patience:?}"
    );
    let held = bot.wish("w3", post(chat, "三")).await.unwrap_err();
    let ChannelError::Retry { after_ms, .. } = held else {
        panic!("{held:?}");
    };
    assert!((6_000..9_000).contains(&after_ms), "{after_ms}");
    assert_eq!(telegram.said(chat), ["一"], "nothing more was said");

    // What was seen is not seen again, across a new start; what was not confirmed is.
    bot.look().await;
    telegram.say(chat, 7, "在吗");
    let cursor = bot.cursor.clone();
    bot.look().await;
    let posted = |facts: &[Inbound]| {
        let posted = facts
            .iter()
            .filter(|f| matches!(f.fact, Fact::Posted { .. }));
        posted.map(|f| f.key.clone()).collect::<Vec<_>>()
    };
    let first = posted(&bot.held);
    assert_eq!(first.len(), 1);
    let mut anew = Bot::new(&telegram);
    anew.cursor = cursor;
    anew.look().await;
    assert_eq!(
        posted(&anew.held),
        first,
        "the same again under the same key"
    );
    anew.held.clear();
    anew.look().await;
    assert!(posted(&anew.held).is_empty());
}

#[tokio::test]
async fn a_group_that_becomes_a_supergroup_is_followed() {
    let telegram = Telegram::start().await;
    let mut bot = Bot::new(&telegram);
    bot.look().await;
    let chat = telegram.group("小群", "group");
    let next = telegram.migrate(chat);
    let moved = bot
        .until("the move", |inbound| match &inbound.fact {
            Fact::Moved { to } => Some((inbound.group.clone(), to.clone())),
            _ => None,
        })
        .await;
    assert_eq!(moved, (Some(chat.to_string()), next.to_string()));
    telegram.say(next, 7, "搬家了");
    let group = bot
        .until("a message in the new group", |inbound| {
            match &inbound.fact {
                Fact::Posted { .. } => inbound.group.clone(),
                _ => None,
            }
        })
        .await;
    assert_eq!(group, next.to_string());
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_named() {
    let telegram = Telegram::start().await;
    let channel = |token| TelegramChannel::new(telegram.url(), token, Arc::new(SystemClock));
    for formless in ["", "42", "x:y z", ":abc"] {
        assert!(channel(formless).is_err(), "{formless}");
    }
    let refused = channel("43:other").unwrap().poll(None).await.unwrap_err();
    assert!(
        matches!(&refused, ChannelError::Fail { reason } if reason.starts_with("token no longer accepted")),
        "{refused:?}"
    );
    assert!(!format!("{refused:?}").contains("43:other"));
}

#[tokio::test]
async fn updates_that_are_delivered_are_the_same_facts() {
    let telegram = Telegram::start().await;
    let mut bot = Bot::new(&telegram);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks/telegram/7", listener.local_addr().unwrap());
    bot.channel.deliver_to(&url, "s3cret").await.unwrap();
    let chat = telegram.group("群", "supergroup");
    telegram.say(chat, 7, "在吗");
    // The smallest server that reads a request and agrees.
    let heard = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut bodies = Vec::new();
        while bodies.len() < 2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            let body = loop {
                let mut some = [0; 4_096];
                let n = stream.read(&mut some).await.unwrap();
                read.extend_from_slice(&some[..n]);
                let text = String::from_utf8_lossy(&read).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let head = head.to_ascii_lowercase();
                    let length = head.split("content-length: ").nth(1).unwrap();
                    let length: usize = length.lines().next().unwrap().parse().unwrap();
                    if body.len() >= length {
                        let secret = head.split("secret-token: ").nth(1).unwrap();
                        let secret = secret.lines().next();
                        assert!(webhook::is_authentic(secret, "s3cret"));
                        break body.to_owned();
                    }
                }
            };
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(answer).await.unwrap();
            bodies.push(body);
        }
        bodies
    });
    assert_eq!(telegram.deliver().await, [200, 200]);
    let bodies = heard.await.unwrap();
    let delivered: Vec<Inbound> = bodies
        .iter()
        .flat_map(|body| webhook::parse(body, BOT).unwrap())
        .map(|reported| reported.inbound)
        .collect();
    assert!(matches!(delivered[0].fact, Fact::Rights { .. }));
    assert!(matches!(&delivered[1].fact, Fact::Posted { text, .. } if text == "在吗"));
    // Whoever asks after that gets updates that way again.
    let refused = bot.channel.poll(None).await.unwrap_err();
    assert!(matches!(refused, ChannelError::Retry { .. }), "{refused:?}");
    bot.look().await;
}
