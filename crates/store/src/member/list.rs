//! Lists of people: one row for each, whatever the number of their records.
//!
//! Nearly all people have one record, whose caches are indexed; the few with several have their
//! figures summed. A page takes as many rows as it needs from each of the two and merges them, so
//! that order and figures agree and the indexes still do the work.

use yutang_domain::{
    id::{BranchId, GroupId, MemberId, TagId, WorkspaceId},
    member::{MemberRole, MemberView},
    time::{Date, Timestamp},
};

use self::narrow::{Narrowing, narrow, tags_of_terms};
use crate::{Result, Tx, params, record, sql, sql::Query};

mod narrow;

record! {
    /// A person in a list.
    pub struct Listed {
        /// The record that stands for the person.
        pub id: MemberId,
        /// Name.
        pub name: String,
        /// What it is sorted by.
        pub name_sort: String,
        /// Phone number.
        pub phone: Option<String>,
        /// Home branch.
        pub branch_id: Option<BranchId>,
        /// When they came.
        pub joined_at: Timestamp,
        /// Last sign of life.
        pub last_seen_at: Option<Timestamp>,
        /// Groups they are in.
        pub group_count: i64,
        /// Paid orders.
        pub order_count: i64,
        /// What all orders came to, minor units.
        pub amount_minor: i64,
        /// Latest paid order.
        pub last_order_at: Option<Timestamp>,
        /// Messages, ever.
        pub message_count: i64,
    }
}

/// What a list of people is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By name.
    #[default]
    Name,
    /// Last seen first.
    Seen,
    /// Highest amount first.
    Amount,
    /// Newest first.
    Joined,
    /// Most orders first.
    Orders,
}

/// What a list of people is narrowed by; `None` = any. All conditions hold at once.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Search terms, all of which must be there, the rarest first; a tag's name counts as the
    /// member's.
    pub terms: Vec<String>,
    /// Carries this tag.
    pub tag: Option<TagId>,
    /// Is in this group.
    pub group: Option<GroupId>,
    /// Is in a group of, has ordered at or belongs to a branch whose path begins so. Several: the
    /// caller's reach and what was asked for.
    pub branch_paths: Vec<String>,
    /// Has this role.
    pub role: Option<MemberRole>,
    /// One of the ready views.
    pub view: Option<MemberView>,
    /// Is one of these.
    pub only: Option<Vec<MemberId>>,
}

/// Where a list goes on: the sort value and id of the last row shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Sort value as text; numbers in decimal.
    pub value: String,
    /// Id of the last row.
    pub id: MemberId,
}

/// The instant and civil day by which roles and views are judged.
pub type Now = (Timestamp, Date);

/// Up to so many matches the list starts from the matches rather than from the order.
const FEW: i64 = 2_000;

const ONE_RECORD: &str = "SELECT m.id, m.name, m.name_sort, m.phone, m.branch_id, m.joined_at,
        m.last_seen_at, m.group_count, m.order_count, m.amount_minor, m.last_order_at,
        m.message_count
     FROM member m
     WHERE m.canonical_id = m.id AND m.erased_at IS NULL AND m.workspace_id = ";

/// Leaves out those who have several records.
fn single_only(query: &mut Query, workspace: WorkspaceId) {
    query
        .push(
            " AND m.id NOT IN (SELECT x.canonical_id FROM member x
               WHERE x.canonical_id <> x.id AND x.workspace_id = ",
        )
        .bind(workspace)
        .push(")");
}

/// People with several records, figures summed; ends open for the conditions.
fn several(query: &mut Query, workspace: WorkspaceId) {
    query.push(
        " FROM (SELECT c.workspace_id, c.id, c.name, c.name_sort, c.phone, c.branch_id,
            MIN(r.joined_at) AS joined_at, MAX(r.last_seen_at) AS last_seen_at,
            (SELECT CAST(COUNT(DISTINCT s.group_id) AS BIGINT) FROM member q
                JOIN membership s ON s.workspace_id = q.workspace_id AND s.member_id = q.id
                JOIN chat_group g ON g.workspace_id = s.workspace_id AND g.id = s.group_id
                WHERE q.workspace_id = c.workspace_id AND q.canonical_id = c.id
                  AND s.left_at IS NULL AND g.archived_at IS NULL) AS group_count,
            CAST(SUM(r.order_count) AS BIGINT) AS order_count,
            CAST(SUM(r.amount_minor) AS BIGINT) AS amount_minor,
            MAX(r.last_order_at) AS last_order_at,
            CAST(SUM(r.message_count) AS BIGINT) AS message_count
         FROM member c
         JOIN member r ON r.workspace_id = c.workspace_id AND r.canonical_id = c.id
         WHERE c.erased_at IS NULL AND c.canonical_id = c.id AND c.workspace_id = ",
    );
    query.bind(workspace);
    query.push(" AND c.id IN (SELECT x.canonical_id FROM member x WHERE x.canonical_id <> x.id AND x.workspace_id = ");
    query.bind(workspace).push(
        ") GROUP BY c.workspace_id, c.id, c.name, c.name_sort, c.phone, c.branch_id) m
         WHERE m.workspace_id = ",
    );
    query.bind(workspace);
}

