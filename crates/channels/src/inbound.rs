//! What a network reports.

use yutang_domain::{
    capability::{Capabilities, Capability},
    group::Standing,
    time::Timestamp,
    words,
};

words! {
    /// What a message consists of.
    pub enum MessageKind {
        /// Words.
        Text = "text",
        /// A picture; the text is its caption.
        Image = "image",
        /// A voice message.
        Voice = "voice",
        /// A film; the text is its caption.
        Video = "video",
        /// A file; the text is its name or caption.
        File = "file",
        /// A sticker.
        Sticker = "sticker",
        /// A card: a mini-programme's or a person's.
        Card = "card",
        /// A link or an article.
        Link = "link",
        /// A red packet.
        RedPacket = "red_packet",
        /// Anything else.
        Other = "other",
    }
}

/// Somebody as the network names them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sender {
    /// Their id on the network, stable.
    pub external_id: String,
    /// The name they show.
    pub name: String,
}

/// A picture on the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// What the network knows it by.
    pub reference: String,
    /// Its size in bytes, as far as the network says.
    pub size: Option<u64>,
    /// What its codes (QR) say; filled in by whoever fetched it.
    pub codes: Vec<String>,
}

/// A fact from a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbound {
    /// Under this key the fact is stored once, however often it comes.
    pub key: String,
    /// When it happened, by the network's clock.
    pub at: Timestamp,
    /// The network's id of the group; none in private.
    pub group: Option<String>,
    /// What happened.
    pub fact: Fact,
}

/// All texts of a fact, borrowed as the fact is.
macro_rules! texts {
    ($inbound:expr) => {{
        let Inbound {
            key, group, fact, ..
        } = $inbound;
        let mut texts = vec![key];
        texts.extend(group);
        let mut people = Vec::new();
        match fact {
            Fact::Posted {
                sender,
                text,
                reply_to,
                edits,
                picture,
                ..
            } => {
                people.push(sender);
                texts.push(text);
                texts.extend(reply_to);
                texts.extend(edits);
                if let Some(Picture {
                    reference, codes, ..
                }) = picture
                {
                    texts.push(reference);
                    texts.extend(codes);
                }
            }
            Fact::Knocked { who, reason, via } => {
                people.push(who);
                texts.push(reason);
                texts.extend(via);
            }
            Fact::Joined { who, via, inviter } => {
                people.push(who);
                texts.extend(via);
                people.extend(inviter);
            }
            Fact::Removed { who, by } => {
                people.push(who);
                people.extend(by);
            }
            Fact::KnockGone { who }
            | Fact::Left { who }
            | Fact::Stands { who, .. }
            | Fact::Sealed { who } => people.push(who),
            Fact::Reacted { who, message, with } => {
                people.push(who);
                texts.push(message);
                texts.push(with);
            }
            Fact::Private { sender, text } => {
                people.push(sender);
                texts.push(text);
            }
            Fact::Renamed { name } | Fact::Rights { name, .. } => texts.push(name),
            Fact::Moved { to } => texts.push(to),
            Fact::Recalled { message } => texts.push(message),
            Fact::Receipt { outbound, .. } => texts.push(outbound),
            Fact::Encrypted => {}
        }
        for Sender { external_id, name } in people {
            texts.push(external_id);
            texts.push(name);
        }
        texts
    }};
}

impl Inbound {
    /// Whether a text of it holds NUL, which no database keeps.
    pub fn holds_nul(&self) -> bool {
        texts!(self).iter().any(|text| text.contains('\0'))
    }

