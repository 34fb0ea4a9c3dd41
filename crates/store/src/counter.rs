//! Counts that are kept beside the rows they count, and how to tell that they agree.
//!
//! A list cannot count a million rows for every page, so groups, members, orders and days carry
//! counts. Each is listed here with the statement that finds where it differs from its rows;
//! `doctor` runs them, `rebuild` repairs what they find. Texts that were let go leave their rows
//! behind, so day counts can be held against them for ever.

use yutang_domain::{
    id::{GroupId, MemberId, OrderId, WorkspaceId},
    time::Date,
};

use crate::{Result, Tx, group, member, message, order, params, record, sql};

record! {
    /// A place where a count and its rows differ.
    pub struct Difference {
        /// Id of the group, member or order.
        pub subject: i64,
        /// The civil day, for day counts.
        pub day: i64,
        /// The member, for their days.
        pub who: i64,
        /// What the count says.
        pub stored: i64,
        /// What the rows say.
        pub found: i64,
    }
}

/// How the counts of a kind are repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repair {
    Group,
    Staff,
    Member,
    Order,
    GroupDay,
    MemberDay,
}

/// A count kept beside its rows.
#[derive(Clone, Copy, Debug)]
pub struct Counter {
    /// Table and column.
    pub name: &'static str,
    differences: &'static str,
    repair: Repair,
}

