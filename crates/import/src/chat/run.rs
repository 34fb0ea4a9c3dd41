//! The two passes over a chat file.

use std::{collections::BTreeMap, ops::ControlFlow, path::Path, sync::Arc};

use yutang_domain::time::{DAY, Date, Timestamp};

use super::{Bearer, Body, Context, Format, Found, Options, Record, Room, Rooms, bearer::Bearers};
use crate::{
    DateOrder, Encoding, ImportError, Reason, Reject, Rejects,
    civil::LocalTime,
    date_order::Votes,
    key::{Distinct, Material, Ordinals, Repeated, Repeats, short},
    sniff::{self, Kind},
    source::Print,
    text::Text,
};

/// What is in a chat file.
///
/// req: 001-020
#[derive(Clone, Debug)]
pub struct Plan {
    /// The format.
    pub format: Format,
    /// The encoding.
    pub encoding: Encoding,
    /// The order of day, month and year that was given or decided.
    pub dates: DateOrder,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Messages that people sent.
    pub messages: u64,
    /// Of these, older than [`Options::old_before`].
    pub old: u64,
    /// Notices of the network.
    pub system: u64,
    /// Different senders of messages, by id or else by name; exact up to four million.
    pub senders: u64,
    /// Time of the earliest message.
    pub first: Option<Timestamp>,
    /// Time of the latest message.
    pub last: Option<Timestamp>,
    /// Messages of each civil day in the zone of the options.
    pub daily: BTreeMap<Date, u64>,
    /// The rooms in the order they appear, with their messages; at most [`Plan::ROOMS`].
    pub rooms: Vec<(Room, u64)>,
    /// The lines left out.
    pub rejects: Rejects,
    options: Options,
    print: Print,
    repeated: Arc<Repeated>,
    bearers: Arc<Bearers>,
}

impl Plan {
    /// How many rooms are listed.
    pub const ROOMS: usize = 10_000;

    /// Records that [`read`] hands out.
    pub const fn records(&self) -> u64 {
        self.messages + self.system
    }

    /// Civil days with at least one message.
    pub fn days(&self) -> u64 {
        self.daily.len() as u64
    }

    /// Who carries a name in a room of the file.
    pub fn bearer(&self, room: Option<&Room>, name: &str) -> Bearer<'_> {
        self.bearers.of(scope(room, self.options.rooms), name)
    }

    /// The SHA-256 in hexadecimal digits.
    pub fn sha256_hex(&self) -> String {
        crate::key::hex(&self.sha256)
    }
}

/// How a read pass ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadEnd {
    /// Records handed out, those skipped not counted.
    pub records: u64,
    /// Whether the end of the file was reached.
    pub complete: bool,
}

/// Gives each record the material of its key.
struct Naming {
    material: Material,
    rooms: Rooms,
}

impl Naming {
    /// Fills in the material; true if the record has an id of its own.
    fn gather(&mut self, format: Format, record: &Record) -> bool {
        if let Some(id) = &record.message_id {
            let room = record
                .room
                .as_ref()
                .and_then(|room| room.id.as_deref())
                .unwrap_or("");
            self.material
                .start(1)
                .text(format.network())
                .text(room)
                .text(id);
            return true;
        }
        let material = self.material.start(2).number(record.at.ms());
        match &record.body {
            Body::Message(message) => {
                let named = u8::from(message.sender.external_id.is_some());
                material
                    .raw(&[named])
                    .text(message.sender.identity())
                    .text(&message.text);
            }
            Body::System { text, .. } => {
                material.raw(&[2]).text(text);
            }
        }
        false
    }

    fn short(&self, record: &Record) -> u64 {
        self.material
            .short(scope(record.room.as_deref(), self.rooms))
    }
}

/// What tells a room from the others of its file, where they are kept apart.
fn scope(room: Option<&Room>, rooms: Rooms) -> u64 {
    match (room, rooms) {
        (Some(room), Rooms::Apart) => {
            let name = room.name.as_deref().unwrap_or("");
            short(room.id.as_deref().unwrap_or(name))
        }
        _ => 0,
    }
}

/// Goes over a file once; `visit` gets the records that are not too late, and the rejects.
fn pass(
    text: &mut Text,
    format: Format,
    order: DateOrder,
    options: &Options,
    visit: &mut dyn FnMut(Found) -> bool,
) -> Result<(), ImportError> {
    let mut context = Context {
        local: LocalTime::new(&options.zone),
        order,
    };
    let latest = options.now.plus(DAY);
    format.walk(text, &mut context, &mut |found| match found {
        Found::Record { record, .. } if record.at > latest => {
            let reason = Reason::Future(record.at.to_string());
            visit(Found::Reject(Reject {
                line: record.line,
                reason,
            }))
        }
        Found::Record { mut record, offset } => {
            strip(&mut record.body);
            visit(Found::Record { record, offset })
        }
        reject @ Found::Reject(_) => visit(reject),
    })
}

/// Takes out the NUL characters, which no database keeps.
fn strip(body: &mut Body) {
    let text = match body {
        Body::Message(message) => {
            if message.sender.name.contains('\0') {
                message.sender.name.retain(|c| c != '\0');
            }
            &mut message.text
        }
        Body::System { text, .. } => text,
    };
    if text.contains('\0') {
        text.retain(|c| c != '\0');
    }
}

