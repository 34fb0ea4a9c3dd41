//! The people of one group, as a list.

use yutang_domain::{
    group::Standing,
    id::{GroupId, MemberId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, record, search, sql::Query};

record! {
    /// Somebody in a group.
    pub struct Person {
        /// The record that stands for the person.
        pub member_id: MemberId,
        /// Name.
        pub name: String,
        /// The name carried in the group.
        pub card_name: String,
        /// What they are in it.
        pub role: Standing,
        /// Since when.
        pub joined_at: Option<Timestamp>,
        /// First time seen.
        pub first_seen_at: Timestamp,
        /// Last time they wrote.
        pub last_seen_at: Option<Timestamp>,
        /// When they went.
        pub left_at: Option<Timestamp>,
        /// Who brought them.
        pub inviter_id: Option<MemberId>,
        /// By name.
        pub inviter_name: Option<String>,
        /// Messages in this group.
        pub messages: i64,
        /// Of these, giving value.
        pub valued: i64,
    }
}

/// What the people of a group are sorted by; those who went come last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Who wrote last first.
    #[default]
    LastSeen,
    /// Who has been silent longest first.
    Silent,
    /// By name.
    Name,
    /// Most messages first.
    Messages,
    /// Most messages of value first.
    Valued,
    /// Newest first.
    Joined,
}

impl Sort {
    const fn terms(self) -> &'static str {
        match self {
            Self::LastSeen => "COALESCE(s.last_seen_at, 0) DESC",
            Self::Silent => "COALESCE(s.last_seen_at, 0)",
            Self::Name => "c.name_sort",
            Self::Messages => "11 DESC",
            Self::Valued => "12 DESC",
            Self::Joined => "COALESCE(s.joined_at, s.first_seen_at) DESC",
        }
    }

    /// Whether everybody's messages have to be summed before the order is known.
    const fn by_counts(self) -> bool {
        matches!(self, Self::Messages | Self::Valued)
    }
}

/// Which people of a group are listed; `None` = any.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Whose people.
    pub group: GroupId,
    /// Search terms, all of which must be there.
    pub terms: Vec<String>,
    /// What they are in the group.
    pub role: Option<Standing>,
    /// Those present (true), those who went (false).
    pub present: Option<bool>,
}

fn narrow(query: &mut Query, workspace: WorkspaceId, filter: &Filter) {
    query
        .push(" WHERE s.workspace_id = ")
        .bind(workspace)
        .push(" AND s.group_id = ")
        .bind(filter.group);
    if let Some(role) = filter.role {
        query.push(" AND s.role = ").bind(role);
    }
    match filter.present {
        Some(true) => {
            query.push(" AND s.left_at IS NULL");
        }
        Some(false) => {
            query.push(" AND s.left_at IS NOT NULL");
        }
        None => {}
    }
    search::matching(query, "m.canonical_id", workspace, "member", &filter.terms);
}

/// A page of the people of a group, those present first.
///
/// # Errors
/// The engine refused.
pub async fn page(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    sort: Sort,
    (offset, limit): (usize, usize),
) -> Result<Vec<Person>> {
    let mut query = Query::new(
        "SELECT m.canonical_id AS member_id, c.name, s.card_name, s.role, s.joined_at,
            s.first_seen_at, s.last_seen_at, s.left_at, s.inviter_id, i.name AS inviter_name, ",
    );
    if sort.by_counts() {
        query.push("COALESCE(t.messages, 0) AS messages, COALESCE(t.valued, 0) AS valued");
    } else {
        query.push(
            "(SELECT CAST(COALESCE(SUM(d.messages), 0) AS BIGINT) FROM member_day d
                WHERE d.workspace_id = s.workspace_id AND d.group_id = s.group_id
                  AND d.member_id = s.member_id) AS messages,
            (SELECT CAST(COALESCE(SUM(d.valued), 0) AS BIGINT) FROM member_day d
                WHERE d.workspace_id = s.workspace_id AND d.group_id = s.group_id
                  AND d.member_id = s.member_id) AS valued",
        );
    }
    query.push(
        " FROM membership s
         JOIN member m ON m.workspace_id = s.workspace_id AND m.id = s.member_id
         JOIN member c ON c.workspace_id = m.workspace_id AND c.id = m.canonical_id
         LEFT JOIN member i ON i.workspace_id = s.workspace_id AND i.id = s.inviter_id",
    );
    if sort.by_counts() {
        query.push(
            " LEFT JOIN (SELECT d.member_id, CAST(SUM(d.messages) AS BIGINT) AS messages,
                CAST(SUM(d.valued) AS BIGINT) AS valued FROM member_day d WHERE d.workspace_id = ",
        );
        query
            .bind(workspace)
            .push(" AND d.group_id = ")
            .bind(filter.group)
            .push(" GROUP BY d.member_id) t ON t.member_id = s.member_id");
    }
    narrow(&mut query, workspace, filter);
    query
        .push(" ORDER BY CASE WHEN s.left_at IS NULL THEN 0 ELSE 1 END, ")
        .push(sort.terms());
    query.push(", s.member_id LIMIT ");
    query.bind(limit).push(" OFFSET ").bind(offset);
    tx.all_of(query).await
}

/// How many people a list of a group holds.
///
/// # Errors
/// The engine refused.
pub async fn count(tx: &mut Tx, workspace: WorkspaceId, filter: &Filter) -> Result<i64> {
    let mut query = Query::new(
        "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM membership s
         JOIN member m ON m.workspace_id = s.workspace_id AND m.id = s.member_id",
    );
    narrow(&mut query, workspace, filter);
    tx.count_of(query).await
}
