//! Staff: titles, passwords, lock-out, and what a sign-in may fail on.

use crate::{
    actor::Role,
    error::{Class, Rule},
    time::{DAY, HOUR, MINUTE, Timestamp},
    words,
};

words! {
    /// What the trade calls a member of staff (trade.md 2); the title decides the role.
    pub enum Title {
        /// 老板.
        Boss = "boss",
        /// 总部运营.
        HeadOperator = "head_operator",
        /// 区域督导.
        RegionSupervisor = "region_supervisor",
        /// 店长.
        StoreManager = "store_manager",
        /// 导购.
        Sales = "sales",
        /// 客服.
        Service = "service",
        /// 数据.
        Analyst = "analyst",
    }
}

impl Title {
    /// The role a title stands on.
    pub const fn role(self) -> Role {
        match self {
            Self::Boss => Role::Owner,
            Self::HeadOperator => Role::Operator,
            Self::RegionSupervisor | Self::StoreManager => Role::Manager,
            Self::Sales | Self::Service => Role::Service,
            Self::Analyst => Role::Analyst,
        }
    }

    /// The title given when only the role is known.
    pub const fn of(role: Role) -> Self {
        match role {
            Role::Owner => Self::Boss,
            Role::Operator => Self::HeadOperator,
            Role::Manager => Self::StoreManager,
            Role::Service => Self::Service,
            Role::Analyst => Self::Analyst,
        }
    }

    /// Whether one with this title works in a branch and sees nothing above it.
    pub const fn works_in_branch(self) -> bool {
        matches!(
            self,
            Self::RegionSupervisor | Self::StoreManager | Self::Sales
        )
    }

    /// Whether one with this title sees the whole organisation, always.
    pub const fn sees_all(self) -> bool {
        matches!(self, Self::Boss | Self::HeadOperator)
    }

    /// Whether a second factor is asked of them.
    pub const fn needs_totp(self) -> bool {
        self.sees_all()
    }
}

words! {
    /// How a session came about.
    pub enum SessionKind {
        /// A name, a password and where required a code.
        Password = "password",
        /// A bound phone and a signed link.
        Device = "device",
    }
}

words! {
    /// What a single-use link is for.
    pub enum LinkPurpose {
        /// Binding a phone.
        Device = "device",
        /// Choosing a password.
        Password = "password",
    }
}

/// A session that nobody used for so long has ended.
pub const SESSION_IDLE: i64 = 12 * HOUR;
/// A session ends after so long, used or not.
pub const SESSION_LIFE: i64 = 30 * DAY;
/// How long a session on a bound phone lasts, and the task link that opens it.
pub const DEVICE_LIFE: i64 = DAY;
/// How long a single-use link waits.
pub const LINK_LIFE: i64 = 10 * MINUTE;
/// How long a link to choose a new password waits.
pub const PASSWORD_LINK_LIFE: i64 = DAY;
/// How young a sign-in has to be for what cannot be taken back: erasing, exporting a person.
pub const FRESH: i64 = 10 * MINUTE;
/// How long one whose title asks for a second factor may work without it.
pub const TOTP_GRACE: i64 = 7 * DAY;

/// Wrong guesses in a row until a sign-in name is locked, and between one lock and the next.
pub const GUESSES: i64 = 5;

/// How long a sign-in name is locked after so many wrong guesses in a row: every fifth locks it,
/// first for 15 minutes, then for twice as long each time, never for more than 24 hours.
pub fn lock_after(failures: i64) -> Option<i64> {
    if failures < GUESSES || failures % GUESSES != 0 {
        return None;
    }
    let doublings = u32::try_from(failures / GUESSES - 1)
        .unwrap_or(u32::MAX)
        .min(16);
    Some(((15 * MINUTE) << doublings).min(DAY))
}

/// Shortest password, in characters.
pub const PASSWORD_MIN: usize = 10;
const PASSWORD_MAX_BYTES: usize = 1024;

