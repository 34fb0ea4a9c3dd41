//! What of a group can be seen at all, and why not.

use crate::capability::{Capabilities, Capability};

/// The reason where no account looks into a group and no message was ever brought in.
pub const NOTHING_IMPORTED: &str = "nothing_imported";
/// The reason where what was brought in says nothing of comings and goings.
pub const NO_PASSAGES: &str = "no_passages";

/// For each sort of figure the reason why it is not known; `None` where it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// What was written.
    pub texts: Option<&'static str>,
    /// Who came.
    pub joins: Option<&'static str>,
    /// Who went.
    pub leaves: Option<&'static str>,
}

impl Sight {
    /// What is seen of several groups together: what is seen of one of them. Of no group nothing is
    /// hidden.
    pub fn of_several(groups: impl IntoIterator<Item = Self>) -> Self {
        groups
            .into_iter()
            .reduce(|a, b| Self {
                texts: a.texts.and(b.texts),
                joins: a.joins.and(b.joins),
                leaves: a.leaves.and(b.leaves),
            })
            .unwrap_or_default()
    }
}

/// What is seen of a group through an account that can do `account` (`None` without one), of which
/// messages (`spoken`) or comings and goings (`passages`) were ever stored.
///
/// Texts of a group with an account are known as far as the account shows them; without an account
/// an import has to have brought some. Comings and goings are known too where some are stored:
/// a history that tells of one tells of all.
pub fn seen(account: Option<Capabilities>, spoken: bool, passages: bool) -> Sight {
    let passed = |capability: Capability| match account {
        _ if passages => None,
        Some(account) if account.can(capability) => None,
        Some(_) => Some(capability.cannot()),
        None if spoken => Some(NO_PASSAGES),
        None => Some(NOTHING_IMPORTED),
    };
    Sight {
        texts: match account {
            Some(account) if account.can(Capability::ReadText) => None,
            Some(_) => Some(Capability::ReadText.cannot()),
            None if spoken => None,
            None => Some(NOTHING_IMPORTED),
        },
        joins: passed(Capability::SeeJoins),
        leaves: passed(Capability::SeeLeaves),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::Profile;

    #[test]
    fn a_group_is_seen_through_its_account_or_by_what_was_imported() {
        let nothing = Some(NOTHING_IMPORTED);
        let blind = Sight {
            texts: nothing,
            joins: nothing,
            leaves: nothing,
        };
        assert_eq!(seen(None, false, false), blind);
        let copied = seen(None, true, false);
        assert_eq!(
            (copied.texts, copied.joins, copied.leaves),
            (None, Some(NO_PASSAGES), Some(NO_PASSAGES))
        );
        assert_eq!(seen(None, true, true), Sight::default());
        let through = |profile: Profile| seen(Some(profile.capabilities()), false, false);
        assert_eq!(through(Profile::Full), Sight::default());
        assert_eq!(
            through(Profile::WecomPlain),
            Sight {
                texts: Some("channel.cannot.read_text"),
                ..Sight::default()
            }
        );
        let personal = through(Profile::WechatPersonal);
        assert_eq!(personal.joins, Some("channel.cannot.see_joins"));
        assert_eq!(personal.leaves, Some("channel.cannot.see_leaves"));
        assert_eq!(
            seen(Some(Profile::WechatPersonal.capabilities()), true, true).joins,
            None
        );
    }

    #[test]
    fn of_several_groups_one_that_is_seen_is_enough() {
        let blind = seen(None, false, false);
        let copied = seen(None, true, false);
        assert_eq!(Sight::of_several([blind, copied]), copied);
        assert_eq!(
            Sight::of_several([blind, blind]).texts,
            Some(NOTHING_IMPORTED)
        );
        assert_eq!(Sight::of_several([]), Sight::default());
    }
}
