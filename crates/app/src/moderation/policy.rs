//! How groups are kept, as operators set it.

use yutang_domain::{
    event::EventKind,
    id::{GroupId, WorkspaceId},
    permission::Operation,
    policy::Policy,
    time::Timestamp,
};
use yutang_store::{
    Tx,
    policy::{self as store, PolicyRow},
};

use crate::{App, AppError, Caller, Result, audit::Change, macros::in_tx};

/// How a group is kept, and who said so.
#[derive(Clone, Debug)]
pub struct GroupPolicy {
    /// How.
    pub policy: Policy,
    /// By name; `None` where nobody has said so.
    pub by: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
}

impl App {
    /// How a group is kept at present.
    pub(super) async fn policy_in(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: GroupId,
    ) -> Result<Policy> {
        Ok(store::find(tx, workspace, group)
            .await?
            .map_or_else(Policy::default, |row| policy_of(&row)))
    }

    /// How a group is kept.
    ///
    /// # Errors
    /// The group is out of reach.
    pub async fn policy(&self, caller: &Caller, group: GroupId) -> Result<GroupPolicy> {
        caller.may(Operation::ModerationRead)?;
        in_tx!(self, Read, tx => {
            self.group_in_scope(tx, caller, group).await?;
            let Some(row) = store::find(tx, caller.workspace, group).await? else {
                return Ok(GroupPolicy { policy: Policy::default(), by: None, at: None });
            };
            let names = self.actor_names(tx, caller, [row.actor.as_str()]).await?;
            Ok(GroupPolicy {
                policy: policy_of(&row),
                by: Some(names.get(&row.actor).cloned().unwrap_or(row.actor)),
                at: Some(row.updated_at),
            })
        })
    }

    /// Sets how a group is kept.
    ///
    /// # Errors
    /// [`yutang_domain::policy::PolicyError`]; the group is out of reach.
    pub async fn set_policy(
        &self,
        caller: &Caller,
        group: GroupId,
        policy: &Policy,
    ) -> Result<GroupPolicy> {
        caller.may(Operation::ModerationDecide)?;
        policy.check()?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let (row, _) = self.group_in_scope(tx, caller, group).await?;
            let before = self.policy_in(tx, caller.workspace, group).await?;
            self.write_policy(tx, caller, group, policy, now).await?;
            self.audited(tx, caller, now, Change {
                operation: "policy.edit",
                subject: format!("group:{group}"),
                subject_name: &row.name,
                undoable: true,
            }, Some(&before), Some(policy)).await?;
            self.group_fact(tx, caller, EventKind::PolicyChanged, &row, now).await?;
            Ok(GroupPolicy {
                policy: policy.clone(),
                by: Some(caller.name.clone()),
                at: Some(now),
            })
        })
    }

    async fn write_policy(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: GroupId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<()> {
        let row = PolicyRow {
            mode: policy.mode,
            strictness: policy.strictness,
            slow_mode_s: i64::from(policy.slow_mode_s),
            kinds_off: serde_json::to_string(&policy.off).map_err(AppError::internal)?,
            actor: caller.actor.to_string(),
            updated_at: now,
        };
        store::set(tx, caller.workspace, group, &row).await?;
        Ok(())
    }

    /// Lets a group be kept as before.
    pub(crate) async fn undo_policy_edit(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        before: &str,
        subject: &str,
    ) -> Result<()> {
        let policy: Policy = serde_json::from_str(before).map_err(AppError::internal)?;
        let group = subject.trim_start_matches("group:").parse::<GroupId>()?;
        let (row, _) = self.group_in_scope(tx, caller, group).await?;
        let now = self.now();
        self.write_policy(tx, caller, group, &policy, now).await?;
        self.group_fact(tx, caller, EventKind::PolicyChanged, &row, now)
            .await
    }

    /// How the group of an audit line is kept at present, in the form of that line.
    pub(crate) async fn policy_of_subject(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        subject: &str,
    ) -> Result<serde_json::Value> {
        let group = subject.trim_start_matches("group:").parse::<GroupId>()?;
        let policy = self.policy_in(tx, caller.workspace, group).await?;
        serde_json::to_value(policy).map_err(AppError::internal)
    }
}

fn policy_of(row: &PolicyRow) -> Policy {
    Policy {
        mode: row.mode,
        strictness: row.strictness,
        slow_mode_s: u32::try_from(row.slow_mode_s).unwrap_or(0),
        off: serde_json::from_str(&row.kinds_off).unwrap_or_default(),
    }
}
