//! What the people of the world say: phrases of `data/talk.txt` with their gaps filled.

use std::sync::LazyLock;

use super::{order::GOODS, section::sections};

/// What a phrase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Greetings, cheers, sign-ins.
    Greeting,
    /// First words of somebody new.
    Newcomer,
    /// Talk about bread.
    Bread,
    /// Talk about afternoon tea at work.
    Tea,
    /// Talk among parents.
    Parents,
    /// Talk in a baking course.
    Course,
    /// What stands under a picture.
    Photo,
    /// About fetching what was ordered.
    Pickup,
    /// A line of an order list.
    OrderLine,
    /// Thanks.
    Thanks,
    /// Anything but bread.
    Chat,
    /// Adverts.
    Advert,
    /// A complaint.
    Complaint,
    /// Staff in the morning.
    StaffMorning,
    /// Staff through the day.
    StaffPost,
    /// Staff answering.
    StaffAnswer,
    /// Staff welcoming.
    StaffWelcome,
    /// Staff of a course.
    StaffCourse,
    /// Somebody who answers everybody, with little.
    RegularAnswer,
    /// Somebody who helps people across groups.
    Connector,
}

const SECTIONS: [(Topic, &str); 20] = [
    (Topic::Greeting, "greeting"),
    (Topic::Newcomer, "newcomer"),
    (Topic::Bread, "bread"),
    (Topic::Tea, "tea"),
    (Topic::Parents, "parents"),
    (Topic::Course, "course"),
    (Topic::Photo, "photo"),
    (Topic::Pickup, "pickup"),
    (Topic::OrderLine, "order_line"),
    (Topic::Thanks, "thanks"),
    (Topic::Chat, "chat"),
    (Topic::Advert, "advert"),
    (Topic::Complaint, "complaint"),
    (Topic::StaffMorning, "staff_morning"),
    (Topic::StaffPost, "staff_post"),
    (Topic::StaffAnswer, "staff_answer"),
    (Topic::StaffWelcome, "staff_welcome"),
    (Topic::StaffCourse, "staff_course"),
    (Topic::RegularAnswer, "regular_answer"),
    (Topic::Connector, "connector"),
];

/// A question with its answers.
type Thread = (&'static str, Vec<&'static str>);

struct Bank {
    lines: Vec<Vec<&'static str>>,
    questions: Vec<Thread>,
    course_questions: Vec<Thread>,
}

static BANK: LazyLock<Bank> = LazyLock::new(|| {
    let all = sections(include_str!("../../data/talk.txt"));
    let of = |name: &str| -> Vec<&'static str> {
        all.iter()
            .filter(|(section, _)| *section == name)
            .flat_map(|(_, l)| l.clone())
            .collect()
    };
    let threads = |name: &str| -> Vec<Thread> {
        of(name)
            .into_iter()
            .map(|line| {
                let mut parts = line.split('|');
                (parts.next().unwrap_or_default(), parts.collect())
            })
            .collect()
    };
    Bank {
        lines: SECTIONS.iter().map(|(_, name)| of(name)).collect(),
        questions: threads("question"),
        course_questions: threads("course_question"),
    }
});

/// All phrases of a topic, gaps open.
pub fn phrases(topic: Topic) -> &'static [&'static str] {
    let index = SECTIONS
        .iter()
        .position(|(t, _)| *t == topic)
        .expect("every topic has a section");
    &BANK.lines[index]
}

/// All questions with their answers, gaps open.
pub fn threads(course: bool) -> &'static [Thread] {
    if course {
        &BANK.course_questions
    } else {
        &BANK.questions
    }
}

/// One phrase of a topic with its gaps filled.
pub fn say(topic: Topic, store: &str, rng: &mut fastrand::Rng) -> String {
    let lines = phrases(topic);
    fill(lines[rng.usize(..lines.len())], store, rng)
}

/// A question and up to two answers.
pub fn ask(course: bool, store: &str, rng: &mut fastrand::Rng) -> (String, Vec<String>) {
    let list = threads(course);
    let (question, answers) = &list[rng.usize(..list.len())];
    let mut given = vec![fill(answers[rng.usize(..answers.len())], store, rng)];
    if rng.u8(..10) < 3
        && let Some(other) = answers
            .iter()
            .map(|a| fill(a, store, rng))
            .find(|a| !given.contains(a))
    {
        given.push(other);
    }
    (fill(question, store, rng), given)
}

const TIMES: [&str; 12] = [
    "七点半",
    "八点半",
    "九点",
    "十点",
    "十一点半",
    "中午十二点",
    "下午两点",
    "下午三点半",
    "下午四点",
    "五点半",
    "六点",
    "晚上七点",
];
const DAYS: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];

/// Fills the gaps of a phrase.
pub fn fill(phrase: &str, store: &str, rng: &mut fastrand::Rng) -> String {
    if !phrase.contains('{') {
        return phrase.to_owned();
    }
    let mut text = String::with_capacity(phrase.len() + 16);
    let first = rng.usize(..18);
    let mut rest = phrase;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else {
            break;
        };
        text.push_str(&rest[..open]);
        match &rest[open + 1..open + close] {
            "bread" => text.push_str(GOODS[first].name),
            "other" => text.push_str(GOODS[(first + 1 + rng.usize(..16)) % 18].name),
            "store" => text.push_str(store),
            "time" => text.push_str(TIMES[rng.usize(..TIMES.len())]),
            "day" => text.push_str(DAYS[rng.usize(..DAYS.len())]),
            "n" => text.push_str(&rng.u8(2..9).to_string()),
            "price" => text.push_str(&rng.u8(9..40).to_string()),
            _ => text.push_str(&rest[open..=open + close]),
        }
        rest = &rest[open + close + 1..];
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn there_is_enough_to_say() {
        let mut all: HashSet<&str> = HashSet::new();
        for (topic, name) in SECTIONS {
            assert!(!phrases(topic).is_empty(), "{name}");
            for phrase in phrases(topic) {
                assert!(all.insert(phrase), "twice: {phrase}");
            }
        }
        for (question, answers) in threads(false).iter().chain(threads(true)) {
            assert!(!answers.is_empty(), "nobody answers {question}");
            all.insert(question);
            for answer in answers {
                assert!(all.insert(answer), "twice: {answer}");
            }
        }
        assert!(all.len() >= 300, "{} phrases", all.len());
    }

    #[test]
    fn no_gap_stays_open() {
        let mut rng = fastrand::Rng::with_seed(1);
        for (topic, _) in SECTIONS {
            for phrase in phrases(topic) {
                let said = fill(phrase, "海岸城", &mut rng);
                assert!(!said.contains('{') && !said.contains('}'), "{said}");
            }
        }
    }
}
