//! Where text goes in and comes out.

use std::ops::Range;

use toml_edit::{ArrayOfTables, Document, Item, Table, TableLike, Value};

use super::EditError;

/// The keys of an override with their values.
type Keys = [(&'static str, String)];

const ODD: EditError = EditError::Shape("the file is written in a way that is not edited here; change it by hand");

/// The file with an override more, last of the seat's.
pub(super) fn insert(file: &str, document: &Document<&str>, seat: usize, keys: &Keys) -> Result<String, EditError> {
    let schedule = schedule(document, seat)?;
    match schedule.get("override") {
        Some(Item::Value(Value::Array(items))) => insert_item(file, items, keys),
        Some(Item::ArrayOfTables(_)) | None => match table(document, seat) {
            Some(table) => insert_table(file, table, keys),
            None => Err(EditError::Shape(
                "this seat is written as one line of { }; give it override = [] first, or write it as [[schedule]]",
            )),
        },
        Some(_) => Err(ODD),
    }
}

/// The file without the `nth` override of the seat.
pub(super) fn remove(file: &str, document: &Document<&str>, seat: usize, nth: usize) -> Result<String, EditError> {
    match schedule(document, seat)?.get("override") {
        Some(Item::Value(Value::Array(items))) => remove_item(file, items, nth),
        Some(Item::ArrayOfTables(tables)) => remove_table(file, tables, nth),
        Some(_) | None => Err(ODD),
    }
}

fn schedule<'d>(document: &'d Document<&str>, seat: usize) -> Result<&'d dyn TableLike, EditError> {
    match document.as_table().get("schedule") {
        Some(Item::ArrayOfTables(tables)) => tables.get(seat).map(|t| t as &dyn TableLike).ok_or(ODD),
        Some(Item::Value(Value::Array(items))) => match items.get(seat) {
            Some(Value::InlineTable(table)) => Ok(table),
            Some(_) | None => Err(ODD),
        },
        Some(_) | None => Err(ODD),
    }
}

/// The seat as a table with a header of its own.
fn table<'d>(document: &'d Document<&str>, seat: usize) -> Option<&'d Table> {
    document.as_table().get("schedule")?.as_array_of_tables()?.get(seat)
}

/// After the last line that belongs to the seat, and after comments that hang on it.
fn insert_table(file: &str, seat: &Table, keys: &Keys) -> Result<String, EditError> {
    let last = last_table(seat);
    let header = last.span().ok_or(ODD)?;
    let indent = indent_of(file, header.start);
    let (at, has_end) = end_of_line(file, end_of(seat).ok_or(ODD)?);
    let (at, has_end) = after_comments(file, at, has_end);
    let eol = line_end(file);
    let mut block = String::new();
    // A table stands off from what is before it, in a file whose tables do.
    let is_tight = file.get(at..).is_some_and(|rest| rest.lines().next().is_some_and(|line| !line.trim().is_empty()));
    if !has_end {
        block.push_str(eol);
    }
    if !is_tight {
        block.push_str(eol);
    }
    block.push_str(indent);
    block.push_str("[[schedule.override]]");
    for (key, value) in keys {
        block.push_str(&format!("{eol}{indent}{key} = {value}"));
    }
    if has_end {
        block.push_str(eol);
    }
    Ok(spliced(file, at..at, &block))
}

/// From the start of the header's line to the end of the last value's; the blank line before goes as well.
fn remove_table(file: &str, tables: &ArrayOfTables, nth: usize) -> Result<String, EditError> {
    let table = tables.get(nth).ok_or(ODD)?;
    let header = table.span().ok_or(ODD)?;
    let mut start = header.start.saturating_sub(indent_of(file, header.start).len());
    let (end, has_end) = end_of_line(file, end_of(table).ok_or(ODD)?);
    start = before_blank_line(file, start);
    if !has_end {
        // The last line of the file had no end; so has the one that is last now.
        start = before_line_end(file, start);
    }
    Ok(spliced(file, start..end, ""))
}

