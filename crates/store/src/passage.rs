//! Who came into a group and who went, and what that makes of membership.

use yutang_domain::{
    group::Standing,
    id::{GroupId, ImportRunId, MemberId, WorkspaceId},
    time::{Date, Timestamp},
    words,
};

use crate::{Result, Tx, params, record, sql, text_cell};

words! {
    /// Which way somebody went.
    pub enum Way {
        /// Came in.
        Joined = "joined",
        /// Went.
        Left = "left",
        /// Was put out.
        Removed = "removed",
    }
}

text_cell!(Way, Standing);

record! {
    /// A coming or going.
    pub struct Passage {
        /// Its id, of the kind of messages: both stand in one stream.
        pub id: yutang_domain::id::MessageId,
        /// In which group.
        pub group_id: GroupId,
        /// Who.
        pub member_id: MemberId,
        /// Which way.
        pub kind: Way,
        /// When.
        pub at: Timestamp,
        /// Civil day of that instant.
        pub day: Date,
        /// Who brought them in or put them out.
        pub other_id: Option<MemberId>,
        /// By which way: a code, an invitation.
        pub via: Option<String>,
        /// Name of the line, unique in its group.
        pub source_key: Vec<u8>,
        /// The import that brought it.
        pub run_id: Option<ImportRunId>,
    }
}

/// Adds passages that are not there yet; returns the ids of those that were new.
///
/// # Errors
/// The engine refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    rows: &[Passage],
) -> Result<Vec<yutang_domain::id::MessageId>> {
    let values = rows
        .iter()
        .map(|row| {
            params![
                row.id,
                workspace,
                row.group_id,
                row.member_id,
                row.kind,
                row.at,
                row.day,
                row.other_id,
                row.via.as_deref(),
                row.source_key.as_slice(),
                row.run_id,
            ]
        })
        .collect();
    tx.insert_new(
        "INSERT INTO passage (id, workspace_id, group_id, member_id, kind, at, day, other_id,
             via, source_key, run_id) VALUES",
        values,
        "ON CONFLICT (workspace_id, group_id, source_key) DO NOTHING",
        "SELECT id AS n FROM passage WHERE id IN",
    )
    .await
}

/// Somebody seen in a group.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// The group.
    pub group: GroupId,
    /// Who.
    pub member: MemberId,
    /// What they are in it.
    pub role: Standing,
    /// The name they carry in it.
    pub card_name: String,
    /// First time seen.
    pub first: Timestamp,
    /// Last time seen.
    pub last: Timestamp,
    /// The import that showed it.
    pub run: Option<ImportRunId>,
}

