//! Statistics on the wire. Lengths are seconds to the millisecond; nothing is null, never 0.

use chrono::{DateTime, SecondsFormat, Timelike as _, Utc};
use serde_json::{Map, Value, json};

use super::{Document, Said, left_out};
use crate::{
    domain::{
        incident::{IncidentKey, Kind, Repo},
        stats::{
            cases::{By, Row},
            delta::Changes,
            items::{Group, Item, Mean, Month},
            outage::Service,
            summary::{LIMITS, Summary},
            survival::Median,
            ticket,
            times::Times,
        },
        time::rfc3339,
    },
    sink::{
        report::{Deltas, Items, Left, Tickets, Uptime},
        words,
    },
};

/// Adds the figures of issues and pull requests.
pub fn items(document: Document, report: &Items) -> Document {
    let is_one = report.repositories.len() == 1;
    let knows = Knows { turns: report.knows_turns, acts: report.knows_acts, is_one, hours: &report.hours };
    about(document, &report.repositories)
        .with("as_of", instant(report.as_of))
        .with("as_of_from", report.as_of_from)
        .with("format", report.format)
        .with("zone", Said::from(&report.zone))
        .with("issues", group(&report.issues, &knows))
        .with("pulls", group(&report.pulls, &knows))
        .with("all", group(&report.all, &knows))
        .with("times", times(&report.times))
        .with("by", by(&report.by))
        .with("items", report.items.iter().map(item).collect::<Vec<_>>())
        .with("left_out", left(&report.left))
        .with("definitions", definitions(&words::STATS))
}

/// Adds the figures of tickets.
pub fn tickets(document: Document, report: &Tickets) -> Document {
    let ignored = ["ack", "resolve", "close"].iter().zip(report.before_opening).filter(|(_, n)| 0 < *n);
    let priorities = report.by_priority.iter().map(|(name, group)| (name.as_str().to_owned(), tickets_of(group)));
    let month = |month: &ticket::Month| {
        json!({
            "opened": month.opened, "resolved": month.resolved,
            "mtta_opened": mean(&month.mtta_opened), "mttr_resolved": mean(&month.mttr_resolved),
        })
    };
    document
        .with("as_of", instant(report.as_of))
        .with("as_of_from", report.as_of_from)
        .with("format", "ticket-log-csv")
        .with("zone", Said::from(&report.zone))
        .with("rows", report.rows)
        .with("incidents", report.n)
        .with("negative_ignored", ignored.map(|(name, n)| ((*name).to_owned(), n.into())).collect::<Map<_, Value>>())
        .with("all", tickets_of(&report.all))
        .with("by_priority", priorities.collect::<Map<_, _>>())
        .with("monthly", report.monthly.iter().map(|(name, m)| (name.clone(), month(m))).collect::<Map<_, _>>())
        .with("times", times(&report.times))
        .with("by", by(&report.by))
        .with("left_out", left(&report.left))
        .with("definitions", definitions(&words::TICKETS))
}

/// Adds the figures of services.
pub fn uptime(document: Document, report: &Uptime) -> Document {
    let services = report.services.iter().map(|(name, s)| (name.as_str().to_owned(), service(s, report.as_of)));
    document
        .with("as_of", report.as_of.map(instant))
        .with("format", "checks-jsonl")
        .with("services", services.collect::<Map<_, _>>())
        .with("left_out", left(&report.left))
        .with("definitions", definitions(&words::UPTIME))
}

/// Adds what changed between two looks.
pub fn deltas(document: Document, report: &Deltas) -> Document {
    about(document, &report.repositories)
        .with("old", report.old.map(instant))
        .with("new", report.new.map(instant))
        .with("issues", changes(&report.issues))
        .with("pulls", changes(&report.pulls))
        .with("left_out", left(&report.left))
}

/// What can be known, and how it is written.
struct Knows<'a> {
    turns: bool,
    acts: bool,
    is_one: bool,
    hours: &'a str,
}

