//! Records that may be one person: suggested with reasons, decided by a person.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use yutang_domain::{
    id::MemberId,
    member::{Candidate, MemberFacts, SUGGEST_FROM, similarity},
    permission::Operation,
};
use yutang_store::{
    Tx,
    duplicate::{self, Traits},
    member::Member,
};
use yutang_text::fold::fold;

use crate::{App, Caller, Result, macros::in_tx};

/// Pairs that are looked at for the list of all suggestions.
const PAIRS: usize = 2_000;

/// Two people who look like one.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// One of them, by name.
    pub member: (MemberId, String),
    /// The other, by name.
    pub other: (MemberId, String),
    /// Why, and how much it weighs.
    pub candidate: Candidate,
}

impl App {
    /// Who may be the same person as this one, likeliest first.
    ///
    /// # Errors
    /// The person is not the caller's to see.
    pub async fn duplicates_of(&self, caller: &Caller, id: MemberId) -> Result<Vec<Suggestion>> {
        caller.may(Operation::MemberRead)?;
        in_tx!(self, Read, tx => {
            let row = self.visible(tx, caller, id).await?;
            let pairs = self.pairs_of(tx, caller, &[row.id]).await?;
            self.judged(tx, caller, &pairs).await.map(|mut found| {
                for suggestion in &mut found {
                    if suggestion.member.0 != row.id {
                        std::mem::swap(&mut suggestion.member, &mut suggestion.other);
                    }
                    suggestion.candidate.member_id = suggestion.other.0;
                }
                found
            })
        })
    }

    /// Everybody who may be recorded twice, likeliest first.
    ///
    /// Looked for among people who share a phone number or an account name, and among those with
    /// one birthday whose names begin alike. At most 2,000 pairs are looked at.
    ///
    /// # Errors
    /// The database refused.
    pub async fn duplicates(&self, caller: &Caller) -> Result<Vec<Suggestion>> {
        caller.may(Operation::MemberRead)?;
        in_tx!(self, Read, tx => {
            let pairs = self.all_pairs(tx, caller).await?;
            self.judged(tx, caller, &pairs).await
        })
    }

    /// Everybody in a suggestion.
    pub(crate) async fn suggested(&self, tx: &mut Tx, caller: &Caller) -> Result<Vec<MemberId>> {
        let pairs = self.all_pairs(tx, caller).await?;
        let found = self.judged(tx, caller, &pairs).await?;
        let ids: BTreeSet<MemberId> = found.iter().flat_map(|s| [s.member.0, s.other.0]).collect();
        Ok(ids.into_iter().collect())
    }

    /// Which of these people are in a suggestion.
    pub(crate) async fn doubtful(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        ids: &[MemberId],
    ) -> Result<HashSet<MemberId>> {
        let pairs = self.pairs_of(tx, caller, ids).await?;
        let found = self.judged(tx, caller, &pairs).await?;
        Ok(found.iter().flat_map(|s| [s.member.0, s.other.0]).collect())
    }

    async fn all_pairs(
        &self,
        tx: &mut Tx,
        caller: &Caller,
    ) -> Result<BTreeSet<(MemberId, MemberId)>> {
        let workspace = caller.workspace;
        let mut pairs: BTreeSet<(MemberId, MemberId)> = BTreeSet::new();
        for pair in duplicate::same_phone(tx, workspace, PAIRS).await? {
            pairs.insert((pair.one, pair.other));
        }
        for pair in duplicate::same_account(tx, workspace, PAIRS).await? {
            pairs.insert((pair.one, pair.other));
        }
        let mut born: BTreeMap<(i64, i64, Option<char>), BTreeSet<MemberId>> = BTreeMap::new();
        for row in duplicate::born(tx, workspace).await? {
            let first = fold(&row.name).chars().next();
            born.entry((row.birth_month, row.birth_day, first))
                .or_default()
                .insert(row.canonical_id);
        }
        for people in born.values().filter(|people| people.len() > 1) {
            for one in people {
                for other in people.range(*one..).skip(1) {
                    if pairs.len() < PAIRS * 2 {
                        pairs.insert((*one, *other));
                    }
                }
            }
        }
        Ok(pairs)
    }

