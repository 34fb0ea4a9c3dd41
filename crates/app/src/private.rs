//! What members say to the bot in private: at present, who they are to their own page.
//!
//! Six digits join the page that shows them to the account that says them; the words for "my data"
//! bring a link. Anything else may be a command ([`crate::command`]). The answer is a wish in the same
//! transaction, so a question that comes again after a crash is answered once.

use yutang_channels::{Inbound, Sender, Wish};
use yutang_domain::{actor::Actor, id::MemberId, time::Timestamp};
use yutang_store::{
    Tx,
    idempotency::{self, Answer},
    workspace,
};
use yutang_text::fold::fold;

use crate::{
    App, Caller, Result,
    identity::Sighting,
    inbound::Via,
    member_sign_in::{MemberSignInError, confirm_code},
    outbox::NewSend,
    text::Locale,
};

/// Who answers.
const BOT: Actor = Actor::System("bot");

/// What somebody wants of the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Want {
    /// To be recognised by the page that shows these digits.
    Code(String),
    /// A link to their own page.
    Link,
    /// To be heard where nothing can be read.
    Ears,
}

impl Want {
    fn of(text: &str) -> Option<Self> {
        let text = fold(text.trim());
        if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Some(Self::Code(text));
        }
        Locale::ALL
            .iter()
            .any(|locale| {
                let words = locale.say("bot.my_data_words", &[]);
                words.split('|').any(|word| fold(word) == text)
            })
            .then_some(Self::Link)
    }
}

impl App {
    /// Hears what somebody said in private, and writes the answer down; false where nothing was
    /// wanted, or it was answered before.
    ///
    /// # Errors
    /// The database refused.
    pub(crate) async fn hear(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        via: Via<'_>,
        inbound: &Inbound,
        (sender, text): (&Sender, &str),
        now: Timestamp,
    ) -> Result<bool> {
        match Want::of(text) {
            Some(want) => {
                self.answer_once(tx, caller, via, (inbound, sender), &want, now)
                    .await
            }
            None => {
                self.obey(tx, caller, via, inbound, (sender, text), now)
                    .await
            }
        }
    }

    /// Tells somebody who wrote where it is encrypted that they cannot be heard there.
    pub(crate) async fn answer_sealed(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        via: Via<'_>,
        inbound: &Inbound,
        who: &Sender,
        now: Timestamp,
    ) -> Result<bool> {
        self.answer_once(tx, caller, via, (inbound, who), &Want::Ears, now)
            .await
    }

    async fn answer_once(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        via: Via<'_>,
        (inbound, sender): (&Inbound, &Sender),
        want: &Want,
        now: Timestamp,
    ) -> Result<bool> {
        let answered = Answer {
            body_hash: Vec::new(),
            status: 200,
            response: String::new(),
            created_at: now,
        };
        let (workspace, hearer) = (caller.workspace, via.account.to_string());
        if !idempotency::insert(tx, workspace, &hearer, "private", &inbound.key, &answered).await? {
            return Ok(false);
        }
        let sighting = Sighting::new(via.channel, &sender.external_id, &sender.name, inbound.at);
        let member = self.resolve_identity(tx, caller, &sighting, now).await?;
        let text = self.answer(tx, caller, member, want, now).await?;
        let send = NewSend {
            account: via.account,
            group: None,
            member: Some(member),
            wish: Wish::Whisper {
                to: sender.external_id.clone(),
                text,
            },
            at: now,
            cause: None,
        };
        self.send_later(tx, workspace, &send, &BOT, now).await?;
        Ok(true)
    }

    async fn answer(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        member: MemberId,
        want: &Want,
        now: Timestamp,
    ) -> Result<String> {
        let house = workspace::get(tx, caller.workspace).await?;
        let locale = house.locale.parse::<Locale>().unwrap_or_default();
        Ok(match want {
            Want::Ears => locale.say("bot.sealed", &[]),
            Want::Code(code) => {
                let key = match confirm_code(tx, caller.workspace, member, code, now).await? {
                    Ok(()) => "bot.code_heard",
                    Err(MemberSignInError::TooOften) => "bot.code_too_often",
                    Err(_) => "bot.code_unknown",
                };
                locale.say(key, &[])
            }
            Want::Link => match self.reached_at() {
                None => locale.say("bot.link_unknown", &[]),
                Some(base) => {
                    let link = self
                        .member_link_in(tx, caller.workspace, member, &BOT, now)
                        .await?;
                    let url = format!("{base}/m/{}/in/{}", house.slug, link.token);
                    locale.say("bot.link", &[("url", &url)])
                }
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_the_words_of_three_languages_are_understood() {
        assert_eq!(Want::of(" 012345 "), Some(Want::Code("012345".to_owned())));
        assert_eq!(
            Want::of("０１２３４５"),
            Some(Want::Code("012345".to_owned()))
        );
        for words in ["我的数据", "我的資料", "My data"] {
            assert_eq!(Want::of(words), Some(Want::Link), "{words}");
        }
        for other in ["12345", "1234567", "在吗", ""] {
            assert_eq!(Want::of(other), None, "{other}");
        }
    }
}