/// After the last item: on a line of its own where that one has one.
fn insert_item(file: &str, items: &toml_edit::Array, keys: &Keys) -> Result<String, EditError> {
    let pairs: Vec<String> = keys.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    let item = format!("{{ {} }}", pairs.join(", "));
    let list = items.span().ok_or(ODD)?;
    let Some(last) = items.iter().last() else {
        return Ok(spliced(file, list.start + 1..list.start + 1, &item));
    };
    let last = last.span().ok_or(ODD)?;
    let inside = list.end.saturating_sub(1);
    let own_line = own_line(file, last.start);
    let lead = match own_line {
        Some(indent) => format!("{}{indent}", line_end(file)),
        None => " ".to_owned(),
    };
    match comma(file, last.end..inside) {
        Some(comma) => {
            let at = if own_line.is_some() { rest_of_line(file, comma + 1, inside) } else { comma + 1 };
            Ok(spliced(file, at..at, &format!("{lead}{item},")))
        }
        None => {
            let at = if own_line.is_some() { rest_of_line(file, last.end, inside) } else { last.end };
            let with_item = spliced(file, at..at, &format!("{lead}{item}"));
            Ok(spliced(&with_item, last.end..last.end, ","))
        }
    }
}

/// The item with the comma after it; the last one takes the comma before it along.
fn remove_item(file: &str, items: &toml_edit::Array, nth: usize) -> Result<String, EditError> {
    let list = items.span().ok_or(ODD)?;
    let item = items.get(nth).and_then(Value::span).ok_or(ODD)?;
    let next = items.get(nth.saturating_add(1)).and_then(Value::span).map_or(list.end.saturating_sub(1), |s| s.start);
    let own = own_line(file, item.start);
    let start = match own {
        Some(indent) => before_line_end(file, item.start.saturating_sub(indent.len())),
        None => item.start.saturating_sub(blanks_before(file, item.start).len()),
    };
    if let Some(comma) = comma(file, item.end..next) {
        // A comment on the item's own line goes with it.
        let end = if own.is_some() { rest_of_line(file, comma + 1, next) } else { comma + 1 };
        return Ok(spliced(file, start..end, ""));
    }
    let end = if own.is_some() { rest_of_line(file, item.end, next) } else { item.end };
    let without = spliced(file, start..end, "");
    let before = nth.checked_sub(1).and_then(|nth| items.get(nth)).and_then(Value::span);
    match before.and_then(|before| comma(file, before.end..item.start)) {
        Some(comma) => Ok(spliced(&without, comma..comma + 1, "")),
        None => Ok(without),
    }
}

fn spliced(file: &str, range: Range<usize>, with: &str) -> String {
    let mut text = String::with_capacity(file.len().saturating_add(with.len()));
    text.push_str(file.get(..range.start).unwrap_or_default());
    text.push_str(with);
    text.push_str(file.get(range.end..).unwrap_or_default());
    text
}

/// Where the last value of a table and of its own tables ends.
fn end_of(table: &Table) -> Option<usize> {
    let own = table.span().map(|span| span.end);
    table.iter().filter_map(|(_, item)| end_of_item(item)).chain(own).max()
}

fn end_of_item(item: &Item) -> Option<usize> {
    match item {
        Item::None => None,
        Item::Value(value) => match value {
            // A dotted key has no braces to end with.
            Value::InlineTable(table) if table.is_dotted() => {
                table.iter().filter_map(|(_, value)| value.span()).map(|span| span.end).max()
            }
            value => value.span().map(|span| span.end),
        },
        Item::Table(table) => end_of(table),
        Item::ArrayOfTables(tables) => tables.iter().filter_map(end_of).max(),
    }
}

