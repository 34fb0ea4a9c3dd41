//! Parameters of statements.

use yutang_domain::{
    id::Id,
    time::{Date, Timestamp},
};

/// A typed parameter; null keeps its type, which PostgreSQL asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// BIGINT
    Int(Option<i64>),
    /// INTEGER: lengths and limits, which PostgreSQL's functions take no wider.
    Small(Option<i32>),
    /// TEXT
    Text(Option<String>),
    /// BOOLEAN
    Bool(Option<bool>),
    /// DOUBLE PRECISION
    Real(Option<f64>),
    /// BYTES
    Bytes(Option<Vec<u8>>),
}

impl Value {
    /// The number of a BIGINT that is not null.
    pub(crate) const fn int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => *value,
            _ => None,
        }
    }
}

macro_rules! value {
    ($($from:ty, $variant:ident, |$v:ident| $into:expr;)+) => {$(
        impl From<$from> for Value {
            fn from($v: $from) -> Self {
                Self::$variant(Some($into))
            }
        }
        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                Self::$variant(value.map(|$v| $into))
            }
        }
    )+};
}

value! {
    i64, Int, |v| v;
    u32, Int, |v| i64::from(v);
    u64, Int, |v| i64::try_from(v).unwrap_or(i64::MAX);
    usize, Small, |v| i32::try_from(v).unwrap_or(i32::MAX);
    Timestamp, Int, |v| v.ms();
    Date, Int, |v| v.number();
    &str, Text, |v| clean(v);
    String, Text, |v| clean(&v);
    &String, Text, |v| clean(v);
    bool, Bool, |v| v;
    f64, Real, |v| v;
    Vec<u8>, Bytes, |v| v;
    &[u8], Bytes, |v| v.to_vec();
    [u8; 16], Bytes, |v| v.to_vec();
    [u8; 32], Bytes, |v| v.to_vec();
}

impl<K> From<Id<K>> for Value {
    fn from(id: Id<K>) -> Self {
        Self::Int(Some(id.raw()))
    }
}

impl<K> From<Option<Id<K>>> for Value {
    fn from(id: Option<Id<K>>) -> Self {
        Self::Int(id.map(Id::raw))
    }
}

/// PostgreSQL cannot hold NUL in a text.
fn clean(text: &str) -> String {
    if text.contains('\0') {
        text.replace('\0', "")
    } else {
        text.to_owned()
    }
}

/// A list of parameters: `params![workspace, id, name]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}
