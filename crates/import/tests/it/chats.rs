//! Chat histories of every format.

use std::collections::{BTreeMap, HashSet};

use yutang_import::chat::{Bearer, Body, Format, MessageKind, Precision, Record, Sender, System};

use super::{chat_options, file, records, sample, shared};

fn daily() -> BTreeMap<String, (u64, u64)> {
    let path = shared("chat_render_irc/reference/daily.csv").unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        (
            cells[0].to_owned(),
            (cells[1].parse().unwrap(), cells[2].parse().unwrap()),
        )
    });
    rows.collect()
}

fn joins(records: &[Record]) -> usize {
    let joined = |r: &&Record| matches!(&r.body, Body::System { event: System::Joined { who, .. }, .. } if who.len() == 1);
    records.iter().filter(joined).count()
}

/// Every rendering of the same chat gives the figures of its reference.
///
/// req: 001-020
#[test]
fn every_rendering_gives_the_reference() {
    let cases = [
        ("qq_group.txt", Format::Qq, 496, Precision::Second),
        ("whatsapp.txt", Format::Whatsapp, 496, Precision::Minute),
        (
            "telegram_result.json",
            Format::Telegram,
            496,
            Precision::Second,
        ),
        ("discord.json", Format::Discord, 496, Precision::Second),
        ("wechat_copy.txt", Format::WechatCopy, 0, Precision::Minute),
        ("wechat_stat.csv", Format::WechatStat, 0, Precision::Second),
    ];
    for (name, format, expected_joins, precision) in cases {
        let Some(path) = shared(&format!("chat_render_irc/{name}")) else {
            continue;
        };
        let (plan, records) = records(&path, &chat_options());
        assert_eq!(plan.format, format, "{name}");
        assert_eq!(plan.rejects.total, 0, "{name}: {:?}", plan.rejects.first);
        assert_eq!(
            (plan.messages, plan.senders, plan.days()),
            (11_612, 1_219, 13),
            "{name}"
        );
        assert_eq!(plan.system, expected_joins as u64, "{name}");
        assert_eq!(joins(&records), expected_joins, "{name}");
        assert_eq!(
            plan.first.unwrap().to_string(),
            "2004-11-15T04:18:00Z",
            "{name}"
        );
        assert_eq!(
            plan.last.unwrap().to_string(),
            "2016-12-19T13:59:00Z",
            "{name}"
        );
        assert!(records.iter().all(|r| r.precision == precision), "{name}");
        let mut active: BTreeMap<String, HashSet<&str>> = BTreeMap::new();
        for record in &records {
            if let Body::Message(message) = &record.body {
                let day = super::shanghai().day(record.at).to_string();
                active
                    .entry(day)
                    .or_default()
                    .insert(message.sender.identity());
            }
        }
        for (day, (messages, members)) in daily() {
            assert_eq!(plan.daily[&day.parse().unwrap()], messages, "{name} {day}");
            assert_eq!(active[&day].len() as u64, members, "{name} {day}");
        }
        let keys: HashSet<_> = records.iter().map(|r| r.key).collect();
        assert_eq!(keys.len(), records.len(), "{name}");
    }
}

/// Texts, senders and times agree with the reference line by line.
#[test]
fn every_message_is_the_reference_message() {
    let Some(reference) = shared("chat_render_irc/reference/messages.csv") else {
        return;
    };
    let mut reader = csv_lines(&std::fs::read_to_string(reference).unwrap());
    reader.remove(0);
    for name in [
        "qq_group.txt",
        "whatsapp.txt",
        "telegram_result.json",
        "discord.json",
        "wechat_copy.txt",
        "wechat_stat.csv",
    ] {
        let path = shared(&format!("chat_render_irc/{name}")).unwrap();
        let (_, records) = records(&path, &chat_options());
        let messages = records.iter().filter_map(|record| match &record.body {
            Body::Message(message) => Some((record, message)),
            Body::System { .. } => None,
        });
        assert_eq!(reader.len(), 11_612);
        let minute = records[0].precision == Precision::Minute;
        for (row, (record, message)) in reader.iter().zip(messages) {
            let civil = super::shanghai().civil(record.at).to_string();
            let length = if minute { 16 } else { 19 };
            assert_eq!(
                civil[..length],
                row[0][..length],
                "{name} line {}",
                record.line
            );
            if let Some(id) = &message.sender.external_id {
                assert_eq!(
                    id.trim_start_matches("user"),
                    row[1],
                    "{name} line {}",
                    record.line
                );
            }
            assert_eq!(message.sender.name, row[2], "{name} line {}", record.line);
            assert_eq!(
                message.text.trim(),
                row[3].trim(),
                "{name} line {}",
                record.line
            );
        }
    }
}

