//! Notes that staff write on members.

use yutang_domain::{
    id::{MemberId, NoteId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql};

record! {
    /// A note.
    pub struct Note {
        /// Its id.
        pub id: NoteId,
        /// The record it was written on.
        pub member_id: MemberId,
        /// Its words.
        pub text: String,
        /// Who wrote it, in stored form.
        pub actor: String,
        /// When.
        pub created_at: Timestamp,
        /// When it was taken away.
        pub deleted_at: Option<Timestamp>,
    }
}

/// Adds a note.
///
/// # Errors
/// The record is unknown, or the engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &Note) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO note (id, workspace_id, member_id, text, actor, created_at, deleted_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        ),
        params![
            row.id,
            workspace,
            row.member_id,
            row.text.as_str(),
            row.actor.as_str(),
            row.created_at,
            row.deleted_at,
        ],
    )
    .await?;
    Ok(())
}

/// One note.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: NoteId) -> Result<Note> {
    tx.one(
        "note",
        sql!(
            "SELECT id, member_id, text, actor, created_at, deleted_at FROM note
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id],
    )
    .await
}

/// The notes on a person, newest first.
///
/// # Errors
/// The engine refused.
pub async fn of_person(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: MemberId,
) -> Result<Vec<Note>> {
    tx.all(
        sql!(
            "SELECT n.id, n.member_id, n.text, n.actor, n.created_at, n.deleted_at FROM member m
             JOIN note n ON n.workspace_id = m.workspace_id AND n.member_id = m.id
             WHERE m.workspace_id = $1 AND m.canonical_id = $2 AND n.deleted_at IS NULL
             ORDER BY n.created_at DESC, n.id DESC"
        ),
        params![workspace, canonical],
    )
    .await
}

/// Takes a note away or puts it back.
///
/// # Errors
/// The engine refused.
pub async fn set_deleted(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: NoteId,
    at: Option<Timestamp>,
) -> Result<()> {
    tx.execute(
        sql!("UPDATE note SET deleted_at = $3 WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id, at],
    )
    .await?;
    Ok(())
}
