//! Robots in staff chats: tasks are told where staff talk, with a link that opens them.
//!
//! What is to be told follows from the tasks themselves: a sweep compares them with what was noted
//! already, so whatever made a task or handed it over needs not know of robots. A line is noted
//! once for each task and occasion, taken by one teller, and never said twice on suspicion. A robot
//! tells what the task says and no more; the words that a member wrote in private are not among it.

mod words;

use std::{collections::HashMap, time::Duration};

use serde::Serialize;
use yutang_channels::{ChannelError, robot as chat};
use yutang_domain::{
    event::{Event, EventKind},
    id::{BranchId, RobotId, StaffTaskId, WorkspaceId, kind},
    permission::Operation,
    robot::{self as rules, Occasion, RobotError, RobotKind, RobotState, Telling},
    task::TaskState,
    time::{HOUR, MINUTE, SECOND, Timestamp, Zone},
};
pub use yutang_store::robot::Robot;
use yutang_store::{
    Tx, branch, event,
    robot::{self, NewLine, Noted, Post, RobotLine, Told},
    staff_task, workspace,
};

use crate::{App, Caller, Result, audit::Change, macros::in_tx};

/// How long a teller has to say what became of a line, in milliseconds.
const HOLD_MS: i64 = 2 * MINUTE;
/// How often a line is tried while its network asks for patience.
const MAX_ATTEMPTS: i64 = 12;
/// How many tasks one look takes.
const AT_ONCE: usize = 500;
/// How many lines of one robot are taken at a time.
const LINES: i64 = 5;
/// Latest reminder before a deadline, in milliseconds.
const AHEAD: i64 = 30 * MINUTE;
/// How often is looked for lines when nothing says that some came.
const POLL: Duration = Duration::from_secs(1);

/// A robot to be set up.
#[derive(Clone)]
pub struct NewRobot {
    /// Whose robot it is.
    pub kind: RobotKind,
    /// What people call it.
    pub name: String,
    /// Whose tasks it tells; none = all.
    pub branch: Option<BranchId>,
    /// Its address, with the key in it.
    pub address: String,
    /// What its messages are signed with.
    pub secret: Option<String>,
}

impl std::fmt::Debug for NewRobot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewRobot")
            .field("kind", &self.kind)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What changes of a robot; none = as it is.
#[derive(Clone, Debug, Default)]
pub struct RobotChange {
    /// What people call it.
    pub name: Option<String>,
    /// Whose tasks it tells.
    pub branch: Option<Option<BranchId>>,
}

#[derive(Serialize)]
struct Snapshot {
    kind: RobotKind,
    branch: Option<BranchId>,
}

impl App {
    /// Sets a robot up; it tells of tasks that come up from now on.
    ///
    /// # Errors
    /// [`RobotError`].
    pub async fn add_robot(&self, caller: &Caller, new: &NewRobot) -> Result<Robot> {
        caller.may(Operation::ChannelEdit)?;
        let name = named(&new.name)?;
        let secret = new.secret.as_deref();
        chat::Robot::new(new.kind, &new.address, secret, self.allows_loopback())?;
        let now = self.now();
        let secret = secret.map(str::trim).filter(|secret| !secret.is_empty());
        let row = Robot {
            id: self.ids().next::<kind::Robot>()?,
            workspace_id: caller.workspace,
            kind: new.kind,
            name,
            branch_id: new.branch,
            address: self.keys().seal(new.address.trim()),
            secret: secret.map(|secret| self.keys().seal(secret)),
            state: RobotState::Ready,
            last_error: None,
            told_at: None,
            created_at: now,
        };
        in_tx!(self, Write, tx => {
            if let Some(id) = row.branch_id {
                branch::get(tx, caller.workspace, id).await?;
            }
            robot::insert(tx, &row).await?;
            self.robot_changed(tx, caller, "robot.create", (None, Some(&row)), now).await
        })?;
        Ok(row)
    }

    /// The robots in use, oldest first.
    ///
    /// # Errors
    /// The database refused.
    pub async fn robots(&self, caller: &Caller) -> Result<Vec<Robot>> {
        caller.may(Operation::ChannelEdit)?;
        in_tx!(self, Read, tx => Ok(robot::list(tx, caller.workspace).await?))
    }

