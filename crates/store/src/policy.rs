//! How groups are kept.

use yutang_domain::{
    id::{GroupId, WorkspaceId},
    moderation::{Fault, HitKind, Mode, Strictness, Tone},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, text_cell};

text_cell!(Mode, Strictness, HitKind, Tone, Fault);

record! {
    /// How a group is kept.
    pub struct PolicyRow {
        /// What becomes of decisions.
        pub mode: Mode,
        /// How strictly.
        pub strictness: Strictness,
        /// Seconds between two messages of one member.
        pub slow_mode_s: i64,
        /// Kinds that are not looked at, a JSON list.
        pub kinds_off: String,
        /// Who said so, in stored form.
        pub actor: String,
        /// When.
        pub updated_at: Timestamp,
    }
}

/// How a group is kept, if somebody has said so.
///
/// # Errors
/// The engine refused.
pub async fn find(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
) -> Result<Option<PolicyRow>> {
    tx.find(
        sql!(
            "SELECT mode, strictness, slow_mode_s, kinds_off, actor, updated_at FROM policy
             WHERE workspace_id = $1 AND group_id = $2"
        ),
        params![workspace, group],
    )
    .await
}

/// Writes down how a group is kept.
///
/// # Errors
/// The engine refused.
pub async fn set(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    row: &PolicyRow,
) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO policy (workspace_id, group_id, mode, strictness, slow_mode_s, kinds_off,
                actor, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (workspace_id, group_id) DO UPDATE SET
                mode = excluded.mode, strictness = excluded.strictness,
                slow_mode_s = excluded.slow_mode_s, kinds_off = excluded.kinds_off,
                actor = excluded.actor, updated_at = excluded.updated_at"
        ),
        params![
            workspace,
            group,
            row.mode,
            row.strictness,
            row.slow_mode_s,
            row.kinds_off.as_str(),
            row.actor.as_str(),
            row.updated_at,
        ],
    )
    .await?;
    Ok(())
}
