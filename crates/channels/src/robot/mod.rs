//! Robots in staff chats: one message at a time, to one address.
//!
//! The three networks want the same in other words: a title, some lines, and a link. None of them
//! can say afterwards whether a message arrived, and none takes a key that would keep it from
//! being said twice. The address is given by whoever set the robot up, so it is held to be hostile:
//! it has to lead to a public server over https, and the connection is made to exactly the address
//! that was looked at. Words of members are robbed of everything that a staff chat would make a
//! mention, a link or a heading of.

mod dingtalk;
mod feishu;
mod wecom;

use std::{net::SocketAddr, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, Url};
use ring::hmac;
use serde_json::Value;
use yutang_domain::{
    robot::{RobotError, RobotKind},
    time::{MINUTE, SECOND, Timestamp},
};

use crate::{
    ChannelError, address,
    http::{Answer, Broken, Http, short},
};

/// How long a secret may be.
const SECRET_LENGTH: usize = 200;
/// How long to wait where a robot spoke too often and does not say how long, in milliseconds.
const PATIENCE: i64 = MINUTE;

/// What a robot says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The first line.
    pub title: String,
    /// What follows: what it is called, and what it is.
    pub lines: Vec<(String, String)>,
    /// Text ready to paste; empty if there is none.
    pub body: String,
    /// What can be opened: what it is called, and where it leads.
    pub links: Vec<(String, String)>,
}

/// A robot.
#[derive(Clone)]
pub struct Robot {
    kind: RobotKind,
    address: Url,
    secret: Option<String>,
    /// Whether it may stand on this machine; for tests and the demo.
    near: bool,
}

impl std::fmt::Debug for Robot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Robot")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Robot {
    /// A robot at an address; nothing is asked yet. `near`: it may stand on this machine, for tests
    /// and the demo.
    ///
    /// # Errors
    /// [`RobotError`].
    pub fn new(
        kind: RobotKind,
        address: &str,
        secret: Option<&str>,
        near: bool,
    ) -> Result<Self, RobotError> {
        let address = address::public(address, near).ok_or(RobotError::Address)?;
        let secret = secret.map(str::trim).filter(|secret| !secret.is_empty());
        if secret.is_some_and(|secret| !kind.signs() || secret.len() > SECRET_LENGTH) {
            return Err(RobotError::Secret);
        }
        Ok(Self {
            kind,
            address,
            secret: secret.map(str::to_owned),
            near,
        })
    }

    /// Says something; `now` goes into the signature.
    ///
    /// # Errors
    /// [`ChannelError::Retry`] when it spoke too often or its network is out of reach,
    /// [`ChannelError::Fail`] when it is refused, [`ChannelError::Unknown`] when the connection
    /// broke and nobody can tell.
    pub async fn say(&self, notice: &Notice, now: Timestamp) -> Result<(), ChannelError> {
        let host = self.address.host_str().unwrap_or_default();
        let places = self.places(host).await?;
        let http = Http::pinned(host, &places)?;
        let (url, body) = match self.kind {
            RobotKind::Wecom => (self.address.clone(), wecom::body(notice)),
            RobotKind::Feishu => (
                self.address.clone(),
                feishu::body(notice, self.secret.as_deref(), now),
            ),
            RobotKind::Dingtalk => (
                dingtalk::signed(&self.address, self.secret.as_deref(), now),
                dingtalk::body(notice),
            ),
        };
        let request = http.request(Method::POST, url, Duration::ZERO).json(&body);
        let answer = http.ask(request).await.map_err(Broken::once)?;
        if let Some(error) = answer.not_now(Some(PATIENCE)) {
            return Err(error);
        }
        match self.kind {
            RobotKind::Wecom => wecom::verdict(&answer),
            RobotKind::Feishu => feishu::verdict(&answer),
            RobotKind::Dingtalk => dingtalk::verdict(&answer),
        }
    }

    /// Where the host is, as far as it may be spoken to there.
    async fn places(&self, host: &str) -> Result<Vec<SocketAddr>, ChannelError> {
        let port = self.address.port_or_known_default().unwrap_or(443);
        address::places(host, port, self.near).await
    }
}

/// `base64(HMAC-SHA256(key, message))`.
fn sign(key: &str, message: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    STANDARD.encode(hmac::sign(&key, message.as_bytes()))
}

