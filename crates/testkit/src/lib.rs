//! What tests stand on: a clock that is moved by hand, chance with a seed, and both databases.
//!
//! A test that runs on one engine proves half of what the product promises, and a test that
//! sleeps or throws dice proves something else each time. So a story is written once and run on
//! SQLite and on PostgreSQL by [`both_engines!`], time moves only through [`ManualClock`], and
//! randomness comes from [`rng`].
//!
//! Nothing is skipped: where there is no PostgreSQL, its tests fail and say how to install it.
//!
//! Features: without any, only the clock, chance and [`cluster`]; `store` adds databases; `app`
//! adds the program on top of them; `network` adds chat networks to
//! hold the adapters against.

#[cfg(feature = "app")]
pub mod app;
pub mod clock;
pub mod cluster;
#[cfg(feature = "network")]
pub mod program;
#[cfg(feature = "network")]
pub mod receiver;
#[cfg(feature = "network")]
pub mod robot;
#[cfg(feature = "network")]
pub mod synapse;
#[cfg(feature = "network")]
pub mod telegram;

#[cfg(feature = "store")]
pub mod database;

#[cfg(feature = "app")]
pub use app::TestApp;
pub use clock::{ManualClock, rng};
#[cfg(feature = "store")]
pub use {database::TestDatabase, yutang_store::Engine};
#[cfg(feature = "network")]
pub use {receiver::Receiver, robot::Robots, synapse::Synapse, telegram::Telegram};

/// Runs the body of each function on SQLite and on PostgreSQL, as the tests `name::sqlite` and
/// `name::postgres`.
///
/// The function takes the [`TestDatabase`] made for it, which is removed afterwards whether the
/// test passed or not.
///
/// ```text
/// both_engines! {
///     /// A tag has one name.
///     async fn a_tag_has_one_name(database: TestDatabase) {
///         let store = database.migrated().await;
///         …
///     }
/// }
/// ```
#[cfg(feature = "store")]
#[macro_export]
macro_rules! both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($database:ident : $type:ty) $body:block)+) => {$(
        $(#[$meta])*
        async fn $name($database: $type) $body

        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::database::run($crate::Engine::Sqlite, super::$name).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::database::run($crate::Engine::Postgres, super::$name).await;
            }
        }
    )+};
}
