//! Card names: how people are to call themselves in a group.

use super::{ANSWER_LENGTH, GateError};

/// How names carried in a group are to look: fields with something between them, such as
/// `称呼-城市-行业`. req: 001-022
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardName {
    fields: Vec<String>,
}

/// What may stand between the fields of a name.
const BETWEEN: &[char] = &[
    '-', '－', '—', '–', '_', '＿', '/', '／', '|', '｜', '·', '•', '+', '＋', ' ', '\u{3000}',
];

impl CardName {
    /// Reads a pattern of two to six fields.
    ///
    /// # Errors
    /// [`GateError::CardName`].
    pub fn parse(pattern: &str) -> Result<Self, GateError> {
        let fields: Vec<String> = parts(pattern).map(str::to_owned).collect();
        if !(2..=6).contains(&fields.len()) || pattern.chars().count() > ANSWER_LENGTH {
            return Err(GateError::CardName);
        }
        Ok(Self { fields })
    }

    /// The fields of a name with what stands in each; `None` where the name does not follow.
    pub fn fields_of<'a>(&'a self, name: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        let found: Vec<&str> = parts(name).collect();
        (found.len() == self.fields.len())
            .then(|| self.fields.iter().map(String::as_str).zip(found).collect())
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(BETWEEN)
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_into_its_fields_whatever_stands_between() {
        let rule = CardName::parse("称呼-城市-行业").unwrap();
        let read = |name| {
            rule.fields_of(name).map(|fields| {
                fields
                    .iter()
                    .map(|(_, v)| (*v).to_owned())
                    .collect::<Vec<_>>()
            })
        };
        let wanted = Some(vec![
            "王芳".to_owned(),
            "深圳".to_owned(),
            "烘焙".to_owned(),
        ]);
        for name in [
            "王芳-深圳-烘焙",
            "王芳 深圳 烘焙",
            "王芳｜深圳/烘焙",
            " 王芳－ 深圳 -烘焙 ",
        ] {
            assert_eq!(read(name), wanted, "{name}");
        }
        for name in ["王芳", "王芳-深圳", "王芳-深圳-烘焙-8年", ""] {
            assert_eq!(read(name), None, "{name}");
        }
        assert_eq!(rule.fields_of("a-b-c").unwrap()[1], ("城市", "b"));
    }
}
