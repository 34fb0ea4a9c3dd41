//! Sales and the board of stores.

use yutang_app::{
    branch::{Branch, BranchInput},
    group::GroupInput,
    health::{About, BehindFigure},
    import::{Options, Request},
    sales::BoardRow,
};
use yutang_domain::{
    branch::BranchKind,
    capability::Profile,
    id::{BranchId, GroupId, MemberId, kind},
    import::ImportKind,
    time::{DAY, Timestamp},
};
use yutang_store::{Mode, member as members, order};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

use crate::{
    health::{by_hand, connect, join, last},
    member::{seen, sighting},
};

/// An order of one line, at a branch, through a group, by somebody.
pub(crate) async fn ordered(
    test: &TestApp,
    (branch_id, group_id, member_id): (Option<BranchId>, Option<GroupId>, Option<MemberId>),
    number: &str,
    minor: i64,
    at: Timestamp,
) {
    let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
    let ws = test.workspace.id;
    let row = order::Order {
        id: test.app.ids().next::<kind::Order>().unwrap(),
        source: "shop".to_owned(),
        external_id: number.to_owned(),
        member_id,
        branch_id,
        group_id,
        placed_at: at,
        day: test.owner.day(at),
        currency: "CNY".to_owned(),
        amount_minor: minor,
        line_count: 1,
        state: order::OrderState::Paid,
        run_id: None,
        created_at: at,
    };
    order::insert(&mut tx, ws, std::slice::from_ref(&row))
        .await
        .unwrap();
    let line = order::OrderLine {
        id: test.app.ids().next::<kind::OrderLine>().unwrap(),
        order_id: row.id,
        sku: "吐司".to_owned(),
        quantity: 1,
        amount_minor: minor,
        placed_at: at,
        source_key: number.as_bytes().to_vec(),
        run_id: None,
    };
    order::insert_lines(&mut tx, ws, std::slice::from_ref(&line))
        .await
        .unwrap();
    let ids: Vec<MemberId> = member_id.into_iter().collect();
    members::recount(&mut tx, ws, &ids).await.unwrap();
    tx.commit().await.unwrap();
}

async fn branch(
    test: &TestApp,
    name: &str,
    kind: BranchKind,
    parent_id: Option<BranchId>,
) -> Branch {
    let input = BranchInput {
        name: name.to_owned(),
        kind,
        parent_id,
        code: None,
        region: None,
    };
    test.app.create_branch(&test.owner, input).await.unwrap()
}

async fn group(test: &TestApp, name: &str, branch: &Branch) -> GroupId {
    let input = GroupInput {
        branch_id: Some(branch.id),
        ..by_hand(name)
    };
    test.app.create_group(&test.owner, input).await.unwrap().id
}

/// The rows of a board, by name.
async fn board(test: &TestApp, of: Option<BranchId>) -> Vec<(String, BoardRow)> {
    let board = test
        .app
        .store_board(&test.owner, of, last(test, 7))
        .await
        .unwrap();
    board
        .rows
        .into_iter()
        .map(|row| {
            let name = row.group.as_ref().map_or(&row.branch.name, |g| &g.name);
            (name.clone(), row)
        })
        .collect()
}

async fn sold(test: &TestApp) -> (i64, Option<u64>, Option<f64>) {
    let report = test
        .app
        .sales_report(&test.owner, None, Some(last(test, 7)))
        .await
        .unwrap();
    let month = report.periods.last().unwrap();
    (month.sales_minor, month.traffic, month.conversion)
}

const SHOP: &str = "订单号,买家手机号,付款时间,订单实付金额,订单状态\n\
    A1,13800000001,2026-11-18 10:00:00,12.50,已完成\n\
    A2,13800000002,2026-11-18 11:00:00,20.50,已关闭\n\
    A3,13800000001,2026-11-19 12:00:00,30.00,退款成功\n\
    CA1,13800000001,2026-11-19 13:00:00,-2.50,已完成\n";

