//! Welcomes: what newcomers are told, written by operators in versions and said by the channel, or
//! by a person where it cannot.

mod preview;

pub use preview::{Shown, WelcomePreview};
pub(crate) use preview::{in_group, shown_on};

use std::collections::HashMap;

use yutang_channels::Wish;
use yutang_domain::{
    capability::Capability,
    event::{Event, EventKind},
    id::{GroupId, MemberId},
    permission::Operation,
    task::TaskKind,
    time::{HOUR, Timestamp},
    welcome::{self, LONGEST_WAIT, Private, Template, When, fill, private_way, spoken, variables},
};
use yutang_store::{
    Tx, event, gate as gates,
    group::Group,
    onboarding::{self, Onboarding, Seat},
    suppression,
    welcome::{self as welcomes, Welcome},
};

use crate::{
    App, Caller, Result, audit::Change, gate::Here, macros::in_tx, outbox::NewSend, task::NewTask,
    text::Locale,
};

/// Who greets.
const GREETER: yutang_domain::actor::Actor = yutang_domain::actor::Actor::System("welcome");
/// How soon somebody says a greeting by hand, in milliseconds.
const GREET_WITHIN: i64 = HOUR;
/// Versions that are shown.
const VERSIONS: usize = 50;

/// A group's welcome as it is in force.
#[derive(Clone, Debug)]
pub struct WelcomeView {
    /// Its number; 0 = the usual words.
    pub version: i64,
    /// What is told.
    pub template: Template,
    /// Who wrote it, by name, and when.
    pub changed: Option<(String, Timestamp)>,
}

/// The usual words, which are said once somebody has switched them on.
pub(crate) fn usual(locale: Locale) -> Template {
    // Raw: what stands between braces is filled in when it is said.
    let raw = |key: &str| locale.find(key).unwrap_or_default().to_owned();
    Template {
        on: false,
        line: raw("welcome.usual_line"),
        private: raw("welcome.usual_private"),
        returning: raw("welcome.usual_returning"),
        reminder: raw("welcome.usual_reminder"),
    }
}

impl Here {
    /// A text with its variables filled in, signed by the bot where it does not say who it is.
    pub(crate) fn spell(
        &self,
        text: &str,
        (nickname, undone): (&str, &str),
        caller: &Caller,
        now: Timestamp,
    ) -> String {
        let said = fill(text, |name| match name {
            "nickname" => Some(nickname.to_owned()),
            "undone" => Some(undone.to_owned()),
            other => self.value(other, caller, now),
        });
        if said.is_empty() || variables(text).any(|name| name == "bot") {
            return said;
        }
        let bot = self.value("bot", caller, now).unwrap_or_default();
        let signature = self.locale.say("welcome.signed", &[("bot", &bot)]);
        format!("{said}\n{signature}")
    }

    /// Several names as one.
    pub(crate) fn together(&self, names: &[String]) -> String {
        let (shown, more) = welcome::named(names);
        let shown = self.locale.list(shown);
        if !more {
            return shown;
        }
        let count = names.len().to_string();
        self.locale
            .say("welcome.many", &[("names", &shown), ("count", &count)])
    }
}

impl App {
    /// What newcomers of a group are told.
    pub(crate) async fn template_of(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: GroupId,
        locale: Locale,
    ) -> Result<(i64, Template)> {
        let newest = welcomes::list(tx, caller.workspace, group, 1).await?.pop();
        Ok(newest.map_or_else(|| (0, usual(locale)), |row| (row.version, row.template())))
    }

    /// A group's welcome as it is in force.
    ///
    /// # Errors
    /// The group is out of reach.
    pub async fn welcome(&self, caller: &Caller, id: GroupId) -> Result<WelcomeView> {
        caller.may(Operation::GroupRead)?;
        in_tx!(self, Read, tx => {
            let (row, _) = self.group_in_scope(tx, caller, id).await?;
            self.welcome_view(tx, caller, &row).await
        })
    }

    async fn welcome_view(&self, tx: &mut Tx, caller: &Caller, row: &Group) -> Result<WelcomeView> {
        let here = self.here(tx, caller, row).await?;
        let newest = welcomes::list(tx, caller.workspace, row.id, 1).await?.pop();
        let Some(newest) = newest else {
            return Ok(WelcomeView {
                version: 0,
                template: usual(here.locale),
                changed: None,
            });
        };
        let names = self
            .actor_names(tx, caller, std::iter::once(newest.actor.as_str()))
            .await?;
        let name = names.get(&newest.actor).unwrap_or(&newest.actor).clone();
        Ok(WelcomeView {
            version: newest.version,
            template: newest.template(),
            changed: Some((name, newest.created_at)),
        })
    }

