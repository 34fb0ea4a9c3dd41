//! Time and chance in the hands of a test.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use yutang_domain::time::{Clock, Timestamp};

/// A clock that stands still until it is moved. Clones show the same time.
#[derive(Clone, Debug)]
pub struct ManualClock {
    ms: Arc<AtomicI64>,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self {
            ms: Arc::new(AtomicI64::new(now.ms())),
        }
    }

    /// Moves the clock by `ms` milliseconds, back if negative, and returns the new time.
    pub fn advance(&self, ms: i64) -> Timestamp {
        Timestamp::from_ms(self.ms.fetch_add(ms, Ordering::SeqCst) + ms)
    }

    /// Sets the clock to `now`.
    pub fn set(&self, now: Timestamp) {
        self.ms.store(now.ms(), Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    /// Friday, 20 November 2026, 09:05 in Shanghai.
    fn default() -> Self {
        Self::at(Timestamp::from_ms(1_795_136_700_000))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.ms.load(Ordering::SeqCst))
    }
}

/// Chance that repeats itself: the same `seed` gives the same numbers on every machine.
pub fn rng(seed: u64) -> fastrand::Rng {
    fastrand::Rng::with_seed(seed)
}

#[cfg(test)]
mod tests {
    use yutang_domain::time::{HOUR, Zone};

    use super::*;

    #[test]
    fn clones_show_the_same_time() {
        let clock = ManualClock::default();
        let other = clock.clone();
        let before = clock.now();
        assert_eq!(other.advance(HOUR).since(before), HOUR);
        assert_eq!(clock.now(), other.now());
        clock.set(before);
        assert_eq!(other.now(), before);
    }

    #[test]
    fn the_default_is_a_friday_morning_in_shanghai() {
        let zone = Zone::from_name("Asia/Shanghai").unwrap();
        let now = ManualClock::default().now();
        assert_eq!(zone.civil(now).to_string(), "2026-11-20T09:05:00");
        assert_eq!(zone.day(now).weekday(), 5);
    }

    #[test]
    fn a_seed_repeats_itself() {
        let draw = |seed| {
            let mut rng = rng(seed);
            (0..8).map(|_| rng.u64(..)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}