fn about(document: Document, repositories: &[Repo]) -> Document {
    let one = match repositories {
        [one] => Some(Said::from(one)),
        _ => None,
    };
    document.with("repo", one).with("repositories", super::all(repositories))
}

fn negative(group: &Group) -> Value {
    if group.closed_before_open == 0 { json!({}) } else { json!({"close": group.closed_before_open}) }
}

fn group(group: &Group, knows: &Knows<'_>) -> Value {
    let key = |key: &IncidentKey| if knows.is_one { json!(key.number) } else { json!(Said::from(key)) };
    let mut response =
        json!({"any": summary(&group.any), "nobot": summary(&group.nobot), "team": summary(&group.team)});
    let mut all = json!({
        "count": group.count, "open": group.open, "closed": group.closed, "merged": group.merged,
        "opened_by_bot": group.opened_by_bot, "without_history": group.untold,
        "comments_and_reviews": group.comments_and_reviews, "ignored_before_open": group.ignored_before_open,
        "negative_ignored": negative(group),
        "close": summary(&group.close),
        "open_age": {
            "n": group.open_age.n, "mean": figure(group.open_age.mean), "median": figure(group.open_age.median),
            "max": figure(group.open_age.max), "oldest_number": group.oldest.as_ref().map(key),
        },
        "awaiting_nobot": group.awaiting_nobot.iter().map(key).collect::<Vec<_>>(),
        "monthly": group.monthly.iter().map(|(name, m)| (name.clone(), month(m))).collect::<Map<_, _>>(),
        "business": {
            "hours": knows.hours,
            "response_nobot": summary(&group.business_nobot), "close": summary(&group.business_close),
        },
    });
    if let Some(response) = response.as_object_mut().filter(|_| knows.acts) {
        response.insert("any_action".to_owned(), summary(&group.any_action));
    }
    if let Some(all) = all.as_object_mut() {
        all.insert("response".to_owned(), response);
        if knows.turns {
            all.insert("first_close".to_owned(), summary(&group.first_close));
            all.insert("reopened".to_owned(), group.reopened.into());
        }
    }
    all
}

fn month(month: &Month) -> Value {
    json!({
        "opened": month.opened, "closed": month.closed,
        "mtta_opened": mean(&month.mtta_opened), "mtta_opened_n": month.mtta_opened.n(),
        "mtta_responded": mean(&month.mtta_responded), "mtta_responded_n": month.mtta_responded.n(),
        "mttr_opened": mean(&month.mttr_opened), "mttr_opened_n": month.mttr_opened.n(),
        "mttr_closed": mean(&month.mttr_closed), "mttr_closed_n": month.mttr_closed.n(),
    })
}

fn item(item: &Item) -> Value {
    let at = |at: Option<DateTime<Utc>>| at.map(rfc3339);
    let since = |at| figure(item.since_opening(at));
    json!({
        "kind": if item.kind == Kind::Issue { "issue" } else { "pull" },
        "repository": Said::from(&item.key.repo), "number": item.key.number,
        "state": if item.is_open() { "open" } else { "closed" }, "history": item.is_told,
        "created": rfc3339(item.opened_at), "first_any": at(item.any), "first_nobot": at(item.nobot),
        "first_team": at(item.team), "closed": at(item.closed_at),
        "response_any_s": since(item.any), "response_nobot_s": since(item.nobot),
        "response_team_s": since(item.team), "close_s": since(item.closed_at),
    })
}

/// The Kaplan-Meier median: not reached is an answer, and null says that there was nothing to look at.
pub(super) fn half(median: Median) -> Value {
    match median {
        Median::At(seconds) => json!({"reached": true, "median": figure(Some(seconds))}),
        Median::NotReached => json!({"reached": false, "median": null}),
        Median::Nothing => Value::Null,
    }
}

fn times(times: &Times) -> Value {
    let km = half(times.km_ttr);
    json!({
        "opened": times.opened, "unacked": times.unacked, "still_open": times.still_open, "cancelled": times.cancelled,
        "tta": summary(&times.tta), "ttr": summary(&times.ttr),
        "ttd": (0 < times.ttd.n).then(|| summary(&times.ttd)), "km_ttr": km,
        "ttr_of_opened_median": figure(times.naive_ttr),
    })
}

