//! What was judged of groups, and which are to be judged.

use yutang_domain::{
    group::{Audience, Shape, Stage},
    health::HealthClass,
    id::{GroupId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql};

/// Writes what was judged; `givers` are the members who gave value, `None` where texts cannot be
/// read.
///
/// # Errors
/// The engine refused.
pub async fn set_health(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    (class, reasons): (HealthClass, &str),
    (stage, givers): (Stage, Option<i64>),
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE chat_group SET health_class = $3, health_reasons = $4, health_at = $5,
                givers = $8, stage = CASE WHEN stage_by_hand = $7 THEN stage ELSE $6 END
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, group, class, reasons, at, stage, true, givers],
    )
    .await?;
    Ok(())
}

record! {
    /// A group whose health is to be judged.
    pub struct Unjudged {
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// Which.
        pub id: GroupId,
    }
}

/// Up to `limit` open groups whose health was last judged before `before`, or never.
///
/// # Errors
/// The engine refused.
pub async fn unjudged(tx: &mut Tx, before: Timestamp, limit: usize) -> Result<Vec<Unjudged>> {
    tx.all(
        sql!(
            "SELECT workspace_id, id FROM chat_group
             WHERE archived_at IS NULL AND (health_at IS NULL OR health_at < $1)
             ORDER BY COALESCE(health_at, 0), id LIMIT $2"
        ),
        params![before, limit],
    )
    .await
}

record! {
    /// How many of a group give value.
    pub struct Giving {
        /// Members who gave value when it was last judged.
        pub givers: i64,
        /// Members.
        pub members: i64,
    }
}

/// How many give value in the open groups of a kind other than `group`, as far as it is known.
///
/// # Errors
/// The engine refused.
pub async fn giving(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (audience, shape): (Audience, Shape),
    group: GroupId,
) -> Result<Vec<Giving>> {
    tx.all(
        sql!(
            "SELECT givers, member_count AS members FROM chat_group
             WHERE workspace_id = $1 AND audience = $2 AND shape = $3 AND id <> $4
               AND archived_at IS NULL
               AND givers IS NOT NULL AND member_count > 0"
        ),
        params![workspace, audience, shape, group],
    )
    .await
}
