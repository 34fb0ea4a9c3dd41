//! What the figures of a group, a branch or a workspace are made of.

mod behind;
mod board;
mod sale;
mod sight;
mod silence;

use yutang_domain::{
    id::{ChannelAccountId, GroupId, MemberId, WorkspaceId},
    time::{Date, Period, Timestamp},
};

pub use behind::{Behind, Figure, behind, count_behind};
pub use board::*;
pub use sale::*;
pub use sight::*;
pub use silence::*;

use sight::SPOKEN;

use crate::{Result, Tx, group, record, sql::Query};

/// Which groups a figure is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// One group.
    Group(GroupId),
    /// Several groups.
    Groups(Vec<GroupId>),
    /// All groups of branches whose path begins so; empty = the whole workspace.
    Below(String),
    /// Those of them whose texts are known: seen through an account that is not one of these, or
    /// through none but with a message that was ever stored.
    Readable(String, Vec<ChannelAccountId>),
}

/// Adds `AND <column> IN (…)` for the groups of a span.
fn within(query: &mut Query, column: &'static str, workspace: WorkspaceId, span: &Span) {
    match span {
        Span::Group(id) => {
            query.push(" AND ").push(column).push(" = ").bind(*id);
        }
        Span::Groups(ids) => {
            query.push(" AND ").push(column).push(" IN ");
            query.list(ids.iter().copied());
        }
        Span::Readable(path, blind) => {
            query.push(" AND ").push(column).push(" IN (");
            group::below(query, workspace, path);
            if !blind.is_empty() {
                query.push(" AND (g.channel_account_id IS NULL OR g.channel_account_id NOT IN ");
                query.list(blind.iter().copied()).push(")");
            }
            query.push(" AND (g.channel_account_id IS NOT NULL OR ");
            query.push(SPOKEN).push("))");
        }
        Span::Below(path) if path.is_empty() => {}
        Span::Below(path) => {
            query.push(" AND ").push(column).push(" IN (");
            group::below(query, workspace, path);
            query.push(")");
        }
    }
}

/// [`within`] for `member_day`, whose rows lie group by group: where all groups are meant they are
/// named, so that each is read in one run instead of row by row through the index of days.
fn group_by_group(query: &mut Query, workspace: WorkspaceId, span: &Span) {
    match span {
        Span::Below(path) if path.is_empty() => {
            query
                .push(" AND d.group_id IN (SELECT g.id FROM chat_group g WHERE g.workspace_id = ")
                .bind(workspace)
                .push(")");
        }
        span => within(query, "d.group_id", workspace, span),
    }
}

fn in_days(query: &mut Query, column: &'static str, period: Period) {
    query
        .push(" AND ")
        .push(column)
        .push(" >= ")
        .bind(period.from);
    query.push(" AND ").push(column).push(" < ").bind(period.to);
}

/// The record that stands for the person of `column`. Few records are merged into another: only
/// these are looked up.
fn canonical(query: &mut Query, workspace: WorkspaceId, column: &'static str) {
    query
        .push("CASE WHEN ")
        .push(column)
        .push(" IN (SELECT x.id FROM member x WHERE x.canonical_id <> x.id AND x.workspace_id = ");
    query
        .bind(workspace)
        .push(") THEN (SELECT y.canonical_id FROM member y WHERE y.id = ");
    query.push(column).push(") ELSE ").push(column).push(" END");
}

record! {
    /// What a person did in a span and period; merged records count as one person.
    pub struct Person {
        /// The record that stands for the person.
        pub member_id: MemberId,
        /// Messages as a member.
        pub messages: i64,
        /// Messages for the house.
        pub operator_messages: i64,
        /// Messages as a member that give value.
        pub valued: i64,
        /// Different days with such a message.
        pub value_days: i64,
        /// Adverts.
        pub adverts: i64,
        /// Messages off the topic.
        pub off_topic: i64,
        /// Messages judged on or off the topic.
        pub judged: i64,
    }
}

