//! What the account through which a group is seen lets us see and do.

use yutang_domain::capability::{Capability, Profile};
use yutang_store::channel_account::ChannelAccount;

/// The profile of an account; an unknown word can do nothing.
pub fn profile(account: &ChannelAccount) -> Option<Profile> {
    account.profile.parse().ok()
}

/// Why the texts of an account's groups cannot be read, as a code; `None` if they can.
pub fn unreadable(account: &ChannelAccount) -> Option<&'static str> {
    match profile(account) {
        Some(profile) if profile.can(Capability::ReadText) => None,
        _ => Some(Capability::ReadText.cannot()),
    }
}
