//! People chosen by what is known of them: `joined_days <= 90 and orders <= 1 and tag has 新客`.

use super::condition::{Comparison, Condition, ConditionError, FactKind};

/// What people can be chosen by.
pub const TRAITS: &[(&str, FactKind)] = &[
    // Days since they came.
    ("joined_days", FactKind::Number),
    // Paid orders, and what they came to in whole units of the currency.
    ("orders", FactKind::Number),
    ("spent", FactKind::Number),
    // Days since the last order; whoever never bought has none.
    ("days_since_order", FactKind::Number),
    // Groups they are in.
    ("groups", FactKind::Number),
    ("tag", FactKind::Set),
];

/// Reads who is meant: conditions held together by `and`.
///
/// # Errors
/// The condition that cannot be read or names what people cannot be chosen by.
pub fn read_segment(text: &str) -> Result<Vec<Condition>, ConditionError> {
    text.split(" and ")
        .map(|part| {
            let refuse = || ConditionError(part.trim().to_owned());
            let condition: Condition = part.parse()?;
            let (_, kind) = TRAITS
                .iter()
                .find(|(name, _)| *name == condition.name)
                .ok_or_else(refuse)?;
            let fits = condition.comparison.fits(*kind)
                && condition.value_fits(*kind)
                && condition.comparison != Comparison::Unequal;
            if fits { Ok(condition) } else { Err(refuse()) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_chosen_by_what_is_known() {
        let read = read_segment("joined_days <= 90 and orders <= 1 and tag has 老 客").unwrap();
        assert_eq!(read.len(), 3);
        assert_eq!(read[2].value, "老 客");
        for wrong in [
            "",
            "orders",
            "orders has 3",
            "height > 3",
            "orders <= x",
            "tag == 新客",
        ] {
            assert!(read_segment(wrong).is_err(), "{wrong}");
        }
    }
}
