//! Groups. The table is `chat_group`, since `group` is a word of SQL.

mod assignment;
mod judged;
mod list;
mod rights;

use yutang_domain::{
    group::{Audience, Duty, Monetisation, Ownership, Scene, Shape, Stage, Term},
    health::HealthClass,
    id::{BranchId, ChannelAccountId, GroupId, ImportRunId, MemberId, WorkspaceId},
    time::{Date, Timestamp},
};

pub use assignment::{Assignment, assign, assignments};
pub use judged::{Giving, Unjudged, giving, set_health, unjudged};
pub use list::{Cursor, Filter, Sort, count, list, sort_value};
pub use rights::{Rights, rights, set_rights};

use crate::{Result, Tx, params, record, sql, sql::Query, text_cell};

text_cell!(
    Audience,
    Duty,
    Monetisation,
    Ownership,
    Scene,
    Shape,
    Stage,
    Term,
    HealthClass
);

record! {
    /// A group.
    pub struct Group {
        /// Its id.
        pub id: GroupId,
        /// The branch it belongs to.
        pub branch_id: BranchId,
        /// The network it lives on.
        pub channel: String,
        /// The account through which we see it.
        pub channel_account_id: Option<ChannelAccountId>,
        /// The network's id of it.
        pub external_id: Option<String>,
        /// Its name.
        pub name: String,
        /// Folded, for comparison.
        pub name_fold: String,
        /// What it is sorted by.
        pub name_sort: String,
        /// Whether the name follows the house rule.
        pub name_ok: bool,
        /// What it is for.
        pub purpose: String,
        /// Long or short.
        pub term: Term,
        /// Sharing or expert-led.
        pub shape: Shape,
        /// Direct or partner-run.
        pub ownership: Ownership,
        /// Customer, product, knowledge.
        pub audience: Audience,
        /// The use it is put to.
        pub scene: Option<Scene>,
        /// 1 to 5.
        pub need_level: Option<i64>,
        /// Stage of life.
        pub stage: Stage,
        /// Whether a person set the stage.
        pub stage_by_hand: bool,
        /// Advisable size, lower.
        pub size_min: i64,
        /// Advisable size, upper.
        pub size_max: i64,
        /// How many can scan in.
        pub capacity: i64,
        /// First day.
        pub opened_on: Option<Date>,
        /// Planned last day.
        pub ends_on: Option<Date>,
        /// How it earns.
        pub monetisation: Option<Monetisation>,
        /// The path in words.
        pub monetisation_note: String,
        /// Words its talk should be about, JSON array.
        pub topic_terms: String,
        /// Version of the announcement; 0 = none.
        pub announcement_version: i64,
        /// People in it now as far as they are known (cache of membership); see [`Group::size`].
        pub member_count: i64,
        /// How many a list of groups said are in it.
        pub listed_size: Option<i64>,
        /// Whom a list of groups named as its owner.
        pub listed_owner: Option<String>,
        /// Staff assigned to it (cache of group_staff).
        pub staff_count: i64,
        /// Owners and admins among its members (cache of membership).
        pub admin_count: i64,
        /// Latest message by anybody.
        pub last_message_at: Option<Timestamp>,
        /// Latest message by staff.
        pub last_post_at: Option<Timestamp>,
        /// When its printed code stops working.
        pub code_expires_at: Option<Timestamp>,
        /// Health class as last judged.
        pub health_class: HealthClass,
        /// Its reasons, JSON.
        pub health_reasons: String,
        /// When it was judged; `None` = to be judged.
        pub health_at: Option<Timestamp>,
        /// Members who gave value in the 28 days before; `None` where texts cannot be read.
        pub givers: Option<i64>,
        /// The import that made it.
        pub run_id: Option<ImportRunId>,
        /// When it was closed.
        pub archived_at: Option<Timestamp>,
        /// Why.
        pub archive_reason: Option<String>,
        /// When it was created.
        pub created_at: Timestamp,
        /// When it last changed.
        pub updated_at: Timestamp,
    }
}

impl Group {
    /// How many people are in it: those who are known, or the number of a list of groups where
    /// that is larger and no account of ours sees the group itself.
    pub fn size(&self) -> i64 {
        let listed = self
            .listed_size
            .filter(|_| self.channel_account_id.is_none());
        listed.map_or(self.member_count, |n| n.max(self.member_count))
    }
}

