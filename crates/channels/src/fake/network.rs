//! The network itself: facts come in, wishes go out, and the profile decides what is possible.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use futures::future::BoxFuture;
use tokio::sync::Notify;
use yutang_domain::capability::{Capability, Profile};

use crate::{Channel, ChannelError, Harvest, Inbound, Outbound, Sent, channel::LookUp, http};

/// How many facts the network remembers.
const MEMORY: usize = 10_000;
/// Where its links lead: nowhere, whoever follows them.
const NOWHERE: &str = "https://example.invalid";
/// How long a look waits for something to happen.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct State {
    profile: Profile,
    /// Groups that are seen through an account of another profile, whatever the others are.
    kept: HashMap<String, Profile>,
    /// Facts with whether the account was allowed to see them when they happened.
    facts: VecDeque<(Inbound, bool)>,
    /// Number of the first fact still remembered.
    first: u64,
    sent: HashMap<String, (Outbound, Sent)>,
    order: Vec<String>,
    trouble: VecDeque<ChannelError>,
}

/// A network shared by everybody who holds an account on it.
#[derive(Clone, Debug)]
pub struct FakeNetwork {
    state: Arc<Mutex<State>>,
    news: Arc<Notify>,
}

impl FakeNetwork {
    /// An empty network on which accounts have this profile.
    pub fn new(profile: Profile) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                profile,
                kept: HashMap::new(),
                facts: VecDeque::new(),
                first: 0,
                sent: HashMap::new(),
                order: Vec::new(),
                trouble: VecDeque::new(),
            })),
            news: Arc::new(Notify::new()),
        }
    }

    /// Lets these groups be seen through accounts of their own profiles, for good.
    #[must_use]
    pub fn keeping(self, groups: &[(&str, Profile)]) -> Self {
        self.state().kept = groups
            .iter()
            .map(|(group, profile)| ((*group).to_owned(), *profile))
            .collect();
        self
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// What accounts are allowed at present.
    pub fn profile(&self) -> Profile {
        self.state().profile
    }

    /// Lets something happen.
    pub fn happen(&self, fact: Inbound) {
        let mut state = self.state();
        let seen = state.shows(&fact);
        state.facts.push_back((fact, seen));
        if state.facts.len() > MEMORY {
            state.facts.pop_front();
            state.first += 1;
        }
        drop(state);
        self.news.notify_waiters();
    }

    /// Gives accounts another profile, and returns what could not be seen until now and can be
    /// from now on, as an archive switched on shows what it kept.
    pub fn switch(&self, profile: Profile) -> Vec<Inbound> {
        let mut state = self.state();
        state.profile = profile;
        let mut facts = std::mem::take(&mut state.facts);
        let mut revealed = Vec::new();
        for (fact, seen) in &mut facts {
            if !*seen && state.shows(fact) {
                *seen = true;
                revealed.push(fact.clone());
            }
        }
        state.facts = facts;
        revealed
    }

    /// Lets the next wishes fail so, in this order.
    pub fn trouble(&self, errors: impl IntoIterator<Item = ChannelError>) {
        self.state().trouble.extend(errors);
    }

    /// All wishes carried out so far, in order.
    pub fn sent(&self) -> Vec<Outbound> {
        let state = self.state();
        state
            .order
            .iter()
            .filter_map(|key| Some(state.sent.get(key)?.0.clone()))
            .collect()
    }

    fn look(&self, from: u64) -> Harvest {
        let state = self.state();
        let skip = usize::try_from(from.saturating_sub(state.first)).unwrap_or(usize::MAX);
        let facts = state
            .facts
            .iter()
            .skip(skip)
            .filter(|(fact, _)| state.shows(fact))
            .map(|(fact, _)| fact.clone())
            .collect();
        let end = state.first + state.facts.len() as u64;
        Harvest {
            facts,
            cursor: end.max(from).to_string(),
            network_time: None,
        }
    }

    fn carry_out(
        &self,
        outbound: &Outbound,
        profile: Option<Profile>,
    ) -> Result<Sent, ChannelError> {
        let mut state = self.state();
        let can = profile.unwrap_or(state.profile).capabilities();
        can.need(outbound.wish.needs())?;
        if let Some((_, sent)) = state.sent.get(&outbound.key) {
            return Ok(sent.clone());
        }
        let trouble = state.trouble.pop_front();
        if let Some(error @ (ChannelError::Retry { .. } | ChannelError::Fail { .. })) = trouble {
            return Err(error);
        }
        let sent = Sent {
            external_id: Some(format!("fk_o{}", state.sent.len() + 1)),
        };
        state
            .sent
            .insert(outbound.key.clone(), (outbound.clone(), sent.clone()));
        state.order.push(outbound.key.clone());
        match trouble {
            Some(error) => Err(error),
            None => Ok(sent),
        }
    }
}

