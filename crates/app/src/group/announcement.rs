//! Announcements: four sections, kept by version. req: 001-056

use yutang_channels::Wish;
use yutang_domain::{
    capability::{Capability, Profile},
    event::EventKind,
    group::Announcement,
    id::GroupId,
    onboarding::LOOK_AGAIN,
    permission::Operation,
    task::TaskKind,
    time::{DAY, Timestamp},
    welcome::{GROUP_VARIABLES, check, fill},
};
use yutang_store::{
    Tx, announcement, group,
    receipt::{self, Delivery},
};

use crate::{
    App, Caller, Result,
    audit::Change,
    gate::Here,
    macros::in_tx,
    onboarding::Became,
    outbox::NewSend,
    task::NewTask,
    welcome::{Shown, in_group, shown_on},
};

/// An announcement on one channel.
#[derive(Clone, Debug)]
pub struct AnnouncementPreview {
    /// The channel.
    pub profile: Profile,
    /// Whether it is the group's own.
    pub own: bool,
    /// What is announced.
    pub shown: Shown,
}

/// The four sections as one text, with their variables filled in. Where members are asked to
/// acknowledge them and the bot hears it, the text says by which word.
fn spelled(
    text: &Announcement,
    (here, acknowledged): (&Here, bool),
    caller: &Caller,
    now: Timestamp,
) -> String {
    let parts = [
        ("announcement.theme", &text.theme),
        ("announcement.services", &text.services),
        ("announcement.forbidden", &text.forbidden),
        ("announcement.encouraged", &text.encouraged),
    ];
    let mut written: Vec<String> = parts
        .into_iter()
        .filter(|(_, part)| !part.trim().is_empty())
        .map(|(key, part)| {
            let heading = here.locale.say(key, &[]);
            let part = fill(part, |name| here.value(name, caller, now));
            here.locale
                .say("gate.section", &[("heading", &heading), ("text", &part)])
        })
        .collect();
    if !written.is_empty() && acknowledged && here.can.can(Capability::ReadText) {
        written.push(here.locale.say("announcement.acknowledge", &[]));
    }
    written.join("\n")
}

fn checked(text: &Announcement) -> Result<()> {
    check("theme", &text.theme, GROUP_VARIABLES)?;
    check("services", &text.services, GROUP_VARIABLES)?;
    check("forbidden", &text.forbidden, GROUP_VARIABLES)?;
    check("encouraged", &text.encouraged, GROUP_VARIABLES)?;
    Ok(())
}

impl App {
    /// Every version of a group's announcement, newest first, with its author by name.
    ///
    /// # Errors
    /// The group is out of reach.
    pub async fn announcement_versions(
        &self,
        caller: &Caller,
        id: GroupId,
    ) -> Result<Vec<announcement::Version>> {
        caller.may(Operation::GroupRead)?;
        in_tx!(self, Read, tx => {
            self.group_in_scope(tx, caller, id).await?;
            let mut versions = announcement::list(tx, caller.workspace, id).await?;
            let names =
                self.actor_names(tx, caller, versions.iter().map(|v| v.actor.as_str())).await?;
            for version in &mut versions {
                if let Some(name) = names.get(&version.actor) {
                    version.actor.clone_from(name);
                }
            }
            Ok(versions)
        })
    }

