//! The record of what people did that no host keeps: one line an entry, only ever added to, readable as Markdown.
//!
//! ```text
//! - 2026-11-20T08:40:00Z done "weekly triage" for 2026-11-20 by ana.k: minutes are in the wiki
//! - 2026-11-21T07:02:00Z reset "thirty calm days" by ben.i: the nightly job was not run
//! ```
//!
//! Lines that do not begin with `- ` and a digit are prose and stay as they are. Two people who add lines at once merge
//! without a conflict where the file is merged by `union`.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    domain::{
        release::merge,
        time::{parse_rfc3339, rfc3339},
        trouble::Skipped,
    },
    text::Text,
};

/// What an entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// A duty was done.
    Done,
    /// It was not, after all.
    Undone,
    /// Watchfloor saw a duty's evidence.
    Seen,
    /// Watchfloor saw that a criterion for taking a release back was met.
    Met,
    /// Watchfloor saw that a file changed that must not: the note is the file.
    Changed,
    /// Watchfloor looked at the files that must not change, and what they were: the note.
    Looked,
    /// A burn-in begins anew.
    Reset,
    /// A day of a burn-in counts although it was broken.
    Allowed,
}

impl Act {
    /// Each with its word.
    pub const WORDS: [(&'static str, Self); 8] = [
        ("done", Self::Done),
        ("undone", Self::Undone),
        ("seen", Self::Seen),
        ("met", Self::Met),
        ("changed", Self::Changed),
        ("looked", Self::Looked),
        ("reset", Self::Reset),
        ("allowed", Self::Allowed),
    ];

    /// Whether watchfloor itself says it, of what it saw: such lines stand in the state folder.
    pub fn is_own(self) -> bool {
        matches!(self, Self::Seen | Self::Met | Self::Changed | Self::Looked)
    }

    /// What came of it, for whoever did it.
    pub fn said(self) -> &'static str {
        match self {
            Self::Done => "done, and on record",
            Self::Undone => "not done after all; that is on record",
            Self::Seen => "seen",
            Self::Met => "met",
            Self::Changed => "changed",
            Self::Looked => "looked at",
            Self::Reset => "begins anew; that is on record",
            Self::Allowed => "that day counts; the reason is on record",
        }
    }

    /// Its word in the file.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, act)| *act == self).map_or("", |(word, _)| word)
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was so.
    pub at: DateTime<Utc>,
    /// What it says.
    pub act: Act,
    /// Of what: the duty's or the burn-in's name.
    pub name: Text,
    /// Of which day's turn, by the duty's own calendar.
    pub day: Option<NaiveDate>,
    /// Who says so; nothing = watchfloor itself.
    pub by: Option<Text>,
    /// The reason or a note; may be blank.
    pub note: Text,
}

impl Entry {
    /// The entry as its line, without the line's end.
    pub fn line(&self) -> String {
        let name = self.name.as_str().replace('\\', "\\\\").replace('"', "\\\"");
        let mut line = format!("- {} {} \"{name}\"", rfc3339(self.at), self.act.word());
        // Writing to a text cannot fail.
        if let Some(day) = self.day {
            let _ = write!(line, " for {day}");
        }
        if let Some(by) = &self.by {
            let _ = write!(line, " by {}", by.as_str().replace([' ', ':'], "_"));
        }
        if !self.note.is_blank() {
            let _ = write!(line, ": {}", self.note.as_str().trim());
        }
        line
    }
}

