//! The lay of the world: stores, groups and staff, before anybody says a word.

use yutang_domain::{
    capability::Profile,
    group::{Announcement, Audience, Duty, Monetisation, Ownership, Scene, Shape, Standing, Term},
    time::{DAY, Date, HOUR, Timestamp, Zone},
};

use super::{
    people::full_name,
    section::{rng, sections, words_of},
};

/// How large the world is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// One bakery: 3 stores, 12 groups, 3,000 people, with everything of trade.md 13 in it.
    Demo,
    /// A chain, to see how the program carries a crowd; fewer words per person.
    Chain {
        /// Stores.
        stores: u32,
        /// Groups.
        groups: u32,
        /// People, staff not counted.
        members: u32,
    },
}

/// How a group lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Temper {
    /// 聊得活.
    Lively,
    /// Neither lively nor dying.
    Steady,
    /// 静默但成交: nobody talks, many buy.
    QuietSelling,
    /// 变冷: lively until a week ago.
    Cooling,
    /// 死群.
    Dead,
    /// 广告群.
    Advert,
}

/// A region.
#[derive(Clone, Debug)]
pub struct Region {
    /// Its name.
    pub name: String,
}

/// A store.
#[derive(Clone, Debug)]
pub struct Store {
    /// Its name, with which the names of its groups begin.
    pub name: String,
    /// Its number on receipts.
    pub code: String,
    /// Its region.
    pub region: usize,
}

/// What somebody does for the shop (trade.md 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Post {
    /// 老板.
    Owner,
    /// 总部运营.
    Operator,
    /// 区域督导.
    Supervisor,
    /// 店长.
    Manager,
    /// 导购.
    Sales,
    /// 客服.
    Service,
    /// 数据.
    Analyst,
}

/// Somebody who works for the shop.
#[derive(Clone, Debug)]
pub struct Staff {
    /// Their number among the people.
    pub person: u32,
    /// Their name.
    pub name: String,
    /// What they do.
    pub post: Post,
    /// In which store.
    pub store: Option<usize>,
    /// For which region.
    pub region: Option<usize>,
}

/// Somebody of the staff in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Which of the staff.
    pub staff: usize,
    /// What they answer for.
    pub duty: Duty,
    /// What the network shows them as.
    pub standing: Standing,
}

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its id on the network.
    pub external_id: String,
    /// The store it belongs to.
    pub store: usize,
    /// Its name.
    pub name: String,
    /// What it is used for.
    pub scene: Scene,
    /// How it lives.
    pub temper: Temper,
    /// What it is for, in a sentence.
    pub purpose: String,
    /// What it talks about.
    pub topic_terms: Vec<String>,
    /// Its announcement; empty where nobody wrote one.
    pub announcement: Announcement,
    /// Long or short term.
    pub term: Term,
    /// Sharing or expert-led.
    pub shape: Shape,
    /// Who runs it.
    pub ownership: Ownership,
    /// What its members have in common.
    pub audience: Audience,
    /// How it earns.
    pub monetisation: Monetisation,
    /// That, in words.
    pub monetisation_note: String,
    /// Level of need.
    pub need_level: i64,
    /// How many may come in by its code.
    pub capacity: i64,
    /// First day.
    pub opened_on: Date,
    /// Planned last day.
    pub ends_on: Option<Date>,
    /// When its present code stops working.
    pub code_expires_at: Option<Timestamp>,
    /// The profile of the account it stays on, whatever the others are seen through.
    pub profile: Option<Profile>,
    /// Number of the first person at home in it; they follow one another.
    pub first: u32,
    /// How many people are at home in it, those who left included.
    pub home: u32,
    /// How many are in it now, staff included, where that is planned.
    pub present: Option<u32>,
    /// Its staff.
    pub staff: Vec<Seat>,
    /// The member who helps to run it.
    pub admin: Option<u32>,
}

/// Everything that is planned.
pub(super) struct Plan {
    pub regions: Vec<Region>,
    pub stores: Vec<Store>,
    pub staff: Vec<Staff>,
    pub groups: Vec<Group>,
    /// Number of the first person who is not there yet.
    pub population: u32,
}

/// What a group of a kind is described as.
struct Sheet {
    purpose: &'static str,
    terms: Vec<String>,
    announcement: Announcement,
    note: &'static str,
}

