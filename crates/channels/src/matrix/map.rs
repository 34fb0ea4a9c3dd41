//! Events of a room as facts.

use serde_json::Value;
use yutang_domain::time::DAY;

use super::{room::Room, standing::LEVELS, wire::Event};
use crate::{Fact, Inbound, MessageKind, Picture, Sender};

/// Whose eyes a room is seen through.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The account's own id.
    pub me: &'a str,
    /// The room's id.
    pub room: &'a str,
    /// Whether these are the first events seen of the room, so that its state is news.
    pub first: bool,
}

impl View<'_> {
    /// Takes an event in, and says what happened.
    pub fn facts(self, room: &mut Room, event: &Event) -> Vec<Inbound> {
        let was = event
            .state_key
            .as_deref()
            .and_then(|key| room.membership(key))
            .map(str::to_owned);
        room.learn(event);
        let fact = match event.kind.as_str() {
            "m.room.message" | "m.sticker" => self.message(room, event),
            "m.reaction" => self.reacted(room, event),
            "m.room.encrypted" => return self.sealed(room, event).into_iter().collect(),
            "m.room.redaction" => recalled(event),
            "m.room.member" => self.membership(room, event, was.as_deref()),
            "m.room.name" if !room.private => event.text("name").map(|name| Fact::Renamed {
                name: name.to_owned(),
            }),
            "m.room.encryption" => Some(Fact::Encrypted),
            LEVELS if event.state_key.as_deref() == Some("") => Some(self.rights(room)),
            "m.room.tombstone" => event
                .text("replacement_room")
                .map(|to| Fact::Moved { to: to.to_owned() }),
            _ => None,
        };
        let Some(fact) = fact else { return Vec::new() };
        if room.private && !matches!(fact, Fact::Private { .. }) {
            return Vec::new();
        }
        let group = (!room.private).then(|| self.room.to_owned());
        let rights = matches!(fact, Fact::Rights { .. });
        let arrived = matches!(fact, Fact::Joined { .. });
        let mut facts = vec![Inbound {
            key: event.event_id.clone(),
            at: event.at(),
            group,
            fact,
        }];
        if rights && event.kind == LEVELS {
            facts.extend(self.stand_anew(room, event));
        }
        if arrived {
            facts.extend(self.stands_on_arrival(room, event));
        }
        facts
    }

    /// What is told of a room seen for the first time, once all of its state is known.
    pub fn begin(self, room: &Room, state: &[Event], timeline: &[Event]) -> Vec<Inbound> {
        if room.private {
            return Vec::new();
        }
        let last = |kind: &str, key: &str| {
            let mut events = state.iter().chain(timeline);
            events.rfind(|event| event.kind == kind && event.state_key.as_deref() == Some(key))
        };
        let mut facts = Vec::new();
        if let Some(own) = last("m.room.member", self.me) {
            facts.push(Inbound {
                key: format!("rights:{}", own.event_id),
                at: own.at(),
                group: Some(self.room.to_owned()),
                fact: self.rights(room),
            });
        }
        facts.extend(self.stand_first(room, last(LEVELS, ""), last("m.room.create", "")));
        facts
    }

    /// What the account may do in the room now.
    pub fn rights(self, room: &Room) -> Fact {
        Fact::Rights {
            name: room.name.clone(),
            can: room.rights(self.me),
        }
    }

    fn message(self, room: &Room, event: &Event) -> Option<Fact> {
        // What a program says is never answered, one's own words least of all.
        let notice = event.text("msgtype") == Some("m.notice");
        if event.sender == self.me || notice || event.state_key.is_some() {
            return None;
        }
        let relation = &event.content["m.relates_to"];
        let edits = (relation["rel_type"] == "m.replace")
            .then(|| relation["event_id"].as_str())
            .flatten();
        let content = match edits {
            Some(_) => event.content.get("m.new_content")?,
            None => &event.content,
        };
        let sender = room.sender(&event.sender);
        let answered = relation["m.in_reply_to"]["event_id"].as_str();
        let (kind, text) = words(event, content)?;
        let text = match answered {
            Some(_) if edits.is_none() => without_quote(text),
            _ => text,
        };
        if room.private {
            return Some(Fact::Private {
                sender,
                text: text.to_owned(),
            });
        }
        Some(Fact::Posted {
            sender,
            kind,
            text: text.to_owned(),
            reply_to: answered.map(str::to_owned),
            edits: edits.map(str::to_owned),
            picture: (kind == MessageKind::Image)
                .then(|| picture(content))
                .flatten(),
        })
    }

    fn reacted(self, room: &Room, event: &Event) -> Option<Fact> {
        let relation = &event.content["m.relates_to"];
        if event.sender == self.me || relation["rel_type"] != "m.annotation" {
            return None;
        }
        Some(Fact::Reacted {
            who: room.sender(&event.sender),
            message: relation["event_id"].as_str()?.to_owned(),
            with: relation["key"].as_str()?.to_owned(),
        })
    }

    /// That somebody wrote in private what only their devices can read.
    fn sealed(self, room: &mut Room, event: &Event) -> Option<Inbound> {
        let day = event.origin_server_ts.div_euclid(DAY);
        let told = room.sealed.is_some_and(|told| told >= day);
        if !room.private || event.sender == self.me || event.state_key.is_some() || told {
            return None;
        }
        room.sealed = Some(day);
        Some(Inbound {
            key: format!("sealed:{}:{day}", self.room),
            at: event.at(),
            group: None,
            fact: Fact::Sealed {
                who: room.sender(&event.sender),
            },
        })
    }

    fn membership(self, room: &Room, event: &Event, was: Option<&str>) -> Option<Fact> {
        let who = event.state_key.as_deref()?;
        if who == self.me {
            return match event.membership() {
                "join" | "leave" | "ban" => Some(self.rights(room)),
                _ => None,
            };
        }
        let before = event
            .before()
            .map_or(was, |content| content["membership"].as_str())
            .unwrap_or("leave");
        let sender = room.sender(who);
        let other = |id: &str| -> Option<Sender> {
            (id != who && id != self.me && !id.is_empty()).then(|| room.sender(id))
        };
        let by = other(&event.sender);
        match (before, event.membership()) {
            ("join", "join") if !self.first => None,
            (_, "join") => {
                let inviter = match before {
                    "invite" => event.unsigned["prev_sender"].as_str().and_then(other),
                    _ => None,
                };
                Some(Fact::Joined {
                    who: sender,
                    via: None,
                    inviter,
                })
            }
            ("knock", "knock") if !self.first => None,
            (_, "knock") => Some(Fact::Knocked {
                who: sender,
                reason: event.text("reason").unwrap_or_default().to_owned(),
                via: None,
            }),
            ("knock", "invite" | "leave" | "ban") if event.sender != self.me => {
                Some(Fact::KnockGone { who: sender })
            }
            ("join", "leave") if event.sender == who => Some(Fact::Left { who: sender }),
            ("join", "leave" | "ban") => Some(Fact::Removed { who: sender, by }),
            _ => None,
        }
    }
}

