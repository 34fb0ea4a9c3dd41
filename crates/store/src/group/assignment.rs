//! Who of the staff is in which group.

use yutang_domain::{
    group::Duty,
    id::{GroupId, StaffId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, params, record, sql, sql::Query};

record! {
    /// A member of staff in a group.
    pub struct Assignment {
        /// The group.
        pub group_id: GroupId,
        /// Who.
        pub staff_id: StaffId,
        /// By name.
        pub name: String,
        /// What they answer for.
        pub duty: Duty,
    }
}

/// Who is assigned to these groups.
///
/// # Errors
/// The engine refused.
pub async fn assignments(
    tx: &mut Tx,
    workspace: WorkspaceId,
    groups: &[GroupId],
) -> Result<Vec<Assignment>> {
    let mut query = Query::new(
        "SELECT s.group_id, s.staff_id, p.name, s.duty FROM group_staff s
         JOIN staff p ON p.workspace_id = s.workspace_id AND p.id = s.staff_id
         WHERE s.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND s.group_id IN ")
        .list(groups.iter().copied());
    query.push(" ORDER BY s.group_id, s.created_at, s.staff_id, s.duty");
    tx.all_of(query).await
}

/// Replaces who is assigned to a group, and its cached count.
///
/// # Errors
/// A member of staff is unknown, or the engine refused.
pub async fn assign(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    staff: &[(StaffId, Duty)],
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!("DELETE FROM group_staff WHERE workspace_id = $1 AND group_id = $2"),
        params![workspace, group],
    )
    .await?;
    let rows = staff
        .iter()
        .map(|(id, duty)| params![workspace, group, *id, *duty, at])
        .collect();
    tx.insert_many(
        "INSERT INTO group_staff (workspace_id, group_id, staff_id, duty, created_at) VALUES",
        rows,
        "ON CONFLICT DO NOTHING",
    )
    .await?;
    tx.execute(
        sql!(
            "UPDATE chat_group SET staff_count = (SELECT CAST(COUNT(DISTINCT staff_id) AS BIGINT)
                FROM group_staff WHERE workspace_id = $1 AND group_id = $2)
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, group],
    )
    .await?;
    Ok(())
}
