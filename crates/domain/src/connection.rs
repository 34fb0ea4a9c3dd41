//! What stands between an account and its network, in words that a person can act on.

use crate::words;

words! {
    /// Why an account is not heard, or was not accepted.
    pub enum Obstacle {
        /// What was given is no address.
        Address = "address",
        /// Something else than the network answers at the address.
        Absent = "absent",
        /// Nothing answers at the address.
        Unreachable = "unreachable",
        /// The certificate of whoever answers is not to be trusted.
        Certificate = "certificate",
        /// It answers too late, or breaks off.
        Silent = "silent",
        /// It has a fault of its own.
        Fault = "fault",
        /// It was asked too often.
        Patience = "patience",
        /// User and password do not fit.
        Password = "password",
        /// The network has closed the account.
        Deactivated = "deactivated",
        /// What was given has not the form of a token.
        TokenForm = "token_form",
        /// The token is not, or no longer, accepted.
        Token = "token",
        /// Another program hears the same account.
        Elsewhere = "elsewhere",
        /// The network does not allow it.
        NotAllowed = "not_allowed",
        /// Something else; what the network said is all there is.
        Other = "other",
    }
}

words! {
    /// What to know of an account that its network accepts.
    pub enum Caution {
        /// The bot hears only what is addressed to it, except where it runs the group.
        HearsLittle = "hears_little",
        /// The account is connected already; it gets the new secret.
        Connected = "connected",
    }
}
