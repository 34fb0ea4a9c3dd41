//! The demo: a bakery with ninety days behind it, that goes on living while one looks.
//!
//! Everything in it is written by the functions that real data go through, and everything that
//! happens comes in through the same port and the same verbs as from a real network; only the
//! network is simulated (`yutang_channels::fake`). What a profile of the network cannot show stays
//! in the database and is hidden by capability, as an archive would show it once it is switched on.
//! The world is worked out from a seed and the time of its first start, both kept with the data, so
//! that it goes on where it stood. req: 003-065

mod history;
mod life;
mod seed;
mod task;

pub use life::Life;

use serde::{Deserialize, Serialize};
use yutang_channels::fake::{FakeNetwork, KEPT, Scale, World};
use yutang_domain::{
    actor::Actor,
    capability::Profile,
    error::{Class, Rule},
    event::{Event, EventKind},
    permission::Operation,
    time::{Timestamp, Zone},
};
use yutang_store::{
    account, demo as rows, event, installation,
    workspace::{self, Workspace},
};

use crate::{
    App, AppError, Caller, Result, audit::Change, key::random_text, macros::in_tx,
    session::hash_password, workspace::Settings,
};

/// The network's word.
pub const NETWORK: &str = "fake";
/// The name the owner signs in with.
pub const SIGN_IN: &str = "demo";
/// The installation's fact that says which world lives here.
const ORIGIN: &str = "demo";
/// Groups judged again right after the profile was switched.
const JUDGED_AT_ONCE: usize = 50;
const ACTOR: Actor = Actor::System("demo");

/// Which world, and how large.
#[derive(Clone, Copy, Debug)]
pub struct DemoOptions {
    /// The same seed at the same time makes the same world.
    pub seed: u64,
    /// How large.
    pub scale: Scale,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self {
            seed: 20_261_121,
            scale: Scale::Demo,
        }
    }
}

/// A demo, open.
#[derive(Clone, Debug)]
pub struct Demo {
    /// Its organisation.
    pub workspace: Workspace,
    /// What the owner signs in with.
    pub sign_in: &'static str,
    /// The password, new at every start.
    pub password: String,
    /// The world, as it was when it was made.
    pub world: World,
    /// The network on which it lives.
    pub network: FakeNetwork,
}

/// What is kept of a world.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Origin {
    seed: u64,
    born_ms: i64,
    chain: Option<(u32, u32, u32)>,
}

impl Origin {
    fn world(self, zone: &Zone) -> World {
        let scale = self
            .chain
            .map_or(Scale::Demo, |(stores, groups, members)| Scale::Chain {
                stores,
                groups,
                members,
            });
        World::generate(self.seed, Timestamp::from_ms(self.born_ms), zone, scale)
    }
}

/// Why there is no demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DemoError {
    /// The data are somebody's.
    #[error(
        "the data folder holds an organisation that is no demo, or a demo that was cut short: \
         give an empty one with --data"
    )]
    Taken,
    /// The organisation is a real one.
    #[error("this organisation is no demo")]
    None,
}

impl Rule for DemoError {
    fn code(&self) -> &'static str {
        match self {
            Self::Taken => "demo.taken",
            Self::None => "demo.none",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Taken => Class::Conflict,
            Self::None => Class::NotFound,
        }
    }
}

