//! Which version of a group's rules reached whom, and who acknowledged it.

use yutang_domain::{
    group::Standing,
    id::{GroupId, MemberId, WorkspaceId},
    time::Timestamp,
    words,
};

use crate::{Result, Tx, params, record, sql, sql::Query, text_cell};

words! {
    /// By which way rules reached somebody.
    pub enum Delivery {
        /// By a line in the group.
        Group = "group",
        /// In private.
        Private = "private",
        /// By a person, who ticked it off.
        Task = "task",
        /// They opened the page.
        Page = "page",
    }
}
words! {
    /// By which way somebody acknowledged rules.
    pub enum Acknowledgement {
        /// By a button on the page.
        Page = "page",
        /// By a word in the group or in private.
        Word = "word",
    }
}

text_cell!(Delivery, Acknowledgement);

/// Notes that a version of the rules reached somebody; the first way counts.
///
/// # Errors
/// The engine refused.
pub async fn deliver(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (group, member, version): (GroupId, MemberId, i64),
    by: Delivery,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO rules_receipt (workspace_id, group_id, member_id, version, delivered_at,
                delivered_by) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (workspace_id, group_id, member_id, version) DO UPDATE SET
                delivered_by = CASE WHEN rules_receipt.delivered_at IS NULL
                    THEN excluded.delivered_by ELSE rules_receipt.delivered_by END,
                delivered_at = COALESCE(rules_receipt.delivered_at, excluded.delivered_at)"
        ),
        params![workspace, group, member, version, at, by],
    )
    .await?;
    Ok(())
}

/// Notes that a version of the rules reached all members who had come into a group by an instant.
///
/// # Errors
/// The engine refused.
pub async fn deliver_to_all(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (group, version): (GroupId, i64),
    here_since: Timestamp,
    by: Delivery,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO rules_receipt (workspace_id, group_id, member_id, version, delivered_at,
                delivered_by)
             SELECT s.workspace_id, s.group_id, s.member_id, CAST($3 AS BIGINT), CAST($4 AS BIGINT), $5
             FROM membership s
             WHERE s.workspace_id = $1 AND s.group_id = $2 AND s.left_at IS NULL AND s.role = $6
               AND (s.joined_at IS NULL OR s.joined_at <= $7)
             ON CONFLICT (workspace_id, group_id, member_id, version) DO UPDATE SET
                delivered_by = CASE WHEN rules_receipt.delivered_at IS NULL
                    THEN excluded.delivered_by ELSE rules_receipt.delivered_by END,
                delivered_at = COALESCE(rules_receipt.delivered_at, excluded.delivered_at)"
        ),
        params![workspace, group, version, at, by, Standing::Member, here_since],
    )
    .await?;
    Ok(())
}

/// Writes the version of the rules that counts for all whom it reached.
///
/// # Errors
/// The engine refused.
pub async fn set_version_of_all(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (group, version): (GroupId, i64),
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE membership SET rules_version = $3
             WHERE workspace_id = $1 AND group_id = $2
               AND (rules_version IS NULL OR rules_version < $3)
               AND member_id IN (SELECT member_id FROM rules_receipt
                    WHERE workspace_id = $1 AND group_id = $2 AND version = $3
                      AND delivered_at IS NOT NULL)"
        ),
        params![workspace, group, version],
    )
    .await?;
    Ok(())
}

/// Notes that somebody acknowledged a version of the rules; false if they had.
///
/// # Errors
/// The engine refused.
pub async fn acknowledge(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (group, member, version): (GroupId, MemberId, i64),
    by: Acknowledgement,
    at: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO rules_receipt (workspace_id, group_id, member_id, version, acknowledged_at,
                acknowledged_by) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (workspace_id, group_id, member_id, version) DO UPDATE SET
                acknowledged_at = excluded.acknowledged_at,
                acknowledged_by = excluded.acknowledged_by
             WHERE rules_receipt.acknowledged_at IS NULL"
        ),
        params![workspace, group, member, version, at, by],
    )
    .await
}

/// Writes the version of the rules that counts for somebody in a group.
///
/// # Errors
/// The engine refused.
pub async fn set_version(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (group, member, version): (GroupId, MemberId, i64),
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE membership SET rules_version = $4
             WHERE workspace_id = $1 AND group_id = $2 AND member_id = $3
               AND (rules_version IS NULL OR rules_version < $4)"
        ),
        params![workspace, group, member, version],
    )
    .await?;
    Ok(())
}

record! {
    /// What is known of somebody and one version of the rules.
    pub struct Receipt {
        /// Who.
        pub member_id: MemberId,
        /// The group.
        pub group_id: GroupId,
        /// Which version.
        pub version: i64,
        /// When it reached them.
        pub delivered_at: Option<Timestamp>,
        /// When they acknowledged it.
        pub acknowledged_at: Option<Timestamp>,
    }
}

/// What is known of these members and a version of the rules of a group.
///
/// # Errors
/// The engine refused.
pub async fn of_members(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    version: i64,
    members: &[MemberId],
) -> Result<Vec<Receipt>> {
    let mut query = Query::new(
        "SELECT member_id, group_id, version, delivered_at, acknowledged_at FROM rules_receipt
         WHERE workspace_id = ",
    );
    query.bind(workspace).push(" AND group_id = ").bind(group);
    query.push(" AND version = ").bind(version);
    query
        .push(" AND member_id IN ")
        .list(members.iter().copied());
    tx.all_of(query).await
}

