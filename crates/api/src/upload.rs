//! Files on their way to an import.

use std::collections::BTreeMap;

use axum::{
    extract::{DefaultBodyLimit, Multipart, State, multipart::MultipartError},
    http::StatusCode,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{
    AppError,
    import::{Layout, Sniff, Upload, columns_of},
};
use yutang_domain::{
    error::Class,
    import::{UPLOAD_MAX, UploadError},
};

use crate::{ApiState, Auth, Json, Problem, problem::Result};

/// What stands around the file in a multipart body, in bytes.
const ENVELOPE: u64 = 64 << 10;

/// What the file was sent as.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form, which is read as a stream")]
struct UploadForm {
    /// The file, at most 1 GiB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Why nothing can be made of a file, or of a run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportProblem {
    /// Code, translated by the catalogue `error`.
    pub code: String,
    /// In words.
    pub detail: String,
    /// Line, byte or column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// What the beginning of a file shows.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct SniffOut {
    /// chat or table; null = not known.
    pub kind: Option<String>,
    /// What a table most likely lists: orders, members or groups.
    pub target: Option<String>,
    /// The format of a chat; csv, spaced or xlsx for a table.
    pub format: Option<String>,
    /// The encoding of a text.
    pub encoding: Option<String>,
    /// The header of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<Vec<String>>,
    /// The shop system whose header it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// The first rows of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<Vec<Vec<String>>>,
    /// Which column would be taken for which field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<BTreeMap<String, String>>,
    /// Why nothing can be made of it; then it is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ImportProblem>,
}

impl From<Sniff> for SniffOut {
    fn from(sniff: Sniff) -> Self {
        let out = Self {
            encoding: sniff.encoding,
            ..Self::default()
        };
        if let Some(format) = sniff.chat {
            return Self {
                kind: Some("chat".to_owned()),
                format: Some(format.as_str().to_owned()),
                ..out
            };
        }
        let Some(look) = sniff.table else { return out };
        let format = match look.layout {
            Layout::Delimited(_) => "csv",
            Layout::Spaced => "spaced",
            Layout::Sheet => "xlsx",
        };
        let word = |value: serde_json::Value| value.as_str().map(str::to_owned);
        Self {
            kind: Some("table".to_owned()),
            target: look
                .target
                .and_then(|t| serde_json::to_value(t).ok())
                .and_then(word),
            format: Some(format.to_owned()),
            headers: Some(look.header),
            preset: look.preset.map(|preset| preset.as_str().to_owned()),
            sample: Some(look.rows),
            mapping: Some(columns_of(&look.mapping)),
            ..out
        }
    }
}

/// A file that has arrived.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UploadOut {
    /// What an import names it by, for a day.
    pub upload_id: String,
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// What its beginning shows.
    pub sniff: SniffOut,
}

fn broken(error: &MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return UploadError::TooLarge.into();
    }
    UploadError::Broken.into()
}

async fn receive(state: &ApiState, auth: &Auth, mut form: Multipart) -> Result<Upload> {
    while let Some(mut field) = form.next_field().await.map_err(|e| broken(&e))? {
        if field.name() != Some("file") {
            continue;
        }
        let name = field.file_name().unwrap_or("").to_owned();
        let mut arriving = state.app.receive_upload(&auth.0, &name).await?;
        while let Some(bytes) = field.chunk().await.map_err(|e| broken(&e))? {
            arriving.take(&bytes).await?;
        }
        return Ok(arriving.finish().await?);
    }
    Err(UploadError::Missing.into())
}

/// Takes a file and says what its beginning shows; it waits a day to be imported.
#[utoipa::path(
    post, path = "/imports/uploads", operation_id = "upload_create", tag = "import",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    extensions(("x-permission" = json!("import.run"))),
    responses((status = 201, body = UploadOut))
)]
async fn create(
    State(state): State<ApiState>,
    auth: Auth,
    form: std::result::Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<(StatusCode, Json<UploadOut>)> {
    let form = form.map_err(|_| UploadError::Missing)?;
    let upload = receive(&state, &auth, form).await?;
    let sniff = match state.app.sniff_upload(&auth.0, &upload).await {
        Ok(sniff) => sniff.into(),
        Err(error @ AppError::Rule(_)) if error.class() == Class::Invalid => SniffOut {
            error: Some(ImportProblem {
                code: error.code().to_owned(),
                detail: error.to_string(),
                at: error.at(),
            }),
            ..SniffOut::default()
        },
        Err(error) => return Err(error.into()),
    };
    let out = UploadOut {
        upload_id: upload.id,
        name: upload.name,
        bytes: upload.bytes,
        sniff,
    };
    Ok((StatusCode::CREATED, Json(out)))
}

/// The route of uploads, with a limit of its own.
pub fn routes() -> OpenApiRouter<ApiState> {
    let limit = usize::try_from(UPLOAD_MAX + ENVELOPE).unwrap_or(usize::MAX);
    OpenApiRouter::new()
        .routes(routes!(create))
        .layer(DefaultBodyLimit::max(limit))
}
