//! A broadcast as an operator writes it.

use serde::{Deserialize, Serialize};

use super::{
    AHEAD, ATTACHMENTS, BroadcastError, FASTEST, GROUP_VARIABLES, LENGTH, Mode, NAME_LENGTH, NAMED,
    STORE_VARIABLES,
};
use crate::{
    group::{Audience, Scene, Stage},
    id::{BranchId, GroupId},
    time::{MINUTE, Timestamp},
    welcome::variables,
};

/// Something that goes with the text: a link that opens in the chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// What it is called.
    pub title: String,
    /// Where it leads.
    pub url: String,
}

/// Which groups it is for. Lists that are empty leave all in; lists that are not are held together by
/// "and".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reach {
    /// In these branches, or below them.
    pub branches: Vec<BranchId>,
    /// Of these uses.
    pub scenes: Vec<Scene>,
    /// Of these kinds.
    pub audiences: Vec<Audience>,
    /// At these stages of life.
    pub stages: Vec<Stage>,
    /// Only these.
    pub groups: Vec<GroupId>,
    /// Not these.
    pub without: Vec<GroupId>,
}

/// A broadcast as an operator writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// What it is called among staff.
    pub name: String,
    /// Which groups.
    pub reach: Reach,
    /// The words.
    pub text: String,
    /// What goes with them.
    pub attachments: Vec<Attachment>,
    /// How.
    pub mode: Mode,
    /// Whether it sells something: such a one waits where a complaint is open (trade.md 6).
    pub selling: bool,
    /// When; `None` = as soon as it is let go.
    pub at: Option<Timestamp>,
    /// At most so many messages a minute through one account.
    pub per_minute: i64,
    /// Why claims that an advert may not make stand in it all the same; empty = they do not.
    pub grounds: String,
}

impl Draft {
    /// Checks what an operator has written.
    ///
    /// # Errors
    /// [`BroadcastError`], naming the field.
    pub fn check(&self, now: Timestamp) -> Result<(), BroadcastError> {
        let named = self.name.trim().chars().count();
        if named == 0 || named > NAME_LENGTH {
            return Err(BroadcastError::Name);
        }
        let written = self.text.trim().chars().count();
        if written == 0 || written > LENGTH {
            return Err(BroadcastError::Text(written));
        }
        let known = |name: &&str| GROUP_VARIABLES.contains(name) || STORE_VARIABLES.contains(name);
        if let Some(name) = variables(&self.text).find(|name| !known(name)) {
            let name = name.chars().take(20).collect();
            return Err(BroadcastError::Variable { name });
        }
        if self.attachments.len() > ATTACHMENTS {
            return Err(BroadcastError::Attachments);
        }
        let opens = |one: &Attachment| {
            (one.url.starts_with("https://") || one.url.starts_with("http://"))
                && one.url.len() <= 2_000
                && !one.url.contains(char::is_whitespace)
                && (1..=100).contains(&one.title.trim().chars().count())
        };
        if let Some(index) = self.attachments.iter().position(|one| !opens(one)) {
            return Err(BroadcastError::Attachment(index));
        }
        if !(1..=FASTEST).contains(&self.per_minute) {
            return Err(BroadcastError::Rate);
        }
        if self.reach.groups.len() > NAMED || self.reach.without.len() > NAMED {
            return Err(BroadcastError::Groups);
        }
        match self.at {
            Some(at) if at < now.plus(-MINUTE) || at > now.plus(AHEAD) => Err(BroadcastError::When),
            _ => Ok(()),
        }
    }

    /// The words with what goes with them, as they stand in a chat.
    pub fn said(&self, text: &str) -> String {
        let mut said = text.trim().to_owned();
        for one in &self.attachments {
            said.push('\n');
            said.push_str(one.title.trim());
            said.push(' ');
            said.push_str(&one.url);
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::Rule as _, time::HOUR};

    const NOW: Timestamp = Timestamp::from_ms(1_780_000_000_000);

    fn draft() -> Draft {
        Draft {
            name: "周六抢购预告".to_owned(),
            reach: Reach::default(),
            text: "{{store}}周六 20:00 抢购，取货 {{pickup}}".to_owned(),
            attachments: vec![],
            mode: Mode::Task,
            selling: true,
            at: None,
            per_minute: 20,
            grounds: String::new(),
        }
    }

    #[test]
    fn what_an_operator_writes_is_checked_field_by_field() {
        assert_eq!(draft().check(NOW), Ok(()));
        let with = |change: &dyn Fn(&mut Draft)| {
            let mut one = draft();
            change(&mut one);
            let refused = one.check(NOW).unwrap_err();
            (refused.code(), refused.at().unwrap_or_default())
        };
        let name = with(&|one| one.name = "  ".to_owned());
        assert_eq!(name, ("broadcast.name", "name".to_owned()));
        let long = with(&|one| one.text = "长".repeat(4_001));
        assert_eq!(long.0, "broadcast.text");
        let unknown = with(&|one| one.text = "{{price}}".to_owned());
        assert_eq!(unknown, ("broadcast.variable", "text".to_owned()));
        let link = |url: &str| Attachment {
            title: "清单".to_owned(),
            url: url.to_owned(),
        };
        let bad = with(&|one| one.attachments = vec![link("https://a.cn"), link("javascript:x")]);
        assert_eq!(bad, ("broadcast.attachment", "attachments.1".to_owned()));
        let many = with(&|one| one.attachments = vec![link("https://a.cn"); 10]);
        assert_eq!(many.0, "broadcast.attachments");
        let past = with(&|one| one.at = Some(NOW.plus(-HOUR)));
        assert_eq!(past, ("broadcast.when", "at".to_owned()));
        assert_eq!(with(&|one| one.per_minute = 0).0, "broadcast.rate");
        let mut one = draft();
        one.attachments = vec![link("https://a.cn/1")];
        assert_eq!(one.said(" 看这里 "), "看这里\n清单 https://a.cn/1");
    }
}