/// The entries of a record in the order of their time, and the lines that look like one and are none: these count for
/// nothing.
///
/// A last line without its end is none: it was cut short, and what is left of it may say something else.
pub fn read(file: &str) -> (Vec<Entry>, Vec<Skipped>) {
    let (mut entries, mut skipped) = (Vec::new(), Vec::new());
    let mut inside = None;
    let file = file.strip_prefix('\u{feff}').unwrap_or(file);
    for (n, line) in file.split_inclusive('\n').enumerate() {
        let is_entry = line.strip_prefix("- ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let is_moved = !is_entry && is_moved(line);
        let is_hole = line.contains('\0');
        let mark = merge::mark_of(line.trim_end()).filter(|mark| ["<<<<<<<", ">>>>>>>"].contains(mark));
        if !is_entry && !is_moved && !is_hole && mark.is_none() {
            inside = block(inside, line);
            continue;
        }
        let read = match line.strip_suffix('\n') {
            _ if mark.is_some() => Err("it is left of a merge: settle it first"),
            _ if is_hole => Err("it has bytes that were never written"),
            _ if inside.is_some() => {
                Err("it stands in a comment or in a block of code, or behind one that does not end")
            }
            _ if is_moved => Err("it does not begin with `- ` at the start of its line"),
            Some(line) => entry(line),
            None => Err("it does not end: it was cut short, or wants an end of line"),
        };
        match read {
            Ok(entry) => entries.push(entry),
            Err(why) => skipped
                .push(Skipped { at: Text::scrub(&format!("line {}", n.saturating_add(1))), why: Text::scrub(why) }),
        }
    }
    // Of two entries of one second the later line counts.
    entries.sort_by_key(|entry: &Entry| entry.at);
    (entries, skipped)
}

/// Whether a line is an entry but for its beginning: it is indented, or has another sign of a list.
fn is_moved(line: &str) -> bool {
    let line = line.trim_start();
    let rest = ["- ", "* ", "+ "].iter().find_map(|sign| line.strip_prefix(sign));
    let mut words = rest.unwrap_or_default().split_whitespace();
    words.next().is_some_and(|at| parse_rfc3339(at).is_some())
        && words.next().is_some_and(|word| Act::WORDS.iter().any(|(known, _)| *known == word))
}

/// What ends the block of code or the comment that goes on behind a line of prose; nothing where none does.
fn block(inside: Option<&'static str>, line: &str) -> Option<&'static str> {
    let line = line.trim();
    match inside {
        Some("-->") => (!line.contains("-->")).then_some("-->"),
        Some(fence) => (!line.starts_with(fence)).then_some(fence),
        None if line.starts_with("```") => (!line.trim_start_matches('`').contains('`')).then_some("```"),
        None if line.starts_with("~~~") => Some("~~~"),
        None => line.rfind("<!--").filter(|at| !line.get(*at..).unwrap_or_default().contains("-->")).map(|_| "-->"),
    }
}

fn entry(line: &str) -> Result<Entry, &'static str> {
    let rest = line.strip_prefix("- ").unwrap_or(line).trim_end();
    let (at, rest) = rest.split_once(' ').ok_or("it has an instant and nothing behind it")?;
    let at = parse_rfc3339(at).ok_or("it does not begin with an instant such as 2026-11-20T08:40:00Z")?;
    let (word, rest) = rest.split_once(' ').ok_or("it does not say of what")?;
    let act = Act::WORDS.iter().find(|(known, _)| *known == word).map(|(_, act)| *act);
    let act = act.ok_or("its second word is none of done, undone, seen, met, changed, looked, reset, allowed")?;
    let (name, mut rest) = quoted(rest).ok_or("its name does not stand in quotes")?;
    let mut day = None;
    if let Some(more) = rest.strip_prefix(" for ") {
        let (written, behind) = more.split_at(more.find([' ', ':']).unwrap_or(more.len()));
        day = Some(day_of(written).ok_or("its day is none of the calendar, as 2026-11-20")?);
        rest = behind;
    }
    let mut by = None;
    if let Some(more) = rest.strip_prefix(" by ") {
        let (written, behind) = more.split_at(more.find([' ', ':']).unwrap_or(more.len()));
        by = Some(Text::scrub(written)).filter(|by| !by.is_blank());
        rest = behind;
    }
    let note = match rest.trim() {
        "" => Text::default(),
        rest => Text::scrub(rest.strip_prefix(':').ok_or("its note does not stand behind a colon")?.trim()),
    };
    if day.is_none() && !matches!(act, Act::Reset | Act::Met) {
        return Err("it does not say for which day");
    }
    if by.is_none() && !act.is_own() {
        return Err("it does not say by whom");
    }
    if note.is_blank() && matches!(act, Act::Reset | Act::Allowed) {
        return Err("it does not say why");
    }
    if holds_another(note.as_str()) {
        return Err("two entries stand on it");
    }
    Ok(Entry { at, act, name, day, by, note })
}

/// A day as it is written here, in full: a digit that was lost makes no other day of it.
fn day_of(written: &str) -> Option<NaiveDate> {
    let is_whole = written.len() == 10
        && written
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    NaiveDate::parse_from_str(written, "%Y-%m-%d").ok().filter(|_| is_whole)
}

/// Whether an entry begins inside a note: the line before it had lost its end.
fn holds_another(note: &str) -> bool {
    note.match_indices("- ").any(|(at, _)| {
        let mut words = note.get(at..).unwrap_or_default().split(' ').skip(1);
        words.next().is_some_and(|at| parse_rfc3339(at).is_some())
            && words.next().is_some_and(|word| Act::WORDS.iter().any(|(known, _)| *known == word))
    })
}

/// A name in quotes at the beginning, and what stands behind it.
fn quoted(rest: &str) -> Option<(Text, &str)> {
    let inside = rest.strip_prefix('"')?;
    let (mut name, mut is_escaped) = (String::new(), false);
    for (at, c) in inside.char_indices() {
        match c {
            '\\' if !is_escaped => is_escaped = true,
            '"' if !is_escaped => return Some((Text::scrub(&name), inside.get(at.saturating_add(1)..)?)),
            c => {
                name.push(c);
                is_escaped = false;
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(line: &str) -> Result<Entry, String> {
        let (mut entries, mut skipped) = read(&format!("{line}\n"));
        entries.pop().ok_or_else(|| skipped.pop().map(|s| s.why.to_string()).unwrap_or_default())
    }

    #[test]
    fn an_entry_reads_as_it_is_written() {
        let line = "- 2026-11-20T08:40:00Z done \"weekly triage\" for 2026-11-20 by ana.k: minutes: in the wiki";
        let entry = of(line).unwrap();
        assert_eq!(
            (entry.act, entry.name.as_str(), entry.note.as_str()),
            (Act::Done, "weekly triage", "minutes: in the wiki")
        );
        assert_eq!(entry.line(), line);
        let reset = "- 2026-11-21T07:02:00Z reset \"a \\\"quiet\\\" month\" by ben.i: the job was not run";
        assert_eq!(of(reset).unwrap().line(), reset);
        assert_eq!(of(reset).unwrap().name.as_str(), "a \"quiet\" month");
    }

    #[test]
    fn prose_is_left_alone_and_a_broken_entry_is_named_with_its_line() {
        let (entries, skipped) = read("# Record\n\n- a note\n- 2026-11-20T08:40:00Z done \"x\"\n- 2026-13 done\n");
        assert_eq!((entries.len(), skipped.len()), (0, 2));
        assert_eq!(skipped[0].at.as_str(), "line 4");
        assert_eq!(skipped[0].why.as_str(), "it does not say for which day");
    }

    #[test]
    fn what_was_torn_or_says_too_little_counts_for_nothing_and_is_said() {
        let whole = "- 2026-11-20T08:40:00Z done \"x\" for 2026-11-20 by ana.k";
        assert!(of(whole).is_ok());
        for (line, why) in [
            ("- 2026-11-20T08:40:00Z done \"x\" for 2026-11-2 by ana.k", "its day is none of the calendar"),
            ("- 2026-11-20T08:40:00Z done \"x\" for +2026-11-2 by ana.k", "its day is none of the calendar"),
            ("- 2026-11-20T08:40:00Z done \"x\" for 2026-11-20", "by whom"),
            ("- 2026-11-20T08:40:00Z undone \"x\" for 2026-11-20 by ", "behind a colon"),
            ("- 2026-11-20T08:40:00Z reset \"x\" by ana.k", "why"),
            ("- 2026-11-20T08:40:00Z allowed \"x\" for 2026-11-20 by ana.k: ", "why"),
            ("\0\0\0\0", "never written"),
            (
                "- 2026-11-20T08:40:00Z done \"x\" for 2026-11-20 by ana.k: min- 2026-11-21T08:40:00Z done \"x\" for 2026-11-21 by b",
                "two entries",
            ),
        ] {
            let said = of(line).unwrap_err();
            assert!(said.contains(why), "{line}: {said}");
        }
        let (entries, skipped) = read(&format!("{whole}\n{whole}"));
        assert_eq!((entries.len(), skipped.len(), skipped[0].at.as_str()), (1, 1, "line 2"));
    }

    #[test]
    fn an_entry_that_is_shown_and_not_said_counts_for_nothing_and_is_named() {
        let whole = "- 2026-11-20T08:40:00Z done \"x\" for 2026-11-20 by ana.k";
        let bare = whole.trim_start_matches("- ");
        let n = |file: &str| {
            let (entries, skipped) = read(file);
            (entries.len(), skipped.len())
        };
        assert_eq!(n(&format!("\u{feff}{whole}\n")), (1, 0), "a mark of UTF-8 is no part of its line");
        for other in [format!("* {bare}\n"), format!("+ {bare}\n"), format!("  {whole}\n"), format!("\t{whole}\n")] {
            assert_eq!(n(&other), (0, 1), "{other}");
        }
        for (open, close) in [("```text", "```"), ("~~~", "~~~"), ("<!-- as in", "-->")] {
            assert_eq!(n(&format!("{open}\n{whole}\n{close}\n{whole}\n")), (1, 1), "{open}");
            assert_eq!(n(&format!("{open}\n{whole}\n")), (0, 1), "{open}");
        }
        assert_eq!(n(&format!("<!-- one --> `a` ```b```\n{whole}\n- a note\n* 2026 was good\n")), (1, 0));
    }

    #[test]
    fn entries_stand_in_the_order_of_time_whatever_a_merge_made_of_the_lines() {
        let later = "- 2026-11-21T08:40:00Z undone \"x\" for 2026-11-20 by a";
        let sooner = "- 2026-11-20T08:40:00Z done \"x\" for 2026-11-20 by a";
        let (entries, _) = read(&format!("{later}\n{sooner}\n"));
        assert_eq!(entries.iter().map(Entry::line).collect::<Vec<_>>(), [sooner, later]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(name in ".{1,20}", note in ".{0,30}", by in "[a-z.]{1,8}", seconds in 0_i64..4_000_000_000) {
            let name = Text::scrub(&name);
            let note = Text::scrub(Text::scrub(&note).as_str().trim());
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            let day = Some(at.date_naive());
            let entry = Entry { at, act: Act::Done, name, day, by: Some(Text::scrub(&by)), note };
            let (entries, skipped) = read(&format!("{}\n", entry.line()));
            prop_assert_eq!(skipped.len(), 0);
            prop_assert_eq!(entries, vec![entry]);
        }

        #[test]
        fn a_line_that_was_cut_short_is_said_and_never_another_entry(cut in 3_usize..75, is_ended in any::<bool>()) {
            let line = "- 2026-11-20T08:40:00Z done \"weekly triage\" for 2026-11-20 by ana.k: in the wiki";
            let rest = line.get(..cut).unwrap();
            let (entries, skipped) = read(&format!("{rest}{}", if is_ended { "\n" } else { "" }));
            prop_assert_eq!(entries.len() + skipped.len(), 1, "{}", rest);
            // With an end of line somebody gave it, it is whole from the person on.
            prop_assert_eq!(entries.len(), usize::from(is_ended && line.find(" by a").unwrap() + 5 <= cut));
            prop_assert!(entries.iter().all(|entry| entry.day == NaiveDate::from_ymd_opt(2026, 11, 20)));
        }

        #[test]
        fn no_text_panics(text in "(?s)(- [0-9TZ:-]{0,20} ?(done|reset)? ?.{0,40}\n){0,4}") {
            let _ = read(&text);
        }
    }
}
