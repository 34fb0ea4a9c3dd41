//! What becomes of a message after it was sent.

use yutang_domain::{
    id::{GroupId, MessageId, WorkspaceId},
    time::Timestamp,
};

use super::Message;
use crate::{Result, Tx, params, record, sql};

/// Notes that a message of a group was taken back on its network. It is looked for by the ten bytes
/// of its own name among those sent since `since`; says whether it was found.
///
/// # Errors
/// The engine refused.
pub async fn recall(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    (name, since): (&[u8], &[u8]),
    at: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE message SET recalled_at = $5
             WHERE workspace_id = $1 AND group_id = $2 AND source_key >= $4
                AND substr(source_key, 7, 10) = $3 AND recalled_at IS NULL"
        ),
        params![workspace, group, name.to_vec(), since.to_vec(), at],
    )
    .await
}

/// Writes what a message says since its sender changed it, and keeps what it said before; false if
/// this change, or a later one, is known already.
///
/// # Errors
/// The engine refused.
pub async fn edit(
    tx: &mut Tx,
    workspace: WorkspaceId,
    row: &Message,
    at: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE message SET text_before = text, text = $3, kind = $4, value_code = $5,
                advert = $6, off_topic = $7, judged = $8, complaint = $9, redacted_at = $10,
                edited_at = $11
             WHERE workspace_id = $1 AND id = $2 AND (edited_at IS NULL OR edited_at <= $11)
               AND COALESCE(text, '') <> COALESCE($3, '')"
        ),
        params![
            workspace,
            row.id,
            row.text.clone(),
            row.kind.as_str(),
            row.value_code.clone(),
            row.advert,
            row.off_topic,
            row.judged,
            row.complaint,
            row.redacted_at,
            at,
        ],
    )
    .await
}

record! {
    /// What became of a message after it was sent.
    pub struct Edit {
        /// When its sender changed it last.
        pub edited_at: Option<Timestamp>,
        /// What it said before that.
        pub text_before: Option<String>,
    }
}

/// Whether and how a message was changed.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn edit_of(tx: &mut Tx, workspace: WorkspaceId, id: MessageId) -> Result<Edit> {
    tx.one(
        "message",
        sql!("SELECT edited_at, text_before FROM message WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id],
    )
    .await
}