/// Every count, those first that others are sums of.
pub fn all() -> [Counter; 13] {
    [
        Counter {
            name: "member_day.messages",
            differences: sql!(
                "SELECT group_id AS subject, day, who, stored, found FROM (
                    SELECT m.group_id AS group_id, m.day AS day, m.member_id AS who,
                        COALESCE((SELECT d.messages FROM member_day d
                            WHERE d.workspace_id = m.workspace_id AND d.group_id = m.group_id
                              AND d.day = m.day AND d.member_id = m.member_id), 0) AS stored,
                        CAST(COUNT(*) AS BIGINT) AS found
                    FROM message m WHERE m.workspace_id = $1 AND m.member_id IS NOT NULL
                    GROUP BY m.workspace_id, m.group_id, m.day, m.member_id) c
                 WHERE stored <> found ORDER BY subject, day, who LIMIT $2"
            ),
            repair: Repair::MemberDay,
        },
        Counter {
            name: "group_day.messages",
            differences: sql!(
                "SELECT group_id AS subject, day, CAST(0 AS BIGINT) AS who, stored, found FROM (
                    SELECT d.group_id AS group_id, d.day AS day,
                        COALESCE((SELECT g.messages FROM group_day g
                            WHERE g.workspace_id = d.workspace_id AND g.group_id = d.group_id
                              AND g.day = d.day), -1) AS stored,
                        CAST(SUM(d.messages) AS BIGINT) AS found
                    FROM member_day d WHERE d.workspace_id = $1
                    GROUP BY d.workspace_id, d.group_id, d.day) c
                 WHERE stored <> found ORDER BY subject, day LIMIT $2"
            ),
            repair: Repair::GroupDay,
        },
        Counter {
            name: "group_day.speakers",
            differences: sql!(
                "SELECT group_id AS subject, day, CAST(0 AS BIGINT) AS who, stored, found FROM (
                    SELECT g.group_id AS group_id, g.day AS day, g.speakers AS stored,
                        (SELECT CAST(COUNT(*) AS BIGINT) FROM member_day d
                            WHERE d.workspace_id = g.workspace_id AND d.group_id = g.group_id
                              AND d.day = g.day) AS found
                    FROM group_day g WHERE g.workspace_id = $1) c
                 WHERE stored <> found ORDER BY subject, day LIMIT $2"
            ),
            repair: Repair::GroupDay,
        },
        Counter {
            name: "group_day.joined",
            differences: sql!(
                "SELECT group_id AS subject, day, CAST(0 AS BIGINT) AS who, stored, found FROM (
                    SELECT g.group_id AS group_id, g.day AS day, g.joined AS stored,
                        (SELECT CAST(COUNT(*) AS BIGINT) FROM passage p
                            WHERE p.workspace_id = g.workspace_id AND p.group_id = g.group_id
                              AND p.day = g.day AND p.kind = 'joined') AS found
                    FROM group_day g WHERE g.workspace_id = $1) c
                 WHERE stored <> found ORDER BY subject, day LIMIT $2"
            ),
            repair: Repair::GroupDay,
        },
        Counter {
            name: "group_day.departed",
            differences: sql!(
                "SELECT group_id AS subject, day, CAST(0 AS BIGINT) AS who, stored, found FROM (
                    SELECT g.group_id AS group_id, g.day AS day, g.departed AS stored,
                        (SELECT CAST(COUNT(*) AS BIGINT) FROM passage p
                            WHERE p.workspace_id = g.workspace_id AND p.group_id = g.group_id
                              AND p.day = g.day AND p.kind <> 'joined') AS found
                    FROM group_day g WHERE g.workspace_id = $1) c
                 WHERE stored <> found ORDER BY subject, day LIMIT $2"
            ),
            repair: Repair::GroupDay,
        },
        Counter {
            name: "chat_group.member_count",
            differences: sql!(
                "SELECT id AS subject, CAST(0 AS BIGINT) AS day, CAST(0 AS BIGINT) AS who, stored, found FROM (
                    SELECT g.id AS id, g.member_count AS stored,
                        (SELECT CAST(COUNT(*) AS BIGINT) FROM membership s
                            WHERE s.workspace_id = g.workspace_id AND s.group_id = g.id
                              AND s.left_at IS NULL AND s.role <> 'bot') AS found
                    FROM chat_group g WHERE g.workspace_id = $1) c
                 WHERE stored <> found ORDER BY subject LIMIT $2"
            ),
            repair: Repair::Group,
        },
        Counter {
            name: "chat_group.admin_count",
            differences: sql!(
                "SELECT id AS subject, CAST(0 AS BIGINT) AS day, CAST(0 AS BIGINT) AS who, stored, found FROM (
                    SELECT g.id AS id, g.admin_count AS stored,
                        (SELECT CAST(COUNT(*) AS BIGINT) FROM membership s
                            WHERE s.workspace_id = g.workspace_id AND s.group_id = g.id
                              AND s.left_at IS NULL AND s.role IN ('owner', 'admin')) AS found
                    FROM chat_group g WHERE g.workspace_id = $1) c
                 WHERE stored <> found ORDER BY subject LIMIT $2"
            ),
            repair: Repair::Group,
        },
        Counter {
            name: "chat_group.staff_count",
            differences: sql!(
                "SELECT id AS subject, CAST(0 AS BIGINT) AS day, CAST(0 AS BIGINT) AS who, stored, found FROM (
                    SELECT g.id AS id, g.staff_count AS stored,
                        (SELECT CAST(COUNT(DISTINCT s.staff_id) AS BIGINT) FROM group_staff s
                            WHERE s.workspace_id = g.workspace_id AND s.group_id = g.id) AS found
                    FROM chat_group g WHERE g.workspace_id = $1) c
                 WHERE stored <> found ORDER BY subject LIMIT $2"
            ),
            repair: Repair::Staff,
        },
        Counter {
            name: "shop_order.amount_minor",
            differences: sql!(
                "SELECT id AS subject, CAST(0 AS BIGINT) AS day, CAST(0 AS BIGINT) AS who, stored, found FROM (
                    SELECT o.id AS id, o.amount_minor AS stored,
                        CAST(SUM(l.amount_minor) AS BIGINT) AS found
                    FROM shop_order o
                    JOIN order_line l ON l.workspace_id = o.workspace_id AND l.order_id = o.id
                    WHERE o.workspace_id = $1 GROUP BY o.id, o.amount_minor) c
                 WHERE stored <> found ORDER BY subject LIMIT $2"
            ),
            repair: Repair::Order,
        },
        Counter {
            name: "member.group_count",
            differences: sql!(
                "SELECT id AS subject, CAST(0 AS BIGINT) AS day, CAST(0 AS BIGINT) AS who, stored, found FROM (
                    SELECT m.id AS id, m.group_count AS stored,
                        (SELECT CAST(COUNT(*) AS BIGINT) FROM membership s
                            JOIN chat_group g
                              ON g.workspace_id = s.workspace_id AND g.id = s.group_id
                            WHERE s.workspace_id = m.workspace_id AND s.member_id = m.id
                              AND s.left_at IS NULL AND g.archived_at IS NULL) AS found
                    FROM member m WHERE m.workspace_id = $1) c
                 WHERE stored <> found ORDER BY subject LIMIT $2"
            ),
            repair: Repair::Member,
        },
        Counter {
            name: "member.order_count",
            differences: sql!(
                "SELECT id AS subject, CAST(0 AS BIGINT) AS day, CAST(0 AS BIGINT) AS who, stored, found FROM (
                    SELECT m.id AS id, m.order_count AS stored,
                        (SELECT CAST(COUNT(*) AS BIGINT) FROM shop_order o
                            WHERE o.workspace_id = m.workspace_id AND o.member_id = m.id
                              AND o.state = 'paid') AS found
                    FROM member m WHERE m.workspace_id = $1) c
                 WHERE stored <> found ORDER BY subject LIMIT $2"
            ),
            repair: Repair::Member,
        },
        Counter {
            name: "member.amount_minor",
            differences: sql!(
                "SELECT id AS subject, CAST(0 AS BIGINT) AS day, CAST(0 AS BIGINT) AS who, stored, found FROM (
                    SELECT m.id AS id, m.amount_minor AS stored,
                        (SELECT CAST(COALESCE(SUM(o.amount_minor), 0) AS BIGINT) FROM shop_order o
                            WHERE o.workspace_id = m.workspace_id AND o.member_id = m.id
                              AND (o.state = 'paid'
                                OR (o.state = 'cancelled' AND o.amount_minor < 0))) AS found
                    FROM member m WHERE m.workspace_id = $1) c
                 WHERE stored <> found ORDER BY subject LIMIT $2"
            ),
            repair: Repair::Member,
        },
        Counter {
            name: "member.message_count",
            differences: sql!(
                "SELECT id AS subject, CAST(0 AS BIGINT) AS day, CAST(0 AS BIGINT) AS who, stored, found FROM (
                    SELECT m.id AS id, m.message_count AS stored,
                        (SELECT CAST(COALESCE(SUM(d.messages), 0) AS BIGINT) FROM member_day d
                            WHERE d.workspace_id = m.workspace_id AND d.member_id = m.id) AS found
                    FROM member m WHERE m.workspace_id = $1) c
                 WHERE stored <> found ORDER BY subject LIMIT $2"
            ),
            repair: Repair::Member,
        },
    ]
}

