//! Runs of imports, what they left out, and saved mappings.

use yutang_domain::{
    id::{GroupId, ImportRunId, MappingId, WorkspaceId},
    import::{ImportKind, RunState},
    time::Timestamp,
};

use crate::{Result, Tx, group, params, record, sql, sql::Query, text_cell};

text_cell!(ImportKind, RunState);

record! {
    /// A run.
    pub struct Run {
        /// Its id.
        pub id: ImportRunId,
        /// What the file holds.
        pub kind: ImportKind,
        /// The group of a chat.
        pub group_id: Option<GroupId>,
        /// Name of the file as given.
        pub file_name: String,
        /// Where it can be read again.
        pub file_path: String,
        /// SHA-256 of its bytes.
        pub file_hash: Vec<u8>,
        /// Its size.
        pub bytes: i64,
        /// Format as detected or given.
        pub format: String,
        /// Encoding as detected or given.
        pub encoding: String,
        /// Options to carry it out with, JSON.
        pub options: String,
        /// Where it stands.
        pub state: RunState,
        /// Records committed.
        pub cursor: i64,
        /// Records in the file.
        pub total: i64,
        /// Counts so far, JSON.
        pub counts: String,
        /// Lines left out.
        pub skipped_total: i64,
        /// Why it failed.
        pub error_code: Option<String>,
        /// In words.
        pub error_detail: Option<String>,
        /// Who started it, in stored form.
        pub actor: String,
        /// The process at it.
        pub holder: String,
        /// When that process last said so.
        pub heartbeat_at: Timestamp,
        /// Whether somebody wants it stopped.
        pub cancel_requested: bool,
        /// When the process at it began to store.
        pub storing_since: Timestamp,
        /// Records that had been committed then.
        pub storing_from: i64,
        /// When it was started.
        pub created_at: Timestamp,
        /// When it ended.
        pub finished_at: Option<Timestamp>,
    }
}

macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "id, kind, group_id, file_name, file_path, file_hash, bytes, format, encoding, options,
             state, cursor, total, counts, skipped_total, error_code, error_detail, actor, holder,
             heartbeat_at, cancel_requested, storing_since, storing_from, created_at, finished_at",
            $after
        )
    };
}

/// Adds a run.
///
/// # Errors
/// The engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, run: &Run) -> Result<()> {
    tx.execute(
        sql!(columns!(
            "INSERT INTO import_run (",
            ", workspace_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
             $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)"
        )),
        params![
            run.id,
            run.kind,
            run.group_id,
            run.file_name.as_str(),
            run.file_path.as_str(),
            run.file_hash.clone(),
            run.bytes,
            run.format.as_str(),
            run.encoding.as_str(),
            run.options.as_str(),
            run.state,
            run.cursor,
            run.total,
            run.counts.as_str(),
            run.skipped_total,
            run.error_code.as_deref(),
            run.error_detail.as_deref(),
            run.actor.as_str(),
            run.holder.as_str(),
            run.heartbeat_at,
            run.cancel_requested,
            run.storing_since,
            run.storing_from,
            run.created_at,
            run.finished_at,
            workspace,
        ],
    )
    .await?;
    Ok(())
}

/// Writes what changes of a run.
///
/// # Errors
/// The engine refused.
pub async fn update(tx: &mut Tx, workspace: WorkspaceId, run: &Run) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE import_run SET group_id = $3, state = $4, cursor = $5, total = $6, counts = $7,
                skipped_total = $8, error_code = $9, error_detail = $10, holder = $11,
                heartbeat_at = $12, finished_at = $13, file_path = $14
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![
            workspace,
            run.id,
            run.group_id,
            run.state,
            run.cursor,
            run.total,
            run.counts.as_str(),
            run.skipped_total,
            run.error_code.as_deref(),
            run.error_detail.as_deref(),
            run.holder.as_str(),
            run.heartbeat_at,
            run.finished_at,
            run.file_path.as_str(),
        ],
    )
    .await?;
    Ok(())
}

/// One run.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: ImportRunId) -> Result<Run> {
    tx.one(
        "import run",
        sql!(columns!(
            "SELECT ",
            " FROM import_run WHERE workspace_id = $1 AND id = $2"
        )),
        params![workspace, id],
    )
    .await
}

