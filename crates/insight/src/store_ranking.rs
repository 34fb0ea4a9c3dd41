//! 门店排行: the rows of the store board, and of the boards of regions, groups and people above and
//! below it.

use serde::Serialize;
use yutang_domain::time::Period;

use crate::{
    series::{Change, Daily},
    share::share,
};

/// What was counted of one store (or region, group, person) in a period. What is not known is
/// `None`.
#[derive(Clone, Debug)]
pub struct Figures<K> {
    /// Whose row.
    pub key: K,
    /// Sales in minor units by day, from as far back as they are known.
    pub sales: Daily,
    /// 拉新: people who joined a group of the store for the first time anywhere.
    pub recruited: Option<u64>,
    /// Joins of its groups.
    pub joined: Option<u64>,
    /// Leavers of its groups.
    pub left: Option<u64>,
    /// Staff tasks done in time, by channel check or own word.
    pub tasks_done: u64,
    /// Staff tasks that fell due.
    pub tasks_due: u64,
    /// Questions answered within ten minutes; `None` if the channel shows no messages.
    pub replies_in_time: Option<u64>,
    /// Questions asked.
    pub questions: Option<u64>,
    /// 客诉: complaints opened.
    pub complaints: Option<u64>,
}

/// One row of the board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row<K> {
    /// Place, from 1; rows with equal sales share it.
    pub place: u64,
    /// Whose row.
    pub key: K,
    /// 成交额 in minor units; `None` if a day of the period is not known.
    pub sales_minor: Option<i64>,
    /// 达平日%: see [`Daily::percent_of_usual`].
    pub percent_of_usual: Option<f64>,
    /// 环比: see [`Daily::change_on_previous`].
    pub on_previous: Option<f64>,
    /// 同比: see [`Daily::change_on_year`].
    pub on_year: Option<f64>,
    /// For each line the number of days of the period on which sales reached it.
    pub days_over_line: Vec<u64>,
    /// 拉新.
    pub recruited: Option<u64>,
    /// 净增: joined − left.
    pub net_growth: Option<i64>,
    /// 执行率: tasks done / tasks due, 0..1.
    pub done_share: Option<f64>,
    /// 回复≤10分钟%: questions answered in time / questions, 0..1.
    pub reply_share: Option<f64>,
    /// 客诉.
    pub complaints: Option<u64>,
}

/// The lines drawn at ¥5,000 and ¥10,000 a day, in minor units.
pub const LINES_MINOR: [i64; 2] = [500_000, 1_000_000];

/// The board of a period: most sales first, unknown sales last, the order given among equals.
pub fn rank<K: Clone>(figures: &[Figures<K>], period: Period, lines_minor: &[i64]) -> Vec<Row<K>> {
    let mut rows: Vec<Row<K>> = figures
        .iter()
        .map(|f| row(f, period, lines_minor))
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.sales_minor));
    let mut previous: Option<(Option<i64>, u64)> = None;
    for (index, row) in (1_u64..).zip(&mut rows) {
        row.place = match previous {
            Some((sales, place)) if sales == row.sales_minor => place,
            _ => index,
        };
        previous = Some((row.sales_minor, row.place));
    }
    rows
}

fn row<K: Clone>(figures: &Figures<K>, period: Period, lines_minor: &[i64]) -> Row<K> {
    let sales = &figures.sales;
    let days_over = |line: &i64| {
        sales
            .iter()
            .filter(|(day, value)| period.contains(*day) && value >= line)
            .count() as u64
    };
    let ratio = |change: Option<Change>| change.and_then(|change| change.ratio);
    Row {
        place: 0,
        key: figures.key.clone(),
        sales_minor: sales.sum(period),
        percent_of_usual: sales.percent_of_usual(period),
        on_previous: ratio(sales.change_on_previous(period)),
        on_year: ratio(sales.change_on_year(period)),
        days_over_line: lines_minor.iter().map(days_over).collect(),
        recruited: figures.recruited,
        net_growth: figures.joined.zip(figures.left).map(|(joined, left)| {
            i64::try_from(joined).unwrap_or(i64::MAX) - i64::try_from(left).unwrap_or(i64::MAX)
        }),
        done_share: share(figures.tasks_done, figures.tasks_due),
        reply_share: figures
            .replies_in_time
            .zip(figures.questions)
            .and_then(|(in_time, questions)| share(in_time, questions)),
        complaints: figures.complaints,
    }
}