/// A minimal reader of quoted CSV, so that the reference is not read with the code under test.
fn csv_lines(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut letters = text.chars().filter(|c| *c != '\r').peekable();
    while let Some(c) = letters.next() {
        let row = rows.last_mut().unwrap();
        match c {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => {
                row.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            other => row.last_mut().unwrap().push(other),
        }
    }
    rows.retain(|row| row.len() == 4);
    rows
}

fn messages(records: &[Record]) -> Vec<(&str, MessageKind, &str)> {
    let each = records.iter().filter_map(|record| match &record.body {
        Body::Message(m) => Some((m.sender.identity(), m.kind, m.text.as_str())),
        Body::System { .. } => None,
    });
    each.collect()
}

fn events(records: &[Record]) -> Vec<&System> {
    let each = records.iter().filter_map(|record| match &record.body {
        Body::System { event, .. } => Some(event),
        Body::Message(_) => None,
    });
    each.collect()
}

#[test]
fn the_qq_sample() {
    let Some(path) = sample("qq_group.txt") else {
        return;
    };
    let (plan, records) = records(&path, &chat_options());
    assert_eq!(plan.rooms[0].0.name.as_deref(), Some("测试交流群"));
    assert_eq!(plan.rejects.total, 0);
    assert_eq!(
        messages(&records),
        [
            ("10001", MessageKind::Text, "大家早上好\n今天有福利"),
            ("10002", MessageKind::Image, "[图片]"),
            (
                "tom@example.com",
                MessageKind::Text,
                "谢谢 2026-11-20 21:15:06 (不是头)"
            ),
            ("10003", MessageKind::Text, "昵称为空的人"),
        ]
    );
    let who = vec![Sender::named("小张")];
    assert_eq!(events(&records), [&System::Joined { who, inviter: None }]);
    assert_eq!(records[0].line, 9);
    assert_eq!(records[0].at.to_string(), "2026-11-20T01:05:01Z");
}

#[test]
fn an_export_of_several_qq_rooms_in_gbk() {
    let bar = "=".repeat(64);
    let text = format!(
        "消息记录（此消息记录为文本格式，不支持重新导入）\r\n\r\n{bar}\r\n消息分组:我的群聊\r\n{bar}\r\n消息对象:甲群\r\n{bar}\r\n\r\n2026-11-20 9:05:01 小王(10001)\r\n好\r\n\r\n{bar}\r\n消息分组:我的群聊\r\n{bar}\r\n消息对象:乙群\r\n{bar}\r\n\r\n2026-11-20 9:05:01 小王(10001)\r\n好\r\n\r\n2026-11-20 9:06:01 小李(10002)\r\n早\r\n"
    );
    let (bytes, ..) = encoding_rs::GB18030.encode(&text);
    let file = file(&bytes);
    let (plan, records) = records(file.path(), &chat_options());
    assert_eq!(plan.encoding, yutang_import::Encoding::Gb18030);
    let rooms: Vec<_> = plan
        .rooms
        .iter()
        .map(|(room, count)| (room.name.as_deref().unwrap(), *count))
        .collect();
    assert_eq!(rooms, [("甲群", 1), ("乙群", 2)]);
    // Rooms apart: the same words in two rooms have the same key, the group tells them apart.
    assert_eq!(records[0].key, records[1].key);
    let together = yutang_import::chat::Options {
        rooms: yutang_import::chat::Rooms::Together,
        ..chat_options()
    };
    let (_, records) = super::records(file.path(), &together);
    assert_ne!(records[0].key, records[1].key);
}

#[test]
fn the_whatsapp_samples() {
    let Some(path) = sample("whatsapp_android.txt") else {
        return;
    };
    let (plan, found) = records(&path, &chat_options());
    assert_eq!(plan.dates, yutang_import::DateOrder::Mdy);
    assert_eq!(
        messages(&found),
        [
            ("Wang", MessageKind::Text, "good morning\neveryone"),
            ("Li", MessageKind::Other, "<Media omitted>"),
            ("Zhao", MessageKind::Text, "hi: colon inside"),
        ]
    );
    let wang = Sender::named("Wang");
    let joined = System::Joined {
        who: vec![Sender::named("Zhao")],
        inviter: Some(wang.clone()),
    };
    assert_eq!(
        events(&found),
        [&System::Other, &System::Created { by: Some(wang) }, &joined]
    );

    let path = sample("whatsapp_ios.txt").unwrap();
    let (plan, found) = records(&path, &chat_options());
    assert_eq!(plan.dates, yutang_import::DateOrder::Dmy);
    assert_eq!(
        messages(&found),
        [
            ("Wang", MessageKind::Text, "good morning\neveryone"),
            ("Li", MessageKind::Image, "image omitted"),
            ("Zhao", MessageKind::Text, "narrow nbsp before PM"),
        ]
    );
    assert_eq!(events(&found), [&System::Other]);
    assert_eq!(found[3].at.to_string(), "2026-11-20T13:08:31Z");
    assert_eq!(found[3].precision, Precision::Second);
}

#[test]
fn a_chinese_whatsapp() {
    let text = "2026/11/19 上午9:05 - 消息和通话已进行端到端加密。\n2026/11/19 上午9:06 - 小王: 早\n2026/11/19 下午9:06 - 小李: <省略影音内容>\n2026/11/19 下午9:07 - 小王: <附件: IMG-1.jpg>\n2026/11/19 下午9:08 - 小李: 此消息已删除\n2026/11/19 下午9:09 - 小赵 加入了群组\n";
    let file = file(text.as_bytes());
    let (plan, found) = records(file.path(), &chat_options());
    assert_eq!((plan.messages, plan.system), (3, 3));
    assert_eq!(
        messages(&found).iter().map(|m| m.1).collect::<Vec<_>>(),
        [MessageKind::Text, MessageKind::Other, MessageKind::Image]
    );
    assert_eq!(found[2].at.to_string(), "2026-11-19T13:06:00Z");
    assert!(matches!(events(&found)[1], System::Recalled { .. }));
}

#[test]
fn the_telegram_sample() {
    let Some(path) = sample("telegram_single.json") else {
        return;
    };
    let (plan, found) = records(&path, &chat_options());
    assert_eq!((plan.messages, plan.system, plan.rejects.total), (3, 3, 1));
    assert_eq!(
        plan.rejects.first[0].reason.code(),
        "import.reject.not_exported"
    );
    let room = &plan.rooms[0].0;
    assert_eq!(
        (room.id.as_deref(), room.name.as_deref()),
        (Some("1234567890"), Some("测试群"))
    );
    let Body::Message(second) = &found[1].body else {
        panic!()
    };
    assert_eq!(second.text, "看 https://example.com @li");
    assert_eq!(second.mentions, [Sender::named("li")]);
    let Body::Message(third) = &found[2].body else {
        panic!()
    };
    assert_eq!(third.reply_to.as_deref(), Some("2"));
    assert_eq!(messages(&found)[2], ("user10009", MessageKind::Image, ""));
    let System::Joined { who, inviter } = events(&found)[1] else {
        panic!()
    };
    assert_eq!(
        (who[0].identity(), inviter.as_ref().unwrap().identity()),
        ("user10003", "user10001")
    );
    assert!(matches!(events(&found)[2], System::Removed { .. }));
    // One tells the time in Unix seconds; the zone plays no part.
    assert_eq!(found[0].at.ms(), 1_795_136_701_000);
    assert_eq!(found[1].line, 22);
}

#[test]
fn a_whole_telegram_account_with_control_characters() {
    let text = r#"{"about":"x","personal_information":{"first_name":"a"},"chats":{"about":"y","list":[
{"name":"A\x0b","type":"private_group","id":1,"messages":[
{"id":1,"type":"message","date":"2026-11-20T09:05:01","date_unixtime":"1795136701","from":"a","from_id":"user1","text":"x\x00y"}]},
{"name":"B","type":"private_group","id":2,"messages":[
{"id":1,"type":"message","date":"2026-11-20T09:05:01","date_unixtime":"1795136701","from":"a","from_id":"user1","text":"xy"}]}]},
"left_chats":{"about":"z","list":[{"type":"private_group","id":3,"messages":[{"id":9,"type":"message","date":"2026-11-20T09:05:01","from":"a","from_id":"user1","text":"z"}]}]}}"#;
    let file = file(text.as_bytes());
    let (plan, found) = records(file.path(), &chat_options());
    assert_eq!((plan.messages, plan.senders, plan.rooms.len()), (3, 1, 3));
    // The NUL is taken out; ids of two rooms are two ids.
    assert_eq!(messages(&found)[0].2, "xy");
    assert_ne!(found[0].key, found[1].key);
    // Without Unix seconds the local time is read in the given zone.
    assert_eq!(found[2].at.ms(), 1_795_136_701_000);
}

