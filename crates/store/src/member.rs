//! Members: records of people. A merged record stays as it is and points to the record that stands
//! for the person (`canonical_id`); the figures on a record are its own.

use yutang_domain::{
    id::{BranchId, ImportRunId, MemberId, WorkspaceId},
    member::{BirthCalendar, Birthday, MemberRole},
    time::Timestamp,
};

use crate::{Result, Tx, Value, params, record, sql, sql::Query, text_cell};

pub mod list;

text_cell!(BirthCalendar, MemberRole);

record! {
    /// A record of a person.
    pub struct Member {
        /// Its id.
        pub id: MemberId,
        /// The record that stands for the person; its own id unless merged.
        pub canonical_id: MemberId,
        /// Name; empty for a tombstone or somebody unnamed.
        pub name: String,
        /// What it is sorted by.
        pub name_sort: String,
        /// Phone number in international form.
        pub phone: Option<String>,
        /// Its keyed hash, for look-ups.
        pub phone_hash: Option<Vec<u8>>,
        /// City.
        pub city: Option<String>,
        /// Calendar of the birthday.
        pub birth_calendar: Option<BirthCalendar>,
        /// Month of the birthday.
        pub birth_month: Option<i64>,
        /// Day of the birthday.
        pub birth_day: Option<i64>,
        /// Year of birth.
        pub birth_year: Option<i64>,
        /// Home branch.
        pub branch_id: Option<BranchId>,
        /// Who brought them.
        pub inviter_id: Option<MemberId>,
        /// Where the record comes from: `import`, `live`, `hand`, `demo`.
        pub source: String,
        /// The import that made it.
        pub run_id: Option<ImportRunId>,
        /// When they came: the earlier of `known_at` and the facts (cache).
        pub joined_at: Timestamp,
        /// When they came, as far as it was known when the record was made.
        pub known_at: Timestamp,
        /// Last sign of life (cache).
        pub last_seen_at: Option<Timestamp>,
        /// Groups they are in (cache).
        pub group_count: i64,
        /// Paid orders (cache).
        pub order_count: i64,
        /// What all orders came to, minor units; what was taken back counts negative (cache).
        pub amount_minor: i64,
        /// Latest paid order (cache).
        pub last_order_at: Option<Timestamp>,
        /// Messages, ever (cache).
        pub message_count: i64,
        /// When the person was erased.
        pub erased_at: Option<Timestamp>,
        /// When the record was made.
        pub created_at: Timestamp,
        /// When the profile last changed.
        pub updated_at: Timestamp,
    }
}

macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "id, canonical_id, name, name_sort, phone, phone_hash, city, birth_calendar,
             birth_month, birth_day, birth_year, branch_id, inviter_id, source, run_id, joined_at,
             known_at, last_seen_at, group_count, order_count, amount_minor, last_order_at,
             message_count, erased_at, created_at, updated_at",
            $after
        )
    };
}

impl Member {
    /// A record of somebody who came at `known_at`, with nothing else known.
    pub fn new(id: MemberId, source: &str, known_at: Timestamp, created_at: Timestamp) -> Self {
        Self {
            id,
            canonical_id: id,
            name: String::new(),
            name_sort: String::new(),
            phone: None,
            phone_hash: None,
            city: None,
            birth_calendar: None,
            birth_month: None,
            birth_day: None,
            birth_year: None,
            branch_id: None,
            inviter_id: None,
            source: source.to_owned(),
            run_id: None,
            joined_at: known_at,
            known_at,
            last_seen_at: None,
            group_count: 0,
            order_count: 0,
            amount_minor: 0,
            last_order_at: None,
            message_count: 0,
            erased_at: None,
            created_at,
            updated_at: created_at,
        }
    }

    /// The birthday, if one is known.
    pub fn birthday(&self) -> Option<Birthday> {
        Some(Birthday {
            calendar: self.birth_calendar?,
            year: self.birth_year.and_then(|year| i16::try_from(year).ok()),
            month: u8::try_from(self.birth_month?).ok()?,
            day: u8::try_from(self.birth_day?).ok()?,
            leap: false,
        })
    }

