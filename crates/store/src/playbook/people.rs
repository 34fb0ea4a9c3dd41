//! What runs have to know of people: how they stand, who bought, whose birthday it is, who is meant.

use yutang_domain::{
    event::EventKind,
    id::{GroupId, MemberId, WorkspaceId},
    lunar::BirthdayKey,
    playbook::{Comparison, Condition},
    time::{DAY, Timestamp},
};

use crate::{Result, Tx, params, record, sql, sql::Query};

record! {
    /// How a person stands, beside their record.
    pub struct MemberFacts {
        /// The record asked about.
        pub member_id: MemberId,
        /// The record that stands for the person.
        pub canonical_id: MemberId,
        /// What they are called.
        pub name: String,
        /// Whether they were erased.
        pub erased_at: Option<Timestamp>,
        /// Groups they are in.
        pub groups: i64,
        /// Paid orders.
        pub orders: i64,
        /// What these came to, in minor units.
        pub amount_minor: i64,
        /// The latest of them.
        pub last_order_at: Option<Timestamp>,
        /// Paid orders since an instant.
        pub orders_since: i64,
        /// Complaints of theirs that are open.
        pub complaints: i64,
        /// Strikes that count.
        pub strikes: i64,
        /// Whether they are in the group it is about; 0 also where there is none.
        pub here: i64,
        /// How often they came into it.
        pub joins: i64,
        /// Whether they wrote in it since they came.
        pub spoke: i64,
        /// Whether they said that they read its rules.
        pub acknowledged: i64,
    }
}

/// How people stand: what they bought after `since`, and in a group.
///
/// # Errors
/// The engine refused.
pub async fn member_facts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    members: &[MemberId],
    (group, since, now): (Option<GroupId>, Timestamp, Timestamp),
) -> Result<Vec<MemberFacts>> {
    let mut found = Vec::with_capacity(members.len());
    for chunk in members.chunks(500) {
        let mut query = Query::new(
            "SELECT m.id AS member_id, m.canonical_id, c.name, c.erased_at, c.group_count AS groups,
                c.order_count AS orders, c.amount_minor, c.last_order_at,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM shop_order o
                  JOIN member p ON p.workspace_id = o.workspace_id AND p.id = o.member_id
                  WHERE p.workspace_id = m.workspace_id AND p.canonical_id = m.canonical_id
                    AND o.state = 'paid' AND o.placed_at > ",
        );
        query.bind(since).push(
            ") AS orders_since,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM alarm a
                  WHERE a.workspace_id = m.workspace_id AND a.member_id = m.id
                    AND a.state <> 'closed') AS complaints,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM strike k
                  WHERE k.workspace_id = m.workspace_id AND k.member_id = m.id
                    AND k.taken_back_at IS NULL AND k.expires_at > ",
        );
        query.bind(now).push(
            ") AS strikes,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM membership s
                  WHERE s.workspace_id = m.workspace_id AND s.member_id = m.id
                    AND s.left_at IS NULL AND s.group_id = ",
        );
        let group = group.map_or(0, GroupId::raw);
        query.bind(group).push(
            ") AS here,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM passage q
                  WHERE q.workspace_id = m.workspace_id AND q.member_id = m.id
                    AND q.kind = 'joined' AND q.group_id = ",
        );
        query.bind(group).push(
            ") AS joins,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM message w
                  JOIN membership s ON s.workspace_id = w.workspace_id AND s.group_id = w.group_id
                    AND s.member_id = w.member_id
                  WHERE w.workspace_id = m.workspace_id AND w.member_id = m.id
                    AND w.sent_at >= COALESCE(s.joined_at, s.first_seen_at) AND w.group_id = ",
        );
        query.bind(group).push(
            ") AS spoke,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM rules_receipt t
                  WHERE t.workspace_id = m.workspace_id AND t.member_id = m.id
                    AND t.acknowledged_at IS NOT NULL AND t.group_id = ",
        );
        query.bind(group).push(
            ") AS acknowledged
             FROM member m
             JOIN member c ON c.workspace_id = m.workspace_id AND c.id = m.canonical_id
             WHERE m.workspace_id = ",
        );
        query
            .bind(workspace)
            .push(" AND m.id IN ")
            .list(chunk.iter().copied())
            .push(" ORDER BY m.id");
        found.extend(tx.all_of::<MemberFacts>(query).await?);
    }
    Ok(found)
}

