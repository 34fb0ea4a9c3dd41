//! Answers of research: optional, kept under a consent.

use yutang_domain::{
    id::{ConsentId, ImportRunId, MemberId, WorkspaceId},
    member::Field,
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, text_cell};

text_cell!(Field);

record! {
    /// An answer.
    pub struct ProfileField {
        /// The record it was given for.
        pub member_id: MemberId,
        /// The question.
        pub field: Field,
        /// The answer.
        pub value: String,
        /// Where it comes from: `hand`, `import`, `page`.
        pub source: String,
        /// The consent it is kept under.
        pub consent_id: Option<ConsentId>,
        /// The import that brought it.
        pub run_id: Option<ImportRunId>,
        /// When it was given.
        pub updated_at: Timestamp,
    }
}

/// All answers of a person; where several records have one, the latest comes first.
///
/// # Errors
/// The engine refused.
pub async fn of_person(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: MemberId,
) -> Result<Vec<ProfileField>> {
    tx.all(
        sql!(
            "SELECT f.member_id, f.field, f.value, f.source, f.consent_id, f.run_id, f.updated_at
             FROM member m
             JOIN profile_field f ON f.workspace_id = m.workspace_id AND f.member_id = m.id
             WHERE m.workspace_id = $1 AND m.canonical_id = $2
             ORDER BY f.field, f.updated_at DESC, f.member_id"
        ),
        params![workspace, canonical],
    )
    .await
}

/// Writes an answer.
///
/// # Errors
/// The record is unknown, or the engine refused.
pub async fn put(tx: &mut Tx, workspace: WorkspaceId, row: &ProfileField) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO profile_field (workspace_id, member_id, field, value, source, consent_id,
                run_id, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (workspace_id, member_id, field) DO UPDATE SET value = excluded.value,
                source = excluded.source, consent_id = excluded.consent_id,
                run_id = excluded.run_id, updated_at = excluded.updated_at"
        ),
        params![
            workspace,
            row.member_id,
            row.field,
            row.value.as_str(),
            row.source.as_str(),
            row.consent_id,
            row.run_id,
            row.updated_at,
        ],
    )
    .await?;
    Ok(())
}

/// Removes an answer from all records of a person, or all answers.
///
/// # Errors
/// The engine refused.
pub async fn remove(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: MemberId,
    field: Option<Field>,
) -> Result<u64> {
    tx.execute(
        sql!(
            "DELETE FROM profile_field WHERE workspace_id = $1
               AND member_id IN (SELECT id FROM member WHERE workspace_id = $1 AND canonical_id = $2)
               AND field = COALESCE($3, field)"
        ),
        params![workspace, canonical, field],
    )
    .await
}
