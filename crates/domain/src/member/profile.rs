//! What may be known of a person, each part optional, and what it may be used for.

use serde::{Deserialize, Serialize};

use crate::{
    error::{Class, Rule},
    lunar, words,
};

words! {
    /// What a person agrees to, each for itself; the text agreed to has a version.
    pub enum Purpose {
        /// Messages to this person alone.
        Contact = "contact",
        /// Answers of research fields being kept (001-019, 001-024).
        Research = "research",
        /// Greetings and gifts on the birthday.
        Birthday = "birthday",
        /// The name or picture being shown to others, for example on an order wall.
        Publicity = "publicity",
    }
}

words! {
    /// Fields of research; each is optional and kept only under the consent
    /// [`Purpose::Research`]. req: 001-019, 001-024
    pub enum Field {
        /// 性别
        Sex = "sex",
        /// 年龄段
        AgeBand = "age_band",
        /// 学历
        Education = "education",
        /// 所在城市等级
        CityTier = "city_tier",
        /// 职业
        Occupation = "occupation",
        /// 薪资程度
        SalaryLevel = "salary_level",
        /// What similar goods cost them.
        Spend = "spend",
        /// How they came to know of the goods.
        LearnedOf = "learned_of",
        /// Why they buy.
        Motive = "motive",
        /// What went wrong in use.
        Problems = "problems",
    }
}

impl Field {
    /// The answers to choose from; empty where any text is an answer.
    pub const fn choices(self) -> &'static [&'static str] {
        match self {
            Self::Sex => &["female", "male", "other"],
            Self::AgeBand => &[
                "under_18", "18_24", "25_34", "35_44", "45_54", "55_64", "over_64",
            ],
            Self::Education => &["school", "college", "bachelor", "master", "doctor"],
            Self::CityTier => &[
                "tier_1",
                "new_tier_1",
                "tier_2",
                "tier_3",
                "tier_4",
                "tier_5",
            ],
            Self::SalaryLevel => &["under_5k", "5k_10k", "10k_20k", "20k_50k", "over_50k"],
            Self::Occupation | Self::Spend | Self::LearnedOf | Self::Motive | Self::Problems => &[],
        }
    }

    /// The answer as it is kept.
    ///
    /// # Errors
    /// [`ProfileError::Choice`], [`ProfileError::Long`].
    pub fn checked(self, value: &str) -> Result<String, ProfileError> {
        let value = value.trim();
        if value.chars().count() > 500 {
            return Err(ProfileError::Long(self));
        }
        let choices = self.choices();
        if !choices.is_empty() && !choices.contains(&value) {
            return Err(ProfileError::Choice {
                field: self,
                known: choices.join(", "),
            });
        }
        Ok(value.to_owned())
    }
}

words! {
    /// The calendar a birthday is kept in.
    pub enum BirthCalendar {
        /// 阳历
        Solar = "solar",
        /// 农历
        Lunar = "lunar",
    }
}

/// A birthday; the year is often not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Birthday {
    /// The calendar it is kept in.
    pub calendar: BirthCalendar,
    /// The year, if known.
    pub year: Option<i16>,
    /// 1 to 12; a leap month of the lunar calendar has the number of the month it follows.
    pub month: u8,
    /// 1 to 31, in the lunar calendar 1 to 30.
    pub day: u8,
    /// Whether the month is a leap month (闰月), which only the lunar calendar has. What was written
    /// before this was known says nothing of it, and means an ordinary month.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leap: bool,
}

impl Birthday {
    /// The birthday, if there is such a day.
    ///
    /// # Errors
    /// [`ProfileError::Birthday`].
    pub fn checked(self) -> Result<Self, ProfileError> {
        let longest = match (self.calendar, self.month) {
            (BirthCalendar::Lunar, 1..=12) => 30,
            (BirthCalendar::Solar, 2) => 29,
            (BirthCalendar::Solar, 4 | 6 | 9 | 11) => 30,
            (BirthCalendar::Solar, 1..=12) => 31,
            _ => 0,
        };
        let solar_day = match (self.calendar, self.year) {
            (BirthCalendar::Solar, Some(year)) => {
                crate::time::Date::new(year, self.month.cast_signed(), self.day.cast_signed())
                    .is_some()
            }
            _ => true,
        };
        let leap = match (self.calendar, self.year) {
            _ if !self.leap => true,
            (BirthCalendar::Solar, _) => false,
            (BirthCalendar::Lunar, year) => {
                year.is_none_or(|year| lunar::leap_month(year) == Some(self.month))
            }
        };
        let year = self.year.is_none_or(|year| lunar::YEARS.contains(&year));
        if (1..=longest).contains(&self.day) && solar_day && leap && year {
            Ok(self)
        } else {
            Err(ProfileError::Birthday)
        }
    }
}

