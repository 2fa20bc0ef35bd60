//! An objective as the `[[slo]]` table that reads back to it.

use std::fmt::Write as _;

use crate::{
    domain::slo::{
        Sli, Slo,
        exact::Ratio,
        feed::Feed,
        ledger::{Empty, Marked, Method},
        meter::{Counting, Op},
        window::TimeWindow,
    },
    sink::slo::{length_name, method_word},
    text::Text,
};

/// Writes the table. The usual alert rows are not written: they are what is meant where nothing is said.
pub fn write(slo: &Slo) -> String {
    let mut out = String::from("[[slo]]\n");
    let mut line = |key: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{key} = {value}");
    };
    line("name", &quoted(slo.name.as_str()));
    for (key, text) in [("service", &slo.service), ("description", &slo.description)] {
        if !text.is_blank() {
            line(key, &quoted(text.as_str()));
        }
    }
    line("sli", &sli(&slo.sli));
    line("target", &quoted(&format!("{}%", slo.target.percent())));
    line("budgeting_method", &quoted(method_word(slo.method)));
    if let Method::Timeslices { slices, .. } | Method::RatioTimeslices { slices } = slo.method {
        line("time_slice", &quoted(&format!("{}m", slices.minutes)));
        let empty = match slices.empty {
            Empty::LeftOut => None,
            Empty::Good => Some("good"),
            Empty::Bad => Some("bad"),
        };
        empty.into_iter().for_each(|empty| line("empty_slices", &quoted(empty)));
    }
    if let Method::Timeslices { allowed, .. } = slo.method {
        line("time_slice_target", &quoted(&format!("{}%", percent_left(allowed))));
    }
    line("time_window", &window(&slo.window));
    if slo.min_total > 0 {
        line("min_total", &slo.min_total.to_string());
    }
    if let Some(runbook) = &slo.runbook {
        line("runbook", &quoted(runbook.as_str()));
    }
    out
}

fn sli(sli: &Sli) -> String {
    match sli {
        Sli::Ratio { marked, part, total } => {
            let word = if *marked == Marked::Bad { "bad" } else { "good" };
            let is_delta = part.counting == Counting::Deltas;
            // Series of a selector are counters where nothing is said, and signals as their files are.
            let counter = if is_delta && matches!(part.of, Feed::Series(_)) { ", counter = false" } else { "" };
            let (part, total) = (quoted(&part.of.to_string()), quoted(&total.of.to_string()));
            format!("{{ ratio = {{ {word} = {part}, total = {total}{counter} }} }}")
        }
        Sli::Threshold { of, op, value } => {
            let word = Op::ALL.iter().find(|(_, known)| known == op).map_or("lt", |(word, _)| *word);
            let of = quoted(&of.to_string());
            format!("{{ threshold = {{ signal = {of}, op = \"{word}\", value = {value:?} }} }}")
        }
    }
}

fn window(window: &TimeWindow) -> String {
    match window {
        TimeWindow::Rolling(length) => quoted(&length_name(*length)),
        TimeWindow::Calendar { unit, start, zone } => {
            let start = start.format("%Y-%m-%d %H:%M").to_string();
            let (unit, zone) = (quoted(unit.word()), quoted(zone.name()));
            format!("{{ calendar = {unit}, start = {}, zone = {zone} }}", quoted(&start))
        }
    }
}

/// What is left of a whole when this share is taken, in percent: 0.05 leaves `95`.
fn percent_left(share: Ratio) -> String {
    // Shares come from decimals with at most twelve places: in millionths of a millionth they are whole.
    let parts = share.times(Ratio::new(1_000_000_000_000, 1).unwrap_or(share)).map_or(0, |r| r.num() / r.den().max(1));
    let left = 1_000_000_000_000_u128.saturating_sub(parts);
    let rest = format!("{:010}", left % 10_000_000_000);
    let whole = left / 10_000_000_000;
    match rest.trim_end_matches('0') {
        "" => whole.to_string(),
        rest => format!("{whole}.{rest}"),
    }
}

/// A TOML text. What came from outside was scrubbed: no control character is in it.
fn quoted(text: &str) -> String {
    let safe = Text::scrub(text);
    format!("\"{}\"", safe.as_str().replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        slo::{
            Count,
            burn::Row,
            exact::Target,
            feed::Selector,
            ledger::Slices,
            window::{PERIOD, Unit},
        },
        zone::Zone,
    };

    fn slo() -> Slo {
        let count =
            |written: &str| Count { of: Feed::Series(Selector::read(written).unwrap()), counting: Counting::Increases };
        Slo {
            name: Text::scrub("api \"x\""),
            service: Text::default(),
            description: Text::default(),
            sli: Sli::Ratio { marked: Marked::Bad, part: count("m{code=~\"5..\"}"), total: count("m") },
            method: Method::Occurrences,
            window: TimeWindow::Rolling(PERIOD),
            target: Target::read("0.999").unwrap(),
            min_total: 0,
            absent_after: None,
            rows: Row::usual(),
            runbook: None,
        }
    }

    #[test]
    fn texts_are_quoted_so_that_they_read_back() {
        let written = write(&slo());
        assert!(written.contains("name = \"api \\\"x\\\"\"\n"), "{written}");
        assert!(written.contains("sli = { ratio = { bad = \"m{code=~\\\"5..\\\"}\", total = \"m\" } }"), "{written}");
        assert!(written.contains("target = \"99.9%\"\n") && written.contains("time_window = \"28d\"\n"), "{written}");
    }

    #[test]
    fn slices_and_calendars_are_written_in_full() {
        let slices = Slices { minutes: 5, empty: Empty::Bad };
        let method = Method::Timeslices { slices, allowed: Ratio::new(1, 20).unwrap() };
        let start = "2026-01-01T12:00:00".parse().unwrap();
        let window = TimeWindow::Calendar { unit: Unit::Month, start, zone: Zone::utc() };
        let written = write(&Slo { method, window, ..slo() });
        for line in [
            "budgeting_method = \"Timeslices\"",
            "time_slice = \"5m\"",
            "empty_slices = \"bad\"",
            "time_slice_target = \"95%\"",
            "time_window = { calendar = \"month\", start = \"2026-01-01 12:00\", zone = \"UTC\" }",
        ] {
            assert!(written.lines().any(|l| l == line), "{line}\n{written}");
        }
    }
}
