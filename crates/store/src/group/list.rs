//! Lists of groups.

use yutang_domain::{
    group::{Audience, Scene, Stage, View},
    health::HealthClass,
    id::{GroupId, StaffId, WorkspaceId},
    time::{DAY, Date, Timestamp},
};

use super::Group;
use crate::{Result, Tx, sql::Query};

/// What a list of groups is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By name.
    #[default]
    Name,
    /// What has to be looked at first: dead groups, those full of adverts, those that cool down,
    /// then what cannot be told, then the healthy ones.
    Urgency,
    /// Most members first.
    Members,
    /// Latest message first.
    LastMessage,
    /// Most messages of the last 7 days first.
    Messages7d,
    /// The one in which the house has been silent longest first.
    LastPost,
    /// The one that ends soonest first, those without an end last.
    EndsOn,
}

/// Behind every planned last day.
const NO_END: i64 = 9_999_999;

impl Sort {
    /// Writes what is sorted by.
    fn terms(self, query: &mut Query, today: Date) {
        match self {
            Self::Name => query.push("g.name_sort"),
            Self::Urgency => query.push(
                "CASE g.health_class WHEN 'dead' THEN 0 WHEN 'advert' THEN 1 WHEN 'cooling' THEN 2
                    WHEN 'unknown' THEN 3 WHEN 'steady' THEN 4 WHEN 'new' THEN 5 ELSE 6 END",
            ),
            Self::Members => query.push(super::size!()),
            Self::LastMessage => query.push("COALESCE(g.last_message_at, 0)"),
            Self::Messages7d => query
                .push(
                    "(SELECT CAST(COALESCE(SUM(d.messages), 0) AS BIGINT) FROM group_day d
                      WHERE d.workspace_id = g.workspace_id AND d.group_id = g.id AND d.day > ",
                )
                .bind(today.plus_days(-7))
                .push(")"),
            Self::LastPost => query.push("COALESCE(g.last_post_at, 0)"),
            Self::EndsOn => query.push("COALESCE(g.ends_on, ").bind(NO_END).push(")"),
        };
    }

    const fn is_descending(self) -> bool {
        matches!(self, Self::Members | Self::LastMessage | Self::Messages7d)
    }
}

/// What a list of groups is narrowed by; `None` = any.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Search terms, all of which must be there.
    pub terms: Vec<String>,
    /// Prefix of the branch's path.
    pub branch_path: String,
    /// Customer, product, knowledge.
    pub audience: Option<Audience>,
    /// The use it is put to.
    pub scene: Option<Scene>,
    /// Stage of life.
    pub stage: Option<Stage>,
    /// Health class.
    pub health: Option<HealthClass>,
    /// One of the saved views.
    pub view: Option<View>,
    /// Assigned to this member of staff.
    pub staff: Option<StaffId>,
    /// Whether archived groups are shown instead of open ones.
    pub archived: bool,
}

/// Where a list goes on: the sort value and id of the last row shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Sort value as text; numbers in decimal.
    pub value: String,
    /// Id of the last row.
    pub id: GroupId,
}

