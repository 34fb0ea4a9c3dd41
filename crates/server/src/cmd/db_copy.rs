//! `yutang db copy`.

use clap::{Args, Subcommand};
use yutang_domain::time::{Clock as _, SystemClock};

use crate::output::{Answer, Exit, Result};

/// Works on databases.
#[derive(Args, Debug)]
pub struct Db {
    /// What to do.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Copy everything into an empty database and compare rows and sums
    Copy(Copy),
}

#[derive(Args, Debug)]
struct Copy {
    /// Source: a file or postgres://…
    from: String,
    /// Target: a file or postgres://…, empty
    to: String,
}

impl Db {
    pub async fn run(self) -> Result<Answer> {
        let What::Copy(copy) = self.what;
        let copied = yutang_app::db_copy::db_copy(&copy.from, &copy.to, SystemClock.now()).await?;
        let mut text = Vec::new();
        for table in &copied.tables {
            let mark = if table.same { "same" } else { "DIFFERENT" };
            text.push(format!(
                "{:<24} {:>12} {:>12}  {mark}",
                table.name, table.rows, table.found
            ));
        }
        text.push(
            if copied.same {
                "everything arrived; take secret.key along"
            } else {
                "not everything arrived: nothing was kept"
            }
            .to_owned(),
        );
        let mut answer = Answer::new(serde_json::to_value(&copied).unwrap_or_default(), text);
        if !copied.same {
            answer.exit = Exit::Differences;
        }
        Ok(answer)
    }
}