    /// Sets or removes the birthday. Whether its month was a leap month has no column: the day it
    /// is kept on does not depend on it.
    pub fn set_birthday(&mut self, birthday: Option<Birthday>) {
        self.birth_calendar = birthday.map(|b| b.calendar);
        self.birth_month = birthday.map(|b| i64::from(b.month));
        self.birth_day = birthday.map(|b| i64::from(b.day));
        self.birth_year = birthday.and_then(|b| b.year).map(i64::from);
    }
}

fn values(workspace: WorkspaceId, row: &Member) -> Vec<Value> {
    params![
        row.id,
        row.canonical_id,
        row.name.as_str(),
        row.name_sort.as_str(),
        row.phone.clone(),
        row.phone_hash.clone(),
        row.city.clone(),
        row.birth_calendar,
        row.birth_month,
        row.birth_day,
        row.birth_year,
        row.branch_id,
        row.inviter_id,
        row.source.as_str(),
        row.run_id,
        row.joined_at,
        row.known_at,
        row.last_seen_at,
        row.group_count,
        row.order_count,
        row.amount_minor,
        row.last_order_at,
        row.message_count,
        row.erased_at,
        row.created_at,
        row.updated_at,
        workspace,
    ]
}

/// Adds records.
///
/// # Errors
/// The engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, rows: &[Member]) -> Result<()> {
    let rows = rows.iter().map(|row| values(workspace, row)).collect();
    tx.insert_many(
        columns!("INSERT INTO member (", ", workspace_id) VALUES"),
        rows,
        "",
    )
    .await?;
    Ok(())
}

/// Takes back records that nothing points to.
///
/// # Errors
/// Something points to one of them, or the engine refused.
pub async fn remove(tx: &mut Tx, workspace: WorkspaceId, ids: &[MemberId]) -> Result<()> {
    for chunk in ids.chunks(500) {
        let mut query = Query::new("DELETE FROM member WHERE workspace_id = ");
        query
            .bind(workspace)
            .push(" AND id IN ")
            .list(chunk.iter().copied());
        tx.execute_of(query).await?;
    }
    Ok(())
}

/// One record.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: MemberId) -> Result<Member> {
    tx.one(
        "member",
        sql!(columns!(
            "SELECT ",
            " FROM member WHERE workspace_id = $1 AND id = $2"
        )),
        params![workspace, id],
    )
    .await
}

/// All records of the person that `canonical` stands for, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn records(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: MemberId,
) -> Result<Vec<Member>> {
    tx.all(
        sql!(columns!(
            "SELECT ",
            " FROM member WHERE workspace_id = $1 AND canonical_id = $2 ORDER BY id"
        )),
        params![workspace, canonical],
    )
    .await
}

/// The records with these ids, by id; those that do not exist are left out.
///
/// # Errors
/// The engine refused.
pub async fn listed(tx: &mut Tx, workspace: WorkspaceId, ids: &[MemberId]) -> Result<Vec<Member>> {
    let mut query = Query::new(columns!("SELECT ", " FROM member WHERE workspace_id = "));
    query
        .bind(workspace)
        .push(" AND id IN ")
        .list(ids.iter().copied())
        .push(" ORDER BY id");
    tx.all_of(query).await
}

/// Writes the profile of a record: everything but its caches, its canonical record and its origin.
///
/// # Errors
/// The engine refused.
pub async fn update(tx: &mut Tx, workspace: WorkspaceId, row: &Member) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE member SET name = $3, name_sort = $4, phone = $5, phone_hash = $6, city = $7,
                birth_calendar = $8, birth_month = $9, birth_day = $10, birth_year = $11,
                branch_id = $12, inviter_id = $13, erased_at = $14, updated_at = $15
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![
            workspace,
            row.id,
            row.name.as_str(),
            row.name_sort.as_str(),
            row.phone.clone(),
            row.phone_hash.clone(),
            row.city.clone(),
            row.birth_calendar,
            row.birth_month,
            row.birth_day,
            row.birth_year,
            row.branch_id,
            row.inviter_id,
            row.erased_at,
            row.updated_at,
        ],
    )
    .await?;
    Ok(())
}

