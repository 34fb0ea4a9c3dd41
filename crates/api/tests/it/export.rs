//! Tables that people take away, and lists searched by words.

use serde_json::{Value, json};
use yutang_domain::id::{ChannelAccountId, GroupId};
use yutang_store::{Mode, channel_account, group};
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
};

use crate::{
    group::{add, store},
    http::{Browser, Edge},
    import::import,
};

const CHAT: &str = "time(Asia/Shanghai),group_id,group_name,from_id,from_nickname,content_type,content\n\
    2026-11-19 09:00:00,g1,群,1,王芳,Text,早上好，今天有吐司吗\n\
    2026-11-19 09:01:00,g1,群,1,王芳,Text,想要两个\n\
    2026-11-19 09:05:00,g1,群,2,李雷,Text,有的\n";
const ORDERS: &str = "订单号,买家手机号,付款时间,订单实付金额\n\
    A1,13800000001,2026-11-18 10:00:00,1233.30\n";

/// A group with a history that was read.
async fn talkative(owner: &mut Browser) -> String {
    let branch = store(owner, "海岸城").await;
    let group = add(owner, "海岸城福利1群", Some(&branch)).await;
    let how = json!({ "kind": "chat", "group_id": group, "dry_run": false });
    import(owner, "chat.csv", CHAT.as_bytes(), how).await;
    group
}

/// From now on the group is seen through an account that cannot read.
async fn blind(test: &TestApp, owner: &mut Browser, group: &str) {
    let made = owner
        .post("/channels", json!({ "name": "企微" }))
        .await
        .expect(201);
    let account: ChannelAccountId = made["id"].as_str().unwrap().parse().unwrap();
    let id: GroupId = group.parse().unwrap();
    let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
    let mut row = channel_account::get(&mut tx, test.workspace.id, account)
        .await
        .unwrap();
    row.profile = "wecom_plain".to_owned();
    channel_account::update(&mut tx, test.workspace.id, &row)
        .await
        .unwrap();
    let mut row = group::get(&mut tx, test.workspace.id, id).await.unwrap();
    row.channel_account_id = Some(account);
    group::update(&mut tx, test.workspace.id, &row)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap();
    items
        .iter()
        .map(|row| row["member"]["name"].as_str().unwrap())
        .collect()
}

async fn table(browser: &mut Browser, path: &str) -> Vec<String> {
    let answer = browser.get(path).await;
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
    let text = answer.expect(200);
    let text = text
        .as_str()
        .unwrap()
        .strip_prefix('\u{feff}')
        .expect("the mark of UTF-8")
        .to_owned();
    text.lines().map(str::to_owned).collect()
}

