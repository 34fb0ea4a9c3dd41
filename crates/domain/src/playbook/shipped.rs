//! The playbooks that come with the program: files of `playbooks/`, part of the binary.

/// Each by its id, with its text.
pub const SHIPPED: &[(&str, &str)] = &[
    (
        "launch-group",
        include_str!("../../../../playbooks/launch-group.toml"),
    ),
    (
        "welcome",
        include_str!("../../../../playbooks/welcome.toml"),
    ),
    (
        "keep-order",
        include_str!("../../../../playbooks/keep-order.toml"),
    ),
    (
        "daily-value",
        include_str!("../../../../playbooks/daily-value.toml"),
    ),
    (
        "member-day",
        include_str!("../../../../playbooks/member-day.toml"),
    ),
    (
        "birthday",
        include_str!("../../../../playbooks/birthday.toml"),
    ),
    (
        "after-visit",
        include_str!("../../../../playbooks/after-visit.toml"),
    ),
    (
        "wake-or-close",
        include_str!("../../../../playbooks/wake-or-close.toml"),
    ),
    (
        "regroup",
        include_str!("../../../../playbooks/regroup.toml"),
    ),
    (
        "flash-sale-week",
        include_str!("../../../../playbooks/flash-sale-week.toml"),
    ),
    (
        "expert-session",
        include_str!("../../../../playbooks/expert-session.toml"),
    ),
    (
        "voice-of-customer",
        include_str!("../../../../playbooks/voice-of-customer.toml"),
    ),
    (
        "store-opening",
        include_str!("../../../../playbooks/store-opening.toml"),
    ),
];

#[cfg(test)]
mod tests;
