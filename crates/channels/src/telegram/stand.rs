//! Who somebody is in a group.
//!
//! Telegram tells it in four ways: by the list of those who run a group, which is asked for; by a
//! change of one member; by a message whose writer is a program; and by a message written in the
//! name of the group itself, or brought by itself from the channel that the group belongs to. What
//! is told here stands before whatever else the same update tells, so that nobody is judged as
//! what they are not.

use yutang_domain::{group::Standing, time::Timestamp};

use super::{
    map::{at, somebody},
    wire::{Chat, Member, MemberChange, Message, User},
};
use crate::{Fact, Inbound, Sender};

/// Under this account Telegram shows those who run a group and act without their name.
pub const ANONYMOUS: i64 = 1_087_968_824;

/// Where, when and by which update something was told.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// The group.
    pub chat: i64,
    /// When it happened.
    pub at: Timestamp,
    /// The number of the update.
    pub update: i64,
}

impl Told {
    /// By this update, of what happened in `chat` then.
    pub const fn new(chat: &Chat, seconds: i64, update: i64) -> Self {
        Self {
            chat: chat.id,
            at: at(seconds),
            update,
        }
    }

    /// What was told.
    pub fn fact(self, key: String, fact: Fact) -> Inbound {
        Inbound {
            key,
            at: self.at,
            group: Some(self.chat.to_string()),
            fact,
        }
    }

    /// What somebody is by what is shown of them, if it shows anything but a member.
    pub fn shown(self, user: &User) -> Option<Inbound> {
        Some(self.stands(somebody(user), shown(user)?))
    }

    /// The same of whoever wrote a message.
    pub fn wrote(self, message: &Message) -> Option<Inbound> {
        let standing = match &message.sender_chat {
            Some(behalf) => (behalf.id == message.chat.id || message.is_automatic_forward)
                .then_some(Standing::Admin),
            None => message.from.as_ref().and_then(shown),
        };
        Some(self.stands(writer(message)?, standing?))
    }

    /// What somebody else became by a change, if that is another thing than before. Whoever comes
    /// in is a member without a word; whoever ran the group and goes is told to be one, and stays
    /// it if they come back.
    pub fn became(self, change: &MemberChange) -> Option<Inbound> {
        let was = standing(&change.old_chat_member);
        let is = standing(&change.new_chat_member);
        let told = match (was, is) {
            (Some(Standing::Owner | Standing::Admin), None) => Standing::Member,
            (None, Some(Standing::Member)) => return None,
            (_, Some(is)) if was != Some(is) => is,
            _ => return None,
        };
        Some(self.stands(somebody(&change.new_chat_member.user), told))
    }

    fn stands(self, who: Sender, standing: Standing) -> Inbound {
        self.stands_by(who, standing, &self.update.to_string())
    }

    fn stands_by(self, who: Sender, standing: Standing, by: &str) -> Inbound {
        let key = format!("{}:stands:{}:{by}", self.chat, who.external_id);
        self.fact(key, Fact::Stands { who, standing })
    }
}

/// Those who run a group, as its list says, without the bot `me` itself. They are told under the
/// same keys whenever the list is asked for.
pub fn listed(told: Told, running: &[Member], me: i64) -> impl Iterator<Item = Inbound> {
    running
        .iter()
        .filter(move |member| member.user.id != me)
        .filter_map(move |member| {
            let who = somebody(&member.user);
            Some(told.stands_by(who, standing(member)?, &member.status))
        })
}

/// Who wrote a message: a person, or the group or channel in whose name it stands.
pub fn writer(message: &Message) -> Option<Sender> {
    match (&message.sender_chat, &message.from) {
        (Some(behalf), _) => Some(Sender {
            external_id: behalf.id.to_string(),
            name: behalf.title.clone().unwrap_or_default(),
        }),
        (None, from) => from.as_ref().map(somebody),
    }
}

fn shown(user: &User) -> Option<Standing> {
    match user {
        User { id: ANONYMOUS, .. } => Some(Standing::Admin),
        User { is_bot: true, .. } => Some(Standing::Bot),
        _ => None,
    }
}