/// Runs into groups of branches whose path begins so; all runs if it is empty.
fn below(query: &mut Query, workspace: WorkspaceId, branch_path: &str) {
    query
        .push(" FROM import_run WHERE workspace_id = ")
        .bind(workspace);
    if !branch_path.is_empty() {
        query.push(" AND group_id IN (");
        group::below(query, workspace, branch_path);
        query.push(")");
    }
}

/// Runs, newest first, after a place in the list; below a path only those into groups there.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    branch_path: &str,
    after: Option<(Timestamp, ImportRunId)>,
    limit: usize,
) -> Result<Vec<Run>> {
    let mut query = Query::new(columns!("SELECT ", ""));
    below(&mut query, workspace, branch_path);
    if let Some((at, id)) = after {
        query
            .push(" AND (created_at < ")
            .bind(at)
            .push(" OR (created_at = ")
            .bind(at);
        query.push(" AND id < ").bind(id).push("))");
    }
    query
        .push(" ORDER BY created_at DESC, id DESC LIMIT ")
        .bind(limit);
    tx.all_of(query).await
}

/// How many runs there are, as [`list`] shows them.
///
/// # Errors
/// The engine refused.
pub async fn count(tx: &mut Tx, workspace: WorkspaceId, branch_path: &str) -> Result<i64> {
    let mut query = Query::new("SELECT CAST(COUNT(*) AS BIGINT) AS n");
    below(&mut query, workspace, branch_path);
    tx.count_of(query).await
}

record! {
    /// A file that a run still needs.
    pub struct NeededFile {
        /// Where it is.
        pub file_path: String,
    }
}

/// The files of all runs, of every workspace, that were begun and not ended.
///
/// # Errors
/// The engine refused.
pub async fn needed_files(tx: &mut Tx) -> Result<Vec<NeededFile>> {
    tx.all(
        sql!(
            "SELECT file_path FROM import_run
             WHERE state IN ('planned', 'running', 'interrupted')"
        ),
        params![],
    )
    .await
}

/// A run of this file for this group that was begun and not ended.
///
/// # Errors
/// The engine refused.
pub async fn find_unfinished(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: ImportKind,
    file_hash: &[u8],
    group: Option<GroupId>,
) -> Result<Option<Run>> {
    tx.find(
        sql!(columns!(
            "SELECT ",
            " FROM import_run WHERE workspace_id = $1 AND file_hash = $2 AND kind = $3
               AND (CAST($4 AS BIGINT) IS NULL OR group_id = $4)
               AND state IN ('running', 'interrupted')
             ORDER BY created_at DESC LIMIT 1"
        )),
        params![workspace, file_hash, kind, group],
    )
    .await
}

/// Whether an earlier run of the same file was carried out.
///
/// # Errors
/// The engine refused.
pub async fn was_read_before(tx: &mut Tx, workspace: WorkspaceId, run: &Run) -> Result<bool> {
    let found: Option<i64> = tx
        .find(
            sql!(
                "SELECT id AS n FROM import_run WHERE workspace_id = $1 AND file_hash = $2
                   AND kind = $3 AND id < $4 AND state = 'done' LIMIT 1"
            ),
            params![workspace, run.file_hash.as_slice(), run.kind, run.id],
        )
        .await?;
    Ok(found.is_some())
}

/// Takes hold of a run that nobody holds, that `from` hands over, or whose holder has fallen silent.
/// False if somebody is at it.
///
/// # Errors
/// The engine refused.
pub async fn take(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ImportRunId,
    (from, holder): (&str, &str),
    state: RunState,
    now: Timestamp,
    silent_since: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "UPDATE import_run SET holder = $3, heartbeat_at = $4, state = $6,
                cancel_requested = $7, storing_since = $4, storing_from = cursor
             WHERE workspace_id = $1 AND id = $2
               AND (holder = '' OR holder = $8 OR heartbeat_at < $5)"
        ),
        params![workspace, id, holder, now, silent_since, state, false, from],
    )
    .await
}

