//! Copies of the whole database: a file while it is in use, and rows in a form that both engines
//! read and write.
//!
//! The tables come in the order in which the migrations make them, so what a row refers to is
//! always there before it. Cells keep their type; a row is written as one line of JSON, bytes as
//! `{"b":"<hexadecimal>"}`. Each table is closed by its number of rows and a digest that does not
//! depend on their order, so a copy can be held against its source table by table.

use std::{path::Path, time::Duration};

use ring::digest;
use serde_json::{Value as Json, json};
use sqlx::{
    ConnectOptions as _, Connection as _,
    sqlite::{SqliteConnectOptions, SqliteConnection},
};

use crate::{
    Engine, Pools, Result, Row, Store, StoreError, Tx, Value, migrate::MIGRATIONS, record,
    sql::Query,
};

/// How many rows are read and written at a time.
const PAGE: usize = 500;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Int,
    Text,
    Bool,
    Real,
    Bytes,
}

/// A table as it is at this moment.
#[derive(Clone, Debug)]
pub struct Table {
    name: &'static str,
    columns: Vec<(String, Class)>,
    /// Columns of the primary key, in its order.
    key: Vec<String>,
}

/// How many rows, and what they hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sum {
    /// Rows.
    pub rows: u64,
    /// Sum of the rows' hashes, modulo 2⁶⁴.
    pub digest: u64,
}

impl Sum {
    fn add(&mut self, line: &str) {
        self.rows += 1;
        let hash = digest::digest(&digest::SHA256, line.as_bytes());
        let mut head = [0; 8];
        head.copy_from_slice(&hash.as_ref()[..8]);
        self.digest = self.digest.wrapping_add(u64::from_le_bytes(head));
    }
}

/// Copies the SQLite file to `target` while it is in use, as of one instant.
///
/// # Errors
/// The engine refused; the disk of the target is full; on PostgreSQL there is no file to copy.
pub async fn copy_file(store: &Store, target: &Path) -> Result<()> {
    let Some(path) = store.path() else {
        return Err(StoreError::NotFound("database file"));
    };
    // A connection of its own: the readers may not even do this, and the writer has other work.
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_secs(30))
        .disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options)
        .await
        .map_err(|e| store.failed(e))?;
    let copied = sqlx::query("VACUUM INTO $1")
        .bind(target.display().to_string())
        .execute(&mut connection)
        .await;
    connection.close().await?;
    copied.map_err(|e| StoreError::from(e).in_place(&target.display().to_string()))?;
    Ok(())
}

/// Gives up to `pages` free pages of the SQLite file back to the disk.
///
/// # Errors
/// The engine refused.
pub async fn shrink(store: &Store, pages: u32) -> Result<()> {
    if let Pools::Sqlite { writer, .. } = &store.pools {
        let text = format!("PRAGMA incremental_vacuum({pages})");
        sqlx::raw_sql(sqlx::AssertSqlSafe(text))
            .execute(writer)
            .await
            .map_err(|e| store.failed(e))?;
    }
    Ok(())
}

/// What SQLite finds wrong with its own file, up to ten complaints; nothing on PostgreSQL, which
/// looks after its files itself.
///
/// # Errors
/// The engine refused.
pub async fn integrity(store: &Store) -> Result<Vec<String>> {
    let Pools::Sqlite { readers, .. } = &store.pools else {
        return Ok(Vec::new());
    };
    let found: Vec<(String,)> = sqlx::query_as("PRAGMA quick_check(10)")
        .fetch_all(readers)
        .await
        .map_err(|e| store.failed(e))?;
    Ok(found
        .into_iter()
        .map(|row| row.0)
        .filter(|line| line != "ok")
        .collect())
}

/// The names of all tables, each after those it refers to; without the schema's own history.
pub fn table_names() -> Vec<&'static str> {
    MIGRATIONS
        .iter()
        .flat_map(|migration| migration.text.lines())
        .filter_map(|line| line.strip_prefix("CREATE TABLE "))
        .filter_map(|rest| rest.split([' ', '(']).next())
        .collect()
}

/// The tables that are there, in the order of [`table_names`].
///
/// # Errors
/// The engine refused.
pub async fn tables(tx: &mut Tx) -> Result<Vec<Table>> {
    let mut tables = Vec::new();
    for name in table_names() {
        if let Some(table) = introspect(tx, name).await? {
            tables.push(table);
        }
    }
    Ok(tables)
}

record! {
    /// A column as the engine describes it.
    pub struct Described {
        /// Its name.
        pub name: String,
        /// Its type as declared.
        pub declared: String,
        /// Its place in the primary key, from 1; 0 = none.
        pub place: i64,
    }
}

