//! Events that other programs report: something happened outside that groups or playbooks care for.
//!
//! The reporter names each event and says what kind of thing it was; a name is a word of the
//! reporter's own, such as `cart.left`. The same name from the same source is taken once.

use serde_json::Value;

use crate::error::{Class, Rule};

/// How many bytes the data of an event may have.
pub const DATA_LIMIT: usize = 4_096;
/// How many characters its id and its source may have.
const ID: usize = 200;
/// How many characters its name may have.
const NAME: usize = 60;

/// Why an event is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutsideError {
    /// It has no id, or a long one.
    #[error("an event has an id of at most 200 characters")]
    Id,
    /// Its source is too long.
    #[error("the source of an event has at most 200 characters")]
    Source,
    /// Its name is none.
    #[error("the name of an event is of small letters, digits and _, with dots between: cart.left")]
    Name,
    /// Its data are none.
    #[error("the data of an event are an object of at most 4096 bytes")]
    Data,
    /// It is said to have happened later than now.
    #[error("an event cannot have happened later than now")]
    Future,
    /// Nobody has this account, or this id.
    #[error("there is no such member")]
    Member,
    /// Another event has this id.
    #[error("an event {name:?} with this id was taken already")]
    Known {
        /// What it is called.
        name: String,
    },
}

impl Rule for OutsideError {
    fn code(&self) -> &'static str {
        match self {
            Self::Id => "outside.id",
            Self::Source => "outside.source",
            Self::Name => "outside.name",
            Self::Data => "outside.data",
            Self::Future => "outside.future",
            Self::Member => "outside.member",
            Self::Known { .. } => "outside.known",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Known { .. } => Class::Conflict,
            _ => Class::Invalid,
        }
    }
    fn at(&self) -> Option<String> {
        let field = match self {
            Self::Id | Self::Known { .. } => "id",
            Self::Source => "source",
            Self::Name => "name",
            Self::Data => "data",
            Self::Future => "at",
            Self::Member => "member",
        };
        Some(field.to_owned())
    }
}

/// Whether an event can be taken as it is named.
///
/// # Errors
/// [`OutsideError`].
pub fn check(source: &str, id: &str, name: &str, data: &Value) -> Result<(), OutsideError> {
    let fits = |text: &str| text.chars().count() <= ID && !text.chars().any(char::is_control);
    if id.trim().is_empty() || !fits(id) {
        return Err(OutsideError::Id);
    }
    if !fits(source) {
        return Err(OutsideError::Source);
    }
    let word = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_lowercase())
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    if name.len() > NAME || !name.split('.').all(word) {
        return Err(OutsideError::Name);
    }
    if !data.is_object() || data.to_string().len() > DATA_LIMIT {
        return Err(OutsideError::Data);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_and_data_are_bounded() {
        let none = json!({});
        for name in ["cart.left", "paid", "a.b.c_2"] {
            assert_eq!(check("", "1", name, &none), Ok(()), "{name}");
        }
        for name in [
            "",
            ".",
            "Cart.left",
            "cart..left",
            "购物车",
            "1st",
            "a b",
            "x.",
        ] {
            let refused = check("", "1", name, &none);
            assert_eq!(refused, Err(OutsideError::Name), "{name}");
        }
        assert_eq!(check("", " ", "a", &none), Err(OutsideError::Id));
        assert_eq!(check("", "a\nb", "a", &none), Err(OutsideError::Id));
        let long = "x".repeat(201);
        assert_eq!(check("", &long, "a", &none), Err(OutsideError::Id));
        assert_eq!(check(&long, "1", "a", &none), Err(OutsideError::Source));
        assert_eq!(check("", "1", "a", &json!([])), Err(OutsideError::Data));
        let big = json!({ "x": "面".repeat(1_400) });
        assert_eq!(check("", "1", "a", &big), Err(OutsideError::Data));
    }
}
