//! Nobody climbs before they could know of the step before.

use yutang_channels::{Inbound, Wish};
use yutang_domain::{
    capability::Profile,
    moderation::{HitKind, Mode, Tone},
    sanction::FAIR_MS,
    time::{MINUTE, SECOND},
};
use yutang_testkit::{TestDatabase, both_engines};

use super::{House, LIGHT_ADVERT as ADVERT, in_group, posted, taken_down, whispered};

fn tones(rows: &[yutang_app::moderation::QueueRow]) -> Vec<Tone> {
    rows.iter().rev().map(|row| row.row.tone).collect()
}

both_engines! {
    /// req: 003-167, 003-169
    async fn an_advert_pasted_into_three_groups_is_one_step(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        house.another_group("g2", "海岸城福利2群", Mode::Act).await;
        house.another_group("g3", "海岸城福利3群", Mode::Act).await;
        let now = house.test.app.now();
        for (n, external) in ["g1", "g2", "g3"].into_iter().enumerate() {
            let at = now.plus(n as i64 * SECOND);
            house.receive(&[in_group(external, posted(&format!("p{n}"), at, "王芳", ADVERT))]).await;
        }
        let rows = house.queue().await;
        assert_eq!(tones(&rows), [Tone::Gentle, Tone::Gentle, Tone::Gentle]);
        let groups: Vec<&str> = rows.iter().rev().map(|row| row.group_name.as_str()).collect();
        assert_eq!(groups, ["海岸城福利1群", "海岸城福利2群", "海岸城福利3群"], "each group sees its own");
        let writer = rows[0].row.member_id;
        assert_eq!(house.strikes(writer).await, 1);
        let wishes = house.wishes().await;
        assert_eq!(whispered(&wishes).len(), 1, "told once: {wishes:?}");
        assert_eq!(taken_down(&wishes), ["p1", "p2"], "what came after the first goes");
        assert!(!wishes.iter().any(|wish| matches!(wish, Wish::Remove { .. })), "{wishes:?}");

        // The notice has left this instant; it can hardly have been read.
        house.test.advance(5 * SECOND).await;
        house.receive(&[in_group("g2", posted("p3", house.test.app.now(), "王芳", ADVERT))]).await;
        assert_eq!((house.queue().await.len(), house.strikes(writer).await), (3, 1));
        assert_eq!(taken_down(&house.wishes().await), ["p3"]);
        house.test.advance(10 * SECOND).await;
        house.receive(&[in_group("g3", posted("p4", house.test.app.now(), "王芳", ADVERT))]).await;
        let row = house.latest().await;
        assert_eq!((row.row.tone, row.row.strikes, house.strikes(writer).await), (Tone::Neutral, 1, 2));
        house.wishes().await;
        house.finish().await;
    }

    async fn several_faults_in_one_breath_are_one_step(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let now = house.test.app.now();
        let burst: Vec<Inbound> = (0..8)
            .map(|n| {
                let text = if n == 0 { ADVERT.to_owned() } else { format!("第{n}句随便说说") };
                posted(&format!("b{n}"), now.plus(n * SECOND), "王芳", &text)
            })
            .collect();
        for one in &burst {
            house.receive(std::slice::from_ref(one)).await;
        }
        let rows = house.queue().await;
        assert_eq!(tones(&rows), [Tone::Gentle]);
        assert_eq!(rows[0].row.kind, HitKind::Advert);
        assert!(rows[0].causes.len() > 1 && rows[0].row.hits.contains("flood.10s"), "it shows all: {}", rows[0].row.hits);
        assert_eq!(house.strikes(rows[0].row.member_id).await, 1);
        house.wishes().await;
        house.finish().await;
    }

    /// A notice that cannot leave holds its writer to nothing, though not for ever.
    async fn a_notice_on_its_way_is_waited_for_and_not_for_ever(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        house.say("王芳", ADVERT).await;
        house.test.advance(30 * MINUTE).await;
        let second = house.say("王芳", ADVERT).await;
        let rows = house.queue().await;
        assert_eq!((tones(&rows), rows[0].causes.len()), (vec![Tone::Gentle], 2));
        assert!(rows[0].row.measures.contains("delete"));
        house.test.advance(FAIR_MS - 30 * MINUTE).await;
        house.say("王芳", ADVERT).await;
        assert_eq!(house.latest().await.row.tone, Tone::Neutral);
        let wishes = house.wishes().await;
        assert!(taken_down(&wishes).contains(&second.as_str()));
        house.finish().await;
    }

    /// Where a person says it, it is said when they have.
    async fn what_a_person_says_counts_from_when_they_said_it(database: TestDatabase) {
        let house = House::open(&database, Profile::WecomArchive, Mode::Act).await;
        house.say("王芳", ADVERT).await;
        house.test.advance(20 * MINUTE).await;
        house.say("王芳", ADVERT).await;
        assert_eq!(tones(&house.queue().await), [Tone::Gentle], "nobody has told them yet");
        assert_eq!(house.asked("task.sanction_delete_told").await.len(), 1, "and the message goes");
        assert_eq!(house.do_tasks("task.sanction_notice").await, 1);
        house.test.advance(11 * SECOND).await;
        house.say("王芳", ADVERT).await;
        assert_eq!(tones(&house.queue().await), [Tone::Gentle, Tone::Neutral]);
        house.finish().await;
    }

    /// A rehearsal climbs as the play would.
    async fn a_rehearsal_and_a_replay_climb_alike(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Watch).await;
        house.another_group("g2", "海岸城福利2群", Mode::Watch).await;
        house.say("王芳", ADVERT).await;
        house.test.advance(2 * SECOND).await;
        house.receive(&[in_group("g2", posted("p1", house.test.app.now(), "王芳", ADVERT))]).await;
        house.test.advance(2 * SECOND).await;
        house.say("王芳", ADVERT).await;
        assert_eq!(tones(&house.queue().await), [Tone::Gentle, Tone::Gentle]);
        house.test.advance(MINUTE).await;
        house.say("王芳", ADVERT).await;
        let rows = house.queue().await;
        assert_eq!((tones(&rows), rows[0].row.strikes), (vec![Tone::Gentle, Tone::Gentle, Tone::Neutral], 1));
        let replay = house.test.app.replay(&house.test.owner, house.group, (None, None)).await.unwrap();
        let replayed: Vec<_> = replay.decisions.iter().map(|one| (one.tone.unwrap(), one.strikes)).collect();
        assert_eq!(replayed, [(Tone::Gentle, 0), (Tone::Gentle, 0), (Tone::Neutral, 1)]);
        assert_eq!(house.wishes().await, []);
        house.finish().await;
    }
}
