//! The words that stand for what a text export leaves out.

use super::MessageKind;

const BRACKETS: &[(&str, MessageKind)] = &[
    ("图片", MessageKind::Image),
    ("圖片", MessageKind::Image),
    ("照片", MessageKind::Image),
    ("闪照", MessageKind::Image),
    ("表情", MessageKind::Sticker),
    ("动画表情", MessageKind::Sticker),
    ("動畫表情", MessageKind::Sticker),
    ("语音", MessageKind::Voice),
    ("語音", MessageKind::Voice),
    ("视频", MessageKind::Video),
    ("影片", MessageKind::Video),
    ("短视频", MessageKind::Video),
    ("文件", MessageKind::File),
    ("档案", MessageKind::File),
    ("链接", MessageKind::Link),
    ("分享", MessageKind::Link),
    ("小程序", MessageKind::Link),
    ("视频号", MessageKind::Link),
    ("聊天记录", MessageKind::Other),
    ("位置", MessageKind::Location),
    ("名片", MessageKind::Card),
    ("个人名片", MessageKind::Card),
    ("红包", MessageKind::RedPacket),
    ("QQ红包", MessageKind::RedPacket),
    ("微信红包", MessageKind::RedPacket),
    ("转账", MessageKind::Transfer),
    ("语音通话", MessageKind::Call),
    ("视频通话", MessageKind::Call),
    ("投票", MessageKind::Poll),
    ("接龙", MessageKind::Poll),
];

/// What a body such as `[图片]` or `[文件] 价目表.pdf` stands for. Of the placeholders only those
/// that carry a title may be followed by words.
pub(super) fn bracket(text: &str) -> MessageKind {
    let Some((word, after)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return MessageKind::Text;
    };
    let kind = BRACKETS
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, kind)| *kind);
    match kind {
        Some(kind) if after.trim().is_empty() => kind,
        Some(
            kind @ (MessageKind::File
            | MessageKind::Link
            | MessageKind::Location
            | MessageKind::Card
            | MessageKind::RedPacket
            | MessageKind::Transfer
            | MessageKind::Call
            | MessageKind::Poll),
        ) if !after.contains('\n') => kind,
        _ => MessageKind::Text,
    }
}

/// What a file is, by the end of its name.
pub(super) fn by_name(name: &str) -> MessageKind {
    let end = name
        .rsplit_once('.')
        .map_or("", |(_, end)| end)
        .to_ascii_lowercase();
    match end.as_str() {
        "jpg" | "jpeg" | "png" | "gif" | "bmp" | "heic" => MessageKind::Image,
        "webp" => MessageKind::Sticker,
        "mp4" | "mov" | "3gp" | "avi" | "mkv" | "webm" => MessageKind::Video,
        "opus" | "ogg" | "m4a" | "amr" | "aac" | "mp3" | "wav" | "silk" => MessageKind::Voice,
        "vcf" => MessageKind::Card,
        _ => MessageKind::File,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_the_whole_message() {
        for (text, kind) in [
            ("[图片]", MessageKind::Image),
            ("[图片]看看", MessageKind::Text),
            ("[文件] 价目表.pdf", MessageKind::File),
            ("[微信红包] 恭喜发财", MessageKind::RedPacket),
            ("[ 4357.748427] CIFS", MessageKind::Text),
            ("[[A", MessageKind::Text),
        ] {
            assert_eq!(bracket(text), kind, "{text}");
        }
        assert_eq!(by_name("IMG-1.JPG"), MessageKind::Image);
    }
}
