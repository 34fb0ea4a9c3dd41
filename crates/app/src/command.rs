//! What is said to the bot, in private and in groups: heard once, answered where it may be read.
//!
//! Members ask for rules, for what is known of them, for help; staff take a complaint on, settle it,
//! keep somebody quiet. What somebody may do is asked of the same verbs as everywhere, so a rule
//! holds in the chat as it does in the console. An answer is a wish in the transaction that heard
//! the question: what comes again after a crash is answered once. In a group an answer goes to
//! whoever asked, in private where the network lets the bot write first.

mod member;
mod staff;

use std::collections::HashMap;

use yutang_channels::{Fact, Inbound, Sender, Wish};
use yutang_domain::{
    actor::{Actor, Scope},
    capability::{Capability, Profile},
    command::{self as rules, Command, Place, Said},
    error::Class,
    id::{ChannelAccountId, MemberId},
    time::{DAY, Timestamp, Zone},
    welcome::quiet_until,
};
use yutang_store::{
    Tx, branch, channel_account,
    group::Group,
    idempotency::{self, Answer},
    staff as people,
    workspace::{self, Workspace},
};
use yutang_text::fold::fold;

use crate::{
    App, Caller, Result,
    identity::Sighting,
    inbound::{STALE, Via},
    outbox::NewSend,
    reach::capabilities,
    text::Locale,
    workspace::Settings,
};

/// Who answers.
const BOT: Actor = Actor::System("bot");
/// Characters that are written otherwise in traditional texts, as far as commands hold them.
const SIMPLIFIED: &str = "规则帮举报诉误复订阅处闭务静进";

/// A command as it was heard.
struct Heard<'a> {
    said: Said,
    /// What was said along with it, as it was written.
    written: &'a str,
    /// Who said it.
    sender: &'a Sender,
    /// As a member.
    member: MemberId,
    /// Where; none in private.
    group: Option<&'a Group>,
    /// The key of the message that it answers.
    answers: Option<&'a str>,
    /// Its own key.
    key: &'a str,
    /// The house it was said in.
    house: &'a Workspace,
    /// In which language it is answered.
    locale: Locale,
    now: Timestamp,
}

/// What is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Reply {
    /// To whoever asked alone; empty for nothing.
    text: String,
    /// In the group, where nothing can be said to them alone; empty for nothing.
    aloud: String,
}

impl Reply {
    /// The same wherever it is said.
    fn open(text: String) -> Self {
        Self {
            aloud: text.clone(),
            text,
        }
    }

    /// For one person's eyes only.
    const fn close(text: String) -> Self {
        Self {
            text,
            aloud: String::new(),
        }
    }
}

impl App {
    /// Obeys what somebody said in private; false where it was no command, or was obeyed before.
    pub(crate) async fn obey(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        via: Via<'_>,
        inbound: &Inbound,
        (sender, text): (&Sender, &str),
        now: Timestamp,
    ) -> Result<bool> {
        let place = Place {
            in_group: false,
            answers: false,
            names: &[],
        };
        match understood(text, &place) {
            Some(said) => {
                let words = (sender, text, said);
                self.obey_alone(tx, caller, via, (&inbound.key, inbound.at), words, now)
                    .await
            }
            None => Ok(false),
        }
    }

    /// Says who the bot is and what it understands to whoever said something else to it in private,
    /// once a day: only where it may write to nobody who did not begin, since there it is a bot
    /// that is written to and nobody else. From then on it may write to them.
    pub(crate) async fn introduce(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        via: Via<'_>,
        inbound: &Inbound,
        (sender, text): (&Sender, &str),
        now: Timestamp,
    ) -> Result<bool> {
        let account = channel_account::get(tx, caller.workspace, via.account).await?;
        if account.profile.parse().is_ok_and(Profile::writes_first) {
            return Ok(false);
        }
        let hearer = via.account.to_string();
        for verb in ["private", "command", "gate"] {
            let (workspace, key) = (caller.workspace, &inbound.key);
            if idempotency::find(tx, workspace, &hearer, verb, key)
                .await?
                .is_some()
            {
                return Ok(false);
            }
        }
        let key = format!("hello:{}:{}", now.ms() / DAY, sender.external_id);
        let said = Said {
            command: Command::Help,
            words: String::new(),
            in_english: false,
        };
        let words = (sender, text, said);
        self.obey_alone(tx, caller, via, (&key, inbound.at), words, now)
            .await
    }

