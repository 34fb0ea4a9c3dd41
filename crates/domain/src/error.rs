//! How a rule says no.

/// What kind of refusal a [`Rule`] is; the one place that turns it into an HTTP status or an exit
/// code is at the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The input is not acceptable as it stands.
    Invalid,
    /// The actor is unknown: signing in may help.
    Unauthenticated,
    /// The actor is known and may not do this.
    Denied,
    /// There is no such thing, or the actor may not know that there is.
    NotFound,
    /// The state of the world forbids it now.
    Conflict,
    /// Too often, too much.
    Limit,
    /// A part of the system is not available at the moment.
    Unavailable,
}

/// A refusal with a stable code, translated by console and pages.
pub trait Rule: std::error::Error + std::any::Any + Send + Sync + 'static {
    /// Stable dotted code, `noun.reason`; listed in docs/reference/errors.md.
    fn code(&self) -> &'static str;
    /// The kind of refusal.
    fn class(&self) -> Class;
    /// The field, line, byte or argument at fault, when there is one.
    fn at(&self) -> Option<String> {
        None
    }
    /// How long it is in vain to try again, in milliseconds, where the rule knows.
    fn wait_ms(&self) -> Option<i64> {
        None
    }
}
