//! What an import left behind, across tables: counted before it is taken back, and removed.

use yutang_domain::{
    id::{BranchId, GroupId, ImportRunId, MemberId, OrderId, TagId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, sql::Query};

record! {
    /// Rows that carry the mark of a run.
    pub struct Trace {
        /// Messages.
        pub messages: i64,
        /// Comings and goings.
        pub passages: i64,
        /// Order lines.
        pub order_lines: i64,
        /// Orders.
        pub orders: i64,
        /// Member records.
        pub members: i64,
        /// Of these, referred to by something that is not of this run.
        pub members_kept: i64,
        /// Groups.
        pub groups: i64,
        /// Branches that it made.
        pub branches: i64,
        /// Tags that it made.
        pub tags: i64,
        /// Notes.
        pub notes: i64,
    }
}

/// What a run did that carries no mark of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// A branch of the name in a column.
    Branch(BranchId),
    /// A tag of the name in a column.
    Tag(TagId),
    /// An order of an earlier run that it closed.
    OrderClosed(OrderId),
    /// An order of an earlier run that was closed and that it says is paid.
    OrderReopened(OrderId),
}

/// Notes that a run did something.
///
/// # Errors
/// The engine refused.
pub async fn note_made(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: ImportRunId,
    made: Made,
) -> Result<()> {
    let (kind, id) = match made {
        Made::Branch(id) => ("branch", id.raw()),
        Made::Tag(id) => ("tag", id.raw()),
        Made::OrderClosed(id) => ("order_closed", id.raw()),
        Made::OrderReopened(id) => ("order_reopened", id.raw()),
    };
    tx.execute(
        sql!(
            "INSERT INTO import_made (workspace_id, run_id, kind, target_id)
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
        ),
        params![workspace, run, kind, id],
    )
    .await?;
    Ok(())
}

/// Counts what carries the mark of a run.
///
/// # Errors
/// The engine refused.
pub async fn count(tx: &mut Tx, workspace: WorkspaceId, run: ImportRunId) -> Result<Trace> {
    tx.one(
        "run",
        sql!(
            "SELECT
                (SELECT CAST(COUNT(*) AS BIGINT) FROM message
                    WHERE workspace_id = $1 AND run_id = $2) AS messages,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM passage
                    WHERE workspace_id = $1 AND run_id = $2) AS passages,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM order_line
                    WHERE workspace_id = $1 AND run_id = $2) AS order_lines,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM shop_order
                    WHERE workspace_id = $1 AND run_id = $2) AS orders,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM member
                    WHERE workspace_id = $1 AND run_id = $2) AS members,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM member m
                    WHERE m.workspace_id = $1 AND m.run_id = $2 AND (
                        EXISTS (SELECT 1 FROM message x WHERE x.workspace_id = $1
                            AND x.member_id = m.id AND COALESCE(x.run_id, 0) <> $2)
                        OR EXISTS (SELECT 1 FROM shop_order x WHERE x.workspace_id = $1
                            AND x.member_id = m.id AND COALESCE(x.run_id, 0) <> $2)
                        OR EXISTS (SELECT 1 FROM passage x WHERE x.workspace_id = $1
                            AND x.member_id = m.id AND COALESCE(x.run_id, 0) <> $2)
                        OR EXISTS (SELECT 1 FROM note x WHERE x.workspace_id = $1
                            AND x.member_id = m.id AND x.actor <> $3)
                        OR EXISTS (SELECT 1 FROM consent x WHERE x.workspace_id = $1
                            AND x.member_id = m.id)
                        OR EXISTS (SELECT 1 FROM knock x WHERE x.workspace_id = $1
                            AND x.member_id = m.id)
                        OR EXISTS (SELECT 1 FROM rules_receipt x WHERE x.workspace_id = $1
                            AND x.member_id = m.id)
                        OR EXISTS (SELECT 1 FROM member_suppression x WHERE x.workspace_id = $1
                            AND x.member_id = m.id)
                        OR EXISTS (SELECT 1 FROM member_link x WHERE x.workspace_id = $1
                            AND (x.from_id = m.id OR x.to_id = m.id)))) AS members_kept,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM chat_group
                    WHERE workspace_id = $1 AND run_id = $2) AS groups,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM import_made d
                    WHERE d.workspace_id = $1 AND d.run_id = $2 AND d.kind = 'branch'
                      AND NOT EXISTS (SELECT 1 FROM chat_group x WHERE x.workspace_id = $1
                        AND x.branch_id = d.target_id AND COALESCE(x.run_id, 0) <> $2)
                      AND NOT EXISTS (SELECT 1 FROM member x WHERE x.workspace_id = $1
                        AND x.branch_id = d.target_id AND COALESCE(x.run_id, 0) <> $2)
                      AND NOT EXISTS (SELECT 1 FROM shop_order x WHERE x.workspace_id = $1
                        AND x.branch_id = d.target_id AND COALESCE(x.run_id, 0) <> $2)
                      AND NOT EXISTS (SELECT 1 FROM staff x WHERE x.workspace_id = $1
                        AND x.branch_id = d.target_id)
                      AND NOT EXISTS (SELECT 1 FROM branch x WHERE x.workspace_id = $1
                        AND x.parent_id = d.target_id)) AS branches,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM import_made d
                    WHERE d.workspace_id = $1 AND d.run_id = $2 AND d.kind = 'tag'
                      AND NOT EXISTS (SELECT 1 FROM member_tag x WHERE x.workspace_id = $1
                        AND x.tag_id = d.target_id AND COALESCE(x.run_id, 0) <> $2)) AS tags,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM note
                    WHERE workspace_id = $1 AND actor = $3) AS notes"
        ),
        params![workspace, run, author(run)],
    )
    .await
}