fn by(groups: &[(By, Vec<Row>)]) -> Map<String, Value> {
    let row = |row: &Row| {
        let edge = |at: DateTime<Utc>| Some(rfc3339(at)).filter(|_| row.period.is_some());
        json!({
            "name": (!row.name.is_blank()).then(|| Said::from(&row.name)),
            "from": row.period.as_ref().and_then(|p| edge(p.start)),
            "to": row.period.as_ref().and_then(|p| edge(p.end)),
            "times": times(&row.times),
        })
    };
    groups.iter().map(|(by, rows)| (by.word().to_owned(), rows.iter().map(row).collect())).collect()
}

fn tickets_of(group: &ticket::Group) -> Value {
    json!({
        "n": group.n, "made_sla": group.made_sla, "reopened": group.reopened, "reassignments": group.reassignments,
        "ack": summary(&group.ack), "resolve": summary(&group.resolve), "close": summary(&group.close),
    })
}

fn service(service: &Service, as_of: Option<DateTime<Utc>>) -> Value {
    let until = as_of.unwrap_or_default();
    let outage = |o: &crate::domain::stats::outage::Outage| {
        json!([instant(o.start), o.end.map(instant), figure(Some(o.seconds(until)))])
    };
    let answers = &service.response_ms;
    json!({
        "checks": service.checks, "down_checks": service.down_checks, "outages": service.outages.len(),
        "open_outage": service.is_down(), "down_s": figure(Some(service.down_s)),
        "window_s": figure(Some(service.window_s)),
        "availability": service.availability.map(|share| (share * 1e6).round() / 1e6),
        "mttr_s": figure(service.mttr_s), "outage_list": service.outages.iter().map(outage).collect::<Vec<_>>(),
        "response_ms": {
            "n": answers.n, "mean": figure(answers.mean), "median": figure(answers.median), "p90": figure(answers.p90),
            "p90_nearest_rank": figure(answers.p90_nearest_rank), "min": figure(answers.min), "max": figure(answers.max),
        },
    })
}

fn changes(changes: &Changes) -> Value {
    let comments = changes.new_comments.iter().map(|(number, n)| (number.to_string(), json!(n)));
    json!({
        "opened": changes.opened, "gone": changes.gone, "closed": changes.closed, "reopened": changes.reopened,
        "opened_and_already_closed": changes.opened_and_already_closed, "retitled": changes.retitled,
        "relabelled": changes.relabelled, "reassigned": changes.reassigned,
        "new_comments": comments.collect::<Map<_, _>>(), "updated_at_changed": changes.updated_at_changed,
    })
}

fn summary(summary: &Summary) -> Value {
    let within = LIMITS.iter().zip(summary.within).map(|((name, _), n)| ((*name).to_owned(), json!(n)));
    json!({
        "n": summary.n, "missing": summary.missing, "mean": figure(summary.mean), "median": figure(summary.median),
        "p90": figure(summary.p90), "p90_nearest_rank": figure(summary.p90_nearest_rank),
        "min": figure(summary.min), "max": figure(summary.max), "within": within.collect::<Map<_, _>>(),
    })
}

fn mean(mean: &Mean) -> Option<f64> {
    figure(mean.value())
}

/// To the thousandth.
fn figure(value: Option<f64>) -> Option<f64> {
    value.map(|value| (value * 1e3).round() / 1e3)
}

/// An instant; with its fraction where the source gives one, since ages count from it.
fn instant(at: DateTime<Utc>) -> String {
    if at.nanosecond() == 0 { rfc3339(at) } else { at.to_rfc3339_opts(SecondsFormat::Micros, true) }
}

fn left(left: &Left) -> Value {
    json!({"n": left.n, "named": left_out(&left.named)})
}

fn definitions(words: &[(&str, &str)]) -> Map<String, Value> {
    words.iter().map(|(name, meaning)| ((*name).to_owned(), (*meaning).into())).collect()
}