fn sheet(scene: Scene) -> Sheet {
    let name = if scene == Scene::Paid {
        Scene::Training
    } else {
        scene
    }
    .as_str();
    let all = sections(include_str!("../../data/groups.txt"));
    let lines = all
        .iter()
        .find(|(section, _)| *section == name)
        .map_or(&[][..], |(_, l)| l);
    let of = |key: &str| {
        lines
            .iter()
            .find_map(|line| line.split_once('=').filter(|(k, _)| *k == key))
            .map_or("", |(_, value)| value)
    };
    Sheet {
        purpose: of("purpose"),
        terms: of("terms").split_whitespace().map(str::to_owned).collect(),
        announcement: Announcement {
            theme: of("theme").to_owned(),
            services: of("services").to_owned(),
            forbidden: of("forbidden").to_owned(),
            encouraged: of("encouraged").to_owned(),
        },
        note: of("note"),
    }
}

/// The word for a kind of group in its name.
const fn use_word(scene: Scene) -> &'static str {
    match scene {
        Scene::Welfare => "福利",
        Scene::Store => "门店",
        Scene::Tea => "下午茶",
        Scene::Parents => "宝妈",
        Scene::Paid | Scene::Training => "付费烘焙课",
    }
}

fn group(number: usize, store: usize, store_name: &str, scene: Scene, day: Date) -> Group {
    let sheet = sheet(scene);
    let course = matches!(scene, Scene::Paid | Scene::Training);
    Group {
        external_id: format!("fk_g{number:04}"),
        store,
        name: yutang_domain::group::name_by_rule(store_name, use_word(scene), 1),
        scene,
        temper: Temper::Steady,
        purpose: sheet.purpose.to_owned(),
        topic_terms: sheet.terms,
        announcement: sheet.announcement,
        term: if course { Term::Short } else { Term::Long },
        shape: if course {
            Shape::Expert
        } else {
            Shape::Sharing
        },
        ownership: Ownership::Direct,
        audience: if course {
            Audience::Knowledge
        } else {
            Audience::Customer
        },
        monetisation: if course {
            Monetisation::Fee
        } else {
            Monetisation::Goods
        },
        monetisation_note: sheet.note.to_owned(),
        need_level: if course { 5 } else { 1 },
        capacity: yutang_domain::group::SCAN_CAPACITY,
        opened_on: day,
        ends_on: None,
        code_expires_at: None,
        profile: None,
        first: 0,
        home: 0,
        present: None,
        staff: Vec::new(),
        admin: None,
    }
}

/// Days since opening, people at home and temper of the twelve groups of the demo, store by store.
const DEMO: [(Scene, Temper, u32, i64); 12] = [
    (Scene::Welfare, Temper::Lively, 420, 300),
    (Scene::Tea, Temper::Steady, 300, 260),
    (Scene::Parents, Temper::Lively, 350, 280),
    (Scene::Training, Temper::Lively, 48, 62),
    (Scene::Welfare, Temper::Advert, 400, 320),
    (Scene::Tea, Temper::QuietSelling, 190, 240),
    (Scene::Parents, Temper::Cooling, 330, 250),
    (Scene::Training, Temper::Steady, 56, 110),
    (Scene::Welfare, Temper::Steady, 390, 310),
    (Scene::Tea, Temper::Dead, 200, 230),
    (Scene::Parents, Temper::Steady, 257, 200),
    (Scene::Training, Temper::Steady, 45, 55),
];
const DEMO_STORES: [&str; 3] = ["海岸城", "车公庙", "西乡"];
/// Post, name, store, region.
const DEMO_STAFF: [(Post, &str, Option<usize>, Option<usize>); 14] = [
    (Post::Owner, "陈麦", None, None),
    (Post::Operator, "林晓", None, None),
    (Post::Supervisor, "周强", None, Some(0)),
    (Post::Manager, "张丽", Some(0), None),
    (Post::Manager, "何伟", Some(1), None),
    (Post::Manager, "罗敏", Some(2), None),
    (Post::Sales, "吴桐", Some(0), None),
    (Post::Sales, "刘畅", Some(0), None),
    (Post::Sales, "陈强", Some(1), None),
    (Post::Sales, "孙悦", Some(1), None),
    (Post::Sales, "李娜", Some(2), None),
    (Post::Sales, "黄佳", Some(2), None),
    (Post::Service, "许静", None, None),
    (Post::Analyst, "高远", None, None),
];
/// Groups of the demo that stay on an account of their own. The store of 海岸城 has the archive, so
/// order is kept there by what is read; its course meets where a program may do everything; one
/// course of 西乡 is never read.
pub const KEPT: [(&str, Profile); 5] = [
    ("fk_g0000", Profile::WecomArchive),
    ("fk_g0001", Profile::WecomArchive),
    ("fk_g0002", Profile::WecomArchive),
    ("fk_g0003", Profile::Full),
    ("fk_g0011", Profile::WecomPlain),
];