#[test]
fn the_discord_sample() {
    let Some(path) = sample("discord.json") else {
        return;
    };
    let (plan, found) = records(&path, &chat_options());
    assert_eq!((plan.messages, plan.senders), (2, 2));
    assert_eq!(plan.rooms[0].0.name.as_deref(), Some("G #general"));
    assert_eq!(found[0].at.to_string(), "2026-11-20T09:05:01.123Z");
    assert_eq!(
        (found[0].precision, found[1].precision),
        (Precision::Ms, Precision::Second)
    );
    let Body::Message(reply) = &found[1].body else {
        panic!()
    };
    assert_eq!(reply.reply_to.as_deref(), Some("9"));
    let Body::Message(first) = &found[0].body else {
        panic!()
    };
    assert_eq!(first.sender.name, "小王");
}

#[test]
fn the_memotrace_sample() {
    let Some(path) = sample("wechat_memotrace.csv") else {
        return;
    };
    let (plan, found) = records(&path, &chat_options());
    assert_eq!(plan.format, Format::Memotrace);
    assert_eq!(
        messages(&found),
        [
            ("wxid_a1", MessageKind::Text, "大家好\n第二行"),
            ("wxid_me", MessageKind::Image, ""),
        ]
    );
    let joined = System::Joined {
        who: vec![Sender::named("小李")],
        inviter: Some(Sender {
            external_id: Some("wxid_a1".to_owned()),
            ..Sender::named("小王")
        }),
    };
    assert_eq!(events(&found), [&joined]);
    assert_eq!((found[1].line, found[2].line), (4, 5));
}

