//! The first month of groups: who was there, and how much was said.

use yutang_domain::{
    id::{GroupId, MemberId, WorkspaceId},
    time::{Date, Timestamp},
};

use super::{Span, canonical, within};
use crate::{Result, Tx, record, sql::Query};

record! {
    /// How long somebody was in a group.
    pub struct Stay {
        /// The record that stands for the person.
        pub member_id: MemberId,
        /// Since when.
        pub since: Timestamp,
        /// Until when.
        pub left_at: Option<Timestamp>,
    }
}

/// Everybody's stay in a group; staff and programs apart.
///
/// # Errors
/// The engine refused.
pub async fn stays(tx: &mut Tx, workspace: WorkspaceId, group: GroupId) -> Result<Vec<Stay>> {
    let mut query = Query::new("SELECT ");
    canonical(&mut query, workspace, "s.member_id");
    query.push(
        " AS member_id, COALESCE(s.joined_at, s.first_seen_at) AS since, s.left_at
         FROM membership s WHERE s.role IN ('member', 'admin') AND s.workspace_id = ",
    );
    query.bind(workspace).push(" AND s.group_id = ").bind(group);
    tx.all_of(query).await
}

record! {
    /// The day from which a group's life is counted.
    pub struct Founded {
        /// Which group.
        pub group_id: GroupId,
        /// Its opening, or the first day on which something is known of it.
        pub day: Date,
    }
}

/// The founding of every group of a span whose first days are known: something was seen in its first
/// week. What a group was like before anybody looked is left out.
///
/// # Errors
/// The engine refused.
pub async fn founded(tx: &mut Tx, workspace: WorkspaceId, span: &Span) -> Result<Vec<Founded>> {
    let mut query = Query::new(
        "SELECT group_id, COALESCE(opened_on, seen_on) AS day FROM (
            SELECT c.id AS group_id, c.opened_on, (SELECT MIN(d.day) FROM group_day d
                WHERE d.workspace_id = c.workspace_id AND d.group_id = c.id) AS seen_on
            FROM chat_group c WHERE c.workspace_id = ",
    );
    query.bind(workspace);
    within(&mut query, "c.id", workspace, span);
    query.push(
        ") f WHERE seen_on IS NOT NULL AND (opened_on IS NULL OR seen_on < opened_on + 7)
         ORDER BY group_id",
    );
    tx.all_of(query).await
}

record! {
    /// What members said in a group on a day.
    pub struct Said {
        /// In which group.
        pub group_id: GroupId,
        /// On which day.
        pub day: Date,
        /// Messages, those of operators left out.
        pub messages: i64,
    }
}

/// What members said in the first `days` days of the groups of a span.
///
/// # Errors
/// The engine refused.
pub async fn said_at_first(
    tx: &mut Tx,
    workspace: WorkspaceId,
    span: &Span,
    days: i64,
) -> Result<Vec<Said>> {
    let mut query = Query::new(
        "SELECT d.group_id, d.day, CAST(SUM(d.messages) AS BIGINT) AS messages FROM (
            SELECT c.id AS id, COALESCE(c.opened_on, (SELECT MIN(g.day) FROM group_day g
                WHERE g.workspace_id = c.workspace_id AND g.group_id = c.id)) AS founded
            FROM chat_group c WHERE c.workspace_id = ",
    );
    query.bind(workspace);
    within(&mut query, "c.id", workspace, span);
    query.push(") f JOIN member_day d ON d.group_id = f.id AND d.operator = ");
    query
        .bind(false)
        .push(" AND d.workspace_id = ")
        .bind(workspace);
    query.push(" AND d.day >= f.founded AND d.day < f.founded + ");
    query.bind(days).push(" GROUP BY d.group_id, d.day");
    tx.all_of(query).await
}