/// Who a note of a run is by, in stored form.
pub fn author(run: ImportRunId) -> String {
    format!("import:{run}")
}

/// The groups a run made or wrote into.
///
/// # Errors
/// The engine refused.
pub async fn groups(tx: &mut Tx, workspace: WorkspaceId, run: ImportRunId) -> Result<Vec<GroupId>> {
    let ids: Vec<i64> = tx
        .all(
            sql!(
                "SELECT id AS n FROM chat_group WHERE workspace_id = $1 AND run_id = $2
                 UNION SELECT DISTINCT group_id AS n FROM membership
                    WHERE workspace_id = $1 AND run_id = $2"
            ),
            params![workspace, run],
        )
        .await?;
    Ok(ids.into_iter().map(GroupId::from_raw).collect())
}

/// Removes what is left of a run once its messages, passages and orders are gone: memberships,
/// identities and member records that nothing else refers to, tags and notes it gave, groups that
/// are empty, branches and tags that it made and nothing uses. Returns the groups that went.
///
/// # Errors
/// The engine refused.
pub async fn remove_rest(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: ImportRunId,
) -> Result<Vec<GroupId>> {
    let mark = || params![workspace, run];
    tx.execute(
        sql!("DELETE FROM member_tag WHERE workspace_id = $1 AND run_id = $2"),
        mark(),
    )
    .await?;
    tx.execute(
        sql!("DELETE FROM profile_field WHERE workspace_id = $1 AND run_id = $2"),
        mark(),
    )
    .await?;
    tx.execute(
        sql!("DELETE FROM note WHERE workspace_id = $1 AND actor = $2"),
        params![workspace, author(run)],
    )
    .await?;
    // Hosts that came with the list; whoever assigned anybody later wrote the rows anew.
    tx.execute(
        sql!(
            "DELETE FROM group_staff WHERE workspace_id = $1 AND EXISTS (SELECT 1 FROM chat_group g
                WHERE g.workspace_id = $1 AND g.id = group_staff.group_id AND g.run_id = $2
                  AND g.created_at = group_staff.created_at)"
        ),
        mark(),
    )
    .await?;
    tx.execute(
        sql!(
            "DELETE FROM membership WHERE workspace_id = $1 AND run_id = $2
               AND NOT EXISTS (SELECT 1 FROM message m WHERE m.workspace_id = $1
                    AND m.member_id = membership.member_id AND m.group_id = membership.group_id)
               AND NOT EXISTS (SELECT 1 FROM passage p WHERE p.workspace_id = $1
                    AND p.member_id = membership.member_id AND p.group_id = membership.group_id)"
        ),
        mark(),
    )
    .await?;
    let lonely: Vec<i64> = tx
        .all(
            sql!(
                "SELECT m.id AS n FROM member m
                 WHERE m.workspace_id = $1 AND m.run_id = $2 AND m.canonical_id = m.id
                   AND NOT EXISTS (SELECT 1 FROM membership x WHERE x.workspace_id = $1
                        AND (x.member_id = m.id OR x.inviter_id = m.id))
                   AND NOT EXISTS (SELECT 1 FROM message x WHERE x.workspace_id = $1
                        AND x.member_id = m.id)
                   AND NOT EXISTS (SELECT 1 FROM passage x WHERE x.workspace_id = $1
                        AND x.member_id = m.id)
                   AND NOT EXISTS (SELECT 1 FROM shop_order x WHERE x.workspace_id = $1
                        AND x.member_id = m.id)
                   AND NOT EXISTS (SELECT 1 FROM member_day x WHERE x.workspace_id = $1
                        AND x.member_id = m.id)
                   AND NOT EXISTS (SELECT 1 FROM note x WHERE x.workspace_id = $1
                        AND x.member_id = m.id)
                   AND NOT EXISTS (SELECT 1 FROM consent x WHERE x.workspace_id = $1
                        AND x.member_id = m.id)
                   AND NOT EXISTS (SELECT 1 FROM knock x WHERE x.workspace_id = $1
                        AND x.member_id = m.id)
                   AND NOT EXISTS (SELECT 1 FROM rules_receipt x WHERE x.workspace_id = $1
                        AND x.member_id = m.id)
                   AND NOT EXISTS (SELECT 1 FROM member_suppression x WHERE x.workspace_id = $1
                        AND x.member_id = m.id)
                   AND NOT EXISTS (SELECT 1 FROM member_tag x WHERE x.workspace_id = $1
                        AND x.member_id = m.id)
                   AND NOT EXISTS (SELECT 1 FROM member_role x WHERE x.workspace_id = $1
                        AND x.member_id = m.id)
                   AND NOT EXISTS (SELECT 1 FROM profile_field x WHERE x.workspace_id = $1
                        AND x.member_id = m.id)
                   AND NOT EXISTS (SELECT 1 FROM identity x WHERE x.workspace_id = $1
                        AND x.member_id = m.id AND COALESCE(x.run_id, 0) <> $2)
                   AND NOT EXISTS (SELECT 1 FROM member_link x WHERE x.workspace_id = $1
                        AND (x.from_id = m.id OR x.to_id = m.id))"
            ),
            mark(),
        )
        .await?;
    let lonely: Vec<MemberId> = lonely.into_iter().map(MemberId::from_raw).collect();
    tx.execute(
        sql!(
            "DELETE FROM identity WHERE workspace_id = $1 AND run_id = $2
               AND member_id NOT IN (SELECT id FROM member
                    WHERE workspace_id = $1 AND run_id = $2)"
        ),
        mark(),
    )
    .await?;
    for chunk in lonely.chunks(500) {
        for (head, column) in [
            (
                "DELETE FROM identity WHERE workspace_id = ",
                " AND member_id IN ",
            ),
            (
                "DELETE FROM search_term WHERE kind = 'member' AND workspace_id = ",
                " AND target_id IN ",
            ),
            ("DELETE FROM member WHERE workspace_id = ", " AND id IN "),
        ] {
            let mut query = Query::new(head);
            query
                .bind(workspace)
                .push(column)
                .list(chunk.iter().copied());
            tx.execute_of(query).await?;
        }
    }
    let gone = remove_groups(tx, workspace, run).await?;
    remove_made(tx, workspace, run).await?;
    Ok(gone)
}

