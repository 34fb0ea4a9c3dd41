//! The ledger of consents: what somebody agreed to, in which words, and when they took it back.

use yutang_domain::{
    id::{ConsentId, MemberId, WorkspaceId},
    member::Purpose,
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, text_cell};

text_cell!(Purpose);

record! {
    /// A consent.
    pub struct Consent {
        /// Its id.
        pub id: ConsentId,
        /// The record that gave it.
        pub member_id: MemberId,
        /// For what.
        pub purpose: Purpose,
        /// Version of the text agreed to, as the organisation calls it.
        pub text_version: String,
        /// Where it was given.
        pub channel: String,
        /// Who recorded it, in stored form.
        pub actor: String,
        /// When.
        pub given_at: Timestamp,
        /// When it was taken back.
        pub withdrawn_at: Option<Timestamp>,
        /// Who recorded that.
        pub withdrawn_by: Option<String>,
    }
}

/// Adds a consent.
///
/// # Errors
/// The record is unknown, or the engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &Consent) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO consent (id, workspace_id, member_id, purpose, text_version, channel, actor,
                given_at, withdrawn_at, withdrawn_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        params![
            row.id,
            workspace,
            row.member_id,
            row.purpose,
            row.text_version.as_str(),
            row.channel.as_str(),
            row.actor.as_str(),
            row.given_at,
            row.withdrawn_at,
            row.withdrawn_by.clone(),
        ],
    )
    .await?;
    Ok(())
}

/// One consent.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: ConsentId) -> Result<Consent> {
    tx.one(
        "consent",
        sql!(
            "SELECT id, member_id, purpose, text_version, channel, actor, given_at, withdrawn_at,
                    withdrawn_by
             FROM consent WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id],
    )
    .await
}

/// All consents of a person, newest first.
///
/// # Errors
/// The engine refused.
pub async fn of_person(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: MemberId,
) -> Result<Vec<Consent>> {
    tx.all(
        sql!(
            "SELECT c.id, c.member_id, c.purpose, c.text_version, c.channel, c.actor, c.given_at,
                    c.withdrawn_at, c.withdrawn_by
             FROM member m
             JOIN consent c ON c.workspace_id = m.workspace_id AND c.member_id = m.id
             WHERE m.workspace_id = $1 AND m.canonical_id = $2 ORDER BY c.given_at DESC, c.id DESC"
        ),
        params![workspace, canonical],
    )
    .await
}

/// Marks a consent as taken back; false if it already was.
///
/// # Errors
/// The engine refused.
pub async fn withdraw(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ConsentId,
    at: Timestamp,
    by: &str,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE consent SET withdrawn_at = $3, withdrawn_by = $4
             WHERE workspace_id = $1 AND id = $2 AND withdrawn_at IS NULL"
        ),
        params![workspace, id, at, by],
    )
    .await
}