    /// Keeps a new version of a group's announcement; the same text again is no new version.
    ///
    /// The channel sets it where it can, a person where it cannot; at night it waits for the
    /// morning.
    ///
    /// # Errors
    /// The group is out of reach; [`yutang_domain::welcome::WelcomeError`].
    pub async fn announce(
        &self,
        caller: &Caller,
        id: GroupId,
        text: Announcement,
    ) -> Result<announcement::Version> {
        caller.may(Operation::GroupEdit)?;
        checked(&text)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let (mut row, _) = self.group_in_scope(tx, caller, id).await?;
            let versions = announcement::list(tx, caller.workspace, id).await?;
            let present = versions.iter().find(|v| v.version == row.announcement_version);
            if let Some(present) = present
                && present.clone().into_sections() == text
            {
                return Ok(present.clone());
            }
            let version = announcement::Version {
                version: versions.first().map_or(0, |v| v.version) + 1,
                theme: text.theme.clone(),
                services: text.services.clone(),
                forbidden: text.forbidden.clone(),
                encouraged: text.encouraged.clone(),
                actor: caller.actor.to_string(),
                created_at: now,
            };
            announcement::insert(tx, caller.workspace, id, &version).await?;
            let before = row.announcement_version;
            row.announcement_version = version.version;
            row.updated_at = now;
            group::update(tx, caller.workspace, &row).await?;
            self.audited(tx, caller, now, Change {
                operation: "group.announce",
                subject: format!("group:{id}"),
                subject_name: &row.name,
                undoable: true,
            }, Some(&before), Some(&version.version)).await?;
            self.group_fact(tx, caller, EventKind::GroupAnnounced, &row, now).await?;
            self.publish(tx, caller, &row, &text, now).await?;
            Ok(version)
        })
    }

    /// Has the announcement in force set in its group: by the channel, or by a person.
    async fn publish(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &group::Group,
        text: &Announcement,
        now: Timestamp,
    ) -> Result<()> {
        let here = self.here(tx, caller, row).await?;
        let asks = self
            .rules_are_acknowledged(tx, caller.workspace, row)
            .await?;
        let said = spelled(text, (&here, asks), caller, now);
        if said.is_empty() || row.archived_at.is_some() {
            return Ok(());
        }
        let version = (row.id, row.announcement_version);
        if let (true, Some(account), Some(group)) = (
            here.can.can(Capability::Announce),
            here.account,
            here.external.clone(),
        ) {
            let send = NewSend {
                account,
                group: Some(row.id),
                member: None,
                wish: Wish::Announce { group, text: said },
                at: here.quiet_until(caller, now).unwrap_or(now),
                cause: None,
            };
            let id = self
                .send_later(tx, caller.workspace, &send, &caller.actor, now)
                .await?;
            let look_at = send.at.plus(LOOK_AGAIN);
            announcement::send(tx, caller.workspace, version, &id.to_string(), look_at).await?;
            return Ok(());
        }
        let dedup = format!("announce:{}:{}", row.id, now.ms());
        let (sent, look_at) = (format!("task:{dedup}"), now.plus(LOOK_AGAIN));
        announcement::send(tx, caller.workspace, version, &sent, look_at).await?;
        let task = NewTask {
            args: serde_json::json!({ "group": row.name, "version": row.announcement_version }),
            body: said,
            picture: here.rules_url.clone(),
            minutes: 2,
            due_at: Some(now.plus(DAY)),
            ..NewTask::new(
                TaskKind::Do,
                ("task.announce", Capability::Announce.cannot()),
                now,
                dedup,
            )
        };
        self.ask_host(tx, caller, (row, &here), task, now).await
    }

    /// Looks whether the announcement on its way into a group stands there: then it has reached those
    /// who were in the group when it was written.
    pub(crate) async fn look_for_announcement(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &group::Group,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let Some(found) = announcement::on_its_way(tx, workspace, row.id).await? else {
            return Ok(());
        };
        let version = (row.id, found.version);
        let again = match self
            .became(tx, caller, &found.sent, Delivery::Group, now)
            .await?
        {
            Became::Sending => Some(now.plus(LOOK_AGAIN)),
            Became::Later(at) => Some(at),
            Became::Lost => None,
            Became::Reached(by) => {
                receipt::deliver_to_all(tx, workspace, version, found.created_at, by, now).await?;
                if !self.rules_are_acknowledged(tx, workspace, row).await? {
                    receipt::set_version_of_all(tx, workspace, version).await?;
                }
                None
            }
        };
        announcement::look_again(tx, workspace, version, again).await?;
        Ok(())
    }

    /// How an announcement would stand on each channel, the group's own first.
    ///
    /// # Errors
    /// The group is out of reach; [`yutang_domain::welcome::WelcomeError`].
    pub async fn preview_announcement(
        &self,
        caller: &Caller,
        id: GroupId,
        text: &Announcement,
    ) -> Result<Vec<AnnouncementPreview>> {
        caller.may(Operation::GroupRead)?;
        checked(text)?;
        let now = self.now();
        let (here, asks) = in_tx!(self, Read, tx => {
            let (row, _) = self.group_in_scope(tx, caller, id).await?;
            let asks = self.rules_are_acknowledged(tx, caller.workspace, &row).await?;
            Ok((self.here(tx, caller, &row).await?, asks))
        })?;
        let said = spelled(text, (&here, asks), caller, now);
        let announce = Capability::Announce;
        Ok(shown_on(&here)
            .map(|(profile, can, own)| AnnouncementPreview {
                profile,
                own,
                shown: in_group(said.clone(), profile, can, "announce", announce, true),
            })
            .collect())
    }

    /// Puts the earlier version back in force.
    pub(crate) async fn undo_group_announce(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        subject: &str,
    ) -> Result<()> {
        let version: i64 = serde_json::from_str(before).map_err(crate::AppError::internal)?;
        let id = subject.trim_start_matches("group:").parse::<GroupId>()?;
        let (mut row, _) = self.group_in_scope(tx, caller, id).await?;
        let now = self.now();
        row.announcement_version = version;
        row.updated_at = now;
        group::update(tx, caller.workspace, &row).await?;
        let versions = announcement::list(tx, caller.workspace, id).await?;
        match versions.into_iter().find(|one| one.version == version) {
            Some(earlier) => {
                let text = earlier.into_sections();
                self.publish(tx, caller, &row, &text, now).await
            }
            None => Ok(()),
        }
    }
}
