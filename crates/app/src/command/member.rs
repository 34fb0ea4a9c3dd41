//! What members ask of the bot.

use yutang_domain::{
    actor::Actor,
    command::Command,
    id::{GroupId, MemberId},
};
use yutang_store::{Tx, announcement, group, member, membership};

use super::{BOT, Heard, Reply};
use crate::{App, Caller, Result};

/// How many characters of the rules are said; the rest stands on their page.
const RULES: usize = 500;
/// Of how many groups the rules are named at once.
const GROUPS: usize = 5;

/// A group that somebody is in.
struct Home {
    id: GroupId,
    name: String,
}

impl App {
    pub(super) async fn obey_member(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        heard: &Heard<'_>,
    ) -> Result<Reply> {
        match heard.said.command {
            Command::Rules => self.tell_rules(tx, heard).await.map(Reply::open),
            Command::Me => self.tell_me(tx, heard).await,
            Command::Report => self.pass_report_on(tx, caller, heard).await,
            Command::Appeal => self.appeal(tx, heard).await,
            Command::Stop => {
                let by = Actor::Member(heard.member);
                self.leave_alone(tx, heard.house.id, heard.member, &by, heard.now)
                    .await?;
                Ok(Reply::open(heard.locale.say("bot.stopped", &[])))
            }
            Command::Resume => {
                self.write_again(tx, heard.house.id, heard.member).await?;
                Ok(Reply::open(heard.locale.say("bot.resumed", &[])))
            }
            _ => self.tell_help(tx, heard).await.map(Reply::open),
        }
    }

    /// The message answered is against the rules: counted once for each person.
    async fn pass_report_on(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        heard: &Heard<'_>,
    ) -> Result<Reply> {
        let Some(message) = self.answered_message(tx, heard).await? else {
            let text = heard.locale.say("bot.answer_the_message", &[]);
            return Ok(Reply::open(text));
        };
        let reported = self
            .report_message(tx, caller, message.id, heard.member, heard.now)
            .await?;
        let key = if reported.counts {
            "bot.report_taken"
        } else {
            "bot.report_not_counted"
        };
        Ok(Reply::open(heard.locale.say(key, &[])))
    }

    /// The latest sanction against whoever says so was wrong; who takes the appeal in answers it.
    async fn appeal(&self, tx: &mut Tx, heard: &Heard<'_>) -> Result<Reply> {
        let (workspace, member) = (heard.house.id, heard.member);
        let open = self.appealable(tx, workspace, member).await?;
        let Some(id) = open.first() else {
            return Ok(Reply::open(heard.locale.say("bot.appeal_nothing", &[])));
        };
        let said = (heard.written, heard.group.is_none());
        self.hear_appeal(tx, workspace, *id, member, said, heard.now)
            .await?;
        Ok(Reply::default())
    }

    /// What can be said to the bot, which says that it is one and whose. req: 003-166
    async fn tell_help(&self, tx: &mut Tx, heard: &Heard<'_>) -> Result<String> {
        let is_staff = self.as_staff(tx, heard).await?.is_some();
        let mut text = heard
            .locale
            .say("bot.help", &[("house", &heard.house.name)]);
        if is_staff && heard.group.is_none() {
            text.push('\n');
            text.push_str(&heard.locale.say("bot.help_staff", &[]));
        }
        Ok(text)
    }

    async fn tell_rules(&self, tx: &mut Tx, heard: &Heard<'_>) -> Result<String> {
        let homes = match heard.group {
            Some(group) => vec![Home {
                id: group.id,
                name: group.name.clone(),
            }],
            None => homes(tx, heard, heard.member).await?,
        };
        match homes.as_slice() {
            [] => Ok(heard.locale.say("bot.rules_no_group", &[])),
            [home] => self.rules_in(tx, heard, home).await,
            many => {
                let mut text = heard.locale.say("bot.rules_many", &[]);
                for home in many.iter().take(GROUPS) {
                    text.push('\n');
                    text.push_str(&self.rules_line(heard, home));
                }
                Ok(text)
            }
        }
    }

    async fn rules_in(&self, tx: &mut Tx, heard: &Heard<'_>, home: &Home) -> Result<String> {
        let version = group::get(tx, heard.house.id, home.id)
            .await?
            .announcement_version;
        let newest = announcement::list(tx, heard.house.id, home.id)
            .await?
            .into_iter()
            .find(|one| one.version == version);
        let Some(newest) = newest else {
            let args = [("group", home.name.as_str())];
            return Ok(heard.locale.say("bot.rules_none", &args));
        };
        let version = newest.version.to_string();
        let forbidden: String = newest.forbidden.trim().chars().take(RULES).collect();
        let args = [
            ("group", home.name.as_str()),
            ("version", &version),
            ("rules", &forbidden),
        ];
        let mut text = heard.locale.say("bot.rules", &args);
        if let Some(url) = self.rules_url(heard, home.id) {
            text.push('\n');
            text.push_str(&heard.locale.say("bot.rules_page", &[("url", &url)]));
        }
        Ok(text)
    }

    fn rules_line(&self, heard: &Heard<'_>, home: &Home) -> String {
        match self.rules_url(heard, home.id) {
            Some(url) => format!("{}：{url}", home.name),
            None => home.name.clone(),
        }
    }

    fn rules_url(&self, heard: &Heard<'_>, group: GroupId) -> Option<String> {
        let base = self.reached_at()?;
        Some(format!("{base}/m/{}/rules/{group}", heard.house.slug))
    }

    /// What is known of the one who asks, with a link to their own page; never aloud.
    async fn tell_me(&self, tx: &mut Tx, heard: &Heard<'_>) -> Result<Reply> {
        let homes = homes(tx, heard, heard.member).await?;
        let names: Vec<&str> = homes
            .iter()
            .take(GROUPS)
            .map(|home| home.name.as_str())
            .collect();
        let (count, names) = (homes.len().to_string(), heard.locale.list(&names));
        let name = member::get(tx, heard.house.id, heard.member).await?.name;
        let args = [
            ("name", name.as_str()),
            ("count", &count),
            ("groups", &names),
        ];
        let mut text = heard.locale.say("bot.me", &args);
        if let Some(base) = self.reached_at() {
            let link = self
                .member_link_in(tx, heard.house.id, heard.member, &BOT, heard.now)
                .await?;
            let url = format!("{base}/m/{}/in/{}", heard.house.slug, link.token);
            text.push('\n');
            text.push_str(&heard.locale.say("bot.link", &[("url", &url)]));
        }
        Ok(Reply {
            text,
            aloud: heard.locale.say("bot.say_in_private", &[]),
        })
    }
}

async fn homes(tx: &mut Tx, heard: &Heard<'_>, who: MemberId) -> Result<Vec<Home>> {
    let person = member::get(tx, heard.house.id, who).await?.canonical_id;
    let places = membership::of_person(tx, heard.house.id, person).await?;
    Ok(places
        .into_iter()
        .filter(|place| place.left_at.is_none())
        .map(|place| Home {
            id: place.group_id,
            name: place.group_name,
        })
        .collect())
}
