//! Keeping somebody from writing: a power level below everybody's.
//!
//! Somebody who has a level of their own gets it back when they may write again. What it was the
//! account keeps on its server, as data of its own about the room, so that the next start knows it
//! too. In the levels themselves it would be seen by all and written by whoever may change levels:
//! they could note a power for the account to hand out that they could not hand out themselves,
//! and clients that write levels anew would drop it. It is noted before the level is taken, for a
//! crash may come in between, and forgotten once the person has it back or somebody else let them
//! write.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    MatrixChannel,
    room::{MUTED, Room, number},
    standing::LEVELS,
    wire::Event,
};
use crate::{ChannelError, Sent};

/// How often a change of the power levels is tried while others change them too.
const RACES: usize = 3;
/// What the account's data about somebody's former level are called; their id follows.
const FORMER: &str = "cn.yutang.muted.";
/// The field with that level.
const LEVEL: &str = "level";

const NOTHING: Sent = Sent { external_id: None };

impl MatrixChannel {
    /// Keeps somebody from writing. Levels are one event that whoever comes last writes whole, so
    /// it is read again afterwards.
    pub(super) async fn mute(&self, room: &str, who: &str) -> Result<Sent, ChannelError> {
        let mut known = self.known(room, false).await?;
        for _ in 0..RACES {
            let own = self.own_level(room, who, &mut known).await?;
            if own.is_some_and(is_muted) {
                return Ok(NOTHING);
            }
            if known.level(who) >= known.level(&self.me) {
                let reason = "not allowed: whoever has as much power as the account cannot be \
                              kept from writing"
                    .to_owned();
                return Err(ChannelError::Fail { reason });
            }
            self.note_former(room, who, own).await?;
            self.write_level(room, who, &known, Some(MUTED)).await?;
        }
        Err(contested())
    }

    /// Lets somebody write again, with the level they had if the account can still give it.
    pub(super) async fn unmute(&self, room: &str, who: &str) -> Result<Sent, ChannelError> {
        let mut known = self.known(room, false).await?;
        for _ in 0..RACES {
            let own = self.own_level(room, who, &mut known).await?;
            // A level that was given for another reason is not touched.
            if !own.is_some_and(is_muted) {
                self.note_former(room, who, None).await?;
                return Ok(NOTHING);
            }
            let former = self.former(room, who).await?;
            let former = former.filter(|level| *level <= known.level(&self.me));
            self.write_level(room, who, &known, former).await?;
        }
        Err(contested())
    }

    /// Forgets the former level of people whom somebody else let write again: what they have now
    /// is what that person wanted.
    pub(super) async fn forget_lifted(
        &self,
        room: &str,
        events: &[&Event],
    ) -> Result<(), ChannelError> {
        for who in lifted(&self.me, events) {
            let noted = self.note_former(room, &who, None).await;
            if let Err(error @ ChannelError::Retry { .. }) = noted {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Reads the levels anew, and the one that somebody has of their own.
    async fn own_level(
        &self,
        room: &str,
        who: &str,
        known: &mut Room,
    ) -> Result<Option<i64>, ChannelError> {
        known.levels = self.state(room, LEVELS, "").await?;
        let levels = known.levels.as_ref().unwrap_or(&Value::Null);
        Ok(number(&levels["users"][who]))
    }

    async fn write_level(
        &self,
        room: &str,
        who: &str,
        known: &Room,
        level: Option<i64>,
    ) -> Result<(), ChannelError> {
        let mut levels = known.levels.clone().unwrap_or_else(|| json!({}));
        if !levels["users"].is_object() {
            levels["users"] = json!({});
        }
        if let Some(users) = levels["users"].as_object_mut() {
            match level {
                Some(level) => users.insert(who.to_owned(), json!(level)),
                None => users.remove(who),
            };
        }
        self.put(&["rooms", room, "state", LEVELS, ""], &levels)
            .await?;
        Ok(())
    }

    async fn former(&self, room: &str, who: &str) -> Result<Option<i64>, ChannelError> {
        let kind = format!("{FORMER}{who}");
        let found = self.find(&self.former_at(room, &kind)).await?;
        Ok(found.and_then(|noted| noted[LEVEL].as_i64()))
    }

    /// Notes a former level, or that there is none.
    async fn note_former(
        &self,
        room: &str,
        who: &str,
        level: Option<i64>,
    ) -> Result<(), ChannelError> {
        if self.former(room, who).await? == level {
            return Ok(());
        }
        let note = level.map_or_else(|| json!({}), |level| json!({ LEVEL: level }));
        let kind = format!("{FORMER}{who}");
        self.put(&self.former_at(room, &kind), &note).await?;
        Ok(())
    }

    fn former_at<'a>(&'a self, room: &'a str, kind: &'a str) -> [&'a str; 6] {
        ["user", &self.me, "rooms", room, "account_data", kind]
    }
}

const fn is_muted(level: i64) -> bool {
    level <= MUTED
}

/// Whom somebody other than `me` let write again, and who was not muted anew by it since.
fn lifted(me: &str, events: &[&Event]) -> BTreeSet<String> {
    let muted = |levels: &Value| -> BTreeSet<String> {
        let users = levels["users"].as_object().into_iter().flatten();
        users
            .filter(|(_, level)| number(level).is_some_and(is_muted))
            .map(|(who, _)| who.clone())
            .collect()
    };
    let mut lifted = BTreeSet::new();
    for event in events.iter().filter(|event| event.kind == LEVELS) {
        let Some(before) = event.before() else {
            continue;
        };
        let (before, now) = (muted(before), muted(&event.content));
        if event.sender == me {
            lifted.retain(|who| !now.contains(who) || before.contains(who));
        } else {
            lifted.extend(before.difference(&now).cloned());
        }
    }
    lifted
}

fn contested() -> ChannelError {
    ChannelError::Retry {
        after_ms: 2_000,
        reason: "others keep changing the power levels".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_forgotten_where_somebody_else_let_them_write() {
        let event = |by: &str, before: i64, now: i64| {
            Event::read(json!({ "type": LEVELS, "state_key": "", "sender": by,
                "content": { "users": { "@ben:hs": now, "@still:hs": -1 } },
                "unsigned": { "prev_content": { "users": { "@ben:hs": before, "@still:hs": -1 } } } }))
            .unwrap()
        };
        let whom = |events: &[Event]| {
            let events: Vec<&Event> = events.iter().collect();
            lifted("@bot:hs", &events).into_iter().collect::<Vec<_>>()
        };
        let by_owner = event("@owner:hs", -1, 0);
        assert_eq!(whom(std::slice::from_ref(&by_owner)), ["@ben:hs"]);
        assert!(whom(&[event("@bot:hs", -1, 50)]).is_empty(), "our own");
        assert!(whom(&[event("@owner:hs", -1, -1), event("@owner:hs", 50, -1)]).is_empty());
        let again = event("@bot:hs", 0, -1);
        assert!(whom(&[by_owner.clone(), again]).is_empty(), "ours anew");
        let theirs = event("@owner:hs", 0, -1);
        assert_eq!(whom(&[by_owner, theirs]), ["@ben:hs"]);
    }
}
