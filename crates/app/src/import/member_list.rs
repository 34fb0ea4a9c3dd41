//! Lists of people. req: 001-020

use std::collections::BTreeMap;

use yutang_domain::{
    id::{MemberId, kind},
    member::{BirthCalendar, Birthday},
    time::Timestamp,
};
use yutang_import::table::MemberLine;
use yutang_store::{Tx, identity, import, note, run_trace};

use super::{Counts, Options};
use crate::{App, AppError, Caller, Result, identity::Sighting, key::hex};

impl App {
    pub(super) async fn write_members(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        run: &import::Run,
        rows: &[MemberLine],
        counts: &mut Counts,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let options: Options = serde_json::from_str(&run.options).map_err(AppError::internal)?;
        let mut sightings = Vec::with_capacity(rows.len());
        for row in rows {
            let (channel, account) = account(row);
            let name = row.name.as_deref().unwrap_or(&account);
            let at = row.joined_on.map_or(now, |day| caller.zone.start_of(day));
            let mut sighting = Sighting::new(channel, &account, name, at);
            sighting.phone = row.phone.clone().filter(|_| !row.masked);
            sighting.city.clone_from(&row.city);
            sighting.birthday = row.birthday.map(birthday);
            sighting.branch_id = match row.store.as_deref().map(str::trim) {
                Some(store) if !store.is_empty() => {
                    Some(self.branch_of_run(tx, caller, run, store, now).await?)
                }
                _ => options.branch_id,
            };
            sightings.push(sighting);
        }
        let mut by_channel: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for sighting in &sightings {
            by_channel
                .entry(&sighting.channel)
                .or_default()
                .push(&sighting.external_id);
        }
        let mut known = 0;
        for (channel, ids) in by_channel {
            known += identity::holders(tx, workspace, channel, &ids).await?.len() as u64;
        }
        let members = self
            .members_for(tx, workspace, &sightings, Some(run.id), now)
            .await?;
        counts.duplicates += known;
        counts.added += (rows.len() as u64).saturating_sub(known);

        let erased = self.erased_among(tx, workspace, &members).await?;
        let mut tagged: BTreeMap<&str, Vec<MemberId>> = BTreeMap::new();
        for (row, member) in rows
            .iter()
            .zip(&members)
            .filter(|(_, m)| !erased.contains(m))
        {
            for name in &row.tags {
                tagged.entry(name.as_str()).or_default().push(*member);
            }
            if let Some(text) = row.note.as_deref().filter(|t| !t.trim().is_empty()) {
                self.note_once(tx, caller, run, *member, text, now).await?;
            }
        }
        for (name, members) in tagged {
            let tag = self.tag_of_run(tx, caller, run, name, now).await?;
            run_trace::tag(
                tx,
                workspace,
                run.id,
                tag,
                &members,
                &caller.actor.to_string(),
                now,
            )
            .await?;
        }
        Ok(())
    }

    /// A note from a list, unless the person has the same note already.
    async fn note_once(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        run: &import::Run,
        member: MemberId,
        text: &str,
        now: Timestamp,
    ) -> Result<()> {
        let actor = run_trace::author(run.id);
        if note::of_person(tx, caller.workspace, member)
            .await?
            .iter()
            .any(|n| n.text == text)
        {
            return Ok(());
        }
        let row = note::Note {
            id: self.ids().next::<kind::Note>()?,
            member_id: member,
            text: text.to_owned(),
            actor,
            created_at: now,
            deleted_at: None,
        };
        note::insert(tx, caller.workspace, &row).await?;
        Ok(())
    }
}

/// The account by which a line is recognised: the other system's id, WeChat, phone, else the line.
fn account(row: &MemberLine) -> (&'static str, String) {
    if let Some(id) = &row.external_id {
        return ("customer", id.clone());
    }
    if let Some(id) = &row.wechat_id {
        return ("wechat", id.clone());
    }
    match &row.phone {
        Some(phone) if !row.masked => ("customer", phone.clone()),
        _ => ("list", hex(&row.key.bytes())),
    }
}

const fn birthday(read: yutang_import::table::Birthday) -> Birthday {
    Birthday {
        calendar: if read.lunar {
            BirthCalendar::Lunar
        } else {
            BirthCalendar::Solar
        },
        year: read.year,
        month: read.month,
        day: read.day,
        leap: read.leap,
    }
}
