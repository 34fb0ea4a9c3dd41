//! Tags, and who carries them.

use yutang_domain::{
    id::{MemberId, TagId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, sql::Query};

record! {
    /// A tag.
    pub struct Tag {
        /// Its id.
        pub id: TagId,
        /// Its name, unique in the workspace.
        pub name: String,
        /// What it is sorted by.
        pub name_sort: String,
        /// A word for its colour.
        pub color: String,
        /// When it was made.
        pub created_at: Timestamp,
    }
}

record! {
    /// A tag with the number of people who carry it.
    pub struct Counted {
        /// Its id.
        pub id: TagId,
        /// Its name.
        pub name: String,
        /// A word for its colour.
        pub color: String,
        /// How many people carry it.
        pub members: i64,
    }
}

record! {
    /// A tag on a person.
    pub struct Carried {
        /// The record that stands for the person.
        pub member_id: MemberId,
        /// The tag.
        pub tag_id: TagId,
        /// Its name.
        pub name: String,
        /// A word for its colour.
        pub color: String,
        /// Who put it there, in stored form.
        pub actor: String,
        /// When.
        pub created_at: Timestamp,
    }
}

/// Adds a tag.
///
/// # Errors
/// The name is taken, or the engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, row: &Tag) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO tag (id, workspace_id, name, name_sort, color, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        params![
            row.id,
            workspace,
            row.name.as_str(),
            row.name_sort.as_str(),
            row.color.as_str(),
            row.created_at,
        ],
    )
    .await?;
    Ok(())
}

/// Writes a tag's name and colour.
///
/// # Errors
/// The name is taken, or the engine refused.
pub async fn update(tx: &mut Tx, workspace: WorkspaceId, row: &Tag) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE tag SET name = $3, name_sort = $4, color = $5
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![
            workspace,
            row.id,
            row.name.as_str(),
            row.name_sort.as_str(),
            row.color.as_str()
        ],
    )
    .await?;
    Ok(())
}

/// Removes a tag that nobody carries any more.
///
/// # Errors
/// Somebody carries it, or the engine refused.
pub async fn remove(tx: &mut Tx, workspace: WorkspaceId, id: TagId) -> Result<()> {
    tx.execute(
        sql!("DELETE FROM tag WHERE workspace_id = $1 AND id = $2"),
        params![workspace, id],
    )
    .await?;
    Ok(())
}

/// One tag.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: TagId) -> Result<Tag> {
    tx.one(
        "tag",
        sql!(
            "SELECT id, name, name_sort, color, created_at FROM tag
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id],
    )
    .await
}

/// The tag of that name.
///
/// # Errors
/// The engine refused.
pub async fn find(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<Option<Tag>> {
    tx.find(
        sql!(
            "SELECT id, name, name_sort, color, created_at FROM tag
             WHERE workspace_id = $1 AND name = $2"
        ),
        params![workspace, name],
    )
    .await
}

/// All tags with how many people carry each, by name.
///
/// # Errors
/// The engine refused.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Counted>> {
    tx.all(
        sql!(
            "SELECT t.id, t.name, t.color,
                    (SELECT CAST(COUNT(DISTINCT m.canonical_id) AS BIGINT) FROM member_tag c
                     JOIN member m ON m.workspace_id = c.workspace_id AND m.id = c.member_id
                     WHERE c.workspace_id = t.workspace_id AND c.tag_id = t.id) AS members
             FROM tag t WHERE t.workspace_id = $1 ORDER BY t.name_sort, t.id"
        ),
        params![workspace],
    )
    .await
}