#[test]
fn the_json_of_qq_and_wechat_tools() {
    let qq = r#"{"metadata":{"version":"1"},"chatInfo":{"name":"甲群","type":"group"},"statistics":{},"messages":[
{"messageId":"71","timestamp":1795136701000,"sender":{"uid":"u_1","uin":"10001","name":"小王"},"messageType":2,"isSystemMessage":false,"isRecalled":false,"content":{"text":"好","resources":[],"emojis":[],"reply":{"referencedMessageId":"70","senderName":"x","content":"y"}},"rawMessage":{"sendNickName":"w","sendMemberName":"店长小王"}},
{"messageId":"72","timestamp":1795136702000,"sender":{"uid":"","uin":"0","name":""},"isSystemMessage":true,"content":{"text":"小李加入了群聊"}}]}"#;
    let written = file(qq.as_bytes());
    let (plan, found) = records(written.path(), &chat_options());
    assert_eq!(
        (plan.format, plan.messages, plan.system),
        (Format::QqExporter, 1, 1)
    );
    let Body::Message(message) = &found[0].body else {
        panic!()
    };
    assert_eq!(message.sender.name, "店长小王");
    assert_eq!(message.reply_to.as_deref(), Some("70"));
    assert!(matches!(events(&found)[0], System::Joined { .. }));

    let weflow = r#"{"weflow":{"version":"1"},"session":{"wxid":"1@chatroom","nickname":"甲群","displayName":"甲群","type":"群聊","messageCount":2},"messages":[
{"localId":1,"createTime":1795136701,"formattedTime":"2026-11-20 09:05:01","type":"文本消息","content":"好","isSend":0,"senderUsername":"wxid_1","senderDisplayName":"小王"},
{"localId":2,"createTime":1795136702,"type":"系统消息","content":"\"小王\"邀请\"小李\"加入了群聊","isSend":null,"senderUsername":"","senderDisplayName":""}]}"#;
    let written = file(weflow.as_bytes());
    let (plan, found) = records(written.path(), &chat_options());
    assert_eq!(
        (plan.format, plan.messages, plan.system),
        (Format::Weflow, 1, 1)
    );
    assert_eq!(plan.rooms[0].0.id.as_deref(), Some("1@chatroom"));
    assert_eq!(messages(&found)[0].0, "wxid_1");
}