both_engines! {
    /// What was stored while the channel could read is not told once it cannot. req: 000-043
    async fn nobodys_messages_are_told_where_the_channel_cannot_read(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let group = talkative(&mut owner).await;
        let path = format!("/groups/{group}/members?sort=-messages");
        let read = owner.get(&path).await.expect(200);
        assert_eq!(names(&read), ["王芳", "李雷"]);
        assert_eq!((&read["items"][0]["messages"], &read["items"][0]["unknown"]), (&json!(2), &Value::Null));
        assert!(table(&mut owner, &format!("/groups/{group}/members/export.csv?sort=-messages")).await[1].ends_with(",2,0"));

        blind(&test, &mut owner, &group).await;
        let unread = owner.get(&path).await.expect(200);
        assert_eq!(names(&unread), ["李雷", "王芳"], "whoever was seen last comes first: the order tells nothing either");
        for row in unread["items"].as_array().unwrap() {
            assert_eq!((&row["messages"], &row["valued"]), (&Value::Null, &Value::Null));
            assert_eq!(row["unknown"], "channel_cannot_read");
        }
        assert!(table(&mut owner, &format!("/groups/{group}/members/export.csv")).await[1].ends_with(",读不到,读不到"));
        let taken = owner.get("/audit?operation=member.export_list").await.expect(200);
        assert_eq!(taken["total"]["count"], 2, "whoever takes a list of people away is written down");
        test.finish().await;
    }

    async fn people_who_went_are_listed_apart(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let group = talkative(&mut owner).await;
        let of = |presence: &str| format!("/groups/{group}/members?presence={presence}");
        assert_eq!(owner.get(&of("here")).await.expect(200)["total"]["count"], 2);
        assert_eq!(owner.get(&of("left")).await.expect(200)["total"]["count"], 0);
        assert_eq!(owner.get(&of("all")).await.expect(200)["total"]["count"], 2);
        owner.get(&of("gone")).await.refused(422, "query.field");
        test.finish().await;
    }

    /// A table is read by people: their words, their clock, their money; programs ask for codes.
    async fn a_table_speaks_the_language_of_its_reader(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let group = talkative(&mut owner).await;
        let how = json!({ "kind": "orders", "dry_run": false, "mapping": {
            "id": "订单号", "customer": "买家手机号", "at": "付款时间", "amount": "订单实付金额",
        } });
        import(&mut owner, "orders.csv", ORDERS.as_bytes(), how).await;

        let groups = table(&mut owner, "/groups/export.csv?locale=zh-Hans").await;
        assert!(groups[0].starts_with("编号,群名,门店,渠道,群类型,场景,"), "{}", groups[0]);
        assert!(groups[1].contains(",海岸城福利1群,海岸城,微信个人群,客户粉丝群,福利群,面包福利,"), "{}", groups[1]);
        let english = table(&mut owner, "/groups/export.csv?locale=en").await;
        assert!(english[0].starts_with("Id,Name,Branch,"), "{}", english[0]);
        let raw = table(&mut owner, "/groups/export.csv?form=raw").await;
        assert!(raw[0].starts_with("id,name,branch,channel,kind,scene,"), "{}", raw[0]);
        assert!(raw[1].contains(",wechat,customer,welfare,"), "{}", raw[1]);

        let members = table(&mut owner, "/members/export.csv?locale=zh-Hans").await;
        assert!(members[0].contains(",累计金额（元）,"), "{}", members[0]);
        let buyer = members.iter().find(|line| line.contains("1233.30")).expect("the buyer is there");
        assert!(buyer.contains("138****0001,付费者,"), "{buyer}");
        assert!(buyer.contains(",1,1233.30,2026-11-18 10:00,"), "{buyer}");
        let raw = table(&mut owner, "/members/export.csv?form=raw").await;
        assert!(raw.iter().any(|line| line.contains(",payer,") && line.contains(",123330,2026-11-18T02:00:00")), "{raw:?}");

        let staff = table(&mut owner, "/staff/export.csv?locale=zh-Hant").await;
        assert!(staff[1].contains(",老板,boss,老闆,老闆,"), "{}", staff[1]);
        let audit = table(&mut owner, "/audit/export.csv?operation=group.create&locale=zh-Hans").await;
        assert_eq!(audit.len(), 2);
        assert!(audit[1].contains(",员工,老板,建群,"), "{}", audit[1]);
        let _ = group;
        test.finish().await;
    }

    async fn a_task_is_found_by_what_it_says_and_whom_it_names(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let branch = store(&mut owner, "西乡").await;
        for name in ["乱起的名", "另一个"] {
            let id = add(&mut owner, name, Some(&branch)).await;
            let body = json!({ "ids": [id], "action": "rename_tasks", "args": {} });
            owner.post("/groups/bulk", body).await.expect(200);
        }
        for (q, found) in [("乱起", 1), ("把群名", 2), ("把群名 另一", 1), ("rename", 2), ("没有这个", 0), ("50%", 0), ("", 2)] {
            let listed = owner.get(&format!("/tasks?q={}", urlencode(q))).await.expect(200);
            assert_eq!(listed["total"]["count"], found, "{q}");
            assert_eq!(listed["items"].as_array().unwrap().len(), found, "{q}");
        }
        let lines = table(&mut owner, &format!("/tasks/export.csv?locale=zh-Hans&q={}", urlencode("乱起"))).await;
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("编号,类型,紧急程度,做什么,社群,"), "{}", lines[0]);
        assert!(lines[1].contains("把群名「乱起的名」改成「"), "{}", lines[1]);
        test.finish().await;
    }

    async fn a_change_is_found_by_whom_and_what_it_names(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        store(&mut owner, "海岸城").await;
        store(&mut owner, "西乡").await;
        for (q, found) in [("海岸", 1), ("老板 西乡", 1), ("nobody", 0)] {
            let listed = owner.get(&format!("/audit?operation=branch&q={}", urlencode(q))).await.expect(200);
            assert_eq!(listed["total"]["count"], found, "{q}");
        }
        let said = owner.get(&format!("/audit?q={}", urlencode("新建门店"))).await.expect(200);
        assert_eq!(said["total"]["count"], 2, "{said}");
        test.finish().await;
    }
}

fn urlencode(text: &str) -> String {
    text.bytes()
        .flat_map(|byte| [b'%', hex(byte >> 4), hex(byte & 15)])
        .map(char::from)
        .collect()
}

const fn hex(digit: u8) -> u8 {
    b"0123456789ABCDEF"[digit as usize]
}