    /// Versions of a group's welcome, newest first, with their authors by name.
    ///
    /// # Errors
    /// The group is out of reach.
    pub async fn welcome_versions(&self, caller: &Caller, id: GroupId) -> Result<Vec<Welcome>> {
        caller.may(Operation::GroupRead)?;
        in_tx!(self, Read, tx => {
            self.group_in_scope(tx, caller, id).await?;
            let mut rows = welcomes::list(tx, caller.workspace, id, VERSIONS).await?;
            let names =
                self.actor_names(tx, caller, rows.iter().map(|row| row.actor.as_str())).await?;
            for row in &mut rows {
                if let Some(name) = names.get(&row.actor) {
                    row.actor.clone_from(name);
                }
            }
            Ok(rows)
        })
    }

    /// Keeps a new version of a group's welcome; the same words again are no new version.
    ///
    /// # Errors
    /// [`welcome::WelcomeError`], naming the field.
    pub async fn set_welcome(
        &self,
        caller: &Caller,
        id: GroupId,
        template: Template,
    ) -> Result<WelcomeView> {
        caller.may(Operation::GroupEdit)?;
        template.check()?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let (row, _) = self.group_in_scope(tx, caller, id).await?;
            let here = self.here(tx, caller, &row).await?;
            let (version, before) = self.template_of(tx, caller, id, here.locale).await?;
            if before != template {
                let new = Welcome {
                    version: version + 1,
                    enabled: template.on,
                    line: template.line.clone(),
                    private_line: template.private.clone(),
                    returning_line: template.returning.clone(),
                    reminder: template.reminder.clone(),
                    actor: caller.actor.to_string(),
                    created_at: now,
                };
                welcomes::insert(tx, caller.workspace, id, &new).await?;
                self.audited(tx, caller, now, Change {
                    operation: "welcome.edit",
                    subject: format!("group:{id}"),
                    subject_name: &row.name,
                    undoable: false,
                }, Some(&before), Some(&template)).await?;
                self.group_fact(tx, caller, EventKind::WelcomeChanged, &row, now).await?;
            }
            self.welcome_view(tx, caller, &row).await
        })
    }

    /// Says the private part of a welcome to those who just came; what is said is noted in `rows`.
    pub(crate) async fn welcome_in_private(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, here): (&Group, &Here),
        (rows, accounts): (&mut [Onboarding], &HashMap<MemberId, &str>),
        names: &HashMap<MemberId, String>,
        now: Timestamp,
    ) -> Result<()> {
        let (_, template) = self.template_of(tx, caller, row.id, here.locale).await?;
        let text = template.private.trim();
        if !template.on || text.is_empty() {
            return Ok(());
        }
        let members: Vec<MemberId> = rows.iter().map(|one| one.member_id).collect();
        let left_alone: Vec<MemberId> =
            suppression::among(tx, caller.workspace, &members, Some(row.id))
                .await?
                .into_iter()
                .map(|one| one.member_id)
                .collect();
        let since = now.plus(-24 * HOUR);
        for one in rows.iter_mut() {
            let member = one.member_id;
            let (Some(account), Some(to)) = (here.account, accounts.get(&member)) else {
                continue;
            };
            if left_alone.contains(&member) {
                continue;
            }
            let wrote =
                yutang_store::knock::wrote_since(tx, caller.workspace, row.id, member, since)
                    .await?;
            let Some(way) = private_way(here.profile, here.can, wrote) else {
                continue;
            };
            let name = names.get(&member).map_or("", String::as_str);
            let said = here.spell(text, (name, ""), caller, now);
            let to = (*to).to_owned();
            let send = NewSend {
                account,
                group: Some(row.id),
                member: Some(member),
                wish: match way {
                    Private::Welcome => Wish::Welcome { to, text: said },
                    Private::Whisper => Wish::Whisper { to, text: said },
                },
                at: now,
                cause: None,
            };
            let id = self
                .send_later(tx, caller.workspace, &send, &GREETER, now)
                .await?;
            one.private_sent = Some(id.to_string());
            one.rules_version = told(text, here);
        }
        Ok(())
    }

    /// Greets those who wait in a group, if it is time; whoever left meanwhile is left out. Says
    /// how many were greeted.
    pub(crate) async fn greet(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, here): (&Group, &Here),
        waiting: Vec<Onboarding>,
        now: Timestamp,
    ) -> Result<u64> {
        let workspace = caller.workspace;
        let set = gates::find(tx, workspace, row.id).await?;
        let shut = set
            .as_ref()
            .and_then(|set| set.shut_until)
            .filter(|until| *until > now);
        let arrivals: Vec<Timestamp> = waiting.iter().map(|one| one.joined_at).collect();
        let recent = onboarding::came_since(tx, workspace, row.id, now.plus(-LONGEST_WAIT)).await?;
        let held = shut.or_else(|| here.quiet_until(caller, now));
        match welcome::when(&arrivals, recent, held, now) {
            None => return Ok(0),
            Some(When::At(at)) => {
                for one in waiting.into_iter().filter(|one| one.next_at != at) {
                    let one = Onboarding { next_at: at, ..one };
                    onboarding::update(tx, workspace, &one).await?;
                }
                return Ok(0);
            }
            Some(When::Now) => {}
        }
        self.greet_now(tx, caller, (row, here), waiting, now).await
    }

    async fn greet_now(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, here): (&Group, &Here),
        waiting: Vec<Onboarding>,
        now: Timestamp,
    ) -> Result<u64> {
        let (version, template) = self.template_of(tx, caller, row.id, here.locale).await?;
        let members: Vec<MemberId> = waiting.iter().map(|one| one.member_id).collect();
        let names: HashMap<MemberId, String> =
            onboarding::seats(tx, caller.workspace, row.id, &members)
                .await?
                .into_iter()
                .filter(|seat| seat.left_at.is_none())
                .map(|seat| (seat.member_id, name_of(&seat)))
                .collect();
        let here_now: Vec<&Onboarding> = waiting
            .iter()
            .filter(|one| names.contains_key(&one.member_id))
            .collect();
        let (said, with_rules) = text_for(&template, here, &here_now, &names, caller, now);
        let mut sent = None;
        if !said.is_empty() {
            // Whoever says it by hand has the page of the rules as a picture as well.
            let picture = here.rules_url.as_deref().filter(|_| with_rules);
            let line = (said.as_str(), picture);
            sent = Some(
                self.say_or_ask(tx, caller, (row, here), line, here_now[0], now)
                    .await?,
            );
            let fact = Event::new(self.ids().next()?, EventKind::WelcomeSaid, &GREETER)
                .in_group(row.id, Some(row.branch_id))
                .with(serde_json::json!({ "people": here_now.len(), "version": version }));
            event::insert(tx, caller.workspace, now, &[fact]).await?;
        }
        let rules = if with_rules { here.rules } else { 0 };
        let mut greeted = 0;
        for mut one in waiting {
            if names.contains_key(&one.member_id) {
                one.line_sent.clone_from(&sent);
                one.rules_version = one.rules_version.max(rules);
                one.greeted_at = sent.as_ref().map(|_| now);
                greeted += u64::from(sent.is_some());
            }
            one.step = yutang_domain::onboarding::Step::Settle;
            one.next_at = now;
            onboarding::update(tx, caller.workspace, &one).await?;
        }
        Ok(greeted)
    }

    /// Says a line in a group, or asks a person to; returns what has become of it.
    async fn say_or_ask(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, here): (&Group, &Here),
        (text, picture): (&str, Option<&str>),
        first: &Onboarding,
        now: Timestamp,
    ) -> Result<String> {
        if let (true, Some(account), Some(group)) = (
            here.can.can(Capability::PostGroup),
            here.account,
            here.external.clone(),
        ) {
            let send = NewSend {
                account,
                group: Some(row.id),
                member: None,
                wish: Wish::Post {
                    group,
                    text: text.to_owned(),
                    reply_to: None,
                },
                at: now,
                cause: None,
            };
            let id = self
                .send_later(tx, caller.workspace, &send, &GREETER, now)
                .await?;
            return Ok(id.to_string());
        }
        let dedup = format!("welcome:{}", first.id);
        let task = NewTask {
            args: serde_json::json!({ "group": row.name }),
            body: text.to_owned(),
            picture: picture.map(str::to_owned),
            due_at: Some(now.plus(GREET_WITHIN)),
            ..NewTask::new(
                TaskKind::Do,
                ("task.welcome", Capability::PostGroup.cannot()),
                first.joined_at,
                dedup.clone(),
            )
        };
        self.ask_host(tx, caller, (row, here), task, now).await?;
        Ok(format!("task:{dedup}"))
    }
}

