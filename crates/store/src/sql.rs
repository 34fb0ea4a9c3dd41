//! The catalogue of statements, and statements put together at run time.

use crate::Value;

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
#[derive(Debug, Default)]
pub struct Query {
    text: String,
    values: Vec<Value>,
}

impl Query {
    /// Begins with a literal.
    pub fn new(text: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            values: Vec::new(),
        }
    }

    /// Adds a literal.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds the placeholder of a value.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.text.push('$');
        self.text.push_str(&self.values.len().to_string());
        self
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

    pub(crate) fn into_parts(self) -> (String, Vec<Value>) {
        (self.text, self.values)
    }
}