async fn introspect(tx: &mut Tx, name: &'static str) -> Result<Option<Table>> {
    let mut query = match tx.engine() {
        Engine::Sqlite => {
            Query::new("SELECT name AS name, type AS declared, pk AS place FROM pragma_table_info(")
        }
        Engine::Postgres => Query::new(
            "SELECT CAST(c.column_name AS TEXT) AS name, CAST(c.data_type AS TEXT) AS declared,
                CAST(COALESCE((SELECT k.ordinal_position
                    FROM information_schema.table_constraints t
                    JOIN information_schema.key_column_usage k
                      ON k.constraint_schema = t.constraint_schema
                     AND k.constraint_name = t.constraint_name AND k.table_name = t.table_name
                    WHERE t.constraint_type = 'PRIMARY KEY' AND t.table_schema = c.table_schema
                      AND t.table_name = c.table_name AND k.column_name = c.column_name), 0)
                    AS BIGINT) AS place
             FROM information_schema.columns c
             WHERE c.table_schema = current_schema() AND c.table_name = ",
        ),
    };
    query.bind(name);
    query.push(match tx.engine() {
        Engine::Sqlite => ") ORDER BY cid",
        Engine::Postgres => " ORDER BY c.ordinal_position",
    });
    let described: Vec<Described> = tx.all_of(query).await?;
    if described.is_empty() {
        return Ok(None);
    }
    let mut key: Vec<(i64, String)> = described
        .iter()
        .filter(|column| column.place > 0)
        .map(|column| (column.place, column.name.clone()))
        .collect();
    key.sort();
    let columns = described
        .into_iter()
        .map(|column| {
            let class = match column.declared.to_ascii_lowercase().as_str() {
                "bigint" | "integer" => Class::Int,
                "text" => Class::Text,
                "boolean" => Class::Bool,
                "double precision" => Class::Real,
                "blob" | "bytea" => Class::Bytes,
                _ => {
                    return Err(StoreError::Corrupt {
                        column: column.name,
                        value: column.declared,
                        expected: "a type of the portable subset",
                    });
                }
            };
            Ok((column.name, class))
        })
        .collect::<Result<_>>()?;
    Ok(Some(Table {
        name,
        columns,
        key: key.into_iter().map(|(_, name)| name).collect(),
    }))
}

/// A row of any table: its cells in the order of the columns.
struct Cells(Vec<Value>);

impl Table {
    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its columns, by name.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    fn read(&self, row: &Row) -> Result<Cells> {
        self.columns
            .iter()
            .map(|(name, class)| {
                Ok(match class {
                    Class::Int => Value::Int(row.get(name)?),
                    Class::Text => Value::Text(row.get(name)?),
                    Class::Bool => Value::Bool(row.get(name)?),
                    Class::Real => Value::Real(row.get(name)?),
                    Class::Bytes => Value::Bytes(row.get(name)?),
                })
            })
            .collect::<Result<_>>()
            .map(Cells)
    }

    fn select(&self) -> Query {
        let mut query = Query::new("SELECT ");
        for (index, (name, _)) in self.columns.iter().enumerate() {
            query.push(if index == 0 { "" } else { ", " }).name(name);
        }
        query.push(" FROM ").name(self.name);
        query
    }

    /// Reads the rows that follow `after` in the order of the primary key.
    async fn page(&self, tx: &mut Tx, after: Option<&Cells>) -> Result<Vec<Cells>> {
        let mut query = self.select();
        if let Some(after) = after {
            query.push(" WHERE (").names(&self.key).push(") > (");
            for (index, name) in self.key.iter().enumerate() {
                let place = self.columns.iter().position(|(column, _)| column == name);
                let value = place.and_then(|place| after.0.get(place)).cloned();
                query.push(if index == 0 { "" } else { ", " });
                query.bind(value.ok_or(StoreError::NotFound("key column"))?);
            }
            query.push(")");
        }
        query
            .push(" ORDER BY ")
            .names(&self.key)
            .push(" LIMIT ")
            .bind(PAGE);
        self.collect(tx, query).await
    }

    /// Reads all rows, those first that others of the same table refer to.
    async fn tree(&self, tx: &mut Tx) -> Result<Vec<Cells>> {
        let mut query = self.select();
        query.push(" ORDER BY length(path), id");
        self.collect(tx, query).await
    }