    /// Obeys in private what has not been obeyed under this key.
    async fn obey_alone(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        via: Via<'_>,
        (key, at): (&str, Timestamp),
        (sender, text, said): (&Sender, &str, Said),
        now: Timestamp,
    ) -> Result<bool> {
        if !first_time(tx, caller, via.account, key, now).await? {
            return Ok(false);
        }
        let sighting = Sighting::new(via.channel, &sender.external_id, &sender.name, at);
        let member = self.resolve_identity(tx, caller, &sighting, now).await?;
        let house = workspace::get(tx, caller.workspace).await?;
        let heard = Heard {
            locale: tongue(&said, text, &house),
            written: as_written(text, &said.words),
            said,
            sender,
            member,
            group: None,
            answers: None,
            key,
            house: &house,
            now,
        };
        let Some(reply) = self.obeyed(tx, caller, &heard).await? else {
            return Ok(true);
        };
        if !reply.text.is_empty() {
            let send = NewSend {
                account: via.account,
                group: None,
                member: Some(member),
                wish: Wish::Whisper {
                    to: sender.external_id.clone(),
                    text: reply.text,
                },
                at: now,
                cause: None,
            };
            self.send_later(tx, caller.workspace, &send, &BOT, now)
                .await?;
        }
        Ok(true)
    }

    /// Obeys what was said to the bot in a group.
    pub(crate) async fn obey_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        facts: &[&Inbound],
        people: &HashMap<&str, MemberId>,
        now: Timestamp,
    ) -> Result<()> {
        let Some(account) = group.channel_account_id else {
            return Ok(());
        };
        let mut known: Option<(Profile, Vec<String>, Workspace)> = None;
        for fact in facts.iter().filter(|fact| fact.at >= now.plus(-STALE)) {
            let Fact::Posted {
                sender,
                text,
                reply_to,
                edits: None,
                ..
            } = &fact.fact
            else {
                continue;
            };
            let answers = reply_to.is_some();
            if text.chars().count() > rules::LENGTH || !(answers || may_name(text)) {
                continue;
            }
            let (profile, names, house) = match &mut known {
                Some(known) => known,
                none => {
                    let Some(met) = self.met(tx, caller, account).await? else {
                        return Ok(());
                    };
                    none.insert(met)
                }
            };
            let place = Place {
                in_group: true,
                answers,
                names,
            };
            let (Some(said), Some(member)) = (
                understood(text, &place),
                people.get(sender.external_id.as_str()),
            ) else {
                continue;
            };
            if !first_time(tx, caller, account, &fact.key, now).await? {
                continue;
            }
            let heard = Heard {
                locale: tongue(&said, text, house),
                written: as_written(text, &said.words),
                said,
                sender,
                member: *member,
                group: Some(group),
                answers: reply_to.as_deref(),
                key: &fact.key,
                house,
                now,
            };
            if let Some(reply) = self.obeyed(tx, caller, &heard).await? {
                self.answer_in(tx, group, account, *profile, &heard, reply)
                    .await?;
            }
        }
        Ok(())
    }

    async fn met(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        account: ChannelAccountId,
    ) -> Result<Option<(Profile, Vec<String>, Workspace)>> {
        let row = channel_account::get(tx, caller.workspace, account).await?;
        let Ok(profile) = row.profile.parse::<Profile>() else {
            return Ok(None);
        };
        let user = channel_account::connection(tx, account)
            .await?
            .map(|connection| connection.external_user);
        let mut names = vec![fold(&row.name)];
        if let Some(user) = user {
            let user = fold(&user);
            let local = user.trim_start_matches('@');
            names.push(local.split(':').next().unwrap_or_default().to_owned());
            names.push(local.to_owned());
        }
        // The longest first: one may begin another.
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.dedup();
        let house = workspace::get(tx, caller.workspace).await?;
        Ok(Some((profile, names, house)))
    }

    /// To whoever asked where that can be begun; else in the group, outside its quiet hours.
    async fn answer_in(
        &self,
        tx: &mut Tx,
        group: &Group,
        account: ChannelAccountId,
        profile: Profile,
        heard: &Heard<'_>,
        reply: Reply,
    ) -> Result<()> {
        let writes_first = profile.can(Capability::PostPrivate) && profile.writes_first();
        let (wish, at) = if writes_first && !reply.text.is_empty() {
            let wish = Wish::Whisper {
                to: heard.sender.external_id.clone(),
                text: reply.text,
            };
            (wish, heard.now)
        } else {
            let rights = yutang_store::group::rights(tx, heard.house.id, group.id).await?;
            let can = rights
                .rights
                .as_deref()
                .map_or_else(|| profile.capabilities(), capabilities);
            let (true, false, Some(external)) = (
                can.can(Capability::PostGroup),
                reply.aloud.is_empty(),
                &group.external_id,
            ) else {
                return Ok(());
            };
            let wish = Wish::Post {
                group: external.clone(),
                text: reply.aloud,
                reply_to: Some(heard.key.to_owned()),
            };
            (wish, aloud_at(heard.house, heard.now)?)
        };
        let send = NewSend {
            account,
            group: Some(group.id),
            member: Some(heard.member),
            wish,
            at,
            cause: None,
        };
        self.send_later(tx, heard.house.id, &send, &BOT, heard.now)
            .await?;
        Ok(())
    }

    /// What a command comes to. One that a rule refuses is answered and holds nothing else up: what
    /// came in with it is taken in all the same.
    async fn obeyed(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        heard: &Heard<'_>,
    ) -> Result<Option<Reply>> {
        match self.answer_of(tx, caller, heard).await {
            Err(error)
                if matches!(
                    error.class(),
                    Class::Invalid | Class::Denied | Class::NotFound | Class::Conflict
                ) =>
            {
                tracing::debug!(code = error.code(), "a command was refused");
                let text = heard.locale.say("bot.not_done", &[]);
                Ok(Some(Reply::close(text)))
            }
            other => other,
        }
    }

    async fn answer_of(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        heard: &Heard<'_>,
    ) -> Result<Option<Reply>> {
        if !heard.said.command.is_for_staff() {
            return self.obey_member(tx, caller, heard).await.map(Some);
        }
        // To anybody else these are words like others.
        match self.as_staff(tx, heard).await? {
            Some(staff) => self.obey_staff(tx, &staff, heard).await,
            None => Ok(None),
        }
    }

    /// The member of staff whose own account this is.
    async fn as_staff(&self, tx: &mut Tx, heard: &Heard<'_>) -> Result<Option<Caller>> {
        let Some(row) = people::of_member(tx, heard.house.id, heard.member).await? else {
            return Ok(None);
        };
        let branch = match row.branch_id {
            Some(id) => Some((id, branch::get(tx, heard.house.id, id).await?.path)),
            None => None,
        };
        let actor = Actor::Staff {
            id: row.id,
            account: row.account_id,
            role: row.role,
            scope: Scope { branch },
        };
        Ok(Some(Caller::new(heard.house, actor, &row.name, heard.key)?))
    }
}

