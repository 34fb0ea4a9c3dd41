//! Stand-ins as data: how syllables may be written, which words hide behind which forms.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;

use crate::{
    fold::{fold, pinyin_of},
    phrase::Phrases,
};

const HAN_FIRST: u32 = 0x4E00;
const HAN_COUNT: usize = 0x5200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    before: String,
    sound: Vec<SoundData>,
    contact: Vec<ContactData>,
    word: Vec<WordData>,
    parts: Vec<PartsData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SoundData {
    say: String,
    plain: String,
    #[serde(default)]
    sure: String,
    #[serde(default)]
    doubtful: String,
    #[serde(default)]
    letters: Vec<String>,
    #[serde(default)]
    doubtful_letters: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContactData {
    write: String,
    say: Vec<String>,
    #[serde(default)]
    forms: Vec<String>,
    #[serde(default)]
    open: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordData {
    write: String,
    #[serde(default)]
    forms: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartsData {
    write: String,
    parts: Vec<String>,
}

/// How one syllable may be written.
pub(super) struct Sound {
    pub say: &'static str,
    pub plain: char,
    pub sure: Vec<char>,
    pub doubtful: Vec<char>,
    pub letters: Vec<(Vec<char>, bool)>,
}

pub(super) struct Contact {
    pub write: Vec<char>,
    pub sounds: Vec<usize>,
    pub open: bool,
}

pub(super) struct Tables {
    pub lookalike: HashMap<char, char>,
    pub before: Vec<char>,
    pub sounds: Vec<Sound>,
    /// Longest first.
    pub contacts: Vec<Contact>,
    /// Whether a contact phrase may begin with this Han character.
    heads: Vec<bool>,
    /// Written forms of words, of contacts and of single characters.
    pub forms: Phrases,
    pub written: Vec<Vec<char>>,
}

pub(super) static TABLES: LazyLock<Tables> = LazyLock::new(Tables::new);

impl Tables {
    fn new() -> Self {
        let file: File = toml::from_str(include_str!("../../data/evasion.toml"))
            .expect("the embedded tables are valid");
        let mut lookalike = HashMap::new();
        for line in include_str!("../../data/lookalike.txt").lines() {
            if let Some((plain, others)) = line.split_once(' ')
                && !line.starts_with('#')
                && let Some(plain) = plain.chars().next()
            {
                lookalike.extend(others.chars().map(|other| (other, plain)));
            }
        }
        let sounds: Vec<Sound> = file.sound.into_iter().map(Sound::new).collect();
        let mut sounds = sounds;
        let mut contacts: Vec<Contact> = Vec::new();
        let mut forms: Vec<(usize, String)> = Vec::new();
        let mut written: Vec<Vec<char>> = Vec::new();
        let add = |forms: &mut Vec<(usize, String)>,
                   written: &mut Vec<Vec<char>>,
                   write: &str,
                   all: Vec<String>| {
            forms.extend(all.into_iter().map(|form| (written.len(), form)));
            written.push(write.chars().collect());
        };
        for contact in file.contact {
            for say in &contact.say {
                let of = say
                    .split(' ')
                    .map(|say| {
                        sounds
                            .iter()
                            .position(|sound| sound.say == say)
                            .unwrap_or_else(|| {
                                sounds.push(Sound::spoken(say));
                                sounds.len() - 1
                            })
                    })
                    .collect();
                contacts.push(Contact {
                    write: contact.write.chars().collect(),
                    sounds: of,
                    open: contact.open,
                });
            }
            add(&mut forms, &mut written, &contact.write, contact.forms);
        }
        for word in file.word {
            let spelled: String = word.write.chars().filter_map(pinyin_of).collect();
            let mut all = word.forms;
            all.push(spelled);
            all.retain(|form| fold(form) != word.write);
            add(&mut forms, &mut written, &word.write, all);
        }
        for parts in file.parts {
            add(&mut forms, &mut written, &parts.write, parts.parts);
        }
        contacts.sort_by_key(|contact| std::cmp::Reverse(contact.sounds.len()));
        let mut heads = vec![false; HAN_COUNT];
        for contact in &contacts {
            let sound = &sounds[contact.sounds[0]];
            for (head, c) in heads.iter_mut().zip('\u{4E00}'..) {
                *head |= sound.reads(c).is_some();
            }
        }
        let forms = Phrases::new(
            forms.iter().map(|(list, form)| (*list, form.as_str())),
            false,
        );
        Self {
            lookalike,
            before: file.before.chars().collect(),
            sounds,
            contacts,
            heads,
            forms,
            written,
        }
    }

    /// Whether a contact phrase may begin with a Han character; `None` for any other character.
    pub fn begins_contact(&self, c: char) -> Option<bool> {
        let code = (c as u32).wrapping_sub(HAN_FIRST) as usize;
        self.heads.get(code).copied()
    }
}

impl Sound {
    fn new(data: SoundData) -> Self {
        let letters = data.letters.into_iter().map(|l| (l, true));
        let doubtful = data.doubtful_letters.into_iter().map(|l| (l, false));
        let mut letters: Vec<(Vec<char>, bool)> = letters
            .chain(doubtful)
            .map(|(letters, sure)| (letters.chars().collect(), sure))
            .collect();
        letters.push((data.say.chars().collect(), true));
        letters.sort_by_key(|(letters, _)| std::cmp::Reverse(letters.len()));
        Self {
            plain: data.plain.chars().next().unwrap_or_default(),
            sure: data.sure.chars().collect(),
            doubtful: data.doubtful.chars().collect(),
            letters,
            say: String::leak(data.say),
        }
    }

    /// A sound that is only written by its reading.
    fn spoken(say: &str) -> Self {
        let plain = match say {
            "fei" => '飞',
            "ji" => '机',
            _ => '\0',
        };
        Self::new(SoundData {
            say: say.to_owned(),
            plain: plain.to_string(),
            sure: String::new(),
            doubtful: String::new(),
            letters: Vec::new(),
            doubtful_letters: Vec::new(),
        })
    }

    /// How well a Han character stands for the sound.
    pub fn reads(&self, c: char) -> Option<Grade> {
        if c == self.plain {
            Some(Grade::Plain)
        } else if self.sure.contains(&c) {
            Some(Grade::Sure)
        } else if self.doubtful.contains(&c) || pinyin_of(c) == Some(self.say) {
            Some(Grade::Doubtful)
        } else {
            None
        }
    }
}

/// How well something stands for a sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    Plain,
    Sure,
    Doubtful,
}
