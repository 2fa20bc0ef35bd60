//! What files say that evidence of a release asks for: versions, entries, figures.

use std::{borrow::Cow, collections::BTreeMap};

use chrono::{DateTime, Utc};
use regex::{Regex, RegexBuilder};

use crate::{
    domain::release::{
        evidence::{Evidence, VersionPlace},
        judging::{Found, Seen},
    },
    source::changelog,
    text::Text,
};

/// A file of this many bytes is none that a version or a figure is looked for in.
pub const LIMIT_BYTES: usize = 8 * 1024 * 1024;

/// A file as it was found.
#[derive(Debug, Clone, PartialEq)]
pub enum File {
    /// It is there.
    There {
        /// When it was last changed.
        changed_at: Option<DateTime<Utc>>,
        /// Its bytes, where they were asked for.
        bytes: Vec<u8>,
    },
    /// It is not.
    Missing,
    /// It cannot be read, and why.
    Unread(Text),
}

/// The files that evidence asks for, and whether their bytes are needed.
pub fn files(evidence: &Evidence) -> Vec<(&Text, bool)> {
    match evidence {
        Evidence::FileFresh { path, .. } => vec![(path, false)],
        Evidence::VersionsAgree { places, .. } => places.iter().map(|place| (&place.path, true)).collect(),
        Evidence::ChangelogHas { path, .. } | Evidence::FigureAtLeast { path, .. } => vec![(path, true)],
        Evidence::ChecksGreen { .. }
        | Evidence::MilestoneEmpty { .. }
        | Evidence::Artefact { .. }
        | Evidence::Condition { .. } => Vec::new(),
    }
}

/// Looks for what evidence asks for in the files it names; nothing for evidence that asks for no file.
pub fn look(evidence: &Evidence, files: &BTreeMap<Text, File>, now: DateTime<Utc>) -> Option<Seen> {
    let of = |path: &Text| files.get(path).unwrap_or(&File::Missing);
    let found = match evidence {
        Evidence::FileFresh { path, .. } => match of(path) {
            File::There { changed_at, .. } => Ok(Found::There { changed_at: *changed_at }),
            File::Missing => Ok(Found::Missing),
            File::Unread(why) => Err(why.clone()),
        },
        Evidence::VersionsAgree { places, .. } => versions(places, &of),
        Evidence::ChangelogHas { path, version } => with(of(path), |bytes| {
            let has = changelog::has_entry(bytes, version.as_str());
            has.map(Found::Entry).map_err(|why| Text::scrub(&format!("{path}: {why}")))
        }),
        Evidence::FigureAtLeast { path, pattern, .. } => with(of(path), |bytes| {
            let found = first_group(pattern, &plain(path, bytes)?)?;
            let figure = found.map(|said| figure(said.trim())).transpose()?.flatten();
            Ok(Found::Figure(figure.filter(|figure| figure.is_finite())))
        }),
        _ => return None,
    };
    Some(Seen { as_of: now, found })
}

fn with(file: &File, read: impl FnOnce(&[u8]) -> Result<Found, Text>) -> Result<Found, Text> {
    match file {
        File::There { bytes, .. } => read(bytes),
        File::Missing => Ok(Found::Missing),
        File::Unread(why) => Err(why.clone()),
    }
}

fn versions<'a>(places: &[VersionPlace], of: &impl Fn(&Text) -> &'a File) -> Result<Found, Text> {
    let mut found = Vec::new();
    for place in places {
        found.push(match of(&place.path) {
            File::There { bytes, .. } => first_group(&place.pattern, &plain(&place.path, bytes)?)?,
            File::Missing => None,
            File::Unread(why) => return Err(why.clone()),
        });
    }
    Ok(Found::Versions(found.into_iter().map(|version| version.map(|said| Text::scrub(said.trim()))).collect()))
}

/// A file's text, without the mark that some editors put before it.
fn plain<'a>(path: &Text, bytes: &'a [u8]) -> Result<Cow<'a, str>, Text> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Text::scrub(&format!("{path}: the file is UTF-16, not UTF-8")));
    }
    Ok(String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)))
}

