//! `watchfloor metrics summarize`: metric files of any size, summed up.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::{
    cli::{
        args::{Common, FormatWord, Reading, Summarize as Args},
        exit,
        failure::{Failure, complain},
    },
    domain::zone::{Zone, Zones},
    shell::{
        bulk::{self, Broken, Input, Options, Summary},
        clock::Clock,
    },
    sink::summary::{Format, Named, Page},
    source::metrics::shape::{self, Hint},
    text::{Text, counted},
};

/// How many left-out lines are named.
const NAMED: usize = 5;

/// How many rows are written at once.
const AT_ONCE: usize = 1_000;

/// Sums up and prints.
///
/// # Errors
/// The zone is not known, or there is no summary at all.
pub fn run(args: &Args, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let now = common.now.map_or(Clock::Wall, Clock::Fixed).now();
    let (inputs, are_missing) = inputs(&args.files);
    let summary = summarize(&inputs, args, zone(&args.reading.zone, zones)?, now)?;
    let code = print(args, &summary);
    let is_failed = report(args, &summary) || are_missing;
    Ok(if code == exit::DONE && is_failed { exit::NO } else { code })
}

pub(super) fn zone(name: &str, zones: &Zones) -> Result<Zone, Failure> {
    if name == "UTC" {
        return Ok(Zone::utc());
    }
    zones.find(name).ok_or_else(|| {
        let hint = zones
            .nearest(name)
            .map_or("write an IANA name: Europe/Berlin".to_owned(), |near| format!("did you mean {near}?"));
        Failure::new(exit::USAGE, format!("--zone: there is no zone \"{name}\""), hint)
    })
}

/// Files by their names and patterns, and whether a pattern matches nothing: that is told.
pub(super) fn inputs(files: &[PathBuf]) -> (Vec<Input>, bool) {
    let (mut inputs, mut are_missing) = (Vec::new(), false);
    for file in files {
        let written = file.to_string_lossy();
        if file == Path::new("-") {
            inputs.push(Input::Stdin);
        } else if written.contains(['*', '?', '[']) && !file.exists() {
            // What cannot be looked into is no match.
            let found: Vec<_> =
                glob::glob(&written).into_iter().flatten().flatten().filter(|path| path.is_file()).collect();
            if found.is_empty() {
                are_missing = true;
                let hint = "check the pattern; quotes keep the shell from it";
                Failure::new(exit::NO, format!("{written}: no file matches"), hint).report();
            }
            inputs.extend(found.into_iter().map(Input::File));
        } else {
            inputs.push(Input::File(file.clone()));
        }
    }
    (inputs, are_missing)
}

fn summarize(inputs: &[Input], args: &Args, zone: Zone, now: DateTime<Utc>) -> Result<Summary, Failure> {
    let options = Options { every_ms: args.every, ..options(&args.reading, args.by.as_ref(), zone) };
    summed(inputs, &options, now)
}

/// How files are read, all of it in one bucket.
pub(super) fn options(reading: &Reading, by: Option<&String>, zone: Zone) -> Options {
    let format = reading.format.map(|word| match word {
        FormatWord::Jsonl => shape::Format::Jsonl,
        FormatWord::Csv => shape::Format::Csv,
        FormatWord::Prometheus => shape::Format::Prometheus,
    });
    let hint = Hint {
        format,
        time: reading.time.clone(),
        name: reading.name.clone(),
        value: reading.value.clone(),
        labels: by.into_iter().cloned().collect(),
        is_openmetrics: false,
    };
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = reading.threads.map_or_else(cores, usize::from);
    Options { every_ms: i64::MAX, hint, zone, threads, room: bulk::ROOM, within: bulk::EVER, has_median: false }
}

/// Sums up, or says why it could not be done.
pub(super) fn summed(inputs: &[Input], options: &Options, now: DateTime<Utc>) -> Result<Summary, Failure> {
    bulk::summarize(inputs, options, now).map_err(|broken| {
        let hint = match broken {
            Broken::TooMany => "a longer --every, another --by, or fewer files at once",
            Broken::Spill(_) => "TMPDIR names another folder, one with room",
            Broken::Thread => "please report it",
        };
        Failure::new(exit::NO, format!("sum up: {broken}"), hint)
    })
}

fn print(args: &Args, summary: &Summary) -> u8 {
    let names: Vec<Named> = summary
        .keys
        .iter()
        .map(|key| Named { name: Text::scrub(&key.name), label: key.label.as_deref().map(Text::scrub) })
        .collect();
    let format = match (args.json, args.csv) {
        (true, _) => Format::Json,
        (_, true) => Format::Csv,
        _ => Format::Plain,
    };
    let page = Page::new(format, args.by.as_deref(), &names, args.every);
    let mut code = exit::write_out(&page.head());
    for rows in summary.rows.chunks(AT_ONCE) {
        if code != exit::DONE {
            break;
        }
        let line =
            |row: &bulk::Row| names.get(row.key as usize).map(|named| page.row(row.start_ms, named, &row.figures));
        code = exit::write_out(&rows.iter().filter_map(line).collect::<String>());
    }
    code
}

/// Says what was left out; true when a file could not be read.
fn report(args: &Args, summary: &Summary) -> bool {
    for input in summary.inputs.iter().filter(|_| args.explain) {
        if let Some(shape) = &input.shape {
            complain(&format!("{}: {shape}", input.name));
        }
    }
    let is_failed = left_out(summary);
    if let Some(by) =
        args.by.as_ref().filter(|_| summary.keys.iter().all(|key| key.label.as_deref().is_none_or(str::is_empty)))
    {
        complain(&format!("note: no record has a \"{}\": --by sorts nothing", Text::scrub(by)));
    }
    if args.json || args.csv {
        complain(&format!("{{\"skipped\":{},\"lines\":{}}}", summary.skipped, summary.lines));
    } else {
        let lines = counted(usize::try_from(summary.lines).unwrap_or(usize::MAX), "line", "lines");
        complain(&format!("{lines}, {} left out", summary.skipped));
    }
    is_failed
}

/// Names the first lines that were left out, and the files that could not be read; true where there is such a file.
pub(super) fn left_out(summary: &Summary) -> bool {
    for left in summary.named.iter().take(NAMED) {
        let file = summary.inputs.get(left.input).map_or("", |input| input.name.as_str());
        complain(&format!("{file}, line {}: left out, {}", left.line, left.why));
    }
    let more = summary.skipped.saturating_sub(summary.named.len().min(NAMED) as u64);
    if more > 0 {
        complain(&format!("and {more} more"));
    }
    for input in &summary.inputs {
        if let Some((why, hint)) = &input.failed {
            complain(&format!("error: {}: {why}\nhint: {hint}", input.name));
        }
    }
    summary.inputs.iter().any(|input| input.failed.is_some())
}