fn understood(text: &str, place: &Place<'_>) -> Option<Said> {
    if text.chars().count() > rules::LENGTH {
        return None;
    }
    rules::parse(&fold(text), place)
}

/// The end of a text that folds to `words`.
fn as_written<'a>(text: &'a str, words: &str) -> &'a str {
    let found = text
        .char_indices()
        .map(|(at, _)| &text[at..])
        .find(|rest| !words.is_empty() && rules::unended(&fold(rest.trim())) == words);
    found.unwrap_or_default().trim()
}

/// Whether a text could be said to the bot: most are not, and need not be folded.
fn may_name(text: &str) -> bool {
    let first = text.trim_start().chars().next();
    first.is_some_and(|letter| matches!(letter, '/' | '／' | '@' | '＠'))
        || text.contains([':', '：', ',', '，', ' '])
}

/// Whether this is heard for the first time.
async fn first_time(
    tx: &mut Tx,
    caller: &Caller,
    account: ChannelAccountId,
    key: &str,
    now: Timestamp,
) -> Result<bool> {
    let answered = Answer {
        body_hash: Vec::new(),
        status: 200,
        response: String::new(),
        created_at: now,
    };
    let hearer = account.to_string();
    Ok(idempotency::insert(tx, caller.workspace, &hearer, "command", key, &answered).await?)
}

