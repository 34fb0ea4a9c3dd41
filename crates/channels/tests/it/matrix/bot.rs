//! The account under test.

use std::{collections::BTreeSet, time::Duration};

use yutang_channels::{
    Channel as _, ChannelError, Fact, Inbound, Outbound, Sent, Wish,
    matrix::{MatrixChannel, Session},
};
use yutang_testkit::synapse::{Person, Synapse};

/// The account under test with what it has seen.
pub struct Bot {
    pub channel: MatrixChannel,
    pub cursor: Option<String>,
    /// Keys that came, to find out what comes twice.
    pub seen: BTreeSet<String>,
    pub held: Vec<Inbound>,
}

impl Bot {
    pub fn new(synapse: &Synapse, person: &Person) -> Self {
        let session = Session {
            user: person.id.clone(),
            token: person.token.clone(),
        };
        let channel = MatrixChannel::new(&synapse.url(), session).expect("an address");
        Self {
            channel: channel.waiting(Duration::from_secs(2)),
            cursor: None,
            seen: BTreeSet::new(),
            held: Vec::new(),
        }
    }

    pub async fn look(&mut self) {
        let harvest = self
            .channel
            .poll(self.cursor.as_deref())
            .await
            .expect("a harvest");
        self.cursor = Some(harvest.cursor);
        assert!(
            harvest.network_time.is_some(),
            "the server says what time it is"
        );
        for inbound in harvest.facts {
            if self.cursor.is_some() && self.seen.insert(inbound.key.clone()) {
                self.held.push(inbound);
            } else {
                panic!("came twice: {inbound:?}");
            }
        }
    }

    /// Looks until a fact comes for which `wanted` has an answer; those before it are passed over.
    pub async fn until<T>(&mut self, what: &str, wanted: impl Fn(&Inbound) -> Option<T>) -> T {
        for _ in 0..20 {
            while !self.held.is_empty() {
                if let Some(found) = wanted(&self.held.remove(0)) {
                    return found;
                }
            }
            self.look().await;
        }
        panic!("never seen: {what}");
    }

    pub async fn text(&mut self, text: &str) -> Inbound {
        self.until(text, |inbound| match &inbound.fact {
            Fact::Posted { text: said, .. } if said == text => Some(inbound.clone()),
            _ => None,
        })
        .await
    }

    pub async fn wish(&self, key: &str, wish: Wish) -> Result<Sent, ChannelError> {
        let outbound = Outbound {
            key: key.to_owned(),
            wish,
        };
        // Long enough for whoever is asked for patience.
        for _ in 0..20 {
            match self.channel.send(&outbound).await {
                Err(ChannelError::Retry { after_ms, .. }) => {
                    tokio::time::sleep(Duration::from_millis(after_ms as u64)).await;
                }
                other => return other,
            }
        }
        panic!("no patience is enough for {outbound:?}");
    }

    pub async fn done(&self, key: &str, wish: Wish) -> Sent {
        self.wish(key, wish).await.expect("a wish granted")
    }
}
