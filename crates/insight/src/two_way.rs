//! Whether a group is a talk or a loudspeaker. req: 000-043

use serde::Serialize;

use crate::share::share;

/// How much members say beside the operator.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TwoWay {
    /// Messages of members over those of members and operators, 0..1; 0.5 is an even talk.
    pub share: f64,
    /// Messages of members per message of an operator; `None` if operators wrote nothing.
    pub per_operator_message: Option<f64>,
}

/// The two-way ratio of a group and period.
///
/// Operators are staff and bots. `operator_messages` is `None` if nobody in the group is known to be
/// one; then, and without any message, the answer is `None`. req: 000-043
pub fn two_way(member_messages: u64, operator_messages: Option<u64>) -> Option<TwoWay> {
    let operator = operator_messages?;
    Some(TwoWay {
        share: share(member_messages, member_messages.checked_add(operator)?)?,
        per_operator_message: share(member_messages, operator),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// req: 000-043
    #[test]
    fn members_are_held_against_operators() {
        assert_eq!(two_way(10, None), None);
        assert_eq!(two_way(0, Some(0)), None);
        assert_eq!(
            two_way(30, Some(10)),
            Some(TwoWay {
                share: 0.75,
                per_operator_message: Some(3.0)
            })
        );
        assert_eq!(
            two_way(30, Some(0)),
            Some(TwoWay {
                share: 1.0,
                per_operator_message: None
            })
        );
        assert_eq!(
            two_way(0, Some(5)),
            Some(TwoWay {
                share: 0.0,
                per_operator_message: Some(0.0)
            })
        );
    }
}