    /// Changes what a robot is called, or whose tasks it tells.
    ///
    /// # Errors
    /// [`RobotError::Name`]; there is no such robot or branch.
    pub async fn change_robot(
        &self,
        caller: &Caller,
        id: RobotId,
        change: &RobotChange,
    ) -> Result<Robot> {
        caller.may(Operation::ChannelEdit)?;
        let now = self.now();
        let name = change.name.as_deref().map(named).transpose()?;
        in_tx!(self, Write, tx => {
            let before = robot::get(tx, caller.workspace, id).await?;
            let mut row = before.clone();
            if let Some(name) = &name {
                row.name.clone_from(name);
            }
            if let Some(branch) = change.branch {
                if let Some(branch) = branch {
                    branch::get(tx, caller.workspace, branch).await?;
                }
                row.branch_id = branch;
            }
            robot::update(tx, &row).await?;
            let changed = (Some(&before), Some(&row));
            self.robot_changed(tx, caller, "robot.edit", changed, now).await?;
            Ok(row)
        })
    }

    /// Takes a robot out of use: its address and secret go.
    ///
    /// # Errors
    /// There is no such robot.
    pub async fn remove_robot(&self, caller: &Caller, id: RobotId) -> Result<()> {
        caller.may(Operation::ChannelEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let before = robot::get(tx, caller.workspace, id).await?;
            let row = Robot {
                state: RobotState::Removed,
                address: String::new(),
                secret: None,
                ..before.clone()
            };
            robot::update(tx, &row).await?;
            self.robot_changed(tx, caller, "robot.remove", (Some(&before), None), now).await
        })
    }

    /// Has a robot say that it is there, at once; how it went is kept with it.
    ///
    /// # Errors
    /// [`ChannelError`]: what its network says; there is no such robot.
    pub async fn test_robot(&self, caller: &Caller, id: RobotId) -> Result<Robot> {
        caller.may(Operation::ChannelEdit)?;
        let (row, house) = in_tx!(self, Read, tx => Ok((
            robot::get(tx, caller.workspace, id).await?,
            workspace::get(tx, caller.workspace).await?,
        )))?;
        let said = self.say_by(&row, &words::hello(&house, &row)).await;
        self.note_robot(&row, &said).await?;
        said?;
        in_tx!(self, Read, tx => Ok(robot::get(tx, caller.workspace, id).await?))
    }

    /// Notes what robots are to tell of the tasks as they stand now; says how many lines that
    /// made. Run by a sweep.
    ///
    /// # Errors
    /// The database refused.
    pub async fn note_tellings(&self) -> Result<u64> {
        let posts = in_tx!(self, Read, tx => Ok(robot::posts(tx).await?))?;
        let mut houses: HashMap<WorkspaceId, Vec<Post>> = HashMap::new();
        for post in posts {
            houses.entry(post.workspace_id).or_default().push(post);
        }
        let mut noted = 0;
        for (workspace, posts) in houses {
            noted += self.note_tellings_of(workspace, &posts).await?;
        }
        Ok(noted)
    }

    async fn note_tellings_of(&self, workspace: WorkspaceId, posts: &[Post]) -> Result<u64> {
        let now = self.now();
        let since = posts
            .iter()
            .map(|post| post.created_at)
            .min()
            .unwrap_or(now);
        let mut after = StaffTaskId::from_raw(i64::MIN);
        let mut count = 0;
        loop {
            let (last, made) = in_tx!(self, Guarded, tx => {
                let house = workspace::get(tx, workspace).await?;
                let zone = Zone::from_name(&house.zone)?;
                let span = (since, now.plus(AHEAD));
                let tasks = robot::candidates(tx, workspace, span, after, AT_ONCE).await?;
                let ids: Vec<_> = tasks.iter().map(|task| task.id).collect();
                let noted = robot::noted(tx, workspace, &ids).await?;
                let mut made = 0;
                for task in &tasks {
                    for post in nearest(posts, task.path.as_deref(), task.created_at) {
                        let telling = Telling {
                            level: task.level,
                            created_at: task.created_at,
                            due_at: task.due_at,
                            assignee: task.assignee_id,
                        };
                        let told = told(&noted, post, task.id);
                        let Some((occasion, at)) = rules::next(&telling, &told, &zone, now) else {
                            continue;
                        };
                        let line = NewLine {
                            id: self.ids().next::<kind::RobotLine>()?,
                            robot: post.id,
                            task: task.id,
                            occasion: &occasion.to_string(),
                            assignee: task.assignee_id,
                            next_at: at,
                            at: now,
                        };
                        made += u64::from(robot::insert_line(tx, workspace, &line).await?);
                    }
                }
                let last = tasks.last().filter(|_| tasks.len() == AT_ONCE);
                Ok((last.map(|task| task.id), made))
            })?;
            count += made;
            match last {
                Some(last) => after = last,
                None => return Ok(count),
            }
        }
    }

    /// Tells until the program stops.
    pub async fn tell(&self) {
        let stop = self.stopping();
        while !stop.is_cancelled() {
            match self.tell_due().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::warn!(%error, "robots cannot tell; trying again"),
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Tells what is due now, as far as each robot may speak; says how many lines were taken.
    ///
    /// # Errors
    /// The database refused; what a network says is kept with the robot.
    pub async fn tell_due(&self) -> Result<usize> {
        let now = self.now();
        let due = in_tx!(self, Read, tx => Ok(robot::due(tx, now, now.plus(-MINUTE)).await?))?;
        let mut count = 0;
        for one in due {
            let room = (one.kind.a_minute() - one.said).min(LINES);
            let Ok(room @ 1..) = usize::try_from(room) else {
                continue;
            };
            let of = (one.workspace_id, one.robot_id);
            let lines = in_tx!(self, Guarded, tx => {
                let paused = crate::queue::PAUSED;
                if yutang_store::installation::find(tx, paused).await?.is_some() {
                    return Ok(Vec::new());
                }
                let held = (now, now.plus(HOLD_MS));
                Ok(robot::claim(tx, of, self.ids().holder(), held, room).await?)
            })?;
            let mut patience = None;
            for line in &lines {
                match patience {
                    None => patience = self.tell_one(line).await?,
                    Some(until) => self.put_back(line, until).await?,
                }
            }
            count += lines.len();
        }
        in_tx!(self, Guarded, tx => Ok(robot::give_up_orphans(tx, now).await?))?;
        Ok(count)
    }

    /// A line that was taken and not tried, since its robot has to wait.
    async fn put_back(&self, line: &RobotLine, until: Timestamp) -> Result<()> {
        let (key, now) = ((line.workspace_id, line.id), self.now());
        let again = Told::Again(until, "after another that had to wait");
        in_tx!(self, Guarded, tx => {
            robot::settle(tx, key, self.ids().holder(), now, &again).await?;
            Ok(())
        })
    }

    /// Says until when its robot has to wait, if it was asked to.
    async fn tell_one(&self, line: &RobotLine) -> Result<Option<Timestamp>> {
        let (workspace, holder) = (line.workspace_id, self.ids().holder());
        let told = in_tx!(self, Read, tx => {
            let row = robot::get(tx, workspace, line.robot_id).await.ok();
            let task = staff_task::get(tx, workspace, line.task_id).await?;
            let house = workspace::get(tx, workspace).await?;
            let open = row.filter(|_| task.state == TaskState::Open);
            match (open, line.occasion.parse::<Occasion>()) {
                (Some(row), Ok(occasion)) => {
                    let notice = self.notice(tx, &house, &task, occasion).await?;
                    Ok(Some((row, notice)))
                }
                _ => Ok(None),
            }
        })?;
        let key = (workspace, line.id);
        let Some((row, notice)) = told else {
            let now = self.now();
            in_tx!(self, Guarded, tx => {
                Ok(robot::settle(tx, key, holder, now, &Told::Dropped).await?)
            })?;
            return Ok(None);
        };
        let said = self.say_by(&row, &notice).await;
        let now = self.now();
        metrics::counter!("yutang_robot_lines_total", "outcome" => word(&said)).increment(1);
        let patience = match &said {
            Err(ChannelError::Retry { after_ms, .. }) => {
                Some(now.plus((*after_ms).clamp(SECOND, HOUR)))
            }
            _ => None,
        };
        in_tx!(self, Guarded, tx => {
            let outcome = match (&said, patience) {
                (Err(ChannelError::Retry { reason, .. }), Some(until))
                    if line.attempts < MAX_ATTEMPTS =>
                {
                    robot::put_off(tx, workspace, row.id, until).await?;
                    Told::Again(until, reason)
                }
                (Ok(()), _) => Told::Sent,
                (Err(ChannelError::Unknown { reason }), _) => Told::Unknown(reason),
                (Err(ChannelError::Retry { reason, .. } | ChannelError::Fail { reason }), _) => {
                    Told::Failed(reason)
                }
                (Err(ChannelError::NotCapable(_)), _) => Told::Dropped,
            };
            robot::settle(tx, key, holder, now, &outcome).await?;
            Ok(())
        })?;
        self.note_robot(&row, &said).await?;
        Ok(patience)
    }

    async fn say_by(&self, row: &Robot, notice: &chat::Notice) -> Result<(), ChannelError> {
        let unsealed = |sealed: &str| {
            self.keys()
                .unseal(sealed)
                .map_err(|error| ChannelError::Fail {
                    reason: error.to_string(),
                })
        };
        let address = unsealed(&row.address)?;
        let secret = row.secret.as_deref().map(unsealed).transpose()?;
        chat::Robot::new(
            row.kind,
            &address,
            secret.as_deref(),
            self.allows_loopback(),
        )
        .map_err(|error| ChannelError::Fail {
            reason: error.to_string(),
        })?
        .say(notice, self.now())
        .await
    }

    /// Keeps with a robot how its last message went; one that has only to wait stays as it was.
    async fn note_robot(&self, row: &Robot, said: &Result<(), ChannelError>) -> Result<()> {
        let refused = match said {
            Ok(()) => None,
            Err(ChannelError::Fail { reason }) => Some(reason.as_str()),
            Err(_) => return Ok(()),
        };
        let now = self.now();
        in_tx!(self, Guarded, tx => {
            Ok(robot::note(tx, row.workspace_id, row.id, refused, now).await?)
        })
    }

    async fn robot_changed(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        operation: &'static str,
        (before, after): (Option<&Robot>, Option<&Robot>),
        now: Timestamp,
    ) -> Result<()> {
        let Some(row) = after.or(before) else {
            return Ok(());
        };
        let snapshot = |row: &Robot| Snapshot {
            kind: row.kind,
            branch: row.branch_id,
        };
        let change = Change {
            operation,
            subject: format!("robot:{}", row.id),
            subject_name: &row.name,
            undoable: false,
        };
        let (before, after) = (before.map(snapshot), after.map(snapshot));
        self.audited(tx, caller, now, change, before.as_ref(), after.as_ref())
            .await?;
        let fact = Event::new(self.ids().next()?, EventKind::ChannelChanged, &caller.actor)
            .with(serde_json::json!({ "robot": row.id }));
        event::insert(tx, caller.workspace, now, &[fact]).await?;
        Ok(())
    }
}

fn named(name: &str) -> Result<String, RobotError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(RobotError::Name);
    }
    Ok(name.to_owned())
}

