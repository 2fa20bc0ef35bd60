//! `[[signal]]`: metric files, how they are read, and how their values are judged.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use toml::de::DeValue;

use crate::{
    config::{
        Context, SignalSource,
        check::{
            Range, asked,
            computed::{self, Worked},
            lines, no_duplicates,
            remote::Servers,
            span,
        },
        paths,
        problems::Report,
        secrets::quoted,
        units,
        walk::{self, Said, Table},
    },
    domain::{
        computed::{Computed, ring},
        series::{Side, Signal, Threshold},
    },
    text::Text,
};

/// A value older than this is stale, where the file does not say.
const STALE_AFTER: TimeDelta = TimeDelta::minutes(10);

/// How far back a sparkline looks, where the file does not say.
const WINDOW: TimeDelta = TimeDelta::hours(1);

/// Below a second every value would be stale before it is drawn.
const STALE_RANGE: Range = Range { least: TimeDelta::seconds(1), most: TimeDelta::days(366) };

/// Zero fires at once (SEMANTICS R41).
const HOLD_RANGE: Range = Range { least: TimeDelta::zero(), most: TimeDelta::days(7) };

/// A slice of an objective is a minute; a year is enough to look back on.
const WINDOW_RANGE: Range = Range { least: TimeDelta::minutes(1), most: TimeDelta::days(366) };

/// What the signals are.
#[derive(Default)]
pub(super) struct Signals {
    /// Those that are read as they stand.
    pub(super) sources: Vec<SignalSource>,
    /// Those that are worked out, with the files that are read for them.
    pub(super) computed: Vec<(Computed, Option<String>)>,
    /// Groups by the signals' names.
    pub(super) groups: BTreeMap<Text, Text>,
}

/// Reads every signal.
pub(super) fn all(tables: Vec<Table<'_>>, servers: &Servers, context: &Context<'_>, report: &mut Report) -> Signals {
    let (mut names, mut signals) = (Vec::new(), Signals::default());
    for mut table in tables {
        let group = table.filled("group", report).map(|said| Text::scrub(said.value));
        let name = if asked::is_meant(&table) {
            elsewhere(&mut table, servers, context, report).map(|(name, found)| {
                signals.sources.push(found);
                name
            })
        } else if computed::is_meant(&table) {
            worked_out(&mut table, context, report).map(|(name, found)| {
                signals.computed.push(found);
                name
            })
        } else {
            one(&mut table, context, report).map(|(name, found)| {
                signals.sources.push(found);
                name
            })
        };
        if let Some(name) = name {
            signals.groups.extend(group.map(|group| (name.value.clone(), group)));
            names.push(name);
        }
        table.finish(report);
    }
    no_duplicates("signal", &names, report);
    let worked_out: Vec<&Computed> = signals.computed.iter().map(|(computed, _)| computed).collect();
    if let Some(round) = ring(&worked_out)
        && let Some(said) = round.first().and_then(|first| names.iter().find(|said| said.value == *first))
    {
        let round: Vec<String> = round.iter().chain(round.first()).map(|name| quoted(name.as_str())).collect();
        let what = format!("is worked out of itself: {}", round.join(" of "));
        report.fault(said, &what, "take one of them out of the other's expr or metric");
    }
    signals
}

