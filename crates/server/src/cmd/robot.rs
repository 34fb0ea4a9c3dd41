//! `yutang robot`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use yutang_app::robot::{NewRobot, Robot as Row};
use yutang_domain::{
    id::{BranchId, RobotId},
    robot::RobotKind,
};

use crate::{
    config::Settings,
    output::{Answer, Failure, Result},
};

/// Sets up robots in staff chats, which tell of tasks.
#[derive(Args, Debug)]
pub struct Robot {
    /// What to do.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Set one up; its address is read from stdin, and its secret from the line after it
    Add(Add),
    /// List them, with what went wrong last
    List,
    /// Have one say that it is there
    Test(One),
    /// Take one out of use
    Remove(One),
}

#[derive(Args, Debug)]
struct Add {
    /// Whose robot it is: wecom, feishu or dingtalk
    kind: RobotKind,
    /// What people call it
    #[arg(long)]
    name: String,
    /// The branch whose tasks it tells [default: all]
    #[arg(long)]
    branch: Option<BranchId>,
    /// Read its address from stdin, and its secret, if it has one, from the next line
    #[arg(long)]
    address_stdin: bool,
}

#[derive(Args, Debug)]
struct One {
    /// Its id
    robot: RobotId,
}

impl Add {
    fn read(&self) -> Result<NewRobot> {
        if !self.address_stdin {
            let flag = "--address-stdin";
            return Err(Failure::usage(
                flag,
                format!(
                    "give the address on stdin, with {flag}: its key would be read by others among the arguments"
                ),
            ));
        }
        let mut lines = super::lines_from_stdin()?.into_iter();
        Ok(NewRobot {
            kind: self.kind,
            name: self.name.clone(),
            branch: self.branch,
            address: lines.next().unwrap_or_default(),
            secret: lines.next(),
        })
    }
}

fn shown(row: &Row) -> Value {
    json!({
        "robot": row.id,
        "kind": row.kind,
        "name": row.name,
        "branch": row.branch_id,
        "signed": row.secret.is_some(),
        "state": row.state,
        "last_error": row.last_error,
        "told_at": row.told_at.map(|at| at.to_string()),
    })
}

fn line(row: &Row) -> String {
    let error = row.last_error.as_deref().unwrap_or_default();
    format!(
        "{}  {}  {}  {}  {error}",
        row.id, row.kind, row.state, row.name
    )
    .trim_end()
    .to_owned()
}

impl Robot {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let new = match &self.what {
            What::Add(add) => Some(add.read()?),
            _ => None,
        };
        let app = settings.open().await?;
        let done = async {
            settings.caller_or_new(&app).await?;
            let workspace = app.workspace(settings.workspace.as_deref()).await?;
            let caller = app.console(&workspace)?;
            if let Some(new) = new {
                let row = app.add_robot(&caller, &new).await?;
                return Ok::<_, Failure>(Answer::new(shown(&row), line(&row)));
            }
            match self.what {
                What::Add(_) | What::List => {
                    let rows = app.robots(&caller).await?;
                    let items: Vec<Value> = rows.iter().map(shown).collect();
                    let text: Vec<String> = rows.iter().map(line).collect();
                    Ok(Answer::new(json!({ "items": items }), text.join("\n")))
                }
                What::Test(one) => {
                    let row = app.test_robot(&caller, one.robot).await?;
                    Ok(Answer::new(shown(&row), line(&row)))
                }
                What::Remove(one) => {
                    app.remove_robot(&caller, one.robot).await?;
                    let document = json!({ "robot": one.robot, "removed": true });
                    Ok(Answer::new(
                        document,
                        format!("{} is out of use", one.robot),
                    ))
                }
            }
        }
        .await;
        app.close().await;
        done
    }
}