const fn word(said: &Result<(), ChannelError>) -> &'static str {
    match said {
        Ok(()) => "sent",
        Err(ChannelError::Retry { .. }) => "again",
        Err(ChannelError::Unknown { .. }) => "unknown",
        Err(_) => "failed",
    }
}

/// The robots that tell of a task in a branch: those of the nearest branch above it that has any,
/// else those of the whole organisation.
pub(crate) fn nearest<'a>(
    posts: &'a [Post],
    path: Option<&str>,
    created_at: Timestamp,
) -> Vec<&'a Post> {
    let there = |post: &&Post| match (&post.path, path) {
        (None, _) => true,
        (Some(own), Some(path)) => path.starts_with(own.as_str()),
        (Some(_), None) => false,
    };
    let depth = |post: &Post| post.path.as_ref().map_or(0, String::len);
    let deepest = posts.iter().filter(there).map(depth).max();
    posts
        .iter()
        .filter(there)
        .filter(|post| Some(depth(post)) == deepest && post.created_at <= created_at)
        .collect()
}

fn told(noted: &[Noted], post: &Post, task: StaffTaskId) -> Vec<rules::Told> {
    noted
        .iter()
        .filter(|one| one.robot_id == post.id && one.task_id == task)
        .filter_map(|one| {
            Some(rules::Told {
                occasion: one.occasion.parse().ok()?,
                assignee: one.assignee_id,
                at: one.created_at,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(id: i64, path: Option<&str>) -> Post {
        Post {
            id: RobotId::from_raw(id),
            workspace_id: WorkspaceId::from_raw(1),
            path: path.map(str::to_owned),
            created_at: Timestamp::from_ms(10),
        }
    }

    #[test]
    fn the_nearest_branch_with_a_robot_is_told() {
        let posts = [
            post(1, None),
            post(2, Some("/1/")),
            post(3, Some("/1/5/")),
            post(4, Some("/1/5/")),
        ];
        let ids = |path, at| -> Vec<i64> {
            nearest(&posts, path, Timestamp::from_ms(at))
                .into_iter()
                .map(|post| post.id.raw())
                .collect()
        };
        assert_eq!(ids(Some("/1/5/7/"), 20), [3, 4]);
        assert_eq!(ids(Some("/1/6/"), 20), [2]);
        assert_eq!(ids(Some("/9/"), 20), [1]);
        assert_eq!(ids(None, 20), [1]);
        assert!(
            ids(Some("/1/6/"), 5).is_empty(),
            "it came up before the robot"
        );
    }
}
