//! The people behind a figure.

use yutang_domain::{
    id::{MemberId, WorkspaceId},
    time::{Period, Timestamp},
};

use super::{
    Span, group_by_group, in_days,
    sale::{SOLD, below},
    within,
};
use crate::{Result, Tx, record, sql::Query};

record! {
    /// Somebody behind a figure.
    pub struct Behind {
        /// The record that stands for the person.
        pub member_id: MemberId,
        /// Name.
        pub name: String,
        /// The figure's part that is theirs.
        pub value: i64,
        /// When, where the figure is about an instant.
        pub at: Option<Timestamp>,
    }
}

/// Which figure the people are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// People who wrote; value = messages.
    Active,
    /// People who gave value; value = such messages.
    Contributors,
    /// People who advertised; value = adverts.
    Adverts,
    /// People off the topic; value = such messages.
    OffTopic,
    /// People who came; value = how often.
    Arrivals,
    /// People who went; value = how often.
    Leavers,
    /// People in the group who wrote nothing; value = 0.
    Silent,
    /// People with orders; value = amount in minor units, what was taken back subtracted.
    Sales,
}

/// Writes who is behind a figure, one row for each person.
fn people_of(
    query: &mut Query,
    workspace: WorkspaceId,
    figure: Figure,
    span: &Span,
    (period, from, to): (Period, Timestamp, Timestamp),
) {
    match figure {
        Figure::Active | Figure::Contributors | Figure::Adverts | Figure::OffTopic => {
            query.push("SELECT m.canonical_id AS member_id, c.name, CAST(SUM(");
            query.push(match figure {
                Figure::Contributors => "d.valued",
                Figure::Adverts => "d.adverts",
                Figure::OffTopic => "d.off_topic",
                _ => "d.messages",
            });
            query.push(
                ") AS BIGINT) AS value, CAST(NULL AS BIGINT) AS at FROM member_day d
                 JOIN member m ON m.workspace_id = d.workspace_id AND m.id = d.member_id
                 JOIN member c ON c.workspace_id = m.workspace_id AND c.id = m.canonical_id
                 WHERE d.operator = ",
            );
            query
                .bind(false)
                .push(" AND d.workspace_id = ")
                .bind(workspace);
            in_days(query, "d.day", period);
            group_by_group(query, workspace, span);
            query.push(match figure {
                Figure::Contributors => " AND d.valued > 0",
                Figure::Adverts => " AND d.adverts > 0",
                Figure::OffTopic => " AND d.off_topic > 0",
                _ => "",
            });
        }
        Figure::Arrivals | Figure::Leavers => {
            query.push(
                "SELECT m.canonical_id AS member_id, c.name, CAST(COUNT(*) AS BIGINT) AS value,
                    MAX(p.at) AS at FROM passage p
                 JOIN member m ON m.workspace_id = p.workspace_id AND m.id = p.member_id
                 JOIN member c ON c.workspace_id = m.workspace_id AND c.id = m.canonical_id
                 WHERE p.workspace_id = ",
            );
            query.bind(workspace);
            in_days(query, "p.day", period);
            within(query, "p.group_id", workspace, span);
            query.push(if figure == Figure::Arrivals {
                " AND p.kind = 'joined'"
            } else {
                " AND p.kind <> 'joined'"
            });
        }
        Figure::Sales => {
            query.push(
                "SELECT m.canonical_id AS member_id, c.name,
                    CAST(SUM(o.amount_minor) AS BIGINT) AS value, MAX(o.placed_at) AS at
                 FROM shop_order o
                 JOIN member m ON m.workspace_id = o.workspace_id AND m.id = o.member_id
                 JOIN member c ON c.workspace_id = m.workspace_id AND c.id = m.canonical_id
                 WHERE ",
            );
            query
                .push(SOLD)
                .push(" AND o.workspace_id = ")
                .bind(workspace);
            in_days(query, "o.day", period);
            match span {
                Span::Group(_) | Span::Groups(_) => within(query, "o.group_id", workspace, span),
                Span::Below(path) | Span::Readable(path, _) => below(query, workspace, path),
            }
        }
        Figure::Silent => {
            query.push(
                "SELECT m.canonical_id AS member_id, c.name, CAST(0 AS BIGINT) AS value,
                    MAX(s.last_seen_at) AS at FROM membership s
                 JOIN member m ON m.workspace_id = s.workspace_id AND m.id = s.member_id
                 JOIN member c ON c.workspace_id = m.workspace_id AND c.id = m.canonical_id
                 WHERE s.role IN ('member', 'admin') AND s.workspace_id = ",
            );
            query.bind(workspace);
            query.push(" AND s.first_seen_at < ").bind(to);
            query
                .push(" AND (s.left_at IS NULL OR s.left_at >= ")
                .bind(from)
                .push(")");
            within(query, "s.group_id", workspace, span);
            query.push(
                " AND NOT EXISTS (SELECT 1 FROM member_day d WHERE d.workspace_id = s.workspace_id
                    AND d.member_id = s.member_id AND d.group_id = s.group_id",
            );
            in_days(query, "d.day", period);
            query.push(")");
        }
    }
    query.push(" GROUP BY m.canonical_id, c.name");
}

/// The people behind a figure, the largest parts first.
///
/// # Errors
/// The engine refused.
pub async fn behind(
    tx: &mut Tx,
    workspace: WorkspaceId,
    figure: Figure,
    span: &Span,
    period: (Period, Timestamp, Timestamp),
    (offset, limit): (usize, usize),
) -> Result<Vec<Behind>> {
    let mut query = Query::new("");
    people_of(&mut query, workspace, figure, span, period);
    query.push(" ORDER BY 3 DESC, m.canonical_id LIMIT ");
    query.bind(limit).push(" OFFSET ").bind(offset);
    tx.all_of(query).await
}

/// How many people are behind a figure.
///
/// # Errors
/// The engine refused.
pub async fn count_behind(
    tx: &mut Tx,
    workspace: WorkspaceId,
    figure: Figure,
    span: &Span,
    period: (Period, Timestamp, Timestamp),
) -> Result<i64> {
    let mut query = Query::new("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM (");
    people_of(&mut query, workspace, figure, span, period);
    query.push(") people");
    tx.count_of(query).await
}