/// In the demo: the group that ran past its planned end, the one with a name off the rule, the one
/// with too few staff whose texts cannot be read, the one whose code expires, the one almost full.
pub(super) const PAST_END: usize = 7;
pub(super) const NAME_OFF: usize = 10;
pub(super) const SHORT_STAFFED: usize = 11;
pub(super) const CODE_EXPIRING: usize = 8;
pub(super) const ALMOST_FULL: usize = 5;
/// How many are in the one almost full, staff included.
pub(super) const ALMOST_FULL_COUNT: u32 = 187;

pub(super) fn demo(zone: &Zone, now: Timestamp) -> Plan {
    let today = zone.day(now);
    let stores: Vec<Store> = DEMO_STORES
        .iter()
        .enumerate()
        .map(|(n, name)| Store {
            name: (*name).to_owned(),
            code: format!("SZ{:02}", n + 1),
            region: 0,
        })
        .collect();
    let staff: Vec<Staff> = DEMO_STAFF
        .iter()
        .zip(0..)
        .map(|((post, name, store, region), person)| Staff {
            person,
            name: (*name).to_owned(),
            post: *post,
            store: *store,
            region: *region,
        })
        .collect();
    let service = staff
        .iter()
        .position(|s| s.post == Post::Service)
        .unwrap_or(0);
    let mut population = staff.len() as u32;
    let mut groups = Vec::new();
    for (number, (scene, temper, home, opened)) in DEMO.into_iter().enumerate() {
        let store = number / 4;
        let mut group = group(
            number,
            store,
            &stores[store].name,
            scene,
            today.plus_days(-opened),
        );
        group.temper = temper;
        group.first = population;
        group.home = home;
        population += home;
        group.staff = seats(&staff, store, Some(service));
        group.profile = KEPT
            .iter()
            .find(|(kept, _)| *kept == group.external_id)
            .map(|(_, profile)| *profile);
        group.admin =
            (number != SHORT_STAFFED && temper != Temper::Dead).then_some(population - home + 1);
        match number {
            PAST_END => group.ends_on = Some(today.plus_days(-12)),
            NAME_OFF => group.name = format!("{}宝妈交流群", stores[store].name),
            SHORT_STAFFED => {
                group.staff.truncate(1);
                group.announcement.encouraged.clear();
            }
            CODE_EXPIRING => {
                group.code_expires_at = Some(zone.start_of(today.plus_days(1)).plus(10 * HOUR));
            }
            ALMOST_FULL => {
                group.present = Some(ALMOST_FULL_COUNT);
                group.code_expires_at = Some(now.plus(5 * DAY));
            }
            _ => {}
        }
        if group.term == Term::Short && group.ends_on.is_none() {
            group.ends_on = Some(today.plus_days(25 + 10 * number as i64 % 3));
        }
        groups.push(group);
    }
    Plan {
        regions: vec![Region {
            name: "深圳".to_owned(),
        }],
        stores,
        staff,
        groups,
        population,
    }
}

/// The staff of a store in one of its groups: the manager owns it, sales staff serve it.
fn seats(staff: &[Staff], store: usize, service: Option<usize>) -> Vec<Seat> {
    let mut seats = Vec::new();
    for (index, person) in staff
        .iter()
        .enumerate()
        .filter(|(_, s)| s.store == Some(store))
    {
        seats.push(if person.post == Post::Manager {
            Seat {
                staff: index,
                duty: Duty::Host,
                standing: Standing::Owner,
            }
        } else if seats.len() == 1 {
            Seat {
                staff: index,
                duty: Duty::Service,
                standing: Standing::Staff,
            }
        } else {
            Seat {
                staff: index,
                duty: Duty::Execution,
                standing: Standing::Staff,
            }
        });
    }
    if let Some(service) = service
        && store == 0
    {
        seats.push(Seat {
            staff: service,
            duty: Duty::Service,
            standing: Standing::Staff,
        });
    }
    seats
}

