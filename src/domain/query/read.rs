//! From what was typed to terms and faults.

use super::{
    Fault, Query,
    order::{By, Group, Sort},
    pattern::Pattern,
    span::{self, Side},
    term::{CLOCKS, ClockIs, GRADES, KINDS, KeyIs, Name, NameField, STATES, Term, Test},
    word::{Sign, Word, cut, text, words},
};
use crate::{
    domain::{key::numbered, trouble::nearest},
    text::Text,
};

/// The names of the fields, first the one that is shown of those that mean the same.
pub(super) const FIELDS: &[(&str, Field)] = &[
    ("is", Field::Is),
    ("priority", Field::Priority),
    ("repo", Field::Name(NameField::Repo)),
    ("owner", Field::Name(NameField::Owner)),
    ("label", Field::Name(NameField::Label)),
    ("breach", Field::Breach),
    ("age", Field::Age),
    ("updated", Field::Updated),
    ("response", Field::Response),
    ("fix", Field::Fix),
    ("author", Field::Name(NameField::Author)),
    ("reviewer", Field::Name(NameField::Reviewer)),
    ("milestone", Field::Name(NameField::Milestone)),
    ("kind", Field::Kind),
    ("key", Field::Key),
    ("comments", Field::Comments),
    ("rule", Field::Name(NameField::Rule)),
    ("source", Field::Name(NameField::Source)),
    ("host", Field::Name(NameField::Host)),
    ("sort", Field::Sort),
    ("group", Field::Group),
    ("p", Field::Priority),
    ("repository", Field::Name(NameField::Repo)),
    ("assignee", Field::Name(NameField::Owner)),
    ("number", Field::Key),
];

/// A field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Is,
    Priority,
    Kind,
    Key,
    Name(NameField),
    Breach,
    Response,
    Fix,
    Age,
    Updated,
    Comments,
    Sort,
    Group,
}

/// Why a value could not be taken: what to write instead.
type Hint = String;

const LENGTHS: &str = "write < or > and a length such as 30m, 2h, 3d or 1w";

/// Reads a whole query.
pub(super) fn read(typed: &str) -> Query {
    let mut query = Query::default();
    for word in words(typed) {
        if word.is_open {
            query.fault(&word, true, "the quote is not closed".to_owned(), "put \" behind it".to_owned());
        }
        term(&mut query, &word);
    }
    query.note_states();
    query
}

fn term(query: &mut Query, word: &Word) {
    let is_sign = |sign: &Sign| !sign.is_quoted && matches!(sign.char, '-' | '!');
    let (is_negated, signs) = match word.signs.split_first() {
        Some((first, rest)) if is_sign(first) => (true, rest),
        _ => (false, word.signs.as_slice()),
    };
    let colon = signs.iter().position(|sign| !sign.is_quoted && sign.char == ':');
    let Some((name, value)) = colon.and_then(|at| Some((signs.get(..at)?, signs.get(at + 1..)?))) else {
        if !signs.is_empty() {
            let test = Test::Word(text(signs).to_lowercase());
            query.terms.push(Term { is_negated, test });
        }
        return;
    };
    let name = text(name);
    let Some((_, field)) = FIELDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name)) else {
        let hint = match nearest(&name, FIELDS.iter().map(|(known, _)| *known)) {
            Some(known) => format!("did you mean {known}:?"),
            None => "in quotes it is text".to_owned(),
        };
        query.fault(word, false, format!("no field {}", shown(&name)), hint);
        // Text with a colon in it is more often meant than a slip, and a slip is marked.
        query.terms.push(Term { is_negated, test: Test::Word(text(signs).to_lowercase()) });
        return;
    };
    let (mut given, mut is_empty) = (Values::default(), true);
    let alone = cut(value, ',').count() == 1;
    for value in cut(value, ',') {
        if value.is_empty() && !(word.has_quotes && alone) {
            continue;
        }
        is_empty = false;
        if let Err(hint) = given.add(*field, value) {
            let what = format!("{name}: cannot be {}", shown(&text(value)));
            query.fault(word, false, what, hint);
        }
    }
    if is_empty {
        query.fault(word, true, format!("{name}: has no value yet"), format!("write one, as in {}", example(*field)));
    }
    match *field {
        Field::Sort | Field::Group if is_negated => {
            let what = format!("{name}: cannot be turned round by the sign before it");
            query.fault(word, false, what, "for the other way round write sort:-age".to_owned());
        }
        Field::Sort => query.sort = given.sort.or(query.sort),
        Field::Group => query.group = given.group.or(query.group),
        field => query.terms.extend(given.tests(field).into_iter().map(|test| Term { is_negated, test })),
    }
}

