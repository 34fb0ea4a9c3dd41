//! Membership as a person's page shows it; comings and goings are written by [`crate::passage`].

use yutang_domain::{
    group::Standing,
    id::{GroupId, MemberId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, passage::Way, record, sql, sql::Query};

record! {
    /// A person's place in a group.
    pub struct Place {
        /// The record it was seen with.
        pub member_id: MemberId,
        /// The group.
        pub group_id: GroupId,
        /// Called.
        pub group_name: String,
        /// Its network.
        pub channel: String,
        /// What the person is there.
        pub role: Standing,
        /// The name they carry there.
        pub card_name: String,
        /// When they came, if the network said so.
        pub joined_at: Option<Timestamp>,
        /// By which way.
        pub via: Option<String>,
        /// Who brought them.
        pub inviter_id: Option<MemberId>,
        /// First sign of them there.
        pub first_seen_at: Timestamp,
        /// Last sign of them there.
        pub last_seen_at: Option<Timestamp>,
        /// When they left.
        pub left_at: Option<Timestamp>,
    }
}

/// The groups a person is or was in, present ones first.
///
/// # Errors
/// The engine refused.
pub async fn of_person(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: MemberId,
) -> Result<Vec<Place>> {
    tx.all(
        sql!(
            "SELECT s.member_id, s.group_id, g.name AS group_name, g.channel, s.role, s.card_name,
                    s.joined_at, s.via, s.inviter_id, s.first_seen_at, s.last_seen_at, s.left_at
             FROM member m
             JOIN membership s ON s.workspace_id = m.workspace_id AND s.member_id = m.id
             JOIN chat_group g ON g.workspace_id = s.workspace_id AND g.id = s.group_id
             WHERE m.workspace_id = $1 AND m.canonical_id = $2
             ORDER BY CASE WHEN s.left_at IS NULL THEN 0 ELSE 1 END, g.name_sort, s.member_id"
        ),
        params![workspace, canonical],
    )
    .await
}

/// How many people a person brought: members whose inviter is one of the person's records.
///
/// # Errors
/// The engine refused.
pub async fn invited_by(tx: &mut Tx, workspace: WorkspaceId, canonical: MemberId) -> Result<i64> {
    tx.count(
        sql!(
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM (
                SELECT s.member_id FROM member m
                JOIN membership s ON s.workspace_id = m.workspace_id AND s.inviter_id = m.id
                WHERE m.workspace_id = $1 AND m.canonical_id = $2
                UNION
                SELECT i.id AS member_id FROM member m
                JOIN member i ON i.workspace_id = m.workspace_id AND i.inviter_id = m.id
                WHERE m.workspace_id = $1 AND m.canonical_id = $2) brought"
        ),
        params![workspace, canonical],
    )
    .await
}

record! {
    /// A name that somebody carries in a group only.
    pub struct OtherName {
        /// The record that stands for the person.
        pub canonical_id: MemberId,
        /// The name.
        pub card_name: String,
    }
}

/// The names that these members carry in a group and that are not the names of their records.
///
/// # Errors
/// The engine refused.
pub async fn other_names(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    members: &[MemberId],
) -> Result<Vec<OtherName>> {
    let mut found = Vec::new();
    for chunk in members.chunks(500) {
        let mut query = Query::new(
            "SELECT m.canonical_id, s.card_name FROM membership s
             JOIN member m ON m.workspace_id = s.workspace_id AND m.id = s.member_id
             WHERE s.card_name <> m.name AND s.workspace_id = ",
        );
        query
            .bind(workspace)
            .push(" AND s.group_id = ")
            .bind(group)
            .push(" AND s.member_id IN ")
            .list(chunk.iter().copied());
        found.extend(tx.all_of::<OtherName>(query).await?);
    }
    Ok(found)
}

/// When somebody came into a group, as far as the network said so.
///
/// # Errors
/// The engine refused.
pub async fn joined_at(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    member: MemberId,
) -> Result<Option<Timestamp>> {
    let ms: Option<i64> = tx
        .find(
            sql!(
                "SELECT joined_at AS n FROM membership
                 WHERE workspace_id = $1 AND group_id = $2 AND member_id = $3
                   AND joined_at IS NOT NULL"
            ),
            params![workspace, group, member],
        )
        .await?;
    Ok(ms.map(Timestamp::from_ms))
}

record! {
    /// How somebody went from a group.
    pub struct Going {
        /// When.
        pub left_at: Timestamp,
        /// Which way, where that is known.
        pub leave_reason: Option<Way>,
    }
}

/// How somebody who is no longer in a group went; `None` while they are in it, or if nobody has seen
/// them go.
///
/// # Errors
/// The engine refused.
pub async fn going(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    member: MemberId,
) -> Result<Option<Going>> {
    tx.find(
        sql!(
            "SELECT left_at, leave_reason FROM membership
             WHERE workspace_id = $1 AND group_id = $2 AND member_id = $3 AND left_at IS NOT NULL"
        ),
        params![workspace, group, member],
    )
    .await
}
