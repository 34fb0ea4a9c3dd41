//! How fast Telegram may be spoken to: one message a second in a conversation, 20 a minute in a
//! group, 30 a second in all.
//!
//! A message that has to wait is given a place in its conversation's line, and keeps it until it
//! comes again: so nothing is pushed back for ever by what came later.

use std::collections::{HashMap, VecDeque};

use yutang_domain::time::{HOUR, MINUTE, SECOND};

/// Messages a minute in a group.
const GROUP_A_MINUTE: usize = 20;
/// Calls a second in all.
const ALL_A_SECOND: usize = 30;
/// How many conversations are remembered before the quiet ones are forgotten.
const REMEMBERED: usize = 10_000;

#[derive(Debug, Default)]
struct Line {
    /// When its last messages leave, oldest first.
    places: VecDeque<i64>,
    /// Who holds which place.
    held: HashMap<String, i64>,
}

/// The places of everything that is to be said; instants in milliseconds of any steady clock.
#[derive(Debug, Default)]
pub struct Pace {
    lines: HashMap<String, Line>,
    left: VecDeque<i64>,
}

impl Pace {
    /// How long the message `key` has to wait before it is said in `chat`, in milliseconds; 0 when
    /// it may leave now, which is then counted.
    pub fn wait(&mut self, now: i64, chat: &str, key: &str) -> i64 {
        if self.lines.len() > REMEMBERED {
            self.lines
                .retain(|_, line| line.places.back().is_some_and(|last| *last > now - MINUTE));
        }
        let line = self.lines.entry(chat.to_owned()).or_default();
        let place = match line.held.get(key) {
            Some(place) => *place,
            None => line.take(now, chat.starts_with('-')),
        };
        if place > now {
            line.held.insert(key.to_owned(), place);
            return place - now;
        }
        let wait = self.wait_for_all(now);
        if let Some(line) = self.lines.get_mut(chat) {
            if wait == 0 {
                line.held.remove(key);
            } else {
                line.held.insert(key.to_owned(), place);
            }
        }
        wait
    }

    /// How long anything has to wait that is not said in a conversation.
    pub fn wait_for_all(&mut self, now: i64) -> i64 {
        while self.left.front().is_some_and(|left| *left <= now - SECOND) {
            self.left.pop_front();
        }
        match self.left.front() {
            Some(first) if self.left.len() >= ALL_A_SECOND => first + SECOND - now,
            _ => {
                self.left.push_back(now);
                0
            }
        }
    }

    /// Nothing is said in `chat` before `until`: Telegram asked for it.
    pub fn hold(&mut self, chat: &str, until: i64) {
        let line = self.lines.entry(chat.to_owned()).or_default();
        let last = line.places.back().copied().unwrap_or(until);
        line.places.push_back(last.max(until));
    }
}

impl Line {
    fn take(&mut self, now: i64, group: bool) -> i64 {
        // Places that were given away and never taken up.
        self.held.retain(|_, place| *place > now - HOUR);
        while self.places.len() > GROUP_A_MINUTE {
            self.places.pop_front();
        }
        let mut place = now;
        if let Some(last) = self.places.back() {
            place = place.max(last + SECOND);
        }
        if group && self.places.len() >= GROUP_A_MINUTE {
            place = place.max(self.places[self.places.len() - GROUP_A_MINUTE] + MINUTE);
        }
        self.places.push_back(place);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says `count` messages as fast as allowed, and returns when each left.
    fn say(pace: &mut Pace, chat: &str, count: usize) -> Vec<i64> {
        let mut due: Vec<(i64, usize)> = (0..count).map(|n| (0, n)).collect();
        let mut left = vec![0; count];
        while !due.is_empty() {
            due.sort_unstable();
            let (now, n) = due.remove(0);
            match pace.wait(now, chat, &format!("{chat}/{n}")) {
                0 => left[n] = now,
                wait => due.push((now + wait, n)),
            }
        }
        left
    }

    #[test]
    fn a_group_hears_one_a_second_and_20_a_minute() {
        let left = say(&mut Pace::default(), "-7", 50);
        for pair in left.windows(2) {
            assert!(pair[1] - pair[0] >= SECOND, "{pair:?}");
        }
        for run in left.windows(GROUP_A_MINUTE + 1) {
            assert!(run[GROUP_A_MINUTE] - run[0] >= MINUTE, "{run:?}");
        }
        assert_eq!(left[49], 2 * MINUTE + 9 * SECOND, "and no slower than that");
    }

    #[test]
    fn a_person_hears_one_a_second() {
        let left = say(&mut Pace::default(), "7", 30);
        assert_eq!(left[29], 29 * SECOND);
    }

    #[test]
    fn all_together_are_30_a_second() {
        let mut pace = Pace::default();
        let now: Vec<i64> = (0..100)
            .map(|n| pace.wait(0, &n.to_string(), "k"))
            .collect();
        assert_eq!(now.iter().filter(|wait| **wait == 0).count(), 30);
        assert!(now.iter().all(|wait| *wait <= SECOND));
        assert_eq!(pace.wait(SECOND, "31", "k"), 0);
    }

    #[test]
    fn a_place_in_the_line_is_kept() {
        let mut pace = Pace::default();
        assert_eq!(pace.wait(0, "-7", "a"), 0);
        assert_eq!(pace.wait(0, "-7", "b"), SECOND);
        assert_eq!(pace.wait(500, "-7", "c"), 2 * SECOND - 500);
        assert_eq!(pace.wait(SECOND, "-7", "b"), 0);
        assert_eq!(pace.wait(2 * SECOND, "-7", "c"), 0);
    }

    #[test]
    fn patience_asked_for_holds_the_whole_conversation() {
        let mut pace = Pace::default();
        pace.hold("-7", 10 * SECOND);
        assert!(pace.wait(0, "-7", "a") >= 10 * SECOND);
        assert_eq!(pace.wait(0, "-8", "a"), 0);
    }
}
