//! Receipts of a group's rules: whom they reached, and who acknowledged them.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::receipt::{Receipt, Receipts};
use yutang_domain::{
    id::{GroupId, MemberId},
    onboarding::Ending,
    time::Timestamp,
};

use crate::{ApiState, At, Auth, Json, Page, Query, named::Named, page::cursor, problem::Result};

/// A field of a name carried in a group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CardFieldOut {
    /// What the group calls it.
    pub field: String,
    /// What stands there.
    pub value: String,
}

/// Somebody in a group, and its rules.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReceiptOut {
    /// Who.
    pub member: Named,
    /// The name carried in the group.
    pub card_name: String,
    /// Its fields; null = nothing is asked, empty = it is not as asked.
    pub card_fields: Option<Vec<CardFieldOut>>,
    /// When they came.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub joined_at: Option<Timestamp>,
    /// When the version in force reached them; null = not that the program knows.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub delivered_at: Option<Timestamp>,
    /// group, private, task or page.
    pub delivered_by: Option<String>,
    /// When they acknowledged it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub acknowledged_at: Option<Timestamp>,
    /// page or word.
    pub acknowledged_by: Option<String>,
    /// The latest version that counts for them: acknowledged where that is asked, else delivered.
    pub rules_version: Option<i64>,
}

impl From<Receipt> for ReceiptOut {
    fn from(receipt: Receipt) -> Self {
        let row = receipt.row;
        Self {
            member: Named {
                id: row.member_id.to_string(),
                name: row.name,
            },
            card_name: row.card_name,
            card_fields: receipt.card_name.map(|fields| {
                fields
                    .into_iter()
                    .map(|(field, value)| CardFieldOut { field, value })
                    .collect()
            }),
            joined_at: row.joined_at,
            delivered_at: row.delivered_at,
            delivered_by: row.delivered_by.map(|way| way.to_string()),
            acknowledged_at: row.acknowledged_at,
            acknowledged_by: row.acknowledged_by.map(|way| way.to_string()),
            rules_version: row.rules_version,
        }
    }
}

/// How first days ended.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct FirstDaysOut {
    /// They spoke, and did what was asked.
    pub active: i64,
    /// They spoke no word, or left something undone.
    pub silent: i64,
    /// The channel shows no words.
    pub unseen: i64,
    /// They left within the day.
    pub left: i64,
    /// They want to be left alone.
    pub stopped: i64,
    /// Still under way.
    pub open: i64,
}

/// How the rules of a group stand with its people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReceiptsOut {
    /// The version in force; 0 = there are none.
    pub version: i64,
    /// Whether it has to be acknowledged.
    pub acknowledges: bool,
    /// Members in the group.
    pub members: i64,
    /// Those whom the version reached, as far as the program knows.
    pub delivered: i64,
    /// Those who acknowledged it.
    pub acknowledged: i64,
    /// How names are to look; null = as one likes.
    pub card_name: Option<String>,
    /// How the first days of the last 30 days ended. req: 001-050
    pub first_days: FirstDaysOut,
    /// The people, in no order of rank.
    pub items: Vec<ReceiptOut>,
    /// What to send as `cursor` for the page after this one; null at the end.
    pub next: Option<String>,
}

impl From<Receipts> for ReceiptsOut {
    fn from(receipts: Receipts) -> Self {
        let mut days = FirstDaysOut::default();
        for (ending, n) in receipts.first_days {
            *match ending {
                Some(Ending::Active) => &mut days.active,
                Some(Ending::Silent) => &mut days.silent,
                Some(Ending::Unseen) => &mut days.unseen,
                Some(Ending::Left) => &mut days.left,
                Some(Ending::Stopped) => &mut days.stopped,
                None => &mut days.open,
            } = n;
        }
        Self {
            version: receipts.version,
            acknowledges: receipts.acknowledges,
            members: receipts.reached.members,
            delivered: receipts.reached.delivered,
            acknowledged: receipts.reached.acknowledged,
            card_name: receipts.card_name,
            first_days: days,
            items: receipts.items.into_iter().map(ReceiptOut::from).collect(),
            next: receipts.next.map(|id| cursor(&id)),
        }
    }
}

/// Whom the rules of a group reached, and who acknowledged them. req: 000-029
#[utoipa::path(
    get, path = "/groups/{id}/receipts", operation_id = "receipt_list", tag = "gate",
    params(("id" = String, Path, description = "Group"), Page),
    extensions(("x-permission" = json!("member.read"))),
    responses((status = 200, body = ReceiptsOut))
)]
async fn list(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    At(id): At<GroupId>,
    Query(page): Query<Page>,
) -> Result<Json<ReceiptsOut>> {
    let after: Option<MemberId> = page.after()?;
    let found = state.app.receipts(&caller, id, after, page.limit()).await?;
    Ok(Json(found.into()))
}

/// The routes of receipts.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list))
}
