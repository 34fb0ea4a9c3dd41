//! The catalogue of statements, and statements put together at run time.

use yutang_domain::id::Id;

use crate::{Engine, Value};

/// A statement of the catalogue with the place it stands at.
#[derive(Debug)]
pub struct Statement {
    /// The SQL text, with `$1` placeholders.
    pub text: &'static str,
    /// File and line.
    pub place: &'static str,
}

inventory::collect!(Statement);

/// Every statement registered with [`sql!`](crate::sql), in no particular order.
pub fn catalogue() -> impl Iterator<Item = &'static Statement> {
    inventory::iter::<Statement>.into_iter()
}

/// A statement in the portable subset; registered so that a test prepares it on both engines.
#[macro_export]
macro_rules! sql {
    ($text:expr) => {{
        $crate::sql::registry::inventory::submit! {
            $crate::sql::Statement { text: $text, place: concat!(file!(), ":", line!()) }
        }
        $text
    }};
}

#[doc(hidden)]
pub mod registry {
    pub use inventory;
}

/// A statement whose conditions depend on what was asked; parts are literals, values are bound.
///
/// SQLite gets its placeholders without names: it looks a name up by walking all of them, for each
/// value anew, which makes a statement of a thousand values cost a million steps.
#[derive(Debug, Default)]
pub struct Query {
    text: String,
    /// Where in `text` the placeholder of each value stands.
    places: Vec<usize>,
    values: Vec<Value>,
}

impl Query {
    /// Begins with a literal.
    pub fn new(text: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }

    /// Adds a literal.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        debug_assert!(
            !text.contains('$'),
            "a value is bound, not numbered: {text}"
        );
        self.text.push_str(text);
        self
    }

    /// Adds the placeholder of a value.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.places.push(self.text.len());
        self.values.push(value.into());
        self
    }

    /// Adds the condition that a text column begins with a text.
    pub fn begins(&mut self, column: &'static str, with: &str) -> &mut Self {
        self.push("substr(").push(column).push(", 1, ");
        self.bind(with.chars().count()).push(") = ").bind(with)
    }

    /// Ends with a page of the latest rows, by an instant and the id: those behind a place, at most so
    /// many.
    pub(crate) fn latest<K>(
        &mut self,
        (at, id): (&'static str, &'static str),
        after: Option<(i64, Id<K>)>,
        limit: usize,
    ) -> &mut Self {
        if let Some((instant, behind)) = after {
            self.push(" AND (").push(at).push(" < ").bind(instant);
            self.push(" OR (").push(at).push(" = ").bind(instant);
            self.push(" AND ")
                .push(id)
                .push(" < ")
                .bind(behind)
                .push("))");
        }
        self.push(" ORDER BY ").push(at).push(" DESC, ");
        self.push(id).push(" DESC LIMIT ").bind(limit)
    }

    /// How many rows of `from` there are, counted up to a limit; `from` begins with its FROM.
    pub(crate) fn counted(from: impl FnOnce(&mut Self), limit: usize) -> Self {
        let mut query = Self::new("SELECT CAST(COUNT(*) AS BIGINT) AS n FROM (SELECT 1 AS one");
        from(&mut query);
        query.push(" LIMIT ").bind(limit).push(") found");
        query
    }

    /// Adds the name of a table or column, quoted.
    pub(crate) fn name(&mut self, name: &str) -> &mut Self {
        self.text.push('"');
        self.text.push_str(&name.replace('"', ""));
        self.text.push('"');
        self
    }

    /// Adds names separated by commas.
    pub(crate) fn names(&mut self, names: &[String]) -> &mut Self {
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            self.name(name);
        }
        self
    }

    /// Adds a parenthesised list of placeholders; an empty list matches nothing.
    pub fn list<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        self.text.push('(');
        let mut first = true;
        for value in values {
            if !first {
                self.text.push_str(", ");
            }
            first = false;
            self.bind(value);
        }
        if first {
            self.text.push_str("NULL");
        }
        self.text.push(')');
        self
    }

    /// Adds rows of values: `(…), (…)`.
    pub(crate) fn rows(&mut self, rows: Vec<Vec<Value>>) -> &mut Self {
        for (index, row) in rows.into_iter().enumerate() {
            self.text.push_str(if index == 0 { " (" } else { ", (" });
            for (column, value) in row.into_iter().enumerate() {
                if column > 0 {
                    self.text.push(',');
                }
                self.bind(value);
            }
            self.text.push(')');
        }
        self
    }

    /// The text as an engine takes it, and its values in order.
    pub(crate) fn into_parts(self, engine: Engine) -> (String, Vec<Value>) {
        let mut text = String::with_capacity(self.text.len() + self.places.len() * 5);
        let mut from = 0;
        for (index, place) in self.places.into_iter().enumerate() {
            text.push_str(&self.text[from..place]);
            match engine {
                Engine::Sqlite => text.push('?'),
                Engine::Postgres => {
                    text.push('$');
                    text.push_str(&(index + 1).to_string());
                }
            }
            from = place;
        }
        text.push_str(&self.text[from..]);
        (text, self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params;

    #[test]
    fn each_engine_gets_its_placeholders() {
        let query = || {
            let mut query = Query::new("SELECT a FROM t WHERE b = ");
            query.bind(1_i64).push(" AND c IN ").list([2_i64, 3]);
            query
        };
        let (text, values) = query().into_parts(Engine::Sqlite);
        assert_eq!(text, "SELECT a FROM t WHERE b = ? AND c IN (?, ?)");
        assert_eq!(values, params![1_i64, 2_i64, 3_i64]);
        let (text, _) = query().into_parts(Engine::Postgres);
        assert_eq!(text, "SELECT a FROM t WHERE b = $1 AND c IN ($2, $3)");

        let mut rows = Query::new("INSERT INTO t (a, b) VALUES");
        rows.rows(vec![params![1_i64, "x"], params![2_i64, "y"]]);
        rows.push(" ON CONFLICT DO NOTHING");
        let (text, values) = rows.into_parts(Engine::Postgres);
        assert_eq!(
            text,
            "INSERT INTO t (a, b) VALUES ($1,$2), ($3,$4) ON CONFLICT DO NOTHING"
        );
        assert_eq!(values.len(), 4);
    }
}