/// Reads a whole chat file and says what is in it.
///
/// # Errors
/// Whatever makes the file unreadable; then nothing of it can be handed out.
pub fn plan(path: &Path, options: &Options) -> Result<Plan, ImportError> {
    let sniffed = sniff::sniff_as(path, options.encoding)?;
    let Kind::Text { encoding } = sniffed.kind else {
        return Err(ImportError::NotText {
            what: "an Excel workbook",
        });
    };
    let encoding = options.encoding.unwrap_or(encoding);
    let Some(format) = options.format.or(sniffed.chat) else {
        return Err(ImportError::UnknownFormat {
            known: super::known(),
        });
    };
    let dates = if let Some(dates) = options.dates {
        dates
    } else {
        let mut votes = Votes::new(options.now);
        format.vote(&mut Text::open(path, encoding, None)?, &mut votes)?;
        votes.decide()?
    };
    let size = std::fs::metadata(path)?.len();
    let mut plan = Plan {
        format,
        encoding,
        dates,
        sha256: [0; 32],
        bytes: 0,
        messages: 0,
        old: 0,
        system: 0,
        senders: 0,
        first: None,
        last: None,
        daily: BTreeMap::new(),
        rooms: Vec::new(),
        rejects: Rejects::default(),
        options: options.clone(),
        print: Print::default(),
        repeated: Arc::default(),
        bearers: Arc::default(),
    };
    let mut text = Text::open(path, encoding, None)?;
    let mut naming = Naming {
        material: Material::default(),
        rooms: options.rooms,
    };
    let mut repeats = Repeats::new(size);
    let mut senders = Distinct::default();
    let mut bearers = Bearers::default();
    let mut local = LocalTime::new(&options.zone);
    let mut daily: BTreeMap<i64, u64> = BTreeMap::new();
    let (mut room_at, mut later) = (0, 0);
    pass(&mut text, format, dates, options, &mut |found| {
        let record = match found {
            Found::Record { record, .. } => record,
            Found::Reject(reject) => {
                later += u64::from(matches!(reject.reason, Reason::Future(_)));
                plan.rejects.add(reject);
                return true;
            }
        };
        if !naming.gather(format, &record) {
            repeats.see(naming.short(&record));
        }
        bearers.gather(scope(record.room.as_deref(), options.rooms), &record);
        if let Some(room) = &record.room {
            let known = plan
                .rooms
                .get(room_at)
                .is_some_and(|(known, _)| known == &**room);
            if !known {
                room_at = plan
                    .rooms
                    .iter()
                    .position(|(k, _)| k == &**room)
                    .unwrap_or_else(|| {
                        if plan.rooms.len() < Plan::ROOMS {
                            plan.rooms.push((Room::clone(room), 0));
                        }
                        plan.rooms.len() - 1
                    });
            }
        }
        let Body::Message(message) = &record.body else {
            plan.system += 1;
            return true;
        };
        plan.messages += 1;
        plan.old += u64::from(options.old_before.is_some_and(|before| record.at < before));
        if record.room.is_some() {
            plan.rooms[room_at].1 += 1;
        }
        senders.see(short(message.sender.identity()));
        plan.first = Some(plan.first.map_or(record.at, |first| first.min(record.at)));
        plan.last = Some(plan.last.map_or(record.at, |last| last.max(record.at)));
        *daily.entry(local.day(record.at)).or_default() += 1;
        true
    })?;
    if plan.records() == 0
        && plan.rejects.total == later
        && let Some(Reject {
            line,
            reason: Reason::Future(at),
        }) = plan.rejects.first.first()
    {
        return Err(ImportError::Future {
            line: *line,
            at: at.clone(),
        });
    }
    if plan.records() == 0 && options.format.is_none() && plan.rejects.total > 0 {
        return Err(ImportError::UnknownFormat {
            known: super::known(),
        });
    }
    plan.print = text.finish()?;
    plan.sha256 = plan.print.sha256;
    plan.bytes = plan.print.bytes;
    plan.senders = senders.count();
    plan.daily = daily
        .into_iter()
        .map(|(day, count)| (Date::from_number(day), count))
        .collect();
    plan.repeated = repeats.found();
    plan.bearers = Arc::new(bearers);
    Ok(plan)
}

/// Hands out the records of a planned file in their order, with the byte each one starts at (in
/// the decoded text if the file is not UTF-8).
///
/// The first `skip` records are read and not handed out, so a run that had stored that many goes
/// on behind them with the same keys. `sink` ends the reading with [`ControlFlow::Break`].
///
/// # Errors
/// [`ImportError::Changed`] before any record of a changed part is handed out.
pub fn read(
    path: &Path,
    plan: &Plan,
    skip: u64,
    sink: &mut dyn FnMut(Record, u64) -> ControlFlow<()>,
) -> Result<ReadEnd, ImportError> {
    let mut text = Text::open(path, plan.encoding, Some(&plan.print))?;
    let mut naming = Naming {
        material: Material::default(),
        rooms: plan.options.rooms,
    };
    let mut ordinals = Ordinals::new(&plan.repeated);
    let mut seen = 0;
    let mut end = ReadEnd {
        records: 0,
        complete: true,
    };
    pass(
        &mut text,
        plan.format,
        plan.dates,
        &plan.options,
        &mut |found| {
            let Found::Record { mut record, offset } = found else {
                return true;
            };
            let ordinal = if naming.gather(plan.format, &record) {
                None
            } else {
                Some(ordinals.next(naming.short(&record)))
            };
            seen += 1;
            if seen <= skip {
                return true;
            }
            if let Some(ordinal) = ordinal {
                naming.material.number(i64::from(ordinal));
            }
            record.key = naming.material.key();
            plan.bearers.name(
                scope(record.room.as_deref(), plan.options.rooms),
                &mut record,
            );
            end.records += 1;
            end.complete = sink(record, offset).is_continue();
            end.complete
        },
    )?;
    if end.complete {
        text.finish()?;
    }
    Ok(end)
}
