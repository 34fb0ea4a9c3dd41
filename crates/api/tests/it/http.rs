//! A browser without a screen: it keeps cookies and sends what the console sends.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use yutang_api::{ApiState, Config, edge, permission::Matrix};
use yutang_app::group::GroupInput;
use yutang_domain::group::Monetisation;
use yutang_testkit::app::{PASSWORD, TestApp};

/// A group that may be made.
pub fn group(name: &str) -> GroupInput {
    GroupInput {
        monetisation: Some(Monetisation::None),
        ..GroupInput::named(name, "wecom")
    }
}

/// The edge of the program in a test.
pub struct Edge {
    pub router: Router,
    pub matrix: Matrix,
}

impl Edge {
    pub fn of(test: &TestApp) -> Self {
        let config = Config {
            base_url: Some("https://shop.example".to_owned()),
            ..Config::default()
        };
        let (router, openapi) = yutang_api::router(ApiState::new(test.app.clone(), config));
        Self {
            router: edge::around(router),
            matrix: Matrix::of(&openapi),
        }
    }

    pub fn browser(&self) -> Browser {
        Browser {
            router: self.router.clone(),
            session: None,
            device: None,
            csrf: None,
            token: None,
        }
    }

    pub fn program(&self, token: &str) -> Browser {
        Browser {
            token: Some(token.to_owned()),
            ..self.browser()
        }
    }

    /// A browser in which somebody has signed in.
    pub async fn signed_in(&self, sign_in: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.sign_in(sign_in, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        browser
    }
}

#[derive(Clone)]
pub struct Browser {
    router: Router,
    pub session: Option<String>,
    pub device: Option<String>,
    pub csrf: Option<String>,
    pub token: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }

    /// The answer's body, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status.as_u16(), self.code()),
            (status, code),
            "{}",
            self.body
        );
        self.body
    }
}

impl Browser {
    pub async fn sign_in(&mut self, sign_in: &str, password: &str) -> Answer {
        self.post(
            "/session",
            json!({ "sign_in": sign_in, "password": password }),
        )
        .await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    pub async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body), &[]).await
    }

    pub async fn patch(&mut self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body), &[]).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, &[]).await
    }

    pub fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Request<Body> {
        // Two slashes lead out of the API.
        let path = match path.strip_prefix("//") {
            Some(outside) => format!("/{outside}"),
            None => format!("/api/v1{path}"),
        };
        let mut request = Request::builder().method(method).uri(path);
        let cookies: Vec<String> = [
            ("yutang_session", &self.session),
            ("yutang_device", &self.device),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.as_ref().map(|v| format!("{name}={v}")))
        .collect();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if let Some(csrf) = &self.csrf {
            request = request.header("x-csrf-token", csrf);
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        match body {
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        }
        .unwrap()
    }

    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let mut request = self.request(method, path, body.as_ref());
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(*name, HeaderValue::from_str(value).unwrap());
        }
        self.answer(request).await
    }

    pub async fn answer(&mut self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            let (name, rest) = text.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap().to_owned();
            let kept = Some(value).filter(|v| !v.is_empty());
            match name {
                "yutang_session" => self.session = kept,
                "yutang_device" => self.device = kept,
                other => panic!("an unknown cookie {other}"),
            }
        }
        let csrf = body["csrf"]
            .as_str()
            .or_else(|| body["session"]["csrf"].as_str());
        if let Some(csrf) = csrf.filter(|c| !c.is_empty()) {
            self.csrf = Some(csrf.to_owned());
        }
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// The response as it comes, for streams.
    pub async fn open(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> axum::response::Response {
        let mut request = self.request(Method::GET, path, None);
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(*name, HeaderValue::from_str(value).unwrap());
        }
        self.router.clone().oneshot(request).await.unwrap()
    }
}