fn recalled(event: &Event) -> Option<Fact> {
    let message = event.redacts.as_deref().or_else(|| event.text("redacts"))?;
    Some(Fact::Recalled {
        message: message.to_owned(),
    })
}

/// What a message consists of, and its words; nothing where it has been taken back.
fn words<'a>(event: &Event, content: &'a Value) -> Option<(MessageKind, &'a str)> {
    let body = content["body"].as_str()?;
    if event.kind == "m.sticker" {
        return Some((MessageKind::Sticker, body));
    }
    // A file's words are its caption if they are not just its name.
    let caption = match content["filename"].as_str() {
        Some(name) if name != body => body,
        _ => "",
    };
    Some(match content["msgtype"].as_str()? {
        "m.text" | "m.emote" => (MessageKind::Text, body),
        "m.image" => (MessageKind::Image, caption),
        "m.audio" => (MessageKind::Voice, caption),
        "m.video" => (MessageKind::Video, caption),
        "m.file" => (MessageKind::File, body),
        _ => (MessageKind::Other, body),
    })
}

fn picture(content: &Value) -> Option<Picture> {
    let reference = content["url"].as_str()?;
    reference.starts_with("mxc://").then(|| Picture {
        reference: reference.to_owned(),
        size: content["info"]["size"].as_u64(),
        codes: Vec::new(),
    })
}

