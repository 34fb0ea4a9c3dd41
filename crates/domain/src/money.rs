//! Money: whole minor units with a currency, never a float.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::error::{Class, Rule};

/// An ISO 4217 currency with the number of decimals of its minor unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Currency {
    code: [u8; 3],
    decimals: u8,
}

/// The currencies of ISO 4217 by the decimals of their minor unit. Metals, units of account and
/// codes for tests are left out; ANG and BGN, which ended in 2025 and 2026, are in the orders of
/// the years before.
const CURRENCIES: [(u8, &str); 4] = [
    (
        2,
        "CNY HKD TWD MOP USD EUR GBP AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD \
         BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW COP COU CRC CUP CVE CZK DKK DOP \
         DZD EGP ERN ETB FJD FKP GEL GHS GIP GMD GTQ GYD HNL HTG HUF IDR ILS INR IRR JMD KES KGS \
         KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MRU MUR MVR MWK MXN MXV MYR \
         MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK \
         SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TZS UAH USN UYU UZS VED \
         VES WST XAD XCD XCG YER ZAR ZMW ZWG",
    ),
    (
        0,
        "JPY KRW VND BIF CLP DJF GNF ISK KMF PYG RWF UGX UYI VUV XAF XOF XPF",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

impl Currency {
    /// Chinese yuan, two decimals.
    pub const CNY: Self = Self {
        code: *b"CNY",
        decimals: 2,
    };

    /// The three-letter code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).expect("three ASCII letters")
    }

    /// Decimals of the minor unit.
    pub const fn decimals(self) -> u8 {
        self.decimals
    }

    /// An amount of minor units as a plain decimal: `1233.30`.
    pub fn decimal(self, minor: i64) -> String {
        let (whole, part) = self.parts(minor);
        let sign = if minor < 0 { "-" } else { "" };
        format!("{sign}{whole}{part}")
    }

    /// An amount of minor units as people read it: `¥1,233.30`, `-$5.00`, `CHF 12.00`.
    pub fn written(self, minor: i64) -> String {
        let (whole, part) = self.parts(minor);
        let sign = if minor < 0 { "-" } else { "" };
        let mut grouped = String::new();
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let before = match &self.code {
            b"CNY" | b"JPY" => "¥".to_owned(),
            b"USD" => "$".to_owned(),
            b"HKD" => "HK$".to_owned(),
            b"TWD" => "NT$".to_owned(),
            b"EUR" => "€".to_owned(),
            b"GBP" => "£".to_owned(),
            _ => format!("{} ", self.code()),
        };
        format!("{sign}{before}{grouped}{part}")
    }

    /// Whole units, and the decimals with their point, without a sign.
    fn parts(self, minor: i64) -> (String, String) {
        let unit = 10_u64.pow(u32::from(self.decimals));
        let all = minor.unsigned_abs();
        let width = usize::from(self.decimals);
        let part = if width == 0 {
            String::new()
        } else {
            format!(".{:0width$}", all % unit)
        };
        ((all / unit).to_string(), part)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let code: [u8; 3] = text
            .as_bytes()
            .try_into()
            .ok()
            .ok_or_else(|| MoneyError::Currency(text.to_owned()))?;
        CURRENCIES
            .iter()
            .find(|(_, codes)| codes.split(' ').any(|known| known == text))
            .map(|(decimals, _)| Self {
                code,
                decimals: *decimals,
            })
            .ok_or_else(|| MoneyError::Currency(text.to_owned()))
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// A rate in basis points: 10 000 = 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Bps(pub u32);

impl Bps {
    /// The share of `minor` units, rounded towards zero.
    pub fn of(self, minor: i64) -> i64 {
        let product = i128::from(minor) * i128::from(self.0) / 10_000;
        i64::try_from(product).unwrap_or(i64::MAX)
    }
}

/// A decimal number of at most 18 digits, kept exactly: `units / 10^scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    units: i128,
    scale: u32,
}

impl Decimal {
    /// Reads a plain decimal such as `-1234.50`.
    ///
    /// # Errors
    /// [`MoneyError::Number`] if the text is anything else, or has more than 18 digits.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let error = || MoneyError::Number(text.to_owned());
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let count = whole.len() + fraction.len();
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if count == 0 || count > 18 || !plain(whole) || !plain(fraction) {
            return Err(error());
        }
        let mut units: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            units = units * 10 + i128::from(byte - b'0');
        }
        let scale = u32::try_from(fraction.len()).map_err(|_| error())?;
        Ok(Self {
            units: if negative { -units } else { units },
            scale,
        })
    }

    /// The product of two decimals, exact.
    pub const fn times(self, other: Self) -> Self {
        Self {
            units: self.units * other.units,
            scale: self.scale + other.scale,
        }
    }

    /// In minor units of a currency, rounded half to even.
    ///
    /// # Errors
    /// [`MoneyError::Range`] if it does not fit 64 bits.
    pub fn to_minor(self, currency: Currency) -> Result<i64, MoneyError> {
        let decimals = u32::from(currency.decimals());
        let minor = if self.scale <= decimals {
            self.units * 10_i128.pow(decimals - self.scale)
        } else {
            let divisor = 10_i128.pow(self.scale - decimals);
            let floor = self.units.div_euclid(divisor);
            let rest = self.units.rem_euclid(divisor) * 2;
            let up = rest > divisor || (rest == divisor && floor % 2 != 0);
            floor + i128::from(up)
        };
        i64::try_from(minor).map_err(|_| MoneyError::Range)
    }
}

