//! The people behind a figure.

use yutang_domain::{id::GroupId, permission::Operation, time::Period, words};
use yutang_insight::concentration::top_count;
pub use yutang_store::health::Behind;
use yutang_store::health::{self, Figure};

use super::About;
use crate::{App, Caller, Result, group::Place, macros::in_tx};

words! {
    /// A figure that people stand behind.
    pub enum BehindFigure {
        /// People who wrote, with their messages.
        ActiveMembers = "active_members",
        /// People who gave value, with such messages.
        Contributors = "contributors",
        /// People who came, and how often.
        Arrivals = "arrivals",
        /// People who went, and how often.
        Leavers = "leavers",
        /// The tenth of those who wrote that wrote most.
        Top10 = "top10",
        /// People who advertised, with their adverts.
        Adverts = "adverts",
        /// People off the topic, with such messages.
        OffTopic = "off_topic",
        /// People who were there and wrote nothing.
        Silent = "silent",
        /// People with orders, with their amount in minor units.
        Sales = "sales",
    }
}

impl BehindFigure {
    const fn of_store(self) -> Figure {
        match self {
            Self::ActiveMembers | Self::Top10 => Figure::Active,
            Self::Contributors => Figure::Contributors,
            Self::Arrivals => Figure::Arrivals,
            Self::Leavers => Figure::Leavers,
            Self::Adverts => Figure::Adverts,
            Self::OffTopic => Figure::OffTopic,
            Self::Silent => Figure::Silent,
            Self::Sales => Figure::Sales,
        }
    }
}

/// A page of the people behind a figure.
#[derive(Clone, Debug)]
pub struct BehindPage {
    /// The people, the largest parts first.
    pub rows: Vec<Behind>,
    /// How many there are.
    pub total: i64,
    /// The group asked about, if it was one.
    pub group: Option<Place<GroupId>>,
}

impl App {
    /// The people behind a figure of a report, the largest parts first.
    ///
    /// # Errors
    /// What is asked for is out of the caller's reach.
    pub async fn people_behind(
        &self,
        caller: &Caller,
        figure: BehindFigure,
        about: About,
        period: Period,
        (offset, limit): (usize, usize),
    ) -> Result<BehindPage> {
        caller.may(Operation::ReportPeople)?;
        let period = (
            period,
            caller.zone.start_of(period.from),
            caller.zone.start_of(period.to),
        );
        in_tx!(self, Read, tx => {
            let (span, row) = self.span(tx, caller, about).await?;
            let asked = figure.of_store();
            let mut total = health::count_behind(tx, caller.workspace, asked, &span, period).await?;
            let mut limit = limit;
            if figure == BehindFigure::Top10 {
                let all = usize::try_from(total).unwrap_or(0);
                let top = top_count(all, 0.1).unwrap_or(0);
                total = i64::try_from(top).unwrap_or(0);
                limit = limit.min(top.saturating_sub(offset));
            }
            let window = (offset, limit);
            let rows =
                health::behind(tx, caller.workspace, asked, &span, period, window).await?;
            let group = row.map(|row| Place { id: row.id, name: row.name });
            Ok(BehindPage { rows, total, group })
        })
    }
}
