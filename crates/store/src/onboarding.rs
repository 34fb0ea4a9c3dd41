//! First days of people in groups.

use yutang_domain::{
    id::{GroupId, MemberId, OnboardingId, WorkspaceId},
    onboarding::{Ending, Step},
    time::Timestamp,
};

use crate::{Result, Tx, gate::DueGroup, params, record, sql, sql::Query, text_cell};

text_cell!(Step, Ending);

record! {
    /// Somebody's first day in a group.
    pub struct Onboarding {
        /// Its id.
        pub id: OnboardingId,
        /// In which group.
        pub group_id: GroupId,
        /// Whose.
        pub member_id: MemberId,
        /// When they came.
        pub joined_at: Timestamp,
        /// Whether they were in the group before.
        pub returning_member: bool,
        /// What comes next.
        pub step: Step,
        /// How it ended.
        pub ending: Option<Ending>,
        /// What greeted them in the group: a row of the outbox or `task:` and its cause.
        pub line_sent: Option<String>,
        /// What greeted them in private.
        pub private_sent: Option<String>,
        /// The version of the rules that went with it; 0 = none.
        pub rules_version: i64,
        /// When the greeting was written.
        pub greeted_at: Option<Timestamp>,
        /// When they said their first word.
        pub spoke_at: Option<Timestamp>,
        /// When they were reminded.
        pub reminded_at: Option<Timestamp>,
        /// When to look again.
        pub next_at: Timestamp,
        /// When it ended.
        pub ended_at: Option<Timestamp>,
    }
}

macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "id, group_id, member_id, joined_at, returning_member, step, ending, line_sent,
             private_sent, rules_version, greeted_at, spoke_at, reminded_at, next_at, ended_at",
            $after
        )
    };
}

/// Begins first days; those that have begun already are left out. Says how many are new.
///
/// # Errors
/// The engine refused.
pub async fn begin(tx: &mut Tx, workspace: WorkspaceId, rows: &[Onboarding]) -> Result<u64> {
    let values = rows
        .iter()
        .map(|row| {
            params![
                workspace,
                row.id,
                row.group_id,
                row.member_id,
                row.joined_at,
                row.returning_member,
                row.step,
                row.ending,
                row.line_sent.as_deref(),
                row.private_sent.as_deref(),
                row.rules_version,
                row.greeted_at,
                row.spoke_at,
                row.reminded_at,
                row.next_at,
                row.ended_at,
            ]
        })
        .collect();
    tx.insert_many(
        columns!("INSERT INTO onboarding (workspace_id, ", ") VALUES"),
        values,
        "ON CONFLICT (workspace_id, group_id, member_id, joined_at) DO NOTHING",
    )
    .await
}

/// Writes what changes of a first day.
///
/// # Errors
/// The engine refused.
pub async fn update(tx: &mut Tx, workspace: WorkspaceId, row: &Onboarding) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE onboarding SET step = $3, ending = $4, line_sent = $5, private_sent = $6,
                rules_version = $7, greeted_at = $8, spoke_at = $9, reminded_at = $10,
                next_at = $11, ended_at = $12
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![
            workspace,
            row.id,
            row.step,
            row.ending,
            row.line_sent.as_deref(),
            row.private_sent.as_deref(),
            row.rules_version,
            row.greeted_at,
            row.spoke_at,
            row.reminded_at,
            row.next_at,
            row.ended_at,
        ],
    )
    .await?;
    Ok(())
}

/// First days in a group that have not ended, earliest first; `members`: only theirs.
///
/// # Errors
/// The engine refused.
pub async fn open(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    members: Option<&[MemberId]>,
) -> Result<Vec<Onboarding>> {
    let mut query = Query::new(columns!(
        "SELECT ",
        " FROM onboarding WHERE workspace_id = "
    ));
    query.bind(workspace).push(" AND group_id = ").bind(group);
    query.push(" AND ended_at IS NULL");
    if let Some(members) = members {
        query
            .push(" AND member_id IN ")
            .list(members.iter().copied());
    }
    query.push(" ORDER BY joined_at, id");
    tx.all_of(query).await
}

/// First days of one member that are under way, in any group.
///
/// # Errors
/// The database refused.
pub async fn open_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    member: MemberId,
) -> Result<Vec<Onboarding>> {
    tx.all(
        sql!(columns!(
            "SELECT ",
            " FROM onboarding WHERE workspace_id = $1 AND member_id = $2 AND ended_at IS NULL
               ORDER BY id"
        )),
        params![workspace, member],
    )
    .await
}