/// [`Group::size`] of the group `g`, for a statement.
macro_rules! size {
    () => {
        "(CASE WHEN g.channel_account_id IS NULL AND g.listed_size > g.member_count
            THEN g.listed_size ELSE g.member_count END)"
    };
}
pub(crate) use size;

macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "id, branch_id, channel, channel_account_id, external_id, name, name_fold, name_sort,
             name_ok, purpose, term, shape, ownership, audience, scene, need_level, stage,
             stage_by_hand, size_min, size_max, capacity, opened_on, ends_on, monetisation,
             monetisation_note, topic_terms, announcement_version, member_count, listed_size,
             listed_owner, staff_count, admin_count, last_message_at, last_post_at, code_expires_at, health_class,
             health_reasons, health_at, givers, run_id, archived_at, archive_reason, created_at, updated_at",
            $after
        )
    };
}

fn values(workspace: WorkspaceId, row: &Group) -> Vec<crate::Value> {
    params![
        row.id,
        row.branch_id,
        row.channel.as_str(),
        row.channel_account_id,
        row.external_id.clone(),
        row.name.as_str(),
        row.name_fold.as_str(),
        row.name_sort.as_str(),
        row.name_ok,
        row.purpose.as_str(),
        row.term,
        row.shape,
        row.ownership,
        row.audience,
        row.scene,
        row.need_level,
        row.stage,
        row.stage_by_hand,
        row.size_min,
        row.size_max,
        row.capacity,
        row.opened_on,
        row.ends_on,
        row.monetisation,
        row.monetisation_note.as_str(),
        row.topic_terms.as_str(),
        row.announcement_version,
        row.member_count,
        row.listed_size,
        row.listed_owner.clone(),
        row.staff_count,
        row.admin_count,
        row.last_message_at,
        row.last_post_at,
        row.code_expires_at,
        row.health_class,
        row.health_reasons.as_str(),
        row.health_at,
        row.givers,
        row.run_id,
        row.archived_at,
        row.archive_reason.clone(),
        row.created_at,
        row.updated_at,
        workspace,
    ]
}

/// Adds groups.
///
/// # Errors
/// An external id is taken, or the engine refused.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, rows: &[Group]) -> Result<()> {
    let rows = rows.iter().map(|row| values(workspace, row)).collect();
    tx.insert_many(
        columns!("INSERT INTO chat_group (", ", workspace_id) VALUES"),
        rows,
        "",
    )
    .await?;
    Ok(())
}

/// Writes everything of a group.
///
/// # Errors
/// The engine refused.
pub async fn update(tx: &mut Tx, workspace: WorkspaceId, row: &Group) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE chat_group SET branch_id = $2, channel = $3, channel_account_id = $4,
                external_id = $5, name = $6, name_fold = $7, name_sort = $8, name_ok = $9,
                purpose = $10, term = $11, shape = $12, ownership = $13, audience = $14,
                scene = $15, need_level = $16, stage = $17, stage_by_hand = $18, size_min = $19,
                size_max = $20, capacity = $21, opened_on = $22, ends_on = $23, monetisation = $24,
                monetisation_note = $25, topic_terms = $26, announcement_version = $27,
                member_count = $28, listed_size = $29, listed_owner = $30, staff_count = $31,
                admin_count = $32, last_message_at = $33, last_post_at = $34,
                code_expires_at = $35, health_class = $36, health_reasons = $37, health_at = $38,
                givers = $39, run_id = $40, archived_at = $41, archive_reason = $42,
                created_at = $43, updated_at = $44
             WHERE id = $1 AND workspace_id = $45"
        ),
        values(workspace, row),
    )
    .await?;
    Ok(())
}

/// One group.
///
/// # Errors
/// [`crate::StoreError::NotFound`], or the engine refused.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: GroupId) -> Result<Group> {
    tx.one(
        "group",
        sql!(columns!(
            "SELECT ",
            " FROM chat_group WHERE workspace_id = $1 AND id = $2"
        )),
        params![workspace, id],
    )
    .await
}

