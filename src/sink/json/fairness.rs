//! How the load is shared.

use serde::Serialize;

use super::{Document, Said};
use crate::{
    domain::{
        rota::fairness::{Evenness, Fairness},
        time::{between, rfc3339},
    },
    sink::{
        json::rota as wire,
        rota::{About, Known},
        words,
    },
};

#[derive(Debug, Serialize)]
struct Share {
    person: Said,
    total_s: i64,
    nights_s: i64,
    weekends_s: i64,
    shifts: usize,
    share: Option<f64>,
    deviation_s: i64,
}

#[derive(Debug, Serialize)]
struct Pair {
    first: Said,
    second: Said,
    total_s: i64,
    nights_s: i64,
    weekends_s: i64,
}

#[derive(Debug, Serialize)]
struct Measure {
    mean_s: i64,
    range_s: i64,
    spread: Option<f64>,
    balance: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Measures {
    total: Measure,
    nights: Measure,
    weekends: Measure,
}

#[derive(Debug, Serialize)]
struct Span {
    start: String,
    end: String,
    length_s: i64,
}

#[derive(Debug, Serialize)]
struct From {
    recorded_s: i64,
    computed_s: i64,
}

/// Adds how the load is shared.
pub fn fairness(document: Document, about: &About<'_>, fairness: &Fairness, known: Known) -> Document {
    let people = fairness.people.iter().map(|load| Share {
        person: Said::from(&load.person),
        total_s: load.total.num_seconds(),
        nights_s: load.nights.num_seconds(),
        weekends_s: load.weekends.num_seconds(),
        shifts: load.n_shifts,
        share: load.share,
        deviation_s: load.deviation.num_seconds(),
    });
    let pairs = fairness.pairs.iter().map(|pair| Pair {
        first: Said::from(&pair.first),
        second: Said::from(&pair.second),
        total_s: pair.total.num_seconds(),
        nights_s: pair.nights.num_seconds(),
        weekends_s: pair.weekends.num_seconds(),
    });
    let evenness = Measures {
        total: measure(fairness.total),
        nights: measure(fairness.nights),
        weekends: measure(fairness.weekends),
    };
    let length_s = between(fairness.start, fairness.end).num_seconds();
    let definitions: serde_json::Map<_, _> =
        words::FAIRNESS.iter().map(|(name, means)| ((*name).to_owned(), (*means).into())).collect();
    wire::about(document, about)
        .with("span", Span { start: rfc3339(fairness.start), end: rfc3339(fairness.end), length_s })
        .with("from", From { recorded_s: known.recorded.num_seconds(), computed_s: known.computed.num_seconds() })
        .with("people", people.collect::<Vec<_>>())
        .with("pairs", pairs.collect::<Vec<_>>())
        .with("pairs_left_out", fairness.pairs_left_out)
        .with("evenness", evenness)
        .with("definitions", definitions)
}

fn measure(of: Evenness) -> Measure {
    Measure { mean_s: of.mean.num_seconds(), range_s: of.range.num_seconds(), spread: of.spread, balance: of.balance }
}