both_engines! {
    /// What was closed or paid back is no sale; what takes lines back is subtracted; the import
    /// says what stands in the file. req: 001-020
    async fn orders_that_came_to_nothing_are_no_sales(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.csv");
        std::fs::write(&path, SHOP).unwrap();
        let request = Request {
            kind: ImportKind::Orders,
            path,
            file_name: "orders.csv".to_owned(),
            group: None,
            options: Options { cancel_prefix: Some("C".to_owned()), ..Options::default() },
        };
        let outcome = test.app.import(&test.owner, &request, |_| {}).await.unwrap();
        assert_eq!((outcome.counts.orders, outcome.counts.cancelled), (1, 3));
        assert_eq!(outcome.counts.revenue_minor, 1_250 + 2_050 + 3_000 - 250);
        assert_eq!(sold(&test).await.0, 1_250 - 250);
        let people = test
            .app
            .people_behind(&test.owner, BehindFigure::Sales, About::All, last(&test, 7), (0, 9))
            .await
            .unwrap();
        assert_eq!(people.rows.iter().map(|p| p.value).collect::<Vec<_>>(), [1_000]);
        test.finish().await;
    }

    /// Who could have bought is counted by groups; without one it is not known.
    async fn traffic_without_groups_is_not_known(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let at = test.app.now().plus(-DAY);
        let buyers = seen(&test, &[sighting(&test, "a", "甲"), sighting(&test, "b", "乙")]).await;
        ordered(&test, (None, None, Some(buyers[0])), "1", 2_000, at).await;
        assert_eq!(sold(&test).await, (2_000, None, None));
        let store = branch(&test, "海岸城", BranchKind::Store, None).await;
        let id = group(&test, "福利群", &store).await;
        assert_eq!(sold(&test).await, (2_000, None, None), "an empty group reaches nobody");
        let account = connect(&test, id, Profile::Full).await;
        join(&test, account, id, "丙", at).await;
        assert_eq!(sold(&test).await, (2_000, Some(2), Some(0.5)), "the buyer and who is in the group");
        test.finish().await;
    }

    /// 拉新: who comes and was in none of our groups before, under whatever record.
    async fn recruited_are_those_who_were_in_no_group_before(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let one = branch(&test, "海岸城", BranchKind::Store, None).await;
        let other = branch(&test, "西乡", BranchKind::Store, None).await;
        let (a, b) = (group(&test, "甲群", &one).await, group(&test, "乙群", &other).await);
        let (into_a, into_b) =
            (connect(&test, a, Profile::Full).await, connect(&test, b, Profile::Full).await);
        let ago = |days: i64| test.app.now().plus(-days * DAY);
        join(&test, into_a, a, "老客", ago(30)).await;
        join(&test, into_b, b, "老客", ago(2)).await;
        join(&test, into_a, a, "新客", ago(3)).await;
        join(&test, into_b, b, "新客", ago(1)).await;
        join(&test, into_a, a, "小号前身", ago(40)).await;
        join(&test, into_b, b, "小号", ago(2)).await;
        join(&test, into_b, b, "路人", ago(2)).await;
        let figures = async || {
            let rows = board(&test, None).await;
            let of = |name: &str| {
                let row = &rows.iter().find(|(at, _)| at == name).unwrap().1.figures;
                (row.recruited, row.net_growth)
            };
            (of("海岸城"), of("西乡"))
        };
        assert_eq!(figures().await, ((Some(1), Some(1)), (Some(2), Some(4))));
        let filter = yutang_app::member::list::MemberFilter::default();
        let sort = (yutang_app::member::list::Sort::Name, None);
        let all = test.app.members(&test.owner, &filter, sort, 9).await.unwrap().rows;
        let id = |name: &str| all.iter().find(|row| row.listed.name == name).unwrap().listed.id;
        test.app.merge_members(&test.owner, id("小号前身"), id("小号"), "同一手机").await.unwrap();
        assert_eq!(figures().await, ((Some(1), Some(1)), (Some(1), Some(4))));
        test.finish().await;
    }

    /// A complaint that nobody could read is not one that nobody made.
    async fn complaints_of_unread_groups_are_not_known(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let blind = branch(&test, "看不见", BranchKind::Store, None).await;
        let seen = branch(&test, "看得见", BranchKind::Store, None).await;
        let listed = group(&test, "没导入", &blind).await;
        let plain = group(&test, "企微群", &blind).await;
        connect(&test, plain, Profile::WecomPlain).await;
        let full = group(&test, "全能群", &seen).await;
        connect(&test, full, Profile::Full).await;
        let rows = board(&test, None).await;
        let of = |name: &str| {
            let row = &rows.iter().find(|(at, _)| at == name).unwrap().1.figures;
            (row.complaints, row.recruited)
        };
        assert_eq!(of("看不见"), (None, Some(0)), "one of its groups shows who comes, none what is said");
        assert_eq!(of("看得见"), (Some(0), Some(0)));
        let rows = board(&test, Some(blind.id)).await;
        let row = rows.iter().find(|(_, row)| row.group.as_ref().is_some_and(|g| g.id == listed));
        assert_eq!(row.unwrap().1.figures.net_growth, None);
        test.finish().await;
    }

    /// 区域→门店→群→人: each row is the sum of what lies below it. req: 003-005, 004-029
    async fn the_board_opens_from_region_to_people(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let region = branch(&test, "深圳", BranchKind::Region, None).await;
        let coast = branch(&test, "海岸城", BranchKind::Store, Some(region.id)).await;
        let west = branch(&test, "西乡", BranchKind::Store, Some(region.id)).await;
        let far = branch(&test, "广州", BranchKind::Store, None).await;
        let (one, two) = (group(&test, "福利1群", &coast).await, group(&test, "福利2群", &coast).await);
        let quiet = group(&test, "西乡群", &west).await;
        let buyers = seen(&test, &[sighting(&test, "a", "甲"), sighting(&test, "b", "乙")]).await;
        let at = test.app.now().plus(-DAY);
        for (number, at_branch, through, buyer, minor) in [
            ("1", &coast, Some(one), buyers[0], 1_000),
            ("2", &coast, Some(one), buyers[1], 2_000),
            ("3", &coast, None, buyers[1], 500),
            ("4", &west, None, buyers[1], 300),
            ("5", &far, None, buyers[1], 9_000),
        ] {
            ordered(&test, (Some(at_branch.id), through, Some(buyer)), number, minor, at).await;
        }
        let amounts = async |of: Option<BranchId>| -> Vec<(String, Option<i64>)> {
            let rows = board(&test, of).await;
            rows.into_iter().map(|(name, row)| (name, row.figures.sales_minor)).collect()
        };
        let row = |name: &str, minor: i64| (name.to_owned(), Some(minor));
        assert_eq!(amounts(None).await, [row("广州", 9_000), row("海岸城", 3_500), row("西乡", 300)]);
        let head = region.parent_id.unwrap();
        assert_eq!(amounts(Some(head)).await, [row("广州", 9_000), row("深圳", 3_800)]);
        assert_eq!(amounts(Some(region.id)).await, [row("海岸城", 3_500), row("西乡", 300)]);
        assert_eq!(amounts(Some(coast.id)).await, [row("福利1群", 3_000), row("福利2群", 0)]);
        assert_eq!(amounts(Some(west.id)).await, [("西乡群".to_owned(), None)], "no order says through which group");
        let below: Vec<usize> = board(&test, Some(region.id)).await.iter().map(|(_, row)| row.below).collect();
        assert_eq!(below, [2, 1]);
        let shown = test.app.store_board(&test.owner, Some(coast.id), last(&test, 7)).await.unwrap();
        let path: Vec<&str> = shown.path.iter().skip(1).map(|place| place.name.as_str()).collect();
        assert_eq!(path, ["深圳", "海岸城"]);
        let people = async |group: GroupId| {
            let about = About::Group(group);
            let page = test
                .app
                .people_behind(&test.owner, BehindFigure::Sales, about, last(&test, 7), (0, 9))
                .await
                .unwrap();
            assert_eq!(page.total, page.rows.len() as i64);
            page.rows.into_iter().map(|p| (p.name, p.value)).collect::<Vec<_>>()
        };
        assert_eq!(people(one).await, [("乙".to_owned(), 2_000), ("甲".to_owned(), 1_000)]);
        assert!(people(two).await.is_empty() && people(quiet).await.is_empty());
        test.finish().await;
    }
}