/// Whether a person is of a branch or below it.
///
/// # Errors
/// The engine refused.
pub async fn reaches(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: MemberId,
    path: &str,
) -> Result<bool> {
    let found: Option<i64> = tx
        .find(
            sql!(
                "SELECT r.id AS n FROM member r
                 WHERE r.workspace_id = $1 AND r.canonical_id = $2 AND (
                    EXISTS (SELECT 1 FROM branch b WHERE b.workspace_id = r.workspace_id
                        AND b.id = r.branch_id AND substr(b.path, 1, $4) = $3)
                    OR EXISTS (SELECT 1 FROM membership s
                        JOIN chat_group g ON g.workspace_id = s.workspace_id AND g.id = s.group_id
                        JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
                        WHERE s.workspace_id = r.workspace_id AND s.member_id = r.id
                          AND substr(b.path, 1, $4) = $3)
                    OR EXISTS (SELECT 1 FROM shop_order o
                        JOIN branch b ON b.workspace_id = o.workspace_id AND b.id = o.branch_id
                        WHERE o.workspace_id = r.workspace_id AND o.member_id = r.id
                          AND substr(b.path, 1, $4) = $3))
                 LIMIT 1"
            ),
            params![workspace, canonical, path, path.len()],
        )
        .await?;
    Ok(found.is_some())
}

record! {
    /// The latest days on which somebody wrote.
    pub struct Wrote {
        /// The record that stands for the person.
        pub member_id: MemberId,
        /// Latest day with a message.
        pub last_day: Option<Date>,
        /// Latest day with a message of value.
        pub last_valued: Option<Date>,
    }
}

/// When people last wrote, looking at the days after `since` only.
///
/// # Errors
/// The engine refused.
pub async fn wrote(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: &[MemberId],
    since: Date,
) -> Result<Vec<Wrote>> {
    let mut query = Query::new(
        "SELECT r.canonical_id AS member_id,
                MAX(CASE WHEN d.messages > 0 THEN d.day END) AS last_day,
                MAX(CASE WHEN d.valued > 0 THEN d.day END) AS last_valued
         FROM member r
         JOIN member_day d ON d.workspace_id = r.workspace_id AND d.member_id = r.id
         WHERE r.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND r.canonical_id IN ")
        .list(canonical.iter().copied());
    query
        .push(" AND d.day > ")
        .bind(since)
        .push(" GROUP BY r.canonical_id");
    tx.all_of(query).await
}

/// Goes on behind a row, in order. Where few match they are gathered and then sorted: the order is
/// put so that no index of it is walked through everybody in search of them.
fn go_on(query: &mut Query, sort: Sort, after: Option<&Cursor>, few: bool, limit: usize) {
    if let Some(cursor) = after {
        let number = cursor.value.parse::<i64>().unwrap_or(0);
        match sort {
            Sort::Name => {
                query.push(" AND (m.name_sort > ").bind(&cursor.value);
                query.push(" OR (m.name_sort = ").bind(&cursor.value);
                query.push(" AND m.id > ").bind(cursor.id).push("))");
            }
            Sort::Seen if cursor.value.is_empty() => {
                query
                    .push(" AND m.last_seen_at IS NULL AND m.id < ")
                    .bind(cursor.id);
            }
            Sort::Seen => {
                query.push(" AND (m.last_seen_at < ").bind(number);
                query
                    .push(" OR m.last_seen_at IS NULL OR (m.last_seen_at = ")
                    .bind(number);
                query.push(" AND m.id < ").bind(cursor.id).push("))");
            }
            Sort::Amount => {
                query.push(" AND (m.amount_minor < ").bind(number);
                query.push(" OR (m.amount_minor = ").bind(number);
                query.push(" AND m.id < ").bind(cursor.id).push("))");
            }
            Sort::Orders => {
                query.push(" AND (m.order_count < ").bind(number);
                query.push(" OR (m.order_count = ").bind(number);
                query.push(" AND m.id < ").bind(cursor.id).push("))");
            }
            Sort::Joined => {
                query.push(" AND (m.joined_at < ").bind(number);
                query.push(" OR (m.joined_at = ").bind(number);
                query.push(" AND m.id < ").bind(cursor.id).push("))");
            }
        }
    }
    query.push(match (sort, few) {
        (Sort::Name, false) => " ORDER BY m.name_sort, m.id LIMIT ",
        (Sort::Name, true) => " ORDER BY m.name_sort || '', m.id LIMIT ",
        (Sort::Seen, false) => " ORDER BY m.last_seen_at DESC NULLS LAST, m.id DESC LIMIT ",
        (Sort::Seen, true) => " ORDER BY +m.last_seen_at DESC NULLS LAST, m.id DESC LIMIT ",
        (Sort::Amount, false) => " ORDER BY m.amount_minor DESC, m.id DESC LIMIT ",
        (Sort::Amount, true) => " ORDER BY +m.amount_minor DESC, m.id DESC LIMIT ",
        (Sort::Orders, false) => " ORDER BY m.order_count DESC, m.id DESC LIMIT ",
        (Sort::Orders, true) => " ORDER BY +m.order_count DESC, m.id DESC LIMIT ",
        (Sort::Joined, false) => " ORDER BY m.joined_at DESC, m.id DESC LIMIT ",
        (Sort::Joined, true) => " ORDER BY +m.joined_at DESC, m.id DESC LIMIT ",
    });
    query.bind(limit);
}

/// A page of people. `matches` is what [`count`] found: with few of them the list starts from the
/// matches, with many from the order.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    now: Now,
    (sort, after): (Sort, Option<&Cursor>),
    (matches, limit): (i64, usize),
) -> Result<Vec<Listed>> {
    let tags = tags_of_terms(tx, workspace, filter).await?;
    let by = Narrowing {
        workspace,
        filter,
        tags: &tags,
        terms_from: 0,
        now,
        walk: (matches > FEW).then_some(sort),
    };
    let mut single = Query::new(ONE_RECORD);
    single.bind(workspace);
    single_only(&mut single, workspace);
    narrow(&mut single, by);
    go_on(&mut single, sort, after, by.walk.is_none(), limit);
    let mut rows: Vec<Listed> = tx.all_of(single).await?;

    let mut merged = Query::new(
        "SELECT m.id, m.name, m.name_sort, m.phone, m.branch_id, m.joined_at, m.last_seen_at,
            m.group_count, m.order_count, m.amount_minor, m.last_order_at, m.message_count",
    );
    several(&mut merged, workspace);
    narrow(
        &mut merged,
        Narrowing {
            walk: Some(sort),
            ..by
        },
    );
    go_on(&mut merged, sort, after, true, limit);
    rows.extend(tx.all_of::<Listed>(merged).await?);
    rows.sort_by(|a, b| {
        match sort {
            Sort::Name => return a.name_sort.cmp(&b.name_sort).then(a.id.cmp(&b.id)),
            Sort::Seen => b.last_seen_at.cmp(&a.last_seen_at),
            Sort::Amount => b.amount_minor.cmp(&a.amount_minor),
            Sort::Joined => b.joined_at.cmp(&a.joined_at),
            Sort::Orders => b.order_count.cmp(&a.order_count),
        }
        .then(b.id.cmp(&a.id))
    });
    rows.truncate(limit);
    Ok(rows)
}