/// Divides `minor` units by `weights` without losing or inventing one: each part is the floor of
/// its exact share, and the remaining units go to the largest fractions, the earlier first.
///
/// # Errors
/// [`MoneyError::Weights`] if there is no weight above zero.
pub fn split(minor: i64, weights: &[u32]) -> Result<Vec<i64>, MoneyError> {
    let total: i128 = weights.iter().map(|w| i128::from(*w)).sum();
    if total == 0 {
        return Err(MoneyError::Weights);
    }
    let mut parts = Vec::with_capacity(weights.len());
    let mut fractions = Vec::with_capacity(weights.len());
    for (index, weight) in weights.iter().enumerate() {
        let exact = i128::from(minor) * i128::from(*weight);
        parts.push(i64::try_from(exact.div_euclid(total)).map_err(|_| MoneyError::Range)?);
        fractions.push((exact.rem_euclid(total), index));
    }
    fractions.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let given: i64 = parts.iter().sum();
    let left = usize::try_from(minor - given).unwrap_or(0);
    for (_, index) in fractions.into_iter().take(left) {
        parts[index] += 1;
    }
    Ok(parts)
}

/// An amount that cannot be read or held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a decimal number.
    #[error("{0:?} is not an amount: write it as 1234.50")]
    Number(String),
    /// Not a currency of ISO 4217.
    #[error(
        "{0:?} is not a currency of ISO 4217: write its three capital letters, for example CNY"
    )]
    Currency(String),
    /// Beyond 64 bits of minor units.
    #[error("the amount is too large")]
    Range,
    /// Nothing to divide by.
    #[error("there is nobody to divide the amount among")]
    Weights,
}

impl Rule for MoneyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Number(_) => "money.number",
            Self::Currency(_) => "money.currency",
            Self::Range => "money.range",
            Self::Weights => "money.weights",
        }
    }
    fn class(&self) -> Class {
        Class::Invalid
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_written_to_the_last_minor_unit() {
        assert_eq!(Currency::CNY.decimal(123_330), "1233.30");
        assert_eq!(Currency::CNY.decimal(-5), "-0.05");
        assert_eq!(Currency::CNY.written(123_330), "¥1,233.30");
        assert_eq!(Currency::CNY.written(-12_345_678_900), "-¥123,456,789.00");
        let of = |code: &str| code.parse::<Currency>().unwrap();
        assert_eq!(of("JPY").written(1_500), "¥1,500");
        assert_eq!(of("CHF").written(99), "CHF 0.99");
    }

    #[test]
    fn rounding_is_half_to_even_on_both_sides_of_zero() {
        for (text, minor) in [
            ("0.125", 12),
            ("0.135", 14),
            ("-0.125", -12),
            ("-0.135", -14),
            ("1", 100),
            ("2.675", 268),
            ("-0.005", 0),
            ("0.0151", 2),
        ] {
            assert_eq!(
                Decimal::parse(text).unwrap().to_minor(Currency::CNY),
                Ok(minor),
                "{text}"
            );
        }
        assert_eq!(
            Decimal::parse("1.5")
                .unwrap()
                .to_minor("JPY".parse().unwrap()),
            Ok(2)
        );
    }

    #[test]
    fn a_currency_is_one_of_iso_4217() {
        for (code, decimals) in [("CNY", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("PYG", 0)] {
            let currency: Currency = code.parse().unwrap();
            assert_eq!((currency.code(), currency.decimals()), (code, decimals));
        }
        assert_eq!("CNY".parse(), Ok(Currency::CNY));
        for none in ["XXQ", "RMB", "cny", "", "   ", "CN", "CNY ", "Y H", "XXX"] {
            let refused = none.parse::<Currency>();
            assert_eq!(refused, Err(MoneyError::Currency(none.to_owned())));
        }
        let all: Vec<&str> = CURRENCIES
            .iter()
            .flat_map(|(_, codes)| codes.split(' '))
            .collect();
        let once: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(all.len(), once.len(), "a code stands there twice");
        assert!(all.iter().all(|code| code.len() == 3));
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in [
            "",
            ".",
            "1e5",
            "abc",
            "1,000",
            "١",
            "--1",
            "1234567890123456789",
        ] {
            assert!(Decimal::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_remainder_goes_to_the_largest_fractions_first() {
        assert_eq!(split(100, &[1, 1, 1]), Ok(vec![34, 33, 33]));
        assert_eq!(split(-100, &[1, 1, 1]).unwrap().iter().sum::<i64>(), -100);
        assert_eq!(split(5, &[0, 0]), Err(MoneyError::Weights));
    }

    proptest! {
        #[test]
        fn a_split_loses_nothing(minor in any::<i32>(), weights in prop::collection::vec(0_u32..1000, 1..20)) {
            prop_assume!(weights.iter().any(|w| *w > 0));
            let parts = split(i64::from(minor), &weights).unwrap();
            prop_assert_eq!(parts.iter().sum::<i64>(), i64::from(minor));
        }
    }
}