    /// The same without NUL in any text.
    #[must_use]
    pub fn without_nul(mut self) -> Self {
        for text in texts!(&mut self) {
            text.retain(|c| c != '\0');
        }
        self
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Somebody wrote in a group.
    Posted {
        /// Who.
        sender: Sender,
        /// What it consists of.
        kind: MessageKind,
        /// The words, or the caption; empty for a bare card.
        text: String,
        /// The key of the message that it answers.
        reply_to: Option<String>,
        /// The key of the message whose words it replaces, if its sender changed one.
        edits: Option<String>,
        /// What a picture can be fetched by, see [`crate::Channel::fetch`].
        picture: Option<Picture>,
    },
    /// Somebody asks to be let in.
    Knocked {
        /// Who.
        who: Sender,
        /// What they say for themselves.
        reason: String,
        /// The code or link through which they ask.
        via: Option<String>,
    },
    /// Somebody who asked asks no longer: taken back, or decided in the network's own client.
    KnockGone {
        /// Who.
        who: Sender,
    },
    /// Somebody came into a group.
    Joined {
        /// Who.
        who: Sender,
        /// The code, link or state through which they came.
        via: Option<String>,
        /// Who brought them.
        inviter: Option<Sender>,
    },
    /// Somebody left a group.
    Left {
        /// Who.
        who: Sender,
    },
    /// Somebody was put out of a group.
    Removed {
        /// Who.
        who: Sender,
        /// By whom.
        by: Option<Sender>,
    },
    /// What somebody is in a group, as the network has it: its owner, an admin, a program, or a member
    /// like others. Whoever it never speaks of is a member.
    Stands {
        /// Who.
        who: Sender,
        /// What they are.
        standing: Standing,
    },
    /// Somebody answered a message with a sign instead of words.
    Reacted {
        /// Who.
        who: Sender,
        /// The key of that message.
        message: String,
        /// The sign.
        with: String,
    },
    /// The group has another name now.
    Renamed {
        /// The new name.
        name: String,
    },
    /// The account came into a group, or its rights there changed.
    Rights {
        /// The name of the group.
        name: String,
        /// What it can do there.
        can: Capabilities,
    },
    /// What is written in the group is encrypted from now on, and cannot be read.
    Encrypted,
    /// The group goes on under another id of the network.
    Moved {
        /// That id.
        to: String,
    },
    /// A message was taken back by its sender.
    Recalled {
        /// The key of that message.
        message: String,
    },
    /// Somebody wrote in private.
    Private {
        /// Who.
        sender: Sender,
        /// The words.
        text: String,
    },
    /// Somebody wrote in private where it is encrypted, so that it cannot be read. Told once for a
    /// room and a day; what is said to them from then on goes where they can be heard.
    Sealed {
        /// Who.
        who: Sender,
    },
    /// What became of a wish.
    Receipt {
        /// The key of the wish.
        outbound: String,
        /// Whether it was carried out in the end.
        done: bool,
    },
}

impl Fact {
    /// What a channel has to be able to do for this fact to be seen.
    pub const fn needs(&self) -> Option<Capability> {
        match self {
            Self::Posted { .. } | Self::Recalled { .. } | Self::Reacted { .. } => {
                Some(Capability::ReadText)
            }
            Self::Joined { .. } => Some(Capability::SeeJoins),
            Self::Knocked { .. } | Self::KnockGone { .. } => Some(Capability::ApproveJoin),
            Self::Left { .. } | Self::Removed { .. } => Some(Capability::SeeLeaves),
            Self::Stands { .. }
            | Self::Renamed { .. }
            | Self::Rights { .. }
            | Self::Encrypted
            | Self::Moved { .. }
            | Self::Private { .. }
            | Self::Sealed { .. }
            | Self::Receipt { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_nul_is_left_in_any_text() {
        let person = || Sender {
            external_id: "u\u{0}1".to_owned(),
            name: "\0李姐".to_owned(),
        };
        let text = || "a\0b".to_owned();
        let facts = [
            Fact::Posted {
                sender: person(),
                kind: MessageKind::Image,
                text: text(),
                reply_to: Some(text()),
                edits: Some(text()),
                picture: Some(Picture {
                    reference: text(),
                    size: None,
                    codes: vec![text()],
                }),
            },
            Fact::Knocked {
                who: person(),
                reason: text(),
                via: Some(text()),
            },
            Fact::KnockGone { who: person() },
            Fact::Joined {
                who: person(),
                via: Some(text()),
                inviter: Some(person()),
            },
            Fact::Left { who: person() },
            Fact::Removed {
                who: person(),
                by: Some(person()),
            },
            Fact::Stands {
                who: person(),
                standing: Standing::Admin,
            },
            Fact::Reacted {
                who: person(),
                message: text(),
                with: text(),
            },
            Fact::Renamed { name: text() },
            Fact::Rights {
                name: text(),
                can: Capabilities::default(),
            },
            Fact::Moved { to: text() },
            Fact::Recalled { message: text() },
            Fact::Private {
                sender: person(),
                text: text(),
            },
            Fact::Sealed { who: person() },
            Fact::Receipt {
                outbound: text(),
                done: true,
            },
        ];
        for fact in facts {
            let inbound = Inbound {
                key: "k".to_owned(),
                at: Timestamp::from_ms(0),
                group: None,
                fact,
            };
            assert!(inbound.holds_nul(), "{inbound:?}");
            let clean = inbound.without_nul();
            assert!(
                !clean.holds_nul() && !format!("{clean:?}").contains("\\0"),
                "{clean:?}"
            );
        }
    }
}