/// The last table of those that belong to a seat, itself among them.
fn last_table(seat: &Table) -> &Table {
    let below = seat.iter().filter_map(|(_, item)| match item {
        Item::ArrayOfTables(tables) => tables.iter().last(),
        Item::None | Item::Value(_) | Item::Table(_) => None,
    });
    below.max_by_key(|table| table.span().map(|span| span.start)).unwrap_or(seat)
}

/// How lines end here: as the first one does.
fn line_end(file: &str) -> &'static str {
    match file.find('\n').and_then(|at| file.get(..at)) {
        Some(line) if line.ends_with('\r') => "\r\n",
        Some(_) | None => "\n",
    }
}

/// Behind the end of the line `at` is in, and whether it has one.
fn end_of_line(file: &str, at: usize) -> (usize, bool) {
    match file.get(at..).and_then(|rest| rest.find('\n')) {
        Some(end) => (at.saturating_add(end).saturating_add(1), true),
        None => (file.len(), false),
    }
}

/// Comments that follow at once belong to what is above, unless a header follows them at once: then to that.
fn after_comments(file: &str, at: usize, has_end: bool) -> (usize, bool) {
    let mut end = at;
    let mut ended = has_end;
    for line in file.get(at..).unwrap_or_default().split_inclusive('\n') {
        match line.trim() {
            comment if comment.starts_with('#') => {
                end = end.saturating_add(line.len());
                ended = line.ends_with('\n');
            }
            "" => return (end, ended),
            _ => return (at, has_end),
        }
    }
    (end, ended)
}

/// White space between the start of the line and `at`.
fn indent_of(file: &str, at: usize) -> &str {
    let blanks = blanks_before(file, at);
    let is_first = file.get(..at.saturating_sub(blanks.len())).is_none_or(|b| b.is_empty() || b.ends_with('\n'));
    if is_first { blanks } else { "" }
}

fn blanks_before(file: &str, at: usize) -> &str {
    let before = file.get(..at).unwrap_or_default();
    before.get(before.trim_end_matches([' ', '\t']).len()..).unwrap_or_default()
}

/// The indent of what begins a line; nothing where something stands before it.
fn own_line(file: &str, at: usize) -> Option<&str> {
    let blanks = blanks_before(file, at);
    let before = file.get(..at.saturating_sub(blanks.len()))?;
    before.ends_with('\n').then_some(blanks)
}

/// Before the end of the line that ends at `at`.
fn before_line_end(file: &str, at: usize) -> usize {
    let before = file.get(..at).unwrap_or_default();
    let before = before.strip_suffix('\n').map_or(before, |b| b.strip_suffix('\r').unwrap_or(b));
    before.len()
}

/// Before the one empty line above `at`, if there is one.
fn before_blank_line(file: &str, at: usize) -> usize {
    let above = before_line_end(file, at);
    let is_blank = above != at && file.get(..above).is_some_and(|b| b.ends_with('\n'));
    if is_blank { above } else { at }
}

/// The first comma of a stretch that is not in a comment.
fn comma(file: &str, within: Range<usize>) -> Option<usize> {
    let mut is_comment = false;
    for (at, c) in file.get(within.clone())?.char_indices() {
        match c {
            '#' => is_comment = true,
            '\n' => is_comment = false,
            ',' if !is_comment => return Some(within.start.saturating_add(at)),
            _ => {}
        }
    }
    None
}

/// The end of the line, before its end mark, if only a comment stands on the rest of it; otherwise where it began.
fn rest_of_line(file: &str, from: usize, limit: usize) -> usize {
    let rest = file.get(from..limit).unwrap_or_default();
    let Some(end) = rest.find('\n') else { return from };
    let line = rest.get(..end).unwrap_or_default();
    let line = line.strip_suffix('\r').unwrap_or(line);
    let is_comment = line.trim().is_empty() || line.trim_start().starts_with('#');
    if is_comment { from.saturating_add(line.len()) } else { from }
}
