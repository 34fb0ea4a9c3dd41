//! The whole program without its outer edge, open on a database of one test.

use std::sync::Arc;

use yutang_app::{
    App, Caller, Options,
    session::SignIn,
    setup::Setup,
    workspace::{NewWorkspace, Workspace},
};
use yutang_channels::Wish;
use yutang_domain::{
    actor::Role,
    id::ChannelAccountId,
    time::{Clock as _, MINUTE, Timestamp},
};
use yutang_store::{
    Mode,
    outbox::{self, Claim, Outcome},
};

use crate::{Engine, ManualClock, TestDatabase};

/// The password of everybody in a test.
pub const PASSWORD: &str = "correct horse battery staple";
/// What the owner signs in with.
pub const OWNER: &str = "boss";

/// The program with the workspace `default`, its owner, and a clock that is moved by hand.
///
/// A test ends with [`TestApp::finish`], which sees that no work was forgotten; dropping it
/// otherwise fails the test.
pub struct TestApp {
    /// The program.
    pub app: App,
    /// Its clock.
    pub clock: ManualClock,
    /// The workspace, in Asia/Shanghai with CNY.
    pub workspace: Workspace,
    /// Its owner, signed in.
    pub owner: Caller,
    database: TestDatabase,
    finished: bool,
}

impl TestApp {
    /// Opens the program on `database` and sets it up.
    ///
    /// # Panics
    /// It does not open.
    pub async fn open(database: &TestDatabase) -> Self {
        let clock = ManualClock::default();
        let app = open(database, &clock).await;
        let setup = Setup {
            workspace: NewWorkspace::by_default().expect("the default zone is known"),
            name: "老板".to_owned(),
            sign_in: OWNER.to_owned(),
            password: PASSWORD.to_owned(),
            agent: "test".to_owned(),
        };
        let opened = app
            .set_up(setup, "test")
            .await
            .expect("an empty database is set up");
        let workspace = app.workspace(None).await.expect("there is one workspace");
        let owner = opened.standing.caller;
        Self {
            app,
            clock,
            workspace,
            owner,
            database: database.clone(),
            finished: false,
        }
    }

    /// A second process on the same database, with the same clock.
    ///
    /// # Panics
    /// It does not open.
    pub async fn another(&self) -> App {
        open(&self.database, &self.clock).await
    }

    /// Somebody new with this role, signed in; whoever works in a branch works in the root.
    ///
    /// # Panics
    /// The database refused.
    pub async fn caller(&self, role: Role, sign_in: &str) -> Caller {
        self.app
            .add_staff_from_cli(&self.workspace, sign_in, role, Some(sign_in), PASSWORD)
            .await
            .expect("staff can be added");
        let given = SignIn {
            sign_in: sign_in.to_owned(),
            password: PASSWORD.to_owned(),
            code: None,
            agent: "test".to_owned(),
        };
        self.app
            .sign_in(given, "test")
            .await
            .expect("new staff can sign in")
            .standing
            .caller
    }

    /// Moves the clock by `ms` milliseconds and renews what is held for a time.
    pub async fn advance(&self, ms: i64) -> Timestamp {
        self.clock.advance(ms);
        self.app.ids().renew(self.app.store()).await;
        self.clock.now()
    }

    /// What is wished of a network through an account and due within `ms` milliseconds, oldest first;
    /// all of it counts as carried out.
    ///
    /// # Panics
    /// The database refused.
    pub async fn carry_out(&self, account: ChannelAccountId, ms: i64) -> Vec<Wish> {
        let now = self.app.now();
        let holder = self.app.ids().holder();
        let claim = Claim {
            accounts: &[account],
            holder,
            now: now.plus(ms),
            until: now.plus(ms + MINUTE),
            limit: 1_000,
        };
        let store = self.app.store();
        let mut tx = store.begin(Mode::Guarded).await.expect("a transaction");
        let mut rows = outbox::claim(&mut tx, &claim)
            .await
            .expect("the outbox can be claimed");
        rows.sort_by_key(|row| row.id);
        for row in &rows {
            let known_as = format!("sent:{}", row.id);
            let outcome = Outcome::Sent(Some(&known_as));
            outbox::settle(&mut tx, row.id, holder, now, &outcome)
                .await
                .expect("what was claimed can be settled");
        }
        tx.commit().await.expect("the outbox is settled");
        rows.iter()
            .map(|row| serde_json::from_str(&row.payload).expect("a wish is kept as JSON"))
            .collect()
    }

    /// Ends the test: nothing may wait in queue or outbox, and every counter must equal its rows.
    ///
    /// # Panics
    /// Something was forgotten; the message says what.
    pub async fn finish(mut self) {
        self.finished = true;
        let backlog = self.app.backlog().await.expect("the backlog can be read");
        assert!(backlog.is_idle(), "work was left behind: {backlog:?}");
        let examination = self
            .app
            .examine()
            .await
            .expect("the database can be examined");
        let differing: Vec<_> = examination
            .checks
            .iter()
            .filter(|check| !check.differences.is_empty())
            .collect();
        assert!(
            differing.is_empty(),
            "counters differ from their rows: {differing:?}"
        );
        self.app.close().await;
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        assert!(
            self.finished || std::thread::panicking(),
            "the test did not end with TestApp::finish, so nobody looked whether work was left behind"
        );
    }
}

async fn open(database: &TestDatabase, clock: &ManualClock) -> App {
    let options = Options {
        clock: Arc::new(clock.clone()),
        database: match database.engine() {
            Engine::Sqlite => None,
            Engine::Postgres => Some(database.url().to_owned()),
        },
        ..Options::in_folder(database.folder())
    };
    App::open(options)
        .await
        .expect("the program opens on the test's database")
}

#[cfg(test)]
mod tests {
    use yutang_domain::{permission::Operation, time::HOUR};

    use super::*;
    use crate::both_engines;

    both_engines! {
        async fn the_program_opens_with_its_owner(database: TestDatabase) {
            let test = TestApp::open(&database).await;
            assert_eq!(test.workspace.slug, "default");
            assert!(test.owner.may(Operation::StaffEdit).is_ok());
            let analyst = test.caller(Role::Analyst, "analyst").await;
            assert!(analyst.may(Operation::StaffEdit).is_err());
            let before = test.app.now();
            assert_eq!(test.advance(HOUR).await.since(before), HOUR);
            assert!(test.app.ids().next::<yutang_domain::id::kind::Tag>().is_ok());
            let other = test.another().await;
            assert_eq!(other.workspace(None).await.unwrap().id, test.workspace.id);
            other.close().await;
            test.finish().await;
        }
    }

    #[tokio::test]
    #[should_panic(expected = "did not end with TestApp::finish")]
    async fn an_unfinished_test_fails() {
        let database = TestDatabase::new(Engine::Sqlite).await;
        let _ = TestApp::open(&database).await;
    }
}
