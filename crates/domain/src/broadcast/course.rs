//! What is done about a group when its turn comes.

use super::{LOOK_AGAIN, Mode};
use crate::{
    capability::{Capability, Profile, QuotaPer},
    reach::{Means, Obstacle, obstacle},
    time::{DAY, Timestamp},
};

/// What is known of a group when its turn comes.
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    /// Whether it was closed.
    pub archived: bool,
    /// The profile of the account that sees it.
    pub profile: Option<Profile>,
    /// The way to it.
    pub means: Means,
    /// Posts that it got on that civil day, and those planned for it.
    pub posts: i64,
    /// How many a group gets on one day at most.
    pub cap: i64,
    /// Of these, so many through the network's own 群发.
    pub handed: i64,
    /// The end of the quiet hours, if it is night.
    pub quiet: Option<Timestamp>,
    /// Whether a complaint is open in it.
    pub complaint: bool,
    /// Whether somebody is there who can be asked.
    pub staffed: bool,
    /// A variable of the text for which the store says nothing.
    pub missing: Option<&'a str>,
}

/// What is done about a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// The channel does it.
    Send,
    /// A person is asked, since the mode says so or for this reason.
    Ask(Option<Obstacle>),
    /// It waits until then.
    Wait(Timestamp, Reason),
    /// It is left out.
    Skip(Reason),
}

/// Why a group waits or is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was closed.
    Archived,
    /// It has had its posts for the day.
    Cap,
    /// The network lets no more through on that day.
    Quota,
    /// It is night.
    Quiet,
    /// A complaint is open, and this one sells.
    Complaint,
    /// A variable has no value.
    Variable,
    /// Nobody is there to send it.
    Nobody,
    /// It waited too long.
    Late,
}

impl Reason {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::Archived,
        Self::Cap,
        Self::Quota,
        Self::Quiet,
        Self::Complaint,
        Self::Variable,
        Self::Nobody,
        Self::Late,
    ];

    /// Code of the sentence in the catalogue `broadcast`.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Archived => "broadcast.why.archived",
            Self::Cap => "broadcast.why.cap",
            Self::Quota => "broadcast.why.quota",
            Self::Quiet => "broadcast.why.quiet",
            Self::Complaint => "broadcast.why.complaint",
            Self::Variable => "broadcast.why.variable",
            Self::Nobody => "broadcast.why.nobody",
            Self::Late => "broadcast.why.late",
        }
    }
}

/// The limit that a quota of a profile stands under in `limits/`.
pub const fn limit_code(profile: Profile) -> Option<&'static str> {
    match profile {
        Profile::WecomPlain | Profile::WecomArchive => Some("wecom_broadcast_group"),
        Profile::Telegram | Profile::Full => Some("telegram_group_minute"),
        _ => None,
    }
}

/// How many times a day the network's own 群发 reaches one group.
fn daily_quota(profile: Profile) -> Option<i64> {
    profile
        .quotas()
        .iter()
        .find(|quota| {
            quota.capability == Capability::BroadcastTask
                && quota.per == QuotaPer::Group
                && i64::from(quota.seconds) * 1_000 == DAY
        })
        .map(|quota| i64::from(quota.count))
}

/// What the network has to be able to do for a mode; `None` where people do it.
pub const fn needs(mode: Mode) -> Option<Capability> {
    match mode {
        Mode::Auto => Some(Capability::PostGroup),
        Mode::Task => Some(Capability::BroadcastTask),
        Mode::Announce => Some(Capability::Announce),
        Mode::Paste => None,
    }
}