/// Removes the groups of a run that are empty, and says which they were.
async fn remove_groups(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: ImportRunId,
) -> Result<Vec<GroupId>> {
    let empty: Vec<i64> = tx
        .all(
            sql!(
                "SELECT g.id AS n FROM chat_group g
                 WHERE g.workspace_id = $1 AND g.run_id = $2
                   AND NOT EXISTS (SELECT 1 FROM membership x WHERE x.workspace_id = $1
                        AND x.group_id = g.id)
                   AND NOT EXISTS (SELECT 1 FROM message x WHERE x.workspace_id = $1
                        AND x.group_id = g.id)
                   AND NOT EXISTS (SELECT 1 FROM passage x WHERE x.workspace_id = $1
                        AND x.group_id = g.id)
                   AND NOT EXISTS (SELECT 1 FROM group_staff x WHERE x.workspace_id = $1
                        AND x.group_id = g.id)
                   AND NOT EXISTS (SELECT 1 FROM announcement x WHERE x.workspace_id = $1
                        AND x.group_id = g.id)
                   AND NOT EXISTS (SELECT 1 FROM gate x WHERE x.workspace_id = $1
                        AND x.group_id = g.id)
                   AND NOT EXISTS (SELECT 1 FROM welcome x WHERE x.workspace_id = $1
                        AND x.group_id = g.id)
                   AND NOT EXISTS (SELECT 1 FROM knock x WHERE x.workspace_id = $1
                        AND x.group_id = g.id)"
            ),
            params![workspace, run],
        )
        .await?;
    let empty: Vec<GroupId> = empty.into_iter().map(GroupId::from_raw).collect();
    for group in &empty {
        for text in [
            sql!("DELETE FROM group_day WHERE workspace_id = $1 AND group_id = $2"),
            sql!("DELETE FROM group_hour WHERE workspace_id = $1 AND group_id = $2"),
            sql!("DELETE FROM member_day WHERE workspace_id = $1 AND group_id = $2"),
            sql!(
                "DELETE FROM search_term WHERE workspace_id = $1 AND kind = 'group' AND target_id = $2"
            ),
            sql!("DELETE FROM chat_group WHERE workspace_id = $1 AND id = $2"),
        ] {
            tx.execute(text, params![workspace, *group]).await?;
        }
    }
    Ok(empty)
}