    async fn collect(&self, tx: &mut Tx, query: Query) -> Result<Vec<Cells>> {
        let mut rows = Vec::new();
        tx.each::<StoreError>(query, |row| {
            rows.push(self.read(&row)?);
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    async fn write(&self, tx: &mut Tx, rows: Vec<Cells>) -> Result<()> {
        let width = self.columns.len().max(1);
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let mut query = Query::new("INSERT INTO ");
            query.name(self.name).push(" (");
            let names: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
            query.names(&names).push(") VALUES ");
            for (index, row) in rows.by_ref().take(2_000 / width).enumerate() {
                query.push(if index == 0 { "(" } else { ", (" });
                for (place, value) in row.0.into_iter().enumerate() {
                    query.push(if place == 0 { "" } else { ", " }).bind(value);
                }
                query.push(")");
            }
            tx.execute_of(query).await?;
        }
        Ok(())
    }

    /// The only table whose rows refer to rows of the same table.
    fn refers_to_itself(&self) -> bool {
        self.name == "branch"
    }
}

impl Cells {
    fn line(&self) -> String {
        let cells: Vec<Json> = self
            .0
            .iter()
            .map(|value| match value {
                Value::Int(v) => json!(v),
                Value::Small(v) => json!(v),
                Value::Text(v) => json!(v),
                Value::Bool(v) => json!(v),
                Value::Real(v) => json!(v),
                Value::Bytes(Some(v)) => json!({ "b": hex(v) }),
                Value::Bytes(None) => Json::Null,
            })
            .collect();
        Json::Array(cells).to_string()
    }

    fn parse(table: &Table, line: &str) -> Option<Self> {
        let cells: Vec<Json> = serde_json::from_str(line).ok()?;
        if cells.len() != table.columns.len() {
            return None;
        }
        cells
            .into_iter()
            .zip(&table.columns)
            .map(|(cell, (_, class))| {
                let null = cell.is_null();
                Some(match class {
                    Class::Int => Value::Int(if null { None } else { Some(cell.as_i64()?) }),
                    Class::Text => Value::Text(if null {
                        None
                    } else {
                        Some(cell.as_str()?.to_owned())
                    }),
                    Class::Bool => Value::Bool(if null { None } else { Some(cell.as_bool()?) }),
                    Class::Real => Value::Real(if null { None } else { Some(cell.as_f64()?) }),
                    Class::Bytes => Value::Bytes(if null {
                        None
                    } else {
                        Some(unhex(cell.get("b")?.as_str()?)?)
                    }),
                })
            })
            .collect::<Option<_>>()
            .map(Self)
    }
}

/// Hands every row of a table over as a line, page by page, and returns the sum.
///
/// # Errors
/// The engine refused, or `each` failed.
pub async fn read_lines<E: From<StoreError>>(
    tx: &mut Tx,
    table: &Table,
    mut each: impl FnMut(&str) -> Result<(), E>,
) -> Result<Sum, E> {
    let mut sum = Sum::default();
    let mut rows = if table.refers_to_itself() {
        table.tree(tx).await?
    } else {
        table.page(tx, None).await?
    };
    loop {
        for row in &rows {
            let line = row.line();
            sum.add(&line);
            each(&line)?;
        }
        if rows.len() < PAGE || table.refers_to_itself() {
            return Ok(sum);
        }
        rows = table.page(tx, rows.last()).await?;
    }
}

/// Writes lines into a table; the sum grows by them.
///
/// # Errors
/// [`StoreError::Corrupt`] naming the line that is none of this table; or the engine refused.
pub async fn write_lines(
    tx: &mut Tx,
    table: &Table,
    lines: &[String],
    sum: &mut Sum,
) -> Result<()> {
    let mut rows = Vec::with_capacity(lines.len());
    for line in lines {
        let row = Cells::parse(table, line).ok_or_else(|| StoreError::Corrupt {
            column: table.name.to_owned(),
            value: line.chars().take(40).collect(),
            expected: "row of that table",
        })?;
        sum.add(line);
        rows.push(row);
    }
    table.write(tx, rows).await
}

/// Copies the rows of a table from one database to another, page by page, and returns the sum.
///
/// # Errors
/// Either engine refused.
pub async fn copy_rows(from: &mut Tx, to: &mut Tx, table: &Table) -> Result<Sum> {
    let mut sum = Sum::default();
    let mut rows = if table.refers_to_itself() {
        table.tree(from).await?
    } else {
        table.page(from, None).await?
    };
    loop {
        for row in &rows {
            sum.add(&row.line());
        }
        let more = rows.len() == PAGE && !table.refers_to_itself();
        let next = if more {
            Some(table.page(from, rows.last()).await?)
        } else {
            None
        };
        table.write(to, rows).await?;
        match next {
            Some(next) => rows = next,
            None => return Ok(sum),
        }
    }
}

/// How many workspaces and sign-ins there are: a database without either is empty.
///
/// # Errors
/// The engine refused.
pub async fn is_empty(tx: &mut Tx) -> Result<bool> {
    let found = tx
        .count(
            crate::sql!(
                "SELECT CAST((SELECT COUNT(*) FROM workspace) + (SELECT COUNT(*) FROM account)
                    AS BIGINT) AS n"
            ),
            crate::params![],
        )
        .await?;
    Ok(found == 0)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok())
        .collect()
}
