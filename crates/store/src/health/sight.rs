//! What of groups was ever seen.

use yutang_domain::id::{BranchId, ChannelAccountId, GroupId, WorkspaceId};

use super::{Span, within};
use crate::{Result, Tx, record, sql::Query};

/// Whether a message of the group `g` was ever stored; the counts of a day outlive the texts.
pub(super) const SPOKEN: &str = "(EXISTS (SELECT 1 FROM message e
        WHERE e.workspace_id = g.workspace_id AND e.group_id = g.id)
    OR EXISTS (SELECT 1 FROM group_day e
        WHERE e.workspace_id = g.workspace_id AND e.group_id = g.id AND e.messages > 0))";

record! {
    /// Through what a group is seen, and what was ever stored of it.
    pub struct GroupSeen {
        /// Which.
        pub group_id: GroupId,
        /// Its branch.
        pub branch_id: BranchId,
        /// Its name.
        pub name: String,
        /// The account through which it is seen.
        pub channel_account_id: Option<ChannelAccountId>,
        /// Why the account cannot read this one; `None` where it reads what it can.
        pub unreadable: Option<String>,
        /// Whether a message ever was.
        pub spoken: bool,
        /// Whether a coming or going ever was.
        pub passages: bool,
    }
}

/// What was ever seen of the groups named, or of the open ones below a branch.
///
/// # Errors
/// The engine refused.
pub async fn groups_seen(
    tx: &mut Tx,
    workspace: WorkspaceId,
    span: &Span,
) -> Result<Vec<GroupSeen>> {
    let mut query = Query::new(
        "SELECT g.id AS group_id, g.branch_id, g.name, g.channel_account_id, g.unreadable, ",
    );
    query.push(SPOKEN).push(
        " AS spoken, EXISTS (SELECT 1 FROM passage p
            WHERE p.workspace_id = g.workspace_id AND p.group_id = g.id) AS passages
         FROM chat_group g WHERE g.workspace_id = ",
    );
    query.bind(workspace);
    if matches!(span, Span::Below(_) | Span::Readable(..)) {
        query.push(" AND g.archived_at IS NULL");
    }
    within(&mut query, "g.id", workspace, span);
    query.push(" ORDER BY g.id");
    tx.all_of(query).await
}
