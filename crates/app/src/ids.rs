//! Ids of this process: a node number held by lease, a sequence under it.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

use yutang_domain::{
    id::{Id, NODES, Sequence},
    time::{Clock, SECOND, Timestamp},
};
use yutang_store::{Mode, Store, lease};

use crate::{AppError, Result, key};

/// How long a node number is held without renewal, in milliseconds.
pub const LEASE_MS: i64 = 60 * SECOND;
/// How often it is renewed, in milliseconds.
pub const RENEW_MS: u64 = 15_000;

/// The name of this machine, as far as it says; part of a holder's name.
pub(crate) fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "host".to_owned(), |name| name.trim().replace('/', "-"))
}

/// The source of ids of this process.
pub struct Ids {
    sequence: Mutex<Sequence>,
    expires_at: AtomicI64,
    name: String,
    holder: String,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ids")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Ids {
    /// Takes the first node number that nobody holds.
    ///
    /// # Errors
    /// The database refused, or all numbers are held.
    pub async fn lease(store: &Store, clock: Arc<dyn Clock>) -> Result<Self> {
        let holder = format!("{}/{}/{}", host(), std::process::id(), key::random_text(12));
        for node in 0..NODES {
            let now = clock.now();
            let name = format!("node:{node}");
            let mut tx = store.begin(Mode::Guarded).await?;
            let taken = lease::take(&mut tx, &name, &holder, now, now.plus(LEASE_MS)).await?;
            tx.commit().await?;
            if let Some(lease) = taken {
                let high_water = Timestamp::from_ms(lease.value.max(0));
                return Ok(Self {
                    sequence: Mutex::new(Sequence::new(node, high_water)),
                    expires_at: AtomicI64::new(lease.expires_at.ms()),
                    name,
                    holder,
                    clock,
                });
            }
        }
        Err(AppError::internal("all node numbers are held"))
    }

    /// A new id.
    ///
    /// # Errors
    /// [`AppError::LeaseLost`] once the lease has run out.
    pub fn next<K>(&self) -> Result<Id<K>> {
        let now = self.clock.now();
        if now.ms() > self.expires_at.load(Ordering::Relaxed) {
            return Err(AppError::LeaseLost);
        }
        let mut sequence = self.sequence.lock().map_err(AppError::internal)?;
        Ok(sequence.next(now))
    }

    /// Who this process is to the database: the holder of its leases.
    pub fn holder(&self) -> &str {
        &self.holder
    }

    fn high_water(&self) -> i64 {
        self.sequence.lock().map_or(0, |s| s.high_water().ms())
    }

    /// Holds the node number for another [`LEASE_MS`] from now on.
    pub async fn renew(&self, store: &Store) {
        let until = self.clock.now().plus(LEASE_MS);
        let renewed = async {
            let mut tx = store.begin(Mode::Guarded).await?;
            let held =
                lease::renew(&mut tx, &self.name, &self.holder, until, self.high_water()).await?;
            tx.commit().await?;
            yutang_store::Result::<bool>::Ok(held)
        };
        match renewed.await {
            Ok(true) => self.expires_at.store(until.ms(), Ordering::Relaxed),
            Ok(false) => tracing::error!(lease = %self.name, "the node's lease was lost"),
            Err(error) => {
                tracing::warn!(%error, lease = %self.name, "the node's lease was not renewed");
            }
        }
    }

    pub(crate) async fn release(&self, store: &Store) {
        self.expires_at.store(0, Ordering::Relaxed);
        let released = async {
            let mut tx = store.begin(Mode::Guarded).await?;
            lease::release(&mut tx, &self.name, &self.holder, self.high_water()).await?;
            tx.commit().await
        };
        if let Err(error) = released.await {
            tracing::warn!(%error, "the node's lease was not given back; it runs out by itself");
        }
    }
}
