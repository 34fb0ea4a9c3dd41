//! Conditions of a list of people.

use yutang_domain::{
    id::{TagId, WorkspaceId},
    member::{MemberRole, MemberView, PARTICIPANT_DAYS, PAYER_DAYS},
    time::{DAY, Date, Timestamp},
};

use super::{Filter, Now, Sort};
use crate::{Result, Tx, record, sql::Query};

/// How a list is narrowed.
#[derive(Clone, Copy)]
pub(super) struct Narrowing<'a> {
    pub workspace: WorkspaceId,
    pub filter: &'a Filter,
    /// For each term the tags that have it.
    pub tags: &'a [Vec<TagId>],
    /// Terms left out because the list is read from them.
    pub terms_from: usize,
    pub now: Now,
    /// The order in which rows are read and asked one by one, because so many match; `None` = the
    /// matches are gathered.
    pub walk: Option<Sort>,
}

record! {
    /// A term of a tag.
    pub struct TagTerm {
        /// The term.
        pub term: String,
        /// The tag.
        pub target_id: TagId,
    }
}

/// For each term of a filter the tags that have it.
pub(super) async fn tags_of_terms(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &Filter,
) -> Result<Vec<Vec<TagId>>> {
    if filter.terms.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new("SELECT term, target_id FROM search_term WHERE workspace_id = ");
    query
        .bind(workspace)
        .push(" AND kind = 'tag' AND term IN ")
        .list(filter.terms.iter());
    let rows: Vec<TagTerm> = tx.all_of(query).await?;
    Ok(filter
        .terms
        .iter()
        .map(|term| {
            rows.iter()
                .filter(|r| r.term == *term)
                .map(|r| r.target_id)
                .collect()
        })
        .collect())
}

/// People who carry one of these tags.
fn tagged(query: &mut Query, workspace: WorkspaceId, tags: &[TagId], many: bool) {
    if many {
        query.push(
            "EXISTS (SELECT 1 FROM member r
             JOIN member_tag t ON t.workspace_id = r.workspace_id AND t.member_id = r.id
             WHERE r.workspace_id = m.workspace_id AND r.canonical_id = m.id AND t.tag_id IN ",
        );
        query.list(tags.iter().copied()).push(")");
    } else {
        query.push(
            "SELECT r.canonical_id FROM member_tag t
             JOIN member r ON r.id = t.member_id AND +r.workspace_id = t.workspace_id
             WHERE t.workspace_id = ",
        );
        query
            .bind(workspace)
            .push(" AND t.tag_id IN ")
            .list(tags.iter().copied());
    }
}

pub(super) fn narrow(query: &mut Query, by: Narrowing<'_>) {
    let Narrowing {
        workspace,
        filter,
        tags,
        terms_from,
        now: (now, today),
        walk,
    } = by;
    let many = walk.is_some();
    // The sign keeps the column from being looked up by its index.
    let column = |plain, signed, sorted| match walk {
        Some(sort) if sort != sorted => signed,
        _ => plain,
    };
    for (term, tags) in filter.terms.iter().zip(tags).skip(terms_from) {
        if many {
            query.push(" AND (EXISTS (SELECT 1 FROM search_term w WHERE w.workspace_id = ");
            query
                .bind(workspace)
                .push(" AND w.kind = 'member' AND w.target_id = m.id AND w.term = ");
            query.bind(term).push(")");
            if !tags.is_empty() {
                query.push(" OR ");
                tagged(query, workspace, tags, true);
            }
        } else {
            query.push(" AND m.id IN (SELECT target_id FROM search_term WHERE workspace_id = ");
            query
                .bind(workspace)
                .push(" AND kind = 'member' AND term = ")
                .bind(term);
            if !tags.is_empty() {
                query.push(" UNION ");
                tagged(query, workspace, tags, false);
            }
        }
        query.push(")");
    }
    if let Some(tag) = filter.tag {
        query.push(if many { " AND " } else { " AND m.id IN (" });
        tagged(query, workspace, &[tag], many);
        if !many {
            query.push(")");
        }
    }
    if let Some(group) = filter.group {
        if many {
            query.push(
                " AND EXISTS (SELECT 1 FROM member r
                 JOIN membership s ON s.workspace_id = r.workspace_id AND s.member_id = r.id
                 WHERE r.workspace_id = m.workspace_id AND r.canonical_id = m.id
                   AND s.left_at IS NULL AND s.group_id = ",
            );
        } else {
            query.push(
                " AND m.id IN (SELECT r.canonical_id FROM membership s
                 JOIN member r ON r.id = s.member_id AND +r.workspace_id = s.workspace_id
                 WHERE s.left_at IS NULL AND s.workspace_id = ",
            );
            query.bind(workspace).push(" AND s.group_id = ");
        }
        query.bind(group).push(")");
    }
    for path in &filter.branch_paths {
        query.push(if many {
            " AND +m.id IN ("
        } else {
            " AND m.id IN ("
        });
        within(query, workspace, path);
        query.push(")");
    }
    role(query, workspace, filter.role, now, today);
    match filter.view {
        None => {}
        Some(MemberView::New7d) => {
            let joined = column("m.joined_at", "+m.joined_at", Sort::Joined);
            query
                .push(" AND ")
                .push(joined)
                .push(" >= ")
                .bind(now.plus(-7 * DAY));
        }
        Some(MemberView::SeveralGroups) => {
            query.push(" AND m.group_count > 1");
        }
        Some(MemberView::RepeatBuyers) => {
            query.push(" AND m.order_count > 1");
        }
        Some(MemberView::OneOrder) => {
            query
                .push(" AND m.order_count = 1 AND m.last_order_at < ")
                .bind(now.plus(-14 * DAY));
        }
        Some(MemberView::NoOrders) => {
            query.push(" AND m.order_count = 0");
        }
        Some(MemberView::Silent30d) => {
            let seen = column("m.last_seen_at", "+m.last_seen_at", Sort::Seen);
            query.push(" AND (").push(seen).push(" IS NULL OR ");
            query
                .push(seen)
                .push(" < ")
                .bind(now.plus(-30 * DAY))
                .push(")");
        }
        // Suggestions and findings are no conditions in SQL: the caller lists them in `only`.
        Some(
            MemberView::Duplicates
            | MemberView::SameInviterBurst
            | MemberView::Connectors
            | MemberView::Slipping,
        ) => {}
    }
    if let Some(ids) = &filter.only {
        query.push(" AND m.id IN ").list(ids.iter().copied());
    }
}

