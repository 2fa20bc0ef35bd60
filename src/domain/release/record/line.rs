//! One line of a record: `2026-12-03T15:00:00Z ana sign role=qa say=go commit=1a2b3c4 reason="all green" .`
//!
//! The time in UTC, who, what, then `name=value`; a value with anything but letters, digits and `@._+:/-` stands in quotes, with
//! `\"`, `\\` and `\n` for what they would break. A line ends in a dot of its own: what was cut short has none, and so is
//! never taken for an entry. Lines that start with `#` are for people. Names that are not known are passed over, so that an
//! older program reads what a newer one wrote.

use std::collections::BTreeMap;

use super::{Decided, Deed, Entry, Record, Say, Unread};
use crate::{
    domain::{
        release::{merge, plan::StepId},
        time::{parse_rfc3339, rfc3339},
    },
    text::Text,
};

/// What a new record begins with.
pub const HEADER: &str = "# watchfloor record 1: only appended to; a line is an entry and ends in a dot\n";

/// What stands before the number of a record's version.
const MARK: &str = "# watchfloor record ";

/// Why a record is not read at all: its head, or that of one it was merged with, names another version than this one. Names
/// that are not known are passed over; what a line means in another version nobody here knows.
pub fn foreign(bytes: &[u8]) -> Option<String> {
    let whole = String::from_utf8_lossy(bytes);
    let heads = whole.trim_start_matches('\u{feff}').lines().enumerate();
    heads.filter_map(|(nth, line)| Some((nth + 1, line.trim().strip_prefix(MARK)?))).find_map(|(line, rest)| {
        let version: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let is_other = !version.is_empty() && version.trim_start_matches('0') != "1";
        is_other.then(|| format!("line {line}: it is a record of version {version}, and this program reads version 1: take a newer watchfloor"))
    })
}

/// Writes an entry as a line, with its end of line.
pub fn write(entry: &Entry) -> String {
    let mut line = format!("{} {} {}", rfc3339(entry.at), value(entry.by.as_str()), verb(&entry.deed));
    let mut add = |name: &str, said: &str| line.push_str(&format!(" {name}={}", value(said)));
    match &entry.deed {
        Deed::Tick { step, text, .. } => {
            add("step", step.as_str());
            add("text", text.as_str());
        }
        Deed::SignOff { role, say } => {
            add("role", role.as_str());
            add("say", say.word());
        }
        Deed::Waiver { what } | Deed::Announced { what } => add("what", what.as_str()),
        Deed::Decision { what } => add("what", what.word()),
        Deed::FreezeException { freeze } => add("freeze", freeze.as_str()),
    }
    if let Some(commit) = &entry.commit {
        add("commit", commit.as_str());
    }
    if !entry.reason.is_blank() {
        add("reason", entry.reason.as_str());
    }
    line.push_str(" .\n");
    line
}

/// Reads a record. A line that cannot be read is told and the rest is read; so is a last line that was cut short.
pub fn read(bytes: &[u8]) -> Record {
    let (mut entries, mut unread) = (Vec::new(), Vec::new());
    let whole = String::from_utf8_lossy(bytes);
    for (nth, line) in whole.trim_start_matches('\u{feff}').split('\n').enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // Both sides of a merge may be entries, and one of them may be what somebody meant to throw away.
        if let Some(mark) = merge::mark_of(line) {
            unread.push(Unread { line: nth + 1, why: Text::scrub(&merge::words(mark)) });
            continue;
        }
        match entry(line) {
            Ok(entry) => entries.push(entry),
            Err(why) => unread.push(Unread { line: nth + 1, why: Text::scrub(&why) }),
        }
    }
    Record::new(entries, unread)
}

/// The line of the first mark of a merge that nobody settled, from 1, and the mark.
pub fn unmerged(bytes: &[u8]) -> Option<(usize, &'static str)> {
    let whole = String::from_utf8_lossy(bytes);
    whole.split('\n').enumerate().find_map(|(nth, line)| Some((nth + 1, merge::mark_of(line)?)))
}

fn entry(line: &str) -> Result<Entry, String> {
    let mut tokens = tokens(line)?;
    if tokens.pop().as_ref().is_none_or(|last| last.name.is_some() || last.said != ".") {
        return Err("it was cut short: an entry ends in a dot of its own".to_owned());
    }
    let mut tokens = tokens.into_iter();
    let mut bare = |what: &str| match tokens.next() {
        Some(Token { name: None, said }) if !said.is_empty() => Ok(said),
        _ => Err(format!("it does not say {what}")),
    };
    let (at, by, verb) = (bare("when")?, bare("who")?, bare("what was done")?);
    let at = parse_rfc3339(&at).ok_or_else(|| format!("`{at}` is no time"))?;
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    for token in tokens {
        let name = token.name.ok_or_else(|| format!("`{}` has no name: two lines stand on it", token.said))?;
        if named.contains_key(&name) {
            return Err(format!("it has `{name}=` twice: two lines stand on it"));
        }
        named.insert(name, token.said);
    }
    let text = |name: &str| named.get(name).map(|said| Text::scrub(said));
    Ok(Entry {
        at,
        by: Text::scrub(&by),
        deed: deed(&verb, &text)?,
        commit: text("commit").filter(|commit| !commit.is_blank()),
        reason: text("reason").unwrap_or_default(),
    })
}

