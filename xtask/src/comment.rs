//! Comments, and the item each stands before.

use crate::tree::Source;

/// A run of comment lines.
#[derive(Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its words, without the comment signs, lines joined by a blank.
    pub text: String,
    /// The item it stands before; nothing for a comment about the whole file.
    pub item: Option<String>,
    /// Whether that item, or the whole file, is a test.
    pub test: bool,
}

/// Every comment of a source file, in order.
pub fn comments(source: &Source) -> Vec<Comment> {
    let signs = signs(&source.path);
    let file_is_test = is_test_path(&source.path);
    let lines: Vec<&str> = source.text.lines().collect();
    let mut found = Vec::new();
    let mut in_tests = false;
    let mut index = 0;
    while index < lines.len() {
        let line = lines[index].trim();
        if line == "#[cfg(test)]" || line.starts_with("mod tests {") {
            in_tests = true;
        }
        let Some(first) = stripped(line, signs) else {
            index += 1;
            continue;
        };
        let inner = line.starts_with("//!");
        let mut words = vec![first];
        index += 1;
        while index < lines.len() {
            let next = lines[index].trim();
            if next.starts_with("//!") != inner {
                break;
            }
            let Some(more) = stripped(next, signs) else {
                break;
            };
            words.push(more);
            index += 1;
        }
        let text = words.join(" ");
        let (item, test_attribute) = if inner {
            (None, false)
        } else {
            item_after(&lines[index..], signs)
        };
        found.push(Comment {
            text,
            item,
            test: file_is_test || in_tests || test_attribute,
        });
    }
    found
}

fn signs(path: &str) -> &'static [&'static str] {
    match path.rsplit('.').next() {
        Some("sql") => &["--"],
        Some("toml" | "sh") => &["#"],
        Some("html") => &["<!--", "{#", "*"],
        _ => &["///", "//!", "//", "/**", "/*", "*/", "*", "{/*"],
    }
}

fn is_test_path(path: &str) -> bool {
    path.starts_with("e2e/")
        || path.contains("/tests/")
        || [".test.ts", ".test.tsx", ".test.mjs", ".spec.ts"]
            .iter()
            .any(|end| path.ends_with(end))
}

fn stripped<'a>(line: &'a str, signs: &[&str]) -> Option<&'a str> {
    let rest = signs.iter().find_map(|sign| line.strip_prefix(sign))?;
    Some(
        rest.trim_end_matches("-->")
            .trim_end_matches("#}")
            .trim_end_matches("*/}")
            .trim_end_matches("*/")
            .trim(),
    )
}

/// The name of the first item in `lines`, and whether an attribute makes it a test.
fn item_after(lines: &[&str], signs: &[&str]) -> (Option<String>, bool) {
    let mut test = false;
    let mut depth = 0_i32;
    for line in lines {
        let line = line.trim();
        if line.is_empty() || stripped(line, signs).is_some() && depth == 0 {
            continue;
        }
        if line.starts_with("#[") || depth > 0 {
            test |= line.starts_with("#[test") || line.starts_with("#[tokio::test");
            depth += balance(line);
            continue;
        }
        return (Some(name(line)), test);
    }
    (None, test)
}

fn balance(line: &str) -> i32 {
    line.chars()
        .map(|c| match c {
            '[' => 1,
            ']' => -1,
            _ => 0,
        })
        .sum()
}

/// What an item is called: `pub async fn buy(` is `buy`, `test("one tap clears it"` is that text.
fn name(line: &str) -> String {
    const SKIPPED: &[&str] = &[
        "pub",
        "pub(crate)",
        "pub(super)",
        "async",
        "unsafe",
        "export",
        "default",
        "function",
        "fn",
        "struct",
        "enum",
        "trait",
        "type",
        "mod",
        "const",
        "static",
        "let",
        "impl",
        "class",
        "macro_rules!",
        "CREATE",
        "TABLE",
        "UNIQUE",
        "INDEX",
        "interface",
    ];
    if let Some(call) = ["test(", "it(", "describe(", "test.describe("]
        .iter()
        .find(|c| line.starts_with(**c))
    {
        let quoted = &line[call.len()..];
        if let Some(quote) = quoted.chars().next().filter(|c| "\"'`".contains(*c)) {
            let inside = &quoted[1..];
            return inside.split(quote).next().unwrap_or(inside).to_owned();
        }
    }
    let word = line
        .split_whitespace()
        .find(|word| !SKIPPED.contains(word))
        .unwrap_or(line);
    let end = word
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(word.len());
    let word = &word[..end];
    if word.is_empty() {
        line.chars().take(40).collect()
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, text: &str) -> Vec<Comment> {
        comments(&Source {
            path: path.to_owned(),
            text: text.to_owned(),
        })
    }

    #[test]
    fn a_comment_knows_its_item() {
        let found = of(
            "crates/x/src/y.rs",
            "//! The file.\n//! More.\n\n/// Buys\n/// things.\n#[must_use]\n#[expect(\n    clippy::x,\n)]\npub const fn buy(\n\
             \nwords! {\n    /// A store.\n    Store = \"store\",\n}\n\
             #[cfg(test)]\nmod tests {\n    /// Shown.\n    #[test]\n    fn it_buys() {}\n}\n",
        );
        let expected = [
            ("The file. More.", None, false),
            ("Buys things.", Some("buy"), false),
            ("A store.", Some("Store"), false),
            ("Shown.", Some("it_buys"), true),
        ];
        for (comment, (text, item, test)) in found.iter().zip(expected) {
            assert_eq!(
                (comment.text.as_str(), comment.item.as_deref(), comment.test),
                (text, item, test)
            );
        }
        assert_eq!(found.len(), expected.len());
    }

    #[test]
    fn other_languages_have_other_signs() {
        let ts = of(
            "console/src/a.test.ts",
            "/**\n * One tap.\n */\ntest(\"one tap clears it\", () => {\n",
        );
        assert_eq!(ts[0].item.as_deref(), Some("one tap clears it"));
        assert!(ts[0].test && ts[0].text.contains("One tap."));
        let tsx = of("console/src/A.tsx", "// Today.\nexport function Today() {");
        assert_eq!(
            (tsx[0].item.as_deref(), tsx[0].test),
            (Some("Today"), false)
        );
        let sql = of(
            "crates/store/migrations/1.sql",
            "-- Facts.\nCREATE TABLE event (",
        );
        assert_eq!(sql[0].item.as_deref(), Some("event"));
        assert!(of("a.toml", "# x\n[part]\n")[0].text == "x");
    }
}
