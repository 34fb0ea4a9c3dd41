//! Tables for spreadsheets.

/// What tells a spreadsheet that the text is UTF-8.
pub const BOM: &str = "\u{feff}";

/// One line of a table. A field that a spreadsheet would take for a formula gets an apostrophe
/// before it: what somebody wrote as their name must not be carried out by who opens the file.
pub fn line<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for (index, field) in fields.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number(field);
        let quoted = field.contains([',', '"', '\n', '\r']);
        if quoted {
            text.push('"');
        }
        if formula {
            text.push('\'');
        }
        text.push_str(&field.replace('"', "\"\""));
        if quoted {
            text.push('"');
        }
    }
    text.push_str("\r\n");
    text
}

fn is_number(field: &str) -> bool {
    let digits = field.trim_start_matches(['-', '+']);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stay_fields_and_never_become_formulas() {
        assert_eq!(
            line(["a,b", "say \"hi\"", "-12.50", ""]),
            "\"a,b\",\"say \"\"hi\"\"\",-12.50,\r\n"
        );
        assert_eq!(line(["=1+1", "@x", "-a"]), "'=1+1,'@x,'-a\r\n");
    }
}