/// People of a branch and everything below it: in one of its groups (now or before), with an order
/// there, or counted to it.
fn within(query: &mut Query, workspace: WorkspaceId, path: &str) {
    let below = |query: &mut Query| {
        query.push(" WHERE b.workspace_id = ").bind(workspace);
        query.push(" AND ").begins("b.path", path);
    };
    query.push(
        "SELECT r.canonical_id FROM branch b
         JOIN chat_group g ON g.workspace_id = b.workspace_id AND g.branch_id = b.id
         JOIN membership s ON s.workspace_id = g.workspace_id AND s.group_id = g.id
         JOIN member r ON r.workspace_id = s.workspace_id AND r.id = s.member_id",
    );
    below(query);
    query.push(
        " UNION SELECT r.canonical_id FROM branch b
         JOIN member r ON r.workspace_id = b.workspace_id AND r.branch_id = b.id",
    );
    below(query);
    query.push(
        " UNION SELECT r.canonical_id FROM branch b
         JOIN shop_order o ON o.workspace_id = b.workspace_id AND o.branch_id = b.id
         JOIN member r ON r.workspace_id = o.workspace_id AND r.id = o.member_id",
    );
    below(query);
}

fn role(
    query: &mut Query,
    workspace: WorkspaceId,
    role: Option<MemberRole>,
    now: Timestamp,
    today: Date,
) {
    let paid_since = now.plus(-PAYER_DAYS * DAY);
    let wrote = |query: &mut Query| {
        query
            .push("m.last_seen_at >= ")
            .bind(now.plus(-(PARTICIPANT_DAYS + 1) * DAY));
        query.push(
            " AND EXISTS (SELECT 1 FROM member r
             JOIN member_day d ON d.workspace_id = r.workspace_id AND d.member_id = r.id
             WHERE r.workspace_id = ",
        );
        query
            .bind(workspace)
            .push(" AND r.canonical_id = m.id AND d.messages > 0 AND d.day > ");
        query.bind(today.plus_days(-PARTICIPANT_DAYS)).push(")");
    };
    match role {
        None => {}
        Some(MemberRole::Payer) => {
            query.push(" AND m.last_order_at > ").bind(paid_since);
        }
        Some(MemberRole::Participant) => {
            query.push(" AND ");
            wrote(query);
        }
        Some(MemberRole::Bystander) => {
            query
                .push(" AND (m.last_order_at IS NULL OR m.last_order_at <= ")
                .bind(paid_since);
            query.push(") AND (m.last_seen_at IS NULL OR NOT (");
            wrote(query);
            query.push("))");
        }
        Some(given) => {
            query.push(
                " AND m.id IN (SELECT r.canonical_id FROM member_role h
                 JOIN member r ON r.workspace_id = h.workspace_id AND r.id = h.member_id
                 WHERE h.workspace_id = ",
            );
            query
                .bind(workspace)
                .push(" AND h.role = ")
                .bind(given)
                .push(")");
        }
    }
}
