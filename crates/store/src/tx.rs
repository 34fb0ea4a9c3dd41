//! Transactions, and how one is repeated.

use std::{collections::HashSet, ops::ControlFlow, time::Duration};

use futures::{TryStreamExt as _, future};
use sqlx::{
    AssertSqlSafe, Postgres, Sqlite, postgres::PgArguments, query::Query as SqlxQuery,
    sqlite::SqliteArguments,
};
use yutang_domain::id::Id;

use crate::{Engine, FromRow, Pools, Result, Row, Store, StoreError, Value, sql::Query};

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Reads one consistent state; a write fails.
    Read,
    /// Reads and writes as if alone: `BEGIN IMMEDIATE` or SERIALIZABLE.
    Write,
    /// READ COMMITTED on PostgreSQL: for work whose every invariant is a UNIQUE, a CHECK or a
    /// conditional UPDATE (batches, claims, leases, stock).
    Guarded,
}

/// An open transaction; dropped without [`Tx::commit`] it leaves nothing behind.
#[derive(Debug)]
pub struct Tx {
    inner: Inner,
    store: Store,
    mode: Mode,
}

#[derive(Debug)]
enum Inner {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

macro_rules! on {
    ($tx:expr, $connection:ident, $row:ident => $body:expr) => {
        match &mut $tx.inner {
            Inner::Sqlite(tx) => {
                #[allow(unused_imports)]
                use Row::Sqlite as $row;
                let $connection = &mut **tx;
                $body
            }
            Inner::Postgres(tx) => {
                #[allow(unused_imports)]
                use Row::Postgres as $row;
                let $connection = &mut **tx;
                $body
            }
        }
    };
}

trait BindAll {
    fn bind_all(self, values: Vec<Value>) -> Self;
}

macro_rules! bind_all {
    ($database:ty, $arguments:ty) => {
        impl BindAll for SqlxQuery<'static, $database, $arguments> {
            fn bind_all(self, values: Vec<Value>) -> Self {
                values.into_iter().fold(self, |query, value| match value {
                    Value::Int(v) => query.bind(v),
                    Value::Small(v) => query.bind(v),
                    Value::Text(v) => query.bind(v),
                    Value::Bool(v) => query.bind(v),
                    Value::Real(v) => query.bind(v),
                    Value::Bytes(v) => query.bind(v),
                })
            }
        }
    };
}
bind_all!(Sqlite, SqliteArguments);
bind_all!(Postgres, PgArguments);

impl Tx {
    pub(crate) async fn begin(store: &Store, mode: Mode) -> Result<Self> {
        let inner = match &store.pools {
            Pools::Sqlite { writer, readers } => Inner::Sqlite(
                match mode {
                    Mode::Read => readers.begin().await,
                    Mode::Write | Mode::Guarded => writer.begin_with("BEGIN IMMEDIATE").await,
                }
                .map_err(|e| store.failed(e))?,
            ),
            Pools::Postgres(pool) => Inner::Postgres(
                pool.begin_with(match mode {
                    Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                    Mode::Write => "BEGIN ISOLATION LEVEL SERIALIZABLE",
                    Mode::Guarded => "BEGIN ISOLATION LEVEL READ COMMITTED",
                })
                .await
                .map_err(|e| store.failed(e))?,
            ),
        };
        Ok(Self {
            inner,
            store: store.clone(),
            mode,
        })
    }

