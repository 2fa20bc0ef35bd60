//! What a step's own text says beside what is to be done: its name, who does it, when, whether it can be left out.

use crate::domain::release::{
    calendar::{Span, When},
    phase_of_heading, words,
};

/// The name a text gives its step, and the text without it: `Back up the database {#backup}`. Whose it is may stand behind
/// the name: that is told beside.
pub(super) fn named(text: &str) -> (&str, Option<&str>) {
    [text, without_owner(text)].into_iter().map(name_at_end).find(|(_, name)| name.is_some()).unwrap_or((text, None))
}

fn name_at_end(text: &str) -> (&str, Option<&str>) {
    let found = text.strip_suffix('}').and_then(|open| open.rsplit_once("{#"));
    match found {
        Some((before, name)) if is_name(name) => (before.trim_end(), Some(name)),
        _ => (text, None),
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Who a text names: as `(owner: ...)`, else the first `@login` in its prose.
pub(super) fn owner<'a>(text: &'a str, prose: &'a str) -> Option<&'a str> {
    said_owner(text).or_else(|| first_mention(prose))
}

const OWNER: [&str; 12] = [
    "owner",
    "responsible",
    "assignee",
    "dri",
    "ответственный",
    "ответственная",
    "исполнитель",
    "владелец",
    "verantwortlich",
    "responsable",
    "负责人",
    "担当",
];

fn said_owner(text: &str) -> Option<&str> {
    if !text.contains(':') && !text.contains('\u{ff1a}') {
        return None;
    }
    for (at, _) in text.match_indices([':', '\u{ff1a}']) {
        let before = text.get(..at)?;
        let word = before.rsplit(|c: char| !c.is_alphanumeric()).next()?;
        if !OWNER.contains(&word.to_lowercase().as_str()) {
            continue;
        }
        let rest = text.get(at..)?.trim_start_matches([':', '\u{ff1a}']).trim_start();
        let end = rest.find([')', ']', ';', ',', '|', '\u{ff09}']).unwrap_or(rest.len());
        let name = rest.get(..end)?.trim().trim_start_matches('@').trim_end_matches('.');
        if !name.is_empty() {
            return Some(name);
        }
    }
    None
}

/// A text without the brackets at its end that say whose it is: the owner is told beside it.
pub(super) fn without_owner(text: &str) -> &str {
    let inside = |open: char, close: char| {
        let (before, inside) = text.strip_suffix(close)?.rsplit_once(open)?;
        let word = inside.split([':', '\u{ff1a}']).next()?.trim().to_lowercase();
        (OWNER.contains(&word.as_str()) && said_owner(inside).is_some()).then(|| before.trim_end())
    };
    let bare = inside('(', ')').or_else(|| inside('[', ']')).or_else(|| inside('\u{ff08}', '\u{ff09}'));
    bare.filter(|bare| !bare.is_empty()).unwrap_or(text)
}

/// The first `@name` that is nobody's mail address and no version (`tool@v2`): the name, without `@`.
fn first_mention(prose: &str) -> Option<&str> {
    for (at, _) in prose.match_indices('@') {
        let before = prose.get(..at).and_then(|before| before.chars().next_back());
        if before.is_some_and(|b| b.is_alphanumeric() || matches!(b, '.' | '_' | '-' | '+' | '/' | '@')) {
            continue;
        }
        let rest = prose.get(at + 1..).unwrap_or_default();
        let end =
            rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/'))).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default().trim_end_matches(['.', '-', '/']);
        if name.starts_with(char::is_alphanumeric) {
            return Some(name);
        }
    }
    None
}

/// When a text says that its step is due, as far as its phase allows: a day outside it is told of something else.
pub(super) fn own_when(text: &str, phase: Option<When>) -> Option<When> {
    let of_range = |when: &When| match (phase, when) {
        (None, _) => true,
        (Some(When::Days(span)), When::Days(day)) => span.first <= day.first && day.last <= span.last,
        (Some(When::Days(span)), When::Hours(_)) => span.first <= 0 && -1 <= span.last,
        (Some(When::Before), When::Days(day)) => day.last < 0,
        (Some(When::Before), When::Hours(hours)) => *hours < 0,
        (Some(When::After), When::Days(day)) => 0 < day.first,
        (Some(When::After), When::Hours(hours)) => 0 < *hours,
        (Some(_), _) => false,
    };
    if let Some(when) = words::told(text).filter(of_range) {
        return Some(when);
    }
    let is_stretch = matches!(phase, Some(When::Days(span)) if span.first < span.last);
    let day = if is_stretch { phase_of_heading(text) } else { None };
    day.map(|day| When::Days(Span::day(day))).filter(of_range)
}

const OPTIONAL: [&str; 9] = [
    "(optional",
    "[optional",
    "optional:",
    "(необязательно",
    "(опционально",
    "(по желанию",
    "(facultatif",
    "(opcional",
    "(可选",
];

/// What stands behind the bracket in one of [`OPTIONAL`].
const OPENS: [char; 9] = ['o', 'O', '\u{43d}', '\u{41d}', '\u{43f}', '\u{41f}', 'f', 'F', '\u{53ef}'];

/// Whether a text says that its step can be left out.
pub(super) fn is_optional(text: &str) -> bool {
    // Most are not, and a plan may have many thousand: only what can begin one of the words is looked at closely.
    let may = |at: usize| text.get(at + 1..).and_then(|rest| rest.chars().next()).is_some_and(|c| OPENS.contains(&c));
    if !text.contains(':') && !text.match_indices(['(', '[']).any(|(at, _)| may(at)) {
        return false;
    }
    let lower = text.to_lowercase();
    OPTIONAL.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_may_name_itself() {
        assert_eq!(named("Back up {#backup-1}"), ("Back up", Some("backup-1")));
        assert_eq!(named("Write the notes {#notes} (owner: ana)"), ("Write the notes", Some("notes")));
        assert_eq!(named("Write the notes (owner: ana) {#notes}"), ("Write the notes (owner: ana)", Some("notes")));
        assert_eq!(named("Write {#notes} (in full)"), ("Write {#notes} (in full)", None));
        for plain in ["Back up", "Back up {#}", "{#a b}", "run ${#args}x"] {
            assert_eq!(named(plain), (plain, None));
        }
    }

    #[test]
    fn the_brackets_that_name_the_owner_are_no_part_of_what_is_to_be_done() {
        for (text, bare) in [
            ("Tag it (owner: ana)", "Tag it"),
            (
                "\u{7acb}\u{3061}\u{4e0a}\u{3052}\u{ff08}\u{62c5}\u{5f53}\u{ff1a}\u{4f50}\u{85e4}\u{ff09}",
                "\u{7acb}\u{3061}\u{4e0a}\u{3052}",
            ),
            ("Tag it [DRI: @bo]", "Tag it"),
            ("Tag it (owner: ana) twice", "Tag it (owner: ana) twice"),
            ("Ask (the owner: ana)", "Ask (the owner: ana)"),
            ("Tag it (owner:)", "Tag it (owner:)"),
            ("(owner: ana)", "(owner: ana)"),
        ] {
            assert_eq!(without_owner(text), bare);
        }
    }

    #[test]
    fn the_owner_is_the_one_said_to_be() {
        for (text, owner_is) in [
            ("Tag it (owner: ana)", Some("ana")),
            ("Tag it (Owner: @ana.k), ask @bo", Some("ana.k")),
            ("Бэкап (ответственный: Ведущий инженер)", Some("Ведущий инженер")),
            ("owner: release team; then tag", Some("release team")),
            ("ask @bo", Some("bo")),
            ("co-owner of the file", None),
            ("owner:", None),
        ] {
            assert_eq!(owner(text, text), owner_is, "{text}");
        }
    }

    #[test]
    fn a_day_of_its_own_lies_in_its_phase() {
        let week = Some(When::Days(Span { first: -7, last: -1 }));
        assert_eq!(own_when("За 5 дней: анонс", week), Some(When::Days(Span::day(-5))));
        assert_eq!(own_when("За 9 дней: анонс", week), None);
        assert_eq!(own_when("answers by T-3", week), Some(When::Days(Span::day(-3))));
        assert_eq!(own_when("answers by T-3", Some(When::Days(Span::day(0)))), None);
        assert_eq!(own_when("2 hours before: freeze", Some(When::Days(Span::day(0)))), Some(When::Hours(-2)));
    }
}
