//! The codes of all errors, read out of the sources: each is written once, in a `fn code`.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use anyhow::{Result, bail};

use crate::tree::{Source, sources};

/// An error as its source describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// `noun.reason`.
    pub name: String,
    /// Where it is written.
    pub path: String,
    /// What the variant's comment says.
    pub meaning: String,
}

/// Every code of the program, sorted.
///
/// # Errors
/// A code stands in two files.
pub fn codes(root: &Path) -> Result<Vec<Code>> {
    let files: Vec<Source> = sources(root, &["crates"], &["rs"])?
        .into_iter()
        .filter(|file| file.path.contains("/src/"))
        .collect();
    collect(&files)
}

fn collect(files: &[Source]) -> Result<Vec<Code>> {
    let mut found: BTreeMap<String, Code> = BTreeMap::new();
    for file in files {
        for code in in_file(file) {
            match found.get(&code.name) {
                Some(other) if other.path != code.path => {
                    bail!(
                        "the code {} stands in {} and in {}",
                        code.name,
                        other.path,
                        code.path
                    )
                }
                _ => found.insert(code.name.clone(), code),
            };
        }
    }
    Ok(found.into_values().collect())
}

fn in_file(file: &Source) -> Vec<Code> {
    let mut found = Vec::new();
    let text = file.text.split("#[cfg(test)]").next().unwrap_or(&file.text);
    for (start, _) in text.match_indices("fn code(") {
        let body = body(&text[start..]);
        let mut variants: Vec<String> = Vec::new();
        for line in body.lines() {
            let line = line.trim();
            if line.starts_with("Self::") || line.starts_with("| Self::") {
                let heads = line.split("=>").next().unwrap_or(line);
                variants.extend(heads.split("Self::").skip(1).map(identifier));
            }
            for name in quoted_codes(line) {
                let meaning = match variants.as_slice() {
                    [] => meaning_of_type(text, start),
                    variants => variants
                        .iter()
                        .map(|variant| meaning_of_variant(text, variant))
                        .filter(|meaning| !meaning.is_empty())
                        .collect::<Vec<_>>()
                        .join(" / "),
                };
                found.push(Code {
                    name,
                    path: file.path.clone(),
                    meaning,
                });
            }
            if line.ends_with(',') || line.ends_with('}') {
                variants.clear();
            }
        }
    }
    found
}

/// The braces after a signature, and what is between them.
fn body(text: &str) -> &str {
    let mut depth = 0_usize;
    for (index, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return &text[..=index];
                }
            }
            ';' if depth == 0 => return "",
            _ => {}
        }
    }
    text
}

fn quoted_codes(line: &str) -> Vec<String> {
    line.split('"')
        .skip(1)
        .step_by(2)
        .filter(|text| {
            text.contains('.')
                && text.split('.').all(|part| {
                    !part.is_empty()
                        && part
                            .chars()
                            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                })
        })
        .map(str::to_owned)
        .collect()
}

fn identifier(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The comment over a variant's declaration in the same file.
fn meaning_of_variant(text: &str, variant: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines
        .iter()
        .position(|line| {
            line.starts_with("    ")
                && line.trim_start().strip_prefix(variant).is_some_and(|rest| {
                    rest.is_empty() || rest.starts_with([',', '(', ' ']) && !rest.contains("=>")
                })
        })
        .map_or_else(String::new, |at| comment_over(&lines[..at]))
}

/// The comment over the type that the `impl` around `start` is for.
fn meaning_of_type(text: &str, start: usize) -> String {
    let Some(head) = text[..start]
        .rfind("\nimpl ")
        .map(|at| &text[at + 1..start])
    else {
        return String::new();
    };
    let head = head.lines().next().unwrap_or_default();
    let name = head
        .split(" for ")
        .nth(1)
        .unwrap_or(head.trim_start_matches("impl "));
    let name = identifier(name);
    let lines: Vec<&str> = text.lines().collect();
    lines
        .iter()
        .position(|line| {
            ["pub struct ", "pub enum ", "struct ", "enum "]
                .iter()
                .filter_map(|kind| line.strip_prefix(kind))
                .any(|rest| identifier(rest) == name)
        })
        .map_or_else(String::new, |at| comment_over(&lines[..at]))
}

fn comment_over(above: &[&str]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for line in above.iter().rev() {
        let line = line.trim();
        if let Some(text) = line.strip_prefix("///") {
            words.push(text.trim());
        } else if !words.is_empty()
            || !(line.starts_with("#[") || line.ends_with(")]") || line.starts_with('"'))
        {
            break;
        }
    }
    words.reverse();
    let text = words.join(" ");
    text.split(" req:")
        .next()
        .unwrap_or(&text)
        .replace('|', "/")
}

/// The page that lists them.
pub fn page(codes: &[Code]) -> String {
    let mut out = String::from(
        "# Error codes\n\n\
         Generated by `cargo xtask gen`. A code never changes its meaning; the API sends it in `code` of a\n\
         problem document (RFC 9457), the command line in `error.code`, and the sentence a person reads stands\n\
         under it in `locales/*/error.json`.\n\n| code | meaning | source |\n|---|---|---|\n",
    );
    for Code {
        name,
        path,
        meaning,
    } in codes
    {
        writeln!(out, "| `{name}` | {meaning} | {path} |").expect("a text grows");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
/// Says no.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// It is not open.
    #[error("the task is {0} already")]
    NotOpen(TaskState),
    /// Too late,
    /// by a day.
    #[error(
        "a long text"
    )]
    TooLate { at: i64 },
    /// Somebody else's.
    Other(Box<Other>),
}
impl Rule for TaskError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotOpen(_) => "task.not_open",
            Self::TooLate { .. } => {
                "task.too_late"
            }
            Self::Other(other) => other.code(),
        }
    }
}
/// A malformed id.
pub struct IdError;
impl Rule for IdError {
    fn code(&self) -> &'static str {
        "id.malformed"
    }
}
pub trait Rule {
    fn code(&self) -> &'static str;
}
#[cfg(test)]
mod tests { fn code() { "not.this" } }
"#;

    fn file(path: &str) -> Source {
        Source {
            path: path.to_owned(),
            text: FILE.to_owned(),
        }
    }

    #[test]
    fn codes_are_read_with_their_meaning() {
        let codes = collect(&[file("crates/x/src/task.rs")]).unwrap();
        let found: Vec<(&str, &str)> = codes
            .iter()
            .map(|c| (c.name.as_str(), c.meaning.as_str()))
            .collect();
        let expected = [
            ("id.malformed", "A malformed id."),
            ("task.not_open", "It is not open."),
            ("task.too_late", "Too late, by a day."),
        ];
        assert_eq!(found, expected);
        assert!(
            page(&codes).contains("| `task.not_open` | It is not open. | crates/x/src/task.rs |")
        );
    }

    #[test]
    fn a_code_has_one_place() {
        let refused = collect(&[file("crates/x/src/a.rs"), file("crates/x/src/b.rs")])
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("crates/x/src/a.rs and in crates/x/src/b.rs"),
            "{refused}"
        );
    }
}