/// What is done about a group.
///
/// What can never be mended goes first, then what mends itself, then limits: a group that is asleep
/// is not told that its day is full. req: 003-069, 003-110, 003-120
pub fn decide(mode: Mode, selling: bool, here: &Standing<'_>, now: Timestamp) -> Course {
    if here.archived {
        return Course::Skip(Reason::Archived);
    }
    if here.missing.is_some() {
        return Course::Skip(Reason::Variable);
    }
    if let Some(end) = here.quiet {
        return Course::Wait(end, Reason::Quiet);
    }
    if here.posts >= here.cap {
        return Course::Skip(Reason::Cap);
    }
    let in_the_way = needs(mode).map(|needs| obstacle(needs, &here.means));
    if let (Mode::Task, Some(None), Some(profile)) = (mode, in_the_way, here.profile)
        && daily_quota(profile).is_some_and(|most| here.handed >= most)
    {
        return Course::Skip(Reason::Quota);
    }
    let course = match in_the_way {
        Some(None) => Course::Send,
        Some(found) => Course::Ask(found),
        None => Course::Ask(None),
    };
    if matches!(course, Course::Ask(_)) && !here.staffed {
        return Course::Skip(Reason::Nobody);
    }
    if selling && here.complaint {
        return Course::Wait(now.plus(LOOK_AGAIN), Reason::Complaint);
    }
    course
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::HOUR;

    const NOW: Timestamp = Timestamp::from_ms(1_780_000_000_000);

    fn here(profile: Profile) -> Standing<'static> {
        Standing {
            archived: false,
            profile: Some(profile),
            means: Means {
                profile: Some(profile.capabilities()),
                accepted: true,
                rights: None,
                known: true,
            },
            posts: 0,
            cap: 3,
            handed: 0,
            quiet: None,
            complaint: false,
            staffed: true,
            missing: None,
        }
    }

    // req: 003-069
    #[test]
    fn the_network_that_lets_one_through_a_day_is_told_of_before() {
        let wecom = here(Profile::WecomPlain);
        assert_eq!(decide(Mode::Task, false, &wecom, NOW), Course::Send);
        let again = Standing {
            posts: 1,
            handed: 1,
            ..wecom.clone()
        };
        let full = Course::Skip(Reason::Quota);
        assert_eq!(decide(Mode::Task, false, &again, NOW), full);
        assert_eq!(
            decide(Mode::Paste, false, &again, NOW),
            Course::Ask(None),
            "a person may still paste it"
        );
        let matrix = Standing {
            posts: 1,
            handed: 1,
            ..here(Profile::Matrix)
        };
        assert_eq!(decide(Mode::Auto, false, &matrix, NOW), Course::Send);
        assert_eq!(
            limit_code(Profile::WecomPlain),
            Some("wecom_broadcast_group")
        );
    }

    // req: 003-110, 003-120
    #[test]
    fn a_group_gets_so_many_posts_a_day_whatever_the_way() {
        let full = Standing {
            posts: 3,
            ..here(Profile::Matrix)
        };
        for mode in [Mode::Auto, Mode::Task, Mode::Paste, Mode::Announce] {
            assert_eq!(decide(mode, false, &full, NOW), Course::Skip(Reason::Cap));
        }
    }

    #[test]
    fn what_a_channel_cannot_do_is_asked_of_a_person_or_left() {
        let plain = here(Profile::WecomPlain);
        let post = Obstacle::Cannot(Capability::PostGroup);
        assert_eq!(
            decide(Mode::Auto, false, &plain, NOW),
            Course::Ask(Some(post))
        );
        let alone = Standing {
            staffed: false,
            ..plain
        };
        let nobody = Course::Skip(Reason::Nobody);
        assert_eq!(decide(Mode::Auto, false, &alone, NOW), nobody);
        assert_eq!(decide(Mode::Task, false, &alone, NOW), Course::Send);
    }

    #[test]
    fn nights_and_complaints_are_waited_for() {
        let morning = NOW.plus(8 * HOUR);
        let night = Standing {
            quiet: Some(morning),
            ..here(Profile::Matrix)
        };
        let wait = Course::Wait(morning, Reason::Quiet);
        assert_eq!(decide(Mode::Auto, false, &night, NOW), wait);
        let unhappy = Standing {
            complaint: true,
            ..here(Profile::Matrix)
        };
        assert_eq!(decide(Mode::Auto, false, &unhappy, NOW), Course::Send);
        let later = Course::Wait(NOW.plus(LOOK_AGAIN), Reason::Complaint);
        assert_eq!(decide(Mode::Auto, true, &unhappy, NOW), later);
        let missing = Standing {
            missing: Some("pickup"),
            ..night
        };
        let left = Course::Skip(Reason::Variable);
        assert_eq!(decide(Mode::Auto, false, &missing, NOW), left);
    }
}
