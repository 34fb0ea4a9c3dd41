//! Whether something can be done through a channel, or has to be asked of a person.
//!
//! What a network lets an account do is known beforehand: by the profile of the account, by its
//! rights in the group, by whether there is an account at all. So it is decided before anything is
//! sent, and a member of staff hears of it at once rather than after a refusal.

use crate::capability::{Capabilities, Capability};

/// What is known of the way to somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Means {
    /// What the account through which the group is seen can do; none = there is no account.
    pub profile: Option<Capabilities>,
    /// Whether the network accepts the account.
    pub accepted: bool,
    /// What the account can do in this group, where the network says so group by group.
    pub rights: Option<Capabilities>,
    /// Whether the network's ids of the group and the people concerned are known.
    pub known: bool,
}

/// Why a channel cannot do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// No account sees the group.
    NoAccount,
    /// The network refuses the account.
    Refused,
    /// The account is not in the group any more.
    Gone,
    /// It is not known on the network who is meant.
    Unknown,
    /// The network, or the rights in the group, do not allow it.
    Cannot(Capability),
}

impl Obstacle {
    /// The code of the sentence that says so, in the catalogue `channel`.
    pub const fn why(self) -> &'static str {
        match self {
            Self::NoAccount => "channel.no_account",
            Self::Refused => "channel.account_refused",
            Self::Gone => "channel.gone",
            Self::Unknown => "channel.unknown_there",
            Self::Cannot(capability) => capability.cannot(),
        }
    }
}

/// Whether a group's rights have a say in it; what is said to one person has nothing to do with a
/// group.
const fn in_a_group(needs: Capability) -> bool {
    !matches!(
        needs,
        Capability::PostPrivate | Capability::WelcomePrivate | Capability::Tag
    )
}

/// What stands in the way of something that needs `needs`; none = the channel does it.
pub fn obstacle(needs: Capability, means: &Means) -> Option<Obstacle> {
    let Some(profile) = means.profile else {
        return Some(Obstacle::NoAccount);
    };
    if !profile.can(needs) {
        return Some(Obstacle::Cannot(needs));
    }
    if let Some(rights) = means.rights.filter(|_| in_a_group(needs)) {
        if rights == Capabilities::default() {
            return Some(Obstacle::Gone);
        }
        if !rights.can(needs) {
            return Some(Obstacle::Cannot(needs));
        }
    }
    if !means.accepted {
        return Some(Obstacle::Refused);
    }
    (!means.known).then_some(Obstacle::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::Profile;

    const ABLE: Means = Means {
        profile: Some(Capabilities::all()),
        accepted: true,
        rights: None,
        known: true,
    };

    #[test]
    fn whatever_the_profile_lacks_is_for_a_person() {
        for profile in Profile::ALL {
            let means = Means {
                profile: Some(profile.capabilities()),
                ..ABLE
            };
            for needs in Capability::ALL {
                let in_the_way = obstacle(*needs, &means);
                assert_eq!(
                    in_the_way.is_none(),
                    profile.can(*needs),
                    "{profile} {needs}"
                );
            }
        }
    }

    #[test]
    fn rights_in_the_group_go_before_the_profile() {
        let rights = Capabilities::all().without(&[Capability::Remove, Capability::PostPrivate]);
        let means = Means {
            rights: Some(rights),
            ..ABLE
        };
        let cannot = obstacle(Capability::Remove, &means);
        assert_eq!(cannot, Some(Obstacle::Cannot(Capability::Remove)));
        assert_eq!(obstacle(Capability::DeleteMessage, &means), None);
        let private = obstacle(Capability::PostPrivate, &means);
        assert_eq!(private, None, "a group has no say in private words");
    }

    #[test]
    fn the_first_thing_to_mend_is_named() {
        let needs = Capability::PostGroup;
        let without = Means::default();
        assert_eq!(obstacle(needs, &without), Some(Obstacle::NoAccount));
        let gone = Means {
            rights: Some(Capabilities::default()),
            accepted: false,
            ..ABLE
        };
        assert_eq!(obstacle(needs, &gone), Some(Obstacle::Gone));
        let refused = Means {
            accepted: false,
            known: false,
            ..ABLE
        };
        assert_eq!(obstacle(needs, &refused), Some(Obstacle::Refused));
        let unknown = Means {
            known: false,
            ..ABLE
        };
        assert_eq!(obstacle(needs, &unknown), Some(Obstacle::Unknown));
        assert_eq!(obstacle(needs, &ABLE), None);
    }
}
