//! Who somebody is: from an account on a network to a member.
//!
//! Imports and live messages see accounts, never people. An account that is known leads to its
//! member; an unknown one makes a member. Somebody who was erased is not made again under their
//! name: their account is found in the list of keyed hashes and leads to a stand-in, a member
//! without name or account id, so that counts stay right and the person stays forgotten.
//! req: 004-001

use std::collections::{BTreeMap, HashMap, HashSet};

use yutang_domain::{
    event::{Event, EventKind},
    id::{BranchId, ImportRunId, MemberId, WorkspaceId, kind},
    member::{Birthday, Phone},
    time::Timestamp,
};
use yutang_store::{
    Tx, event,
    identity::{self, Identity},
    member::{self, Member},
    search,
};
use yutang_text::{fold::sort_key, search::index_terms};

use crate::{
    App, Caller, Result,
    key::Keys,
    stand_in::{account_hash, stand_in},
};

/// An account as a file or a network shows it, with what is said of its holder; only used where the
/// account is new.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// The network, or the shop system.
    pub channel: String,
    /// Its id of the account; where it has none, the name.
    pub external_id: String,
    /// What the account calls itself.
    pub name: String,
    /// Phone number as written; a masked or damaged one is not kept.
    pub phone: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Birthday.
    pub birthday: Option<Birthday>,
    /// The branch where they were seen first.
    pub branch_id: Option<BranchId>,
    /// Since when they have been there, or the time of what they did.
    pub known_at: Timestamp,
}

impl Sighting {
    /// An account of which nothing is known but its name and that it did something at `known_at`.
    pub fn new(channel: &str, external_id: &str, name: &str, known_at: Timestamp) -> Self {
        Self {
            channel: channel.to_owned(),
            external_id: external_id.to_owned(),
            name: name.to_owned(),
            phone: None,
            city: None,
            birthday: None,
            branch_id: None,
            known_at,
        }
    }
}

/// The keyed hash by which a phone number is looked up.
pub(crate) fn phone_hash(keys: &Keys, phone: &Phone) -> Vec<u8> {
    keys.lookup(&format!("phone\0{}", phone.as_str()))
}

/// The terms under which a member is found: names and the last four digits of the phone number,
/// never the whole number.
pub(crate) fn member_terms<'a>(
    names: impl IntoIterator<Item = &'a str>,
    phones: impl IntoIterator<Item = &'a Phone>,
) -> Vec<String> {
    let mut terms: Vec<String> = names.into_iter().flat_map(index_terms).collect();
    terms.extend(phones.into_iter().map(|phone| phone.last_four().to_owned()));
    terms.sort_unstable();
    terms.dedup();
    terms
}

impl App {
    /// The member records of the accounts seen, in the order of `sightings`; unknown accounts get a
    /// record, an identity and search terms, all in bulk and marked with the run.
    ///
    /// The record returned is the account's own, not the one that stands for the person after a
    /// merge: facts stay with the record they were seen with, so a merge can be taken back. Nothing
    /// of a known account changes here. No facts are recorded for the log: a run's progress says it
    /// for all.
    ///
    /// # Errors
    /// The database refused.
    pub async fn members_for(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        sightings: &[Sighting],
        run_id: Option<ImportRunId>,
        now: Timestamp,
    ) -> Result<Vec<MemberId>> {
        let (members, _) = self
            .members_and_new(tx, workspace, sightings, run_id, now)
            .await?;
        Ok(members)
    }

    /// As [`App::members_for`]; says also who of them is new.
    async fn members_and_new(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        sightings: &[Sighting],
        run_id: Option<ImportRunId>,
        now: Timestamp,
    ) -> Result<(Vec<MemberId>, HashSet<MemberId>)> {
        let mut made = HashSet::new();
        let mut wanted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut first: Vec<&Sighting> = Vec::with_capacity(sightings.len());
        let mut met = HashSet::with_capacity(sightings.len());
        for sighting in sightings {
            let key = (sighting.channel.as_str(), sighting.external_id.as_str());
            if met.insert(key) {
                wanted.entry(key.0).or_default().push(key.1);
                first.push(sighting);
            }
        }
        let mut found: HashMap<(&str, &str), MemberId> = HashMap::with_capacity(first.len());
        for (channel, ids) in &wanted {
            let known = identity::holders(tx, workspace, channel, ids).await?;
            for id in ids {
                if let Some(member) = known.get(*id) {
                    found.insert((channel, id), *member);
                }
            }
        }
        // In the order they were seen: of two records the one seen first is the older.
        let mut unknown: Vec<&Sighting> = first;
        unknown.retain(|s| !found.contains_key(&(s.channel.as_str(), s.external_id.as_str())));
        if !unknown.is_empty() && identity::any_suppressed(tx, workspace).await? {
            let (rest, stand_ins) = self
                .without_erased(tx, workspace, unknown, (run_id, now), &mut found)
                .await?;
            unknown = rest;
            made.extend(stand_ins);
        }
        made.extend(
            self.insert_sighted(tx, workspace, &unknown, (run_id, now), &mut found)
                .await?,
        );
        let members: Result<Vec<MemberId>> = sightings
            .iter()
            .map(|sighting| {
                found
                    .get(&(sighting.channel.as_str(), sighting.external_id.as_str()))
                    .copied()
                    .ok_or_else(|| crate::AppError::internal("an account has no member"))
            })
            .collect();
        Ok((members?, made))
    }