impl Counter {
    /// Up to `limit` places where the count and its rows differ.
    ///
    /// # Errors
    /// The engine refused.
    pub async fn differences(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        limit: usize,
    ) -> Result<Vec<Difference>> {
        tx.all(self.differences, params![workspace, limit]).await
    }

    /// Counts anew at these places.
    ///
    /// # Errors
    /// The engine refused.
    pub async fn repair(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        places: &[Difference],
    ) -> Result<()> {
        match self.repair {
            Repair::Group => {
                for place in places {
                    group::recount(tx, workspace, GroupId::from_raw(place.subject)).await?;
                }
            }
            Repair::Staff => {
                for place in places {
                    recount_staff(tx, workspace, place.subject).await?;
                }
            }
            Repair::Member => {
                let ids: Vec<MemberId> = places
                    .iter()
                    .map(|place| MemberId::from_raw(place.subject))
                    .collect();
                member::recount(tx, workspace, &ids).await?;
            }
            Repair::Order => {
                let ids: Vec<OrderId> = places
                    .iter()
                    .map(|place| OrderId::from_raw(place.subject))
                    .collect();
                order::sum(tx, workspace, &ids).await?;
            }
            Repair::GroupDay => {
                let days: Vec<(GroupId, Date)> = places
                    .iter()
                    .map(|place| {
                        (
                            GroupId::from_raw(place.subject),
                            Date::from_number(place.day),
                        )
                    })
                    .collect();
                message::sum_days(tx, workspace, &days).await?;
            }
            Repair::MemberDay => {
                for place in places {
                    recount_member_day(tx, workspace, place).await?;
                }
            }
        }
        Ok(())
    }
}

async fn recount_staff(tx: &mut Tx, workspace: WorkspaceId, group: i64) -> Result<()> {
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

/// Whether somebody spoke for the house on a day that has no row yet is taken from their standing.
async fn recount_member_day(tx: &mut Tx, workspace: WorkspaceId, place: &Difference) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO member_day (workspace_id, group_id, day, member_id, operator, messages,
                valued, adverts, off_topic, judged)
             SELECT m.workspace_id, m.group_id, m.day, m.member_id,
                EXISTS (SELECT 1 FROM membership s WHERE s.workspace_id = $1 AND s.group_id = $2
                    AND s.member_id = $4 AND s.role IN ('owner', 'staff', 'bot')),
                CAST(COUNT(*) AS BIGINT),
                CAST(SUM(CASE WHEN m.value_code IS NULL THEN 0 ELSE 1 END) AS BIGINT),
                CAST(SUM(CASE WHEN m.advert > 0 THEN 1 ELSE 0 END) AS BIGINT),
                CAST(SUM(CASE WHEN m.off_topic THEN 1 ELSE 0 END) AS BIGINT),
                CAST(SUM(CASE WHEN m.judged THEN 1 ELSE 0 END) AS BIGINT)
             FROM message m
             WHERE m.workspace_id = $1 AND m.group_id = $2 AND m.day = $3 AND m.member_id = $4
             GROUP BY m.workspace_id, m.group_id, m.day, m.member_id
             ON CONFLICT (workspace_id, group_id, day, member_id) DO UPDATE SET
                messages = excluded.messages, valued = excluded.valued,
                adverts = excluded.adverts, off_topic = excluded.off_topic,
                judged = excluded.judged"
        ),
        params![workspace, place.subject, place.day, place.who],
    )
    .await?;
    Ok(())
}
