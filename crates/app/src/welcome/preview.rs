//! How a welcome would be said on each channel.

use yutang_domain::{
    capability::{Capabilities, Capability, Profile},
    id::GroupId,
    permission::Operation,
    welcome::{Private, Template, private_way},
};

use crate::{App, Caller, Result, gate::Here, macros::in_tx};

/// How a text would be said on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The words, as they are said.
    pub text: String,
    /// `post`, `welcome`, `whisper`, `announce` or `task`; `None` = not at all.
    pub way: Option<&'static str>,
    /// Why not by the channel itself, as a code.
    pub cannot: Option<&'static str>,
    /// In how many messages.
    pub messages: usize,
}

/// A welcome on one channel.
#[derive(Clone, Debug)]
pub struct WelcomePreview {
    /// The channel.
    pub profile: Profile,
    /// Whether it is the group's own.
    pub own: bool,
    /// The line in the group.
    pub line: Shown,
    /// The same for several people at once.
    pub together: Shown,
    /// The line for those who were here before.
    pub returning: Shown,
    /// What is said in private.
    pub private: Shown,
    /// The reminder.
    pub reminder: Shown,
}

/// Longest message of Telegram, in UTF-16 units.
const TELEGRAM_UNITS: usize = 4_096;

impl App {
    /// How a welcome would be said on each channel, the group's own first.
    ///
    /// # Errors
    /// [`welcome::WelcomeError`], naming the field.
    pub async fn preview_welcome(
        &self,
        caller: &Caller,
        id: GroupId,
        template: &Template,
    ) -> Result<Vec<WelcomePreview>> {
        caller.may(Operation::GroupRead)?;
        template.check()?;
        let now = self.now();
        let here = in_tx!(self, Read, tx => {
            let (row, _) = self.group_in_scope(tx, caller, id).await?;
            self.here(tx, caller, &row).await
        })?;
        let people: Vec<String> = (1..=12)
            .map(|n| {
                let key = format!("welcome.example_{}", (n - 1) % 3 + 1);
                here.locale.say(&key, &[])
            })
            .collect();
        let one = &people[0];
        let undone = here.locale.say("welcome.undone.rules", &[]);
        let spell = |text: &str, nickname: &str| here.spell(text, (nickname, &undone), caller, now);
        let returning = if template.returning.trim().is_empty() {
            &template.line
        } else {
            &template.returning
        };
        Ok(shown_on(&here)
            .map(|(profile, can, own)| {
                let sees = can.can(Capability::SeeJoins);
                let line = |text: String| {
                    in_group(text, profile, can, "post", Capability::PostGroup, sees)
                };
                let private = |text: String| in_private(text, profile, can, sees);
                WelcomePreview {
                    profile,
                    own,
                    line: line(spell(&template.line, one)),
                    together: line(spell(&template.line, &here.together(&people))),
                    returning: line(spell(returning, one)),
                    private: private(spell(&template.private, one)),
                    reminder: private(spell(&template.reminder, one)),
                }
            })
            .collect())
    }
}

/// The channels a text is shown on, the group's own first, each with what it can.
pub(crate) fn shown_on(here: &Here) -> impl Iterator<Item = (Profile, Capabilities, bool)> + '_ {
    const ALL: [Profile; 5] = [
        Profile::WecomPlain,
        Profile::WecomArchive,
        Profile::WechatPersonal,
        Profile::Matrix,
        Profile::Telegram,
    ];
    let own = here.profile.map(|profile| (profile, here.can, true));
    let others = ALL
        .into_iter()
        .filter(move |profile| here.profile != Some(*profile))
        .map(|profile| (profile, profile.capabilities(), false));
    own.into_iter().chain(others)
}

fn messages(text: &str, profile: Profile) -> usize {
    if text.is_empty() {
        0
    } else if profile == Profile::Telegram {
        text.encode_utf16().count().div_ceil(TELEGRAM_UNITS)
    } else {
        1
    }
}

/// How a text for a whole group is said.
pub(crate) fn in_group(
    text: String,
    profile: Profile,
    can: Capabilities,
    way: &'static str,
    needs: Capability,
    sees: bool,
) -> Shown {
    let (way, cannot) = if text.is_empty() {
        (None, None)
    } else if !sees {
        (None, Some(Capability::SeeJoins.cannot()))
    } else if can.can(needs) {
        (Some(way), None)
    } else {
        (Some("task"), Some(needs.cannot()))
    };
    Shown {
        messages: messages(&text, profile),
        text,
        way,
        cannot,
    }
}

fn in_private(text: String, profile: Profile, can: Capabilities, sees: bool) -> Shown {
    let (way, cannot) = if text.is_empty() {
        (None, None)
    } else if !sees {
        (None, Some(Capability::SeeJoins.cannot()))
    } else {
        match private_way(Some(profile), can, false) {
            Some(Private::Welcome) => (Some("welcome"), None),
            Some(Private::Whisper) => (Some("whisper"), None),
            None if profile == Profile::Telegram => (None, Some("welcome.telegram_first")),
            None => (None, Some(Capability::WelcomePrivate.cannot())),
        }
    };
    Shown {
        messages: messages(&text, profile),
        text,
        way,
        cannot,
    }
}