record! {
    /// A word that stands with a person: a tag, a role, a consent.
    pub struct Word {
        /// The record asked about.
        pub member_id: MemberId,
        /// `tag`, `role` or `consent`.
        pub list: String,
        /// The word.
        pub word: String,
    }
}

/// The tags, roles and live consents of people.
///
/// # Errors
/// The engine refused.
pub async fn words_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    members: &[MemberId],
) -> Result<Vec<Word>> {
    let mut found = Vec::new();
    for chunk in members.chunks(500) {
        for head in [
            "SELECT m.id AS member_id, 'tag' AS list, t.name AS word FROM member m
             JOIN member o ON o.workspace_id = m.workspace_id AND o.canonical_id = m.canonical_id
             JOIN member_tag c ON c.workspace_id = o.workspace_id AND c.member_id = o.id
             JOIN tag t ON t.workspace_id = c.workspace_id AND t.id = c.tag_id
             WHERE m.workspace_id = ",
            "SELECT m.id AS member_id, 'role' AS list, r.role AS word FROM member m
             JOIN member o ON o.workspace_id = m.workspace_id AND o.canonical_id = m.canonical_id
             JOIN member_role r ON r.workspace_id = o.workspace_id AND r.member_id = o.id
             WHERE m.workspace_id = ",
            "SELECT m.id AS member_id, 'consent' AS list, s.purpose AS word FROM member m
             JOIN member o ON o.workspace_id = m.workspace_id AND o.canonical_id = m.canonical_id
             JOIN consent s ON s.workspace_id = o.workspace_id AND s.member_id = o.id
             WHERE s.withdrawn_at IS NULL AND m.workspace_id = ",
        ] {
            let mut query = Query::new(head);
            query
                .bind(workspace)
                .push(" AND m.id IN ")
                .list(chunk.iter().copied())
                .push(" ORDER BY m.id");
            found.extend(tx.all_of::<Word>(query).await?);
        }
    }
    Ok(found)
}

/// Who bought something after an instant, through one of these groups if any are named; people, each
/// once.
///
/// # Errors
/// The engine refused.
pub async fn buyers(
    tx: &mut Tx,
    workspace: WorkspaceId,
    groups: &[GroupId],
    since: Timestamp,
    limit: usize,
) -> Result<Vec<MemberId>> {
    let mut query = Query::new(
        "SELECT DISTINCT m.canonical_id AS n FROM shop_order o
         JOIN member m ON m.workspace_id = o.workspace_id AND m.id = o.member_id
         WHERE o.state = 'paid' AND o.placed_at > ",
    );
    query.bind(since).push(" AND o.workspace_id = ");
    query.bind(workspace);
    if !groups.is_empty() {
        query
            .push(" AND o.group_id IN ")
            .list(groups.iter().copied());
    }
    query.push(" ORDER BY n LIMIT ").bind(limit);
    members(tx, query).await
}

async fn members(tx: &mut Tx, query: Query) -> Result<Vec<MemberId>> {
    let ids: Vec<i64> = tx.all_of(query).await?;
    Ok(ids.into_iter().map(MemberId::from_raw).collect())
}

