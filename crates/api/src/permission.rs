//! The permission matrix: which operation asks for what, and who holds it.

use std::{collections::HashMap, sync::Arc};

use axum::http::Method;
use serde::Serialize;
use utoipa::{ToSchema, openapi::OpenApi};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_domain::{actor::Role, permission::Operation};

use crate::{ApiState, Auth, Json, problem::Result};

/// The word of an operation that needs nobody to be signed in.
pub const PUBLIC: &str = "public";

/// What an operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: anybody may.
    Public,
    /// This permission.
    Operation(Operation),
}

/// An operation of the API.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its id in the description.
    pub operation_id: Arc<str>,
    /// Its method.
    pub method: Method,
    /// Its route, with names for what varies.
    pub path: String,
    /// What it asks for.
    pub need: Need,
}

/// All operations by method and route.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    entries: HashMap<(Method, String), Entry>,
    unlisted: Vec<String>,
}

impl Matrix {
    /// Reads `x-permission` of every operation of a description.
    pub fn of(openapi: &OpenApi) -> Self {
        let mut matrix = Self::default();
        for (path, item) in &openapi.paths.paths {
            let operations = [
                (Method::GET, &item.get),
                (Method::PUT, &item.put),
                (Method::POST, &item.post),
                (Method::DELETE, &item.delete),
                (Method::PATCH, &item.patch),
            ];
            for (method, operation) in operations {
                let Some(operation) = operation else { continue };
                let id = operation.operation_id.clone().unwrap_or_default();
                let word = operation
                    .extensions
                    .as_ref()
                    .and_then(|e| e.get("x-permission"))
                    .and_then(|value| value.as_str());
                let need = match word {
                    Some(PUBLIC) => Some(Need::Public),
                    Some(word) => word.parse().ok().map(Need::Operation),
                    None => None,
                };
                let Some(need) = need else {
                    tracing::error!(
                        operation.id = id,
                        "an operation declares no permission and stays closed"
                    );
                    matrix.unlisted.push(format!("{method} {path} {id}"));
                    continue;
                };
                let entry = Entry {
                    operation_id: id.into(),
                    method: method.clone(),
                    path: path.clone(),
                    need,
                };
                matrix.entries.insert((method, path.clone()), entry);
            }
        }
        matrix
    }

    /// The operation behind a method and route; `None` for those that are closed.
    pub fn find(&self, method: &Method, path: &str) -> Option<&Entry> {
        self.entries.get(&(method.clone(), path.to_owned()))
    }

    /// Operations whose permission is missing or unknown.
    pub fn unlisted(&self) -> &[String] {
        &self.unlisted
    }

    /// All operations, by path and method.
    pub fn entries(&self) -> Vec<&Entry> {
        let mut all: Vec<&Entry> = self.entries.values().collect();
        all.sort_by(|a, b| (&a.path, a.method.as_str()).cmp(&(&b.path, b.method.as_str())));
        all
    }
}

/// Who may do what.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PermissionsOut {
    /// Every operation.
    pub operations: Vec<PermissionOut>,
}

/// Who may do one thing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PermissionOut {
    /// What.
    pub operation: String,
    /// Who: owner, operator, manager, service, analyst.
    pub roles: Vec<String>,
}

/// Who may do what.
#[utoipa::path(
    get, path = "/permissions", operation_id = "permissions", tag = "staff",
    extensions(("x-permission" = json!("session.own"))),
    responses((status = 200, body = PermissionsOut))
)]
async fn list(_: Auth) -> Result<Json<PermissionsOut>> {
    let operations = Operation::ALL
        .iter()
        .map(|o| PermissionOut {
            operation: o.to_string(),
            roles: o.roles().iter().map(Role::to_string).collect(),
        })
        .collect();
    Ok(Json(PermissionsOut { operations }))
}

/// The routes of permissions.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list))
}
