//! What happened to a person, from the rows that say so; newest first.

use yutang_domain::{
    id::{AuditId, GroupId, ImportRunId, MemberId, MessageId, OrderId, TagId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, order::OrderState, params, passage::Way, record, sql, sql::Query};

record! {
    /// A coming or going.
    pub struct Passed {
        /// Its id.
        pub id: MessageId,
        /// The group.
        pub group_id: GroupId,
        /// Called.
        pub group_name: String,
        /// Which way.
        pub kind: Way,
        /// When.
        pub at: Timestamp,
        /// Who brought them in or put them out.
        pub other_id: Option<MemberId>,
        /// By which way.
        pub via: Option<String>,
        /// The import that brought it.
        pub run_id: Option<ImportRunId>,
    }
}

/// Comings and goings of a person, not after `until`.
///
/// # Errors
/// The engine refused.
pub async fn passages(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: MemberId,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Passed>> {
    tx.all(
        sql!(
            "SELECT p.id, p.group_id, g.name AS group_name, p.kind, p.at, p.other_id, p.via, p.run_id
             FROM member m
             JOIN passage p ON p.workspace_id = m.workspace_id AND p.member_id = m.id
             JOIN chat_group g ON g.workspace_id = p.workspace_id AND g.id = p.group_id
             WHERE m.workspace_id = $1 AND m.canonical_id = $2 AND p.at <= $3
             ORDER BY p.at DESC, p.id DESC LIMIT $4"
        ),
        params![workspace, canonical, until, limit],
    )
    .await
}

record! {
    /// An order.
    pub struct Ordered {
        /// Its id.
        pub id: OrderId,
        /// Its number in the shop.
        pub external_id: String,
        /// When.
        pub placed_at: Timestamp,
        /// Currency.
        pub currency: String,
        /// Sum of the lines.
        pub amount_minor: i64,
        /// Number of lines.
        pub line_count: i64,
        /// Where it stands.
        pub state: OrderState,
        /// Where it comes from.
        pub source: String,
        /// The import that brought it.
        pub run_id: Option<ImportRunId>,
    }
}

/// Orders of a person, not after `until`.
///
/// # Errors
/// The engine refused.
pub async fn orders(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: MemberId,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Ordered>> {
    tx.all(
        sql!(
            "SELECT o.id, o.external_id, o.placed_at, o.currency, o.amount_minor, o.line_count,
                    o.state, o.source, o.run_id
             FROM member m
             JOIN shop_order o ON o.workspace_id = m.workspace_id AND o.member_id = m.id
             WHERE m.workspace_id = $1 AND m.canonical_id = $2 AND o.placed_at <= $3
             ORDER BY o.placed_at DESC, o.id DESC LIMIT $4"
        ),
        params![workspace, canonical, until, limit],
    )
    .await
}

record! {
    /// A tag that was put on.
    pub struct Tagged {
        /// The tag.
        pub tag_id: TagId,
        /// Its name.
        pub name: String,
        /// When.
        pub created_at: Timestamp,
        /// Who put it there.
        pub actor: String,
        /// The import that brought it.
        pub run_id: Option<ImportRunId>,
    }
}

/// Tags that a person carries.
///
/// # Errors
/// The engine refused.
pub async fn tags(tx: &mut Tx, workspace: WorkspaceId, canonical: MemberId) -> Result<Vec<Tagged>> {
    tx.all(
        sql!(
            "SELECT t.id AS tag_id, t.name, c.created_at, c.actor, c.run_id FROM member m
             JOIN member_tag c ON c.workspace_id = m.workspace_id AND c.member_id = m.id
             JOIN tag t ON t.workspace_id = c.workspace_id AND t.id = c.tag_id
             WHERE m.workspace_id = $1 AND m.canonical_id = $2
             ORDER BY c.created_at DESC, t.id"
        ),
        params![workspace, canonical],
    )
    .await
}

record! {
    /// A change that somebody made.
    pub struct Changed {
        /// The line of the audit log.
        pub id: AuditId,
        /// When.
        pub at: Timestamp,
        /// Who, in stored form.
        pub actor: String,
        /// What.
        pub operation: String,
        /// What was set, JSON.
        pub after: Option<String>,
        /// Whether it can be taken back.
        pub undoable: bool,
        /// When it was.
        pub undone_at: Option<Timestamp>,
    }
}

/// Lines of the audit log about these subjects (`member:mb_…`), not after `until`.
///
/// # Errors
/// The engine refused.
pub async fn changes(
    tx: &mut Tx,
    workspace: WorkspaceId,
    subjects: &[String],
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Changed>> {
    let mut query = Query::new(
        "SELECT id, at, actor, operation, after, undoable, undone_at FROM audit
         WHERE workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND subject IN ")
        .list(subjects.iter());
    query
        .push(" AND at <= ")
        .bind(until)
        .push(" ORDER BY at DESC, id DESC LIMIT ")
        .bind(limit);
    tx.all_of(query).await
}