/// The tags of the people that these records stand for.
///
/// # Errors
/// The engine refused.
pub async fn carried(
    tx: &mut Tx,
    workspace: WorkspaceId,
    canonical: &[MemberId],
) -> Result<Vec<Carried>> {
    let mut query = Query::new(
        "SELECT m.canonical_id AS member_id, t.id AS tag_id, t.name, t.color,
                MIN(c.actor) AS actor, MIN(c.created_at) AS created_at
         FROM member m
         JOIN member_tag c ON c.workspace_id = m.workspace_id AND c.member_id = m.id
         JOIN tag t ON t.workspace_id = c.workspace_id AND t.id = c.tag_id
         WHERE m.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND m.canonical_id IN ")
        .list(canonical.iter().copied());
    query.push(
        " GROUP BY m.canonical_id, t.id, t.name, t.color, t.name_sort
          ORDER BY m.canonical_id, t.name_sort, t.id",
    );
    tx.all_of(query).await
}

/// Which of these people carry a tag, under the records that stand for them.
///
/// # Errors
/// The engine refused.
pub async fn carriers(
    tx: &mut Tx,
    workspace: WorkspaceId,
    tag: TagId,
    canonical: &[MemberId],
) -> Result<Vec<MemberId>> {
    let mut found = Vec::new();
    for chunk in canonical.chunks(1_000) {
        let mut query = Query::new(
            "SELECT DISTINCT m.canonical_id AS n FROM member m
             JOIN member_tag c ON c.workspace_id = m.workspace_id AND c.member_id = m.id
             WHERE m.workspace_id = ",
        );
        query.bind(workspace).push(" AND c.tag_id = ").bind(tag);
        query
            .push(" AND m.canonical_id IN ")
            .list(chunk.iter().copied());
        found.extend(
            tx.all_of::<i64>(query)
                .await?
                .into_iter()
                .map(MemberId::from_raw),
        );
    }
    Ok(found)
}

/// Everybody who carries a tag, by record.
///
/// # Errors
/// The engine refused.
pub async fn records_with(
    tx: &mut Tx,
    workspace: WorkspaceId,
    tag: TagId,
) -> Result<Vec<MemberId>> {
    let ids: Vec<i64> = tx
        .all(
            sql!(
                "SELECT member_id AS n FROM member_tag WHERE workspace_id = $1 AND tag_id = $2
                 ORDER BY member_id"
            ),
            params![workspace, tag],
        )
        .await?;
    Ok(ids.into_iter().map(MemberId::from_raw).collect())
}

/// Puts a tag on records; those that carry it stay as they are. Returns how many were new.
///
/// # Errors
/// A record or the tag is unknown, or the engine refused.
pub async fn put(
    tx: &mut Tx,
    workspace: WorkspaceId,
    tag: TagId,
    records: &[MemberId],
    actor: &str,
    at: Timestamp,
) -> Result<u64> {
    let rows = records
        .iter()
        .map(|id| {
            params![
                workspace,
                *id,
                tag,
                actor,
                None::<yutang_domain::id::ImportRunId>,
                at
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO member_tag (workspace_id, member_id, tag_id, actor, run_id, created_at) VALUES",
        rows,
        "ON CONFLICT DO NOTHING",
    )
    .await
}

/// Takes a tag from all records of these people; returns the records that carried it.
///
/// # Errors
/// The engine refused.
pub async fn take(
    tx: &mut Tx,
    workspace: WorkspaceId,
    tag: TagId,
    canonical: &[MemberId],
) -> Result<Vec<MemberId>> {
    let mut taken = Vec::new();
    for chunk in canonical.chunks(1_000) {
        let mut query = Query::new("DELETE FROM member_tag WHERE workspace_id = ");
        query.bind(workspace).push(" AND tag_id = ").bind(tag);
        query
            .push(" AND member_id IN (SELECT id FROM member WHERE workspace_id = ")
            .bind(workspace);
        query
            .push(" AND canonical_id IN ")
            .list(chunk.iter().copied());
        query.push(") RETURNING member_id AS n");
        taken.extend(
            tx.all_of::<i64>(query)
                .await?
                .into_iter()
                .map(MemberId::from_raw),
        );
    }
    Ok(taken)
}

/// Takes a tag from everybody.
///
/// # Errors
/// The engine refused.
pub async fn take_all(tx: &mut Tx, workspace: WorkspaceId, tag: TagId) -> Result<()> {
    tx.execute(
        sql!("DELETE FROM member_tag WHERE workspace_id = $1 AND tag_id = $2"),
        params![workspace, tag],
    )
    .await?;
    Ok(())
}