    /// Makes members of accounts, and returns those made.
    async fn insert_sighted<'a>(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        unknown: &[&'a Sighting],
        (run_id, now): (Option<ImportRunId>, Timestamp),
        found: &mut HashMap<(&'a str, &'a str), MemberId>,
    ) -> Result<Vec<MemberId>> {
        let source = if run_id.is_some() { "import" } else { "live" };
        let mut members = Vec::with_capacity(unknown.len());
        let mut identities = Vec::with_capacity(unknown.len());
        let mut terms: Vec<(i64, String)> = Vec::with_capacity(unknown.len() * 16);
        for sighting in unknown {
            let id: MemberId = self.ids().next::<kind::Member>()?;
            let phone = sighting.phone.as_deref().and_then(Phone::parse);
            let name = sighting.name.trim();
            let mut row = Member::new(id, source, sighting.known_at.min(now), now);
            name.clone_into(&mut row.name);
            row.name_sort = sort_key(name);
            row.phone_hash = phone.as_ref().map(|phone| phone_hash(self.keys(), phone));
            row.phone = phone.as_ref().map(|phone| phone.as_str().to_owned());
            row.city.clone_from(&sighting.city);
            row.set_birthday(sighting.birthday);
            row.branch_id = sighting.branch_id;
            row.run_id = run_id;
            members.push(row);
            terms.extend(
                member_terms([name], phone.as_ref())
                    .into_iter()
                    .map(|term| (id.raw(), term)),
            );
            identities.push(Identity {
                id: self.ids().next::<kind::Identity>()?,
                member_id: id,
                channel: sighting.channel.clone(),
                external_id: sighting.external_id.clone(),
                name: name.to_owned(),
                verified_at: None,
                run_id,
                created_at: now,
            });
            found.insert(
                (sighting.channel.as_str(), sighting.external_id.as_str()),
                id,
            );
        }
        member::insert(tx, workspace, &members).await?;
        let added = identity::insert(tx, workspace, &identities).await?;
        if added.len() != identities.len() {
            // Another process saw the same accounts at the same moment: its records are used.
            let added: HashSet<MemberId> = added.iter().copied().collect();
            let surplus: Vec<MemberId> = members
                .iter()
                .map(|m| m.id)
                .filter(|id| !added.contains(id))
                .collect();
            member::remove(tx, workspace, &surplus).await?;
            terms.retain(|(target, _)| added.contains(&MemberId::from_raw(*target)));
            for sighting in unknown {
                let key = (sighting.channel.as_str(), sighting.external_id.as_str());
                if !found.get(&key).is_some_and(|id| added.contains(id)) {
                    let known = identity::holders(tx, workspace, key.0, &[key.1]).await?;
                    let member = known
                        .get(key.1)
                        .ok_or_else(|| crate::AppError::internal("an account has no member"))?;
                    found.insert(key, *member);
                }
            }
        }
        terms.sort_unstable_by(|a, b| a.1.cmp(&b.1));
        search::insert(
            tx,
            workspace,
            "member",
            terms.iter().map(|(target, term)| (*target, term.as_str())),
        )
        .await?;
        Ok(added)
    }

    /// Leads the accounts of erased people to stand-ins; returns the other accounts, and the
    /// stand-ins that are new.
    async fn without_erased<'a>(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        unknown: Vec<&'a Sighting>,
        (run_id, now): (Option<ImportRunId>, Timestamp),
        found: &mut HashMap<(&'a str, &'a str), MemberId>,
    ) -> Result<(Vec<&'a Sighting>, Vec<MemberId>)> {
        let hashes: Vec<Vec<u8>> = unknown
            .iter()
            .map(|s| account_hash(self.keys(), &s.channel, &s.external_id))
            .collect();
        let suppressed = identity::suppressed(tx, workspace, &hashes).await?;
        let mut rest = Vec::with_capacity(unknown.len());
        let mut anonymous = Vec::new();
        for (sighting, hash) in unknown.into_iter().zip(hashes) {
            if suppressed.contains(&hash) {
                anonymous.push((sighting, stand_in(&hash)));
            } else {
                rest.push(sighting);
            }
        }
        let mut new = Vec::new();
        for (sighting, external_id) in anonymous {
            let known =
                identity::holders(tx, workspace, &sighting.channel, &[external_id.as_str()])
                    .await?;
            let id = if let Some(member) = known.get(&external_id) {
                *member
            } else {
                let stand_in =
                    Sighting::new(&sighting.channel, &external_id, "", sighting.known_at);
                let mut made = HashMap::new();
                let added = self
                    .insert_sighted(tx, workspace, &[&stand_in], (run_id, now), &mut made)
                    .await?;
                new.extend(added);
                made[&(stand_in.channel.as_str(), stand_in.external_id.as_str())]
            };
            found.insert(
                (sighting.channel.as_str(), sighting.external_id.as_str()),
                id,
            );
        }
        Ok((rest, new))
    }

    /// The member record of one account seen live; see [`App::resolve_identities`].
    pub async fn resolve_identity(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        sighting: &Sighting,
        now: Timestamp,
    ) -> Result<MemberId> {
        let ids = self
            .resolve_identities(tx, caller, std::slice::from_ref(sighting), now)
            .await?;
        Ok(ids[0])
    }

    /// What a network calls a member: by the record's own account, else by another of the same
    /// person; `None` where it knows none.
    pub(crate) async fn account_on(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        channel: &str,
        row: &Member,
    ) -> Result<Option<String>> {
        let mut known = identity::of_person(tx, workspace, row.canonical_id).await?;
        known.retain(|one| one.channel == channel);
        let own = known.iter().position(|one| one.member_id == row.id);
        let account = known.into_iter().nth(own.unwrap_or_default());
        Ok(account.map(|one| one.external_id))
    }

    /// The member records of accounts of one network seen live, each once, in their order; a new
    /// one is told to the log, a new name is taken over where the old one came from this account.
    pub(crate) async fn resolve_identities(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        sightings: &[Sighting],
        now: Timestamp,
    ) -> Result<Vec<MemberId>> {
        let Some(first) = sightings.first() else {
            return Ok(Vec::new());
        };
        let workspace = caller.workspace;
        let wanted: Vec<&str> = sightings.iter().map(|s| s.external_id.as_str()).collect();
        let known: HashMap<String, Identity> =
            identity::known(tx, workspace, &first.channel, &wanted)
                .await?
                .into_iter()
                .map(|row| (row.external_id.clone(), row))
                .collect();
        let unknown: Vec<Sighting> = sightings
            .iter()
            .filter(|s| !known.contains_key(&s.external_id))
            .cloned()
            .collect();
        let (found, new) = self
            .members_and_new(tx, workspace, &unknown, None, now)
            .await?;
        let mut found = found.into_iter();
        let mut members = Vec::with_capacity(sightings.len());
        let mut facts = Vec::with_capacity(unknown.len());
        for sighting in sightings {
            if let Some(known) = known.get(&sighting.external_id) {
                self.take_name_over(tx, workspace, known, &sighting.name, now)
                    .await?;
                members.push(known.member_id);
                continue;
            }
            let id = found
                .next()
                .ok_or_else(|| crate::AppError::internal("an account has no member"))?;
            members.push(id);
            if !new.contains(&id) {
                continue;
            }
            let mut fact = Event::new(self.ids().next()?, EventKind::MemberCreated, &caller.actor);
            fact.member = Some(id);
            fact.branch = sighting.branch_id;
            facts.push(fact);
        }
        event::insert(tx, workspace, now, &facts).await?;
        Ok(members)
    }

    async fn take_name_over(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        known: &Identity,
        name: &str,
        now: Timestamp,
    ) -> Result<()> {
        let name = name.trim();
        if name.is_empty() || name == known.name {
            return Ok(());
        }
        identity::rename(tx, workspace, known.id, name).await?;
        let mut row = member::get(tx, workspace, known.member_id).await?;
        if row.name == known.name && row.erased_at.is_none() {
            name.clone_into(&mut row.name);
            row.name_sort = sort_key(name);
            row.updated_at = now;
            member::update(tx, workspace, &row).await?;
        }
        let terms = member_terms([name], []);
        search::insert(
            tx,
            workspace,
            "member",
            terms
                .iter()
                .map(|term| (row.canonical_id.raw(), term.as_str())),
        )
        .await?;
        Ok(())
    }
}
