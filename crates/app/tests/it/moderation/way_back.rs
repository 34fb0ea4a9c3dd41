//! Back into a group: whoever was put out for a while, and nobody who went by themselves.

use yutang_channels::{Fact, Wish};
use yutang_domain::{
    capability::Profile,
    moderation::{Mode, Tone},
    time::{DAY, HOUR, MINUTE},
};
use yutang_testkit::{TestDatabase, both_engines};

use super::{ADVERT, House, fact, sender, whispered};

impl House {
    /// Somebody broke a rule for the second time, and what follows is under way.
    async fn out(&self, name: &str) {
        self.say(name, ADVERT).await;
        self.wishes().await;
        self.do_tasks("task.sanction_").await;
        self.test.advance(MINUTE).await;
        self.say(name, ADVERT).await;
        assert_eq!(self.latest().await.row.tone, Tone::Neutral);
    }

    async fn goes(&self, name: &str, put_out: bool) {
        let who = sender(name);
        let happened = if put_out {
            Fact::Removed { who, by: None }
        } else {
            Fact::Left { who }
        };
        let key = self.key();
        self.receive(&[fact(&key, self.test.app.now(), happened)])
            .await;
    }

    /// Four hours later.
    async fn way_back(&self) -> Vec<Wish> {
        self.test.advance(4 * HOUR).await;
        assert_eq!(self.test.app.let_back(10).await.unwrap(), 1);
        self.wishes().await
    }
}

/// The wishes that open the door without a word.
fn silently(wishes: &[Wish]) -> usize {
    let silent = |wish: &&Wish| matches!(wish, Wish::Readmit { silent: true, .. });
    wishes.iter().filter(silent).count()
}

fn let_in(wishes: &[Wish]) -> usize {
    wishes
        .iter()
        .filter(|wish| matches!(wish, Wish::Readmit { .. }))
        .count()
}

both_engines! {
    /// req: 000-009, 003-169
    async fn who_was_put_out_may_come_back_and_who_left_is_left_alone(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        house.out("王芳").await;
        house.wishes().await;
        house.goes("王芳", true).await;
        let wishes = house.way_back().await;
        assert_eq!((let_in(&wishes), whispered(&wishes).len()), (1, 1), "{wishes:?}");
        assert_eq!(silently(&wishes), 0);

        // Whoever said stop meanwhile finds the door open, and is sent nothing.
        house.out("周姐").await;
        house.wishes().await;
        house.goes("周姐", true).await;
        house.whisper("周姐", "停止").await;
        house.wishes().await;
        let wishes = house.way_back().await;
        assert_eq!((silently(&wishes), wishes.len()), (1, 1), "{wishes:?}");

        // Put out by the program, asked in again by somebody, and gone by themselves since.
        house.out("李姐").await;
        house.wishes().await;
        house.goes("李姐", true).await;
        house.test.advance(MINUTE).await;
        let key = house.key();
        house.receive(&[super::joined(&key, house.test.app.now(), "李姐")]).await;
        house.test.advance(MINUTE).await;
        house.goes("李姐", false).await;
        house.wishes().await;
        assert_eq!(house.way_back().await, [], "nobody is chased");
        house.test.advance(DAY).await;
        house.wishes().await;
        house.finish().await;
    }

    /// A person was to put them out, did not, and they left: that is their own will.
    async fn nobody_is_asked_back_whom_nobody_put_out(database: TestDatabase) {
        let house = House::open(&database, Profile::WecomArchive, Mode::Act).await;
        house.out("王芳").await;
        assert_eq!(house.asked("task.sanction_remove").await.len(), 1);
        house.goes("王芳", false).await;
        house.way_back().await;
        let what: Vec<String> = house.tasks().await.into_iter().map(|task| task.row.what).collect();
        assert!(!what.iter().any(|what| what.starts_with("task.sanction_re")), "{what:?}");
        house.finish().await;
    }

    async fn stop_also_stops_the_words_of_the_way_back(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        house.out("王芳").await;
        house.wishes().await;
        house.goes("王芳", true).await;
        house.whisper("王芳", "停止").await;
        assert_eq!(whispered(&house.wishes().await).len(), 1, "that it was heard");
        let wishes = house.way_back().await;
        assert_eq!((let_in(&wishes), whispered(&wishes)), (1, vec![]), "the door is open, and nothing is said");
        house.finish().await;
    }

    /// Where a person lets them in, they have the code, and nothing else promises one.
    async fn a_person_asks_back_with_the_code_of_the_group(database: TestDatabase) {
        let house = House::open(&database, Profile::WecomArchive, Mode::Act).await;
        house.out("王芳").await;
        let told = house.asked("task.sanction_remove").await.remove(0).row.body;
        assert!(told.contains("起可以回群") && !told.contains('码'), "{told}");
        house.do_tasks("task.sanction_remove").await;
        house.goes("王芳", true).await;
        house.way_back().await;
        let task = house.asked("task.sanction_readmit").await.remove(0);
        assert!(task.row.body.contains("欢迎回群") && !task.row.body.contains('码'), "{}", task.row.body);
        assert_eq!(task.row.picture, None, "no code is known to the program");

        // A code that has ended is made anew first.
        let yesterday = house.test.app.now().plus(-DAY);
        house.change_group(house.group, |row| row.code_expires_at = Some(yesterday)).await;
        house.out("李姐").await;
        house.do_tasks("task.sanction_remove").await;
        house.way_back().await;
        assert_eq!(house.asked("task.sanction_readmit_code").await.len(), 1);

        // Whoever said stop is not asked at all: nobody keeps them out here.
        house.out("张哥").await;
        house.do_tasks("task.sanction_remove").await;
        house.whisper("张哥", "停止").await;
        house.way_back().await;
        assert_eq!(house.asked("task.sanction_readmit_code").await.len(), 0);
        house.wishes().await;
        house.finish().await;
    }
}
