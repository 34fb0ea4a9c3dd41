//! The Matrix adapter on a real Synapse.

mod bot;
mod group;
mod private;

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use yutang_channels::{
    Channel as _, ChannelError, Fact, MessageKind, Outbound, Wish,
    channel::LookUp,
    matrix::{self, MatrixChannel, Session},
};
use yutang_domain::capability::Capability;
use yutang_testkit::synapse::{Person, Synapse, step};

use bot::Bot;

fn at_most(room: &str) -> Vec<String> {
    vec![room.to_owned()]
}

/// req: 001-051
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_moderator_lives_on_a_real_homeserver() {
    let synapse = Synapse::start().await;
    let bot_account = synapse.person("bot").await;
    let owner = synapse.person("owner").await;
    let anna = synapse.person("anna").await;
    let ben = synapse.person("ben").await;

    // Signing in, rightly and wrongly.
    let session = matrix::log_in(&synapse.url(), "bot", "bot").await.unwrap();
    assert_eq!(session.user, bot_account.id);
    let refused = matrix::log_in(&synapse.url(), "bot", "wrong")
        .await
        .unwrap_err();
    assert!(matches!(&refused, ChannelError::Fail { reason } if reason.contains("not allowed")));
    let mut bot = Bot::new(&synapse, &bot_account);
    assert_eq!(bot.channel.who_am_i().await.unwrap(), bot_account.id);
    let expired = Session {
        user: bot_account.id.clone(),
        token: "syt_gone".to_owned(),
    };
    let expired = MatrixChannel::new(&synapse.url(), expired).unwrap();
    let error = expired.poll(None).await.unwrap_err();
    assert!(
        matches!(&error, ChannelError::Fail { reason } if reason.starts_with("token no longer accepted")),
        "{error:?}"
    );

    // The first look is a snapshot; the bot follows an invitation and is told what it may do.
    bot.look().await;
    let room = owner
        .room(json!({
            "name": "福利1群", "preset": "public_chat", "room_version": "10",
            "invite": [bot_account.id],
            "initial_state": [{ "type": "m.room.join_rules", "state_key": "",
                                "content": { "join_rule": "knock" } }],
            "power_level_content_override": {
                "users": { owner.id.clone(): 100, bot_account.id.clone(): 90 },
                "events": { "m.room.power_levels": 90 }
            },
        }))
        .await;
    let can = bot
        .until("rights in the room", |inbound| match &inbound.fact {
            Fact::Rights { name, can } if name == "福利1群" => Some(*can),
            _ => None,
        })
        .await;
    assert!(can.can(Capability::Remove) && can.can(Capability::Restrict));

    // Knocking, declined and approved.
    let knock = |who: &Person, reason: &str| {
        let (who, reason) = (who.clone(), reason.to_owned());
        let path = format!("knock/{}", step(&room));
        async move { who.post(&path, json!({ "reason": reason })).await }
    };
    knock(&anna, "邀请人: ben").await;
    let (who, reason) = bot
        .until("anna's knock", |inbound| match &inbound.fact {
            Fact::Knocked { who, reason, .. } => Some((who.clone(), reason.clone())),
            _ => None,
        })
        .await;
    assert_eq!(
        (who.external_id.as_str(), reason.as_str()),
        (anna.id.as_str(), "邀请人: ben")
    );
    assert_eq!(who.name, "anna");
    bot.done(
        "w1",
        Wish::Decline {
            group: room.clone(),
            who: anna.id.clone(),
            reason: "先看群规".to_owned(),
        },
    )
    .await;
    let state = owner.state(&room, "m.room.member", &anna.id).await;
    assert_eq!(
        (&state["membership"], &state["reason"]),
        (&json!("leave"), &json!("先看群规"))
    );
    knock(&anna, "看过了").await;
    let approve = || Wish::Approve {
        group: room.clone(),
        who: anna.id.clone(),
    };
    bot.done("w2", approve()).await;
    bot.done("w2", approve()).await;
    anna.join(&room).await;
    bot.until("anna inside", |inbound| {
        matches!(&inbound.fact, Fact::Joined { who, inviter: None, .. } if who.external_id == anna.id)
            .then_some(())
    })
    .await;
    owner
        .post(
            &format!("rooms/{}/invite", step(&room)),
            json!({ "user_id": ben.id }),
        )
        .await;
    ben.join(&room).await;
    bot.until(
        "ben inside, brought by the owner",
        |inbound| match &inbound.fact {
            Fact::Joined {
                who,
                inviter: Some(by),
                ..
            } if who.external_id == ben.id => (by.external_id == owner.id).then_some(()),
            _ => None,
        },
    )
    .await;

    // Messages, answers, changes; programs and oneself are not heard.
    let question = anna.say(&room, "吐司怎么保存").await;
    let heard = bot.text("吐司怎么保存").await;
    assert_eq!(
        (heard.key.as_str(), heard.group.as_deref()),
        (question.as_str(), Some(room.as_str()))
    );
    let said = bot
        .done(
            "w3",
            Wish::Post {
                group: room.clone(),
                text: "冷冻".to_owned(),
                reply_to: Some(question.clone()),
            },
        )
        .await;
    let again = bot
        .done(
            "w3",
            Wish::Post {
                group: room.clone(),
                text: "冷冻".to_owned(),
                reply_to: Some(question.clone()),
            },
        )
        .await;
    assert_eq!(said, again, "one key is one message");
    assert_eq!(
        bot.channel.look_up("w3").await.unwrap(),
        Some(LookUp::Absent)
    );
    let all = anna.messages(&room).await;
    let notices: Vec<_> = all
        .iter()
        .filter(|event| event["content"]["msgtype"] == "m.notice")
        .collect();
    assert_eq!(notices.len(), 1);
    let answered = &notices[0]["content"]["m.relates_to"]["m.in_reply_to"]["event_id"];
    assert_eq!(answered, &json!(question));
    ben.send(&room, json!({ "msgtype": "m.notice", "body": "机器人说" }))
        .await;
    let advert = ben.say(&room, "加V领券").await;
    ben.send(
        &room,
        json!({ "msgtype": "m.text", "body": "* 没什么",
            "m.new_content": { "msgtype": "m.text", "body": "没什么" },
            "m.relates_to": { "rel_type": "m.replace", "event_id": advert } }),
    )
    .await;
    let first = bot
        .until("what ben says", |inbound| match &inbound.fact {
            Fact::Posted { text, .. } => Some(text.clone()),
            _ => None,
        })
        .await;
    assert_eq!(
        first, "加V领券",
        "neither the bot itself nor another program is heard"
    );
    bot.until("the change", |inbound| match &inbound.fact {
        Fact::Posted {
            edits: Some(edited),
            text,
            ..
        } if *edited == advert => {
            assert_eq!(text, "没什么");
            Some(())
        }
        _ => None,
    })
    .await;

    // A message is taken back by the bot, another by its sender.
    bot.done(
        "w4",
        Wish::Delete {
            group: room.clone(),
            message: advert.clone(),
        },
    )
    .await;
    let gone = owner
        .ok(
            Method::GET,
            &format!(
                "/_matrix/client/v3/rooms/{}/event/{}",
                step(&room),
                step(&advert)
            ),
            None,
        )
        .await;
    assert!(gone["content"].get("body").is_none(), "{gone}");
    let slip = ben.say(&room, "发错了").await;
    let path = format!(
        "/_matrix/client/v3/rooms/{}/redact/{}/x1",
        step(&room),
        step(&slip)
    );
    ben.ok(Method::PUT, &path, Some(json!({}))).await;
    bot.until("ben's taking back", |inbound| {
        (inbound.fact
            == Fact::Recalled {
                message: slip.clone(),
            })
        .then_some(())
    })
    .await;

    // Muted and heard again.
    let restrict = Wish::Restrict {
        group: room.clone(),
        who: ben.id.clone(),
        seconds: 600,
    };
    bot.done("w5", restrict.clone()).await;
    bot.done("w5", restrict).await;
    let words = json!({ "msgtype": "m.text", "body": "在吗" });
    assert_eq!(ben.try_send(&room, words.clone()).await.0, 403);
    let lift = Wish::Lift {
        group: room.clone(),
        who: ben.id.clone(),
    };
    bot.done("w6", lift.clone()).await;
    bot.done("w7", lift).await;
    assert_eq!(ben.try_send(&room, words).await.0, 200);
    let levels = owner.state(&room, "m.room.power_levels", "").await;
    assert_eq!(
        levels["users"][&bot_account.id], 90,
        "others keep their levels: {levels}"
    );

    // Put out, kept out, let in again.
    bot.done(
        "w8",
        Wish::Remove {
            group: room.clone(),
            who: ben.id.clone(),
            reason: "第三次".to_owned(),
        },
    )
    .await;
    bot.until("ben removed", |inbound| {
        matches!(&inbound.fact, Fact::Removed { who, by: None } if who.external_id == ben.id)
            .then_some(())
    })
    .await;
    let state = owner.state(&room, "m.room.member", &ben.id).await;
    assert_eq!(
        (&state["membership"], &state["reason"]),
        (&json!("ban"), &json!("第三次"))
    );
    let join = format!("/_matrix/client/v3/join/{}", step(&room));
    assert_eq!(ben.call(Method::POST, &join, Some(json!({}))).await.0, 403);
    let readmit = Wish::Readmit {
        group: room.clone(),
        who: ben.id.clone(),
        silent: false,
    };
    let silent = Wish::Readmit {
        group: room.clone(),
        who: ben.id.clone(),
        silent: true,
    };
    bot.done("w8s", silent).await;
    let state = owner.state(&room, "m.room.member", &ben.id).await;
    assert_eq!(state["membership"], "leave", "not barred, and not invited");
    bot.done("w9", readmit.clone()).await;
    bot.done("w9", readmit).await;
    ben.join(&room).await;
    bot.until("ben back", |inbound| {
        matches!(&inbound.fact, Fact::Joined { who, .. } if who.external_id == ben.id).then_some(())
    })
    .await;
    owner
        .post(
            &format!("rooms/{}/kick", step(&room)),
            json!({ "user_id": ben.id, "reason": "吵" }),
        )
        .await;
    bot.until("ben put out by the owner", |inbound| {
        matches!(&inbound.fact, Fact::Removed { by: Some(by), .. } if by.external_id == owner.id)
            .then_some(())
    })
    .await;
    anna.post(&format!("rooms/{}/leave", step(&room)), json!({}))
        .await;
    bot.until("anna gone", |inbound| {
        matches!(&inbound.fact, Fact::Left { who } if who.external_id == anna.id).then_some(())
    })
    .await;

    // In private: one room, however often, and answers come as private words.
    let whisper = |text: &str| Wish::Whisper {
        to: anna.id.clone(),
        text: text.to_owned(),
    };
    bot.done("w10", whisper("你好")).await;
    bot.done("w11", whisper("在吗")).await;
    let sync = anna
        .ok(Method::GET, "/_matrix/client/v3/sync?timeout=0", None)
        .await;
    let asked: Vec<String> = sync["rooms"]["invite"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let [dm] = &asked[..] else {
        panic!("one private room: {asked:?}");
    };
    anna.join(dm).await;
    anna.say(dm, "我的数据").await;
    let heard = bot
        .until("anna in private", |inbound| match &inbound.fact {
            Fact::Private { text, .. } => Some((inbound.group.clone(), text.clone())),
            _ => None,
        })
        .await;
    assert_eq!(heard, (None, "我的数据".to_owned()));
    let direct = format!(
        "/_matrix/client/v3/user/{}/account_data/m.direct",
        step(&bot_account.id)
    );
    let direct = bot_account.ok(Method::GET, &direct, None).await;
    assert_eq!(direct[&anna.id], json!(at_most(dm)));
    // Whoever has left that room is asked in again; a new start knows it too.
    anna.post(&format!("rooms/{}/leave", step(dm)), json!({}))
        .await;
    let anew = Bot::new(&synapse, &bot_account);
    anew.done("w12", whisper("还在吗")).await;
    anna.join(dm).await;
    assert_eq!(anna.messages(dm).await.len(), 4);

    // A picture, its bytes, and a bound on them.
    let bytes = vec![7_u8; 4_000];
    let upload = reqwest::Client::new()
        .post(format!(
            "{}/_matrix/media/v3/upload?filename=q.png",
            synapse.url()
        ))
        .bearer_auth(&owner.token)
        .header("content-type", "image/png")
        .body(bytes.clone())
        .send()
        .await
        .unwrap();
    let mxc: serde_json::Value = upload.json().await.unwrap();
    owner
        .send(
            &room,
            json!({ "msgtype": "m.image", "body": "扫码", "filename": "q.png",
                "url": mxc["content_uri"], "info": { "size": 4_000 } }),
        )
        .await;
    let picture = bot
        .until("the picture", |inbound| match &inbound.fact {
            Fact::Posted {
                kind: MessageKind::Image,
                picture,
                text,
                ..
            } if text == "扫码" => picture.clone(),
            _ => None,
        })
        .await;
    assert_eq!(picture.size, Some(4_000));
    assert_eq!(
        bot.channel.fetch(&picture.reference, 10_000).await.unwrap(),
        bytes
    );
    let refused = bot
        .channel
        .fetch(&picture.reference, 1_000)
        .await
        .unwrap_err();
    assert!(matches!(&refused, ChannelError::Fail { reason } if reason.contains("1000")));

    // The announcement is the topic and one message at the top, the last one.
    for (key, text) in [("w13", "第一版"), ("w14", "第二版")] {
        bot.done(
            key,
            Wish::Announce {
                group: room.clone(),
                text: text.to_owned(),
            },
        )
        .await;
    }
    assert_eq!(
        owner.state(&room, "m.room.topic", "").await["topic"],
        "第二版"
    );
    let pinned = owner.state(&room, "m.room.pinned_events", "").await;
    assert_eq!(pinned["pinned"].as_array().unwrap().len(), 1, "{pinned}");

    // A server that asks for patience gets it.
    owner.slow_down(&bot_account.id, 1).await;
    let mut waited = 0;
    for n in 0..4 {
        let outbound = Outbound {
            key: format!("burst{n}"),
            wish: Wish::Post {
                group: room.clone(),
                text: format!("第{n}条"),
                reply_to: None,
            },
        };
        while let Err(error) = bot.channel.send(&outbound).await {
            let ChannelError::Retry { after_ms, .. } = error else {
                panic!("{error:?}");
            };
            waited += 1;
            assert!((1..60_000).contains(&after_ms), "{after_ms}");
            tokio::time::sleep(Duration::from_millis(after_ms as u64)).await;
        }
    }
    assert!(waited > 0, "the server was never in a hurry");
    owner.slow_down(&bot_account.id, 0).await;
    let all = owner.messages(&room).await;
    let burst = all.iter().filter(|event| {
        event["content"]["body"]
            .as_str()
            .is_some_and(|body| body.ends_with('条'))
    });
    assert_eq!(burst.count(), 4, "each once");

    // Without power it says so.
    owner
        .set(&room, "m.room.name", json!({ "name": "福利一群" }))
        .await;
    bot.until("the new name", |inbound| {
        (inbound.fact
            == Fact::Renamed {
                name: "福利一群".to_owned(),
            })
        .then_some(())
    })
    .await;
    let mut levels = owner.state(&room, "m.room.power_levels", "").await;
    levels["users"][&bot_account.id] = json!(0);
    owner
        .set(&room, "m.room.power_levels", levels.clone())
        .await;
    bot.until("rights gone", |inbound| match &inbound.fact {
        Fact::Rights { can, .. } => (!can.can(Capability::Remove)).then_some(()),
        _ => None,
    })
    .await;
    let refused = bot
        .wish(
            "w15",
            Wish::Remove {
                group: room.clone(),
                who: owner.id.clone(),
                reason: String::new(),
            },
        )
        .await
        .unwrap_err();
    assert!(matches!(&refused, ChannelError::Fail { reason } if reason.starts_with("not allowed")));

    // Encrypted from now on.
    owner
        .set(
            &room,
            "m.room.encryption",
            json!({ "algorithm": "m.megolm.v1.aes-sha2" }),
        )
        .await;
    bot.until("encryption", |inbound| {
        (inbound.fact == Fact::Encrypted).then_some(())
    })
    .await;

    // A gap longer than a page, across a new start: nothing is missed and nothing doubled.
    let mut bot = Bot {
        cursor: bot.cursor.clone(),
        seen: bot.seen.clone(),
        ..Bot::new(&synapse, &bot_account)
    };
    for n in 0..230 {
        owner.say(&room, &format!("刷{n}")).await;
    }
    let mut heard = Vec::new();
    while heard.len() < 230 {
        bot.look().await;
        for inbound in bot.held.drain(..) {
            if let Fact::Posted { text, sender, .. } = inbound.fact {
                assert_eq!(sender.name, "owner", "names are asked for after a start");
                heard.push(text);
            }
        }
    }
    let expected: Vec<String> = (0..230).map(|n| format!("刷{n}")).collect();
    assert_eq!(heard, expected);

    // Upgraded: the bot follows, once it is let in.
    let upgraded = owner
        .post(
            &format!("rooms/{}/upgrade", step(&room)),
            json!({ "new_version": "12" }),
        )
        .await;
    let next = upgraded["replacement_room"].as_str().unwrap().to_owned();
    owner
        .post(
            &format!("rooms/{}/invite", step(&next)),
            json!({ "user_id": bot_account.id }),
        )
        .await;
    bot.until("the move", |inbound| {
        (inbound.group.as_deref() == Some(&room)
            && inbound.fact == Fact::Moved { to: next.clone() })
        .then_some(())
    })
    .await;
    bot.until("rights in the new room", |inbound| {
        (inbound.group.as_deref() == Some(&next) && matches!(inbound.fact, Fact::Rights { .. }))
            .then_some(())
    })
    .await;
    owner.say(&next, "搬家了").await;
    assert_eq!(bot.text("搬家了").await.group, Some(next));
}

#[tokio::test]
async fn a_server_that_is_none_is_named() {
    let refused = matrix::log_in("matrix.example", "bot", "x")
        .await
        .unwrap_err();
    assert!(matches!(refused, ChannelError::Fail { .. }));
    let port = yutang_testkit::program::free_port();
    let nobody = format!("http://127.0.0.1:{port}");
    let refused = matrix::log_in(&nobody, "bot", "x").await.unwrap_err();
    assert!(
        matches!(&refused, ChannelError::Retry { reason, .. } if reason.contains("cannot be reached")),
        "{refused:?}"
    );
}
