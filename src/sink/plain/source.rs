//! Who told, and who did not.

use super::{ANY, Page, Side, Table, words};
use crate::{
    domain::zone::Zone,
    sink::board::{Source, Worth},
    text::{counted, grouped},
};

/// Sources on a larger board.
const SHORT: usize = 3;

/// Why a section has nothing to say: nobody is asked (`nobody`), or those who are asked do not tell.
pub(super) fn silence(sources: &[Source<'_>], nobody: &str) -> String {
    let troubled = sources.iter().find(|source| source.trouble.is_some());
    match (sources.first(), troubled.and_then(|source| source.trouble.map(|trouble| (source, trouble)))) {
        (None, _) => nobody.to_owned(),
        (_, Some((source, (trouble, _, why)))) => format!("not known: {} {}: {why}", source.name, trouble.word()),
        (Some(first), None) if first.heard_at.is_some() => format!("{nobody} in {}", first.name),
        (Some(first), None) => format!("not known: {} not heard yet", first.name),
    }
}

/// Names the sources that have never told, for a section that is told by several.
pub(super) fn missing(sources: &[Source<'_>]) -> String {
    let silent: Vec<_> = sources.iter().filter(|s| s.heard_at.is_none()).map(|s| s.name.as_str()).collect();
    if silent.is_empty() { String::new() } else { format!("; without {}", silent.join(", ")) }
}

/// Writes those that are not fresh or left something out, or that there are none.
pub fn write_not_fresh(page: &mut Page, sources: &[Source<'_>], zone: &Zone) {
    let is_partly = |source: &&Source<'_>| source.worth != Worth::Fresh || 0 < source.n_skipped;
    let silent: Vec<_> = sources.iter().filter(is_partly).collect();
    if silent.is_empty() {
        let oldest = words::span(sources.iter().filter_map(|source| source.age).max());
        let all = match sources.len() {
            0 => "none is configured".to_owned(),
            n => format!("{} fresh, the oldest heard {oldest} ago", counted(n, "source", "sources")),
        };
        page.line(&format!("SOURCES  {all}"));
        return;
    }
    let cut = if SHORT < silent.len() { format!("; {SHORT} shown:") } else { String::new() };
    let has = |is: fn(&&&Source<'_>) -> bool| silent.iter().any(|source| is(&source));
    let what = match (has(|source| source.worth != Worth::Fresh), has(|source| source.worth == Worth::Fresh)) {
        (true, true) => "NOT FRESH OR NOT WHOLE",
        (false, true) => "NOT WHOLE",
        _ => "NOT FRESH",
    };
    page.line(&format!("SOURCES {what}  {} of {}{cut}", silent.len(), sources.len()));
    rows(page, silent.iter().take(SHORT).copied(), zone);
}

/// Writes each source that a section was told by.
pub fn write_told_by(page: &mut Page, sources: &[Source<'_>], zone: &Zone) {
    if sources.is_empty() {
        return;
    }
    page.blank();
    page.line("TOLD BY");
    rows(page, sources.iter(), zone);
}

fn rows<'a, 'b: 'a>(page: &mut Page, sources: impl Iterator<Item = &'a Source<'b>>, zone: &Zone) {
    let mut table = Table::new([(Side::Left, 20), (Side::Left, ANY)]);
    for source in sources {
        let skipped = (0 < source.n_skipped).then(|| counted(source.n_skipped, "record left out", "records left out"));
        let budget = source.budget.map(|(remaining, limit)| {
            format!("{} of {} requests left", grouped(remaining as usize), grouped(limit as usize))
        });
        let parts = [Some(words::worth(source)), skipped, budget];
        table.row([source.name.to_string(), parts.into_iter().flatten().collect::<Vec<_>>().join(", ")]);
        if let Some((trouble, since, why)) = source.trouble {
            let since = words::moment(since, zone);
            table.row([String::new(), format!("{} since {since}: {why}", trouble.word())]);
        }
        if let Some(skipped) = source.skipped.first() {
            table.row([String::new(), format!("left out: {}: {}", skipped.at, skipped.why)]);
        }
    }
    page.table(&table);
}