/// Why something cannot be kept in a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// The name is empty or longer than 100 characters.
    #[error("a member needs a name of at most 100 characters")]
    Name,
    /// Not a whole phone number.
    #[error("that is no whole phone number: 11 digits, or + and the country code")]
    Phone,
    /// There is no such day.
    #[error("there is no such birthday")]
    Birthday,
    /// The city's name is too long.
    #[error("a city has at most 60 characters")]
    City,
    /// The answer is none of those offered.
    #[error("{field} is one of {known}")]
    Choice {
        /// The field.
        field: Field,
        /// What is offered.
        known: String,
    },
    /// The answer is too long.
    #[error("{0} has at most 500 characters")]
    Long(Field),
    /// No consent covers it.
    #[error("{0} is kept only with consent to research: record the consent first")]
    Consent(Field),
    /// The record is a tombstone.
    #[error("this person has been erased")]
    Erased,
    /// A role that follows from figures.
    #[error("this role follows from orders and messages; it is not given by hand")]
    RoleComputed,
}

impl Rule for ProfileError {
    fn code(&self) -> &'static str {
        match self {
            Self::Name => "member.name",
            Self::Phone => "member.phone",
            Self::Birthday => "member.birthday",
            Self::City => "member.city",
            Self::Choice { .. } => "member.choice",
            Self::Long(_) => "member.long",
            Self::Consent(_) => "member.consent_missing",
            Self::Erased => "member.erased",
            Self::RoleComputed => "member.role_computed",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Consent(_) | Self::Erased => Class::Conflict,
            _ => Class::Invalid,
        }
    }
    fn at(&self) -> Option<String> {
        match self {
            Self::Name => Some("name".to_owned()),
            Self::Phone => Some("phone".to_owned()),
            Self::Birthday => Some("birthday".to_owned()),
            Self::City => Some("city".to_owned()),
            Self::Choice { field, .. } | Self::Long(field) | Self::Consent(field) => {
                Some(format!("fields.{field}"))
            }
            Self::RoleComputed => Some("role".to_owned()),
            Self::Erased => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birthday_is_a_day_of_its_calendar() {
        let day = |calendar, year, month, day| {
            Birthday {
                calendar,
                year,
                month,
                day,
                leap: false,
            }
            .checked()
            .is_ok()
        };
        assert!(
            day(BirthCalendar::Solar, None, 2, 29) && day(BirthCalendar::Solar, Some(2000), 2, 29)
        );
        assert!(
            !day(BirthCalendar::Solar, Some(2001), 2, 29)
                && !day(BirthCalendar::Solar, None, 4, 31)
        );
        assert!(
            day(BirthCalendar::Lunar, Some(1988), 2, 30) && !day(BirthCalendar::Lunar, None, 2, 31)
        );
        assert!(!day(BirthCalendar::Solar, None, 13, 1) && !day(BirthCalendar::Lunar, None, 1, 0));
        assert!(!day(BirthCalendar::Solar, Some(1300), 1, 1));
    }

    #[test]
    fn only_a_lunar_year_with_that_month_has_a_leap_birthday() {
        let leap = |calendar, year, month| {
            Birthday {
                calendar,
                year,
                month,
                day: 1,
                leap: true,
            }
            .checked()
            .is_ok()
        };
        assert!(leap(BirthCalendar::Lunar, Some(1960), 6) && leap(BirthCalendar::Lunar, None, 6));
        assert!(
            !leap(BirthCalendar::Lunar, Some(1960), 5)
                && !leap(BirthCalendar::Lunar, Some(1961), 6)
        );
        assert!(!leap(BirthCalendar::Lunar, Some(1300), 6) && !leap(BirthCalendar::Solar, None, 6));
    }

    #[test]
    fn a_birthday_without_leap_is_read_and_written_as_before() {
        let text = r#"{"calendar":"lunar","year":null,"month":8,"day":15}"#;
        let birthday: Birthday = serde_json::from_str(text).unwrap();
        assert!(!birthday.leap);
        assert_eq!(serde_json::to_string(&birthday).unwrap(), text);
        let leap = Birthday {
            leap: true,
            ..birthday
        };
        let text = serde_json::to_string(&leap).unwrap();
        assert!(text.contains(r#""leap":true"#));
        assert_eq!(serde_json::from_str::<Birthday>(&text).unwrap(), leap);
    }

    /// req: 001-019, 001-024
    #[test]
    fn answers_are_chosen_or_written() {
        assert_eq!(Field::Sex.checked(" female ").as_deref(), Ok("female"));
        assert!(matches!(
            Field::AgeBand.checked("33"),
            Err(ProfileError::Choice { .. })
        ));
        assert_eq!(Field::Motive.checked("孩子早餐").as_deref(), Ok("孩子早餐"));
        assert_eq!(
            Field::Motive.checked(&"长".repeat(501)),
            Err(ProfileError::Long(Field::Motive))
        );
    }
}
