//! People: what is known of them, with their consent, and what they are to the community.

mod duplicate;
mod link;
mod phone;
mod profile;
mod quote;
mod role;

pub use duplicate::{Candidate, MemberFacts, SUGGEST_FROM, Similarity, similarity};
pub use link::{Components, LinkError, MergeSide, may_merge};
pub use phone::{Phone, masked_id};
pub use profile::{BirthCalendar, Birthday, Field, ProfileError, Purpose};
pub use quote::{REDACTED, handles, redacted};
pub use role::{
    Activity, MemberRole, MemberView, PARTICIPANT_DAYS, PAYER_DAYS, Usefulness, roles, usefulness,
};
