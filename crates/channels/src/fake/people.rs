//! The people of the world.

use std::sync::LazyLock;

use yutang_domain::time::Timestamp;

use super::section::{rng, words_of};

/// Somebody in the world, as a member list would describe them.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Their number; staff come first.
    pub index: u32,
    /// Their id on the network.
    pub external_id: String,
    /// The name they show.
    pub name: String,
    /// The number they ordered with.
    pub phone: Option<String>,
    /// Month, day and year of birth, and whether in the lunar calendar.
    pub birthday: Option<Birthday>,
    /// The group through which they came.
    pub home: usize,
    /// When they came into it.
    pub joined_at: Timestamp,
    /// When they left it.
    pub left_at: Option<Timestamp>,
    /// Who brought them.
    pub inviter: Option<u32>,
    /// How they came.
    pub via: &'static str,
    /// How readily they talk: 0 = never.
    pub talk: f64,
    /// Mean days between orders; `None` = never orders.
    pub gap: Option<f64>,
}

/// A birthday as people give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Birthday {
    /// Counted by the moon.
    pub lunar: bool,
    /// 1-12.
    pub month: u8,
    /// 1-31.
    pub day: u8,
    /// The year, if they gave it.
    pub year: Option<u16>,
}

struct Names {
    family: Vec<&'static str>,
    given: Vec<&'static str>,
    nick: Vec<&'static str>,
    parent: Vec<&'static str>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let data = include_str!("../../data/names.txt");
    Names {
        family: words_of(data, "family"),
        given: words_of(data, "given"),
        nick: words_of(data, "nick"),
        parent: words_of(data, "parent"),
    }
});

const KIND: u64 = 11;

/// The id of a person on the network.
pub fn external_id(index: u32) -> String {
    format!("fk_p{index:06}")
}

/// A telephone number of nobody.
pub fn phone(index: u32) -> String {
    let spread = u64::from(index) * 7919 % 100_000_000;
    format!("154{spread:08}")
}

/// A full name.
pub fn full_name(rng: &mut fastrand::Rng) -> String {
    let names = &*NAMES;
    format!(
        "{}{}",
        names.family[rng.usize(..names.family.len())],
        names.given[rng.usize(..names.given.len())]
    )
}

/// The name somebody shows: a real one, a nickname, or whose parent they are.
pub(super) fn shown_name(parents: bool, store: &str, rng: &mut fastrand::Rng) -> String {
    let names = &*NAMES;
    let nick = names.nick[rng.usize(..names.nick.len())];
    match rng.u8(..100) {
        0..40 => full_name(rng),
        40..60 if parents => {
            format!("{nick}{}", names.parent[rng.usize(..names.parent.len())])
        }
        40..52 => format!("{nick}{}", rng.u8(2..100)),
        52..64 => format!("{store}{nick}"),
        64..76 => format!("{nick}@{}栋", rng.u8(1..19)),
        76..88 => {
            let family = names.family[rng.usize(..names.family.len())];
            format!("{nick}{family}")
        }
        _ => {
            let family = names.family[rng.usize(..names.family.len())];
            let call = ["姐", "哥", "阿姨", "老师", "先生", "女士"][rng.usize(..6)];
            format!(
                "{family}{call}{}",
                ["", "🌿", "🍞", "✨", "-A座", "🐱"][rng.usize(..6)]
            )
        }
    }
}

/// What a person is like, apart from the group they are in.
pub(super) fn person(seed: u64, index: u32, parents: bool, store: &str) -> Person {
    let mut rng = rng(seed, KIND, u64::from(index));
    let name = shown_name(parents, store, &mut rng);
    let phone = (rng.u8(..100) < 55).then(|| phone(index));
    let birthday = (rng.u8(..100) < 28).then(|| Birthday {
        lunar: rng.u8(..100) < 15,
        month: rng.u8(1..=12),
        day: rng.u8(1..=28),
        year: (rng.u8(..100) < 60).then(|| rng.u16(1955..2004)),
    });
    Person {
        index,
        external_id: external_id(index),
        name,
        phone,
        birthday,
        home: 0,
        joined_at: Timestamp::default(),
        left_at: None,
        inviter: None,
        via: "code",
        talk: 0.0,
        gap: None,
    }
}
