//! Moving to another engine: every row copied, then held against its source.
//!
//! Each table is read from one snapshot, written into one transaction, read back, and compared by
//! its number of rows and a digest of everything they hold. The copy becomes visible only if all
//! tables are the same.

use futures::future::BoxFuture;
use serde::Serialize;
use yutang_domain::{
    error::{Class, Rule},
    time::Timestamp,
};
use yutang_store::{Mode, Store, Tx, archive, installation, lease, migrate};

use crate::{AppError, Result};

/// What a copy did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// Table by table.
    pub tables: Vec<CopiedTable>,
    /// Whether everything arrived; if not, nothing was kept.
    pub same: bool,
}

/// A table that was copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CopiedTable {
    /// Its name.
    pub name: String,
    /// Rows in the source.
    pub rows: u64,
    /// Rows in the copy.
    pub found: u64,
    /// Whether number and digest agree.
    pub same: bool,
}

/// Why nothing is copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// There is something in the target.
    #[error("{0} is not empty: copy into an empty database")]
    NotEmpty(String),
    /// Somebody works with the source.
    #[error(
        "{0} processes use the source: stop them first (after a crash, wait a minute), or what they write is missing in the copy"
    )]
    InUse(usize),
    /// The source is of an earlier schema.
    #[error(
        "the source has schema version {from}, this program {to}: run `yutang migrate` on it first"
    )]
    Upgrade {
        /// Version found.
        from: i64,
        /// Version wanted.
        to: i64,
    },
    /// There is no database at the source.
    #[error("there is nothing in {0}")]
    Nothing(String),
}

impl Rule for CopyError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotEmpty(_) => "db_copy.not_empty",
            Self::InUse(_) => "db_copy.in_use",
            Self::Upgrade { .. } => "db_copy.upgrade",
            Self::Nothing(_) => "db_copy.nothing",
        }
    }
    fn class(&self) -> Class {
        Class::Conflict
    }
}

/// Copies everything from one database (a file or a URL) into another, empty one. Jobs and outbox
/// of the copy go on where the source's stopped, so the source must not be used any more.
///
/// # Errors
/// [`CopyError`]; either engine refused. Nothing was kept in the target.
pub async fn db_copy(from: &str, to: &str, now: Timestamp) -> Result<Copied> {
    let file = from.strip_prefix("sqlite:").unwrap_or(from);
    if !from.contains("://") && !std::path::Path::new(file).exists() {
        return Err(CopyError::Nothing(from.to_owned()).into());
    }
    let source = Store::open(from).await?;
    let target = Store::open(to).await?;
    let copied = async {
        match migrate::pending(&source).await? {
            migrate::Pending::None => {}
            migrate::Pending::Fresh => {
                return Err(CopyError::Nothing(yutang_store::redacted(from)).into());
            }
            migrate::Pending::Upgrade { from, to } => {
                return Err(CopyError::Upgrade { from, to }.into());
            }
        }
        let mut tx = source.begin(Mode::Read).await?;
        let nodes = lease::list(&mut tx, "node:").await?;
        tx.commit().await?;
        let holders = nodes.iter().filter(|node| node.expires_at >= now).count();
        if holders > 0 {
            return Err(CopyError::InUse(holders).into());
        }
        if migrate::pending(&target).await? != migrate::Pending::Fresh {
            let mut tx = target.begin(Mode::Read).await?;
            let empty = archive::is_empty(&mut tx).await?;
            tx.commit().await?;
            if !empty {
                return Err(AppError::from(CopyError::NotEmpty(yutang_store::redacted(
                    to,
                ))));
            }
        }
        between(&source, &target, now, |tx| {
            Box::pin(async move { Ok(lease::release_all(tx).await?) })
        })
        .await
    }
    .await;
    source.close().await;
    target.close().await;
    copied
}

/// Copies between two open databases; `last` runs in the target's transaction once everything was
/// found to be the same.
pub(crate) async fn between(
    source: &Store,
    target: &Store,
    now: Timestamp,
    last: impl for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<()>>,
) -> Result<Copied> {
    migrate::migrate(target, now).await?;
    let mut from = source.begin(Mode::Read).await?;
    let mut to = target.begin(Mode::Guarded).await?;
    installation::clear(&mut to).await?;
    lease::clear(&mut to).await?;
    let tables = archive::tables(&mut from).await?;
    let mut sums = Vec::with_capacity(tables.len());
    for table in &tables {
        sums.push(archive::copy_rows(&mut from, &mut to, table).await?);
    }
    from.commit().await?;
    let mut copied = Copied {
        tables: Vec::new(),
        same: true,
    };
    let targets = archive::tables(&mut to).await?;
    for (table, sum) in tables.iter().zip(sums) {
        let found = match targets.iter().find(|t| t.name() == table.name()) {
            Some(target) => archive::read_lines(&mut to, target, |_| Ok::<_, AppError>(())).await?,
            None => archive::Sum::default(),
        };
        copied.same &= found == sum;
        copied.tables.push(CopiedTable {
            name: table.name().to_owned(),
            rows: sum.rows,
            found: found.rows,
            same: found == sum,
        });
    }
    if copied.same {
        last(&mut to).await?;
        to.commit().await?;
    }
    Ok(copied)
}
