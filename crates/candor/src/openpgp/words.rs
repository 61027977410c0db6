//! A fingerprint as people compare it: in groups of four, as every OpenPGP program shows it.

/// `ABCD 1234 …`, with a wider gap in the middle.
pub fn grouped(fingerprint: &str) -> String {
    let groups: Vec<&str> =
        fingerprint.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
    let (first, second) = groups.split_at(groups.len() / 2);
    format!("{}  {}", first.join(" "), second.join(" "))
}