/// Reads a pattern of the settings: lines are lines however they end, and it is not let grow beyond reason.
///
/// # Errors
/// It is no regular expression, or has no group.
pub fn pattern(written: &str) -> Result<Regex, Text> {
    let built = RegexBuilder::new(written).multi_line(true).crlf(true).size_limit(1 << 20).build();
    let built = built.map_err(|error| Text::scrub(&format!("`{written}` is no regular expression: {error}")))?;
    if built.captures_len() < 2 {
        return Err(Text::scrub(&format!("`{written}` has no group: put what is wanted in brackets")));
    }
    Ok(built)
}

fn first_group(written: &Text, text: &str) -> Result<Option<String>, Text> {
    let pattern = pattern(written.as_str())?;
    Ok(pattern.captures(text).and_then(|found| Some(found.get(1)?.as_str().to_owned())))
}

/// A number with a point or a comma before its decimals, and either between thousands.
///
/// # Errors
/// It may be read both ways: `1,234`.
fn figure(said: &str) -> Result<Option<f64>, Text> {
    let bare = said.trim_start_matches(['-', '+']);
    let groups: Vec<&str> = bare.split(',').collect();
    let are_thousands = |groups: &[&str]| {
        let (first, rest) = groups.split_first().unwrap_or((&"", &[]));
        (1..=3).contains(&first.len()) && !first.starts_with('0') && rest.iter().all(|group| group.len() == 3)
    };
    let plain = |said: &str| said.parse::<f64>().ok();
    Ok(match (groups.len(), bare.matches('.').count()) {
        (1, _) => plain(said),
        (2, 0) if are_thousands(&groups) => {
            return Err(Text::scrub(&format!(
                "`{said}` may be {} or {}",
                said.replace(',', ""),
                said.replace(',', ".")
            )));
        }
        (2, 0) => plain(&said.replace(',', ".")),
        (_, 0) => plain(&said.replace(',', "")).filter(|_| are_thousands(&groups)),
        // What comes last parts the decimals.
        (2, _) if bare.rfind('.') < bare.rfind(',') => {
            let whole: Vec<&str> = groups.first().map(|whole| whole.split('.').collect()).unwrap_or_default();
            plain(&said.replace('.', "").replace(',', ".")).filter(|_| are_thousands(&whole))
        }
        (_, 1) => {
            let whole: Vec<&str> = bare.split('.').next().map(|whole| whole.split(',').collect()).unwrap_or_default();
            plain(&said.replace(',', "")).filter(|_| are_thousands(&whole))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-12-03T15:00:00Z").unwrap()
    }

    fn text(written: &str) -> Text {
        Text::scrub(written)
    }

    fn files(list: &[(&str, &str)]) -> BTreeMap<Text, File> {
        let file = |bytes: &str| File::There { changed_at: Some(now()), bytes: bytes.as_bytes().to_vec() };
        list.iter().map(|(path, bytes)| (text(path), file(bytes))).collect()
    }

    #[test]
    fn versions_are_found_by_their_patterns_and_a_missing_one_is_missing() {
        let place = |path: &str, pattern: &str| VersionPlace { path: text(path), pattern: text(pattern) };
        let places = vec![
            place("Cargo.toml", r#"^version = "([^"]+)""#),
            place("package.json", r#""version":\s*"([^"]+)""#),
            place("README.md", r"badge/v([0-9.]+)-"),
        ];
        let evidence = Evidence::VersionsAgree { places, version: None };
        let files = files(&[
            ("Cargo.toml", "[package]\nname = \"x\"\nversion = \"1.4.0\"\n"),
            ("package.json", "{\"version\": \"1.4.0\"}"),
        ]);
        let found = look(&evidence, &files, now()).unwrap().found.unwrap();
        assert_eq!(found, Found::Versions(vec![Some(text("1.4.0")), Some(text("1.4.0")), None]));
    }

    #[test]
    fn a_line_ends_before_its_carriage_return() {
        let place = VersionPlace { path: text("Cargo.toml"), pattern: text(r#"^version = "(.+)"$"#) };
        let evidence = Evidence::VersionsAgree { places: vec![place], version: None };
        for end in ["\n", "\r\n"] {
            let files = files(&[("Cargo.toml", &["[package]", "version = \"1.4.0\"", ""].join(end))]);
            let found = look(&evidence, &files, now()).unwrap().found;
            assert_eq!(found, Ok(Found::Versions(vec![Some(text("1.4.0"))])), "{end:?}");
        }
    }

    #[test]
    fn the_mark_before_a_text_is_none_of_it_and_utf_16_cannot_be_read() {
        let place = VersionPlace { path: text("a"), pattern: text(r#"^version = "(.+)""#) };
        let evidence = Evidence::VersionsAgree { places: vec![place], version: None };
        let found = |bytes: Vec<u8>| {
            let files = BTreeMap::from([(text("a"), File::There { changed_at: None, bytes })]);
            look(&evidence, &files, now()).unwrap().found
        };
        assert_eq!(found("\u{feff}version = \"1.4.0\"\n".into()), Ok(Found::Versions(vec![Some(text("1.4.0"))])));
        let wide: Vec<u8> = "\u{feff}version".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(found(wide), Err(text("a: the file is UTF-16, not UTF-8")));
    }

    #[test]
    fn a_figure_is_the_first_group_and_no_number_is_no_figure() {
        let figure = |pattern: &str, file: &str| {
            let evidence = Evidence::FigureAtLeast { path: text("c"), pattern: text(pattern), least: 80.0 };
            look(&evidence, &files(&[("c", file)]), now()).unwrap().found
        };
        assert_eq!(figure(r"line-rate=.([0-9.]+)", "<c line-rate='81.5'>"), Ok(Found::Figure(Some(81.5))));
        assert_eq!(figure(r"TOTAL.* (\d+,\d+) ?%", "TOTAL 10 81,5 %"), Ok(Found::Figure(Some(81.5))));
        assert_eq!(figure(r"TOTAL (\S+)", "TOTAL many"), Ok(Found::Figure(None)));
        assert_eq!(figure(r"TOTAL (\S+)", ""), Ok(Found::Figure(None)));
        assert!(figure(r"TOTAL \d+", "TOTAL 8").is_err() && figure("(", "").is_err());
    }

    #[test]
    fn a_figure_that_may_be_read_both_ways_is_not_judged() {
        for (said, wanted) in [
            ("81.5", Some(81.5)),
            ("81,5", Some(81.5)),
            ("-0,125", Some(-0.125)),
            ("0,999", Some(0.999)),
            ("1234,567", Some(1234.567)),
            ("12,345,678", Some(12_345_678.0)),
            ("1,234.5", Some(1234.5)),
            ("1.234,5", Some(1234.5)),
            ("1.234", Some(1.234)),
            ("1,23,4", None),
            ("1.2.3", None),
            ("1,2.3,4", None),
            ("", None),
            ("many", None),
        ] {
            assert_eq!(super::figure(said), Ok(wanted), "{said}");
        }
        assert_eq!(super::figure("1,234"), Err(text("`1,234` may be 1234 or 1.234")));
    }

    #[test]
    fn a_file_that_is_gone_is_missing_and_one_that_cannot_be_read_is_not_judged() {
        let evidence = Evidence::ChangelogHas { path: text("C"), version: text("1") };
        assert_eq!(look(&evidence, &BTreeMap::new(), now()).unwrap().found, Ok(Found::Missing));
        let unread = [(text("C"), File::Unread(text("permission denied")))].into();
        assert_eq!(look(&evidence, &unread, now()).unwrap().found, Err(text("permission denied")));
        let other = Evidence::Condition { expression: text("x > 1") };
        assert_eq!(look(&other, &BTreeMap::new(), now()), None);
    }
}