/// People of whom these conditions hold, in a group below a branch; behind one, in the order of
/// their ids. Conditions are those that [`yutang_domain::playbook::read_segment`] reads.
///
/// # Errors
/// The engine refused.
pub async fn segment(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (conditions, branch_path): (&[Condition], &str),
    (after, now): (MemberId, Timestamp),
    limit: usize,
) -> Result<Vec<MemberId>> {
    let mut query = Query::new(
        "SELECT m.id AS n FROM member m
         WHERE m.canonical_id = m.id AND m.erased_at IS NULL AND m.group_count > 0
           AND m.workspace_id = ",
    );
    query.bind(workspace).push(" AND m.id > ").bind(after);
    for condition in conditions {
        narrow(&mut query, condition, now);
    }
    if !branch_path.is_empty() {
        query.push(
            " AND EXISTS (SELECT 1 FROM membership s
                JOIN chat_group g ON g.workspace_id = s.workspace_id AND g.id = s.group_id
                JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
                WHERE s.workspace_id = m.workspace_id AND s.member_id = m.id
                  AND s.left_at IS NULL AND ",
        );
        query.begins("b.path", branch_path).push(")");
    }
    query.push(" ORDER BY m.id LIMIT ").bind(limit);
    members(tx, query).await
}

fn narrow(query: &mut Query, condition: &Condition, now: Timestamp) {
    let number: i64 = condition.value.parse().unwrap_or(0);
    let sign = match condition.comparison {
        Comparison::Less => " < ",
        Comparison::AtMost => " <= ",
        Comparison::More => " > ",
        Comparison::AtLeast => " >= ",
        _ => " = ",
    };
    // More days ago is an earlier instant.
    let mirrored = match condition.comparison {
        Comparison::Less => " > ",
        Comparison::AtMost => " >= ",
        Comparison::More => " < ",
        Comparison::AtLeast => " <= ",
        _ => " = ",
    };
    let ago = now.plus(-number.saturating_mul(DAY));
    match condition.name.as_str() {
        "joined_days" => {
            query.push(" AND m.joined_at").push(mirrored).bind(ago);
        }
        "days_since_order" => {
            query.push(" AND m.last_order_at").push(mirrored).bind(ago);
        }
        "orders" => {
            query.push(" AND m.order_count").push(sign).bind(number);
        }
        "spent" => {
            let minor = number.saturating_mul(100);
            query.push(" AND m.amount_minor").push(sign).bind(minor);
        }
        "groups" => {
            query.push(" AND m.group_count").push(sign).bind(number);
        }
        _ => {
            query.push(if condition.comparison == Comparison::Lacks {
                " AND NOT EXISTS ("
            } else {
                " AND EXISTS ("
            });
            query
                .push(
                    "SELECT 1 FROM member_tag c
                     JOIN tag t ON t.workspace_id = c.workspace_id AND t.id = c.tag_id
                     JOIN member o ON o.workspace_id = c.workspace_id AND o.id = c.member_id
                     WHERE c.workspace_id = m.workspace_id AND o.canonical_id = m.id AND t.name = ",
                )
                .bind(condition.value.as_str())
                .push(")");
        }
    }
}

/// People whose birthday has one of these keys.
///
/// # Errors
/// The engine refused.
pub async fn born_on(
    tx: &mut Tx,
    workspace: WorkspaceId,
    keys: &[BirthdayKey],
) -> Result<Vec<MemberId>> {
    let mut found = Vec::new();
    // Whether a month was a leap month is not stored.
    for key in keys.iter().filter(|key| !key.leap) {
        let ids: Vec<i64> = tx
            .all(
                sql!(
                    "SELECT id AS n FROM member
                     WHERE workspace_id = $1 AND birth_month = $2 AND birth_day = $3
                       AND birth_calendar = $4 AND canonical_id = id AND erased_at IS NULL
                     ORDER BY id"
                ),
                params![
                    workspace,
                    i64::from(key.month),
                    i64::from(key.day),
                    key.calendar,
                ],
            )
            .await?;
        found.extend(ids.into_iter().map(MemberId::from_raw));
    }
    Ok(found)
}