    /// Pairs of these people with whoever shares a trait with them.
    async fn pairs_of(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        ids: &[MemberId],
    ) -> Result<BTreeSet<(MemberId, MemberId)>> {
        let facts = self.likenesses(tx, caller, ids).await?;
        let mut traits = Traits::default();
        for (member, _) in facts.values() {
            traits.phones.extend(member.phone_hash.clone());
            traits
                .accounts
                .extend(member.identities.iter().map(|(_, id)| id.clone()));
            traits.birthdays.extend(
                member
                    .birthday
                    .map(|b| (i64::from(b.month), i64::from(b.day))),
            );
        }
        traits.birthdays.sort_unstable();
        traits.birthdays.dedup();
        let others = duplicate::sharing(tx, caller.workspace, &traits).await?;
        let unknown: Vec<MemberId> = others
            .iter()
            .copied()
            .filter(|id| !facts.contains_key(id))
            .collect();
        let mut all = self.likenesses(tx, caller, &unknown).await?;
        all.extend(facts.iter().map(|(id, f)| (*id, f.clone())));
        let mut pairs = BTreeSet::new();
        for id in ids {
            let Some((mine, _)) = facts.get(id) else {
                continue;
            };
            for (other, (theirs, _)) in &all {
                if other != id && similarity(mine, theirs).1 >= SUGGEST_FROM {
                    pairs.insert((*id.min(other), *id.max(other)));
                }
            }
        }
        Ok(pairs)
    }

    /// The pairs that are worth a suggestion and in the caller's reach, likeliest first.
    async fn judged(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        pairs: &BTreeSet<(MemberId, MemberId)>,
    ) -> Result<Vec<Suggestion>> {
        let ids: BTreeSet<MemberId> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
        let ids: Vec<MemberId> = ids.into_iter().collect();
        let facts = self.likenesses(tx, caller, &ids).await?;
        let prefix = caller.branch_prefix();
        let mut hidden = HashSet::new();
        if !prefix.is_empty() {
            for id in &ids {
                if !yutang_store::member::list::reaches(tx, caller.workspace, *id, &prefix).await? {
                    hidden.insert(*id);
                }
            }
        }
        let mut found = Vec::new();
        for (one, other) in pairs {
            let (Some((a, name_a)), Some((b, name_b))) = (facts.get(one), facts.get(other)) else {
                continue;
            };
            let (reasons, score) = similarity(a, b);
            if score >= SUGGEST_FROM && !hidden.contains(one) && !hidden.contains(other) {
                found.push(Suggestion {
                    member: (*one, name_a.clone()),
                    other: (*other, name_b.clone()),
                    candidate: Candidate {
                        member_id: *other,
                        reasons,
                        score,
                    },
                });
            }
        }
        found.sort_by_key(|s| (std::cmp::Reverse(s.candidate.score), s.member.0, s.other.0));
        Ok(found)
    }

    /// What people are compared by, with their names.
    pub(crate) async fn likenesses(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        ids: &[MemberId],
    ) -> Result<HashMap<MemberId, (MemberFacts, String)>> {
        let workspace = caller.workspace;
        let mut facts: HashMap<MemberId, (MemberFacts, String)> = HashMap::new();
        for chunk in ids.chunks(500) {
            let records: Vec<Member> = duplicate::records(tx, workspace, chunk).await?;
            for record in records {
                let birthday = record.birthday();
                let (member, name) = facts.entry(record.canonical_id).or_default();
                if record.id == record.canonical_id {
                    member.name_fold = fold(&record.name);
                    *name = record.name;
                }
                member.phone_hash = member.phone_hash.take().or(record.phone_hash);
                member.birthday = member.birthday.or(birthday);
            }
            for account in duplicate::accounts(tx, workspace, chunk).await? {
                if let Some((member, _)) = facts.get_mut(&account.canonical_id) {
                    member
                        .identities
                        .insert((account.channel, account.external_id));
                }
            }
            for present in duplicate::groups(tx, workspace, chunk).await? {
                if let Some((member, _)) = facts.get_mut(&present.canonical_id) {
                    member.groups.insert(present.group_id);
                }
            }
        }
        Ok(facts)
    }
}
