//! The organisation: branches, staff, groups.

use yutang_channels::fake::{Group as Plan, Post, World};
use yutang_domain::{
    branch::BranchKind,
    capability::Profile,
    group::{Stage, name_follows_rule},
    health::HealthClass,
    id::{AccountId, BranchId},
    staff::Title,
    time::{DAY, Timestamp},
};
use yutang_store::{
    Tx, account, announcement, branch, demo as rows,
    group::{self, Group},
    member::Member,
    search, staff, tag, workspace,
};
use yutang_text::{
    fold::{fold, sort_key},
    search::index_terms,
};

use super::Seed;
use crate::{
    AppError, Result,
    demo::{ACTOR, NETWORK, SIGN_IN},
    identity::member_terms,
    key::random_text,
    workspace::Settings,
};

const fn title(post: Post) -> Title {
    match post {
        Post::Owner => Title::Boss,
        Post::Operator => Title::HeadOperator,
        Post::Supervisor => Title::RegionSupervisor,
        Post::Manager => Title::StoreManager,
        Post::Sales => Title::Sales,
        Post::Service => Title::Service,
        Post::Analyst => Title::Analyst,
    }
}

impl Seed<'_> {
    /// Everything but the groups' people.
    pub(super) async fn house(&self, tx: &mut Tx, mut row: workspace::Workspace) -> Result<()> {
        let now = self.world.now();
        let settings = Settings {
            demo_profile: Profile::WecomPlain.to_string(),
            ..Settings::default()
        };
        row.settings = serde_json::to_string(&settings).map_err(AppError::internal)?;
        workspace::update(tx, &row).await?;
        rows::insert_accounts(tx, row.id, NETWORK, &self.accounts, now).await?;
        self.branches(tx).await?;
        self.staff(tx).await?;
        for (number, plan) in self.world.groups().iter().enumerate() {
            self.group(tx, number, plan).await?;
        }
        for (name, color) in World::tags() {
            let tag = tag::Tag {
                id: self.tags[name],
                name: name.to_owned(),
                name_sort: sort_key(name),
                color: color.to_owned(),
                created_at: now,
            };
            tag::insert(tx, row.id, &tag).await?;
        }
        Ok(())
    }

    async fn branches(&self, tx: &mut Tx) -> Result<()> {
        let now = self.world.now();
        let mut root = branch::list(tx, self.workspace, "")
            .await?
            .into_iter()
            .find(|branch| branch.parent_id.is_none())
            .ok_or_else(|| AppError::internal("a workspace has a root branch"))?;
        World::HEAD.clone_into(&mut root.name);
        root.name_sort = sort_key(World::HEAD);
        branch::update(tx, self.workspace, &root).await?;
        let below =
            |id: BranchId, parent: &branch::Branch, kind, name: &str, code| branch::Branch {
                id,
                parent_id: Some(parent.id),
                kind,
                name: name.to_owned(),
                name_sort: sort_key(name),
                code,
                region: None,
                path: format!("{}{}/", parent.path, id.raw()),
                archived_at: None,
                created_at: now,
            };
        let mut regions = Vec::with_capacity(self.regions.len());
        for (id, region) in self.regions.iter().zip(self.world.regions()) {
            let row = below(*id, &root, BranchKind::Region, &region.name, None);
            branch::insert(tx, self.workspace, &row).await?;
            regions.push(row);
        }
        for (id, store) in self.stores.iter().zip(self.world.stores()) {
            let parent = &regions[store.region];
            let code = Some(store.code.clone());
            let row = below(*id, parent, BranchKind::Store, &store.name, code);
            branch::insert(tx, self.workspace, &row).await?;
        }
        Ok(())
    }

    async fn staff(&self, tx: &mut Tx) -> Result<()> {
        let came = self.world.begin().plus(-300 * DAY);
        let account = self
            .app
            .new_account(tx, SIGN_IN, "", self.world.now())
            .await?;
        let mut members = Vec::new();
        let mut identities = Vec::new();
        for somebody in self.world.staff() {
            let id = self.member(somebody.person);
            let mut row = Member::new(id, "demo", came, came);
            row.name.clone_from(&somebody.name);
            row.name_sort = sort_key(&somebody.name);
            row.branch_id = somebody.store.map(|store| self.stores[store]);
            identities.push(self.identity(id, somebody.person, &somebody.name, came)?);
            members.push(row);
        }
        self.insert_people(tx, &members, &identities).await?;
        for row in &members {
            let terms = member_terms([row.name.as_str()], []);
            search::replace(tx, self.workspace, "member", row.id.raw(), &terms).await?;
        }
        for (id, somebody) in self.staff.iter().zip(self.world.staff()) {
            let title = title(somebody.post);
            let account_id = match somebody.post {
                Post::Owner => Some(account.id),
                Post::Operator => Some(self.protected_account(tx, &somebody.name, came).await?),
                _ => None,
            };
            let row = staff::Staff {
                id: *id,
                account_id,
                name: somebody.name.clone(),
                name_sort: sort_key(&somebody.name),
                role: title.role(),
                title,
                branch_id: somebody
                    .store
                    .map(|store| self.stores[store])
                    .or_else(|| somebody.region.map(|region| self.regions[region])),
                member_id: Some(self.member(somebody.person)),
                left_at: None,
                successor_id: None,
                last_seen_at: None,
                created_at: came,
            };
            staff::insert(tx, self.workspace, &row).await?;
        }
        Ok(())
    }

    /// A sign-in as an operator has one, with an authenticator; nobody knows its secrets.
    async fn protected_account(
        &self,
        tx: &mut Tx,
        name: &str,
        came: Timestamp,
    ) -> Result<AccountId> {
        let sign_in: String = sort_key(name).split_whitespace().collect();
        let row = self.app.new_account(tx, &sign_in, "", came).await?;
        let sealed = self.app.keys().seal(&random_text(32));
        account::set_totp(tx, row.id, Some(&sealed), true, came).await?;
        Ok(row.id)
    }

    async fn group(&self, tx: &mut Tx, number: usize, plan: &Plan) -> Result<()> {
        let id = self.groups[number];
        let store = &self.world.stores()[plan.store];
        let opened = self.zone().start_of(plan.opened_on);
        let row = Group {
            id,
            branch_id: self.stores[plan.store],
            channel: NETWORK.to_owned(),
            channel_account_id: Some(self.account(plan.profile.unwrap_or(Profile::WecomPlain))),
            external_id: Some(plan.external_id.clone()),
            name: plan.name.clone(),
            name_fold: fold(&plan.name),
            name_sort: sort_key(&plan.name),
            name_ok: name_follows_rule(&plan.name, &store.name),
            purpose: plan.purpose.clone(),
            term: plan.term,
            shape: plan.shape,
            ownership: plan.ownership,
            audience: plan.audience,
            scene: Some(plan.scene),
            need_level: Some(plan.need_level),
            stage: Stage::Launch,
            stage_by_hand: false,
            size_min: yutang_domain::group::ADVISABLE_SIZE.0,
            size_max: yutang_domain::group::ADVISABLE_SIZE.1,
            capacity: plan.capacity,
            opened_on: Some(plan.opened_on),
            ends_on: plan.ends_on,
            monetisation: Some(plan.monetisation),
            monetisation_note: plan.monetisation_note.clone(),
            topic_terms: serde_json::to_string(&plan.topic_terms).map_err(AppError::internal)?,
            announcement_version: 1,
            member_count: 0,
            listed_size: None,
            listed_owner: None,
            staff_count: 0,
            admin_count: 0,
            last_message_at: None,
            last_post_at: None,
            code_expires_at: plan.code_expires_at,
            health_class: HealthClass::Unknown,
            health_reasons: "[]".to_owned(),
            health_at: None,
            givers: None,
            run_id: None,
            archived_at: None,
            archive_reason: None,
            created_at: opened,
            updated_at: opened,
        };
        group::insert(tx, self.workspace, std::slice::from_ref(&row)).await?;
        search::replace(
            tx,
            self.workspace,
            "group",
            id.raw(),
            &index_terms(&row.name),
        )
        .await?;
        let sections = &plan.announcement;
        let version = announcement::Version {
            version: 1,
            theme: sections.theme.clone(),
            services: sections.services.clone(),
            forbidden: sections.forbidden.clone(),
            encouraged: sections.encouraged.clone(),
            actor: ACTOR.to_string(),
            created_at: opened,
        };
        announcement::insert(tx, self.workspace, id, &version).await?;
        let seats: Vec<_> = plan
            .staff
            .iter()
            .map(|seat| (self.staff[seat.staff], seat.duty))
            .collect();
        group::assign(tx, self.workspace, id, &seats, opened).await?;
        Ok(())
    }
}
