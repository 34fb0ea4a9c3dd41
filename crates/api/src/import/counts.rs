//! What an import counted.

use serde::Serialize;
use utoipa::ToSchema;
use yutang_app::import::Counts;
use yutang_domain::{import::ImportKind, time::Timestamp};

/// What was counted; what a kind of file does not have is left out.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct RunCounts {
    /// Messages newly stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<u64>,
    /// Messages of the file that are older than texts are kept: their texts go with the next sweep,
    /// their counts stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub past_retention: Option<u64>,
    /// Days that texts are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<i64>,
    /// Notices of the network in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<u64>,
    /// Different senders, customers or people in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<u64>,
    /// People newly stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added: Option<u64>,
    /// Different days with a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u64>,
    /// Earliest record.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first: Option<Timestamp>,
    /// Latest record.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last: Option<Timestamp>,
    /// What was there already.
    pub duplicates: u64,
    /// Lines left out.
    pub skipped_total: u64,
    /// Orders newly stored, cancelled ones apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orders: Option<u64>,
    /// Lines in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<u64>,
    /// Sum of all lines, negatives included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revenue_minor: Option<i64>,
    /// Cancelled orders in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<u64>,
    /// Lines without a member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_member: Option<u64>,
    /// Groups newly stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<u64>,
}

impl RunCounts {
    pub(super) fn of(kind: ImportKind, counts: &Counts, skipped_total: u64) -> Self {
        let all = Self {
            first: counts.first,
            last: counts.last,
            duplicates: counts.duplicates,
            skipped_total,
            ..Self::default()
        };
        match kind {
            ImportKind::Chat => Self {
                messages: Some(counts.messages),
                past_retention: Some(counts.past_retention),
                retention_days: Some(counts.retention_days),
                system: Some(counts.system),
                members: Some(counts.members),
                days: Some(counts.days),
                ..all
            },
            ImportKind::Orders => Self {
                orders: Some(counts.orders),
                lines: Some(counts.lines),
                members: Some(counts.members),
                revenue_minor: Some(counts.revenue_minor),
                cancelled: Some(counts.cancelled),
                without_member: Some(counts.without_member),
                ..all
            },
            ImportKind::Members => Self {
                members: Some(counts.members),
                added: Some(counts.added),
                lines: Some(counts.lines),
                ..all
            },
            ImportKind::Groups => Self {
                groups: Some(counts.groups),
                lines: Some(counts.lines),
                ..all
            },
        }
    }
}