/// The groups of that exact name, archived ones last.
///
/// # Errors
/// The engine refused.
pub async fn called(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<Vec<Group>> {
    tx.all(
        sql!(columns!(
            "SELECT ",
            " FROM chat_group WHERE workspace_id = $1 AND name = $2
             ORDER BY CASE WHEN archived_at IS NULL THEN 0 ELSE 1 END, id"
        )),
        params![workspace, name],
    )
    .await
}

/// The group with the network's id, if it is known.
///
/// # Errors
/// The engine refused.
pub async fn find_external(
    tx: &mut Tx,
    workspace: WorkspaceId,
    channel: &str,
    external_id: &str,
) -> Result<Option<Group>> {
    tx.find(
        sql!(columns!(
            "SELECT ",
            " FROM chat_group WHERE workspace_id = $1 AND channel = $2 AND external_id = $3"
        )),
        params![workspace, channel, external_id],
    )
    .await
}

/// The network's ids of the open groups that an account sees.
///
/// # Errors
/// The engine refused.
pub async fn seen_through(
    tx: &mut Tx,
    workspace: WorkspaceId,
    account: ChannelAccountId,
) -> Result<Vec<String>> {
    record! {
        /// A group on its network.
        pub struct Seen {
            /// The network's id of it.
            pub external_id: String,
        }
    }
    let rows: Vec<Seen> = tx
        .all(
            sql!(
                "SELECT external_id FROM chat_group
                 WHERE workspace_id = $1 AND channel_account_id = $2 AND archived_at IS NULL
                   AND external_id IS NOT NULL
                 ORDER BY id"
            ),
            params![workspace, account],
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.external_id).collect())
}

/// Adds the statement of the ids of groups `g` in branches `b` whose path begins with `path`; more
/// conditions may follow.
pub(crate) fn below(query: &mut Query, workspace: WorkspaceId, path: &str) {
    query.push(
        "SELECT g.id FROM chat_group g
         JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
         WHERE g.workspace_id = ",
    );
    query.bind(workspace).push(" AND ").begins("b.path", path);
}

/// How many groups are open in branches whose path begins with `path`.
///
/// # Errors
/// The engine refused.
pub async fn open_below(tx: &mut Tx, workspace: WorkspaceId, path: &str) -> Result<i64> {
    tx.count(
        sql!(
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM chat_group g
             JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
             WHERE g.workspace_id = $1 AND g.archived_at IS NULL AND substr(b.path, 1, $3) = $2"
        ),
        params![workspace, path, path.len()],
    )
    .await
}

/// Recounts what is cached on a group from the rows that count: members and admins.
///
/// # Errors
/// The engine refused.
pub async fn recount(tx: &mut Tx, workspace: WorkspaceId, group: GroupId) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE chat_group SET
                member_count = (SELECT CAST(COUNT(*) AS BIGINT) FROM membership
                    WHERE workspace_id = $1 AND group_id = $2 AND left_at IS NULL AND role <> 'bot'),
                admin_count = (SELECT CAST(COUNT(*) AS BIGINT) FROM membership
                    WHERE workspace_id = $1 AND group_id = $2 AND left_at IS NULL
                      AND role IN ('owner', 'admin')),
                last_message_at = (SELECT MAX(sent_at) FROM message
                    WHERE workspace_id = $1 AND group_id = $2),
                health_at = NULL
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, group],
    )
    .await?;
    Ok(())
}

record! {
    /// Somebody in several groups.
    pub struct Repeat {
        /// Who.
        pub member_id: MemberId,
        /// By name.
        pub name: String,
        /// In which group.
        pub group_id: GroupId,
        /// Called.
        pub group_name: String,
        /// Since when.
        pub joined_at: Option<Timestamp>,
    }
}