/// Sets which record stands for a record.
///
/// # Errors
/// The engine refused.
pub async fn set_canonical(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: MemberId,
    canonical: MemberId,
) -> Result<()> {
    tx.execute(
        sql!("UPDATE member SET canonical_id = $3 WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id, canonical],
    )
    .await?;
    Ok(())
}

/// Counts the caches of records anew from the rows that count.
///
/// # Errors
/// The engine refused.
pub async fn recount(tx: &mut Tx, workspace: WorkspaceId, ids: &[MemberId]) -> Result<()> {
    for chunk in ids.chunks(500) {
        let mut query = Query::new(
            "UPDATE member SET
                group_count = (SELECT CAST(COUNT(*) AS BIGINT) FROM membership s
                    JOIN chat_group g ON g.workspace_id = s.workspace_id AND g.id = s.group_id
                    WHERE s.workspace_id = member.workspace_id AND s.member_id = member.id
                      AND s.left_at IS NULL AND g.archived_at IS NULL),
                order_count = (SELECT CAST(COUNT(*) AS BIGINT) FROM shop_order o
                    WHERE o.workspace_id = member.workspace_id AND o.member_id = member.id
                      AND o.state = 'paid'),
                amount_minor = (SELECT CAST(COALESCE(SUM(o.amount_minor), 0) AS BIGINT)
                    FROM shop_order o
                    WHERE o.workspace_id = member.workspace_id AND o.member_id = member.id
                      AND (o.state = 'paid' OR (o.state = 'cancelled' AND o.amount_minor < 0))),
                last_order_at = (SELECT MAX(o.placed_at) FROM shop_order o
                    WHERE o.workspace_id = member.workspace_id AND o.member_id = member.id
                      AND o.state = 'paid'),
                message_count = (SELECT CAST(COALESCE(SUM(d.messages), 0) AS BIGINT)
                    FROM member_day d
                    WHERE d.workspace_id = member.workspace_id AND d.member_id = member.id),
                last_seen_at = (SELECT MAX(u.at) FROM (
                    SELECT MAX(s.last_seen_at) AS at FROM membership s
                     WHERE s.workspace_id = member.workspace_id AND s.member_id = member.id
                    UNION ALL
                    SELECT MAX(o.placed_at) AS at FROM shop_order o
                     WHERE o.workspace_id = member.workspace_id AND o.member_id = member.id) u),
                joined_at = (SELECT MIN(u.at) FROM (
                    SELECT member.known_at AS at
                    UNION ALL
                    SELECT MIN(s.first_seen_at) AS at FROM membership s
                     WHERE s.workspace_id = member.workspace_id AND s.member_id = member.id
                    UNION ALL
                    SELECT MIN(o.placed_at) AS at FROM shop_order o
                     WHERE o.workspace_id = member.workspace_id AND o.member_id = member.id) u)
             WHERE workspace_id = ",
        );
        query
            .bind(workspace)
            .push(" AND id IN ")
            .list(chunk.iter().copied());
        tx.execute_of(query).await?;
    }
    Ok(())
}

record! {
    /// A role given by hand.
    pub struct GivenRole {
        /// The record.
        pub member_id: MemberId,
        /// The role.
        pub role: MemberRole,
    }
}

/// Roles given by hand to the people that these records stand for, under their canonical records.
///
/// # Errors
/// The engine refused.
pub async fn given_roles(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: &[MemberId],
) -> Result<Vec<GivenRole>> {
    let mut query = Query::new(
        "SELECT DISTINCT m.canonical_id AS member_id, r.role FROM member m
         JOIN member_role r ON r.workspace_id = m.workspace_id AND r.member_id = m.id
         WHERE m.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND m.canonical_id IN ")
        .list(canonical.iter().copied());
    query.push(" ORDER BY 1, 2");
    tx.all_of(query).await
}

/// Gives a role; false if the record has it already.
///
/// # Errors
/// The engine refused.
pub async fn give_role(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: MemberId,
    role: MemberRole,
    actor: &str,
    at: Timestamp,
) -> Result<bool> {
    tx.changed(
        sql!(
            "INSERT INTO member_role (workspace_id, member_id, role, actor, created_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
        ),
        params![workspace, id, role, actor, at],
    )
    .await
}

/// Takes a role from all records of a person; false if they had it not.
///
/// # Errors
/// The engine refused.
pub async fn take_role(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: MemberId,
    role: MemberRole,
) -> Result<bool> {
    let touched = tx
        .execute(
            sql!(
                "DELETE FROM member_role WHERE workspace_id = $1 AND role = $3
                 AND member_id IN (SELECT id FROM member WHERE workspace_id = $1 AND canonical_id = $2)"
            ),
            params![workspace, canonical, role],
        )
        .await?;
    Ok(touched > 0)
}
