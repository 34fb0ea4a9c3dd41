//! Amounts of money as shop systems write them.

use yutang_domain::money::Decimal;

use super::cell;

/// The exact decimal behind `¥1,234.00`, `(1.00)`, `1.234,50 €`, `12元` or `-3`.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    let plain = cell::plain(text);
    let mut body = plain.trim();
    let mut negative = false;
    if let Some(inside) = body
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        (negative, body) = (true, inside);
    }
    let signs = [
        "¥", "￥", "$", "€", "£", "元", "圆", "RMB", "CNY", "USD", "EUR", "HK", "NT",
    ];
    loop {
        let before = body;
        body = body.trim();
        for sign in signs {
            body = body
                .strip_prefix(sign)
                .or_else(|| body.strip_suffix(sign))
                .unwrap_or(body);
        }
        if let Some(rest) = body.strip_prefix('-').or_else(|| body.strip_suffix('-')) {
            if negative {
                return None;
            }
            (negative, body) = (true, rest);
        }
        body = body.strip_prefix('+').unwrap_or(body);
        if body == before {
            break;
        }
    }
    let digits = ungroup(body)?;
    if !digits.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    Decimal::parse(&if negative {
        format!("-{digits}")
    } else {
        digits
    })
    .ok()
}

/// Takes out what groups the thousands and makes the decimal sign a point.
fn ungroup(text: &str) -> Option<String> {
    let (commas, points) = (text.matches(',').count(), text.matches('.').count());
    let comma_last = text.rfind(',') > text.rfind('.');
    let decimal_comma = match (commas, points) {
        (0, _) => false,
        // Three digits behind a comma are thousands, unless nothing but a zero stands before it.
        (1, 0) => text.len() - text.find(',')? != 4 || text.starts_with("0,"),
        (1, _) => comma_last,
        (_, 0 | 1) if !comma_last => false,
        (_, 0) => false,
        _ => return None,
    };
    let (group, point) = if decimal_comma {
        ('.', ',')
    } else {
        (',', '.')
    };
    let (whole, part) = text
        .split_once(point)
        .map_or((text, None), |(w, p)| (w, Some(p)));
    let mut parts = whole.split(group);
    let first = parts.next()?;
    let rest: Vec<&str> = parts.collect();
    if !rest.is_empty() && (first.is_empty() || rest.iter().any(|three| three.len() != 3)) {
        return None;
    }
    let mut out = first.to_owned();
    out.extend(rest);
    if let Some(part) = part {
        out.push('.');
        out.push_str(part);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use yutang_domain::money::Currency;

    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (text, minor) in [
            ("¥1,234.00", 123_400),
            ("￥１，２３４．５", 123_450),
            ("'29.33", 2_933),
            ("\t29.9\t", 2_990),
            ("(1.00)", -100),
            ("-¥3", -300),
            ("¥-3", -300),
            ("3.50-", -350),
            ("12元", 1_200),
            ("1.234,50 €", 123_450),
            ("1,234,567", 123_456_700),
            ("12,5", 1_250),
            ("0,375", 38),
            ("1,375", 137_500),
            ("0", 0),
            ("2.675", 268),
            ("0.30000000000000004", 30),
            (".5", 50),
        ] {
            let read = decimal(text).map(|d| d.to_minor(Currency::CNY).unwrap());
            assert_eq!(read, Some(minor), "{text}");
        }
        for text in [
            "", "-", "abc", "1.2.3", "1,23,4", "¥", "12%", "1e3", "--1", "(-1)", "NaN", ",",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }
}