/// The version of the rules that goes with a text; 0 = none.
fn told(text: &str, here: &Here) -> i64 {
    if variables(text).any(|name| name == "rules") {
        here.rules
    } else {
        0
    }
}

/// The name by which somebody is greeted.
pub(crate) fn name_of(seat: &Seat) -> String {
    let card = spoken(&seat.card_name);
    if card.is_empty() {
        spoken(&seat.name)
    } else {
        card
    }
}

/// The line that greets some people, those who are new and those who are back, and whether the rules
/// go with it.
fn text_for(
    template: &Template,
    here: &Here,
    people: &[&Onboarding],
    names: &HashMap<MemberId, String>,
    caller: &Caller,
    now: Timestamp,
) -> (String, bool) {
    if !template.on {
        return (String::new(), false);
    }
    let back = !template.returning.trim().is_empty();
    let called = |returning: bool| -> Vec<String> {
        people
            .iter()
            .filter(|one| (one.returning_member && back) == returning)
            .filter_map(|one| names.get(&one.member_id).cloned())
            .filter(|name| !name.is_empty())
            .collect()
    };
    let mut lines = Vec::new();
    let mut with_rules = false;
    for (text, names) in [
        (&template.line, called(false)),
        (&template.returning, called(true)),
    ] {
        if !names.is_empty() && !text.trim().is_empty() {
            with_rules |= told(text, here) > 0;
            lines.push(here.spell(text, (&here.together(&names), ""), caller, now));
        }
    }
    (lines.join("\n"), with_rules)
}
