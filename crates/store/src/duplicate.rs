//! Where to look for records of one person: the same phone, account name or birthday.

use yutang_domain::{
    id::{MemberId, WorkspaceId},
    member::BirthCalendar,
};

use crate::{Result, Tx, params, record, sql, sql::Query};

record! {
    /// Two people who share something, under the records that stand for them.
    pub struct Pair {
        /// The one with the smaller id.
        pub one: MemberId,
        /// The other.
        pub other: MemberId,
    }
}

record! {
    /// A record with a birthday.
    pub struct Born {
        /// The record that stands for the person.
        pub canonical_id: MemberId,
        /// Name.
        pub name: String,
        /// Calendar.
        pub birth_calendar: Option<BirthCalendar>,
        /// Month.
        pub birth_month: i64,
        /// Day.
        pub birth_day: i64,
    }
}

/// Pairs of people with the same phone number, at most `limit`.
///
/// # Errors
/// The engine refused.
pub async fn same_phone(tx: &mut Tx, workspace: WorkspaceId, limit: usize) -> Result<Vec<Pair>> {
    tx.all(
        sql!(
            "SELECT DISTINCT a.canonical_id AS one, b.canonical_id AS other FROM member a
             JOIN member b ON b.workspace_id = a.workspace_id AND b.phone_hash = a.phone_hash
              AND b.canonical_id > a.canonical_id
             WHERE a.workspace_id = $1 AND a.phone_hash IS NOT NULL
             ORDER BY 1, 2 LIMIT $2"
        ),
        params![workspace, limit],
    )
    .await
}

/// Pairs of people with an account of the same name on two networks, at most `limit`.
///
/// # Errors
/// The engine refused.
pub async fn same_account(tx: &mut Tx, workspace: WorkspaceId, limit: usize) -> Result<Vec<Pair>> {
    tx.all(
        sql!(
            "SELECT DISTINCT CASE WHEN m.canonical_id < n.canonical_id THEN m.canonical_id
                    ELSE n.canonical_id END AS one,
                CASE WHEN m.canonical_id < n.canonical_id THEN n.canonical_id
                    ELSE m.canonical_id END AS other
             FROM identity a
             JOIN identity b ON b.workspace_id = a.workspace_id AND b.external_id = a.external_id
              AND b.id > a.id
             JOIN member m ON m.workspace_id = a.workspace_id AND m.id = a.member_id
             JOIN member n ON n.workspace_id = b.workspace_id AND n.id = b.member_id
             WHERE a.workspace_id = $1 AND m.canonical_id <> n.canonical_id
             ORDER BY 1, 2 LIMIT $2"
        ),
        params![workspace, limit],
    )
    .await
}

/// All records with a birthday, by day and name.
///
/// # Errors
/// The engine refused.
pub async fn born(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Born>> {
    tx.all(
        sql!(
            "SELECT canonical_id, name, birth_calendar, birth_month, birth_day FROM member
             WHERE workspace_id = $1 AND birth_month IS NOT NULL AND erased_at IS NULL
             ORDER BY birth_month, birth_day"
        ),
        params![workspace],
    )
    .await
}

/// What people are looked up by.
#[derive(Clone, Debug, Default)]
pub struct Traits {
    /// Keyed hashes of phone numbers.
    pub phones: Vec<Vec<u8>>,
    /// Account names.
    pub accounts: Vec<String>,
    /// Month and day of birth.
    pub birthdays: Vec<(i64, i64)>,
}

/// People who share a trait, at most 200 of each kind.
///
/// # Errors
/// The engine refused.
pub async fn sharing(
    tx: &mut Tx,
    workspace: WorkspaceId,
    traits: &Traits,
) -> Result<Vec<MemberId>> {
    let mut found: Vec<i64> = Vec::new();
    if !traits.phones.is_empty() {
        let mut query = Query::new("SELECT canonical_id AS n FROM member WHERE workspace_id = ");
        query
            .bind(workspace)
            .push(" AND phone_hash IN ")
            .list(traits.phones.iter().cloned());
        query.push(" LIMIT 200");
        found.extend(tx.all_of::<i64>(query).await?);
    }
    if !traits.accounts.is_empty() {
        let mut query = Query::new(
            "SELECT m.canonical_id AS n FROM identity i
             JOIN member m ON m.workspace_id = i.workspace_id AND m.id = i.member_id
             WHERE i.workspace_id = ",
        );
        query
            .bind(workspace)
            .push(" AND i.external_id IN ")
            .list(traits.accounts.iter());
        query.push(" LIMIT 200");
        found.extend(tx.all_of::<i64>(query).await?);
    }
    for (month, day) in &traits.birthdays {
        found.extend(
            tx.all::<i64>(
                sql!(
                    "SELECT canonical_id AS n FROM member
                     WHERE workspace_id = $1 AND birth_month = $2 AND birth_day = $3
                       AND erased_at IS NULL LIMIT 200"
                ),
                params![workspace, *month, *day],
            )
            .await?,
        );
    }
    found.sort_unstable();
    found.dedup();
    Ok(found.into_iter().map(MemberId::from_raw).collect())
}

record! {
    /// An account with the person it leads to.
    pub struct Account {
        /// The record that stands for the person.
        pub canonical_id: MemberId,
        /// The network.
        pub channel: String,
        /// Its id of the account.
        pub external_id: String,
    }
}

/// The accounts of people.
///
/// # Errors
/// The engine refused.
pub async fn accounts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: &[MemberId],
) -> Result<Vec<Account>> {
    let mut query = Query::new(
        "SELECT m.canonical_id, i.channel, i.external_id FROM member m
         JOIN identity i ON i.workspace_id = m.workspace_id AND i.member_id = m.id
         WHERE m.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND m.canonical_id IN ")
        .list(canonical.iter().copied());
    tx.all_of(query).await
}

record! {
    /// A group with a person in it.
    pub struct Present {
        /// The record that stands for the person.
        pub canonical_id: MemberId,
        /// The group.
        pub group_id: i64,
    }
}

/// The groups people are in.
///
/// # Errors
/// The engine refused.
pub async fn groups(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: &[MemberId],
) -> Result<Vec<Present>> {
    let mut query = Query::new(
        "SELECT m.canonical_id, s.group_id FROM member m
         JOIN membership s ON s.workspace_id = m.workspace_id AND s.member_id = m.id
         WHERE s.left_at IS NULL AND m.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND m.canonical_id IN ")
        .list(canonical.iter().copied());
    tx.all_of(query).await
}

/// All records of several people, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn records(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: &[MemberId],
) -> Result<Vec<crate::member::Member>> {
    let mut query = Query::new("SELECT * FROM member WHERE erased_at IS NULL AND workspace_id = ");
    query
        .bind(workspace)
        .push(" AND canonical_id IN ")
        .list(canonical.iter().copied());
    query.push(" ORDER BY id");
    tx.all_of(query).await
}
