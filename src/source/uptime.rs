//! Checks of services, one JSON object a line: `time`, `service`, `status` (`up`, `degraded` or `down`), `response_ms`.

use std::io::{BufRead, Read};

use serde::Deserialize;
use thiserror::Error;

use crate::{
    domain::stats::outage::{Check, Status},
    source::{
        Batch,
        github::field::{Str, Time},
    },
    text::{Text, clip},
};

/// The longest line read.
const LINE_BYTES: u64 = 64 << 10;

/// The most checks kept from one file.
const MOST_CHECKS: usize = 5_000_000;

/// Why nothing could be read from a file of checks.
#[derive(Debug, Error)]
pub enum UptimeError {
    /// Not one line could be used.
    #[error("no line can be used; {0}")]
    Nothing(Text),
    /// More checks than are kept.
    #[error("the file holds more than {MOST_CHECKS} checks")]
    TooMany,
    /// Reading stopped half-way.
    #[error("the file cannot be read past line {line}")]
    Broken {
        /// The last line read.
        line: u64,
        /// What the reader says.
        #[source]
        source: std::io::Error,
    },
}

#[derive(Deserialize)]
struct Line<'a> {
    time: Time,
    #[serde(borrow)]
    service: Str<'a>,
    #[serde(borrow)]
    status: Str<'a>,
    response_ms: Option<f64>,
}

/// Whether a file that begins so holds checks: its first line has a time, a service and a status.
pub fn is_checks(head: &[u8]) -> bool {
    let first = head.split(|b| *b == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    serde_json::from_slice::<Line<'_>>(bare(first)).is_ok()
}

/// Reads the checks in the order of the file. A line that cannot be read is counted and named by its number.
///
/// # Errors
/// [`UptimeError`] when not one line can be used, at five million checks, or when the bytes end in an error.
pub fn read(mut input: impl BufRead) -> Result<Batch<Check>, UptimeError> {
    let (mut batch, mut buffer, mut number) = (Batch::new(), Vec::new(), 0_u64);
    loop {
        buffer.clear();
        let broken = |source| UptimeError::Broken { line: number, source };
        if (&mut input).take(LINE_BYTES).read_until(b'\n', &mut buffer).map_err(broken)? == 0 {
            break;
        }
        number += 1;
        let at = || format!("line {number}");
        if buffer.len() as u64 == LINE_BYTES && buffer.last() != Some(&b'\n') {
            batch.skip(&at(), &format!("longer than {} KiB", LINE_BYTES >> 10));
            input.skip_until(b'\n').map_err(|source| UptimeError::Broken { line: number, source })?;
            continue;
        }
        if bare(&buffer).is_empty() {
            continue;
        }
        match check(bare(&buffer)) {
            Ok(_) if batch.items.len() == MOST_CHECKS => return Err(UptimeError::TooMany),
            Ok(check) => batch.items.push(check),
            Err(why) => batch.skip(&at(), &why),
        }
    }
    match batch.skipped.first() {
        Some(first) if batch.items.is_empty() => {
            Err(UptimeError::Nothing(Text::scrub(&format!("{}: {}", first.at, first.why))))
        }
        None if batch.items.is_empty() => Err(UptimeError::Nothing(Text::scrub("the file is empty"))),
        _ => Ok(batch),
    }
}

fn bare(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii()
}

fn check(line: &[u8]) -> Result<Check, String> {
    // The parser counts lines of what it was given, and that is one line.
    let line: Line<'_> = serde_json::from_slice(line)
        .map_err(|error| error.to_string().replace(" at line 1 column ", ", at column "))?;
    let status = match line.status.as_str() {
        "up" => Status::Up,
        "degraded" => Status::Degraded,
        "down" => Status::Down,
        other => {
            return Err(format!("status: \"{}\" is none of up, degraded, down", clip(Text::scrub(other).as_str(), 40)));
        }
    };
    let response_ms = line.response_ms.filter(|ms| ms.is_finite() && 0.0 <= *ms);
    Ok(Check { at: line.time.0, service: Text::scrub(line.service.as_str()), status, response_ms })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UP: &str = r#"{"time":"2026-08-11T11:06:26Z","service":"Manual","status":"up","code":200,"response_ms":858}"#;

    #[test]
    fn checks_are_read_and_bad_lines_named() {
        let odd = UP.replace("\"up\"", "\"asleep\"");
        let text = format!("\u{feff}{UP}\n\n{odd}\n{{\"time\":\n{}\n", UP.replace("\"up\"", "\"down\""));
        let read = read(text.as_bytes()).unwrap();
        assert_eq!(read.items.iter().map(|c| c.status).collect::<Vec<_>>(), [Status::Up, Status::Down]);
        assert_eq!((read.items[0].response_ms, read.n_skipped), (Some(858.0), 2));
        let told: Vec<_> = read.skipped.iter().map(|s| s.at.as_str()).collect();
        assert_eq!(
            (told, read.skipped[0].why.as_str()),
            (vec!["line 3", "line 4"], "status: \"asleep\" is none of up, degraded, down")
        );
    }

    #[test]
    fn a_line_without_an_end_is_passed_over() {
        let text = format!("{{\"a\":\"{}\"}}\n{UP}\n", "x".repeat(200_000));
        let read = read(text.as_bytes()).unwrap();
        assert_eq!((read.items.len(), read.skipped[0].why.as_str()), (1, "longer than 64 KiB"));
    }

    #[test]
    fn a_file_is_known_by_its_first_line() {
        assert!(is_checks(UP.as_bytes()) && is_checks(format!("\n{UP}\n{{}}").as_bytes()));
        assert!(!is_checks(b"{\"type\":\"issue\"}") && !is_checks(b"") && !is_checks(b"number,opened_at"));
        assert!(read(&b"\n"[..]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (read(&bytes[..]).is_ok(), is_checks(&bytes));
        }
    }
}