/// Everybody who wrote in the span and period.
///
/// # Errors
/// The engine refused.
pub async fn people(
    tx: &mut Tx,
    workspace: WorkspaceId,
    span: &Span,
    period: Period,
) -> Result<Vec<Person>> {
    let mut query = Query::new("SELECT ");
    canonical(&mut query, workspace, "d.member_id");
    query.push(
        " AS member_id,
            CAST(SUM(CASE WHEN d.operator = ",
    );
    query.bind(true).push(
        " THEN 0 ELSE d.messages END) AS BIGINT) AS messages,
            CAST(SUM(CASE WHEN d.operator = ",
    );
    query.bind(true).push(
        " THEN d.messages ELSE 0 END) AS BIGINT) AS operator_messages,
            CAST(SUM(d.valued) AS BIGINT) AS valued,
            CAST(COUNT(DISTINCT CASE WHEN d.valued > 0 THEN d.day END) AS BIGINT) AS value_days,
            CAST(SUM(d.adverts) AS BIGINT) AS adverts,
            CAST(SUM(d.off_topic) AS BIGINT) AS off_topic,
            CAST(SUM(d.judged) AS BIGINT) AS judged
         FROM member_day d
         WHERE d.workspace_id = ",
    );
    query.bind(workspace);
    in_days(&mut query, "d.day", period);
    group_by_group(&mut query, workspace, span);
    query.push(" GROUP BY 1");
    tx.all_of(query).await
}

record! {
    /// A civil day of a span.
    pub struct Day {
        /// Which.
        pub day: Date,
        /// Messages.
        pub messages: i64,
        /// People who wrote as members.
        pub active: i64,
        /// Messages that give value.
        pub valued: i64,
    }
}

/// The days of a period on which something was said.
///
/// # Errors
/// The engine refused.
pub async fn days(
    tx: &mut Tx,
    workspace: WorkspaceId,
    span: &Span,
    period: Period,
) -> Result<Vec<Day>> {
    let mut query = Query::new(
        "SELECT d.day, CAST(SUM(d.messages) AS BIGINT) AS messages,
            CAST(COUNT(DISTINCT CASE WHEN d.operator = ",
    );
    query.bind(false).push(" THEN ");
    canonical(&mut query, workspace, "d.member_id");
    query.push(
        " END) AS BIGINT) AS active, CAST(SUM(d.valued) AS BIGINT) AS valued
         FROM member_day d WHERE d.workspace_id = ",
    );
    query.bind(workspace);
    in_days(&mut query, "d.day", period);
    group_by_group(&mut query, workspace, span);
    query.push(" GROUP BY d.day ORDER BY d.day");
    tx.all_of(query).await
}

record! {
    /// Comings and goings of a civil day.
    pub struct Traffic {
        /// Which.
        pub day: Date,
        /// People who came.
        pub joined: i64,
        /// People who went or were put out.
        pub departed: i64,
    }
}

/// Comings and goings by day.
///
/// # Errors
/// The engine refused.
pub async fn traffic(
    tx: &mut Tx,
    workspace: WorkspaceId,
    span: &Span,
    period: Period,
) -> Result<Vec<Traffic>> {
    let mut query = Query::new(
        "SELECT p.day, CAST(SUM(CASE WHEN p.kind = 'joined' THEN 1 ELSE 0 END) AS BIGINT) AS joined,
            CAST(SUM(CASE WHEN p.kind = 'joined' THEN 0 ELSE 1 END) AS BIGINT) AS departed
         FROM passage p WHERE p.workspace_id = ",
    );
    query.bind(workspace);
    in_days(&mut query, "p.day", period);
    within(&mut query, "p.group_id", workspace, span);
    query.push(" GROUP BY p.day ORDER BY p.day");
    tx.all_of(query).await
}

record! {
    /// Messages of an hour of the day.
    pub struct Hour {
        /// 0 to 23.
        pub hour: i64,
        /// Messages.
        pub messages: i64,
    }
}

/// Messages by hour of the day.
///
/// # Errors
/// The engine refused.
pub async fn hours(
    tx: &mut Tx,
    workspace: WorkspaceId,
    span: &Span,
    period: Period,
) -> Result<Vec<Hour>> {
    let mut query = Query::new(
        "SELECT h.hour, CAST(SUM(h.messages) AS BIGINT) AS messages FROM group_hour h
         WHERE h.workspace_id = ",
    );
    query.bind(workspace);
    in_days(&mut query, "h.day", period);
    within(&mut query, "h.group_id", workspace, span);
    query.push(" GROUP BY h.hour ORDER BY h.hour");
    tx.all_of(query).await
}

/// How many people were in the span at some time of the period; staff and programs apart.
///
/// # Errors
/// The engine refused.
pub async fn members(
    tx: &mut Tx,
    workspace: WorkspaceId,
    span: &Span,
    (from, to): (Timestamp, Timestamp),
) -> Result<i64> {
    let mut query = Query::new("SELECT CAST(COUNT(DISTINCT ");
    canonical(&mut query, workspace, "s.member_id");
    query.push(
        ") AS BIGINT) AS n FROM membership s WHERE s.role IN ('member', 'admin') AND s.workspace_id = ",
    );
    query.bind(workspace);
    query.push(" AND s.first_seen_at < ").bind(to);
    query
        .push(" AND (s.left_at IS NULL OR s.left_at >= ")
        .bind(from)
        .push(")");
    within(&mut query, "s.group_id", workspace, span);
    tx.count_of(query).await
}

record! {
    /// Somebody's day in a group.
    pub struct MemberDay {
        /// Which day.
        pub day: Date,
        /// The record that stands for the person.
        pub member_id: MemberId,
        /// Whether for the house.
        pub operator: bool,
        /// Messages.
        pub messages: i64,
        /// Of these, giving value.
        pub valued: i64,
        /// Of these, adverts.
        pub adverts: i64,
    }
}

/// Who did what on which day of a group.
///
/// # Errors
/// The engine refused.
pub async fn member_days(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    period: Period,
) -> Result<Vec<MemberDay>> {
    let mut query = Query::new("SELECT d.day, ");
    canonical(&mut query, workspace, "d.member_id");
    query.push(
        " AS member_id, d.operator, d.messages, d.valued, d.adverts FROM member_day d
         WHERE d.workspace_id = ",
    );
    query.bind(workspace).push(" AND d.group_id = ").bind(group);
    in_days(&mut query, "d.day", period);
    query.push(" ORDER BY d.day, 2");
    tx.all_of(query).await
}

record! {
    /// The first and last day on which something is known of a group.
    pub struct Extent {
        /// First day; `None` if nothing is.
        pub first: Option<Date>,
        /// Last day.
        pub last: Option<Date>,
    }
}

/// From when to when something is known of a span.
///
/// # Errors
/// The engine refused.
pub async fn extent(tx: &mut Tx, workspace: WorkspaceId, span: &Span) -> Result<Extent> {
    let mut query = Query::new(
        "SELECT MIN(d.day) AS first, MAX(d.day) AS last FROM group_day d WHERE d.workspace_id = ",
    );
    query.bind(workspace);
    within(&mut query, "d.group_id", workspace, span);
    Ok(tx.all_of(query).await?.pop().unwrap_or(Extent {
        first: None,
        last: None,
    }))
}

record! {
    /// A group's day, summed up.
    pub struct GroupDay {
        /// The group.
        pub group_id: GroupId,
        /// Which day.
        pub day: Date,
        /// Messages.
        pub messages: i64,
    }
}

/// Messages by group and day, for spark lines.
///
/// # Errors
/// The engine refused.
pub async fn group_days(
    tx: &mut Tx,
    workspace: WorkspaceId,
    groups: &[GroupId],
    period: Period,
) -> Result<Vec<GroupDay>> {
    let mut query =
        Query::new("SELECT group_id, day, messages FROM group_day WHERE workspace_id = ");
    query.bind(workspace);
    in_days(&mut query, "day", period);
    query.push(" AND group_id IN ").list(groups.iter().copied());
    tx.all_of(query).await
}

/// How many operators are known among the memberships of a span.
///
/// # Errors
/// The engine refused.
pub async fn operators(tx: &mut Tx, workspace: WorkspaceId, span: &Span) -> Result<i64> {
    let mut query = Query::new(
        "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM membership s
         WHERE s.role IN ('owner', 'staff', 'bot') AND s.workspace_id = ",
    );
    query.bind(workspace);
    within(&mut query, "s.group_id", workspace, span);
    tx.count_of(query).await
}