/// The values of one term.
#[derive(Default)]
struct Values {
    states: Vec<super::term::State>,
    grades: Vec<crate::domain::priority::Grade>,
    kinds: Vec<crate::domain::incident::Kind>,
    keys: Vec<KeyIs>,
    names: Vec<Name>,
    clocks: Vec<ClockIs>,
    /// Of fields that take one.
    single: Option<Test>,
    sort: Option<Sort>,
    group: Option<Group>,
}

impl Values {
    fn add(&mut self, field: Field, value: &[Sign]) -> Result<(), Hint> {
        let written = text(value);
        match field {
            Field::Is => self.states.push(choose(STATES, &written)?),
            Field::Priority => self.grades.push(choose(GRADES, &written)?),
            Field::Kind => self.kinds.push(choose(KINDS, &written)?),
            Field::Key => self.keys.push(key(value)?),
            Field::Name(field) => self.names.push(name(field, value)),
            Field::Breach | Field::Response | Field::Fix => self.clocks.push(clock(&written)?),
            Field::Age | Field::Updated => {
                let (side, length) = bound(&written).ok_or_else(|| LENGTHS.to_owned())?;
                let test = if field == Field::Age { Test::Age } else { Test::Updated };
                self.one(test(side, length))?;
            }
            Field::Comments => {
                let (side, rest) = Side::split(&written).map_or((None, written.as_str()), |(s, rest)| (Some(s), rest));
                let is_number = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
                let n = rest.parse().ok().filter(|_| is_number).ok_or("write a number, as in comments:>10")?;
                self.one(Test::Comments(side, n))?;
            }
            Field::Sort => {
                self.sort = Some(Sort::parse(&written).ok_or_else(|| one_of(By::WORDS, &written))?);
            }
            Field::Group => self.group = Some(choose(Group::WORDS, &written)?),
        }
        Ok(())
    }

    fn one(&mut self, test: Test) -> Result<(), Hint> {
        if self.single.is_some() {
            return Err("one value is enough: write the field twice for both ends".to_owned());
        }
        self.single = Some(test);
        Ok(())
    }

    fn tests(self, field: Field) -> Option<Test> {
        fn some<T>(values: Vec<T>, test: impl FnOnce(Vec<T>) -> Test) -> Option<Test> {
            (!values.is_empty()).then(|| test(values))
        }
        match field {
            Field::Is => some(self.states, Test::Is),
            Field::Priority => some(self.grades, Test::Grade),
            Field::Kind => some(self.kinds, Test::Kind),
            Field::Key => some(self.keys, Test::Key),
            Field::Name(field) => some(self.names, |names| Test::Named(field, names)),
            Field::Breach => some(self.clocks, Test::Breach),
            Field::Response => some(self.clocks, Test::Response),
            Field::Fix => some(self.clocks, Test::Fix),
            Field::Age | Field::Updated | Field::Comments => self.single,
            Field::Sort | Field::Group => None,
        }
    }
}

fn choose<T: Copy>(words: &[(&str, T)], written: &str) -> Result<T, Hint> {
    let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(written));
    found.map(|(_, meaning)| *meaning).ok_or_else(|| one_of(words, written))
}