/// What somebody is; none if they are not in the group.
fn standing(member: &Member) -> Option<Standing> {
    if !member.inside() {
        return None;
    }
    let by_status = match member.status.as_str() {
        "creator" => Standing::Owner,
        "administrator" => Standing::Admin,
        _ => Standing::Member,
    };
    Some(shown(&member.user).unwrap_or(by_status))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::telegram::{map::View, wire::Update};

    fn read(update: Value) -> Vec<Inbound> {
        let update: Update = serde_json::from_value(update).unwrap();
        let view = View {
            me: 42,
            reads_all: true,
        };
        view.facts(&update, |_| false)
    }

    fn group() -> Value {
        json!({ "id": -1, "type": "supergroup", "title": "群" })
    }

    /// What the first fact says, if it is of a standing.
    fn first(facts: &[Inbound]) -> Option<(&str, &str, Standing)> {
        match &facts.first()?.fact {
            Fact::Stands { who, standing } => {
                Some((facts[0].key.as_str(), who.external_id.as_str(), *standing))
            }
            _ => None,
        }
    }

    fn change(user: Value, from: i64, was: Value, is: Value) -> Vec<Inbound> {
        let member = |mut member: Value| {
            member["user"] = user.clone();
            member
        };
        read(
            json!({ "update_id": 5, "chat_member": { "chat": group(), "date": 9,
            "from": { "id": from, "is_bot": from == ANONYMOUS, "first_name": "r" },
            "old_chat_member": member(was), "new_chat_member": member(is) } }),
        )
    }

    #[test]
    fn a_change_of_standing_is_told_both_ways_and_nothing_else_is() {
        let user = || json!({ "id": 7, "is_bot": false, "first_name": "u" });
        let status = |status: &str| json!({ "status": status, "is_member": true });
        let cases = [
            ("member", "administrator", Some(Standing::Admin)),
            ("administrator", "member", Some(Standing::Member)),
            ("administrator", "restricted", Some(Standing::Member)),
            ("administrator", "creator", Some(Standing::Owner)),
            ("creator", "administrator", Some(Standing::Admin)),
            ("left", "administrator", Some(Standing::Admin)),
            ("creator", "left", Some(Standing::Member)),
            ("administrator", "kicked", Some(Standing::Member)),
            ("administrator", "administrator", None),
            ("member", "restricted", None),
            ("left", "member", None),
            ("member", "kicked", None),
        ];
        for (was, is, expected) in cases {
            let facts = change(user(), 1, status(was), status(is));
            let told = first(&facts);
            assert_eq!(told.map(|told| told.2), expected, "{was} → {is}");
            if let Some((key, who, _)) = told {
                assert_eq!((key, who), ("-1:stands:7:5", "7"));
            }
            let passed = ["left", "kicked"].contains(&was) != ["left", "kicked"].contains(&is);
            let others = facts.len() - usize::from(expected.is_some());
            assert_eq!(others, usize::from(passed), "{was} → {is}");
        }
        let outside = json!({ "status": "restricted", "is_member": false });
        let facts = change(user(), 1, status("administrator"), outside);
        assert_eq!(first(&facts).map(|told| told.2), Some(Standing::Member));
    }

    #[test]
    fn a_program_is_one_before_it_comes_and_before_it_speaks() {
        let bot = || json!({ "id": 43, "is_bot": true, "first_name": "b" });
        let status = |status: &str| json!({ "status": status });
        let facts = change(bot(), 7, status("left"), status("member"));
        assert_eq!(first(&facts).map(|told| told.2), Some(Standing::Bot));
        assert!(matches!(facts[1].fact, Fact::Joined { .. }));
        for (was, is) in [("member", "administrator"), ("administrator", "left")] {
            let facts = change(bot(), 7, status(was), status(is));
            assert_eq!(first(&facts), None, "{was} → {is}: a program all along");
        }
        for kind in ["message", "edited_message"] {
            let facts = read(
                json!({ "update_id": 6, kind: { "message_id": 3, "date": 9, "edit_date": 9,
                "chat": group(), "from": bot(), "text": "签到成功" } }),
            );
            let expected = ("-1:stands:43:6", "43", Standing::Bot);
            assert_eq!(first(&facts), Some(expected), "{kind}");
            assert!(matches!(facts[1].fact, Fact::Posted { .. }), "{kind}");
        }
        let facts = read(
            json!({ "update_id": 6, "message": { "message_id": 3, "date": 9,
            "chat": group(), "from": { "id": 7, "first_name": "u" }, "new_chat_members": [bot()] } }),
        );
        assert_eq!(first(&facts).map(|told| told.2), Some(Standing::Bot));
        // The bot's own words are no news.
        let own = json!({ "id": 42, "is_bot": true, "first_name": "群管家" });
        let facts = read(
            json!({ "update_id": 6, "message": { "message_id": 3, "date": 9,
            "chat": group(), "from": own, "text": "大家早" } }),
        );
        assert!(facts.is_empty());
    }

    #[test]
    fn whoever_acts_without_a_name_runs_the_group() {
        let user = json!({ "id": 7, "is_bot": false, "first_name": "u" });
        let status = |status: &str| json!({ "status": status });
        let facts = change(user, ANONYMOUS, status("member"), status("kicked"));
        let expected = ("-1:stands:1087968824:5", "1087968824", Standing::Admin);
        assert_eq!(first(&facts), Some(expected));
        assert!(matches!(&facts[1].fact, Fact::Removed { by: Some(_), .. }));
        let said = |sender_chat: Value, forwarded: bool| {
            read(
                json!({ "update_id": 6, "message": { "message_id": 3, "date": 9,
                "chat": group(), "sender_chat": sender_chat, "is_automatic_forward": forwarded,
                "from": { "id": ANONYMOUS, "is_bot": true, "first_name": "Group" }, "text": "今晚上新" } }),
            )
        };
        let facts = said(group(), false);
        assert_eq!(
            first(&facts),
            Some(("-1:stands:-1:6", "-1", Standing::Admin))
        );
        let channel = || json!({ "id": -9, "type": "channel", "title": "频道" });
        let facts = said(channel(), true);
        assert_eq!(
            first(&facts),
            Some(("-1:stands:-9:6", "-9", Standing::Admin))
        );
        // Somebody else's channel is nobody in particular.
        let facts = said(channel(), false);
        let [only] = &facts[..] else {
            panic!("{facts:?}");
        };
        assert!(
            matches!(&only.fact, Fact::Posted { sender, .. } if sender.external_id == "-9"),
            "{only:?}"
        );
    }

    #[test]
    fn the_list_is_told_under_the_same_keys_each_time() {
        let running: Vec<Member> = serde_json::from_value(json!([
            { "status": "creator", "user": { "id": 1, "first_name": "u" } },
            { "status": "administrator", "user": { "id": 7, "first_name": "u" } },
            { "status": "administrator", "user": { "id": 42, "is_bot": true } },
            { "status": "administrator", "user": { "id": 43, "is_bot": true } },
            { "status": "administrator", "user": { "id": ANONYMOUS, "is_bot": true } },
        ]))
        .unwrap();
        let told = |seconds| -> Vec<(String, Standing)> {
            let chat = Chat {
                id: -1,
                ..Chat::default()
            };
            listed(Told::new(&chat, seconds, seconds), &running, 42)
                .filter_map(|inbound| match inbound.fact {
                    Fact::Stands { standing, .. } => Some((inbound.key, standing)),
                    _ => None,
                })
                .collect()
        };
        let first = told(5);
        let expected = [
            ("-1:stands:1:creator", Standing::Owner),
            ("-1:stands:7:administrator", Standing::Admin),
            ("-1:stands:43:administrator", Standing::Bot),
            ("-1:stands:1087968824:administrator", Standing::Admin),
        ];
        assert_eq!(
            first,
            expected.map(|(key, standing)| (key.to_owned(), standing))
        );
        assert_eq!(told(500), first);
    }
}