/// Makes or stretches memberships by sightings; a role is never lowered by one.
///
/// # Errors
/// The engine refused.
pub async fn see(tx: &mut Tx, workspace: WorkspaceId, sightings: &[Sighting]) -> Result<()> {
    let rows = sightings
        .iter()
        .map(|s| {
            params![
                workspace,
                s.group,
                s.member,
                s.role,
                s.card_name.as_str(),
                s.first,
                s.last,
                s.run,
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO membership (workspace_id, group_id, member_id, role, card_name, first_seen_at,
         last_seen_at, run_id) VALUES",
        rows,
        "ON CONFLICT (workspace_id, group_id, member_id) DO UPDATE SET
         first_seen_at = CASE WHEN excluded.first_seen_at < membership.first_seen_at
            THEN excluded.first_seen_at ELSE membership.first_seen_at END,
         last_seen_at = CASE WHEN membership.last_seen_at IS NULL
            OR excluded.last_seen_at > membership.last_seen_at
            THEN excluded.last_seen_at ELSE membership.last_seen_at END",
    )
    .await?;
    Ok(())
}

/// Applies passages, in the order of their times, to memberships that are there.
///
/// # Errors
/// The engine refused.
pub async fn apply(tx: &mut Tx, workspace: WorkspaceId, passages: &[Passage]) -> Result<()> {
    for passage in passages {
        if passage.kind == Way::Joined {
            tx.execute(
                sql!(
                    "UPDATE membership SET
                        joined_at = CASE WHEN joined_at IS NULL OR joined_at < $4 THEN $4 ELSE joined_at END,
                        left_at = CASE WHEN left_at <= $4 THEN NULL ELSE left_at END,
                        leave_reason = CASE WHEN left_at <= $4 THEN NULL ELSE leave_reason END,
                        via = COALESCE($5, via), inviter_id = COALESCE($6, inviter_id)
                     WHERE workspace_id = $1 AND group_id = $2 AND member_id = $3"
                ),
                params![
                    workspace,
                    passage.group_id,
                    passage.member_id,
                    passage.at,
                    passage.via.as_deref(),
                    passage.other_id
                ],
            )
            .await?;
        } else {
            tx.execute(
                sql!(
                    "UPDATE membership SET left_at = $4, leave_reason = $5
                     WHERE workspace_id = $1 AND group_id = $2 AND member_id = $3
                       AND (joined_at IS NULL OR joined_at <= $4)
                       AND (last_seen_at IS NULL OR last_seen_at <= $4)"
                ),
                params![
                    workspace,
                    passage.group_id,
                    passage.member_id,
                    passage.at,
                    passage.kind
                ],
            )
            .await?;
        }
    }
    Ok(())
}

/// A page of a group's passages; the same ends as [`crate::message::stream`]. `inward`: only
/// comings, or only goings.
///
/// # Errors
/// The engine refused.
pub async fn stream(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    side: Option<crate::message::Side>,
    inward: Option<bool>,
    limit: usize,
) -> Result<Vec<Passage>> {
    use crate::message::Side;
    let mut query = crate::sql::Query::new(
        "SELECT id, group_id, member_id, kind, at, day, other_id, via, source_key, run_id
         FROM passage WHERE workspace_id = ",
    );
    query.bind(workspace).push(" AND group_id = ").bind(group);
    match inward {
        None => {}
        Some(true) => {
            query.push(" AND kind = 'joined'");
        }
        Some(false) => {
            query.push(" AND kind <> 'joined'");
        }
    }
    match side {
        None => {}
        Some(Side::Before(at, id)) => {
            query
                .push(" AND (at < ")
                .bind(at)
                .push(" OR (at = ")
                .bind(at);
            query.push(" AND id < ").bind(id).push("))");
        }
        Some(Side::After(at, id)) => {
            query
                .push(" AND (at > ")
                .bind(at)
                .push(" OR (at = ")
                .bind(at);
            query.push(" AND id > ").bind(id).push("))");
        }
    }
    query.push(match side {
        Some(Side::After(..)) => " ORDER BY at, id LIMIT ",
        _ => " ORDER BY at DESC, id DESC LIMIT ",
    });
    query.bind(limit);
    tx.all_of(query).await
}

/// Removes up to `limit` passages that a run brought; returns the days they lay on.
///
/// # Errors
/// The engine refused.
pub async fn remove_run(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: ImportRunId,
    limit: usize,
) -> Result<Vec<(GroupId, Date, MemberId)>> {
    let rows: Vec<Passage> = tx
        .all(
            sql!(
                "SELECT id, group_id, member_id, kind, at, day, other_id, via, source_key, run_id
                 FROM passage WHERE workspace_id = $1 AND run_id = $2 ORDER BY id LIMIT $3"
            ),
            params![workspace, run, limit],
        )
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = crate::sql::Query::new("DELETE FROM passage WHERE workspace_id = ");
    query
        .bind(workspace)
        .push(" AND id IN ")
        .list(rows.iter().map(|row| row.id));
    tx.execute_of(query).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.group_id, row.day, row.member_id))
        .collect())
}

