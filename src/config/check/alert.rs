//! `[[alert]]` and `rules`: what is judged beside the bounds of signals.

use chrono::TimeDelta;

use crate::{
    config::{
        Context,
        check::{Range, choice, computed::expression, no_duplicates, signal, span},
        paths,
        problems::Report,
        walk::{Said, Table},
    },
    domain::alert::{
        RUNBOOK, SEVERITY,
        rule::{EVERY, NO_DATA_HOLD, NoData, Rule},
        template::Template,
    },
    text::Text,
};

/// Zero fires at once (SEMANTICS R41).
const HOLD_RANGE: Range = Range { least: TimeDelta::zero(), most: TimeDelta::days(7) };

/// More often than once a second nothing is evaluated; what is looked at less than daily is no alert.
const EVERY_RANGE: Range = Range { least: TimeDelta::seconds(1), most: TimeDelta::days(1) };

const NO_DATA: [(&str, NoData); 3] = [("hold", NoData::Hold), ("alert", NoData::Alert), ("ok", NoData::Ok)];

/// Reads every alert.
pub(super) fn all(tables: Vec<Table<'_>>, context: &Context<'_>, report: &mut Report) -> Vec<Rule> {
    let (mut names, mut rules) = (Vec::new(), Vec::new());
    for mut table in tables {
        if let Some((name, rule)) = one(&mut table, context, report) {
            names.push(name);
            rules.push(rule);
        }
        table.finish(report);
    }
    no_duplicates("alert", &names, report);
    rules
}

/// Reads where rule files are.
pub(super) fn files(root: &mut Table<'_>, context: &Context<'_>, report: &mut Report) -> Vec<String> {
    let hint = "write rules = [\"rules/*.yml\"], or leave the key out";
    let files = root.some_texts("rules", hint, report).map(|said| said.value).unwrap_or_default();
    files.iter().filter_map(|said| paths::pattern(said, context, report)).collect()
}

fn one(table: &mut Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<(Said<Text>, Rule)> {
    for (name, hint) in [
        ("name", "write name = \"HighErrorRate\""),
        ("expr", "write expr = \"rate(errors_total[5m]) > 1\""),
        ("runbook", "write runbook = \"docs/errors.md\" or an https:// address: whoever is woken needs it"),
    ] {
        if !table.has(name) {
            table.missing(name, hint, report);
        }
    }
    let name = table.filled("name", report).map(|said| said.with(Text::scrub(said.value)));
    let expr = table.filled("expr", report).and_then(|said| expression(&said, said.value, report));
    let runbook = table.filled("runbook", report).and_then(|said| signal::runbook(&said, context, report));
    let hold = span(table, "for", HOLD_RANGE, report).map_or(TimeDelta::zero(), |said| said.value);
    let keep_firing = span(table, "keep_firing_for", HOLD_RANGE, report).map_or(TimeDelta::zero(), |said| said.value);
    let every = span(table, "every", EVERY_RANGE, report).map_or(EVERY, |said| said.value);
    let no_data = table.filled("no_data", report).and_then(|said| choice(&said, &NO_DATA, report));
    let no_data_hold = span(table, "no_data_hold", HOLD_RANGE, report).map_or(NO_DATA_HOLD, |said| said.value);
    let severity = table.filled("severity", report).map(|said| said.value.to_owned());
    let mut labels = templates(table, "labels", report);
    labels.extend(severity.map(|severity| (Text::scrub(SEVERITY), Template::plain(&severity))));
    let mut annotations = templates(table, "annotations", report);
    let (name, runbook) = (name?, runbook?);
    annotations.retain(|(key, _)| key.as_str() != RUNBOOK);
    annotations.push((Text::scrub(RUNBOOK), Template::plain(runbook.as_str())));
    let rule = Rule {
        name: name.value.clone(),
        // Each is a group of its own: nothing is said of an order.
        group: name.value.clone(),
        origin: Text::scrub(&format!("[[alert]] in line {}", name.line)),
        expr: expr?,
        every,
        hold,
        keep_firing,
        no_data: no_data.unwrap_or_default(),
        no_data_hold,
        labels,
        annotations,
    };
    Some((name, rule))
}

fn templates(table: &mut Table<'_>, name: &'static str, report: &mut Report) -> Vec<(Text, Template)> {
    let Some(said) = table.pairs(name, report) else { return Vec::new() };
    let mut templates = Vec::new();
    for (key, text) in &said.value {
        match Template::read(text) {
            Ok(template) => templates.push((Text::scrub(key), template)),
            Err(what) => report.fault(
                &said,
                &format!("says {key}, where {what}"),
                "{{ $value }} and {{ $labels.x }} are filled in",
            ),
        }
    }
    templates
}
