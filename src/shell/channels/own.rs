//! The watcher's own figures, as a file that node_exporter reads.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{shell::channels::courier::Report, text::Text};

/// Upper bounds of the histogram of deliveries, in seconds; the promise of two minutes is one of them.
const BOUNDS: [u32; 8] = [1, 5, 15, 30, 60, 120, 600, 3_600];

/// What became of the notices of one channel, since the process began.
#[derive(Debug, Clone, Default, PartialEq)]
struct Of {
    buckets: [u64; BOUNDS.len()],
    n: u64,
    seconds: f64,
    n_late: u64,
    n_maybe_repeated: u64,
    n_given_up: u64,
    is_failing: bool,
}

/// The figures.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    channels: BTreeMap<Text, Of>,
    n_disk: u64,
}

/// One figure of a channel.
type Counted<'a> = &'a dyn Fn(&Of) -> u64;

impl Figures {
    /// Counts what the courier says.
    pub fn hear(&mut self, report: &Report) {
        match report {
            Report::Delivered { channel, age, is_late, is_maybe_repeated, .. } => {
                let of = self.channels.entry(channel.clone()).or_default();
                let seconds = age.num_milliseconds() as f64 / 1_000.0;
                of.n += 1;
                of.seconds += seconds;
                let reached = of.buckets.iter_mut().zip(BOUNDS).filter(|(_, bound)| seconds <= f64::from(*bound));
                reached.for_each(|(count, _)| *count += 1);
                of.n_late += u64::from(*is_late);
                of.n_maybe_repeated += u64::from(*is_maybe_repeated);
            }
            Report::Failing { channel, .. } => self.channels.entry(channel.clone()).or_default().is_failing = true,
            Report::Back { channel } => self.channels.entry(channel.clone()).or_default().is_failing = false,
            Report::GivenUp { channel, .. } | Report::Nowhere { channel, .. } => {
                self.channels.entry(channel.clone()).or_default().n_given_up += 1;
            }
            Report::LeftOut { .. } => {}
            Report::Disk { .. } => self.n_disk += 1,
        }
    }

    /// The text; `firing` is how many alerts fire, `left_out` how many series found no room, `at` when it is written, in seconds since 1970.
    pub fn render(&self, firing: usize, left_out: usize, at: i64) -> String {
        let mut out = String::new();
        let mut one = |name: &str, kind: &str, help: &str, values: &[(String, String)]| {
            let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
            for (labels, value) in values {
                let _ = writeln!(out, "{name}{labels} {value}");
            }
        };
        let version = format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
        one("watchfloor_build_info", "gauge", "The version that runs.", &[(version, "1".to_owned())]);
        let plain = |value: String| [(String::new(), value)];
        let help = "When the watcher last wrote this file.";
        one("watchfloor_last_look_timestamp_seconds", "gauge", help, &plain(at.to_string()));
        one("watchfloor_alerts_firing", "gauge", "Alerts that fire.", &plain(firing.to_string()));
        let help = "Series that found no room: rules that mean them cannot be judged.";
        one("watchfloor_series_left_out", "gauge", help, &plain(left_out.to_string()));
        let help = "Times the disk refused to keep what is to be told.";
        one("watchfloor_delivery_disk_errors_total", "counter", help, &plain(self.n_disk.to_string()));
        let each = |of: &dyn Fn(&Of) -> u64| -> Vec<(String, String)> {
            self.channels.iter().map(|(name, counted)| (label(name), of(counted).to_string())).collect()
        };
        let counters: [(&str, &str, &str, Counted<'_>); 4] = [
            ("watchfloor_alert_delivery_late_total", "counter", "Notices told later than two minutes.", &|of| {
                of.n_late
            }),
            (
                "watchfloor_alert_delivery_maybe_repeated_total",
                "counter",
                "Notices that may have been told twice.",
                &|of| of.n_maybe_repeated,
            ),
            ("watchfloor_alert_delivery_given_up_total", "counter", "Notices never told.", &|of| of.n_given_up),
            ("watchfloor_channel_failing", "gauge", "1 while a channel takes nothing.", &|of| u64::from(of.is_failing)),
        ];
        for (name, kind, help, of) in counters {
            one(name, kind, help, &each(of));
        }
        self.histogram(&mut out);
        out
    }

    fn histogram(&self, out: &mut String) {
        const NAME: &str = "watchfloor_alert_delivery_seconds";
        let _ = write!(out, "# HELP {NAME} From what happened to the channel's answer.\n# TYPE {NAME} histogram\n");
        for (name, of) in &self.channels {
            let channel = escaped(name);
            for (bound, count) in BOUNDS.iter().zip(of.buckets) {
                let _ = writeln!(out, "{NAME}_bucket{{channel=\"{channel}\",le=\"{bound}\"}} {count}");
            }
            let _ = writeln!(out, "{NAME}_bucket{{channel=\"{channel}\",le=\"+Inf\"}} {}", of.n);
            let _ = writeln!(out, "{NAME}_sum{{channel=\"{channel}\"}} {}", of.seconds);
            let _ = writeln!(out, "{NAME}_count{{channel=\"{channel}\"}} {}", of.n);
        }
    }
}

fn label(channel: &Text) -> String {
    format!("{{channel=\"{}\"}}", escaped(channel))
}

fn escaped(text: &Text) -> String {
    text.as_str().replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::notify::message::NoticeId;

    fn delivered(seconds: i64) -> Report {
        Report::Delivered {
            channel: Text::scrub("team \"chat\""),
            id: NoticeId(1),
            title: Text::scrub("x"),
            age: TimeDelta::seconds(seconds),
            is_late: seconds > 120,
            is_maybe_repeated: false,
            in_digest_of: 1,
        }
    }

    #[test]
    fn deliveries_are_counted_by_how_long_they_took() {
        let mut figures = Figures::default();
        for seconds in [1, 3, 120, 121] {
            figures.hear(&delivered(seconds));
        }
        let text = figures.render(2, 7, 1_795_165_200);
        let line = |needle: &str| {
            text.lines().find(|line| !line.starts_with('#') && line.contains(needle)).unwrap_or_default().to_owned()
        };
        let bucket = "watchfloor_alert_delivery_seconds_bucket{channel=\"team \\\"chat\\\"\",le=";
        assert_eq!(line("le=\"1\""), format!("{bucket}\"1\"}} 1"));
        assert_eq!(line("le=\"120\""), format!("{bucket}\"120\"}} 3"));
        assert_eq!(line("le=\"+Inf\""), format!("{bucket}\"+Inf\"}} 4"));
        assert!(line("late_total{").ends_with(" 1") && line("alerts_firing ").ends_with(" 2"));
        assert!(text.ends_with('\n'));
    }
}