/// The language in which something was asked, where its words show it; else that of the house.
fn tongue(said: &Said, raw: &str, house: &Workspace) -> Locale {
    let own = house.locale.parse::<Locale>().unwrap_or_default();
    if said.in_english {
        return Locale::En;
    }
    if said.command != Command::Stop && raw.is_ascii() {
        return own;
    }
    let folded = fold(raw);
    let traditional = raw.chars().any(|letter| {
        SIMPLIFIED
            .chars()
            .any(|s| s != letter && fold_one(letter) == Some(s))
    });
    if traditional {
        return Locale::ZhHant;
    }
    let simplified = folded.chars().any(|letter| SIMPLIFIED.contains(letter));
    match own {
        Locale::ZhHant if simplified => Locale::ZhHans,
        Locale::En if !raw.is_ascii() => Locale::ZhHans,
        own => own,
    }
}

fn fold_one(letter: char) -> Option<char> {
    let mut buffer = [0; 4];
    fold(letter.encode_utf8(&mut buffer)).chars().next()
}

/// The instant itself, or when the quiet hours of the house end.
fn aloud_at(house: &Workspace, now: Timestamp) -> Result<Timestamp> {
    let quiet = Settings::of(house)?.quiet_hours;
    let zone = Zone::from_name(&house.zone)?;
    Ok(quiet_until(now, &zone, quiet.from, quiet.to).unwrap_or(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(locale: &str) -> Workspace {
        Workspace {
            id: yutang_domain::id::WorkspaceId::from_raw(1),
            slug: "default".to_owned(),
            name: "麦田里烘焙".to_owned(),
            zone: "Asia/Shanghai".to_owned(),
            currency: "CNY".to_owned(),
            locale: locale.to_owned(),
            demo: false,
            settings: "{}".to_owned(),
            created_at: Timestamp::from_ms(0),
            updated_at: Timestamp::from_ms(0),
        }
    }

    fn asked(text: &str, locale: &str) -> Locale {
        let place = Place {
            in_group: false,
            answers: false,
            names: &[],
        };
        let said = understood(text, &place).unwrap();
        tongue(&said, text, &house(locale))
    }

    #[test]
    fn the_language_asked_in_is_the_language_answered_in() {
        assert_eq!(asked("规则", "zh-Hans"), Locale::ZhHans);
        assert_eq!(asked("規則", "zh-Hans"), Locale::ZhHant);
        assert_eq!(asked("规则", "zh-Hant"), Locale::ZhHans);
        assert_eq!(asked("幫助", "en"), Locale::ZhHant);
        assert_eq!(asked("帮助", "en"), Locale::ZhHans);
        assert_eq!(asked("help", "zh-Hans"), Locale::En);
        assert_eq!(asked("我的", "zh-Hant"), Locale::ZhHant, "the same in both");
        assert_eq!(asked("我的", "zh-Hans"), Locale::ZhHans);
        assert_eq!(
            asked("TD", "zh-Hans"),
            Locale::ZhHans,
            "a word of every language"
        );
    }

    #[test]
    fn what_is_said_along_is_kept_as_it_was_written() {
        let said = |text: &'static str| {
            let place = Place {
                in_group: false,
                answers: false,
                names: &[],
            };
            as_written(text, &understood(text, &place).unwrap().words)
        };
        assert_eq!(
            said("申訴 我沒有發廣告，是 Amy 借的手機"),
            "我沒有發廣告，是 Amy 借的手機"
        );
        assert_eq!(said("Close: Refunded ¥18!"), "Refunded ¥18!");
        assert_eq!(said("申诉"), "");
    }

    #[test]
    fn a_group_is_left_in_peace_at_night() {
        let mut house = house("zh-Hans");
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let aloud = |house: &Workspace, text: &str| aloud_at(house, at(text)).unwrap();
        let morning = at("2026-11-21T08:00:00+08:00");
        assert_eq!(aloud(&house, "2026-11-20T22:00:00+08:00"), morning);
        assert_eq!(aloud(&house, "2026-11-21T07:59:00+08:00"), morning);
        assert_eq!(aloud(&house, "2026-11-21T08:00:00+08:00"), morning);
        house.settings = r#"{"quiet_hours":{"from":20,"to":9}}"#.to_owned();
        let nine = at("2026-11-21T09:00:00+08:00");
        assert_eq!(
            aloud(&house, "2026-11-20T21:00:00+08:00"),
            nine,
            "as the organisation set it"
        );
    }
}
