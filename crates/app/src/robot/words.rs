//! What a robot says of a task.

use yutang_channels::robot::Notice;
use yutang_domain::{
    id::StaffTaskId,
    robot::Occasion,
    time::{Timestamp, Zone},
};
use yutang_store::{
    Tx, device,
    robot::Robot,
    staff_task::{self, StaffTask},
    workspace::Workspace,
};

use crate::{App, Result, digest, text::Locale};

/// How many phones of one person are linked to.
const PHONES: usize = 2;

fn locale(house: &Workspace) -> Locale {
    house.locale.parse().unwrap_or_default()
}

/// What a robot says to show that it is there.
pub(super) fn hello(house: &Workspace, row: &Robot) -> Notice {
    let locale = locale(house);
    Notice {
        title: locale.say("robot.hello", &[("house", &house.name)]),
        lines: vec![(locale.say("robot.name", &[]), row.name.clone())],
        body: String::new(),
        links: Vec::new(),
    }
}

impl App {
    /// What is said of a task on an occasion.
    pub(super) async fn notice(
        &self,
        tx: &mut Tx,
        house: &Workspace,
        task: &StaffTask,
        occasion: Occasion,
    ) -> Result<Notice> {
        let locale = locale(house);
        let zone = Zone::from_name(&house.zone)?;
        let args: serde_json::Value = serde_json::from_str(&task.args).unwrap_or_default();
        if task.what == digest::WHAT {
            return Ok(self.digest_notice(locale, task, &args));
        }
        let names = staff_task::names(tx, house.id, &[task.id]).await?.pop();
        let (group, assignee) = names.map_or((None, None), |n| (n.group_name, n.assignee_name));
        let what = locale.sentence(&task.what, &args);
        let key = match occasion {
            Occasion::New => "robot.new",
            Occasion::Soon => "robot.soon",
            Occasion::Late => "robot.late",
            Occasion::Handed(_) => "robot.handed",
            Occasion::Nudged(_) => "robot.nudged",
        };
        let who = assignee.unwrap_or_else(|| locale.say("task.nobody", &[]));
        let mut lines = vec![(locale.say("robot.who", &[]), who)];
        if let Some(group) = group {
            lines.push((locale.say("task.group", &[]), group));
        }
        if let Some(due) = task.due_at {
            lines.push((locale.say("task.due", &[]), clock(&zone, due)));
        }
        if !task.why.is_empty() {
            let why = locale.sentence(&task.why, &args);
            lines.push((locale.say("robot.why", &[]), why));
        }
        let check = locale.say(&format!("task.check_{}", task.done_check), &[]);
        lines.push((locale.say("robot.check", &[]), check));
        if task.picture.is_some() {
            let picture = locale.say("robot.picture_there", &[]);
            lines.push((locale.say("robot.picture", &[]), picture));
        }
        Ok(Notice {
            title: locale.say(key, &[("what", &what)]),
            lines,
            body: task.body.clone(),
            links: self.links(tx, house, task, locale).await?,
        })
    }

    /// The digest of a day says itself, a line for each part, and leads to its figures.
    fn digest_notice(&self, locale: Locale, task: &StaffTask, args: &serde_json::Value) -> Notice {
        let day = task.dedup.split(':').nth(1).unwrap_or_default();
        let link = self.reached_at().map(|base| {
            (
                locale.say("digest.look", &[]),
                format!("{base}/?digest={day}"),
            )
        });
        let parts: Vec<&str> = task.body.split('|').skip(1).collect();
        Notice {
            title: args["title"].as_str().unwrap_or_default().to_owned(),
            lines: Vec::new(),
            body: parts.join("\n"),
            links: link.into_iter().collect(),
        }
    }

    /// A link for each phone of whoever is to do it, and one for the console.
    async fn links(
        &self,
        tx: &mut Tx,
        house: &Workspace,
        task: &StaffTask,
        locale: Locale,
    ) -> Result<Vec<(String, String)>> {
        let Some(base) = self.reached_at() else {
            return Ok(Vec::new());
        };
        let mut links = Vec::new();
        if let Some(who) = task.assignee_id {
            let mut phones = device::list(tx, house.id, who).await?;
            phones.sort_by_key(|phone| std::cmp::Reverse(phone.last_seen_at));
            for phone in phones.into_iter().take(PHONES) {
                let link = self.task_link_for(task.id, phone.id);
                let name = locale.say("robot.open_on", &[("phone", &phone.name)]);
                links.push((name, format!("{base}/t#{}", link.text)));
            }
        }
        links.push((locale.say("robot.open", &[]), console(base, task.id)));
        Ok(links)
    }
}

fn console(base: &str, task: StaffTaskId) -> String {
    format!("{base}/tasks/{task}")
}

/// `11-20 18:30`, by the organisation's clock.
fn clock(zone: &Zone, at: Timestamp) -> String {
    zone.civil(at).strftime("%m-%d %H:%M").to_string()
}