fn narrow(query: &mut Query, workspace: WorkspaceId, filter: &Filter, now: Timestamp, today: Date) {
    query.push(" WHERE g.workspace_id = ").bind(workspace);
    query.push(if filter.archived {
        " AND g.archived_at IS NOT NULL"
    } else {
        " AND g.archived_at IS NULL"
    });
    if !filter.branch_path.is_empty() {
        query.push(" AND ").begins("b.path", &filter.branch_path);
    }
    if let Some(audience) = filter.audience {
        query.push(" AND g.audience = ").bind(audience);
    }
    if let Some(scene) = filter.scene {
        query.push(" AND g.scene = ").bind(scene);
    }
    if let Some(stage) = filter.stage {
        query.push(" AND g.stage = ").bind(stage);
    }
    if let Some(health) = filter.health {
        query.push(" AND g.health_class = ").bind(health);
    }
    if let Some(staff) = filter.staff {
        query.push(" AND g.id IN (SELECT group_id FROM group_staff WHERE workspace_id = ");
        query
            .bind(workspace)
            .push(" AND staff_id = ")
            .bind(staff)
            .push(")");
    }
    match filter.view {
        None => {}
        Some(View::StaffShort) => {
            query
                .push(" AND g.staff_count < ")
                .bind(yutang_domain::group::STAFF_WANTED);
        }
        Some(View::OneAdmin) => {
            query.push(" AND g.admin_count = 1");
        }
        Some(View::Silent7d) => {
            query.push(" AND (g.last_post_at IS NULL OR g.last_post_at < ");
            query.bind(now.plus(-7 * DAY)).push(")");
        }
        Some(View::CodeExpiring) => {
            query
                .push(" AND g.code_expires_at < ")
                .bind(now.plus(3 * DAY));
        }
        Some(View::RepeatMembers) => {
            query.push(
                " AND g.id IN (SELECT s.group_id FROM membership s JOIN member m
                    ON m.workspace_id = s.workspace_id AND m.id = s.member_id
                  WHERE s.left_at IS NULL AND m.group_count > 1 AND s.workspace_id = ",
            );
            query.bind(workspace).push(")");
        }
        Some(View::NameOff) => {
            query.push(" AND g.name_ok = ").bind(false);
        }
        Some(View::PastEnd) => {
            query.push(" AND g.ends_on < ").bind(today);
        }
    }
    crate::search::matching(query, "g.id", workspace, "group", &filter.terms);
}

/// A page of groups.
///
/// # Errors
/// The engine refused.
pub async fn list(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    (now, today): (Timestamp, Date),
    (sort, after): (Sort, Option<&Cursor>),
    limit: usize,
) -> Result<Vec<Group>> {
    let mut query = Query::new(
        "SELECT g.* FROM chat_group g
         JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id",
    );
    narrow(&mut query, workspace, filter, now, today);
    if let Some(cursor) = after {
        let place = |query: &mut Query| {
            match sort {
                Sort::Name => query.bind(&cursor.value),
                _ => query.bind(cursor.value.parse::<i64>().unwrap_or(0)),
            };
        };
        query.push(" AND (");
        sort.terms(&mut query, today);
        query.push(if sort.is_descending() { " < " } else { " > " });
        place(&mut query);
        query.push(" OR (");
        sort.terms(&mut query, today);
        query.push(" = ");
        place(&mut query);
        query.push(" AND g.id > ").bind(cursor.id).push("))");
    }
    query.push(" ORDER BY ");
    sort.terms(&mut query, today);
    query.push(if sort.is_descending() {
        " DESC, g.id LIMIT "
    } else {
        ", g.id LIMIT "
    });
    query.bind(limit);
    tx.all_of(query).await
}

/// How many groups a filter leaves.
///
/// # Errors
/// The engine refused.
pub async fn count(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
    now: Timestamp,
    today: Date,
) -> Result<i64> {
    let mut query = Query::new(
        "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM chat_group g
         JOIN branch b ON b.workspace_id = g.workspace_id AND b.id = g.branch_id",
    );
    narrow(&mut query, workspace, filter, now, today);
    tx.count_of(query).await
}

/// The rank of [`Sort::Urgency`].
const fn urgency(class: HealthClass) -> i64 {
    match class {
        HealthClass::Dead => 0,
        HealthClass::Advert => 1,
        HealthClass::Cooling => 2,
        HealthClass::Unknown => 3,
        HealthClass::Steady => 4,
        HealthClass::New => 5,
        HealthClass::Lively | HealthClass::QuietSelling => 6,
    }
}

/// The value a group is sorted by, for the cursor; `messages_7d` stand in no column of it.
pub fn sort_value(row: &Group, sort: Sort, messages_7d: i64) -> String {
    match sort {
        Sort::Name => row.name_sort.clone(),
        Sort::Urgency => urgency(row.health_class).to_string(),
        Sort::Members => row.size().to_string(),
        Sort::LastMessage => row.last_message_at.map_or(0, Timestamp::ms).to_string(),
        Sort::Messages7d => messages_7d.to_string(),
        Sort::LastPost => row.last_post_at.map_or(0, Timestamp::ms).to_string(),
        Sort::EndsOn => row.ends_on.map_or(NO_END, Date::number).to_string(),
    }
}
