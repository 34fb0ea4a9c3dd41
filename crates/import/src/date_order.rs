//! In which order a country writes day, month and year.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use yutang_domain::time::{DAY, Date, Timestamp};

use crate::{ImportError, civil::Triple};

/// The order of the three parts of a date. A date whose year comes first and has four digits is
/// read as year, month, day whatever the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DateOrder {
    /// Year, month, day.
    Ymd,
    /// Day, month, year.
    Dmy,
    /// Month, day, year.
    Mdy,
}

impl DateOrder {
    const ALL: [Self; 3] = [Self::Dmy, Self::Mdy, Self::Ymd];

    /// The option's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ymd => "ymd",
            Self::Dmy => "dmy",
            Self::Mdy => "mdy",
        }
    }
}

impl fmt::Display for DateOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DateOrder {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|order| order.as_str() == name)
            .ok_or(())
    }
}

/// How well one order fits the dates of a file.
#[derive(Clone, Copy, Debug, Default)]
struct Fit {
    impossible: u64,
    last: Option<i64>,
    rises: u64,
    falls: u64,
    /// Days travelled from line to line.
    way: u64,
}

/// Gathers the dates of a file and decides in which order their parts stand.
#[derive(Clone, Debug)]
pub(crate) struct Votes {
    fits: [Fit; 3],
    example: Option<Triple>,
    /// Whether two orders read some date as different days.
    open: bool,
    limit: i64,
}

impl Votes {
    /// No reading may put a line after the day of `now` plus one.
    pub fn new(now: Timestamp) -> Self {
        let limit = now.ms().saturating_add(2 * DAY).div_euclid(DAY);
        Self {
            fits: [Fit::default(); 3],
            example: None,
            open: false,
            limit,
        }
    }

    pub fn add(&mut self, date: Triple) {
        if date.year_first() {
            return;
        }
        let days = DateOrder::ALL.map(|order| date.day(order));
        if days == [None; 3] {
            return;
        }
        self.open |= days[0] != days[1];
        if self.example.is_none() || days[0].is_some() && days[1].is_some() && days[0] != days[1] {
            self.example = Some(date);
        }
        let some_past = days.iter().flatten().any(|day| *day <= self.limit);
        for (fit, day) in self.fits.iter_mut().zip(days) {
            let Some(day) = day.filter(|day| *day <= self.limit || !some_past) else {
                fit.impossible += 1;
                continue;
            };
            if let Some(last) = fit.last.replace(day) {
                fit.rises += u64::from(day > last);
                fit.falls += u64::from(day < last);
                fit.way += day.abs_diff(last);
            }
        }
    }

    /// The order of the whole file.
    ///
    /// An order that cannot be some date is out; of those left, one in which the lines only go
    /// forward (or only back) beats one in which they do not. A year first with two digits is
    /// rare, so it is taken only if nothing else fits or its days lie twenty times closer.
    pub fn decide(&self) -> Result<DateOrder, ImportError> {
        let Some(example) = self.example else {
            return Ok(DateOrder::Ymd);
        };
        let [dmy, mdy, ymd] = self.fits;
        let good = |fit: Fit| fit.impossible == 0;
        let turns = |fit: Fit| fit.rises.min(fit.falls);
        if good(ymd) {
            let best = [dmy, mdy]
                .into_iter()
                .filter(|fit| good(*fit))
                .map(|fit| fit.way)
                .min();
            if best.is_none_or(|way| way > ymd.way.saturating_mul(20)) {
                return Ok(DateOrder::Ymd);
            }
        }
        match (good(dmy), good(mdy)) {
            (true, false) => Ok(DateOrder::Dmy),
            (false, true) => Ok(DateOrder::Mdy),
            (true, true) if !self.open => Ok(DateOrder::Dmy),
            (true, true) if turns(dmy) == 0 && turns(mdy) > 0 => Ok(DateOrder::Dmy),
            (true, true) if turns(mdy) == 0 && turns(dmy) > 0 => Ok(DateOrder::Mdy),
            _ => {
                let show = |order| {
                    let day = example.day(order);
                    day.map_or_else(|| "no day".to_owned(), |n| Date::from_number(n).to_string())
                };
                Err(ImportError::Undecidable {
                    example: example.to_string(),
                    first: show(DateOrder::Dmy),
                    first_name: DateOrder::Dmy.as_str(),
                    second: show(DateOrder::Mdy),
                    second_name: DateOrder::Mdy.as_str(),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::civil::when;

    fn vote(dates: &[&str]) -> Result<DateOrder, ImportError> {
        let mut votes = Votes::new("2026-12-31T00:00:00Z".parse().unwrap());
        for date in dates {
            votes.add(when(date).unwrap().date);
        }
        votes.decide()
    }

    #[test]
    fn the_whole_file_decides_the_order() {
        assert_eq!(vote(&["3/4/26", "13/4/26"]).unwrap(), DateOrder::Dmy);
        assert_eq!(vote(&["3/4/26", "4/13/26"]).unwrap(), DateOrder::Mdy);
        // Only forward as day, month; back and forth as month, day.
        assert_eq!(
            vote(&["1/2/26", "5/2/26", "2/3/26", "6/3/26"]).unwrap(),
            DateOrder::Dmy
        );
        assert_eq!(
            vote(&["26/11/30", "26/12/01", "26/12/02"]).unwrap(),
            DateOrder::Ymd
        );
        assert_eq!(vote(&["20/11/26", "21/11/26"]).unwrap(), DateOrder::Dmy);
        assert_eq!(vote(&["2026/11/20"]).unwrap(), DateOrder::Ymd);
        assert_eq!(vote(&["5/5/26"]).unwrap(), DateOrder::Dmy);
        let error = vote(&["3/4/26", "4/4/26"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the date 4/4/26 can mean".replace("4/4/26", "3/4/26")
                + " 2026-04-03 (dmy) or 2026-03-04 (mdy): give --dates dmy or --dates mdy"
        );
    }

    #[test]
    fn a_reading_in_the_future_is_no_reading() {
        assert!(vote(&["3/12/26", "12/1/26"]).is_err());
        let mut votes = Votes::new("2026-06-01T00:00:00Z".parse().unwrap());
        votes.add(when("5/12/26").unwrap().date);
        votes.add(when("5/11/26").unwrap().date);
        assert_eq!(votes.decide().unwrap(), DateOrder::Mdy);
    }
}
