//! What a member is to the community.

use crate::{
    finding::Finding,
    time::{DAY, Timestamp},
    words,
};

words! {
    /// Roles of members. req: 002-028
    pub enum MemberRole {
        /// 创建者: founded a group; given by hand.
        Creator = "creator",
        /// 管理者: looks after a group; given by hand.
        Manager = "manager",
        /// 合作者: supplies, speaks, sponsors; given by hand.
        Partner = "partner",
        /// 付费者: has a paid order in the last [`PAYER_DAYS`] days; computed.
        Payer = "payer",
        /// 参与者: has written in the last [`PARTICIPANT_DAYS`] days; computed.
        Participant = "participant",
        /// 旁观者: neither payer nor participant; computed.
        Bystander = "bystander",
    }
}

impl MemberRole {
    /// Whether a person gives and takes it, rather than the figures.
    pub const fn by_hand(self) -> bool {
        matches!(self, Self::Creator | Self::Manager | Self::Partner)
    }
}

words! {
    /// What a useful member does for the community. A person likely to buy (潜在购买意向) is not
    /// among these: nothing recorded so far says so without guessing.
    pub enum Usefulness {
        /// 活跃的: has written in the last [`PARTICIPANT_DAYS`] days.
        Active = "active",
        /// 分享知识的: has written something of value in the last [`PARTICIPANT_DAYS`] days.
        Sharing = "sharing",
        /// 购买过的: has one paid order, ever.
        Bought = "bought",
        /// 复购过的: has two or more paid orders, ever.
        Repeat = "repeat",
    }
}

words! {
    /// Ready views of the list of members.
    pub enum MemberView {
        /// 近7天新加入: came in the last 7 days.
        New7d = "new_7d",
        /// 重复进群客户: in several groups.
        SeveralGroups = "several_groups",
        /// 复购客户: two paid orders or more.
        RepeatBuyers = "repeat_buyers",
        /// 新客首单未复购: one paid order, more than 14 days ago.
        OneOrder = "one_order",
        /// 没下过单: no paid order.
        NoOrders = "no_orders",
        /// 30天没露面: not seen for 30 days.
        Silent30d = "silent_30d",
        /// 可能重复的人: another record looks like the same person.
        Duplicates = "duplicates",
        /// 同一人短时间拉来: brought within minutes by one person, and never back.
        SameInviterBurst = "same_inviter_burst",
        /// 牵线的人: ties groups together.
        Connectors = "connectors",
        /// 常客要流失: regulars who stay away.
        Slipping = "slipping",
    }
}

impl MemberView {
    /// The finding whose people the view shows, if it is one.
    pub const fn finding(self) -> Option<Finding> {
        match self {
            Self::SameInviterBurst => Some(Finding::SameInviterBurst),
            Self::Connectors => Some(Finding::Connectors),
            Self::Slipping => Some(Finding::Slipping),
            _ => None,
        }
    }
}

/// A paid order within so many days makes a payer.
pub const PAYER_DAYS: i64 = 180;
/// A message within so many days makes a participant.
pub const PARTICIPANT_DAYS: i64 = 30;

/// What the computed roles are computed from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Latest paid order.
    pub last_order_at: Option<Timestamp>,
    /// Latest message.
    pub last_message_at: Option<Timestamp>,
    /// Latest message of value.
    pub last_valued_at: Option<Timestamp>,
    /// Paid orders, ever.
    pub orders: i64,
}

fn within(at: Option<Timestamp>, days: i64, now: Timestamp) -> bool {
    at.is_some_and(|at| now.since(at) < days * DAY)
}

/// The computed roles: payer and participant, both or either; bystander if neither.
/// req: 002-028
pub fn roles(activity: &Activity, now: Timestamp) -> Vec<MemberRole> {
    let mut roles = Vec::with_capacity(2);
    if within(activity.last_order_at, PAYER_DAYS, now) {
        roles.push(MemberRole::Payer);
    }
    if within(activity.last_message_at, PARTICIPANT_DAYS, now) {
        roles.push(MemberRole::Participant);
    }
    if roles.is_empty() {
        roles.push(MemberRole::Bystander);
    }
    roles
}

/// The classes of usefulness, least first; a repeat buyer has bought as well.
pub fn usefulness(activity: &Activity, now: Timestamp) -> Vec<Usefulness> {
    let mut classes = Vec::with_capacity(4);
    if within(activity.last_message_at, PARTICIPANT_DAYS, now) {
        classes.push(Usefulness::Active);
    }
    if within(activity.last_valued_at, PARTICIPANT_DAYS, now) {
        classes.push(Usefulness::Sharing);
    }
    if activity.orders >= 1 {
        classes.push(Usefulness::Bought);
    }
    if activity.orders >= 2 {
        classes.push(Usefulness::Repeat);
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// req: 002-028
    #[test]
    fn roles_follow_from_orders_and_messages() {
        let now = Timestamp::from_ms(400 * DAY);
        let ago = |days: i64| Some(now.plus(-days * DAY));
        let of = |order, message| {
            roles(
                &Activity {
                    last_order_at: order,
                    last_message_at: message,
                    ..Activity::default()
                },
                now,
            )
        };
        assert_eq!(of(None, None), [MemberRole::Bystander]);
        assert_eq!(of(ago(179), None), [MemberRole::Payer]);
        assert_eq!(of(ago(180), None), [MemberRole::Bystander]);
        assert_eq!(
            of(ago(1), ago(29)),
            [MemberRole::Payer, MemberRole::Participant]
        );
        assert_eq!(of(None, ago(30)), [MemberRole::Bystander]);
    }

    #[test]
    fn usefulness_follows_from_orders_and_messages() {
        let now = Timestamp::from_ms(400 * DAY);
        let mut activity = Activity::default();
        assert!(usefulness(&activity, now).is_empty());
        activity.orders = 1;
        activity.last_message_at = Some(now.plus(-40 * DAY));
        assert_eq!(usefulness(&activity, now), [Usefulness::Bought]);
        activity.orders = 2;
        activity.last_valued_at = Some(now.plus(-DAY));
        activity.last_message_at = activity.last_valued_at;
        assert_eq!(usefulness(&activity, now), Usefulness::ALL);
    }
}