/// Words of others as words: nothing in them is a mention, a link, a heading or emphasis.
fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '<' => '＜',
            '>' => '＞',
            '[' => '［',
            ']' => '］',
            '`' => '｀',
            '*' => '＊',
            '#' => '＃',
            '@' => '＠',
            '\\' => '＼',
            other => other,
        })
        .collect()
}

/// The beginning of a text that fits into so many bytes.
fn fitting(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let mut end = bytes.saturating_sub('…'.len_utf8());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

/// A notice as the Markdown that two of the networks read, in at most so many bytes. The text to
/// paste is cut first: all of it stands behind the link.
fn markdown(notice: &Notice, bytes: usize) -> String {
    let mut head = format!("**{}**", plain(&notice.title));
    for (name, value) in &notice.lines {
        head += &["\n\n", &plain(name), "：", &plain(value)].concat();
    }
    let mut foot = String::new();
    for (name, url) in &notice.links {
        foot += &["\n\n[", &plain(name), "](", url, ")"].concat();
    }
    if notice.body.is_empty() {
        return fitting(&head, bytes.saturating_sub(foot.len())) + &foot;
    }
    let left = bytes.saturating_sub(head.len() + foot.len() + 16);
    let quoted = plain(&notice.body).replace('\n', "\n> ");
    let quoted = fitting(&quoted, left);
    fitting(
        &format!("{head}\n\n> {quoted}"),
        bytes.saturating_sub(foot.len()),
    ) + &foot
}

/// What every answer comes to: the code for "all is well" is 0 in all three.
fn settled(
    answer: &Answer,
    code: &Value,
    said: &str,
    too_often: &[i64],
) -> Result<(), ChannelError> {
    match code.as_i64() {
        Some(0) => Ok(()),
        Some(code) if too_often.contains(&code) => Err(ChannelError::Retry {
            after_ms: answer.retry_after_ms.unwrap_or(PATIENCE),
            reason: format!("it spoke too often: {}", short(said)),
        }),
        // Busy, say all three.
        Some(-1) => Err(ChannelError::Retry {
            after_ms: 10 * SECOND,
            reason: format!("its network is busy: {}", short(said)),
        }),
        Some(code) => Err(ChannelError::Fail {
            reason: format!("{code}: {}", short(said)),
        }),
        None => Err(ChannelError::Fail {
            reason: format!("no robot answers at its address ({})", answer.status),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(body: &str) -> Notice {
        Notice {
            title: "新任务：把准备好的文字手工发出去".to_owned(),
            lines: vec![
                ("群".to_owned(), "海岸城福利1群".to_owned()),
                ("谁".to_owned(), "李娜".to_owned()),
            ],
            body: body.to_owned(),
            links: vec![(
                "打开任务".to_owned(),
                "https://shop.example/task#a.b".to_owned(),
            )],
        }
    }

    #[test]
    fn only_public_servers_are_spoken_to() {
        for address in [
            "",
            "qyapi.weixin.qq.com",
            "http://qyapi.weixin.qq.com/x",
            "ftp://qyapi.weixin.qq.com/x",
            "https://user:pass@qyapi.weixin.qq.com/x",
            "https://qyapi.weixin.qq.com:8443/x",
            "https://localhost/x",
            "https://127.0.0.1/x",
            "https://10.0.0.8/x",
            "https://169.254.169.254/latest/meta-data",
            "https://192.168.1.1/x",
            "https://172.20.0.1/x",
            "https://100.100.100.200/x",
            "https://[::1]/x",
            "https://[::ffff:10.0.0.1]/x",
            "https://[fd00::1]/x",
            "https://[fe80::1]/x",
            "https://0x7f000001/x",
            "https://2130706433/x",
        ] {
            let refused = Robot::new(RobotKind::Wecom, address, None, false);
            assert_eq!(refused.map(|_| ()), Err(RobotError::Address), "{address}");
        }
        for address in [
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k",
            "https://8.8.8.8/x",
            "https://[2606:4700::1]/x",
        ] {
            assert!(
                Robot::new(RobotKind::Wecom, address, None, false).is_ok(),
                "{address}"
            );
        }
        assert!(Robot::new(RobotKind::Wecom, "http://127.0.0.1:9/x", None, true).is_ok());
        assert!(Robot::new(RobotKind::Wecom, "http://10.0.0.1/x", None, true).is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_not_followed() {
        let robot = Robot::new(
            RobotKind::Wecom,
            "https://localhost.localdomain./x",
            None,
            false,
        );
        let robot = robot.unwrap();
        let error = robot.places("localhost").await.unwrap_err();
        assert!(matches!(error, ChannelError::Fail { .. }), "{error}");
    }

    #[test]
    fn a_secret_is_for_those_who_sign() {
        let address = "https://open.feishu.cn/open-apis/bot/v2/hook/x";
        let with = |kind| Robot::new(kind, address, Some("SEC1"), false).map(|_| ());
        assert_eq!(with(RobotKind::Wecom), Err(RobotError::Secret));
        assert_eq!(with(RobotKind::Feishu), Ok(()));
        let shown = format!(
            "{:?}",
            Robot::new(RobotKind::Feishu, address, Some("SEC1"), false)
        );
        assert!(
            !shown.contains("SEC1") && !shown.contains("hook"),
            "{shown}"
        );
    }

    #[test]
    fn what_members_wrote_stays_words() {
        let said = markdown(
            &notice("# 大\n<@all> [点我](https://evil.example) **快**"),
            4_096,
        );
        let words = said.split("\n\n[").next().unwrap();
        for sign in ["<", "[", "#", "@all"] {
            assert!(!words.contains(sign), "{sign}: {said}");
        }
        assert!(
            said.ends_with("[打开任务](https://shop.example/task#a.b)"),
            "{said}"
        );
    }

    #[test]
    fn a_long_text_is_cut_and_its_link_is_not() {
        let said = markdown(&notice(&"面包".repeat(3_000)), 4_096);
        assert!(said.len() <= 4_096, "{}", said.len());
        assert!(said.ends_with("(https://shop.example/task#a.b)"));
        assert!(said.contains("…\n"), "{said}");
    }

    #[test]
    fn signatures_are_those_of_the_vendors_descriptions() {
        let at = Timestamp::from_ms(1_700_000_000_000);
        let body = feishu::body(&notice(""), Some("demo"), at);
        let other = feishu::body(&notice(""), Some("other"), at);
        assert_eq!(body["timestamp"], "1700000000");
        assert_ne!(body["sign"], other["sign"]);
        let base = Url::parse("https://oapi.dingtalk.com/robot/send?access_token=t").unwrap();
        let url = dingtalk::signed(&base, Some("SECdemo"), at);
        let query: Vec<_> = url
            .query_pairs()
            .map(|(name, _)| name.into_owned())
            .collect();
        assert_eq!(query, ["access_token", "timestamp", "sign"]);
        assert_eq!(dingtalk::signed(&base, None, at), base);
    }

    #[test]
    fn each_network_says_too_often_in_its_own_number() {
        let answer = |body: Value| Answer {
            status: 200,
            retry_after_ms: None,
            at: None,
            body,
        };
        let json = |text: &str| answer(serde_json::from_str(text).unwrap());
        let patient =
            |verdict: Result<(), ChannelError>| matches!(verdict, Err(ChannelError::Retry { .. }));
        assert!(patient(wecom::verdict(&json(
            r#"{"errcode":45009,"errmsg":"freq"}"#
        ))));
        assert!(patient(dingtalk::verdict(&json(
            r#"{"errcode":130101,"errmsg":"send too fast"}"#
        ))));
        assert!(patient(feishu::verdict(&json(
            r#"{"code":11232,"msg":"frequency limited"}"#
        ))));
        for verdict in [
            wecom::verdict(&json(r#"{"errcode":0,"errmsg":"ok"}"#)),
            dingtalk::verdict(&json(r#"{"errcode":0,"errmsg":"ok"}"#)),
            feishu::verdict(&json(r#"{"code":0,"msg":"success"}"#)),
            feishu::verdict(&json(r#"{"StatusCode":0,"StatusMessage":"success"}"#)),
        ] {
            assert_eq!(verdict, Ok(()));
        }
        for verdict in [
            wecom::verdict(&json(r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#)),
            dingtalk::verdict(&json(r#"{"errcode":310000,"errmsg":"sign not match"}"#)),
            feishu::verdict(&json(r#"{"code":19021,"msg":"sign match fail"}"#)),
            feishu::verdict(&json("{}")),
        ] {
            assert!(
                matches!(verdict, Err(ChannelError::Fail { .. })),
                "{verdict:?}"
            );
        }
    }
}
