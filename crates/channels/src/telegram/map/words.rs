//! What a message consists of.

use crate::{
    MessageKind,
    telegram::wire::{Entity, Message},
};

/// What a message consists of, and what it says.
pub(super) fn words(message: &Message) -> Option<(MessageKind, String)> {
    let caption = || with_links(message.caption.as_deref(), &message.caption_entities);
    if !message.photo.is_empty() {
        return Some((MessageKind::Image, caption()));
    }
    if message.video.is_some() || message.animation.is_some() || message.video_note.is_some() {
        return Some((MessageKind::Video, caption()));
    }
    if message.voice.is_some() || message.audio.is_some() {
        return Some((MessageKind::Voice, caption()));
    }
    if let Some(file) = &message.document {
        let name = file.file_name.clone().unwrap_or_default();
        let text = caption();
        return Some((MessageKind::File, if text.is_empty() { name } else { text }));
    }
    if let Some(sticker) = &message.sticker {
        let shows = sticker.emoji.clone().unwrap_or_default();
        return Some((MessageKind::Sticker, shows));
    }
    if message.contact.is_some() {
        return Some((MessageKind::Card, String::new()));
    }
    message.text.as_ref()?;
    let text = with_links(message.text.as_deref(), &message.entities);
    Some((MessageKind::Text, text))
}

/// Words, with the addresses that hide behind them at the end: whoever judges has to see where a
/// link leads.
fn with_links(text: Option<&str>, entities: &[Entity]) -> String {
    let mut text = text.unwrap_or_default().to_owned();
    for entity in entities {
        if let ("text_link", Some(url)) = (entity.kind.as_str(), &entity.url)
            && !text.contains(url.as_str())
        {
            text.push(' ');
            text.push_str(url);
        }
    }
    text
}