/// The latest version of each group's rules that reached somebody and that they have not
/// acknowledged.
///
/// # Errors
/// The engine refused.
pub async fn unacknowledged(
    tx: &mut Tx,
    workspace: WorkspaceId,
    member: MemberId,
) -> Result<Vec<Receipt>> {
    tx.all(
        sql!(
            "SELECT r.member_id, r.group_id, r.version, r.delivered_at, r.acknowledged_at
             FROM rules_receipt r
             JOIN chat_group g ON g.workspace_id = r.workspace_id AND g.id = r.group_id
               AND g.announcement_version = r.version
             WHERE r.workspace_id = $1 AND r.member_id = $2 AND r.delivered_at IS NOT NULL
               AND r.acknowledged_at IS NULL ORDER BY r.delivered_at"
        ),
        params![workspace, member],
    )
    .await
}

/// Which rules reached a person, by group and version.
///
/// # Errors
/// The engine refused.
pub async fn of_person(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: MemberId,
) -> Result<Vec<Receipt>> {
    tx.all(
        sql!(
            "SELECT r.member_id, r.group_id, r.version, r.delivered_at, r.acknowledged_at
             FROM member m
             JOIN rules_receipt r ON r.workspace_id = m.workspace_id AND r.member_id = m.id
             WHERE m.workspace_id = $1 AND m.canonical_id = $2
             ORDER BY r.group_id, r.version, r.member_id"
        ),
        params![workspace, canonical],
    )
    .await
}

record! {
    /// Somebody in a group, with what is known of them and its rules.
    pub struct Held {
        /// Who.
        pub member_id: MemberId,
        /// By name.
        pub name: String,
        /// The name carried in the group.
        pub card_name: String,
        /// When they came.
        pub joined_at: Option<Timestamp>,
        /// When the rules reached them.
        pub delivered_at: Option<Timestamp>,
        /// By which way.
        pub delivered_by: Option<Delivery>,
        /// When they acknowledged them.
        pub acknowledged_at: Option<Timestamp>,
        /// By which way.
        pub acknowledged_by: Option<Acknowledgement>,
        /// The latest version that counts for them.
        pub rules_version: Option<i64>,
    }
}

/// The people in a group by member id, with what is known of them and a version of its rules; at
/// most `limit` after `after`.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    version: i64,
    after: Option<MemberId>,
    limit: usize,
) -> Result<Vec<Held>> {
    tx.all(
        sql!(
            "SELECT s.member_id, m.name, s.card_name, s.joined_at, r.delivered_at, r.delivered_by,
                    r.acknowledged_at, r.acknowledged_by, s.rules_version
             FROM membership s
             JOIN member m ON m.workspace_id = s.workspace_id AND m.id = s.member_id
             LEFT JOIN rules_receipt r ON r.workspace_id = s.workspace_id
               AND r.group_id = s.group_id AND r.member_id = s.member_id AND r.version = $3
             WHERE s.workspace_id = $1 AND s.group_id = $2 AND s.left_at IS NULL
               AND s.role = $6 AND s.member_id > $4
             ORDER BY s.member_id LIMIT $5"
        ),
        params![
            workspace,
            group,
            version,
            after.map_or(0, yutang_domain::id::Id::raw),
            limit,
            Standing::Member
        ],
    )
    .await
}

record! {
    /// How far the rules of a group have come.
    pub struct Reached {
        /// Members in the group.
        pub members: i64,
        /// Those whom the version reached.
        pub delivered: i64,
        /// Those who acknowledged it.
        pub acknowledged: i64,
    }
}

/// How far a version of a group's rules has come among the people in it.
///
/// # Errors
/// The engine refused.
pub async fn reached(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    version: i64,
) -> Result<Reached> {
    tx.one(
        "group",
        sql!(
            "SELECT CAST(COUNT(*) AS BIGINT) AS members,
                    CAST(COUNT(r.delivered_at) AS BIGINT) AS delivered,
                    CAST(COUNT(r.acknowledged_at) AS BIGINT) AS acknowledged
             FROM membership s
             LEFT JOIN rules_receipt r ON r.workspace_id = s.workspace_id
               AND r.group_id = s.group_id AND r.member_id = s.member_id AND r.version = $3
             WHERE s.workspace_id = $1 AND s.group_id = $2 AND s.left_at IS NULL AND s.role = $4"
        ),
        params![workspace, group, version, Standing::Member],
    )
    .await
}

/// Whether the rules of a group were told with this outbox row: as its announcement, or in the line
/// that greeted somebody.
///
/// # Errors
/// The engine refused.
pub async fn told_with(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    sent: &str,
) -> Result<bool> {
    let told = tx
        .count(
            sql!(
                "SELECT (SELECT CAST(COUNT(*) AS BIGINT) FROM announcement
                         WHERE workspace_id = $1 AND group_id = $2 AND sent = $3)
                    + (SELECT CAST(COUNT(*) AS BIGINT) FROM onboarding
                         WHERE workspace_id = $1 AND group_id = $2 AND line_sent = $3) AS n"
            ),
            params![workspace, group, sent],
        )
        .await?;
    Ok(told > 0)
}
