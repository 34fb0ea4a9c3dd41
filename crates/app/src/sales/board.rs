//! 门店排行: branches and groups beside each other, by sales.

use std::collections::HashMap;

use serde::Serialize;
use yutang_domain::{
    branch::BranchKind,
    health::Sight,
    id::{BranchId, GroupId},
    permission::Operation,
    time::{Date, Period},
};
use yutang_insight::{
    series::Daily,
    store_ranking::{Figures, LINES_MINOR, Row, combine, rank},
};
use yutang_store::{
    Tx,
    branch::{self, Branch},
    health::{self, BranchTasks, GroupRecruits, GroupSeen, GroupTraffic, Span},
};

use crate::{App, Caller, Result, group::Place, macros::in_tx};

/// What a row of the board is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Spot {
    /// A branch with all below it.
    Branch(BranchId),
    /// A group.
    Group(GroupId),
}

/// A row of the board.
#[derive(Clone, Debug, Serialize)]
pub struct BoardRow {
    /// The branch, or that of the group.
    pub branch: Place<BranchId>,
    /// The group, if the row is about one.
    pub group: Option<Place<GroupId>>,
    /// What the branch is.
    pub kind: BranchKind,
    /// How many rows the board of this branch has.
    pub below: usize,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Row<Spot>,
}

/// The board.
#[derive(Clone, Debug, Serialize)]
pub struct Board {
    /// The branch whose parts are compared, with what it lies in, the outermost first; empty where
    /// all stores are.
    pub path: Vec<Place<BranchId>>,
    /// The rows by sales.
    pub rows: Vec<BoardRow>,
}

/// What was counted, branch by branch and group by group.
struct Counted {
    known: Period,
    sales: HashMap<BranchId, Vec<(Date, i64)>>,
    traffic: Vec<GroupTraffic>,
    recruits: Vec<GroupRecruits>,
    tasks: Vec<BranchTasks>,
    groups: Vec<(GroupSeen, Sight)>,
}

impl App {
    /// 门店排行: the stores by sales, with what else one looks at (trade.md 12); of a branch, the
    /// branches and groups directly in it.
    /// req: 003-005, 004-029
    ///
    /// # Errors
    /// The branch is out of the caller's reach, or the database refused.
    pub async fn store_board(
        &self,
        caller: &Caller,
        of: Option<BranchId>,
        period: Period,
    ) -> Result<Board> {
        caller.may(Operation::ReportRead)?;
        in_tx!(self, Read, tx => {
            let reach = caller.branch_prefix();
            let path = self.sales_path(tx, caller, of).await?;
            let branches = branch::list(tx, caller.workspace, &reach).await?;
            let counted = self.board_counts(tx, caller, &reach, period).await?;
            let rows: Vec<&Branch> = branches
                .iter()
                .filter(|b| b.archived_at.is_none())
                .filter(|b| match of {
                    Some(of) => b.parent_id == Some(of),
                    None => b.kind == BranchKind::Store,
                })
                .collect();
            let mut figures: Vec<Figures<Spot>> = rows
                .iter()
                .map(|row| counted.below(row, &branches))
                .collect();
            if let Some(of) = of {
                figures.extend(self.groups_of_board(tx, caller, of, &counted).await?);
            }
            let path = branches
                .iter()
                .filter(|b| of.is_some() && path.starts_with(&b.path))
                .map(|b| Place { id: b.id, name: b.name.clone() })
                .collect();
            let rows = rank(&figures, period, &LINES_MINOR)
                .into_iter()
                .filter_map(|figures| counted.row(figures, &branches))
                .collect();
            Ok(Board { path, rows })
        })
    }

    async fn board_counts(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        reach: &str,
        period: Period,
    ) -> Result<Counted> {
        let workspace = caller.workspace;
        let bounds = (
            caller.zone.start_of(period.from),
            caller.zone.start_of(period.to),
        );
        let mut first = period.from;
        let mut sales: HashMap<BranchId, Vec<_>> = HashMap::new();
        for row in health::branch_sales(tx, workspace, compared(period)?).await? {
            first = first.min(row.day);
            let days = sales.entry(row.branch_id).or_default();
            days.push((row.day, row.sales_minor));
        }
        Ok(Counted {
            known: Period::new(first, period.to)?,
            sales,
            traffic: health::group_traffic(tx, workspace, period).await?,
            recruits: health::group_recruits(tx, workspace, period).await?,
            tasks: health::branch_tasks(tx, workspace, bounds).await?,
            groups: self
                .sights(tx, caller, &Span::Below(reach.to_owned()))
                .await?,
        })
    }