fn deed(verb: &str, text: &impl Fn(&str) -> Option<Text>) -> Result<Deed, String> {
    let needed = |name: &str| text(name).filter(|said| !said.is_blank()).ok_or_else(|| format!("it has no `{name}=`"));
    Ok(match verb {
        "tick" | "untick" => Deed::Tick {
            step: StepId::new(needed("step")?.as_str()),
            text: text("text").unwrap_or_default(),
            is_done: verb == "tick",
        },
        "sign" => {
            let said = needed("say")?;
            let say = Say::parse(said.as_str()).ok_or_else(|| format!("`say={said}` is not go, veto or withdrawn"))?;
            Deed::SignOff { role: needed("role")?, say }
        }
        "waive" => Deed::Waiver { what: needed("what")? },
        "decide" => Deed::Decision { what: Decided::parse(&needed("what")?) },
        "announced" => Deed::Announced { what: needed("what")? },
        "except" => Deed::FreezeException { freeze: needed("freeze")? },
        other => return Err(format!("`{other}` is nothing that is put on record")),
    })
}

fn verb(deed: &Deed) -> &'static str {
    match deed {
        Deed::Tick { is_done: true, .. } => "tick",
        Deed::Tick { is_done: false, .. } => "untick",
        Deed::SignOff { .. } => "sign",
        Deed::Waiver { .. } => "waive",
        Deed::Decision { .. } => "decide",
        Deed::Announced { .. } => "announced",
        Deed::FreezeException { .. } => "except",
    }
}

impl Say {
    /// As a record writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Veto => "veto",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads what [`Say::word`] writes; `no-go` is a veto.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "go" => Some(Self::Go),
            "veto" | "no-go" => Some(Self::Veto),
            "withdrawn" => Some(Self::Withdrawn),
            _ => None,
        }
    }
}

impl Decided {
    /// As a record writes it.
    pub fn word(&self) -> &str {
        match self {
            Self::Go => "go",
            Self::NoGo => "no-go",
            Self::RollBack => "roll-back",
            Self::Stay => "stay",
            Self::Other(what) => what.as_str(),
        }
    }

    /// Reads what [`Decided::word`] writes, and what people write instead: `NO GO`, `rollback`.
    pub fn parse(what: &Text) -> Self {
        let bare: String = what.as_str().chars().filter(|c| c.is_alphanumeric()).collect();
        match bare.to_lowercase().as_str() {
            "go" => Self::Go,
            "nogo" => Self::NoGo,
            "rollback" => Self::RollBack,
            "stay" => Self::Stay,
            _ => Self::Other(what.clone()),
        }
    }
}

/// One word of a line.
struct Token {
    /// What stands before `=`.
    name: Option<String>,
    said: String,
}

fn tokens(line: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = line.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.peek().is_none() {
            return Ok(tokens);
        }
        let mut token = Token { name: None, said: String::new() };
        while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
            match c {
                '=' if token.name.is_none() => token.name = Some(std::mem::take(&mut token.said)),
                '"' if token.said.is_empty() => {
                    token.said = quoted(&mut chars)?;
                    break;
                }
                c => token.said.push(c),
            }
        }
        tokens.push(token);
    }
}

fn quoted(chars: &mut impl Iterator<Item = char>) -> Result<String, String> {
    const OPEN: &str = "it was cut short: a quotation does not end";
    let mut said = String::new();
    loop {
        match chars.next().ok_or(OPEN)? {
            '"' => return Ok(said),
            '\\' => said.push(match chars.next().ok_or(OPEN)? {
                'n' => '\n',
                other => other,
            }),
            c => said.push(c),
        }
    }
}