impl State {
    /// Whether the account through which a fact comes is allowed to see it.
    fn shows(&self, fact: &Inbound) -> bool {
        let kept = fact.group.as_ref().and_then(|group| self.kept.get(group));
        let can = kept.copied().unwrap_or(self.profile).capabilities();
        fact.fact
            .needs()
            .is_none_or(|capability| can.can(capability))
    }
}

/// An account on the simulated network.
#[derive(Clone, Debug)]
pub struct FakeChannel {
    network: FakeNetwork,
    /// What this account is allowed, if that is not what the network is switched to.
    own: Option<Profile>,
}

impl FakeChannel {
    /// An account on this network.
    pub const fn new(network: FakeNetwork) -> Self {
        Self { network, own: None }
    }

    /// An account that keeps its profile, whatever the network is switched to.
    pub const fn of(network: FakeNetwork, profile: Profile) -> Self {
        Self {
            network,
            own: Some(profile),
        }
    }
}

impl Channel for FakeChannel {
    fn network(&self) -> &'static str {
        "fake"
    }

    fn profile(&self) -> Profile {
        self.own.unwrap_or_else(|| self.network.profile())
    }

    fn poll<'a>(&'a self, cursor: Option<&'a str>) -> BoxFuture<'a, Result<Harvest, ChannelError>> {
        Box::pin(async move {
            let from = match cursor {
                None => 0,
                Some(text) => text.parse().map_err(|_| ChannelError::Fail {
                    reason: format!("{text:?} is no cursor of this network"),
                })?,
            };
            let news = self.network.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            let harvest = self.network.look(from);
            if !harvest.facts.is_empty() {
                return Ok(harvest);
            }
            let _ = tokio::time::timeout(PATIENCE, news).await;
            Ok(self.network.look(from))
        })
    }

    fn send<'a>(&'a self, outbound: &'a Outbound) -> BoxFuture<'a, Result<Sent, ChannelError>> {
        Box::pin(async move { self.network.carry_out(outbound, self.own) })
    }

    fn look_up<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<LookUp>, ChannelError>> {
        Box::pin(async move {
            let state = self.network.state();
            Ok(Some(
                state
                    .sent
                    .get(key)
                    .map_or(LookUp::Absent, |(_, s)| LookUp::Sent(s.clone())),
            ))
        })
    }

    fn join_link<'a>(
        &'a self,
        group: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<String, ChannelError>> {
        Box::pin(async move {
            self.capabilities().need(Capability::JoinCode)?;
            Ok(http::below(&http::base(NOWHERE)?, &[group, name]).to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use yutang_domain::{capability::Capability, time::Timestamp};

    use super::*;
    use crate::{Fact, MessageKind, Sender, Wish};

    fn posted(key: &str) -> Inbound {
        Inbound {
            key: key.to_owned(),
            at: Timestamp::from_ms(1),
            group: Some("fk_g0000".to_owned()),
            fact: Fact::Posted {
                sender: Sender {
                    external_id: "fk_p1".to_owned(),
                    name: "王芳".to_owned(),
                },
                kind: MessageKind::Text,
                text: "吐司还有吗?".to_owned(),
                reply_to: None,
                edits: None,
                picture: None,
            },
        }
    }

    fn left(key: &str) -> Inbound {
        let who = Sender {
            external_id: "fk_p1".to_owned(),
            name: "王芳".to_owned(),
        };
        Inbound {
            fact: Fact::Left { who },
            ..posted(key)
        }
    }

    #[tokio::test]
    async fn a_profile_decides_what_is_seen_and_a_better_one_reveals_the_rest() {
        let network = FakeNetwork::new(Profile::WecomPlain);
        let channel = FakeChannel::new(network.clone());
        network.happen(posted("a"));
        network.happen(left("b"));
        let harvest = channel.poll(None).await.unwrap();
        assert_eq!(
            harvest
                .facts
                .iter()
                .map(|f| f.key.as_str())
                .collect::<Vec<_>>(),
            ["b"]
        );
        let revealed = network.switch(Profile::WecomArchive);
        assert_eq!(
            revealed.iter().map(|f| f.key.as_str()).collect::<Vec<_>>(),
            ["a"]
        );
        assert!(network.switch(Profile::Full).is_empty(), "revealed once");
        network.happen(posted("c"));
        let harvest = channel.poll(Some(&harvest.cursor)).await.unwrap();
        assert_eq!(
            harvest
                .facts
                .iter()
                .map(|f| f.key.as_str())
                .collect::<Vec<_>>(),
            ["c"]
        );
    }

    #[tokio::test]
    async fn a_kept_group_and_an_account_of_its_own_do_not_follow_the_switch() {
        let network =
            FakeNetwork::new(Profile::WecomPlain).keeping(&[("fk_g0000", Profile::WecomArchive)]);
        network.happen(posted("a"));
        network.happen(Inbound {
            group: Some("fk_g0001".to_owned()),
            ..posted("b")
        });
        let seen = FakeChannel::new(network.clone()).poll(None).await.unwrap();
        let keys: Vec<&str> = seen.facts.iter().map(|fact| fact.key.as_str()).collect();
        assert_eq!(keys, ["a"]);
        let revealed = network.switch(Profile::Full);
        let keys: Vec<&str> = revealed.iter().map(|fact| fact.key.as_str()).collect();
        assert_eq!(keys, ["b"]);

        let wish = Outbound {
            key: "o1".to_owned(),
            wish: Wish::Post {
                group: "fk_g0003".to_owned(),
                text: "早".to_owned(),
                reply_to: None,
            },
        };
        network.switch(Profile::WecomPlain);
        let error = FakeChannel::new(network.clone()).send(&wish).await;
        assert_eq!(error.unwrap_err().missing(), Some(Capability::PostGroup));
        let own = FakeChannel::of(network.clone(), Profile::Full);
        own.send(&wish).await.unwrap();
        assert_eq!(network.sent().len(), 1);
    }

    #[tokio::test]
    async fn what_cannot_be_done_is_refused_with_its_reason() {
        let network = FakeNetwork::new(Profile::WecomArchive);
        let channel = FakeChannel::new(network.clone());
        let wish = Outbound {
            key: "o1".to_owned(),
            wish: Wish::Remove {
                group: "fk_g0000".to_owned(),
                who: "fk_p1".to_owned(),
                reason: String::new(),
            },
        };
        let error = channel.send(&wish).await.unwrap_err();
        assert_eq!(error.missing(), Some(Capability::Remove));
        assert!(network.sent().is_empty());
        network.switch(Profile::Full);
        channel.send(&wish).await.unwrap();
        channel.send(&wish).await.unwrap();
        assert_eq!(network.sent().len(), 1, "the same wish is carried out once");
    }

    #[tokio::test]
    async fn an_unknown_outcome_can_be_looked_up() {
        let network = FakeNetwork::new(Profile::Full);
        let channel = FakeChannel::new(network.clone());
        let wish = |key: &str| Outbound {
            key: key.to_owned(),
            wish: Wish::Post {
                group: "fk_g0000".to_owned(),
                text: "你好".to_owned(),
                reply_to: None,
            },
        };
        network.trouble([
            ChannelError::Unknown {
                reason: "connection reset".to_owned(),
            },
            ChannelError::Retry {
                after_ms: 1_000,
                reason: "busy".to_owned(),
            },
        ]);
        assert!(matches!(
            channel.send(&wish("a")).await,
            Err(ChannelError::Unknown { .. })
        ));
        assert!(matches!(
            channel.look_up("a").await.unwrap(),
            Some(LookUp::Sent(_))
        ));
        assert!(matches!(
            channel.send(&wish("b")).await,
            Err(ChannelError::Retry { .. })
        ));
        assert_eq!(channel.look_up("b").await.unwrap(), Some(LookUp::Absent));
        channel.send(&wish("b")).await.unwrap();
        assert_eq!(network.sent().len(), 2);
    }

    #[tokio::test]
    async fn a_link_into_a_group_is_made_where_there_are_any_and_leads_nowhere() {
        let network = FakeNetwork::new(Profile::WecomPlain);
        let channel = FakeChannel::new(network.clone());
        let link = channel.join_link("fk_g0000", "店庆 海报").await.unwrap();
        assert!(
            link.starts_with("https://example.invalid/fk_g0000/"),
            "{link}"
        );
        assert_ne!(link, channel.join_link("fk_g0000", "扫码").await.unwrap());
        network.switch(Profile::WechatPersonal);
        let none = channel.join_link("fk_g0000", "店庆 海报").await;
        assert_eq!(none.unwrap_err().missing(), Some(Capability::JoinCode));
    }

    #[tokio::test]
    async fn a_foreign_cursor_is_refused() {
        let channel = FakeChannel::new(FakeNetwork::new(Profile::Full));
        assert!(matches!(
            channel.poll(Some("x")).await,
            Err(ChannelError::Fail { .. })
        ));
    }
}