/// Passwords of ten and more characters that everybody tries first.
const COMMON: &[&str] = &[
    "1234567890",
    "0123456789",
    "0987654321",
    "9876543210",
    "12345678910",
    "123456789a",
    "a123456789",
    "1234567891",
    "123123123123",
    "1231231231",
    "1122334455",
    "1357924680",
    "147258369a",
    "147258369.",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "qwertyuiop",
    "qwerty12345",
    "qwerty123456",
    "asdfghjkl;",
    "zaqxswcde123",
    "password12",
    "password123",
    "password1234",
    "password12345",
    "passw0rd123",
    "p@ssw0rd123",
    "woaini1314",
    "woaini1314520",
    "woaini520520",
    "5201314520",
    "5201314woaini",
    "iloveyou12",
    "iloveyou123",
    "iloveyou520",
    "administrator",
    "administrador",
    "admin12345",
    "admin123456",
    "admin1234567890",
    "root123456",
    "letmein123",
    "welcome123",
    "welcome1234",
    "changeme123",
    "abc1234567",
    "abcd123456",
    "abcdefghij",
    "abcde12345",
    "a1b2c3d4e5",
    "aa12345678",
    "aa123456789",
    "q123456789",
    "qq123456789",
    "wang123456",
    "zhang123456",
    "computer123",
    "superman123",
    "football123",
    "yutang1234",
    "yutang12345",
    "yutang123456",
    "taobao1234",
    "weixin1234",
    "wechat1234",
];

/// Checks a new password against the house's rule: at least ten characters, none of those that
/// everybody tries first, not one character repeated, not the sign-in name.
///
/// # Errors
/// [`StaffError`] saying what is wrong with it.
pub fn check_password(password: &str, sign_in: &str) -> Result<(), StaffError> {
    let count = password.chars().count();
    if count < PASSWORD_MIN {
        return Err(StaffError::PasswordShort);
    }
    if password.len() > PASSWORD_MAX_BYTES {
        return Err(StaffError::PasswordLong);
    }
    let folded = password.to_lowercase();
    let first = folded.chars().next();
    let repeated = folded.chars().all(|c| Some(c) == first);
    if repeated || COMMON.contains(&folded.as_str()) || folded == sign_in.trim().to_lowercase() {
        return Err(StaffError::PasswordCommon);
    }
    Ok(())
}

/// The form in which a sign-in name is kept and compared: trimmed, lower case, 1 to 100
/// characters without control characters.
///
/// # Errors
/// [`StaffError::SignIn`].
pub fn sign_in_name(text: &str) -> Result<String, StaffError> {
    let name = text.trim().to_lowercase();
    let plain =
        !name.is_empty() && name.chars().count() <= 100 && !name.chars().any(char::is_control);
    if plain {
        Ok(name)
    } else {
        Err(StaffError::SignIn)
    }
}

/// The last moment at which `title` may work without a second factor; `None` = it may always.
pub fn totp_due(title: Title, since: Timestamp) -> Option<Timestamp> {
    title.needs_totp().then(|| since.plus(TOTP_GRACE))
}

/// Why a member of staff cannot be kept so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StaffError {
    /// The name is empty or longer than 100 characters.
    #[error("a member of staff needs a name of at most 100 characters")]
    Name,
    /// The sign-in name cannot be used.
    #[error("a sign-in name has 1 to 100 characters")]
    SignIn,
    /// Somebody else signs in with it.
    #[error("the sign-in name {0:?} is taken")]
    SignInTaken(String),
    /// Title and role do not belong together.
    #[error("the title {0} does not go with the role {1}")]
    Title(Title, Role),
    /// The title works in a branch, and none was given.
    #[error("a {0} works in a branch: say in which")]
    BranchNeeded(Title),
    /// The title sees everything, and a branch was given.
    #[error("a {0} sees the whole organisation: leave the branch out")]
    BranchNotWanted(Title),
    /// Too short.
    #[error("a password has at least 10 characters")]
    PasswordShort,
    /// Too long.
    #[error("a password has at most 1024 bytes")]
    PasswordLong,
    /// Guessed at once.
    #[error("this password is among the first that anybody tries: choose another")]
    PasswordCommon,
    /// Somebody has to be able to do everything.
    #[error("this is the last owner who can sign in: make somebody else an owner first")]
    LastOwner,
    /// They left.
    #[error("this member of staff has left")]
    Left,
    /// The successor is the leaver, has left, or sees less than is handed over.
    #[error("the successor must be another member of staff who is still here")]
    Successor,
    /// Without a sign-in there is nothing to reset or unlock.
    #[error("this member of staff has no sign-in name")]
    NoSignIn,
    /// The member record belongs to another member of staff.
    #[error("this member record is that of {0} already")]
    MemberTaken(String),
}

