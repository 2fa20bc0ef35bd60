//! `[[section]]`: parts of the queue with a name.

use crate::{
    config::{
        check::{Most, choice, named},
        problems::Report,
        secrets::quoted,
        walk::{Said, Table},
    },
    domain::{
        query::{Group, Query, Section, Sort},
        trouble::nearest,
    },
    text::Text,
};

/// More sections than these are more than anybody turns over.
const MOST: Most = Most { n: 20, kept: "sections are shown", hint: "join some, or ask with / when you need them" };

/// The longest name that a title has room for, in columns.
const LONGEST_NAME: usize = 20;

/// Reads every section.
pub(super) fn all(tables: Vec<Table<'_>>, report: &mut Report) -> Vec<Section> {
    named("section", &MOST, tables, report, section)
}

fn section(mut table: Table<'_>, names: &mut Vec<Said<Text>>, report: &mut Report) -> Option<Section> {
    if !table.has("name") {
        table.missing("name", "write name = \"Mine\": it stands in the title of the incidents", report);
    }
    let name = table.filled("name", report).map(|said| said.with(Text::scrub(said.value)));
    if let Some(name) = name.as_ref().filter(|name| LONGEST_NAME < name.value.width()) {
        report.fault(name, &format!("is longer than {LONGEST_NAME} columns"), "the title has room for a word or two");
    }
    names.extend(name.clone());
    if !table.has("query") {
        table.missing("query", "write query = \"is:over\"; query = \"\" is everything that is open", report);
    }
    let query = table.text("query", report).map(|said| query(&said, report));
    let words: Vec<(&str, Group)> = Group::WORDS.to_vec();
    let group = table.filled("group", report).and_then(|said| choice(&said, &words, report));
    let sort = table.filled("sort", report).and_then(|said| sort(&said, report));
    table.finish(report);
    Some(Section { name: name?.value, query: query?, group, sort, hides_empty: false })
}

fn query(said: &Said<&str>, report: &mut Report) -> Query {
    let query = Query::read(said.value);
    for fault in query.faults() {
        let what = format!("column {}: {}", fault.from + 1, fault.what);
        report.fault(said, &what, fault.hint.as_str());
    }
    query
}

fn sort(said: &Said<&str>, report: &mut Report) -> Option<Sort> {
    let sort = Sort::parse(said.value);
    if sort.is_none() {
        let words = || crate::domain::query::By::WORDS.iter().map(|(word, _)| *word);
        let hint = match nearest(said.value, words()) {
            Some(word) => format!("did you mean \"{word}\"?"),
            None => format!(
                "write one of {}; with - before it, the other way round",
                words().collect::<Vec<_>>().join(", ")
            ),
        };
        report.fault(said, &format!("is {}, which is not known", quoted(said.value)), &hint);
    }
    sort
}