/// Removes branches and tags that this run, or one taken back before it, made and nothing uses.
async fn remove_made(tx: &mut Tx, workspace: WorkspaceId, run: ImportRunId) -> Result<()> {
    for text in [
        sql!(
            "DELETE FROM branch WHERE workspace_id = $1
               AND id IN (SELECT d.target_id FROM import_made d JOIN import_run r
                    ON r.workspace_id = d.workspace_id AND r.id = d.run_id
                    WHERE d.workspace_id = $1 AND d.kind = 'branch'
                      AND (d.run_id = $2 OR r.state IN ('undone', 'cancelled')))
               AND NOT EXISTS (SELECT 1 FROM chat_group x WHERE x.workspace_id = $1
                    AND x.branch_id = branch.id)
               AND NOT EXISTS (SELECT 1 FROM member x WHERE x.workspace_id = $1
                    AND x.branch_id = branch.id)
               AND NOT EXISTS (SELECT 1 FROM shop_order x WHERE x.workspace_id = $1
                    AND x.branch_id = branch.id)
               AND NOT EXISTS (SELECT 1 FROM staff x WHERE x.workspace_id = $1
                    AND x.branch_id = branch.id)
               AND NOT EXISTS (SELECT 1 FROM staff_task x WHERE x.workspace_id = $1
                    AND x.branch_id = branch.id)
               AND NOT EXISTS (SELECT 1 FROM branch x WHERE x.workspace_id = $1
                    AND x.parent_id = branch.id)"
        ),
        sql!(
            "DELETE FROM tag WHERE workspace_id = $1
               AND id IN (SELECT d.target_id FROM import_made d JOIN import_run r
                    ON r.workspace_id = d.workspace_id AND r.id = d.run_id
                    WHERE d.workspace_id = $1 AND d.kind = 'tag'
                      AND (d.run_id = $2 OR r.state IN ('undone', 'cancelled')))
               AND NOT EXISTS (SELECT 1 FROM member_tag x WHERE x.workspace_id = $1
                    AND x.tag_id = tag.id)"
        ),
    ] {
        tx.execute(text, params![workspace, run]).await?;
    }
    tx.execute(
        sql!(
            "DELETE FROM import_made WHERE workspace_id = $1 AND kind IN ('branch', 'tag')
               AND NOT EXISTS (SELECT 1 FROM branch x WHERE x.workspace_id = $1
                    AND x.id = import_made.target_id AND import_made.kind = 'branch')
               AND NOT EXISTS (SELECT 1 FROM tag x WHERE x.workspace_id = $1
                    AND x.id = import_made.target_id AND import_made.kind = 'tag')"
        ),
        params![workspace],
    )
    .await?;
    Ok(())
}