/// First days in a group that are to be looked at.
///
/// # Errors
/// The engine refused.
pub async fn due_in(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Onboarding>> {
    tx.all(
        sql!(columns!(
            "SELECT ",
            " FROM onboarding WHERE workspace_id = $1 AND group_id = $2 AND ended_at IS NULL
               AND step = 'settle' AND next_at <= $3 ORDER BY next_at, id LIMIT $4"
        )),
        params![workspace, group, now, limit],
    )
    .await
}

/// Groups of every workspace in which first days are to be looked at.
///
/// # Errors
/// The engine refused.
pub async fn due(tx: &mut Tx, now: Timestamp, limit: usize) -> Result<Vec<DueGroup>> {
    tx.all(
        sql!(
            "SELECT workspace_id, group_id FROM onboarding
             WHERE ended_at IS NULL AND next_at <= $1
             GROUP BY workspace_id, group_id ORDER BY MIN(next_at), group_id LIMIT $2"
        ),
        params![now, limit],
    )
    .await
}

/// How many people came into a group after `after`.
///
/// # Errors
/// The engine refused.
pub async fn came_since(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    after: Timestamp,
) -> Result<i64> {
    tx.count(
        sql!(
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM onboarding
             WHERE workspace_id = $1 AND group_id = $2 AND joined_at > $3"
        ),
        params![workspace, group, after],
    )
    .await
}

record! {
    /// How many first days ended in one way.
    pub struct Ended {
        /// The way; `None` = not yet.
        pub ending: Option<Ending>,
        /// How many.
        pub n: i64,
    }
}

/// How first days that began after `since` ended.
///
/// # Errors
/// The engine refused.
pub async fn endings(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    since: Timestamp,
) -> Result<Vec<Ended>> {
    tx.all(
        sql!(
            "SELECT ending, CAST(COUNT(*) AS BIGINT) AS n FROM onboarding
             WHERE workspace_id = $1 AND group_id = $2 AND joined_at >= $3
             GROUP BY ending ORDER BY ending"
        ),
        params![workspace, group, since],
    )
    .await
}

record! {
    /// A place in a group.
    pub struct Seat {
        /// Who.
        pub member_id: MemberId,
        /// The name they carry in it.
        pub card_name: String,
        /// The name of their record.
        pub name: String,
        /// When they left, if they did.
        pub left_at: Option<Timestamp>,
        /// What they are in it.
        pub role: yutang_domain::group::Standing,
        /// The record that stands for them.
        pub canonical_id: MemberId,
    }
}

/// The places of these members in a group.
///
/// # Errors
/// The engine refused.
pub async fn seats(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    members: &[MemberId],
) -> Result<Vec<Seat>> {
    let mut found = Vec::with_capacity(members.len());
    for chunk in members.chunks(500) {
        let mut query = Query::new(
            "SELECT s.member_id, s.card_name, m.name, s.left_at, s.role, m.canonical_id
             FROM membership s
             JOIN member m ON m.workspace_id = s.workspace_id AND m.id = s.member_id
             WHERE s.workspace_id = ",
        );
        query.bind(workspace).push(" AND s.group_id = ").bind(group);
        query
            .push(" AND s.member_id IN ")
            .list(chunk.iter().copied());
        found.extend(tx.all_of::<Seat>(query).await?);
    }
    Ok(found)
}

record! {
    /// A comings and goings before this one.
    pub struct Before {
        /// Who.
        pub member_id: MemberId,
        /// How often they went.
        pub went: i64,
        /// How often they were put out.
        pub removed: i64,
    }
}

/// Who of these members went from a group before `at`, and how.
///
/// # Errors
/// The engine refused.
pub async fn before(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    members: &[MemberId],
    at: Timestamp,
) -> Result<Vec<Before>> {
    let mut query = Query::new(
        "SELECT member_id, CAST(COUNT(*) AS BIGINT) AS went,
                CAST(SUM(CASE WHEN kind = 'removed' THEN 1 ELSE 0 END) AS BIGINT) AS removed
         FROM passage WHERE kind <> 'joined' AND workspace_id = ",
    );
    query.bind(workspace).push(" AND group_id = ").bind(group);
    query.push(" AND at < ").bind(at);
    query
        .push(" AND member_id IN ")
        .list(members.iter().copied());
    query.push(" GROUP BY member_id");
    tx.all_of(query).await
}
