//! People: seen, found, described, tagged, merged and taken apart again.

use std::{collections::BTreeMap, sync::Arc};

use yutang_app::{
    Caller,
    consent::ConsentInput,
    group::GroupInput,
    identity::Sighting,
    member::{
        MemberInput, MemberPatch,
        list::{Cursor, MemberFilter, Sort},
    },
    tag::{Color, TagRef, Whom},
    talk::{Line, Source, What, topic_of},
};
use yutang_domain::{
    actor::Role,
    group::Monetisation,
    id::{GroupId, MemberId, kind},
    member::{BirthCalendar, Birthday, Field, MemberRole, MemberView, Purpose},
    time::{DAY, MINUTE, Timestamp},
};
use yutang_store::{Mode, identity, member as store, order};
use yutang_testkit::{TestApp, TestDatabase, both_engines, rng};
use yutang_text::verdict::Reading;

pub(crate) fn sighting(test: &TestApp, id: &str, name: &str) -> Sighting {
    Sighting::new("wechat", id, name, test.app.now().plus(-10 * DAY))
}

pub(crate) async fn seen(test: &TestApp, sightings: &[Sighting]) -> Vec<MemberId> {
    let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
    let ids = test
        .app
        .members_for(&mut tx, test.workspace.id, sightings, None, test.app.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    ids
}

pub(crate) async fn group(test: &TestApp, name: &str) -> GroupId {
    let mut input = GroupInput::named(name, "wechat");
    input.monetisation = Some(Monetisation::None);
    "每天一条面包保存方法".clone_into(&mut input.purpose);
    test.app.create_group(&test.owner, input).await.unwrap().id
}

pub(crate) async fn say(test: &TestApp, group: GroupId, said: &[(MemberId, &str, &str)]) {
    let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
    let row = yutang_store::group::get(&mut tx, test.workspace.id, group)
        .await
        .unwrap();
    let lines: Vec<Line> = said
        .iter()
        .enumerate()
        .map(|(index, (by, name, text))| {
            let mut key = [0; 16];
            key[..8].copy_from_slice(&by.raw().to_be_bytes());
            key[0] = index as u8;
            key[1] = text.len() as u8;
            Line {
                at: test.app.now().plus(-DAY + index as i64 * MINUTE),
                key,
                what: What::Said {
                    by: *by,
                    card_name: (*name).to_owned(),
                    bot: false,
                    kind: "text",
                    text: (*text).to_owned(),
                    reading: Arc::new(Reading::new(text)),
                    reply_to: None,
                },
            }
        })
        .collect();
    let source = Source {
        workspace: test.workspace.id,
        zone: &test.owner.zone,
        run: None,
    };
    test.app
        .write_down(&mut tx, source, &row, &topic_of(&row), &lines)
        .await
        .unwrap();
    yutang_store::group::recount(&mut tx, test.workspace.id, group)
        .await
        .unwrap();
    let members: Vec<MemberId> = said.iter().map(|(by, ..)| *by).collect();
    store::recount(&mut tx, test.workspace.id, &members)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn ordered(
    test: &TestApp,
    member: MemberId,
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
        member_id: Some(member),
        branch_id: None,
        group_id: None,
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
    store::recount(&mut tx, ws, &[member]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn found(test: &TestApp, caller: &Caller, filter: &MemberFilter) -> Vec<MemberId> {
    let page = test
        .app
        .members(caller, filter, (Sort::Name, None), 100)
        .await
        .unwrap();
    assert_eq!(page.counted, page.rows.len() as i64);
    page.rows.iter().map(|row| row.listed.id).collect()
}

async fn search(test: &TestApp, q: &str) -> Vec<MemberId> {
    let filter = MemberFilter {
        q: Some(q.to_owned()),
        ..MemberFilter::default()
    };
    found(test, &test.owner, &filter).await
}

both_engines! {
    /// Accounts become members once, and are found by what one remembers of them. req: 004-001
    async fn accounts_become_members_once(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let mut fang = sighting(&test, "wx_fang", "王芳");
        fang.phone = Some("138 1234 5678".to_owned());
        let mut masked = sighting(&test, "wx_masked", "李雷");
        masked.phone = Some("138****0000".to_owned());
        let twice = [fang.clone(), masked.clone(), fang.clone()];
        let first = seen(&test, &twice).await;
        assert_eq!(first[0], first[2]);
        assert_ne!(first[0], first[1]);
        assert_eq!(seen(&test, &twice).await, first);

        for q in ["王芳", "wang", "wf", "wangf", "5678"] {
            assert_eq!(search(&test, q).await, [first[0]], "{q}");
        }
        for q in ["13812345678", "138", "0000"] {
            assert!(search(&test, q).await.is_empty(), "{q}");
        }
        let person = test.app.person(&test.owner, first[1]).await.unwrap();
        assert_eq!(person.phone, None);
        test.finish().await;
    }

    /// A new name of a live account is taken over and found; the old name still leads there.
    async fn a_live_account_may_change_its_name(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let id = seen(&test, &[sighting(&test, "wx_1", "小芳")]).await[0];
        let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
        let now = test.app.now();
        let renamed = sighting(&test, "wx_1", "芳芳烘焙");
        let same = test.app.resolve_identity(&mut tx, &test.owner, &renamed, now).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(same, id);
        assert_eq!(test.app.person(&test.owner, id).await.unwrap().name, "芳芳烘焙");
        assert_eq!(search(&test, "烘焙").await, [id]);
        test.finish().await;
    }

    /// Research answers need a consent, go with it, and can be taken back before.
    /// req: 001-019, 001-024
    async fn research_answers_live_under_a_consent(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let input = MemberInput { name: "赵敏".to_owned(), ..MemberInput::default() };
        let id = test.app.create_member(&test.owner, &input).await.unwrap().id;
        let answers = |value: Option<&str>| MemberPatch {
            fields: BTreeMap::from([(Field::Motive, value.map(str::to_owned))]),
            ..MemberPatch::default()
        };
        let refused = test.app.edit_member(&test.owner, id, &answers(Some("孩子早餐"))).await;
        assert_eq!(refused.unwrap_err().code(), "member.consent_missing");
        let consent = ConsentInput {
            purpose: Purpose::Research,
            text_version: "隐私说明 2026-11".to_owned(),
            channel: "paper".to_owned(),
        };
        let consent_id = test.app.give_consent(&test.owner, id, &consent).await.unwrap();
        assert_eq!(test.app.give_consent(&test.owner, id, &consent).await.unwrap(), consent_id);
        let person = test.app.edit_member(&test.owner, id, &answers(Some("孩子早餐"))).await.unwrap();
        assert_eq!(person.fields[0].value, "孩子早餐");
        assert!(person.fields[0].consent);
        test.app.withdraw_consent(&test.owner, id, consent_id).await.unwrap();
        let person = test.app.person(&test.owner, id).await.unwrap();
        assert!(person.fields.is_empty());
        assert!(person.consents[0].withdrawn_at.is_some());
        let again = test.app.withdraw_consent(&test.owner, id, consent_id).await;
        assert_eq!(again.unwrap_err().code(), "consent.withdrawn");
        test.finish().await;
    }

    /// Profile, role, tag and note changes are taken back from the audit log.
    async fn changes_are_taken_back(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let input = MemberInput {
            name: "赵敏".to_owned(),
            phone: Some("13900001111".to_owned()),
            ..MemberInput::default()
        };
        let id = test.app.create_member(&test.owner, &input).await.unwrap().id;
        let patch = MemberPatch {
            name: Some("赵小敏".to_owned()),
            phone: Some(None),
            city: Some(Some("深圳".to_owned())),
            birthday: Some(Some(Birthday {
                calendar: BirthCalendar::Lunar, year: None, month: 8, day: 15, leap: false,
            })),
            ..MemberPatch::default()
        };
        test.app.edit_member(&test.owner, id, &patch).await.unwrap();
        test.app.set_member_role(&test.owner, id, MemberRole::Partner, true).await.unwrap();
        test.app.tag_member(&test.owner, id, &TagRef::Name("宝妈".to_owned())).await.unwrap();
        let note = test.app.write_note(&test.owner, id, "周六来取蛋糕").await.unwrap();
        test.app.remove_note(&test.owner, id, note).await.unwrap();
        assert_eq!(search(&test, "宝妈").await, [id]);
        assert_eq!(search(&test, "小敏").await, [id]);

        let (timeline, _) = test.app.timeline(&test.owner, id, None, 50).await.unwrap();
        let codes: Vec<&str> = timeline.iter().map(|h| h.code.as_str()).collect();
        for code in ["timeline.record_hand", "timeline.edited", "timeline.role_given",
            "timeline.tagged", "timeline.noted", "timeline.note_removed"] {
            assert!(codes.contains(&code), "{code} in {codes:?}");
        }
        assert!(timeline.iter().all(|h| h.kind == "record" || h.cause.actor == "老板"));
        for code in ["timeline.edited", "timeline.role_given", "timeline.tagged", "timeline.note_removed"] {
            let undo = timeline.iter().find(|h| h.code == code).unwrap().undo.clone().unwrap();
            assert_eq!(undo.operation, "audit.undo");
            test.app.undo(&test.owner, undo.id.parse().unwrap()).await.unwrap();
        }
        let person = test.app.person(&test.owner, id).await.unwrap();
        assert_eq!(person.name, "赵敏");
        assert_eq!(person.phone.as_deref(), Some("+8613900001111"));
        assert_eq!((person.city, person.birthday), (None, None));
        assert_eq!(person.roles, [MemberRole::Bystander]);
        assert!(person.tags.is_empty());
        assert_eq!(person.notes[0].text, "周六来取蛋糕");
        let computed = test.app.set_member_role(&test.owner, id, MemberRole::Payer, true).await;
        assert_eq!(computed.unwrap_err().code(), "member.role_computed");
        test.finish().await;
    }

    /// A tag on many people: looked at first, put on, taken back.
    async fn many_are_tagged_with_a_look_before(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let people: Vec<Sighting> =
            (0..30).map(|n| sighting(&test, &format!("wx_{n}"), &format!("邻居{n}号"))).collect();
        let ids = seen(&test, &people).await;
        test.app.tag_member(&test.owner, ids[0], &TagRef::Name("邻居".to_owned())).await.unwrap();
        let tag = TagRef::Name("邻居".to_owned());
        let whom = Whom::Filter(MemberFilter { q: Some("邻居".to_owned()), ..MemberFilter::default() });
        let look = test.app.tag_members(&test.owner, &whom, &tag, true, true).await.unwrap();
        assert_eq!((look.members, look.unchanged, look.sample.len()), (29, 1, 20));
        assert_eq!(test.app.tags(&test.owner).await.unwrap()[0].members, 1);
        let done = test.app.tag_members(&test.owner, &whom, &tag, true, false).await.unwrap();
        assert_eq!(done, look);
        assert_eq!(test.app.tags(&test.owner).await.unwrap()[0].members, 30);
        let tag_id = test.app.tags(&test.owner).await.unwrap()[0].id;
        let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
        let line = yutang_store::audit::last(
            &mut tx, test.workspace.id, "member.tag_many", &format!("tag:{tag_id}"),
        ).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        test.app.undo(&test.owner, line.id).await.unwrap();
        assert_eq!(test.app.tags(&test.owner).await.unwrap()[0].members, 1);

        test.app.edit_tag(&test.owner, tag_id, Some("老邻居"), Some(Color::Gold)).await.unwrap();
        test.app.delete_tag(&test.owner, tag_id).await.unwrap();
        let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
        let line = yutang_store::audit::last(
            &mut tx, test.workspace.id, "tag.delete", &format!("tag:{tag_id}"),
        ).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        test.app.undo(&test.owner, line.id).await.unwrap();
        let back = test.app.tags(&test.owner).await.unwrap();
        assert_eq!((back[0].name.as_str(), back[0].color.as_str(), back[0].members), ("老邻居", "gold", 1));
        let nobody = test.app.tag_members(&test.owner, &Whom::Ids(vec![]), &tag, true, true).await;
        assert_eq!(nobody.unwrap_err().code(), "tag.nobody");
        test.finish().await;
    }

    /// Lists show people, not records: figures are summed, pages leave nobody out.
    /// req: 000-031, 002-028
    async fn lists_show_people(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let people: Vec<Sighting> =
            (0..25).map(|n| sighting(&test, &format!("wx_{n}"), &format!("顾客{n}"))).collect();
        let ids = seen(&test, &people).await;
        let now = test.app.now();
        for (n, id) in ids.iter().enumerate() {
            ordered(&test, *id, &format!("A{n}"), 1_000 * n as i64, now.plus(-(n as i64) * 10 * DAY)).await;
        }
        test.app.merge_members(&test.owner, ids[3], ids[24], "同一手机号").await.unwrap();

        for sort in [Sort::Name, Sort::Amount, Sort::Seen, Sort::Joined, Sort::Orders] {
            let mut all = Vec::new();
            let mut after: Option<Cursor> = None;
            loop {
                let page = test.app
                    .members(&test.owner, &MemberFilter::default(), (sort, after.as_ref()), 7)
                    .await
                    .unwrap();
                assert_eq!(page.counted, 24);
                all.extend(page.rows);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(all.len(), 24, "{sort:?}");
            assert!(all.iter().all(|row| row.listed.id != ids[24]));
            let merged = all.iter().find(|row| row.listed.id == ids[3]).unwrap();
            assert_eq!((merged.listed.order_count, merged.listed.amount_minor), (2, 27_000));
            if sort == Sort::Amount {
                assert_eq!(all[0].listed.id, ids[3]);
                assert!(all.windows(2).all(|w| w[0].listed.amount_minor >= w[1].listed.amount_minor));
            }
        }
        let payers = MemberFilter { role: Some(MemberRole::Payer), ..MemberFilter::default() };
        assert_eq!(found(&test, &test.owner, &payers).await.len(), 18);
        let repeat = MemberFilter { view: Some(MemberView::RepeatBuyers), ..MemberFilter::default() };
        assert_eq!(found(&test, &test.owner, &repeat).await, [ids[3]]);

        let group = group(&test, "海岸城福利1群").await;
        say(&test, group, &[(ids[5], "顾客5", "吐司切片冷冻,烤两分钟跟刚出炉一样")]).await;
        let speakers = MemberFilter { role: Some(MemberRole::Participant), ..MemberFilter::default() };
        assert_eq!(found(&test, &test.owner, &speakers).await, [ids[5]]);
        test.app.set_member_role(&test.owner, ids[5], MemberRole::Manager, true).await.unwrap();
        let both = test.app.person(&test.owner, ids[5]).await.unwrap().roles;
        assert!(both.contains(&MemberRole::Manager) && both.contains(&MemberRole::Participant), "{both:?}");
        let there = MemberFilter { group: Some(group), ..MemberFilter::default() };
        assert_eq!(found(&test, &test.owner, &there).await, [ids[5]]);
        let bystanders = MemberFilter { role: Some(MemberRole::Bystander), ..MemberFilter::default() };
        assert_eq!(found(&test, &test.owner, &bystanders).await.len(), 24 - 18);
        test.app.store().checkpoint().await.unwrap();
        test.finish().await;
    }

    /// Merging and taking apart restores everything, in whatever order links are taken back.
    async fn merges_can_be_taken_back_in_any_order(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let people: Vec<Sighting> = (0..7)
            .map(|n| {
                let mut s = sighting(&test, &format!("wx_{n}"), &format!("林{n}默"));
                s.phone = Some(format!("1380000{n:04}"));
                s
            })
            .collect();
        let ids = seen(&test, &people).await;
        for (n, id) in ids.iter().enumerate() {
            test.app.tag_member(&test.owner, *id, &TagRef::Name(format!("标签{}", n % 3))).await.unwrap();
            ordered(&test, *id, &format!("B{n}"), 100, test.app.now().plus(-DAY)).await;
        }
        let before = snapshot(&test).await;
        let mut rng = rng(7);
        for round in 0..6 {
            let mut links = Vec::new();
            for _ in 0..12 {
                let (a, b) = (ids[rng.usize(..ids.len())], ids[rng.usize(..ids.len())]);
                match test.app.merge_members(&test.owner, a, b, "看着像").await {
                    Ok(link) => links.push(link),
                    Err(error) => assert_eq!(error.code(), "member_link.same"),
                }
                if !links.is_empty() && rng.bool() {
                    let link = links.swap_remove(rng.usize(..links.len()));
                    test.app.unlink_members(&test.owner, link).await.unwrap();
                    let again = test.app.unlink_members(&test.owner, link).await;
                    assert_eq!(again.unwrap_err().code(), "member_link.undone");
                }
                let page = test.app
                    .members(&test.owner, &MemberFilter::default(), (Sort::Name, None), 50)
                    .await
                    .unwrap();
                let orders: i64 = page.rows.iter().map(|row| row.listed.order_count).sum();
                assert_eq!(orders, 7, "round {round}: no order is lost or doubled");
                assert_eq!(page.rows.len() + links.len(), 7, "each link joins two people");
            }
            rng.shuffle(&mut links);
            for link in links {
                test.app.unlink_members(&test.owner, link).await.unwrap();
            }
            assert_eq!(snapshot(&test).await, before, "round {round}");
        }
        test.finish().await;
    }

    /// Two accounts that somebody has proved to hold are made one by a person only, and a merge is
    /// on both timelines. req: 004-001
    async fn verified_twins_need_a_person(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let ids = seen(&test, &[sighting(&test, "wx_a", "何洁"), sighting(&test, "wx_b", "何洁洁")]).await;
        let mut tx = test.app.store().begin(Mode::Write).await.unwrap();
        for id in &ids {
            for account in identity::of_person(&mut tx, test.workspace.id, *id).await.unwrap() {
                identity::verify(&mut tx, test.workspace.id, account.id, test.app.now()).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
        let mut program = test.owner.clone();
        program.actor = yutang_domain::actor::Actor::System("duplicates");
        let refused = test.app.merge_members(&program, ids[0], ids[1], "同名").await;
        assert_eq!(refused.unwrap_err().code(), "member_link.verified");
        let link = test.app.merge_members(&test.owner, ids[0], ids[1], "本人确认").await.unwrap();
        let person = test.app.person(&test.owner, ids[1]).await.unwrap();
        assert_eq!(person.id, ids[0]);
        assert_eq!(person.records, ids);
        assert_eq!((person.identities.len(), person.links[0].other.0), (2, ids[1]));
        assert_eq!(search(&test, "洁洁").await, [ids[0]]);
        let (timeline, _) = test.app.timeline(&test.owner, ids[0], None, 50).await.unwrap();
        let merged = timeline.iter().find(|h| h.code == "timeline.merged").unwrap();
        assert_eq!(merged.undo.as_ref().unwrap().id, link.to_string());
        test.app.unlink_members(&test.owner, link).await.unwrap();
        for id in &ids {
            let (timeline, _) = test.app.timeline(&test.owner, *id, None, 50).await.unwrap();
            assert!(timeline.iter().any(|h| h.code == "timeline.unlinked"));
            assert!(timeline.iter().all(|h| h.undo.is_none()));
        }
        test.finish().await;
    }

    /// The same phone, or the same birthday with a name near it, suggests one person; a name alone
    /// does not.
    async fn likely_duplicates_are_suggested_with_reasons(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let birthday = Birthday {
            calendar: BirthCalendar::Lunar, year: None, month: 8, day: 15, leap: false,
        };
        let with = |id: &str, name: &str, phone: Option<&str>, birthday: Option<Birthday>| Sighting {
            phone: phone.map(str::to_owned),
            birthday,
            ..sighting(&test, id, name)
        };
        let ids = seen(&test, &[
            with("wx_1", "王小芳", Some("13812345678"), Some(birthday)),
            with("wx_2", "王小芳妈妈", Some("+86 138-1234-5678"), Some(birthday)),
            with("wx_3", "王小芳", None, None),
            with("wx_4", "李雷", None, Some(birthday)),
        ]).await;
        let of = test.app.duplicates_of(&test.owner, ids[1]).await.unwrap();
        assert_eq!(of.len(), 1);
        assert_eq!((of[0].other.0, of[0].candidate.score), (ids[0], 100));
        assert_eq!(test.app.duplicates(&test.owner).await.unwrap().len(), 1);
        let doubtful = MemberFilter { view: Some(MemberView::Duplicates), ..MemberFilter::default() };
        assert_eq!(found(&test, &test.owner, &doubtful).await, [ids[0], ids[1]]);
        let page = test.app
            .members(&test.owner, &MemberFilter::default(), (Sort::Name, None), 50)
            .await
            .unwrap();
        for row in page.rows {
            assert_eq!(row.possible_duplicate, ids[..2].contains(&row.listed.id), "{}", row.listed.name);
        }
        test.app.merge_members(&test.owner, ids[0], ids[1], "同一手机号").await.unwrap();
        assert!(test.app.duplicates(&test.owner).await.unwrap().is_empty());
        test.finish().await;
    }

    /// Whoever answers for one branch sees its people only.
    async fn a_branch_sees_its_own_people(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let branch = |name: &str| yutang_app::branch::BranchInput {
            name: name.to_owned(),
            kind: yutang_domain::branch::BranchKind::Store,
            parent_id: None,
            code: None,
            region: None,
        };
        let here = test.app.create_branch(&test.owner, branch("海岸城店")).await.unwrap();
        let there = test.app.create_branch(&test.owner, branch("西乡店")).await.unwrap();
        let of = |id: &str, name: &str, branch| Sighting {
            branch_id: Some(branch), ..sighting(&test, id, name)
        };
        let ids = seen(&test, &[of("wx_1", "王芳", here.id), of("wx_2", "王芬", there.id)]).await;
        let mut manager = test.caller(Role::Manager, "manager").await;
        let yutang_domain::actor::Actor::Staff { scope, .. } = &mut manager.actor else { panic!() };
        scope.branch = Some((here.id, here.path.clone()));
        assert_eq!(found(&test, &manager, &MemberFilter::default()).await, [ids[0]]);
        assert!(test.app.person(&manager, ids[0]).await.is_ok());
        let hidden = test.app.person(&manager, ids[1]).await;
        assert_eq!(hidden.unwrap_err().code(), "store.not_found");
        let tag = TagRef::Name("x".to_owned());
        assert!(test.app.tag_member(&manager, ids[1], &tag).await.is_err());
        let elsewhere = MemberFilter { branch: Some(there.id), ..MemberFilter::default() };
        assert!(test.app.members(&manager, &elsewhere, (Sort::Name, None), 10).await.is_err());
        assert_eq!(found(&test, &test.owner, &elsewhere).await, [ids[1]]);
        test.finish().await;
    }

    /// A view has one name in its place.
    async fn views_are_kept(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let view = test.app.save_view(&test.owner, "members", "老客", "view=repeat_buyers").await.unwrap();
        let twice = test.app.save_view(&test.owner, "members", "老客", "").await;
        assert_eq!(twice.unwrap_err().code(), "saved_view.taken");
        assert_eq!(test.app.saved_views(&test.owner, Some("groups")).await.unwrap().len(), 0);
        test.app.drop_view(&test.owner, view.id).await.unwrap();
        assert!(test.app.drop_view(&test.owner, view.id).await.is_err());
        test.finish().await;
    }
}

/// What a merge may touch, as text.
async fn snapshot(test: &TestApp) -> Vec<String> {
    let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
    let mut lines = Vec::new();
    let all: Vec<store::Member> = tx
        .all("SELECT * FROM member ORDER BY id", vec![])
        .await
        .unwrap();
    lines.extend(all.iter().map(|row| format!("{row:?}")));
    for row in &all {
        let tags = yutang_store::tag::carried(&mut tx, test.workspace.id, &[row.id])
            .await
            .unwrap();
        lines.extend(tags.iter().map(|tag| format!("{tag:?}")));
    }
    yutang_store::record! {
        /// A term.
        pub struct Term {
            /// The term.
            pub term: String,
            /// Of whom.
            pub target_id: i64,
        }
    }
    let terms: Vec<Term> = tx
        .all(
            "SELECT term, target_id FROM search_term WHERE kind = 'member' ORDER BY target_id, term",
            vec![],
        )
        .await
        .unwrap();
    lines.extend(terms.iter().map(|term| format!("{term:?}")));
    tx.commit().await.unwrap();
    lines
}