impl App {
    /// Opens the demo in the data: makes its world if there is nothing yet, and gives its owner a
    /// new random password.
    ///
    /// # Errors
    /// [`DemoError::Taken`]; the database refused.
    pub async fn open_demo(&self, options: DemoOptions) -> Result<Demo> {
        let kept = in_tx!(self, Read, tx => Ok(installation::find(tx, ORIGIN).await?))?;
        let (world, workspace) = if let Some(text) = kept {
            let origin: Origin = serde_json::from_str(&text).map_err(AppError::internal)?;
            let workspace = self.demo_workspace().await?;
            (origin.world(&Zone::from_name(&workspace.zone)?), workspace)
        } else {
            if !self.workspaces().await?.is_empty() {
                return Err(DemoError::Taken.into());
            }
            let origin = Origin {
                seed: options.seed,
                born_ms: self.now().ms(),
                chain: match options.scale {
                    Scale::Demo => None,
                    Scale::Chain {
                        stores,
                        groups,
                        members,
                    } => Some((stores, groups, members)),
                },
            };
            let world = origin.world(&Zone::from_name("Asia/Shanghai")?);
            self.seed(&world).await?;
            let text = serde_json::to_string(&origin).map_err(AppError::internal)?;
            in_tx!(self, Guarded, tx => Ok(installation::set(tx, ORIGIN, &text).await?))?;
            (world, self.demo_workspace().await?)
        };
        let password = random_text(12);
        let hash = hash_password(password.clone()).await?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let Some(owner) = account::find(tx, SIGN_IN).await? else {
                return Err(DemoError::Taken.into());
            };
            Ok(account::set_password(tx, owner.id, Some(&hash), now).await?)
        })?;
        let profile = profile_of(&workspace)?;
        Ok(Demo {
            workspace,
            sign_in: SIGN_IN,
            password,
            network: FakeNetwork::new(profile).keeping(kept_groups(world.is_demo())),
            world,
        })
    }

    async fn demo_workspace(&self) -> Result<Workspace> {
        self.workspaces()
            .await?
            .into_iter()
            .find(|workspace| workspace.demo)
            .ok_or_else(|| DemoError::Taken.into())
    }

    /// Lets the groups of the demo be seen through an account of another profile, but for those that
    /// have an account of their own. Nothing is deleted: what the new profile cannot show is hidden,
    /// what it can show appears.
    ///
    /// # Errors
    /// [`DemoError::None`] in a real organisation; the caller may not.
    pub async fn switch_demo_profile(
        &self,
        caller: &Caller,
        profile: Profile,
    ) -> Result<Workspace> {
        caller.may(Operation::DemoEdit)?;
        let now = self.now();
        let row = in_tx!(self, Write, tx => {
            let mut row = workspace::get(tx, caller.workspace).await?;
            if !row.demo {
                return Err(DemoError::None.into());
            }
            let mut settings = Settings::of(&row)?;
            let before = std::mem::replace(&mut settings.demo_profile, profile.to_string());
            row.settings = serde_json::to_string(&settings).map_err(AppError::internal)?;
            row.updated_at = now;
            workspace::update(tx, &row).await?;
            let accounts = rows::accounts(tx, row.id, NETWORK).await?;
            let Some(to) = accounts.iter().find(|account| account.profile == profile.as_str()) else {
                return Err(DemoError::None.into());
            };
            let origin = installation::find(tx, ORIGIN).await?;
            let small = origin
                .and_then(|text| serde_json::from_str::<Origin>(&text).ok())
                .is_some_and(|origin| origin.chain.is_none());
            let kept: Vec<&str> = kept_groups(small).iter().map(|(group, _)| *group).collect();
            rows::move_groups(tx, row.id, NETWORK, to.id, &kept).await?;
            self.audited(tx, caller, now, Change {
                operation: "demo.edit",
                subject: format!("workspace:{}", row.id),
                subject_name: &row.name,
                undoable: false,
            }, Some(&before), Some(&settings.demo_profile)).await?;
            let fact = Event::new(self.ids().next()?, EventKind::WorkspaceChanged, &caller.actor);
            event::insert(tx, row.id, now, &[fact]).await?;
            Ok(row)
        })?;
        // A small world shows its health at once; the sweep judges the rest of a large one.
        self.judge_health(Timestamp::from_ms(1), JUDGED_AT_ONCE)
            .await?;
        Ok(row)
    }
}

/// Groups that stay on an account of their own, whatever the others are seen through.
const fn kept_groups(small: bool) -> &'static [(&'static str, Profile)] {
    if small { &KEPT } else { &[] }
}

/// The profile of the demo's network.
///
/// # Errors
/// The settings are damaged.
pub fn profile_of(workspace: &Workspace) -> Result<Profile> {
    let settings = Settings::of(workspace)?;
    Ok(settings.demo_profile.parse().unwrap_or(Profile::WecomPlain))
}
