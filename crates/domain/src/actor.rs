//! Who does something, and what they may see.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    error::{Class, Rule},
    id::{AccountId, BranchId, MemberId, StaffId, TokenId},
    permission::Operation,
};

/// Writes `as_str`, `FromStr`, `Display`, serde and `ALL` for an enum kept as a word.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$variant_meta])* #[serde(rename = $word)] $variant),+ }
        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The word it is stored and sent as.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::actor::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::actor::UnknownWord {
                        text: text.to_owned(),
                        noun: stringify!($name),
                        known: [$($word),+].join(", "),
                    }),
                }
            }
        }
    };
}

/// A word that is none of those known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {noun}: one of {known}")]
pub struct UnknownWord {
    /// What was given.
    pub text: String,
    /// What was expected.
    pub noun: &'static str,
    /// The words known, separated by commas.
    pub known: String,
}

impl Rule for UnknownWord {
    fn code(&self) -> &'static str {
        "word.unknown"
    }
    fn class(&self) -> Class {
        Class::Invalid
    }
}

words! {
    /// What a member of staff may do; the trade's titles (trade.md 2) stand above these.
    pub enum Role {
        /// 老板: everything, billing and people included.
        Owner = "owner",
        /// 总部运营: everything but owners, keys and erasing the organisation.
        Operator = "operator",
        /// 区域督导, 店长: runs the groups of their branches.
        Manager = "manager",
        /// 导购, 客服: works tasks and talks to members of their groups.
        Service = "service",
        /// 数据: reads figures, never names.
        Analyst = "analyst",
    }
}

/// Where an actor's reach ends: null = the whole workspace, else a branch and all below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The root of what may be seen, with the `path` of the branch tree, for example `/12/40/`.
    pub branch: Option<(BranchId, String)>,
}

impl Scope {
    /// Whether a branch with this path lies within.
    pub fn covers(&self, path: &str) -> bool {
        self.branch
            .as_ref()
            .is_none_or(|(_, root)| path.starts_with(root.as_str()))
    }

    /// The path prefix to filter by; empty for everything.
    pub fn prefix(&self) -> &str {
        self.branch.as_ref().map_or("", |(_, root)| root)
    }
}

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A member of staff, signed in.
    Staff {
        /// Their place in the workspace.
        id: StaffId,
        /// Their sign-in, if they have one; a bound device has none.
        account: Option<AccountId>,
        /// What they may do.
        role: Role,
        /// Where.
        scope: Scope,
    },
    /// A program with an API token.
    Token {
        /// The token.
        id: TokenId,
        /// What it may do.
        role: Role,
        /// Operations it is narrowed to; empty = all of the role.
        scopes: Vec<String>,
    },
    /// A member on their own page or in the chat.
    Member(MemberId),
    /// The person at the machine: the command line.
    Console,
    /// A part of the program, by name: a sweep, a job, a rule with its version.
    System(&'static str),
}

impl Actor {
    /// Checks that this actor may do `operation`.
    ///
    /// # Errors
    /// [`Denied`] naming the operation.
    pub fn may(&self, operation: Operation) -> Result<(), Denied> {
        let allowed = match self {
            Self::Staff { role, .. } => operation.allows(*role),
            Self::Token { role, scopes, .. } => {
                operation.allows(*role)
                    && (scopes.is_empty() || scopes.iter().any(|s| s == operation.as_str()))
            }
            Self::Member(_) => false,
            Self::Console | Self::System(_) => true,
        };
        if allowed {
            Ok(())
        } else {
            Err(Denied { operation })
        }
    }

    /// The branches this actor may see.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Staff { scope, .. } => scope.clone(),
            _ => Scope::default(),
        }
    }

    /// The staff member, if it is one.
    pub const fn staff_id(&self) -> Option<StaffId> {
        match self {
            Self::Staff { id, .. } => Some(*id),
            _ => None,
        }
    }
}

/// The stored form: a kind and an id or name, for example `staff:st_…` or `system:import`.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staff { id, .. } => write!(f, "staff:{id}"),
            Self::Token { id, .. } => write!(f, "token:{id}"),
            Self::Member(id) => write!(f, "member:{id}"),
            Self::Console => f.write_str("console"),
            Self::System(name) => write!(f, "system:{name}"),
        }
    }
}

/// The actor may not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("this needs the permission {operation}")]
pub struct Denied {
    /// What was asked.
    pub operation: Operation,
}

impl Rule for Denied {
    fn code(&self) -> &'static str {
        "permission.denied"
    }
    fn class(&self) -> Class {
        Class::Denied
    }
}
