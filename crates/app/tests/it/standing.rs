//! What people are in a group: as the network says, and as the house knows.

use yutang_app::{moderation::QueueFilter, staff::StaffPatch};
use yutang_domain::{
    actor::Role, error::Rule as _, group::Standing, id::MemberId, moderation::Mode as Keeping,
    policy::Policy, staff::StaffError, time::MINUTE,
};
use yutang_store::{Mode, identity, passage};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

use crate::{
    alarm::{said, stands, the_group},
    inbound::connect,
};

const ADVERT: &str = "兼职刷单,日结200,加V:abc12345";

async fn member(test: &TestApp, name: &str) -> MemberId {
    let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
    let external = format!("fk_{name}");
    let found = identity::holders(&mut tx, test.workspace.id, "fake", &[&external]).await;
    found.unwrap()[external.as_str()]
}

async fn standing(test: &TestApp, name: &str) -> Standing {
    let (who, group) = (member(test, name).await, the_group(test).await);
    let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
    let found = passage::standings(&mut tx, test.workspace.id, group, &[who]).await;
    found.unwrap()[0].1
}

async fn sanctions(test: &TestApp) -> usize {
    let filter = QueueFilter::default();
    let page = test
        .app
        .moderation_queue(&test.owner, &filter, 50)
        .await
        .unwrap();
    page.items.len()
}

both_engines! {
    /// Owners, admins and programs are known from the network, before what they say is judged;
    /// whoever is no admin any more is judged like others. req: 000-003
    async fn the_network_says_who_somebody_is(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        let (app, owner) = (&test.app, &test.owner);
        let group = the_group(&test).await;
        let policy = Policy { mode: Keeping::Act, ..Policy::default() };
        app.set_policy(owner, group, &policy).await.unwrap();
        stands(&test, "群主", Standing::Owner).await;
        stands(&test, "管理员", Standing::Admin).await;
        stands(&test, "别的机器人", Standing::Bot).await;
        let now = test.app.now();
        let names = ["群主", "管理员", "别的机器人"];
        for (n, name) in names.into_iter().enumerate() {
            let advert = [said(&format!("a{n}"), now, name, ADVERT, None)];
            app.receive(owner, account, &advert, None).await.unwrap();
        }
        assert_eq!(sanctions(&test).await, 0);
        stands(&test, "管理员", Standing::Member).await;
        assert_eq!(standing(&test, "管理员").await, Standing::Member);
        test.advance(MINUTE).await;
        let advert = [said("a9", test.app.now(), "管理员", ADVERT, None)];
        app.receive(owner, account, &advert, None).await.unwrap();
        assert_eq!(sanctions(&test).await, 1);
        test.carry_out(account, MINUTE).await;
        test.finish().await;
    }

    /// Whoever works here is staff wherever they are seen, whatever the network says, until they are
    /// joined with the record no more, or leave. One record is one person's.
    async fn staff_are_known_by_their_record(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        let (app, owner) = (&test.app, &test.owner);
        let hello = [said("h1", test.app.now(), "李娜", "大家早", None)];
        app.receive(owner, account, &hello, None).await.unwrap();
        let lina = test.caller(Role::Operator, "lina").await.actor.staff_id().unwrap();
        let other = test.caller(Role::Operator, "chenqiang").await.actor.staff_id().unwrap();
        let record = |id| StaffPatch { member_id: Some(id), ..StaffPatch::default() };
        let who = member(&test, "李娜").await;
        let row = app.edit_staff(owner, lina, record(Some(who))).await.unwrap().row;
        assert_eq!((row.member_id, row.member_name.as_deref()), (Some(who), Some("李娜")));
        assert_eq!(standing(&test, "李娜").await, Standing::Staff);
        stands(&test, "李娜", Standing::Member).await;
        assert_eq!(standing(&test, "李娜").await, Standing::Staff);
        let taken = app.edit_staff(owner, other, record(Some(who))).await.unwrap_err();
        assert_eq!(taken.code(), StaffError::MemberTaken(String::new()).code());

        app.edit_staff(owner, lina, record(None)).await.unwrap();
        assert_eq!(standing(&test, "李娜").await, Standing::Member);
        app.edit_staff(owner, other, record(Some(who))).await.unwrap();
        assert_eq!(standing(&test, "李娜").await, Standing::Staff);
        app.leave(owner, other, None).await.unwrap();
        assert_eq!(standing(&test, "李娜").await, Standing::Member);
        test.finish().await;
    }
}
