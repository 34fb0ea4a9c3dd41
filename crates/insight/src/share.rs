//! Shares of a whole.

/// `part / whole`; `None` of an empty whole.
///
/// Contributor share, off-topic share (off / (on + off)), value share and advert share of messages
/// are all this. req: 002-034
pub fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Share of members who took and gave nothing: 1 − contributors / members.
pub fn taker_share(contributors: u64, members: u64) -> Option<f64> {
    share(members.checked_sub(contributors)?, members)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// req: 002-034
    #[test]
    fn shares_of_nothing_are_unknown() {
        assert_eq!(share(1, 4), Some(0.25));
        assert_eq!(share(0, 0), None);
        assert_eq!(taker_share(10, 50), Some(0.8));
        assert_eq!(taker_share(3, 2), None);
    }
}