fn one(table: &mut Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<(Said<Text>, SignalSource)> {
    for (name, hint) in [("name", "write name = \"latency\""), ("file", "write file = \"latency.csv\"")] {
        if !table.has(name) {
            table.missing(name, hint, report);
        }
    }
    let name = table.filled("name", report).map(|said| said.with(Text::scrub(said.value)));
    let file = table.filled("file", report);
    let files = file.as_ref().and_then(|said| paths::pattern(said, context, report));
    // Asked for all the same, so that a slip in its name is told from an unknown key.
    table.value("prometheus", report);
    let format = lines::read(table, file.as_ref(), report);
    let hint = "write expr, or metric with aggregate: it is then worked out";
    table.misplaced(&computed::KEYS, "for a signal that is read as it stands", hint, report);
    let (name, signal) = judged(table, name, context, report)?;
    Some((name, SignalSource { signal, files: files?, format: format? }))
}

/// A signal that another server evaluates.
fn elsewhere(
    table: &mut Table<'_>,
    servers: &Servers,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<(Said<Text>, SignalSource)> {
    if !table.has("name") {
        table.missing("name", "write name = \"errors\"", report);
    }
    let name = table.filled("name", report).map(|said| said.with(Text::scrub(said.value)));
    let format = asked::read(table, servers, context, report);
    let (name, signal) = judged(table, name, context, report)?;
    Some((name, SignalSource { signal, files: String::new(), format: format? }))
}

/// A signal with the file that is read for it.
type WorkedOut = (Computed, Option<String>);

/// A signal that is worked out of what is read of its file and of all others.
fn worked_out(table: &mut Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<(Said<Text>, WorkedOut)> {
    if !table.has("name") {
        table.missing("name", "write name = \"errors\"", report);
    }
    let name = table.filled("name", report).map(|said| said.with(Text::scrub(said.value)));
    let files = table.filled("file", report).and_then(|said| paths::pattern(&said, context, report));
    let worked = computed::read(table, report);
    // As above.
    table.value("prometheus", report);
    let (name, signal) = judged(table, name, context, report)?;
    let Worked { expr, by, every } = worked?;
    Some((name, (Computed { signal, expr, by, every }, files)))
}

/// How its values are shown and judged.
fn judged(
    table: &mut Table<'_>,
    name: Option<Said<Text>>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<(Said<Text>, Signal)> {
    let unit = table.text("unit", report).map(|said| Text::scrub(said.value.trim()));
    let threshold = threshold(table, report);
    let hold = span(table, "for", HOLD_RANGE, report);
    let keep_firing = span(table, "keep_firing", HOLD_RANGE, report);
    let stale_after = span(table, "stale_after", STALE_RANGE, report);
    let window = span(table, "window", WINDOW_RANGE, report);
    let objective = table.value("objective", report).and_then(|said| objective(&said, report));
    if threshold.is_none() && !table.has("above") && !table.has("below") {
        let without = "without above or below";
        table.misplaced(&["for", "keep_firing", "objective"], without, "write above = 250 or below = 99", report);
    }
    let runbook = table.filled("runbook", report).and_then(|said| runbook(&said, context, report));
    let name = name?;
    let signal = Signal {
        name: name.value.clone(),
        unit: unit.unwrap_or_default(),
        threshold,
        stale_after: stale_after.map_or(STALE_AFTER, |said| said.value),
        hold: hold.map_or(TimeDelta::zero(), |said| said.value),
        keep_firing: keep_firing.map_or(TimeDelta::zero(), |said| said.value),
        window: window.map_or(WINDOW, |said| said.value),
        objective,
        runbook,
    };
    Some((name, signal))
}

fn threshold(table: &mut Table<'_>, report: &mut Report) -> Option<Threshold> {
    let above = table.number("above", report);
    let below = table.number("below", report);
    match (above, below) {
        (Some(above), Some(_)) => {
            let hint = "keep one; a band is two signals on the same file";
            report.fault(&above, "is given together with below", hint);
            None
        }
        (Some(said), None) => Some(Threshold { bad: Side::Above, bound: said.value }),
        (None, Some(said)) => Some(Threshold { bad: Side::Below, bound: said.value }),
        (None, None) => None,
    }
}

/// Reads `99.5` or `"99.5%"` as 0.995. 100 leaves no budget (SEMANTICS section 5).
fn objective(said: &Said<&DeValue<'_>>, report: &mut Report) -> Option<f64> {
    const HINT: &str = "write percent, such as objective = 99.5";
    let percent = match said.value {
        DeValue::String(text) => match units::percent(text) {
            Some(percent) => percent,
            None => {
                report.fault(said, &format!("is {}", quoted(text)), HINT);
                return None;
            }
        },
        _ => walk::finite(said, report)?,
    };
    if !(0.0 < percent && percent < 100.0) {
        report.fault(said, "is not between 0 and 100 percent, both excluded", HINT);
        return None;
    }
    if percent <= 1.0 {
        // 0.995 is nearly always meant as a share; taken as percent it would never fire.
        report.fault(said, "is at most 1 percent", HINT);
        return None;
    }
    Some(percent / 100.0)
}

/// Reads an http(s) URL or a path.
pub(super) fn runbook(said: &Said<&str>, context: &Context<'_>, report: &mut Report) -> Option<Text> {
    if !said.value.contains(':') || said.value.starts_with('/') {
        return paths::path(said, context, report).map(|path| Text::scrub(&path.to_string_lossy()));
    }
    match url::Url::parse(said.value) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.username().is_empty() => {
            Some(Text::scrub(said.value))
        }
        _ => {
            let what = format!("is {}, which is neither a path nor an http(s) URL", quoted(said.value));
            report.fault(said, &what, "write runbook = \"docs/latency.md\" or an https:// address without a user");
            None
        }
    }
}