/// People in more than one open group, with each of the groups; at most `limit` people after the
/// member `after`, by member id.
///
/// # Errors
/// The engine refused.
pub async fn repeats(
    tx: &mut Tx,
    workspace: WorkspaceId,
    branch_path: &str,
    after: Option<MemberId>,
    limit: usize,
) -> Result<Vec<Repeat>> {
    tx.all(
        sql!(
            "SELECT s.member_id, m.name, s.group_id, g.name AS group_name, s.joined_at
             FROM membership s
             JOIN member m ON m.workspace_id = s.workspace_id AND m.id = s.member_id
             JOIN chat_group g ON g.workspace_id = s.workspace_id AND g.id = s.group_id
             JOIN branch p ON p.workspace_id = g.workspace_id AND p.id = g.branch_id
             WHERE s.workspace_id = $1 AND s.left_at IS NULL AND g.archived_at IS NULL
               AND substr(p.path, 1, $3) = $2
               AND s.member_id IN (
                 SELECT t.member_id FROM membership t
                 JOIN chat_group h ON h.workspace_id = t.workspace_id AND h.id = t.group_id
                 JOIN branch b ON b.workspace_id = h.workspace_id AND b.id = h.branch_id
                 WHERE t.workspace_id = $1 AND t.left_at IS NULL AND h.archived_at IS NULL
                   AND t.role = 'member' AND substr(b.path, 1, $3) = $2 AND t.member_id > $4
                 GROUP BY t.member_id HAVING COUNT(*) > 1
                 ORDER BY t.member_id LIMIT $5)
             ORDER BY s.member_id, g.name_sort"
        ),
        params![
            workspace,
            branch_path,
            branch_path.len(),
            after.map_or(0, yutang_domain::id::Id::raw),
            limit
        ],
    )
    .await
}

/// How many people are in more than one open group below a path, counted up to `most`.
///
/// # Errors
/// The engine refused.
pub async fn count_repeats(
    tx: &mut Tx,
    workspace: WorkspaceId,
    branch_path: &str,
    most: usize,
) -> Result<i64> {
    tx.count(
        sql!(
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM (
                SELECT t.member_id FROM membership t
                JOIN chat_group h ON h.workspace_id = t.workspace_id AND h.id = t.group_id
                JOIN branch b ON b.workspace_id = h.workspace_id AND b.id = h.branch_id
                WHERE t.workspace_id = $1 AND t.left_at IS NULL AND h.archived_at IS NULL
                  AND t.role = 'member' AND substr(b.path, 1, $3) = $2
                GROUP BY t.member_id HAVING COUNT(*) > 1 LIMIT $4) people"
        ),
        params![workspace, branch_path, branch_path.len(), most],
    )
    .await
}

/// Notes when something was said in a group, if it was, and that its health is to be judged anew.
///
/// # Errors
/// The engine refused.
pub async fn touch(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    said_at: Option<Timestamp>,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE chat_group SET health_at = NULL,
                last_message_at = CASE WHEN last_message_at IS NULL OR last_message_at < $3
                    THEN COALESCE($3, last_message_at) ELSE last_message_at END
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, group, said_at],
    )
    .await?;
    Ok(())
}

/// Notes that the house said something in a group.
///
/// # Errors
/// The engine refused.
pub async fn posted(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE chat_group SET last_post_at = $3
             WHERE workspace_id = $1 AND id = $2 AND (last_post_at IS NULL OR last_post_at < $3)"
        ),
        params![workspace, group, at],
    )
    .await?;
    Ok(())
}

record! {
    /// A group whose code is about to fill or to end.
    pub struct Filling {
        /// Which.
        pub id: GroupId,
        /// Called.
        pub name: String,
        /// People in it, as [`Group::size`].
        pub members: i64,
        /// How many can scan in.
        pub capacity: i64,
        /// When its printed code stops working.
        pub code_expires_at: Option<Timestamp>,
    }
}

/// Open groups below a path that are within `room` people of their capacity, or whose code ends
/// before `until`.
///
/// # Errors
/// The engine refused.
pub async fn filling(
    tx: &mut Tx,
    workspace: WorkspaceId,
    branch_path: &str,
    room: i64,
    until: Timestamp,
) -> Result<Vec<Filling>> {
    tx.all(
        sql!(concat!(
            "SELECT g.id, g.name, ",
            size!(),
            " AS members, g.capacity, g.code_expires_at FROM chat_group g
             JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id
             WHERE g.workspace_id = $1 AND g.archived_at IS NULL AND substr(b.path, 1, $3) = $2
               AND ((g.code_expires_at IS NOT NULL AND g.code_expires_at < $5)
                 OR (",
            size!(),
            " < g.capacity AND ",
            size!(),
            " >= g.capacity - $4))
             ORDER BY g.name_sort"
        )),
        params![workspace, branch_path, branch_path.len(), room, until],
    )
    .await
}