impl Rule for StaffError {
    fn code(&self) -> &'static str {
        match self {
            Self::Name => "staff.name",
            Self::SignIn => "staff.sign_in",
            Self::SignInTaken(_) => "staff.sign_in_taken",
            Self::Title(..) => "staff.title",
            Self::BranchNeeded(_) => "staff.branch_needed",
            Self::BranchNotWanted(_) => "staff.branch_not_wanted",
            Self::PasswordShort => "staff.password_short",
            Self::PasswordLong => "staff.password_long",
            Self::PasswordCommon => "staff.password_common",
            Self::LastOwner => "staff.last_owner",
            Self::Left => "staff.left",
            Self::Successor => "staff.successor",
            Self::NoSignIn => "staff.no_sign_in",
            Self::MemberTaken(_) => "staff.member_taken",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::SignInTaken(_) | Self::LastOwner | Self::Left | Self::NoSignIn => Class::Conflict,
            _ => Class::Invalid,
        }
    }
    fn at(&self) -> Option<String> {
        let at = match self {
            Self::Name => "name",
            Self::SignIn | Self::SignInTaken(_) => "sign_in",
            Self::Title(..) => "title",
            Self::BranchNeeded(_) | Self::BranchNotWanted(_) => "branch_id",
            Self::PasswordShort | Self::PasswordLong | Self::PasswordCommon => "password",
            Self::Successor => "successor_id",
            _ => return None,
        };
        Some(at.to_owned())
    }
}

/// Why nobody is signed in, or not well enough.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// No session, an ended one, or no token.
    #[error("sign in first")]
    None,
    /// Name, password or code are wrong; which one is not said.
    #[error("name, password or code are wrong")]
    Wrong,
    /// The password was right and a code is asked for.
    #[error("enter the code of your authenticator")]
    CodeNeeded,
    /// Too many wrong guesses.
    #[error("too many wrong guesses: try again after {until}")]
    Locked {
        /// From when on it may be tried again.
        until: Timestamp,
        /// How long that is from now, in milliseconds.
        wait_ms: i64,
    },
    /// Too many people sign in at this moment.
    #[error("too many sign-ins at this moment: try again in a few seconds")]
    Busy,
    /// The request does not come from our own page.
    #[error("the request carries no valid X-CSRF-Token: reload the page")]
    Csrf,
    /// The sign-in is too old for what cannot be taken back.
    #[error("sign in again: this asks for a sign-in younger than 10 minutes")]
    Stale,
    /// The title asks for a second factor and the grace is over.
    #[error("set up an authenticator first: your title asks for one")]
    TotpNeeded,
    /// It cannot be switched off.
    #[error("your title asks for an authenticator: it cannot be switched off")]
    TotpRequired,
    /// Setting up was not begun.
    #[error("begin to set up the authenticator first")]
    TotpNotBegun,
    /// A session on a phone has no password.
    #[error("this needs a sign-in with a password")]
    PasswordOnly,
    /// They do not belong to it.
    #[error("you do not belong to this organisation")]
    NotThere,
}

impl Rule for SessionError {
    fn code(&self) -> &'static str {
        match self {
            Self::None => "session.none",
            Self::Wrong => "session.wrong",
            Self::CodeNeeded => "session.code_needed",
            Self::Locked { .. } => "session.locked",
            Self::Busy => "session.busy",
            Self::Csrf => "session.csrf",
            Self::Stale => "session.stale",
            Self::TotpNeeded => "session.totp_needed",
            Self::TotpRequired => "session.totp_required",
            Self::TotpNotBegun => "session.totp_not_begun",
            Self::PasswordOnly => "session.password_only",
            Self::NotThere => "session.not_there",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::None | Self::Wrong | Self::CodeNeeded => Class::Unauthenticated,
            Self::Locked { .. } => Class::Limit,
            Self::Busy => Class::Unavailable,
            Self::TotpNotBegun | Self::TotpRequired => Class::Conflict,
            Self::NotThere => Class::NotFound,
            Self::Csrf | Self::Stale | Self::TotpNeeded | Self::PasswordOnly => Class::Denied,
        }
    }
    fn at(&self) -> Option<String> {
        match self {
            Self::Locked { until, .. } => Some(until.to_string()),
            _ => None,
        }
    }
    fn wait_ms(&self) -> Option<i64> {
        match self {
            Self::Locked { wait_ms, .. } => Some(*wait_ms),
            _ => None,
        }
    }
}