/// Says that the process at a run begins to store: from here on its speed is told.
///
/// # Errors
/// The engine refused.
pub async fn begin_storing(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ImportRunId,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE import_run SET storing_since = $3, storing_from = cursor
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id, at],
    )
    .await?;
    Ok(())
}

/// Says that a process is still at a run that it carries out.
///
/// # Errors
/// The engine refused.
pub async fn beat(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ImportRunId,
    holder: &str,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE import_run SET heartbeat_at = $4
             WHERE workspace_id = $1 AND id = $2 AND holder = $3 AND state = 'running'"
        ),
        params![workspace, id, holder, at],
    )
    .await?;
    Ok(())
}

/// Asks the process that carries a run out to stop.
///
/// # Errors
/// The engine refused.
pub async fn request_cancel(tx: &mut Tx, workspace: WorkspaceId, id: ImportRunId) -> Result<()> {
    tx.execute(
        sql!("UPDATE import_run SET cancel_requested = $3 WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id, true],
    )
    .await?;
    Ok(())
}

/// Marks running runs whose holder has fallen silent as interrupted; returns how many.
///
/// # Errors
/// The engine refused.
pub async fn interrupt_silent(tx: &mut Tx, silent_since: Timestamp) -> Result<u64> {
    tx.execute(
        sql!(
            "UPDATE import_run SET state = 'interrupted', holder = ''
             WHERE state = 'running' AND heartbeat_at < $1"
        ),
        params![silent_since],
    )
    .await
}

record! {
    /// A line that was left out.
    pub struct Reject {
        /// Its number in the file.
        pub line: i64,
        /// Why, as a code.
        pub code: String,
        /// Why, in words.
        pub detail: String,
    }
}

/// Adds lines left out.
///
/// # Errors
/// The engine refused.
pub async fn insert_rejects(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: ImportRunId,
    rejects: &[Reject],
) -> Result<()> {
    let rows = rejects
        .iter()
        .map(|r| params![workspace, run, r.line, r.code.as_str(), r.detail.as_str()])
        .collect();
    tx.insert_many(
        "INSERT INTO import_reject (workspace_id, run_id, line, code, detail) VALUES",
        rows,
        "ON CONFLICT DO NOTHING",
    )
    .await?;
    Ok(())
}

/// Lines left out after a line, in order.
///
/// # Errors
/// The engine refused.
pub async fn rejects(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: ImportRunId,
    after: i64,
    limit: usize,
) -> Result<Vec<Reject>> {
    tx.all(
        sql!(
            "SELECT line, code, detail FROM import_reject
             WHERE workspace_id = $1 AND run_id = $2 AND line > $3 ORDER BY line LIMIT $4"
        ),
        params![workspace, run, after, limit],
    )
    .await
}

record! {
    /// A saved mapping.
    pub struct SavedMapping {
        /// Its id.
        pub id: MappingId,
        /// What it is for.
        pub kind: ImportKind,
        /// Its name.
        pub name: String,
        /// Which column holds what, JSON.
        pub mapping: String,
    }
}

/// Saved mappings of a workspace.
///
/// # Errors
/// The engine refused.
pub async fn mappings(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<SavedMapping>> {
    tx.all(
        sql!(
            "SELECT id, kind, name, mapping FROM import_mapping WHERE workspace_id = $1
             ORDER BY kind, created_at"
        ),
        params![workspace],
    )
    .await
}

/// Saves a mapping under a name, over an earlier one of that name.
///
/// # Errors
/// The engine refused.
pub async fn save_mapping(
    tx: &mut Tx,
    workspace: WorkspaceId,
    row: &SavedMapping,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO import_mapping (id, workspace_id, kind, name, mapping, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (workspace_id, kind, name) DO UPDATE SET mapping = excluded.mapping"
        ),
        params![
            row.id,
            workspace,
            row.kind,
            row.name.as_str(),
            row.mapping.as_str(),
            at
        ],
    )
    .await?;
    Ok(())
}

/// Forgets a saved mapping.
///
/// # Errors
/// The engine refused.
pub async fn remove_mapping(tx: &mut Tx, workspace: WorkspaceId, id: MappingId) -> Result<()> {
    tx.execute(
        sql!("DELETE FROM import_mapping WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id],
    )
    .await?;
    Ok(())
}
