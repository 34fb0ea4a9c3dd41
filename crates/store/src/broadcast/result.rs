//! What a broadcast brought: the day after it beside the same groups' usual days.

use yutang_domain::{
    broadcast::RESULT_SPAN,
    id::{BroadcastId, WorkspaceId},
    time::{DAY, Timestamp},
};

use crate::{Result, Tx, params, record, sql};

/// How far back usual days reach, in milliseconds.
pub const USUAL: i64 = 28 * DAY;

record! {
    /// What happened in a group that a broadcast reached, within a day after it stood there and in the
    /// 28 days before.
    pub struct Effect {
        /// When it stood there.
        pub sent_at: Timestamp,
        /// People in the group.
        pub people: i64,
        /// Messages of members.
        pub messages: i64,
        /// The same in the days before.
        pub messages_before: i64,
        /// People who left or were taken out.
        pub leavers: i64,
        /// The same in the days before.
        pub leavers_before: i64,
        /// Orders placed in the group.
        pub orders: i64,
        /// The same in the days before.
        pub orders_before: i64,
        /// What those orders came to, in minor units.
        pub amount_minor: i64,
        /// The same in the days before.
        pub amount_before_minor: i64,
    }
}

/// What happened in each group that a broadcast reached.
///
/// # Errors
/// The engine refused.
pub async fn effects(tx: &mut Tx, workspace: WorkspaceId, id: BroadcastId) -> Result<Vec<Effect>> {
    tx.all(
        sql!(
            "SELECT r.sent_at, r.people,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM message m WHERE m.workspace_id = $1
                    AND m.group_id = r.group_id AND m.member_id IS NOT NULL
                    AND m.sent_at >= r.sent_at AND m.sent_at < r.sent_at + $3) AS messages,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM message m WHERE m.workspace_id = $1
                    AND m.group_id = r.group_id AND m.member_id IS NOT NULL
                    AND m.sent_at >= r.sent_at - $4 AND m.sent_at < r.sent_at) AS messages_before,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM passage p WHERE p.workspace_id = $1
                    AND p.group_id = r.group_id AND p.kind IN ('left', 'removed')
                    AND p.at >= r.sent_at AND p.at < r.sent_at + $3) AS leavers,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM passage p WHERE p.workspace_id = $1
                    AND p.group_id = r.group_id AND p.kind IN ('left', 'removed')
                    AND p.at >= r.sent_at - $4 AND p.at < r.sent_at) AS leavers_before,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM shop_order s WHERE s.workspace_id = $1
                    AND s.group_id = r.group_id AND s.state = 'paid'
                    AND s.placed_at >= r.sent_at AND s.placed_at < r.sent_at + $3) AS orders,
                (SELECT CAST(COUNT(*) AS BIGINT) FROM shop_order s WHERE s.workspace_id = $1
                    AND s.group_id = r.group_id AND s.state = 'paid'
                    AND s.placed_at >= r.sent_at - $4 AND s.placed_at < r.sent_at) AS orders_before,
                (SELECT CAST(COALESCE(SUM(s.amount_minor), 0) AS BIGINT) FROM shop_order s
                    WHERE s.workspace_id = $1 AND s.group_id = r.group_id AND s.state = 'paid'
                    AND s.placed_at >= r.sent_at AND s.placed_at < r.sent_at + $3) AS amount_minor,
                (SELECT CAST(COALESCE(SUM(s.amount_minor), 0) AS BIGINT) FROM shop_order s
                    WHERE s.workspace_id = $1 AND s.group_id = r.group_id AND s.state = 'paid'
                    AND s.placed_at >= r.sent_at - $4 AND s.placed_at < r.sent_at) AS amount_before_minor
             FROM (SELECT t.group_id, g.member_count AS people,
                    CASE WHEN k.state = 'done' THEN k.done_at ELSE o.sent_at END AS sent_at
                   FROM broadcast_target t
                   JOIN chat_group g ON g.workspace_id = t.workspace_id AND g.id = t.group_id
                   LEFT JOIN outbox o ON o.workspace_id = t.workspace_id AND o.id = t.outbox_id
                        AND o.state = 'sent'
                   LEFT JOIN staff_task k ON k.workspace_id = t.workspace_id AND k.dedup = t.dedup
                   WHERE t.workspace_id = $1 AND t.broadcast_id = $2
                     AND (k.state = 'done' OR (k.id IS NULL AND o.id IS NOT NULL))) r"
        ),
        params![workspace, id, RESULT_SPAN, USUAL],
    )
    .await
}
