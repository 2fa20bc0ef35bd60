//! What can be typed behind `watchfloor metrics`.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::{Args, Subcommand, ValueEnum};

use super::{
    Printed,
    history::{When, span, when},
};

/// About the signals and about metric files.
#[derive(Debug, Clone, Args)]
pub struct Metrics {
    /// What about them; nothing = the signals of the settings.
    #[command(subcommand)]
    pub command: Option<MetricsCommand>,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// What about metric files.
#[derive(Debug, Clone, Subcommand)]
pub enum MetricsCommand {
    /// Sum up files of any size: count, least, most, mean and 95th percentile per bucket of time and name
    #[command(after_help = AFTER)]
    Summarize(Summarize),
    /// Compare records with a baseline, name by name: another file, the same files a week before, another value of a label
    #[command(after_help = COMPARE)]
    Compare(Box<Compare>),
    /// Read files as they would be followed: their shape, and every record that is left out and why; exit code 1 where one is
    Check(CheckFiles),
}

const AFTER: &str = "\
Examples:
  watchfloor metrics summarize latency.jsonl                    a minute a line
  watchfloor metrics summarize 'logs/*.jsonl.gz' --every 1h --by host
  zstdcat old.csv.zst | watchfloor metrics summarize - --every 1d --json
  watchfloor metrics summarize app.log --value duration_ms --explain

Exit codes: 0 all files were read, whatever lines were left out; 1 a file could not be read; 2 usage";

const COMPARE: &str = "\
Examples:
  watchfloor metrics compare new.jsonl --baseline old.jsonl
  watchfloor metrics compare 'logs/*.jsonl' --ago 7d                  the last week against the one before
  watchfloor metrics compare 'logs/*.jsonl' --from 1h --ago 7d        the last hour against that of a week ago
  watchfloor metrics compare app.jsonl --tag version --is 2.0 --was 1.9 --fail-on higher

Exit codes: 0 compared; 1 --fail-on: a name differs so; 2 usage; 4 a file could not be read, or --fail-on had nothing to judge";

/// Which files are checked.
#[derive(Debug, Clone, Args)]
pub struct CheckFiles {
    /// CSV, JSON Lines, Prometheus text or OpenMetrics; a pattern with *, ? and **
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// How files are summed up.
#[derive(Debug, Clone, Args)]
pub struct Summarize {
    /// JSON Lines, CSV or Prometheus text, .gz and .zst as well; a pattern with *, ? and **; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The length of a bucket, counted from 1970-01-01T00:00Z: 10s, 1m, 1h, 1d
    #[arg(long, value_name = "LENGTH", default_value = "1m", value_parser = length)]
    pub every: i64,
    /// Tell rows apart by this label, field or column as well
    #[arg(long, value_name = "LABEL")]
    pub by: Option<String>,
    /// One JSON object a line (docs/json.md)
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Comma separated, with a header
    #[arg(long)]
    pub csv: bool,
    /// How the files are read.
    #[command(flatten)]
    pub reading: Reading,
    /// Say how each file is read, on standard error
    #[arg(long)]
    pub explain: bool,
}

/// What sets of records are compared.
#[derive(Debug, Clone, Args)]
pub struct Compare {
    /// JSON Lines, CSV or Prometheus text, .gz and .zst as well; a pattern with *, ? and **
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The baseline: another file; may be given more than once
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ago", "was"])]
    pub baseline: Vec<PathBuf>,
    /// The baseline: the same files, so long before: 7d is last week. Without --from, what is compared is as long
    #[arg(long, value_name = "SPAN", conflicts_with = "was", value_parser = span)]
    pub ago: Option<TimeDelta>,
    /// The label that tells what is compared from its baseline, such as version
    #[arg(long, value_name = "LABEL", requires = "is", requires = "was")]
    pub tag: Option<String>,
    /// The label's value of what is compared
    #[arg(long, value_name = "VALUE", requires = "tag")]
    pub is: Option<String>,
    /// The label's value of the baseline
    #[arg(long, value_name = "VALUE", requires = "tag")]
    pub was: Option<String>,
    /// Only records from then on
    #[arg(long, value_name = "SPAN|RFC3339", value_parser = when)]
    pub from: Option<When>,
    /// Only records before then
    #[arg(long, value_name = "SPAN|RFC3339", value_parser = when)]
    pub until: Option<When>,
    /// By how many percent the mean or the p95 of a name may differ
    #[arg(long, value_name = "PERCENT", default_value = "10", value_parser = percent)]
    pub bound: f64,
    /// With fewer values than this on either side a name is not judged
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub least: u64,
    /// Exit code 1 where a name differs by more than the bound in this direction
    #[arg(long, value_enum)]
    pub fail_on: Option<Direction>,
    /// A document (docs/json.md)
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Comma separated, with a header
    #[arg(long)]
    pub csv: bool,
    /// How the files are read.
    #[command(flatten)]
    pub reading: Reading,
}

/// What is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Direction {
    /// More than the baseline
    Higher,
    /// Less
    Lower,
    /// Either
    Either,
}

/// How files are read that no settings tell of.
#[derive(Debug, Clone, Args)]
pub struct Reading {
    /// What the files are; otherwise told by their first lines
    #[arg(long, value_enum)]
    pub format: Option<FormatWord>,
    /// The field (a dotted path) or column of the time; otherwise told by the first lines
    #[arg(long, value_name = "FIELD")]
    pub time: Option<String>,
    /// The field or column of the name
    #[arg(long, value_name = "FIELD")]
    pub name: Option<String>,
    /// The field or column of the value
    #[arg(long, value_name = "FIELD")]
    pub value: Option<String>,
    /// The zone of times without an offset
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub zone: String,
    /// How many threads read; otherwise one a core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
}

/// A format of metric files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatWord {
    /// One JSON object a line
    Jsonl,
    /// Cells between delimiters
    Csv,
    /// Prometheus text or OpenMetrics
    Prometheus,
}

/// A share in percent, at least zero.
fn percent(written: &str) -> Result<f64, String> {
    let number = written.trim().trim_end_matches('%').trim_end().parse::<f64>().ok();
    number.filter(|n| (0.0..=1e6).contains(n)).ok_or_else(|| "write a number of percent such as 10".to_owned())
}

/// A length of time in milliseconds.
fn length(written: &str) -> Result<i64, String> {
    let written = written.trim();
    // In that reading a month is 30.44 days, and no bucket anybody means.
    if written.contains('M') || written.contains("month") || written.contains('y') && !written.contains("day") {
        return Err("months and years differ in length: write days, 28d".to_owned());
    }
    let length =
        humantime::parse_duration(written).map_err(|_| "write a number and its unit: 10s, 1m, 1h, 1d".to_owned())?;
    let ms = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
    if ms == 0 || length.subsec_nanos() % 1_000_000 != 0 {
        return Err("write whole milliseconds, at least one".to_owned());
    }
    // A hundred years; the calendar ends before the numbers do.
    if ms <= 3_155_760_000_000 { Ok(ms) } else { Err("that is longer than a hundred years".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_human_and_whole() {
        let all = ["10s", "1m", "1h 30m", "1d", "100ms", "2days"].map(|w| length(w).unwrap());
        assert_eq!(all, [10_000, 60_000, 5_400_000, 86_400_000, 100, 172_800_000]);
        for bad in ["", "0s", "5", "1M", "1month", "1year", "1us", "-1m", "1000000d", "soon"] {
            assert!(length(bad).is_err(), "{bad}");
        }
    }
}
