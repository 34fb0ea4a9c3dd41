//! What all pages share: the community, the language, the head and the foot.

use askama::Template;
use axum::{
    extract::{FromRequestParts, Path, Query},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Response},
};
use serde::Deserialize;
use yutang_app::{
    key::{Purpose, hex, random_text, unhex},
    member_page::Community,
    member_sign_in::{MemberSignInError, SESSION_MS, SignedIn},
    text::Locale,
    workspace::AddressForm,
};
use yutang_domain::time::{DAY, SECOND, Timestamp, Zone};

use crate::{PagesState, STYLE, cookie, refusal::Refusal};

/// A request to a page: which community, in which language, from which browser.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The community.
    pub community: Community,
    /// Its name in the address.
    pub slug: String,
    /// Its name.
    pub brand: String,
    /// The language of the page.
    pub locale: Locale,
    /// What forms of this page have to carry.
    pub csrf: String,
    /// The browser's own number; made for this request if it had none.
    pub browser: String,
    /// The cookie of a member's session, if there is one.
    pub session: Option<String>,
    new_browser: bool,
    new_language: bool,
}

#[derive(Deserialize)]
struct Chosen {
    lang: Option<String>,
}

impl FromRequestParts<PagesState> for Frame {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &PagesState) -> Result<Self, Refusal> {
        let spoken = parts
            .headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .and_then(Locale::accepted);
        let path: Path<Vec<(String, String)>> = Path::from_request_parts(parts, state)
            .await
            .map_err(|_| Refusal::not_found(spoken.unwrap_or_default()))?;
        let slug = path
            .0
            .first()
            .map(|(_, slug)| slug.clone())
            .unwrap_or_default();
        let chosen = Query::<Chosen>::from_request_parts(parts, state)
            .await
            .ok()
            .and_then(|q| q.0.lang);
        let chosen: Option<Locale> = chosen.and_then(|tag| tag.parse().ok());
        let kept = cookie::read(&parts.headers, cookie::LANGUAGE).and_then(|tag| tag.parse().ok());
        let community = match state.app.community(&slug).await {
            Ok(community) => community,
            Err(error) => {
                return Err(Refusal::new(
                    chosen.or(kept).or(spoken).unwrap_or_default(),
                    &error,
                ));
            }
        };
        let own: Option<Locale> = community.workspace.locale.parse().ok();
        let locale = chosen.or(kept).or(spoken).or(own).unwrap_or_default();
        let known = cookie::read(&parts.headers, cookie::BROWSER).filter(|b| b.len() == 32);
        let new_browser = known.is_none();
        let browser = known.unwrap_or_else(|| random_text(32));
        Ok(Self {
            csrf: hex(&state
                .app
                .keys()
                .mac(Purpose::Link, seal_of(&browser).as_bytes())),
            session: cookie::read(&parts.headers, cookie::SESSION),
            brand: community.workspace.name.clone(),
            new_language: chosen.is_some(),
            community,
            slug,
            locale,
            browser,
            new_browser,
        })
    }
}

fn seal_of(browser: &str) -> String {
    format!("page form:{browser}")
}

impl Frame {
    /// The sentence under `key`.
    pub fn t(&self, key: &str) -> String {
        self.say(key, &[])
    }

    /// The sentence under `key` with one placeholder.
    pub fn t1(&self, key: &str, name: &str, value: impl AsRef<str>) -> String {
        self.say(key, &[(name, value.as_ref())])
    }

    /// The sentence under `key` with two placeholders.
    pub fn t2(
        &self,
        key: &str,
        name: &str,
        value: impl AsRef<str>,
        other: &str,
        other_value: impl AsRef<str>,
    ) -> String {
        self.say(
            key,
            &[(name, value.as_ref()), (other, other_value.as_ref())],
        )
    }

    fn say(&self, key: &str, args: &[(&str, &str)]) -> String {
        let said = self.locale.say(key, args);
        match self.community.settings.address_form {
            AddressForm::Nin => said,
            AddressForm::Ni => said.replace('您', "你"),
        }
    }

    /// The languages to choose from: tag and own name.
    pub fn languages(&self) -> [(&'static str, &'static str); 3] {
        [("zh-Hans", "简体"), ("zh-Hant", "繁體"), ("en", "English")]
    }

