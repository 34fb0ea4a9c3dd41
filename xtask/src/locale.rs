//! Three languages say the same things: same catalogues, same keys, same placeholders.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// The languages, the first being the one that is written first.
pub const LANGUAGES: &[&str] = &["zh-Hans", "zh-Hant", "en"];
/// Endings that i18next gives to the plural forms of a key.
const PLURALS: &[&str] = &["_zero", "_one", "_two", "_few", "_many", "_other"];

/// Texts by `catalogue:key`.
type Texts = BTreeMap<String, String>;

/// What is wrong with the catalogues, one sentence each; `codes` are the error codes that must
/// have a text.
pub fn faults(root: &Path, codes: &[String]) -> Result<Vec<String>> {
    let mut languages = Vec::new();
    for language in LANGUAGES {
        languages.push((*language, read(root, language)?));
    }
    Ok(compare(&languages, codes))
}

fn read(root: &Path, language: &str) -> Result<Texts> {
    let folder = root.join("locales").join(language);
    let mut texts = Texts::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let noun = path
            .file_stem()
            .map(|s| s.to_string_lossy().into_owned())
            .unwrap_or_default();
        let value: Value = serde_json::from_str(&fs::read_to_string(&path)?)
            .with_context(|| path.display().to_string())?;
        flatten(&format!("{noun}:"), &value, &mut texts);
    }
    Ok(texts)
}

fn flatten(prefix: &str, value: &Value, texts: &mut Texts) {
    let inner = |key: &str| {
        if prefix.ends_with(':') {
            format!("{prefix}{key}")
        } else {
            format!("{prefix}.{key}")
        }
    };
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| flatten(&inner(key), value, texts)),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(index, value)| flatten(&inner(&index.to_string()), value, texts)),
        Value::String(text) => {
            texts.insert(prefix.to_owned(), text.clone());
        }
        other => {
            texts.insert(prefix.to_owned(), other.to_string());
        }
    }
}

fn compare(languages: &[(&str, Texts)], codes: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    let everything: BTreeSet<&String> = languages
        .iter()
        .flat_map(|(_, texts)| texts.keys())
        .collect();
    let plural_bases: BTreeSet<&str> = everything
        .iter()
        .filter_map(|key| key.strip_suffix("_other"))
        .collect();
    let base = |key: &str| {
        PLURALS
            .iter()
            .find_map(|end| key.strip_suffix(end))
            .filter(|base| plural_bases.contains(base))
            .unwrap_or(key)
            .to_owned()
    };
    let mut by_language = Vec::new();
    for (language, texts) in languages {
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (key, text) in texts {
            if text.trim().is_empty() {
                faults.push(format!("{language} {key} is empty"));
            }
            keys.entry(base(key))
                .or_default()
                .extend(placeholders(text));
        }
        by_language.push((*language, keys));
    }
    let all: BTreeSet<String> = everything.iter().map(|key| base(key)).collect();
    for key in &all {
        let with: Vec<_> = by_language
            .iter()
            .filter_map(|(l, keys)| Some((l, keys.get(key)?)))
            .collect();
        for (language, keys) in &by_language {
            if !keys.contains_key(key) {
                faults.push(format!("{language} lacks {key}"));
            }
        }
        if let Some((first, expected)) = with.first() {
            for (language, found) in &with[1..] {
                if found != expected {
                    faults.push(format!(
                        "{key}: {first} has {expected:?}, {language} has {found:?}"
                    ));
                }
            }
        }
    }
    for (language, keys) in &by_language {
        for code in codes {
            if !keys.contains_key(&format!("error:{code}")) {
                faults.push(format!("{language} error.json lacks {code}"));
            }
        }
    }
    faults
}

/// Names between `{{` and `}}`, without formats; `count` chooses a plural form and need not be said.
fn placeholders(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}"))
        .map(|(inside, _)| {
            inside
                .split(',')
                .next()
                .unwrap_or(inside)
                .trim_start_matches('-')
                .trim()
                .to_owned()
        })
        .filter(|name| name != "count")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts(value: &Value) -> Texts {
        let mut texts = Texts::new();
        flatten("today:", value, &mut texts);
        texts
    }

    #[test]
    fn the_same_in_other_words_is_no_fault() {
        let zh = texts(
            &json!({"head": "今天 {{n}} 件事", "group": {"left_other": "{{count}} 人退群, {{name}}"}}),
        );
        let en = texts(&json!({"head": "{{n, number}} things today",
            "group": {"left_one": "one left {{name}}", "left_other": "{{count}} left {{name}}"}}));
        assert_eq!(
            compare(&[("zh-Hans", zh), ("en", en)], &[]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn what_is_missing_or_other_is_named() {
        let zh = texts(&json!({"head": "今天 {{n}} 件事", "only": "x", "empty": "x"}));
        let en = texts(&json!({"head": "{{m}} things", "empty": " "}));
        let faults = compare(&[("zh-Hans", zh), ("en", en)], &["task.late".to_owned()]);
        assert_eq!(
            faults,
            [
                "en today:empty is empty",
                "today:head: zh-Hans has {\"n\"}, en has {\"m\"}",
                "en lacks today:only",
                "zh-Hans error.json lacks task.late",
                "en error.json lacks task.late",
            ]
        );
    }

    #[test]
    fn a_word_that_ends_like_a_plural_is_a_key_of_its_own() {
        let zh = texts(&json!({"pick_one": "选一个"}));
        let en = texts(&json!({"pick": "Pick"}));
        let faults = compare(&[("zh-Hans", zh), ("en", en)], &[]);
        assert_eq!(
            faults,
            ["zh-Hans lacks today:pick", "en lacks today:pick_one"]
        );
    }
}