/// A value, in quotes where it must be.
fn value(said: &str) -> String {
    let is_bare = !said.is_empty()
        && said != "."
        && said
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '+' | ':' | '/' | '-' | '[' | ']'));
    if is_bare {
        return said.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in said.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(by: &str, deed: Deed, reason: &str) -> Entry {
        let at = parse_rfc3339("2026-12-03T15:00:00Z").unwrap();
        Entry { at, by: Text::scrub(by), deed, commit: Some(Text::scrub("1a2b3c4")), reason: Text::scrub(reason) }
    }

    #[test]
    fn a_line_reads_as_a_sentence() {
        let sign = Deed::SignOff { role: Text::scrub("qa"), say: Say::Go };
        assert_eq!(
            write(&entry("ana", sign, "all \"green\"")),
            "2026-12-03T15:00:00Z ana sign role=qa say=go commit=1a2b3c4 reason=\"all \\\"green\\\"\" .\n"
        );
    }

    #[test]
    fn what_cannot_be_read_is_named_and_the_rest_counts() {
        let text = format!(
            "{HEADER}2026-12-03T15:00:00Z ana waive what=lint reason=flake .\n\
             <<<<<<< HEAD\nyesterday bo waive what=lint .\n=======\n\
             2026-12-03T15:00:00Z bo dance .\n>>>>>>> other\n\
             2026-12-03T16:00:00Z cy sign role=qa say=go extra=1 .\r\n\
             2026-12-03T16:00:00Z cy sign role=qa say=maybe .\n2026-12-03T17:00:00Z dan sign role=qa say=go"
        );
        let record = read(text.as_bytes());
        let by: Vec<_> = record.entries().iter().map(|entry| entry.by.as_str()).collect();
        assert_eq!(by, ["ana", "cy"]);
        assert_eq!(record.unread().iter().map(|it| it.line).collect::<Vec<_>>(), [3, 4, 5, 6, 7, 9, 10]);
        assert_eq!(record.unread()[0].why.as_str(), "`<<<<<<<` is left of a merge: settle it first");
    }

    #[test]
    fn a_record_of_another_version_is_not_read() {
        for own in
            ["", HEADER, "# watchfloor record 1\r\n", "# watchfloor record of ours\n", "# watchfloor recorder 9\n"]
        {
            assert_eq!(foreign(own.as_bytes()), None, "{own}");
        }
        for other in ["# watchfloor record 9: x\n", "\u{feff}# watchfloor record 2\n", "# watchfloor record 10\n"] {
            let why = foreign(format!("{other}{HEADER}").as_bytes()).unwrap();
            assert!(why.starts_with("line 1: it is a record of version "), "{why}");
            assert!(
                foreign(format!("{HEADER}{other}").as_bytes()).is_some_and(|why| why.starts_with("line 2"))
                    || other.starts_with('\u{feff}')
            );
        }
    }

    #[test]
    fn a_no_is_a_no_however_it_is_written() {
        let parsed = |word: &str| Decided::parse(&Text::scrub(word));
        for word in ["no-go", "no go", "NO GO", "No-Go", "nogo", "no_go!"] {
            assert_eq!(parsed(word), Decided::NoGo, "{word}");
        }
        assert_eq!(
            [parsed("roll back"), parsed("Go"), parsed("STAY")],
            [Decided::RollBack, Decided::Go, Decided::Stay]
        );
        assert_eq!(parsed("no go yet"), Decided::Other(Text::scrub("no go yet")));
    }

    #[test]
    fn a_line_that_ran_into_another_or_was_cut_short_anywhere_counts_for_nothing() {
        let line = "2026-12-03T15:00:00Z ana sign role=qa say=go commit=1a2b3c4 reason=\"all green\" .";
        for cut in 1..line.len() {
            let found = read(line.get(..cut).unwrap().as_bytes());
            assert_eq!((found.entries().len(), found.unread().len()), (0, 1), "{cut}");
        }
        let other = "2026-12-03T16:00:00Z bo sign role=qa say=veto reason=\"not yet\" .";
        for cut in 1..line.len() {
            let found = read(format!("{}{other}\n", line.get(..cut).unwrap()).as_bytes());
            assert_eq!((found.entries().len(), found.unread().len()), (0, 1), "{cut}");
        }
    }

    #[test]
    fn the_last_word_of_each_person_counts_for_a_role() {
        let sign = |by: &str, say| entry(by, Deed::SignOff { role: Text::scrub("QA"), say }, "");
        let said = [sign("ana", Say::Veto), sign("bo", Say::Go), sign("Ana", Say::Go), sign("bo", Say::Withdrawn)];
        let record = Record::new(said.to_vec(), Vec::new());
        let says: Vec<_> = record.says("qa").iter().map(|(entry, say)| (entry.by.to_string(), *say)).collect();
        assert_eq!(says, [("Ana".to_owned(), Say::Go)]);
    }

    proptest! {
        #[test]
        fn an_entry_comes_back_as_it_was_written(by in "[^\\s]{1,12}", role in ".{1,20}", reason in ".{0,40}") {
            let written = entry(&by, Deed::SignOff { role: Text::scrub(&role), say: Say::Veto }, reason.trim());
            prop_assume!(!written.by.is_blank() && !written.by.as_str().starts_with('#'));
            prop_assume!(!written.by.as_str().contains(char::is_whitespace) && !Text::scrub(&role).is_blank());
            let record = read(write(&written).as_bytes());
            prop_assert_eq!(record.unread(), &[]);
            prop_assert_eq!(record.entries(), &[written]);
        }

        #[test]
        fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            read(&bytes);
        }
    }
}