/// Without the lines that old clients repeat from the message they answer.
fn without_quote(text: &str) -> &str {
    if !text.starts_with("> ") {
        return text;
    }
    let mut rest = text;
    while rest.starts_with('>') {
        let Some((_, next)) = rest.split_once('\n') else {
            return text;
        };
        rest = next;
    }
    rest.trim_start_matches('\n')
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use yutang_domain::capability::Capability;

    use super::*;

    const ME: &str = "@bot:hs";

    fn view(first: bool) -> View<'static> {
        View {
            me: ME,
            room: "!room",
            first,
        }
    }

    fn event(value: Value) -> Event {
        let mut event = Event::read(value).unwrap();
        event.origin_server_ts = 1_795_296_226_047;
        event
    }

    fn read(room: &mut Room, value: Value) -> Vec<Fact> {
        let facts = view(false).facts(room, &event(value));
        facts.into_iter().map(|inbound| inbound.fact).collect()
    }

    fn said(content: Value) -> Value {
        json!({ "event_id": "$e", "type": "m.room.message", "sender": "@anna:hs", "content": content })
    }

    fn moved(who: &str, by: &str, before: &str, now: &str) -> Value {
        json!({ "event_id": "$m", "type": "m.room.member", "state_key": who, "sender": by,
                "content": { "membership": now, "displayname": "安娜", "reason": "为什么" },
                "unsigned": { "prev_content": { "membership": before }, "prev_sender": "@carl:hs" } })
    }

    #[test]
    fn words_answers_and_changes_are_told_apart() {
        let mut room = Room::default();
        let [Fact::Posted { sender, text, .. }] = &read(
            &mut room,
            said(json!({ "msgtype": "m.text", "body": "在吗" })),
        )[..] else {
            panic!("a message is posted");
        };
        assert_eq!((sender.name.as_str(), text.as_str()), ("anna", "在吗"));
        let answer = json!({ "msgtype": "m.text", "body": "> <@b:hs> 在吗\n> 吗\n\n在的",
            "m.relates_to": { "m.in_reply_to": { "event_id": "$q" } } });
        let [Fact::Posted { text, reply_to, .. }] = &read(&mut room, said(answer))[..] else {
            panic!("an answer is posted");
        };
        assert_eq!((text.as_str(), reply_to.as_deref()), ("在的", Some("$q")));
        let change = json!({ "msgtype": "m.text", "body": "* 加微信",
            "m.new_content": { "msgtype": "m.text", "body": "加微信" },
            "m.relates_to": { "rel_type": "m.replace", "event_id": "$e0" } });
        let [Fact::Posted { text, edits, .. }] = &read(&mut room, said(change))[..] else {
            panic!("a change is posted");
        };
        assert_eq!((text.as_str(), edits.as_deref()), ("加微信", Some("$e0")));
    }

    #[test]
    fn programs_and_oneself_are_not_listened_to() {
        let mut room = Room::default();
        assert!(
            read(
                &mut room,
                said(json!({ "msgtype": "m.notice", "body": "x" }))
            )
            .is_empty()
        );
        let mut own = said(json!({ "msgtype": "m.text", "body": "x" }));
        own["sender"] = json!(ME);
        assert!(read(&mut room, own).is_empty());
        assert!(read(&mut room, said(json!({}))).is_empty(), "taken back");
        assert!(read(&mut room, said(json!({ "msgtype": 7, "body": ["x"] }))).is_empty());
    }

    #[test]
    fn a_picture_can_be_fetched_and_its_name_is_no_caption() {
        let mut room = Room::default();
        let mut content = json!({ "msgtype": "m.image", "body": "q.png", "url": "mxc://hs/abc",
            "info": { "size": 700 } });
        let [
            Fact::Posted {
                text,
                picture,
                kind,
                ..
            },
        ] = &read(&mut room, said(content.clone()))[..]
        else {
            panic!("a picture is posted");
        };
        assert_eq!((text.as_str(), *kind), ("", MessageKind::Image));
        assert_eq!(picture.as_ref().unwrap().reference, "mxc://hs/abc");
        assert_eq!(picture.as_ref().unwrap().size, Some(700));
        content["filename"] = json!("q.png");
        content["body"] = json!("扫码进群");
        content["url"] = json!("https://evil.example/q.png");
        let [Fact::Posted { text, picture, .. }] = &read(&mut room, said(content))[..] else {
            panic!("a picture is posted");
        };
        assert_eq!(text, "扫码进群");
        assert_eq!(*picture, None, "only the homeserver is asked for pictures");
    }

    #[test]
    fn coming_and_going_says_who_did_it() {
        let anna = "@anna:hs";
        let is = |by: &str, before: &str, now: &str| {
            read(&mut Room::default(), moved(anna, by, before, now)).pop()
        };
        let Some(Fact::Joined { who, inviter, .. }) = is(anna, "invite", "join") else {
            panic!("somebody joined");
        };
        assert_eq!(who.name, "安娜");
        assert_eq!(inviter.unwrap().external_id, "@carl:hs");
        assert_eq!(is(anna, "join", "join"), None, "a change of name");
        assert!(matches!(is(anna, "join", "leave"), Some(Fact::Left { .. })));
        let Some(Fact::Removed { by: Some(by), .. }) = is("@carl:hs", "join", "leave") else {
            panic!("somebody was put out");
        };
        assert_eq!(by.name, "carl");
        assert!(matches!(
            is(ME, "join", "ban"),
            Some(Fact::Removed { by: None, .. })
        ));
        assert_eq!(
            is("@carl:hs", "ban", "leave"),
            None,
            "let in again, not put out"
        );
        let Some(Fact::Knocked { reason, .. }) = is(anna, "leave", "knock") else {
            panic!("somebody knocked");
        };
        assert_eq!(reason, "为什么");
        assert!(matches!(
            is(anna, "knock", "leave"),
            Some(Fact::KnockGone { .. })
        ));
        assert!(matches!(
            is("@carl:hs", "knock", "invite"),
            Some(Fact::KnockGone { .. })
        ));
        assert_eq!(is(ME, "knock", "invite"), None, "that was us");
        assert_eq!(is(ME, "knock", "leave"), None, "that was us");
    }

    #[test]
    fn what_came_before_is_remembered_where_the_server_does_not_say() {
        let mut room = Room::default();
        let mut joins = moved("@anna:hs", "@anna:hs", "", "join");
        joins["unsigned"] = json!({});
        assert!(matches!(
            read(&mut room, joins.clone())[..],
            [Fact::Joined { .. }]
        ));
        assert!(read(&mut room, joins).is_empty());
    }

    #[test]
    fn in_private_only_words_count() {
        let mut room = Room {
            private: true,
            ..Room::default()
        };
        let facts = view(false).facts(
            &mut room,
            &event(said(json!({ "msgtype": "m.text", "body": "我的" }))),
        );
        assert_eq!(facts[0].group, None);
        assert!(matches!(&facts[0].fact, Fact::Private { text, .. } if text == "我的"));
        assert!(read(&mut room, moved("@anna:hs", "@anna:hs", "leave", "join")).is_empty());
    }

    #[test]
    fn a_sign_names_the_message_it_is_for() {
        let sign = |by: &str, relation: Value| {
            read(
                &mut Room::default(),
                json!({ "event_id": "$s", "type": "m.reaction", "sender": by,
                        "content": { "m.relates_to": relation } }),
            )
        };
        let relation = json!({ "rel_type": "m.annotation", "event_id": "$e", "key": "👍" });
        let [Fact::Reacted { who, message, with }] = &sign("@anna:hs", relation.clone())[..] else {
            panic!("somebody reacted");
        };
        assert_eq!(
            (who.name.as_str(), message.as_str(), with.as_str()),
            ("anna", "$e", "👍")
        );
        assert!(sign(ME, relation).is_empty(), "one's own");
        let thread = json!({ "rel_type": "m.thread", "event_id": "$e", "key": "👍" });
        assert!(sign("@anna:hs", thread).is_empty());
        assert!(sign("@anna:hs", json!({ "rel_type": "m.annotation" })).is_empty());
    }

    #[test]
    fn what_is_encrypted_in_private_is_told_once_a_day() {
        let mut room = Room {
            private: true,
            ..Room::default()
        };
        let sealed = |room: &mut Room, by: &str, at: i64| {
            let mut event = event(
                json!({ "event_id": format!("${at}"), "type": "m.room.encrypted",
                "sender": by, "content": { "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "…" } }),
            );
            event.origin_server_ts = at;
            view(false).facts(room, &event)
        };
        let first = sealed(&mut room, "@anna:hs", 3 * DAY + 7);
        assert_eq!(
            (first[0].key.as_str(), first[0].group.as_deref()),
            ("sealed:!room:3", None)
        );
        assert!(matches!(&first[0].fact, Fact::Sealed { who } if who.name == "anna"));
        assert!(sealed(&mut room, "@anna:hs", 4 * DAY - 1).is_empty());
        assert!(sealed(&mut room, ME, 4 * DAY).is_empty());
        assert_eq!(
            sealed(&mut room, "@anna:hs", 4 * DAY)[0].key,
            "sealed:!room:4"
        );
        room = Room::default();
        assert!(
            sealed(&mut room, "@anna:hs", 5 * DAY).is_empty(),
            "a group says so by itself"
        );
    }

    #[test]
    fn both_forms_of_taking_back_are_understood() {
        let mut room = Room::default();
        for value in [
            json!({ "event_id": "$r", "type": "m.room.redaction", "sender": "@a:hs",
                    "content": { "redacts": "$e" } }),
            json!({ "event_id": "$r", "type": "m.room.redaction", "sender": "@a:hs",
                    "redacts": "$e", "content": {} }),
        ] {
            let expected = Fact::Recalled {
                message: "$e".to_owned(),
            };
            assert_eq!(read(&mut room, value), [expected]);
        }
    }

    #[test]
    fn the_state_of_a_room_is_told_once() {
        let mut room = Room::default();
        let facts = read(
            &mut room,
            json!({ "event_id": "$p", "type": "m.room.power_levels", "state_key": "", "sender": "@a:hs",
                    "content": { "users": { ME: 50 } } }),
        );
        let [Fact::Rights { can, .. }] = &facts[..] else {
            panic!("rights changed");
        };
        assert!(can.can(Capability::Remove));
        let facts = read(
            &mut room,
            json!({ "event_id": "$t", "type": "m.room.tombstone", "state_key": "", "sender": "@a:hs",
                    "content": { "replacement_room": "!next" } }),
        );
        assert_eq!(
            facts,
            [Fact::Moved {
                to: "!next".to_owned()
            }]
        );
        assert!(room.closed);
    }

    #[test]
    fn nothing_that_is_sent_makes_it_panic() {
        let mut room = Room::default();
        let odd = [
            json!(null),
            json!(7),
            json!("x"),
            json!([]),
            json!({}),
            json!({ "a": [null] }),
        ];
        for kind in [
            "m.room.message",
            "m.room.member",
            "m.room.power_levels",
            "m.room.create",
            "m.room.name",
            "m.room.redaction",
            "m.room.encrypted",
            "m.reaction",
            "m.room.tombstone",
            "m.sticker",
        ] {
            for content in &odd {
                for relation in &odd {
                    let mut content = content.clone();
                    if let Some(content) = content.as_object_mut() {
                        for field in [
                            "m.relates_to",
                            "m.new_content",
                            "body",
                            "users",
                            "membership",
                        ] {
                            content.insert(field.to_owned(), relation.clone());
                        }
                    }
                    let value = json!({ "event_id": "$x", "type": kind, "state_key": "",
                        "sender": "", "content": content, "unsigned": relation });
                    read(&mut room, value);
                    room.rights("@x");
                }
            }
        }
    }
}