/// How many people a filter leaves, counted up to `most`. Somebody with several records counts by
/// the record that stands for them.
///
/// # Errors
/// The engine refused.
pub async fn count(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    now: Now,
    most: usize,
) -> Result<i64> {
    let tags = tags_of_terms(tx, workspace, filter).await?;
    let by = Narrowing {
        workspace,
        filter,
        tags: &tags,
        terms_from: 0,
        now,
        walk: None,
    };
    // Read from the first term, so that counting a common one ends early.
    let by_term = tags.first().is_some_and(Vec::is_empty);
    let mut query = Query::new("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM (SELECT m.id FROM ");
    if by_term {
        query.push(
            "search_term first
             JOIN member m ON m.id = first.target_id AND +m.workspace_id = first.workspace_id
             WHERE first.kind = 'member' AND first.term = ",
        );
        query
            .bind(&filter.terms[0])
            .push(" AND first.workspace_id = ")
            .bind(workspace);
    } else {
        query
            .push("member m WHERE m.workspace_id = ")
            .bind(workspace);
    }
    query.push(" AND m.canonical_id = m.id AND m.erased_at IS NULL");
    let summed = filter.view.is_some() || filter.role.is_some_and(|role| !role.by_hand());
    if summed {
        single_only(&mut query, workspace);
    }
    narrow(
        &mut query,
        Narrowing {
            terms_from: usize::from(by_term),
            walk: by_term.then_some(Sort::Name),
            ..by
        },
    );
    query.push(" LIMIT ").bind(most).push(") counted");
    let mut n = tx.count_of(query).await?;
    if summed {
        let mut query = Query::new("SELECT CAST(COUNT(*) AS BIGINT) AS n");
        several(&mut query, workspace);
        narrow(
            &mut query,
            Narrowing {
                walk: Some(Sort::Name),
                ..by
            },
        );
        n += tx.count_of(query).await?;
    }
    Ok(n)
}

/// The value a person is sorted by, for the cursor; empty where there is none.
pub fn sort_value(row: &Listed, sort: Sort) -> String {
    match sort {
        Sort::Name => row.name_sort.clone(),
        Sort::Seen => row
            .last_seen_at
            .map(|at| at.ms().to_string())
            .unwrap_or_default(),
        Sort::Amount => row.amount_minor.to_string(),
        Sort::Joined => row.joined_at.ms().to_string(),
        Sort::Orders => row.order_count.to_string(),
    }
}