    /// Changes with the style sheet, so that browsers may keep it for ever.
    pub fn style_version(&self) -> String {
        let sum = STYLE.bytes().fold(0_u32, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u32::from(byte))
        });
        format!("{sum:08x}")
    }

    /// The zone of the community.
    pub fn zone(&self) -> Zone {
        Zone::from_name(&self.community.workspace.zone).unwrap_or_else(|_| Zone::utc())
    }

    /// The civil day of an instant.
    pub fn day(&self, at: Timestamp) -> String {
        self.zone().day(at).to_string()
    }

    /// The wall-clock time of an instant, hours and minutes.
    pub fn clock(&self, at: Timestamp) -> String {
        self.zone().civil(at).strftime("%H:%M").to_string()
    }

    /// Whether a form of a browser without a session is the one that was shown to it.
    ///
    /// # Errors
    /// [`MemberSignInError::Form`].
    pub fn check_form(&self, state: &PagesState, given: &str) -> Result<(), Refusal> {
        let mac = unhex(given).unwrap_or_default();
        let message = seal_of(&self.browser);
        if !self.new_browser
            && state
                .app
                .keys()
                .verify(Purpose::Link, message.as_bytes(), &mac)
        {
            Ok(())
        } else {
            Err(self.refuse(&MemberSignInError::Form.into()))
        }
    }

    /// Whoever is signed in.
    ///
    /// # Errors
    /// [`MemberSignInError::Nobody`].
    pub async fn member(&self, state: &PagesState) -> Result<SignedIn, Refusal> {
        let Some(cookie) = &self.session else {
            return Err(self.refuse(&MemberSignInError::Nobody.into()));
        };
        let found = state
            .app
            .signed_in_member(self.community.workspace.id, cookie)
            .await;
        found.map_err(|error| self.refuse(&error))
    }

    /// Whoever is signed in and sent the form that was shown to them.
    ///
    /// # Errors
    /// [`MemberSignInError::Nobody`], [`MemberSignInError::Form`].
    pub async fn member_with_form(
        &self,
        state: &PagesState,
        given: &str,
    ) -> Result<SignedIn, Refusal> {
        let member = self.member(state).await?;
        if member.csrf == given {
            Ok(member)
        } else {
            Err(self.refuse(&MemberSignInError::Form.into()))
        }
    }

    /// The page that says why something was not done.
    pub fn refuse(&self, error: &yutang_app::AppError) -> Refusal {
        Refusal::within(self.clone(), error)
    }

    /// Renders a page of this frame.
    pub fn render(&self, state: &PagesState, page: &impl Template) -> Response {
        self.render_as(state, StatusCode::OK, page)
    }

    /// Renders a page of this frame with another status.
    pub fn render_as(
        &self,
        state: &PagesState,
        status: StatusCode,
        page: &impl Template,
    ) -> Response {
        let html = match page.render() {
            Ok(html) => html,
            Err(error) => {
                tracing::error!(%error, "a page cannot be rendered");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        let mut response = (status, Html(html)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            header::CONTENT_LANGUAGE,
            HeaderValue::from_static(self.locale.tag()),
        );
        headers.append(
            header::VARY,
            HeaderValue::from_static("accept-language, cookie"),
        );
        if self.new_language {
            let value = self.locale.tag();
            let set = cookie::set(
                state,
                &self.slug,
                cookie::LANGUAGE,
                value,
                365 * DAY / SECOND,
            );
            headers.append(header::SET_COOKIE, set);
        }
        response
    }

    /// Lets the browser keep its number, for pages with a form before sign-in.
    pub fn keep_browser(&self, state: &PagesState, response: &mut Response) {
        if self.new_browser {
            let set = cookie::set(
                state,
                &self.slug,
                cookie::BROWSER,
                &self.browser,
                SESSION_MS / SECOND,
            );
            response.headers_mut().append(header::SET_COOKIE, set);
        }
    }

    /// Sends the browser to another page of this community.
    pub fn go(&self, path: &str) -> Response {
        let place = format!("/m/{}{path}", self.slug);
        let mut response = StatusCode::SEE_OTHER.into_response();
        let place = HeaderValue::from_str(&place).expect("slugs and our paths are plain ASCII");
        response.headers_mut().insert(header::LOCATION, place);
        response
    }
}
