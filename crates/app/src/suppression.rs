//! Who is left alone: whoever left a group is not written to about it, whoever said stop is not
//! written to at all unless they ask something. Nobody is chased.

use yutang_domain::{
    actor::Actor,
    id::{GroupId, MemberId, WorkspaceId},
    time::Timestamp,
};
use yutang_store::{
    Tx,
    suppression::{self, Reason},
};

use crate::{App, Result};

impl App {
    /// Puts a person on the list of those who are not written to: said stop.
    ///
    /// # Errors
    /// The database refused.
    pub async fn leave_alone(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        member: MemberId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        let rows = [(member, Reason::Stop)];
        suppression::add(tx, workspace, &rows, None, &actor.to_string(), now).await?;
        Ok(())
    }

    /// Takes a person off that list: they asked to hear again.
    ///
    /// # Errors
    /// The database refused.
    pub async fn write_again(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        member: MemberId,
    ) -> Result<bool> {
        Ok(suppression::lift(tx, workspace, &[member], None).await? > 0)
    }

    /// Whether the program may write to a person of its own accord, about a group or in general.
    ///
    /// # Errors
    /// The database refused.
    pub async fn may_write_to(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        member: MemberId,
        group: Option<GroupId>,
    ) -> Result<bool> {
        let found = suppression::among(tx, workspace, &[member], group).await?;
        Ok(found.is_empty())
    }
}
