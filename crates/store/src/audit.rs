//! Who changed what, from what to what.

use yutang_domain::{
    id::{AuditId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, search::anywhere, sql, sql::Query};

record! {
    /// A line of the audit log.
    pub struct Audit {
        /// Its id.
        pub id: AuditId,
        /// When.
        pub at: Timestamp,
        /// Who, in stored form.
        pub actor: String,
        /// Who, by name at the time.
        pub actor_name: String,
        /// What was done, the word of an operation's verb, for example `group.edit`.
        pub operation: String,
        /// To what, `kind:id`.
        pub subject: String,
        /// Its name at the time; empty where a name would be personal data.
        pub subject_name: String,
        /// State before, JSON.
        pub before: Option<String>,
        /// State after, JSON.
        pub after: Option<String>,
        /// Whether it can be taken back.
        pub undoable: bool,
        /// When it was taken back.
        pub undone_at: Option<Timestamp>,
        /// By whom.
        pub undone_by: Option<String>,
        /// The request it came with.
        pub request_id: String,
    }
}

macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "id, at, actor, actor_name, operation, subject, subject_name, before, after, undoable,
             undone_at, undone_by, request_id",
            $after
        )
    };
}

/// Adds a line.
///
/// # Errors
/// The engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, line: &Audit) -> Result<()> {
    tx.execute(
        sql!(columns!(
            "INSERT INTO audit (",
            ", workspace_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        )),
        params![
            line.id,
            line.at,
            line.actor.as_str(),
            line.actor_name.as_str(),
            line.operation.as_str(),
            line.subject.as_str(),
            line.subject_name.as_str(),
            line.before.clone(),
            line.after.clone(),
            line.undoable,
            line.undone_at,
            line.undone_by.clone(),
            line.request_id.as_str(),
            workspace,
        ],
    )
    .await?;
    Ok(())
}

/// One line.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: AuditId) -> Result<Audit> {
    tx.one(
        "audit line",
        sql!(columns!(
            "SELECT ",
            " FROM audit WHERE workspace_id = $1 AND id = $2"
        )),
        params![workspace, id],
    )
    .await
}

/// Marks a line as taken back; false if it already was.
///
/// # Errors
/// The engine refused.
pub async fn set_undone(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: AuditId,
    at: Timestamp,
    by: &str,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE audit SET undone_at = $3, undone_by = $4
             WHERE workspace_id = $1 AND id = $2 AND undone_at IS NULL"
        ),
        params![workspace, id, at, by],
    )
    .await
}

/// What the audit log is searched by; `None` = any.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Stored form of the actor.
    pub actor: Option<String>,
    /// The operation's word, or its noun.
    pub operation: Option<String>,
    /// `kind:id`.
    pub subject: Option<String>,
    /// Words that stand in the name of the actor or of the subject, or in what was done: with each
    /// the operations whose names contain it.
    pub sought: Vec<(String, Vec<String>)>,
    /// From this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// Only what lies after this line in the list.
    pub after: Option<(Timestamp, AuditId)>,
}

/// Lines, newest first.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<Audit>> {
    let mut query = Query::new(columns!("SELECT ", " FROM audit WHERE workspace_id = "));
    query.bind(workspace);
    conditions(&mut query, filter);
    if let Some((at, id)) = filter.after {
        query
            .push(" AND (at < ")
            .bind(at)
            .push(" OR (at = ")
            .bind(at);
        query.push(" AND id < ").bind(id).push("))");
    }
    query.push(" ORDER BY at DESC, id DESC LIMIT ").bind(limit);
    tx.all_of(query).await
}

fn conditions(query: &mut Query, filter: &Filter) {
    if let Some(actor) = &filter.actor {
        query.push(" AND actor = ").bind(actor);
    }
    if let Some(operation) = &filter.operation {
        query.push(" AND (operation = ").bind(operation);
        query
            .push(" OR ")
            .begins("operation", &format!("{operation}."))
            .push(")");
    }
    if let Some(subject) = &filter.subject {
        query.push(" AND subject = ").bind(subject);
    }
    for (word, operations) in &filter.sought {
        let pattern = anywhere(word);
        query.push(" AND (lower(actor_name) LIKE ").bind(&pattern);
        query
            .push(" ESCAPE '!' OR lower(subject_name) LIKE ")
            .bind(&pattern);
        query.push(" ESCAPE '!' OR subject = ").bind(word);
        if !operations.is_empty() {
            query
                .push(" OR operation IN ")
                .list(operations.iter().map(String::as_str));
        }
        query.push(")");
    }
    if let Some(from) = filter.from {
        query.push(" AND at >= ").bind(from);
    }
    if let Some(to) = filter.to {
        query.push(" AND at < ").bind(to);
    }
}

/// The last change of one kind to a subject, taken back or not.
///
/// # Errors
/// The engine refused.
pub async fn last(
    tx: &mut Tx,
    workspace: WorkspaceId,
    operation: &str,
    subject: &str,
) -> Result<Option<Audit>> {
    tx.find(
        sql!(columns!(
            "SELECT ",
            " FROM audit WHERE workspace_id = $1 AND operation = $2 AND subject = $3
             ORDER BY at DESC, id DESC LIMIT 1"
        )),
        params![workspace, operation, subject],
    )
    .await
}

/// How many lines a filter finds, counted up to `limit`.
///
/// # Errors
/// The engine refused.
pub async fn count(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    limit: i64,
) -> Result<i64> {
    let mut query = Query::new(
        "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM (SELECT id FROM audit WHERE workspace_id = ",
    );
    query.bind(workspace);
    conditions(&mut query, filter);
    query.push(" LIMIT ").bind(limit).push(") counted");
    tx.count_of(query).await
}