/// The groups that a person is in, that seen last first.
///
/// # Errors
/// The engine refused.
pub async fn groups_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    member: MemberId,
) -> Result<Vec<GroupId>> {
    let ids: Vec<i64> = tx
        .all(
            sql!(
                "SELECT s.group_id AS n FROM membership s
                 JOIN member m ON m.workspace_id = s.workspace_id AND m.id = s.member_id
                 JOIN chat_group g ON g.workspace_id = s.workspace_id AND g.id = s.group_id
                 WHERE s.workspace_id = $1 AND s.left_at IS NULL AND g.archived_at IS NULL
                   AND m.canonical_id = (SELECT c.canonical_id FROM member c
                        WHERE c.workspace_id = $1 AND c.id = $2)
                 ORDER BY COALESCE(s.last_seen_at, s.first_seen_at) DESC, s.group_id"
            ),
            params![workspace, member],
        )
        .await?;
    Ok(ids.into_iter().map(GroupId::from_raw).collect())
}

record! {
    /// Somebody whom a rehearsal can be about.
    pub struct Example {
        /// Who.
        pub member_id: MemberId,
        /// In which group.
        pub group_id: Option<GroupId>,
        /// The order or sanction.
        pub about: Option<i64>,
    }
}

/// Somebody to whom this happened lately; of a birthday, somebody who agreed to be greeted. In a group
/// below a branch, if one is named.
///
/// # Errors
/// The engine refused.
pub async fn example(
    tx: &mut Tx,
    workspace: WorkspaceId,
    event: Option<EventKind>,
    branch_path: &str,
) -> Result<Option<Example>> {
    let (head, order) = match event {
        Some(EventKind::OrderPlaced) => (
            "SELECT m.member_id, m.group_id, m.id AS about FROM shop_order m
             WHERE m.member_id IS NOT NULL AND m.state = 'paid' AND m.workspace_id = ",
            " ORDER BY m.day DESC, m.placed_at DESC, m.id DESC LIMIT 1",
        ),
        Some(EventKind::SanctionDecided) => (
            "SELECT m.member_id, m.group_id, m.id AS about FROM sanction m
             WHERE m.state <> 'dismissed' AND m.workspace_id = ",
            " ORDER BY m.decided_at DESC, m.id DESC LIMIT 1",
        ),
        Some(_) => (
            "SELECT m.member_id, m.group_id, CAST(NULL AS BIGINT) AS about FROM passage m
             JOIN membership s ON s.workspace_id = m.workspace_id
               AND s.group_id = m.group_id AND s.member_id = m.member_id
             WHERE m.kind = 'joined' AND s.left_at IS NULL AND m.workspace_id = ",
            " ORDER BY m.day DESC, m.at DESC, m.id DESC LIMIT 1",
        ),
        None => (
            "SELECT m.id AS member_id, CAST(NULL AS BIGINT) AS group_id,
                CAST(NULL AS BIGINT) AS about FROM member m
             WHERE m.birth_month IS NOT NULL AND m.canonical_id = m.id AND m.erased_at IS NULL
               AND m.workspace_id = ",
            " ORDER BY (SELECT COUNT(*) FROM consent c
                WHERE c.workspace_id = m.workspace_id AND c.member_id = m.id
                  AND c.purpose = 'birthday' AND c.withdrawn_at IS NULL) DESC,
                m.group_count DESC, m.id LIMIT 1",
        ),
    };
    let mut query = Query::new(head);
    query.bind(workspace);
    if !branch_path.is_empty() {
        query.push(
            " AND EXISTS (SELECT 1 FROM membership x
                JOIN chat_group g ON g.workspace_id = x.workspace_id AND g.id = x.group_id
                JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
                WHERE x.workspace_id = m.workspace_id AND x.left_at IS NULL AND x.member_id = ",
        );
        query.push(if event.is_some() {
            "m.member_id AND "
        } else {
            "m.id AND "
        });
        query.begins("b.path", branch_path).push(")");
    }
    query.push(order);
    let found: Vec<Example> = tx.all_of(query).await?;
    Ok(found.into_iter().next())
}