pub(super) fn chain(seed: u64, zone: &Zone, now: Timestamp, counts: (u32, u32, u32)) -> Plan {
    let (store_count, group_count, member_count) =
        (counts.0.max(1), counts.1.max(1), counts.2.max(counts.1));
    let today = zone.day(now);
    let data = include_str!("../../data/places.txt");
    let region_lines: Vec<Vec<&str>> = sections(data)
        .into_iter()
        .find(|(name, _)| *name == "region")
        .map(|(_, lines)| {
            lines
                .into_iter()
                .map(|l| l.split_whitespace().collect())
                .collect()
        })
        .unwrap_or_default();
    let places = words_of(data, "place");
    let regions: Vec<Region> = region_lines
        .iter()
        .map(|words| Region {
            name: words[0].to_owned(),
        })
        .collect();
    let cities: Vec<(usize, &str)> = region_lines
        .iter()
        .enumerate()
        .flat_map(|(region, words)| words[1..].iter().map(move |city| (region, *city)))
        .collect();
    let stores: Vec<Store> = (0..store_count as usize)
        .map(|n| {
            let (region, city) = cities[n % cities.len()];
            let round = n / cities.len();
            let place = places[round % places.len()];
            let more = round / places.len();
            let name = if more == 0 {
                format!("{city}{place}")
            } else {
                format!(
                    "{city}{place}{}店",
                    ["二", "三", "四", "五", "六"][(more - 1) % 5]
                )
            };
            Store {
                name,
                code: format!("S{:04}", n + 1),
                region,
            }
        })
        .collect();
    let mut staff = vec![
        Staff {
            person: 0,
            name: "陈麦".to_owned(),
            post: Post::Owner,
            store: None,
            region: None,
        },
        Staff {
            person: 1,
            name: "林晓".to_owned(),
            post: Post::Operator,
            store: None,
            region: None,
        },
    ];
    let mut names = rng(seed, 31, 0);
    let mut employ = |post, store, region, staff: &mut Vec<Staff>| {
        let person = staff.len() as u32;
        staff.push(Staff {
            person,
            name: full_name(&mut names),
            post,
            store,
            region,
        });
    };
    for region in 0..regions.len() {
        employ(Post::Supervisor, None, Some(region), &mut staff);
    }
    let mut of_store = Vec::with_capacity(stores.len());
    for store in 0..stores.len() {
        let manager = staff.len();
        employ(Post::Manager, Some(store), None, &mut staff);
        employ(Post::Sales, Some(store), None, &mut staff);
        employ(Post::Sales, Some(store), None, &mut staff);
        of_store.push(manager);
    }
    let mut population = staff.len() as u32;
    let scenes = [Scene::Welfare, Scene::Tea, Scene::Parents, Scene::Training];
    let mut groups = Vec::with_capacity(group_count as usize);
    for number in 0..group_count {
        let store = (number % store_count) as usize;
        let round = (number / store_count) as usize;
        let mut dice = rng(seed, 32, u64::from(number));
        let scene = scenes[round % scenes.len()];
        let mut group = group(
            number as usize,
            store,
            &stores[store].name,
            scene,
            today.plus_days(-dice.i64(100..400)),
        );
        group.name = yutang_domain::group::name_by_rule(
            &stores[store].name,
            use_word(scene),
            (round / scenes.len() + 1) as u32,
        );
        group.temper = match dice.u8(..100) {
            0..20 => Temper::Lively,
            20..62 => Temper::Steady,
            62..78 => Temper::QuietSelling,
            78..86 => Temper::Cooling,
            86..96 => Temper::Dead,
            _ => Temper::Advert,
        };
        if group.term == Term::Short {
            group.ends_on = Some(today.plus_days(dice.i64(-20..90)));
        }
        if dice.u8(..100) < 4 {
            group.name = format!("{}老客群", stores[store].name);
        }
        group.first = population;
        group.home = share(member_count, group_count, number);
        population += group.home;
        let manager = of_store[store];
        let wanted = if dice.u8(..100) < 6 { 1 } else { 3 };
        group.staff = seats(&staff[manager..manager + 3], store, None);
        for seat in &mut group.staff {
            seat.staff += manager;
        }
        group.staff.truncate(wanted);
        groups.push(group);
    }
    Plan {
        regions,
        stores,
        staff,
        groups,
        population,
    }
}

/// Part `number` of `whole` cut into `parts` as evenly as whole numbers allow.
fn share(whole: u32, parts: u32, number: u32) -> u32 {
    whole / parts + u32::from(number < whole % parts)
}
