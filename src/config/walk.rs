//! A walk over a TOML document that keeps the line of everything it takes, and knows which keys nobody asked for.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{
    config::{
        problems::Report,
        secrets::{is_secret_name, quoted},
    },
    domain::trouble::nearest,
};

/// Something that stood in the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said<T> {
    /// What it says.
    pub(super) value: T,
    /// Its dotted key.
    pub(super) key: String,
    /// Its line, from 1.
    pub(super) line: usize,
}

impl<T> Said<T> {
    /// The same place, saying something else.
    pub(super) fn with<U>(&self, value: U) -> Said<U> {
        Said { value, key: self.key.clone(), line: self.line }
    }

    /// The last name of its key.
    pub(super) fn name(&self) -> &str {
        self.key.rsplit('.').next().unwrap_or(&self.key)
    }
}

/// What a key should hold, for the message when it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Text,
    Flag,
    Number,
    Texts,
    Item,
    Pairs,
    Table,
    Tables,
}

impl Wanted {
    fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::Texts => "a list of texts",
            Self::Item => "texts alone",
            Self::Pairs => "a table of texts",
            Self::Table => "a table",
            Self::Tables => "a list of tables",
        }
    }

    fn hint(self, key: &str) -> String {
        let table = without_places(key);
        let name = table.rsplit('.').next().unwrap_or(&table);
        match self {
            Self::Text | Self::Item => "put it in quotes".to_owned(),
            Self::Flag => "write true or false, without quotes".to_owned(),
            Self::Number => "write a number such as 250 or 0.5, without quotes".to_owned(),
            Self::Texts => format!("write a list such as {name} = [\"one\", \"two\"]"),
            Self::Pairs => format!("write a table such as {name} = {{ key = \"text\" }}"),
            Self::Table => format!("write [{table}] on a line of its own, and its keys below"),
            Self::Tables => format!("write [[{table}]], with two brackets on each side, once for each"),
        }
    }
}

/// One table of the document.
#[derive(Debug)]
pub(super) struct Table<'a> {
    path: String,
    entries: &'a DeTable<'a>,
    line: usize,
    /// Keys that were asked for: what is not among them at the end is unknown.
    asked: Vec<&'static str>,
    /// Keys that are known but have no meaning in this table as it stands.
    misplaced: Vec<&'static str>,
}

impl<'a> Table<'a> {
    /// The whole document.
    pub(super) fn root(entries: &'a DeTable<'a>) -> Self {
        Self { path: String::new(), entries, line: 1, asked: Vec::new(), misplaced: Vec::new() }
    }

    /// A place for a problem with the table as a whole.
    pub(super) fn place(&self) -> Said<()> {
        Said { value: (), key: self.path.clone(), line: self.line }
    }