    /// The engine this transaction runs on.
    pub const fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// Makes everything permanent.
    ///
    /// # Errors
    /// The engine refused; nothing was kept.
    pub async fn commit(self) -> Result<()> {
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await,
            Inner::Postgres(tx) => tx.commit().await,
        }
        .map_err(|e| self.store.failed(e))?;
        if self.mode != Mode::Read {
            self.store.note_commit();
        }
        Ok(())
    }

    /// Runs a statement and returns the number of rows it touched.
    ///
    /// # Errors
    /// The engine refused.
    pub async fn execute(&mut self, text: &'static str, values: Vec<Value>) -> Result<u64> {
        on!(self, c, _R => {
            let done = sqlx::query(text).bind_all(values).execute(c).await;
            Ok(done.map_err(|e| self.store.failed(e))?.rows_affected())
        })
    }

    /// Runs a statement that touches one row or none, and says whether it touched one.
    ///
    /// # Errors
    /// The engine refused.
    pub async fn changed(&mut self, text: &'static str, values: Vec<Value>) -> Result<bool> {
        Ok(self.execute(text, values).await? == 1)
    }

    /// All rows of a statement.
    ///
    /// # Errors
    /// The engine refused, or a value is of another shape.
    pub async fn all<T: FromRow>(
        &mut self,
        text: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<T>> {
        on!(self, c, R => {
            let rows = sqlx::query(text).bind_all(values).fetch(c);
            rows.map_err(|e| self.store.failed(e))
                .and_then(|row| future::ready(T::from_row(&R(row))))
                .try_collect()
                .await
        })
    }

    /// The first row of a statement, if any.
    ///
    /// # Errors
    /// The engine refused, or a value is of another shape.
    pub async fn find<T: FromRow>(
        &mut self,
        text: &'static str,
        values: Vec<Value>,
    ) -> Result<Option<T>> {
        on!(self, c, R => {
            let row = sqlx::query(text).bind_all(values).fetch_optional(c).await;
            let row = row.map_err(|e| self.store.failed(e))?;
            row.map(|row| T::from_row(&R(row))).transpose()
        })
    }

    /// The first row of a statement that must have one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] naming `noun`; or the engine refused.
    pub async fn one<T: FromRow>(
        &mut self,
        noun: &'static str,
        text: &'static str,
        values: Vec<Value>,
    ) -> Result<T> {
        self.find(text, values)
            .await?
            .ok_or(StoreError::NotFound(noun))
    }

    /// The single number, in a column called `n`, of a statement.
    ///
    /// # Errors
    /// The engine refused, or there is no row.
    pub async fn count(&mut self, text: &'static str, values: Vec<Value>) -> Result<i64> {
        self.one("count", text, values).await
    }

    /// All rows of a statement put together at run time.
    ///
    /// # Errors
    /// The engine refused, or a value is of another shape.
    pub async fn all_of<T: FromRow>(&mut self, query: Query) -> Result<Vec<T>> {
        let (text, values) = query.into_parts(self.engine());
        on!(self, c, R => {
            let rows = sqlx::query(AssertSqlSafe(text)).bind_all(values).fetch(c);
            rows.map_err(|e| self.store.failed(e))
                .and_then(|row| future::ready(T::from_row(&R(row))))
                .try_collect()
                .await
        })
    }

    /// The single number, in a column called `n`, of a statement put together at run time.
    ///
    /// # Errors
    /// The engine refused.
    pub async fn count_of(&mut self, query: Query) -> Result<i64> {
        Ok(self.all_of(query).await?.pop().unwrap_or(0))
    }

    /// Runs a statement put together at run time.
    ///
    /// # Errors
    /// The engine refused.
    pub async fn execute_of(&mut self, query: Query) -> Result<u64> {
        let (text, values) = query.into_parts(self.engine());
        on!(self, c, _R => {
            let done = sqlx::query(AssertSqlSafe(text)).bind_all(values).execute(c).await;
            Ok(done.map_err(|e| self.store.failed(e))?.rows_affected())
        })
    }

    /// Hands the rows of a statement over one by one, without holding them all.
    ///
    /// # Errors
    /// The engine refused, a value is of another shape, or `each` failed.
    pub async fn each<E: From<StoreError>>(
        &mut self,
        query: Query,
        mut each: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        let (text, values) = query.into_parts(self.engine());
        on!(self, c, R => {
            let mut rows = sqlx::query(AssertSqlSafe(text)).bind_all(values).fetch(c);
            while let Some(row) = rows.try_next().await.map_err(|e| self.store.failed(e))? {
                each(R(row))?;
            }
            Ok(())
        })
    }

    /// Inserts many rows: `head` up to and including `VALUES`, `tail` after the rows
    /// (`ON CONFLICT DO NOTHING` and the like). Returns how many were written.
    ///
    /// # Errors
    /// The engine refused; the transaction is then of no more use.
    pub async fn insert_many(
        &mut self,
        head: &'static str,
        rows: Vec<Vec<Value>>,
        tail: &'static str,
    ) -> Result<u64> {
        let mut written = 0;
        for chunk in Chunks::of(rows) {
            written += self.execute_of(many(head, chunk, tail)).await?;
        }
        Ok(written)
    }

    /// Inserts the rows that are not there yet and returns the ids of those that were new, in the
    /// order given. The first value of a row is its id; `among` asks for ids up to its list:
    /// `SELECT id AS n FROM … WHERE id IN`. It is asked only where some rows of a statement were
    /// new and others not.
    ///
    /// # Errors
    /// The engine refused; the transaction is then of no more use.
    pub async fn insert_new<K>(
        &mut self,
        head: &'static str,
        rows: Vec<Vec<Value>>,
        tail: &'static str,
        among: &'static str,
    ) -> Result<Vec<Id<K>>> {
        let mut new = Vec::with_capacity(rows.len());
        for chunk in Chunks::of(rows) {
            let ids: Vec<i64> = chunk.iter().filter_map(|row| row.first()?.int()).collect();
            let written = self.execute_of(many(head, chunk, tail)).await?;
            if written == ids.len() as u64 {
                new.extend(ids);
            } else if written > 0 {
                let mut query = Query::new(among);
                query.push(" ").list(ids.iter().copied());
                let kept: HashSet<i64> = self.all_of(query).await?.into_iter().collect();
                new.extend(ids.into_iter().filter(|id| kept.contains(id)));
            }
        }
        Ok(new.into_iter().map(Id::from_raw).collect())
    }

    /// Runs text that is not a single prepared statement: schema changes.
    pub(crate) async fn script(&mut self, text: String) -> Result<()> {
        on!(self, c, _R => {
            let done = sqlx::raw_sql(AssertSqlSafe(text)).execute(c).await;
            done.map_err(|e| self.store.failed(e))?;
        });
        Ok(())
    }
}

