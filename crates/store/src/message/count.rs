//! What is counted of messages.

use std::collections::BTreeSet;

use yutang_domain::{
    id::{GroupId, MemberId, WorkspaceId},
    time::{Date, Timestamp},
};

use crate::{Result, Tx, params, sql};

/// What a member did in a group on a day, to be added to what is counted already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Whether the member is staff or a program of the group.
    pub operator: bool,
    /// Messages.
    pub messages: i64,
    /// Of these, giving value.
    pub valued: i64,
    /// Of these, adverts.
    pub adverts: i64,
    /// Of these, off the topic.
    pub off_topic: i64,
    /// Of these, judged on topic or off it.
    pub judged: i64,
}

/// Adds to the counts by group, day and member; amounts may be negative. Rows that come down to
/// nothing go.
///
/// # Errors
/// The engine refused.
pub async fn count(
    tx: &mut Tx,
    workspace: WorkspaceId,
    counts: &[((GroupId, Date, MemberId), Done)],
) -> Result<()> {
    let rows = counts
        .iter()
        .map(|((group, day, member), done)| {
            params![
                workspace,
                *group,
                *day,
                *member,
                done.operator,
                done.messages,
                done.valued,
                done.adverts,
                done.off_topic,
                done.judged,
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO member_day (workspace_id, group_id, day, member_id, operator, messages, valued,
         adverts, off_topic, judged) VALUES",
        rows,
        "ON CONFLICT (workspace_id, group_id, day, member_id) DO UPDATE SET
         messages = member_day.messages + excluded.messages,
         valued = member_day.valued + excluded.valued,
         adverts = member_day.adverts + excluded.adverts,
         off_topic = member_day.off_topic + excluded.off_topic,
         judged = member_day.judged + excluded.judged",
    )
    .await?;
    let fewer = counts.iter().filter(|(_, done)| done.messages < 0);
    let groups: BTreeSet<GroupId> = fewer.map(|((group, ..), _)| *group).collect();
    for group in groups {
        tx.execute(
            sql!(
                "DELETE FROM member_day
                 WHERE workspace_id = $1 AND group_id = $2 AND messages <= 0"
            ),
            params![workspace, group],
        )
        .await?;
    }
    Ok(())
}

/// Adds to the counts by group, day and hour; amounts may be negative.
///
/// # Errors
/// The engine refused.
pub async fn count_hours(
    tx: &mut Tx,
    workspace: WorkspaceId,
    hours: &[((GroupId, Date, u8), i64)],
) -> Result<()> {
    let rows = hours
        .iter()
        .map(|((group, day, hour), n)| params![workspace, *group, *day, i64::from(*hour), *n])
        .collect();
    tx.insert_many(
        "INSERT INTO group_hour (workspace_id, group_id, day, hour, messages) VALUES",
        rows,
        "ON CONFLICT (workspace_id, group_id, day, hour) DO UPDATE SET
         messages = group_hour.messages + excluded.messages",
    )
    .await?;
    let fewer = hours.iter().filter(|(_, n)| *n < 0);
    let groups: BTreeSet<GroupId> = fewer.map(|((group, ..), _)| *group).collect();
    for group in groups {
        tx.execute(
            sql!(
                "DELETE FROM group_hour
                 WHERE workspace_id = $1 AND group_id = $2 AND messages <= 0"
            ),
            params![workspace, group],
        )
        .await?;
    }
    Ok(())
}

/// Sums up group days again from member days and passages.
///
/// # Errors
/// The engine refused.
pub async fn sum_days(tx: &mut Tx, workspace: WorkspaceId, days: &[(GroupId, Date)]) -> Result<()> {
    for (group, day) in days {
        tx.execute(
            sql!(
                "INSERT INTO group_day (workspace_id, group_id, day, messages, speakers, joined, departed)
                 SELECT $1, $2, $3,
                   (SELECT CAST(COALESCE(SUM(messages), 0) AS BIGINT) FROM member_day
                     WHERE workspace_id = $1 AND group_id = $2 AND day = $3),
                   (SELECT CAST(COUNT(*) AS BIGINT) FROM member_day
                     WHERE workspace_id = $1 AND group_id = $2 AND day = $3),
                   (SELECT CAST(COUNT(*) AS BIGINT) FROM passage
                     WHERE workspace_id = $1 AND group_id = $2 AND day = $3 AND kind = 'joined'),
                   (SELECT CAST(COUNT(*) AS BIGINT) FROM passage
                     WHERE workspace_id = $1 AND group_id = $2 AND day = $3 AND kind <> 'joined')
                 WHERE $1 = $1
                 ON CONFLICT (workspace_id, group_id, day) DO UPDATE SET
                   messages = excluded.messages, speakers = excluded.speakers,
                   joined = excluded.joined, departed = excluded.departed"
            ),
            params![workspace, *group, *day],
        )
        .await?;
        // A day of which nothing is known is no day of the group.
        tx.execute(
            sql!(
                "DELETE FROM group_day WHERE workspace_id = $1 AND group_id = $2 AND day = $3
                 AND messages = 0 AND speakers = 0 AND joined = 0 AND departed = 0"
            ),
            params![workspace, *group, *day],
        )
        .await?;
    }
    Ok(())
}

/// Adds to members' message counts (negative to take back) and moves the time they were last seen
/// forward.
///
/// # Errors
/// The engine refused.
pub async fn credit(
    tx: &mut Tx,
    workspace: WorkspaceId,
    said: &[(MemberId, (i64, Timestamp))],
) -> Result<()> {
    let rows = said
        .iter()
        .map(|(member, (count, last))| params![*member, *count, *last, workspace])
        .collect();
    tx.insert_many(
        "UPDATE member SET message_count = message_count + v.column2,
            last_seen_at = CASE WHEN v.column2 > 0
                AND (last_seen_at IS NULL OR last_seen_at < v.column3)
                THEN v.column3 ELSE last_seen_at END
         FROM (VALUES",
        rows,
        ") AS v WHERE member.id = v.column1 AND member.workspace_id = v.column4",
    )
    .await?;
    Ok(())
}