    fn key(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Whatever stands at a key.
    pub(super) fn value(&mut self, name: &'static str, report: &Report) -> Option<Said<&'a DeValue<'a>>> {
        if !self.asked.contains(&name) {
            self.asked.push(name);
        }
        let found = self.entries.get(name)?;
        Some(Said { value: found.get_ref(), key: self.key(name), line: report.line_of(found.span().start) })
    }

    fn typed<T>(
        &mut self,
        name: &'static str,
        wanted: Wanted,
        report: &mut Report,
        read: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Option<Said<T>> {
        let said = self.value(name, report)?;
        let read = read(said.value);
        if read.is_none() {
            wrong_type(&said, wanted, report);
        }
        read.map(|value| said.with(value))
    }

    /// A text, as written.
    pub(super) fn text(&mut self, name: &'static str, report: &mut Report) -> Option<Said<&'a str>> {
        self.typed(name, Wanted::Text, report, DeValue::as_str)
    }

    /// A text with something in it, without white space around it.
    pub(super) fn filled(&mut self, name: &'static str, report: &mut Report) -> Option<Said<&'a str>> {
        let said = self.text(name, report)?;
        if said.value.trim().is_empty() {
            report.fault(&said, "is empty", "write something, or leave the key out");
            return None;
        }
        Some(said.with(said.value.trim()))
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, name: &'static str, report: &mut Report) -> Option<Said<bool>> {
        self.typed(name, Wanted::Flag, report, DeValue::as_bool)
    }

    /// A finite number, whole or not.
    pub(super) fn number(&mut self, name: &'static str, report: &mut Report) -> Option<Said<f64>> {
        let said = self.value(name, report)?;
        finite(&said, report).map(|value| said.with(value))
    }

    /// A list of texts, each with something in it and its own line.
    pub(super) fn texts(&mut self, name: &'static str, report: &mut Report) -> Option<Said<Vec<Said<&'a str>>>> {
        let list = self.typed(name, Wanted::Texts, report, DeValue::as_array)?;
        let mut texts = Vec::with_capacity(list.value.len());
        for item in list.value.iter() {
            let said = Said { value: item.get_ref(), key: list.key.clone(), line: report.line_of(item.span().start) };
            match said.value.as_str() {
                Some(text) if text.trim().is_empty() => {
                    report.fault(&said, "holds an empty text", "write something between the quotes, or take it out");
                }
                Some(text) => texts.push(said.with(text.trim())),
                None => wrong_type(&said, Wanted::Item, report),
            }
        }
        Some(list.with(texts))
    }

    /// As [`Table::texts`], where an empty list makes no sense; `hint` says what to do then.
    pub(super) fn some_texts(
        &mut self,
        name: &'static str,
        hint: &str,
        report: &mut Report,
    ) -> Option<Said<Vec<Said<&'a str>>>> {
        let is_empty = self.entries.get(name).and_then(|v| v.get_ref().as_array()).is_some_and(|list| list.is_empty());
        let list = self.texts(name, report)?;
        if is_empty {
            report.fault(&list, "is an empty list", hint);
        }
        (!list.value.is_empty()).then_some(list)
    }

    /// A table of texts with free keys: label matchers and the like.
    pub(super) fn pairs(&mut self, name: &'static str, report: &mut Report) -> Option<Said<Vec<(String, String)>>> {
        let table = self.typed(name, Wanted::Pairs, report, DeValue::as_table)?;
        let mut pairs = Vec::new();
        for (key, value) in table.value {
            let said = Said {
                value: value.get_ref(),
                key: format!("{}.{}", table.key, key.get_ref()),
                line: report.line_of(value.span().start),
            };
            match said.value.as_str() {
                Some(text) => pairs.push((key.get_ref().to_string(), text.to_owned())),
                None => wrong_type(&said, Wanted::Text, report),
            }
        }
        Some(table.with(pairs))
    }

    /// A table inside this one.
    pub(super) fn table(&mut self, name: &'static str, report: &mut Report) -> Option<Table<'a>> {
        let said = self.typed(name, Wanted::Table, report, DeValue::as_table)?;
        Some(Table { path: said.key, entries: said.value, line: said.line, asked: Vec::new(), misplaced: Vec::new() })
    }

    /// The tables inside a table whose keys are names that the file chooses, in the order of their lines.
    pub(super) fn named_tables(&mut self, name: &'static str, report: &mut Report) -> Vec<(Said<&'a str>, Table<'a>)> {
        let Some(outer) = self.typed(name, Wanted::Table, report, DeValue::as_table) else { return Vec::new() };
        let mut tables = Vec::new();
        for (key, value) in outer.value {
            let (called, path): (&str, _) = (key.get_ref(), format!("{}.{}", outer.key, key.get_ref()));
            let said = Said { value: called, key: path, line: report.line_of(key.span().start) };
            match value.get_ref().as_table() {
                Some(entries) => {
                    let (path, line) = (said.key.clone(), said.line);
                    tables.push((said, Table { path, entries, line, asked: Vec::new(), misplaced: Vec::new() }));
                }
                None => wrong_type(&said.with(value.get_ref()), Wanted::Table, report),
            }
        }
        tables.sort_by_key(|(said, _)| said.line);
        tables
    }

    /// Tables of the same name, in file order.
    pub(super) fn tables(&mut self, name: &'static str, report: &mut Report) -> Vec<Table<'a>> {
        let Some(list) = self.typed(name, Wanted::Tables, report, DeValue::as_array) else { return Vec::new() };
        let mut tables = Vec::with_capacity(list.value.len());
        for (place, item) in list.value.iter().enumerate() {
            let line = report.line_of(item.span().start);
            let said = Said { value: item.get_ref(), key: format!("{}[{}]", list.key, place + 1), line };
            match said.value.as_table() {
                Some(entries) => {
                    tables.push(Table { path: said.key, entries, line, asked: Vec::new(), misplaced: Vec::new() })
                }
                None => wrong_type(&said, Wanted::Table, report),
            }
        }
        tables
    }

    /// Reports a key that must be there and is not.
    pub(super) fn missing(&self, name: &str, hint: &str, report: &mut Report) {
        report.at(Some(self.line), &self.key(name), &format!("`{}` is missing", self.key(name)), hint);
    }

    /// Reports those of these keys that are there: they are known, but not with `why`.
    pub(super) fn misplaced(&mut self, names: &[&'static str], why: &str, hint: &str, report: &mut Report) {
        for name in names {
            self.misplaced.push(name);
            if let Some((key, _)) = self.entries.get_key_value(*name) {
                let what = format!("`{}` has no meaning {why}", self.key(name));
                report.at(Some(report.line_of(key.span().start)), &self.key(name), &what, hint);
            }
        }
    }

    /// Whether a key is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(self, report: &mut Report) {
        for (key, _) in self.entries {
            let name: &str = key.get_ref();
            // Secrets are reported once for the whole document, in words of their own.
            if self.asked.contains(&name) || self.misplaced.contains(&name) || is_secret_name(name) {
                continue;
            }
            let hint = match nearest(name, self.asked.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known here: {}", self.asked.join(", ")),
            };
            let what = format!("unknown key `{}`", self.key(name));
            report.at(Some(report.line_of(key.span().start)), &self.key(name), &what, &hint);
        }
    }
}

/// A finite number, whole or not, in any of TOML's ways to write one.
pub(super) fn finite(said: &Said<&DeValue<'_>>, report: &mut Report) -> Option<f64> {
    let number = match said.value {
        // More digits than i64 has would be a typing slip in every key there is.
        DeValue::Integer(whole) => i64::from_str_radix(whole.as_str(), whole.radix()).ok().map(|n| n as f64),
        DeValue::Float(float) => float.as_str().parse().ok().filter(|n: &f64| n.is_finite()),
        DeValue::String(_) | DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
            wrong_type(said, Wanted::Number, report);
            return None;
        }
    };
    if number.is_none() {
        report.fault(said, "is no number that can be compared", "write a finite number such as 250 or 0.5");
    }
    number
}

/// Reports a value of the wrong type. Its text is not shown, but for short plain ones.
pub(super) fn wrong_type(said: &Said<&DeValue<'_>>, wanted: Wanted, report: &mut Report) {
    let found = match said.value {
        DeValue::String(text) => format!("the text {}", quoted(text)),
        DeValue::Integer(_) | DeValue::Float(_) => "a number".to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(_) => "a date or a time".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    };
    let verb = if wanted == Wanted::Item { "holds" } else { "is" };
    report.fault(said, &format!("{verb} {found}, not {}", wanted.words()), &wanted.hint(&said.key));
}

/// A dotted key without the places in lists: `signal.labels` of `signal[2].labels`.
fn without_places(key: &str) -> String {
    let names = key.split('.').map(|name| name.split('[').next().unwrap_or(name));
    names.collect::<Vec<_>>().join(".")
}

/// The document of a file, or where it cannot be read as TOML.
pub(super) fn document<'a>(file: &'a str, report: &mut Report) -> Option<Spanned<DeTable<'a>>> {
    // One slip often brings a train of follow-up errors; these many are enough to start with.
    const SHOWN: usize = 8;
    let (document, errors) = DeTable::parse_recoverable(file);
    if errors.is_empty() {
        return Some(document);
    }
    let mut last_line = None;
    let mut shown = 0;
    for error in errors {
        let offset = error.span().map(|span| span.start);
        let line = offset.map(|offset| report.line_of(offset));
        if (line.is_some() && line == last_line) || shown == SHOWN {
            continue;
        }
        (last_line, shown) = (line, shown + 1);
        let column = offset.zip(line).and_then(|(offset, line)| file.get(report.start_of(line)..offset));
        let place = column.map(|before| format!(" (column {})", before.chars().count() + 1)).unwrap_or_default();
        // The parser's own display quotes the whole line, and a token may stand on it; its message does not.
        let what = format!("not readable as TOML{place}: {}", error.message());
        report.at(line, "", &what, syntax_hint(error.message()));
    }
    None
}

fn syntax_hint(message: &str) -> &'static str {
    if message.contains("duplicate") {
        "a key stands once in its table; lists of tables have two brackets, such as [[source]]"
    } else if message.contains("date") || message.contains("time") {
        "days look like 2026-11-22 and hours like 10:00:00; in quotes, 10:00 will do"
    } else if message.contains("quote") || message.contains("string") || message.contains("literal") {
        "text stands in quotes: name = \"value\""
    } else if message.contains("bracket") || message.contains(']') || message.contains("array") {
        "close every [ with ]; lists look like [\"one\", \"two\"]"
    } else {
        "each line is key = value, [table], [[table]] or a # comment"
    }
}