/// Cuts rows into at most 64, then eights, then what is left: few different texts are prepared, and
/// fewer than 64 rows are two statements at most, each of which two threads wait for.
struct Chunks {
    rows: std::vec::IntoIter<Vec<Value>>,
}

impl Chunks {
    fn of(rows: Vec<Vec<Value>>) -> Self {
        Self {
            rows: rows.into_iter(),
        }
    }
}

impl Iterator for Chunks {
    type Item = Vec<Vec<Value>>;

    fn next(&mut self) -> Option<Self::Item> {
        let left = self.rows.len();
        if left == 0 {
            return None;
        }
        let size = match left {
            64.. => 64,
            9..64 => left - left % 8,
            _ => left,
        };
        Some(self.rows.by_ref().take(size).collect())
    }
}

fn many(head: &'static str, rows: Vec<Vec<Value>>, tail: &'static str) -> Query {
    let mut query = Query::new(head);
    query.rows(rows).push(" ").push(tail);
    query
}

/// An error that may carry a [`StoreError::Retry`].
pub trait Transient: From<StoreError> {
    /// Whether the whole transaction may be tried again.
    fn is_transient(&self) -> bool;
}

impl Transient for StoreError {
    fn is_transient(&self) -> bool {
        self.is_retry()
    }
}

/// How often a transaction that lost a race is tried before the caller hears of it.
pub const ATTEMPTS: u32 = 8;

/// The attempts at one transaction.
#[derive(Debug)]
pub struct Attempts<'a> {
    store: &'a Store,
    mode: Mode,
    made: u32,
}

impl<'a> Attempts<'a> {
    pub(crate) const fn new(store: &'a Store, mode: Mode) -> Self {
        Self {
            store,
            mode,
            made: 0,
        }
    }

    /// Opens the next attempt.
    ///
    /// # Errors
    /// The engine refused.
    pub async fn begin(&mut self) -> Result<Tx> {
        self.made += 1;
        self.store.begin(self.mode).await
    }

    /// Commits or gives up the attempt, and says whether there is to be another one.
    pub async fn end<T, E: Transient>(
        &mut self,
        tx: Tx,
        outcome: Result<T, E>,
    ) -> ControlFlow<Result<T, E>> {
        let outcome = match outcome {
            Ok(value) => tx.commit().await.map(|()| value).map_err(E::from),
            Err(error) => {
                drop(tx);
                Err(error)
            }
        };
        match outcome {
            Err(error) if error.is_transient() && self.made < ATTEMPTS => {
                rest(self.made).await;
                ControlFlow::Continue(())
            }
            outcome => ControlFlow::Break(outcome),
        }
    }
}

/// Waits before a transaction that lost a race is tried again.
async fn rest(made: u32) {
    metrics::counter!("yutang_store_retries_total").increment(1);
    let jitter = std::process::id() % 7 + made * 3;
    tokio::time::sleep(Duration::from_millis(u64::from(made * 5 + jitter))).await;
}

impl Store {
    /// Inserts rows by one statement that is a guarded transaction by itself, durable on return.
    /// Returns how many were written; `head` and `tail` are as in [`Tx::insert_many`].
    ///
    /// Beginning and committing one more statement each would have two threads wait for each other
    /// three times rather than once.
    ///
    /// # Errors
    /// The engine refused; nothing was written.
    pub async fn insert(
        &self,
        head: &'static str,
        rows: Vec<Vec<Value>>,
        tail: &'static str,
    ) -> Result<u64> {
        let (text, values) = many(head, rows, tail).into_parts(self.engine());
        let mut made = 0;
        loop {
            made += 1;
            let query = AssertSqlSafe(text.clone());
            let done = match &self.pools {
                Pools::Sqlite { writer, .. } => {
                    let query = sqlx::query(query).bind_all(values.clone());
                    query.execute(writer).await.map(|done| done.rows_affected())
                }
                Pools::Postgres(pool) => {
                    let query = sqlx::query(query).bind_all(values.clone());
                    query.execute(pool).await.map(|done| done.rows_affected())
                }
            };
            match done.map_err(|e| self.failed(e)) {
                Err(error) if error.is_retry() && made < ATTEMPTS => rest(made).await,
                Err(error) => return Err(error),
                Ok(written) => {
                    self.note_commit();
                    return Ok(written);
                }
            }
        }
    }
}
