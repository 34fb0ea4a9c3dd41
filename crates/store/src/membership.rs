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

/// Notes what a network says somebody is in a group. Whoever works here stays staff; of somebody who
/// is a member like others nothing is noted where nobody has seen them.
///
/// # Errors
/// The engine refused.
pub async fn stand(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (group, member): (GroupId, MemberId),
    role: Standing,
    card_name: &str,
    at: Timestamp,
) -> Result<()> {
    let known = tx
        .changed(
            sql!(
                "UPDATE membership SET role = $4
                 WHERE workspace_id = $1 AND group_id = $2 AND member_id = $3 AND role <> 'staff'"
            ),
            params![workspace, group, member, role],
        )
        .await?;
    if known || role == Standing::Member {
        return Ok(());
    }
    tx.execute(
        sql!(
            "INSERT INTO membership (workspace_id, group_id, member_id, role, card_name,
                first_seen_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (workspace_id, group_id, member_id) DO NOTHING"
        ),
        params![workspace, group, member, role, card_name, at],
    )
    .await?;
    Ok(())
}

/// Makes the person behind a member record staff in every group they are in, or a member like
/// others again.
///
/// # Errors
/// The engine refused.
pub async fn set_staff(
    tx: &mut Tx,
    workspace: WorkspaceId,
    member: MemberId,
    works_here: bool,
) -> Result<()> {
    let (from, to) = if works_here {
        ([Standing::Member, Standing::Admin], Standing::Staff)
    } else {
        ([Standing::Staff, Standing::Staff], Standing::Member)
    };
    tx.execute(
        sql!(
            "UPDATE membership SET role = $5
             WHERE workspace_id = $1 AND role IN ($3, $4) AND member_id IN (
                SELECT m.id FROM member m WHERE m.workspace_id = $1 AND m.canonical_id =
                    (SELECT o.canonical_id FROM member o WHERE o.workspace_id = $1 AND o.id = $2))"
        ),
        params![workspace, member, from[0], from[1], to],
    )
    .await?;
    Ok(())
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
