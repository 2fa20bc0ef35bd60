//! A change log: which versions its headings name.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::source::{checklist, checklist::ChecklistError, plan};

/// Words that may stand before a version in its heading: `Release 1.4.0`.
const LEADS: [&str; 9] = ["release", "version", "ver", "v", "релиз", "версия", "выпуск", "релиза", "версии"];

/// What makes another version of it, `1.4.0 RC1`, or none yet, `1.4.0 (unreleased)`; or a stretch, `1.4.0 to 1.5.0`.
const BEFORE_IT: [&str; 17] = [
    "alpha",
    "beta",
    "rc",
    "pre",
    "preview",
    "dev",
    "snapshot",
    "candidate",
    "unreleased",
    "draft",
    "wip",
    "tbd",
    "planned",
    "upcoming",
    "yyyy-mm-dd",
    "to",
    "through",
];

/// Two words that say that it is none yet.
const NOT_YET: [(&str, &str); 4] =
    [("release", "candidate"), ("in", "development"), ("in", "progress"), ("work", "in")];

/// Words that take a version back, wherever they stand in its heading.
const TAKEN_BACK: [&str; 2] = ["yanked", "withdrawn"];

/// Whether a change log has a heading whose subject is a version: `## [1.4.0] - 2026-11-22`, `# Release 1.4.0`, or one
/// underlined. A heading is what Markdown calls one, outside lists and quotations. A version that is the start of another
/// (`1.4.0-rc.1`, `1.4.0 RC1`, `1.4.01`) is another one.
///
/// # Errors
/// As [`checklist::read`].
pub fn has_entry(bytes: &[u8], version: &str) -> Result<bool, ChecklistError> {
    let wanted = bare(version.trim());
    plan::settled(bytes)?;
    let source = checklist::parseable(bytes)?;
    let body = source.get(checklist::start_of_markdown(&source)..).unwrap_or_default();
    let (mut heading, mut depth, mut hidden) = (None::<String>, 0_usize, 0_usize);
    for event in Parser::new_ext(body, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::BlockQuote(_) | Tag::Item) => depth += 1,
            Event::End(TagEnd::BlockQuote(_) | TagEnd::Item) => depth = depth.saturating_sub(1),
            // What is struck out is said no more, and words of a picture are not read.
            Event::Start(Tag::Strikethrough | Tag::Image { .. }) => hidden += 1,
            Event::End(TagEnd::Strikethrough | TagEnd::Image) => hidden = hidden.saturating_sub(1),
            Event::Start(Tag::Heading { .. }) if depth == 0 => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) if heading.take().is_some_and(|heading| is_about(&heading, wanted)) => {
                return Ok(true);
            }
            Event::Text(text) | Event::Code(text) if hidden == 0 => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(heading) = &mut heading {
                    heading.push(' ');
                }
            }
            _ => {}
        }
    }
    Ok(false)
}

/// A version without the `v` before it.
fn bare(word: &str) -> &str {
    word.strip_prefix(['v', 'V']).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(word)
}

/// Whether a version is what a heading is about: its first word, but for one that says that it is a release.
fn is_about(heading: &str, wanted: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '+' | '_');
    let mut words = heading.split(|c: char| !is_part(c)).map(|word| word.trim_end_matches('.')).filter(|word| {
        // A dash between blanks parts a version from its day.
        word.contains(char::is_alphanumeric)
    });
    let mut first = words.next();
    while first.is_some_and(|word| LEADS.contains(&word.to_lowercase().as_str())) {
        first = words.next();
    }
    let kind = |word: &str| word.to_lowercase().trim_end_matches(|c: char| !c.is_alphabetic()).to_owned();
    let rest: Vec<String> = words.map(kind).collect();
    let next = |n: usize| rest.get(n).map_or("", String::as_str);
    let is_before_it = BEFORE_IT.contains(&next(0)) || NOT_YET.contains(&(next(0), next(1)));
    let is_stretch = heading.contains(['→', '⇒']) || heading.contains("->") || heading.contains("=>");
    let is_taken_back = rest.iter().any(|word| TAKEN_BACK.contains(&word.as_str()));
    let is_it = !wanted.is_empty() && first.is_some_and(|word| bare(word) == wanted);
    is_it && !is_before_it && !is_stretch && !is_taken_back
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_heading_about_that_very_version_is_an_entry() {
        for (log, has) in [
            ("# Changelog\n\n## [1.4.0] - 2026-11-22\n", true),
            ("## [1.4.0](https://acme.example/compare/v1.3.0...v1.4.0) (2026-11-22)\n", true),
            ("# Changelog\r\n\r\n## [1.4.0]\r\n\r\n[1.4.0]: https://acme.example\r\n", true),
            ("## v1.4.0", true),
            ("## 1.4.0", true),
            ("   ## `1.4.0` ##", true),
            ("# Release 1.4.0", true),
            ("## Release v1.4.0: winter", true),
            ("## Version 1.4.0.", true),
            ("1.4.0\n=====\n", true),
            ("[1.4.0] - 2026-11-22\n--\n", true),
            ("\u{feff}---\ntitle: x\n---\n## 1.4.0\n", true),
            ("## 1.4.0-rc.1", false),
            ("## 1.4.0 RC1", false),
            ("## 1.4.0 (unreleased)", false),
            ("## 1.4.0 to 1.5.0", false),
            ("## [1.4.0] - beta 2", false),
            ("## [1.4.0] - 2026-11-22 [YANKED]", false),
            ("# ~~1.4.0~~", false),
            ("## 1.4.0 (WIP)", false),
            ("## 1.4.0 (in development)", false),
            ("## [1.4.0] - YYYY-MM-DD", false),
            ("## 1.4.0 release candidate", false),
            ("## 1.4.0 → 1.5.0", false),
            ("# ![1.4.0](x.png)", false),
            ("## 1.4.0 in Berlin", true),
            ("## 11.4.0", false),
            ("## 1.4.01", false),
            ("we skip 1.4.0 for now", false),
            ("## Unreleased\n- as in 1.4.0\n", false),
            ("## Changes since 1.4.0", false),
            ("## Since 1.4.0", false),
            ("## [Unreleased](https://acme.example/compare/v1.4.0...HEAD)", false),
            ("## Unreleased <!-- 1.4.0 -->", false),
            ("```\n## 1.4.0\n```\n", false),
            ("~~~\n## 1.4.0\n", false),
            ("<!--\n## 1.4.0\n-->\n", false),
            ("    ## 1.4.0\n", false),
            ("##1.4.0\n", false),
            ("####### 1.4.0\n", false),
            ("> ## 1.4.0\n", false),
            ("- ## 1.4.0\n", false),
            ("\\## 1.4.0\n", false),
            ("---\n# 1.4.0\nkey: x\n---\n", false),
            ("", false),
        ] {
            assert_eq!(has_entry(log.as_bytes(), "1.4.0"), Ok(has), "{log}");
        }
        assert_eq!(has_entry(b"## 1.4.0", "v1.4.0"), Ok(true));
        assert_eq!(has_entry(b"## winter", "winter"), Ok(true));
        assert_eq!(has_entry(b"## x", ""), Ok(false));
    }

    #[test]
    fn a_change_log_with_a_merge_that_is_not_settled_is_not_judged() {
        let log = b"<<<<<<< HEAD\n## 1.4.0\n=======\n## 1.3.9\n>>>>>>> side\n";
        assert_eq!(has_entry(log, "1.4.0"), Err(ChecklistError::Unmerged { line: 1, mark: "<<<<<<<" }));
    }
}
