//! What groups ask of who comes in, and which of them are shut.

use yutang_domain::{
    gate::{Gate, GateKind, Held, KnockState},
    id::{GroupId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, StoreError, Tx, params, record, sql, text_cell};

text_cell!(GateKind, Held, KnockState);

record! {
    /// The gate of a group as it is kept.
    pub struct GateRow {
        /// How people come in.
        pub kind: GateKind,
        /// Another way for the first people.
        pub seed_kind: Option<GateKind>,
        /// For how many.
        pub seed_size: i64,
        /// What is asked.
        pub question: String,
        /// Words that answer it, a JSON list.
        pub answers: String,
        /// What is to be done first.
        pub task: String,
        /// Whether rules have to be acknowledged.
        pub acknowledge: Option<bool>,
        /// How names carried in the group are to look.
        pub card_name: Option<String>,
        /// Joins that are a wave.
        pub wave_joins: Option<i64>,
        /// In how many minutes.
        pub wave_minutes: i64,
        /// Until when it is shut.
        pub shut_until: Option<Timestamp>,
        /// Since when.
        pub shut_at: Option<Timestamp>,
        /// Who set it, in stored form.
        pub actor: String,
        /// When.
        pub updated_at: Timestamp,
    }
}

impl GateRow {
    /// What is set.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn gate(&self) -> Result<Gate> {
        Ok(Gate {
            kind: self.kind,
            seed_kind: self.seed_kind,
            seed_size: self.seed_size,
            question: self.question.clone(),
            answers: serde_json::from_str(&self.answers).map_err(|_| StoreError::Corrupt {
                column: "answers".to_owned(),
                value: self.answers.clone(),
                expected: "a list of words",
            })?,
            task: self.task.clone(),
            acknowledge: self.acknowledge,
            card_name: self.card_name.clone(),
            wave_joins: self.wave_joins,
            wave_minutes: self.wave_minutes,
        })
    }
}

/// The gate of a group, if one was set.
///
/// # Errors
/// The engine refused.
pub async fn find(tx: &mut Tx, workspace: WorkspaceId, group: GroupId) -> Result<Option<GateRow>> {
    tx.find(
        sql!(
            "SELECT kind, seed_kind, seed_size, question, answers, task, acknowledge, card_name,
                    wave_joins, wave_minutes, shut_until, shut_at, actor, updated_at
             FROM gate WHERE workspace_id = $1 AND group_id = $2"
        ),
        params![workspace, group],
    )
    .await
}

/// Sets the gate of a group; whether it is shut stays.
///
/// # Errors
/// The group is unknown, or the engine refused.
pub async fn set(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    gate: &Gate,
    actor: &str,
    at: Timestamp,
) -> Result<()> {
    let answers = serde_json::json!(gate.answers).to_string();
    tx.execute(
        sql!(
            "INSERT INTO gate (workspace_id, group_id, kind, seed_kind, seed_size, question, answers,
                task, acknowledge, card_name, wave_joins, wave_minutes, actor, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
             ON CONFLICT (workspace_id, group_id) DO UPDATE SET kind = excluded.kind,
                seed_kind = excluded.seed_kind, seed_size = excluded.seed_size,
                question = excluded.question, answers = excluded.answers, task = excluded.task,
                acknowledge = excluded.acknowledge, card_name = excluded.card_name,
                wave_joins = excluded.wave_joins, wave_minutes = excluded.wave_minutes,
                actor = excluded.actor, updated_at = excluded.updated_at"
        ),
        params![
            workspace,
            group,
            gate.kind,
            gate.seed_kind,
            gate.seed_size,
            gate.question.as_str(),
            answers.as_str(),
            gate.task.as_str(),
            gate.acknowledge,
            gate.card_name.as_deref(),
            gate.wave_joins,
            gate.wave_minutes,
            actor,
            at,
        ],
    )
    .await?;
    Ok(())
}

/// Shuts the gate of a group, or opens it; the row has to be there.
///
/// # Errors
/// The engine refused.
pub async fn shut(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    until: Option<Timestamp>,
    since: Option<Timestamp>,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE gate SET shut_until = $3, shut_at = $4
             WHERE workspace_id = $1 AND group_id = $2"
        ),
        params![workspace, group, until, since],
    )
    .await?;
    Ok(())
}

record! {
    /// A group whose time has come for something.
    pub struct DueGroup {
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// Which.
        pub group_id: GroupId,
    }
}

/// Groups of every workspace whose gates were shut until before `now`.
///
/// # Errors
/// The engine refused.
pub async fn over(tx: &mut Tx, now: Timestamp, limit: usize) -> Result<Vec<DueGroup>> {
    tx.all(
        sql!(
            "SELECT workspace_id, group_id FROM gate
             WHERE shut_until IS NOT NULL AND shut_until <= $1
             ORDER BY shut_until, group_id LIMIT $2"
        ),
        params![now, limit],
    )
    .await
}

/// How many people came into a group after `after`, up to and with `to`.
///
/// # Errors
/// The engine refused.
pub async fn joins(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    after: Timestamp,
    to: Timestamp,
) -> Result<i64> {
    tx.count(
        sql!(
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM passage
             WHERE workspace_id = $1 AND group_id = $2 AND at > $3 AND at <= $4 AND kind = 'joined'"
        ),
        params![workspace, group, after, to],
    )
    .await
}