/// Why a link does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Never made, made for something else, or altered.
    #[error("this link is not one of ours: ask for a new one")]
    Unknown,
    /// Too old.
    #[error("this link has expired: ask for a new one")]
    Expired,
    /// Used already.
    #[error("this link was used already: ask for a new one")]
    Spent,
    /// Opened on another phone than it was made for.
    #[error("this link belongs to another phone: open it on the bound one, or bind this one")]
    OtherDevice,
}

impl Rule for LinkError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "link.unknown",
            Self::Expired => "link.expired",
            Self::Spent => "link.spent",
            Self::OtherDevice => "link.other_device",
        }
    }
    fn class(&self) -> Class {
        Class::Unauthenticated
    }
}

/// Why an API token cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The name is empty or longer than 100 characters.
    #[error("a token needs a name of at most 100 characters")]
    Name,
    /// No such operation, or not one of the role.
    #[error("{0:?} is not an operation of this role")]
    Scope(String),
    /// It would have expired already.
    #[error("the day of expiry lies in the past")]
    Expired,
}

impl Rule for TokenError {
    fn code(&self) -> &'static str {
        match self {
            Self::Name => "token.name",
            Self::Scope(_) => "token.scope",
            Self::Expired => "token.expired",
        }
    }
    fn class(&self) -> Class {
        Class::Invalid
    }
    fn at(&self) -> Option<String> {
        let at = match self {
            Self::Name => "name",
            Self::Scope(_) => "scopes",
            Self::Expired => "expires_on",
        };
        Some(at.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_fifth_wrong_guess_locks_for_twice_as_long() {
        let locks: Vec<_> = (1..=20)
            .filter_map(|n| lock_after(n).map(|ms| (n, ms / MINUTE)))
            .collect();
        assert_eq!(locks, [(5, 15), (10, 30), (15, 60), (20, 120)]);
        assert_eq!(lock_after(0), None);
        assert_eq!(lock_after(i64::MAX / GUESSES * GUESSES), Some(DAY));
    }

    #[test]
    fn weak_passwords_are_told_apart() {
        assert_eq!(check_password("short", "x"), Err(StaffError::PasswordShort));
        assert_eq!(
            check_password("Password123", "x"),
            Err(StaffError::PasswordCommon)
        );
        assert_eq!(
            check_password("aaaaaaaaaaaa", "x"),
            Err(StaffError::PasswordCommon)
        );
        assert_eq!(
            check_password("wangfang-2026", "WangFang-2026 "),
            Err(StaffError::PasswordCommon)
        );
        assert_eq!(
            check_password(&"长".repeat(400), "x"),
            Err(StaffError::PasswordLong)
        );
        assert_eq!(check_password("面包每天早上七点出炉", "x"), Ok(()));
    }

    #[test]
    fn common_passwords_are_folded_and_long_enough_to_matter() {
        for word in COMMON {
            assert_eq!(&word.to_lowercase(), word);
            assert!(word.chars().count() >= PASSWORD_MIN, "{word}");
        }
    }

    #[test]
    fn each_role_has_a_title_that_leads_back_to_it() {
        for role in Role::ALL {
            assert_eq!(Title::of(*role).role(), *role);
        }
    }

    #[test]
    fn sign_in_names_are_compared_folded() {
        assert_eq!(sign_in_name(" 王芳 Fang "), Ok("王芳 fang".to_owned()));
        assert_eq!(sign_in_name(" "), Err(StaffError::SignIn));
        assert_eq!(sign_in_name("a\nb"), Err(StaffError::SignIn));
    }

    proptest! {
        #[test]
        fn a_lock_never_outlasts_a_day(failures in 0_i64..1_000_000) {
            prop_assert!(lock_after(failures).is_none_or(|ms| (15 * MINUTE..=DAY).contains(&ms)));
        }
    }
}