    /// The groups directly in a branch. Sales through them are unknown where no order says through
    /// which group it came.
    async fn groups_of_board(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        branch: BranchId,
        counted: &Counted,
    ) -> Result<Vec<Figures<Spot>>> {
        let mut sold: HashMap<GroupId, Vec<_>> = HashMap::new();
        let sales = health::group_sales(tx, caller.workspace, branch, counted.known).await?;
        for row in sales {
            sold.entry(row.group_id)
                .or_default()
                .push((row.day, row.sales_minor));
        }
        let known = if sold.is_empty() {
            Period {
                from: counted.known.to,
                to: counted.known.to,
            }
        } else {
            counted.known
        };
        Ok(counted
            .groups
            .iter()
            .filter(|(group, _)| group.branch_id == branch)
            .map(|(group, sight)| {
                let id = group.group_id;
                let sales = sold.remove(&id).unwrap_or_default();
                counted.figures(
                    Spot::Group(id),
                    Daily::new(known, sales),
                    *sight,
                    |_, at| at == Some(id),
                )
            })
            .collect())
    }
}

/// A year and five weeks back: for the same weekdays and the same days of last year.
fn compared(period: Period) -> Result<Period> {
    Ok(Period::new(
        period.from.plus_months(-12).plus_days(-35),
        period.to,
    )?)
}

impl Counted {
    /// The figures of a branch with all below it: the sum of what each of these branches counted.
    fn below(&self, branch: &Branch, all: &[Branch]) -> Figures<Spot> {
        let key = Spot::Branch(branch.id);
        let parts: Vec<Figures<Spot>> = all
            .iter()
            .filter(|part| part.path.starts_with(&branch.path))
            .map(|part| self.own(part.id))
            .collect();
        combine(key, &parts).unwrap_or_else(|| self.own(branch.id))
    }

    /// The figures of a branch without those below it: of its groups, what those show that show it.
    fn own(&self, branch: BranchId) -> Figures<Spot> {
        let days = self.sales.get(&branch).map_or(&[][..], Vec::as_slice);
        let sales = Daily::new(self.known, days.iter().copied());
        let groups = self.groups.iter();
        let groups = groups.filter(|(group, _)| group.branch_id == branch);
        let sight = Sight::of_several(groups.map(|(_, sight)| *sight));
        self.figures(Spot::Branch(branch), sales, sight, |at, _| at == branch)
    }

    /// The figures of whatever is `meant` by a branch and a group.
    fn figures(
        &self,
        key: Spot,
        sales: Daily,
        sight: Sight,
        meant: impl Fn(BranchId, Option<GroupId>) -> bool,
    ) -> Figures<Spot> {
        let traffic = || {
            self.traffic
                .iter()
                .filter(|row| meant(row.branch_id, Some(row.group_id)))
        };
        let recruits = self
            .recruits
            .iter()
            .filter(|row| meant(row.branch_id, Some(row.group_id)));
        let tasks = || {
            self.tasks
                .iter()
                .filter(|row| meant(row.branch_id, row.group_id))
        };
        let sum = |numbers: &mut dyn Iterator<Item = i64>| {
            u64::try_from(numbers.sum::<i64>()).unwrap_or(0)
        };
        let shown = |hidden: Option<&'static str>, n: u64| hidden.is_none().then_some(n);
        Figures {
            key,
            sales,
            recruited: shown(sight.joins, sum(&mut recruits.map(|row| row.people))),
            joined: shown(sight.joins, sum(&mut traffic().map(|row| row.joined))),
            left: shown(sight.leaves, sum(&mut traffic().map(|row| row.departed))),
            tasks_done: sum(&mut tasks().map(|row| row.done)),
            tasks_due: sum(&mut tasks().map(|row| row.due)),
            replies_in_time: shown(sight.texts, sum(&mut tasks().map(|row| row.answered))),
            questions: shown(sight.texts, sum(&mut tasks().map(|row| row.questions))),
            complaints: shown(sight.texts, sum(&mut tasks().map(|row| row.complaints))),
        }
    }

    fn row(&self, figures: Row<Spot>, branches: &[Branch]) -> Option<BoardRow> {
        let (branch, group) = match figures.key {
            Spot::Branch(id) => (id, None),
            Spot::Group(id) => {
                let (group, _) = self.groups.iter().find(|(g, _)| g.group_id == id)?;
                let place = Place {
                    id,
                    name: group.name.clone(),
                };
                (group.branch_id, Some(place))
            }
        };
        let at = branches.iter().find(|b| b.id == branch)?;
        let below = if group.is_some() {
            0
        } else {
            let open = |b: &&Branch| b.parent_id == Some(branch) && b.archived_at.is_none();
            let groups = self.groups.iter().filter(|(g, _)| g.branch_id == branch);
            branches.iter().filter(open).count() + groups.count()
        };
        Some(BoardRow {
            branch: Place {
                id: at.id,
                name: at.name.clone(),
            },
            group,
            kind: at.kind,
            below,
            figures,
        })
    }
}