/// Puts the orders that a run closed or reopened back to where they stood, and says whose they are.
///
/// # Errors
/// The engine refused.
pub async fn give_states_back(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: ImportRunId,
) -> Result<Vec<MemberId>> {
    let members: Vec<i64> = tx
        .all(
            sql!(
                "SELECT DISTINCT o.member_id AS n FROM import_made d JOIN shop_order o
                    ON o.workspace_id = d.workspace_id AND o.id = d.target_id
                 WHERE d.workspace_id = $1 AND d.run_id = $2
                   AND d.kind IN ('order_closed', 'order_reopened') AND o.member_id IS NOT NULL"
            ),
            params![workspace, run],
        )
        .await?;
    for (kind, state) in [("order_closed", "paid"), ("order_reopened", "cancelled")] {
        tx.execute(
            sql!(
                "UPDATE shop_order SET state = $4 WHERE workspace_id = $1
                   AND id IN (SELECT target_id FROM import_made
                        WHERE workspace_id = $1 AND run_id = $2 AND kind = $3)"
            ),
            params![workspace, run, kind, state],
        )
        .await?;
        tx.execute(
            sql!("DELETE FROM import_made WHERE workspace_id = $1 AND run_id = $2 AND kind = $3"),
            params![workspace, run, kind],
        )
        .await?;
    }
    Ok(members.into_iter().map(MemberId::from_raw).collect())
}

/// The latest post of the house in a group, found again where the message it was has gone.
///
/// # Errors
/// The engine refused.
pub async fn settle_post(tx: &mut Tx, workspace: WorkspaceId, group: GroupId) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE chat_group SET last_post_at = (SELECT MAX(m.sent_at) FROM message m
                JOIN membership s ON s.workspace_id = m.workspace_id AND s.group_id = m.group_id
                  AND s.member_id = m.member_id AND s.role IN ('owner', 'staff', 'bot')
                WHERE m.workspace_id = $1 AND m.group_id = $2)
             WHERE workspace_id = $1 AND id = $2 AND last_post_at IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM message x WHERE x.workspace_id = $1
                    AND x.group_id = $2 AND x.sent_at = chat_group.last_post_at)"
        ),
        params![workspace, group],
    )
    .await?;
    Ok(())
}

/// Puts a tag on records in the name of a run.
///
/// # Errors
/// The engine refused.
pub async fn tag(
    tx: &mut Tx,
    workspace: WorkspaceId,
    run: ImportRunId,
    tag: TagId,
    members: &[MemberId],
    actor: &str,
    at: Timestamp,
) -> Result<()> {
    let rows = members
        .iter()
        .map(|id| params![workspace, *id, tag, actor, run, at])
        .collect();
    tx.insert_many(
        "INSERT INTO member_tag (workspace_id, member_id, tag_id, actor, run_id, created_at) VALUES",
        rows,
        "ON CONFLICT DO NOTHING",
    )
    .await?;
    Ok(())
}
