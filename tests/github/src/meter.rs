//! What was asked, and what it cost.

use std::{fmt, io::Write};

use flate2::{Compression, write::GzEncoder};

use crate::wire::{Answer, Request};

/// The ledger of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Meter {
    /// Requests of any kind.
    pub requests: u64,
    /// Answers "not modified".
    pub unmodified: u64,
    /// REST requests charged to the hour.
    pub rest: u64,
    /// GraphQL requests.
    pub graphql: u64,
    /// GraphQL points charged to the hour.
    pub points: u64,
    /// Requests that change something.
    pub writes: u64,
    /// Refusals and failures: 4xx and 5xx.
    pub refused: u64,
    /// Bytes of bodies.
    pub bytes: u64,
    /// Bytes of bodies as they would travel compressed.
    pub gzipped: u64,
}

impl Meter {
    /// Counts a request and its answer. `measure` = also compress the body, to know its size (slow).
    pub fn count(&mut self, request: &Request, answer: &Answer, measure: bool) {
        self.requests += 1;
        self.unmodified += u64::from(answer.status == 304);
        self.graphql += u64::from(request.path().ends_with("/graphql"));
        self.writes += u64::from(request.method != "GET" && !request.path().ends_with("/graphql"));
        self.refused += u64::from(answer.status >= 400);
        self.bytes += answer.body.len() as u64;
        self.gzipped += if measure { gzipped(&answer.body) } else { 0 };
    }

    /// What was counted since.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            unmodified: self.unmodified - before.unmodified,
            rest: self.rest - before.rest,
            graphql: self.graphql - before.graphql,
            points: self.points - before.points,
            writes: self.writes - before.writes,
            refused: self.refused - before.refused,
            bytes: self.bytes - before.bytes,
            gzipped: self.gzipped - before.gzipped,
        }
    }

    /// The names of what [`Meter`] shows, in its columns.
    pub fn head() -> String {
        format!(
            "{:>8} {:>6} {:>6} {:>8} {:>7} {:>7} {:>7} {:>10} {:>10}",
            "requests", "304s", "REST", "GraphQL", "points", "writes", "refused", "bytes", "gzipped"
        )
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, unmodified, rest, graphql, points, writes, refused, bytes, gzipped } = self;
        write!(
            f,
            "{requests:>8} {unmodified:>6} {rest:>6} {graphql:>8} {points:>7} {writes:>7} {refused:>7} {bytes:>10} {gzipped:>10}"
        )
    }
}

fn gzipped(body: &[u8]) -> u64 {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let _ = encoder.write_all(body);
    encoder.finish().map_or(0, |bytes| bytes.len() as u64)
}