fn one_of<T>(words: &[(&str, T)], written: &str) -> Hint {
    // Of one letter everything short is a slip; with the sign of an order before it, it is still one.
    let n_letters = written.trim_start_matches('-').chars().count();
    let near = nearest(written, words.iter().map(|(word, _)| *word)).filter(|_| 1 < n_letters);
    match near {
        Some(word) => format!("did you mean {word}?"),
        None => format!("write one of {}", words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")),
    }
}

fn name(field: NameField, value: &[Sign]) -> Name {
    let is_bare = value.iter().all(|sign| !sign.is_quoted) && !value.is_empty();
    let written = text(value);
    let nothing: &[&str] = match field {
        NameField::Repo | NameField::Host | NameField::Source => &[],
        NameField::Owner | NameField::Author | NameField::Reviewer => &["none", "nobody"],
        NameField::Label | NameField::Milestone | NameField::Rule => &["none"],
    };
    if is_bare && field.is_of_people() && written.eq_ignore_ascii_case("@me") {
        return Name::Me;
    }
    if is_bare && nothing.iter().any(|word| word.eq_ignore_ascii_case(&written)) {
        return Name::Nothing;
    }
    let has_quotes = !is_bare;
    match Pattern::read(value, has_quotes) {
        // With its owner a repository is named whole: acme/api is not acme/api-docs.
        Pattern::Part(part) if field == NameField::Repo && part.contains('/') => Name::Fits(Pattern::Whole(part)),
        pattern => Name::Fits(pattern),
    }
}

fn clock(written: &str) -> Result<ClockIs, Hint> {
    if let Some((side, length)) = bound(written) {
        return Ok(ClockIs::Left(side, length));
    }
    if written.starts_with(['<', '>']) || written.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(LENGTHS.to_owned());
    }
    choose(CLOCKS, written).map_err(|hint| format!("{hint}; or {LENGTHS}"))
}

fn bound(written: &str) -> Option<(Side, chrono::TimeDelta)> {
    let (side, rest) = Side::split(written)?;
    Some((side, span::length(rest)?))
}

fn key(value: &[Sign]) -> Result<KeyIs, Hint> {
    let hash = value.iter().rposition(|sign| sign.char == '#');
    let (repo, number) = match hash {
        Some(at) => (value.get(..at).unwrap_or_default(), value.get(at + 1..).unwrap_or_default()),
        None => (&[] as &[Sign], value),
    };
    let number = text(number);
    let found = (!number.is_empty()).then(|| numbered(&number)).flatten();
    let (numbering, number) = found.ok_or("write a number such as 812, or a key such as api#812")?;
    let repo = (!repo.is_empty()).then(|| Pattern::read(repo, true));
    Ok(KeyIs { repo, numbering, number })
}

/// A use of a field.
fn example(field: Field) -> &'static str {
    match field {
        Field::Is => "is:over",
        Field::Priority => "priority:P0,P1",
        Field::Kind => "kind:pr",
        Field::Key => "key:api#812",
        Field::Name(NameField::Repo) => "repo:acme/*",
        Field::Name(NameField::Owner) => "owner:@me",
        Field::Name(NameField::Author) => "author:ana",
        Field::Name(NameField::Reviewer) => "reviewer:@me",
        Field::Name(NameField::Label) => "label:\"good first issue\"",
        Field::Name(NameField::Milestone) => "milestone:4.9",
        Field::Name(NameField::Host) => "host:github.com",
        Field::Name(NameField::Source) => "source:github",
        Field::Name(NameField::Rule) => "rule:reviews",
        Field::Breach => "breach:<2h",
        Field::Response => "response:over",
        Field::Fix => "fix:paused",
        Field::Age => "age:>3d",
        Field::Updated => "updated:<1d",
        Field::Comments => "comments:>10",
        Field::Sort => "sort:age",
        Field::Group => "group:label",
    }
}

fn shown(written: &str) -> String {
    format!("\"{}\"", crate::text::clip(Text::scrub(written).as_str(), 40))
}

impl Query {
    fn fault(&mut self, word: &Word, is_unfinished: bool, what: String, hint: String) {
        self.faults.push(Fault {
            from: word.from,
            to: word.to,
            what: Text::scrub(&what),
            hint: Text::scrub(&hint),
            is_unfinished,
        });
    }
}