/// One row's figures from those below it (stores of a region, groups of a store): every known
/// number added up; a number is unknown if one of its parts is. `None` of no parts. The days known
/// are those that all parts know.
pub fn combine<K>(key: K, parts: &[Figures<K>]) -> Option<Figures<K>> {
    let from = parts.iter().map(|part| part.sales.period().from).max()?;
    let to = parts.iter().map(|part| part.sales.period().to).min()?;
    let period = Period {
        from,
        to: to.max(from),
    };
    let sum = |of: fn(&Figures<K>) -> Option<u64>| parts.iter().map(of).sum::<Option<u64>>();
    Some(Figures {
        key,
        sales: Daily::new(period, parts.iter().flat_map(|part| part.sales.iter())),
        recruited: sum(|part| part.recruited),
        joined: sum(|part| part.joined),
        left: sum(|part| part.left),
        tasks_done: parts.iter().map(|part| part.tasks_done).sum(),
        tasks_due: parts.iter().map(|part| part.tasks_due).sum(),
        replies_in_time: sum(|part| part.replies_in_time),
        questions: sum(|part| part.questions),
        complaints: sum(|part| part.complaints),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use yutang_domain::time::Date;

    use super::*;

    fn day(number: i64) -> Date {
        Date::from_number(20_000 + number)
    }

    fn days(from: i64, to: i64) -> Period {
        Period::new(day(from), day(to)).unwrap()
    }

    fn store(key: &'static str, sales: &[(i64, i64)]) -> Figures<&'static str> {
        Figures {
            key,
            sales: Daily::new(
                days(0, 40),
                sales.iter().map(|(at, value)| (day(*at), *value)),
            ),
            recruited: Some(3),
            joined: Some(12),
            left: Some(15),
            tasks_done: 3,
            tasks_due: 4,
            replies_in_time: Some(9),
            questions: Some(10),
            complaints: Some(1),
        }
    }

    /// req: 003-004, 003-005, 004-029
    #[test]
    fn a_row_has_the_figures_people_act_on() {
        let rows = rank(
            &[
                store("西乡", &[(35, 185_500)]),
                store("海岸城", &[(28, 500_000), (35, 1_000_000), (34, 400_000)]),
                Figures {
                    sales: Daily::new(days(0, 30), []),
                    questions: None,
                    left: None,
                    tasks_due: 0,
                    ..store("新店", &[])
                },
            ],
            days(35, 36),
            &LINES_MINOR,
        );
        assert_eq!(
            rows.iter().map(|row| row.key).collect::<Vec<_>>(),
            ["海岸城", "西乡", "新店"]
        );
        let first = &rows[0];
        assert_eq!(first.sales_minor, Some(1_000_000));
        assert_eq!(first.percent_of_usual, Some(800.0));
        assert_eq!(first.on_previous, Some(1.5));
        assert_eq!(first.on_year, None);
        assert_eq!(first.days_over_line, [1, 1]);
        assert_eq!(first.net_growth, Some(-3));
        assert_eq!(
            (first.done_share, first.reply_share),
            (Some(0.75), Some(0.9))
        );
        let unknown = &rows[2];
        assert_eq!(
            (unknown.sales_minor, unknown.net_growth, unknown.reply_share),
            (None, None, None)
        );
        assert_eq!(unknown.done_share, None);
    }

    #[test]
    fn equal_sales_share_a_place() {
        let rows = rank(
            &[
                store("a", &[(1, 5)]),
                store("b", &[(1, 9)]),
                store("c", &[(1, 9)]),
            ],
            days(0, 3),
            &[],
        );
        assert_eq!(
            rows.iter()
                .map(|row| (row.key, row.place))
                .collect::<Vec<_>>(),
            [("b", 1), ("c", 1), ("a", 3)]
        );
    }

    #[test]
    fn a_region_is_the_sum_of_its_stores() {
        let stores = [
            store("a", &[(1, 5)]),
            Figures {
                complaints: None,
                ..store("b", &[(1, 9), (2, 1)])
            },
        ];
        let region = combine("南山", &stores).unwrap();
        assert_eq!(region.sales.sum(days(0, 40)), Some(15));
        assert_eq!(
            (region.joined, region.complaints, region.tasks_due),
            (Some(24), None, 8)
        );
        assert!(combine::<&str>("", &[]).is_none());
    }

    proptest! {
        #[test]
        fn the_board_is_sorted_and_complete(
            sales in proptest::collection::vec(proptest::collection::vec((0_i64..60, -100_i64..1_000), 0..6), 0..9),
        ) {
            let stores: Vec<_> = sales.iter().map(|rows| store("s", rows)).collect();
            let rows = rank(&stores, days(30, 37), &LINES_MINOR);
            prop_assert_eq!(rows.len(), stores.len());
            prop_assert!(rows.windows(2).all(|pair| pair[0].sales_minor >= pair[1].sales_minor && pair[0].place <= pair[1].place));
        }
    }
}
