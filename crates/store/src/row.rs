//! Rows read back.

use sqlx::{Column as _, Row as _, TypeInfo as _, ValueRef as _};
use yutang_domain::{
    id::Id,
    time::{Date, Timestamp},
};

use crate::{Result, StoreError};

/// A row of either engine.
#[derive(Debug)]
pub enum Row {
    /// From SQLite.
    Sqlite(sqlx::sqlite::SqliteRow),
    /// From PostgreSQL.
    Postgres(sqlx::postgres::PgRow),
}

/// A type that a column can be read as.
pub trait FromCell: Sized {
    /// Reads the column called `name`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if the value is of another shape.
    fn from_cell(row: &Row, name: &str) -> Result<Self>;
}

/// A type that a whole row can be read as; written by [`record!`](crate::record).
pub trait FromRow: Sized {
    /// Reads the row.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a value is of another shape.
    fn from_row(row: &Row) -> Result<Self>;
}

impl Row {
    /// The value of the column called `name`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if the value is of another shape.
    pub fn get<T: FromCell>(&self, name: &str) -> Result<T> {
        T::from_cell(self, name)
    }

    /// Column names in order, with the engine's type names.
    pub fn columns(&self) -> Vec<(String, String)> {
        match self {
            Self::Sqlite(row) => row
                .columns()
                .iter()
                .map(|c| (c.name().to_owned(), c.type_info().name().to_owned()))
                .collect(),
            Self::Postgres(row) => row
                .columns()
                .iter()
                .map(|c| (c.name().to_owned(), c.type_info().name().to_owned()))
                .collect(),
        }
    }

    /// Whether the column called `name` is null.
    ///
    /// # Errors
    /// There is no such column.
    pub fn is_null(&self, name: &str) -> Result<bool> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get_raw(name)?.is_null(),
            Self::Postgres(row) => row.try_get_raw(name)?.is_null(),
        })
    }
}

macro_rules! native {
    ($($type:ty)+) => {$(
        impl FromCell for $type {
            fn from_cell(row: &Row, name: &str) -> Result<Self> {
                let read = match row {
                    Row::Sqlite(row) => row.try_get::<$type, _>(name),
                    Row::Postgres(row) => row.try_get::<$type, _>(name),
                };
                read.map_err(|error| StoreError::Corrupt {
                    column: name.to_owned(),
                    value: error.to_string(),
                    expected: stringify!($type),
                })
            }
        }
        impl FromCell for Option<$type> {
            fn from_cell(row: &Row, name: &str) -> Result<Self> {
                if row.is_null(name)? { Ok(None) } else { <$type>::from_cell(row, name).map(Some) }
            }
        }
    )+};
}
native!(i64 String bool f64 Vec<u8>);

macro_rules! through_i64 {
    ($($type:ty, |$v:ident| $from:expr;)+) => {$(
        impl FromCell for $type {
            fn from_cell(row: &Row, name: &str) -> Result<Self> {
                let $v = i64::from_cell(row, name)?;
                Ok($from)
            }
        }
        impl FromCell for Option<$type> {
            fn from_cell(row: &Row, name: &str) -> Result<Self> {
                Ok(Option::<i64>::from_cell(row, name)?.map(|$v| $from))
            }
        }
    )+};
}
through_i64! {
    Timestamp, |v| Timestamp::from_ms(v);
    Date, |v| Date::from_number(v);
    u64, |v| u64::try_from(v).unwrap_or(0);
}

impl<K> FromCell for Id<K> {
    fn from_cell(row: &Row, name: &str) -> Result<Self> {
        i64::from_cell(row, name).map(Self::from_raw)
    }
}

impl<K> FromCell for Option<Id<K>> {
    fn from_cell(row: &Row, name: &str) -> Result<Self> {
        Ok(Option::<i64>::from_cell(row, name)?.map(Id::from_raw))
    }
}

impl FromRow for i64 {
    fn from_row(row: &Row) -> Result<Self> {
        row.get("n")
    }
}

/// Declares a struct whose fields are columns of the same names.
#[macro_export]
macro_rules! record {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident : $type:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type),+ }
        impl $crate::FromRow for $name {
            fn from_row(row: &$crate::Row) -> $crate::Result<Self> {
                Ok(Self { $($field: row.get(stringify!($field))?),+ })
            }
        }
    };
}

/// Reads a TEXT column into a domain enum through its `FromStr`.
#[macro_export]
macro_rules! text_cell {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::FromCell for $type {
            fn from_cell(row: &$crate::Row, name: &str) -> $crate::Result<Self> {
                let text = String::from_cell(row, name)?;
                text.parse().map_err(|_| $crate::StoreError::Corrupt {
                    column: name.to_owned(),
                    value: text,
                    expected: stringify!($type),
                })
            }
        }
        impl $crate::FromCell for Option<$type> {
            fn from_cell(row: &$crate::Row, name: &str) -> $crate::Result<Self> {
                if row.is_null(name)? { return Ok(None); }
                <$type as $crate::FromCell>::from_cell(row, name).map(Some)
            }
        }
        impl From<$type> for $crate::Value {
            fn from(value: $type) -> Self {
                Self::Text(Some(value.as_str().to_owned()))
            }
        }
        impl From<Option<$type>> for $crate::Value {
            fn from(value: Option<$type>) -> Self {
                Self::Text(value.map(|v| v.as_str().to_owned()))
            }
        }
    )+};
}
