//! Links between records of one person; append-only, taking one back only marks it.

use yutang_domain::{
    id::{MemberId, MemberLinkId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, sql::Query};

record! {
    /// A link: `from_id` was found to be the same person as `to_id`.
    pub struct MemberLink {
        /// Its id.
        pub id: MemberLinkId,
        /// One record.
        pub from_id: MemberId,
        /// The other.
        pub to_id: MemberId,
        /// Why, in words of whoever decided.
        pub reason: String,
        /// What spoke for it, JSON array of similarities.
        pub evidence: String,
        /// Who decided, in stored form.
        pub actor: String,
        /// When.
        pub created_at: Timestamp,
        /// When it was taken back.
        pub undone_at: Option<Timestamp>,
        /// By whom.
        pub undone_by: Option<String>,
    }
}

macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "id, from_id, to_id, reason, evidence, actor, created_at, undone_at, undone_by",
            $after
        )
    };
}

/// Adds a link.
///
/// # Errors
/// A record is unknown, or the engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &MemberLink) -> Result<()> {
    tx.execute(
        sql!(columns!(
            "INSERT INTO member_link (",
            ", workspace_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        )),
        params![
            row.id,
            row.from_id,
            row.to_id,
            row.reason.as_str(),
            row.evidence.as_str(),
            row.actor.as_str(),
            row.created_at,
            row.undone_at,
            row.undone_by.clone(),
            workspace,
        ],
    )
    .await?;
    Ok(())
}

/// One link.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: MemberLinkId) -> Result<MemberLink> {
    tx.one(
        "member link",
        sql!(columns!(
            "SELECT ",
            " FROM member_link WHERE workspace_id = $1 AND id = $2"
        )),
        params![workspace, id],
    )
    .await
}

/// Every link that touches one of these records, live or taken back, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn touching(
    tx: &mut Tx,
    workspace: WorkspaceId,
    records: &[MemberId],
) -> Result<Vec<MemberLink>> {
    let mut query = Query::new(columns!(
        "SELECT ",
        " FROM member_link WHERE workspace_id = "
    ));
    query
        .bind(workspace)
        .push(" AND (from_id IN ")
        .list(records.iter().copied());
    query.push(" OR to_id IN ").list(records.iter().copied());
    query.push(") ORDER BY created_at, id");
    tx.all_of(query).await
}

/// Marks a link as taken back; false if it already was.
///
/// # Errors
/// The engine refused.
pub async fn set_undone(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: MemberLinkId,
    at: Timestamp,
    by: &str,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE member_link SET undone_at = $3, undone_by = $4
             WHERE workspace_id = $1 AND id = $2 AND undone_at IS NULL"
        ),
        params![workspace, id, at, by],
    )
    .await
}

/// Takes the words of a reason out, which may name somebody.
///
/// # Errors
/// The engine refused.
pub async fn blank(tx: &mut Tx, workspace: WorkspaceId, records: &[MemberId]) -> Result<()> {
    let mut query = Query::new("UPDATE member_link SET reason = '' WHERE workspace_id = ");
    query
        .bind(workspace)
        .push(" AND (from_id IN ")
        .list(records.iter().copied());
    query
        .push(" OR to_id IN ")
        .list(records.iter().copied())
        .push(")");
    tx.execute_of(query).await?;
    Ok(())
}