/// Works out a membership's times again from passages and messages that are left; a membership of
/// which nothing is left and that a run made goes.
///
/// # Errors
/// The engine refused.
pub async fn settle(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    member: MemberId,
    run: ImportRunId,
) -> Result<()> {
    tx.execute(
        sql!(
            "DELETE FROM membership
             WHERE workspace_id = $1 AND group_id = $2 AND member_id = $3 AND run_id = $4
               AND NOT EXISTS (SELECT 1 FROM message WHERE workspace_id = $1 AND member_id = $3
                    AND group_id = $2)
               AND NOT EXISTS (SELECT 1 FROM passage WHERE workspace_id = $1 AND member_id = $3
                    AND group_id = $2)"
        ),
        params![workspace, group, member, run],
    )
    .await?;
    tx.execute(
        sql!(
            "UPDATE membership SET
                joined_at = (SELECT MAX(at) FROM passage WHERE workspace_id = $1 AND group_id = $2
                    AND member_id = $3 AND kind = 'joined'),
                left_at = (SELECT MAX(p.at) FROM passage p WHERE p.workspace_id = $1
                    AND p.group_id = $2 AND p.member_id = $3 AND p.kind <> 'joined'
                    AND NOT EXISTS (SELECT 1 FROM passage q WHERE q.workspace_id = $1
                        AND q.group_id = $2 AND q.member_id = $3 AND q.kind = 'joined'
                        AND q.at >= p.at)),
                first_seen_at = COALESCE((SELECT MIN(seen) FROM (
                    SELECT MIN(sent_at) AS seen FROM message WHERE workspace_id = $1
                        AND group_id = $2 AND member_id = $3
                    UNION ALL SELECT MIN(at) AS seen FROM passage WHERE workspace_id = $1
                        AND group_id = $2 AND member_id = $3) a WHERE seen IS NOT NULL), first_seen_at),
                last_seen_at = (SELECT MAX(sent_at) FROM message WHERE workspace_id = $1
                    AND group_id = $2 AND member_id = $3)
             WHERE workspace_id = $1 AND group_id = $2 AND member_id = $3"
        ),
        params![workspace, group, member],
    )
    .await?;
    Ok(())
}

record! {
    /// What somebody is in a group.
    pub struct Stand {
        /// Who.
        pub member_id: MemberId,
        /// What.
        pub role: Standing,
    }
}

/// What these members are in a group, as far as they are known in it.
///
/// # Errors
/// The engine refused.
pub async fn standings(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    members: &[MemberId],
) -> Result<Vec<(MemberId, Standing)>> {
    let mut found = Vec::with_capacity(members.len());
    for chunk in members.chunks(500) {
        let mut query =
            crate::sql::Query::new("SELECT member_id, role FROM membership WHERE workspace_id = ");
        query.bind(workspace).push(" AND group_id = ").bind(group);
        query.push(" AND member_id IN ").list(chunk.iter().copied());
        found.extend(
            tx.all_of::<Stand>(query)
                .await?
                .into_iter()
                .map(|s| (s.member_id, s.role)),
        );
    }
    Ok(found)
}

/// Recounts in how many open groups these members are.
///
/// # Errors
/// The engine refused.
pub async fn recount_groups(
    tx: &mut Tx,
    workspace: WorkspaceId,
    members: &[MemberId],
) -> Result<()> {
    for chunk in members.chunks(500) {
        let mut query = crate::sql::Query::new(
            "UPDATE member SET group_count = (SELECT CAST(COUNT(*) AS BIGINT) FROM membership s
                JOIN chat_group g ON g.workspace_id = s.workspace_id AND g.id = s.group_id
                WHERE s.workspace_id = member.workspace_id AND s.member_id = member.id
                  AND s.left_at IS NULL AND g.archived_at IS NULL)
             WHERE workspace_id = ",
        );
        query.bind(workspace);
        query.push(" AND id IN ").list(chunk.iter().copied());
        tx.execute_of(query).await?;
    }
    Ok(())
}

record! {
    /// Somebody in a group under a name.
    pub struct Called {
        /// Who.
        pub member_id: MemberId,
        /// The name they carry in it.
        pub card_name: String,
        /// Whether nothing but names is known of them.
        pub by_name_only: bool,
    }
}

/// Who carries one of these names in a group; nobody is called nothing.
///
/// # Errors
/// The engine refused.
pub async fn called(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    names: &[&str],
) -> Result<Vec<Called>> {
    let mut found = Vec::new();
    for chunk in names.chunks(500) {
        let mut query = crate::sql::Query::new(
            "SELECT s.member_id, s.card_name, NOT EXISTS (SELECT 1 FROM identity i
                WHERE i.workspace_id = s.workspace_id AND i.member_id = s.member_id
                  AND substr(i.external_id, 1, 5) <> 'name:') AS by_name_only
             FROM membership s WHERE s.card_name <> '' AND s.workspace_id = ",
        );
        query.bind(workspace).push(" AND s.group_id = ").bind(group);
        query
            .push(" AND s.card_name IN ")
            .list(chunk.iter().copied());
        found.extend(tx.all_of::<Called>(query).await?);
    }
    Ok(found)
}
