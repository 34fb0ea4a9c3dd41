//! Announcements: four sections, kept by version. req: 001-056

use yutang_domain::{event::EventKind, group::Announcement, id::GroupId, permission::Operation};
use yutang_store::{announcement, group};

use crate::{App, Caller, Result, audit::Change, macros::in_tx};

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
    /// # Errors
    /// The group is out of reach.
    pub async fn announce(
        &self,
        caller: &Caller,
        id: GroupId,
        text: Announcement,
    ) -> Result<announcement::Version> {
        caller.may(Operation::GroupEdit)?;
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
            Ok(version)
        })
    }

    /// Puts the earlier version back in force.
    pub(crate) async fn undo_group_announce(
        &self,
        tx: &mut yutang_store::Tx,
        caller: &Caller,
        before: &str,
        subject: &str,
    ) -> Result<()> {
        let version: i64 = serde_json::from_str(before).map_err(crate::AppError::internal)?;
        let id = subject.trim_start_matches("group:").parse::<GroupId>()?;
        let (mut row, _) = self.group_in_scope(tx, caller, id).await?;
        row.announcement_version = version;
        row.updated_at = self.now();
        group::update(tx, caller.workspace, &row).await?;
        Ok(())
    }
}