/// A notice has only a name: it means the one id that carries the name in the same room, wherever
/// in the file that stands, and nobody where two carry it.
#[test]
fn a_notice_means_the_only_id_of_its_name() {
    let text = "2026-05-01 12:18:00 系统消息(10000)\n王芳 加入了群聊。\n\n\
         2026-05-01 12:18:30 系统消息(10000)\n李雷 加入了群聊。\n\n\
         2026-05-01 12:19:00 王芳(20001)\n大家好\n\n\
         2026-05-01 12:20:00 李雷(20002)\n在\n\n\
         2026-05-01 12:21:00 李雷(20003)\n我也叫李雷\n\n\
         2026-05-01 12:22:00 系统消息(10000)\n没说话的人 加入了群聊。\n";
    let file = file(text.as_bytes());
    let (plan, records) = records(file.path(), &chat_options());
    let came: Vec<(&str, Option<&str>)> = records
        .iter()
        .filter_map(|record| match &record.body {
            Body::System { event, .. } => Some(event.people()),
            Body::Message(_) => None,
        })
        .flatten()
        .map(|who| (who.name.as_str(), who.external_id.as_deref()))
        .collect();
    assert_eq!(
        came,
        [
            ("王芳", Some("20001")),
            ("李雷", None),
            ("没说话的人", None)
        ]
    );
    assert_eq!(plan.bearer(None, "王芳"), Bearer::One("20001"));
    assert_eq!(plan.bearer(None, "李雷"), Bearer::Several);
    assert_eq!(plan.bearer(None, "没说话的人"), Bearer::Unknown);
}

/// What a UTF-8 file with a mark becomes when it is converted begins with the mark's character.
#[test]
fn the_mark_of_a_converted_file_is_no_text() {
    let text = "\u{feff}消息记录（此消息记录为文本格式，不支持重新导入）\n\n\
         2026-05-01 12:19:00 王芳(20001)\n大家好\n";
    let (gb, ..) = encoding_rs::GB18030.encode(text);
    let file = file(&gb);
    let (plan, records) = records(file.path(), &chat_options());
    assert_eq!(plan.encoding.to_string(), "GB18030");
    assert_eq!((plan.rejects.total, records.len()), (0, 1));
    let bare = "\u{feff}2026-05-01 12:19:00 王芳(20001)\n大家好\n";
    let (gb, ..) = encoding_rs::GB18030.encode(bare);
    let file = super::file(&gb);
    let (plan, records) = super::records(file.path(), &chat_options());
    assert_eq!((plan.rejects.total, records.len()), (0, 1));
}
