//! Data files: `[section]` lines, then entries; `# ` begins a remark.

/// The lines of each section, in order.
pub(super) fn sections(data: &'static str) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in data.lines().map(str::trim) {
        if line.is_empty() || line.starts_with("# ") {
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            sections.push((name, Vec::new()));
        } else if let Some((_, lines)) = sections.last_mut() {
            lines.push(line);
        } else {
            sections.push(("", vec![line]));
        }
    }
    sections
}

/// The words of one section.
pub(super) fn words_of(data: &'static str, name: &str) -> Vec<&'static str> {
    sections(data)
        .into_iter()
        .filter(|(section, _)| *section == name)
        .flat_map(|(_, lines)| lines)
        .flat_map(str::split_whitespace)
        .collect()
}

/// A generator for one thing of the world: the same for the same seed, kind and number.
pub(super) fn rng(seed: u64, kind: u64, number: u64) -> fastrand::Rng {
    let mut mixed = seed ^ kind.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^= number.wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    fastrand::Rng::with_seed(mixed ^ (mixed >> 31))
}
