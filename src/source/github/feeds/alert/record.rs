//! Security alerts as GitHub's REST API writes them, and as incidents.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    domain::{
        incident::{
            Actor, CloseReason, Event, Incident, IncidentKey, Kind, Label, Login, Numbering, Repo, Standing, What,
        },
        key::advisory_number,
    },
    source::github::field::{is_robot_login, page},
    text::{Passage, Text},
};

use super::super::{text, time};

/// Reads a Dependabot alert.
pub(super) fn dependabot(alert: &Value, repo: &Repo) -> Result<Incident, &'static str> {
    let package = text(alert, "/dependency/package/name").or(text(alert, "/security_vulnerability/package/name"));
    let summary = text(alert, "/security_advisory/summary").unwrap_or("no summary");
    let severity = text(alert, "/security_vulnerability/severity").or(text(alert, "/security_advisory/severity"));
    let state = text(alert, "/state").ok_or("state: missing")?;
    let close = match state {
        "open" => None,
        "fixed" => Some(Close::at(time(alert, "/fixed_at"), CloseReason::Completed)),
        "auto_dismissed" => Some(Close::at(time(alert, "/auto_dismissed_at"), CloseReason::NotPlanned)),
        "dismissed" => Some(Close::by(alert, "/dismissed_at", "/dismissed_by/login")),
        _ => return Err("state: not known"),
    };
    let mut body = text(alert, "/security_advisory/description").unwrap_or_default().to_owned();
    if let Some(fixed_in) = text(alert, "/security_vulnerability/first_patched_version/identifier") {
        body = format!("Fixed in {fixed_in}.\n\n{body}");
    }
    let named = Named {
        key: numbered(alert, repo, Numbering::Dependabot)?,
        kind: Kind::Dependabot,
        title: package.map_or_else(|| summary.to_owned(), |package| format!("{package}: {summary}")),
        severity,
        body,
    };
    named.incident(alert, close)
}

/// Reads a code scanning alert.
pub(super) fn code_scanning(alert: &Value, repo: &Repo) -> Result<Incident, &'static str> {
    let rule = text(alert, "/rule/description").or(text(alert, "/rule/name")).or(text(alert, "/rule/id"));
    // A finding that is no weakness has a severity of its own scale: error, warning, note.
    let severity = text(alert, "/rule/security_severity_level").or(match text(alert, "/rule/severity") {
        Some("error") => Some("high"),
        Some("warning") => Some("medium"),
        Some("note") => Some("low"),
        _ => None,
    });
    let state = text(alert, "/state").ok_or("state: missing")?;
    let close = match state {
        "open" => None,
        "fixed" => Some(Close::at(time(alert, "/fixed_at"), CloseReason::Completed)),
        "dismissed" | "closed" => Some(Close::by(alert, "/dismissed_at", "/dismissed_by/login")),
        _ => return Err("state: not known"),
    };
    let place = text(alert, "/most_recent_instance/location/path");
    let title = match (rule, place) {
        (Some(rule), Some(place)) => format!("{rule} ({place})"),
        (Some(rule), None) => rule.to_owned(),
        (None, _) => return Err("rule: missing"),
    };
    let body = text(alert, "/most_recent_instance/message/text").unwrap_or_default().to_owned();
    let key = numbered(alert, repo, Numbering::CodeScanning)?;
    Named { key, kind: Kind::CodeScanning, title, severity, body }.incident(alert, close)
}

/// Reads one of the repository's own advisories: open until it is published, closed or withdrawn.
pub(super) fn advisory(alert: &Value, repo: &Repo) -> Result<Incident, &'static str> {
    let id = text(alert, "/ghsa_id").ok_or("ghsa_id: missing")?;
    let number = advisory_number(id).ok_or("ghsa_id: not the name of an advisory")?;
    let state = text(alert, "/state").ok_or("state: missing")?;
    let close = match state {
        "triage" | "draft" => None,
        "published" => Some(Close::at(time(alert, "/published_at"), CloseReason::Completed)),
        "withdrawn" => Some(Close::at(time(alert, "/withdrawn_at"), CloseReason::NotPlanned)),
        "closed" => Some(Close::at(time(alert, "/closed_at"), CloseReason::NotPlanned)),
        _ => return Err("state: not known"),
    };
    let summary = text(alert, "/summary").unwrap_or("no summary");
    let package = text(alert, "/vulnerabilities/0/package/name");
    let named = Named {
        key: IncidentKey { repo: repo.clone(), number, numbering: Numbering::Advisories },
        kind: Kind::Advisory,
        title: package.map_or_else(|| summary.to_owned(), |package| format!("{package}: {summary}")),
        severity: text(alert, "/severity"),
        body: text(alert, "/description").unwrap_or_default().to_owned(),
    };
    named.incident(alert, close)
}

fn numbered(alert: &Value, repo: &Repo, numbering: Numbering) -> Result<IncidentKey, &'static str> {
    let number = alert.get("number").and_then(Value::as_u64).ok_or("number: missing")?;
    Ok(IncidentKey { repo: repo.clone(), number, numbering })
}

/// How an alert ended.
struct Close {
    at: Option<DateTime<Utc>>,
    why: CloseReason,
    by: Option<Actor>,
}

impl Close {
    fn at(at: Option<DateTime<Utc>>, why: CloseReason) -> Self {
        Self { at, why, by: None }
    }

    /// Somebody dismissed it: only who may write to the repository can.
    fn by(alert: &Value, at: &str, login: &str) -> Self {
        let by = text(alert, login).map(|login| Actor {
            login: Login::new(login),
            standing: Standing::Member,
            is_robot: is_robot_login(login),
        });
        Self { at: time(alert, at), why: CloseReason::NotPlanned, by }
    }
}

struct Named<'a> {
    key: IncidentKey,
    kind: Kind,
    title: String,
    severity: Option<&'a str>,
    body: String,
}

impl Named<'_> {
    fn incident(self, alert: &Value, close: Option<Close>) -> Result<Incident, &'static str> {
        let opened_at = time(alert, "/created_at").ok_or("created_at: missing, or no time")?;
        let updated_at = time(alert, "/updated_at").unwrap_or(opened_at);
        let body = Passage::scrub(&self.body);
        let mut timeline = Vec::new();
        let close = close.map(|close| {
            // An alert that is closed at no known time was so when it last changed.
            let at = close.at.unwrap_or(updated_at);
            timeline.push(Event { at, actor: close.by, what: What::Closed(close.why) });
            (at, close.why)
        });
        let (closed_at, close_reason) = (close.map(|(at, _)| at), close.map(|(_, why)| why));
        let labels = std::iter::once("security").chain(severity_label(self.severity)).map(Label::new).collect();
        Ok(Incident {
            key: self.key,
            kind: self.kind,
            title: Text::scrub(&self.title),
            author: text(alert, "/author/login").map(Login::new),
            labels,
            assignees: Vec::new(),
            reviewers: Vec::new(),
            milestone: None,
            is_draft: false,
            opened_at,
            updated_at: closed_at.map_or(updated_at, |closed| closed.max(updated_at)),
            closed_at,
            close_reason,
            comments: 0,
            url: page(text(alert, "/html_url")),
            body: (!body.is_blank()).then(|| Box::new(body)),
            timeline,
            // All that happens to an alert is that it is closed: nobody can answer it.
            has_timeline: true,
        })
    }
}

/// The label that says how severe an alert is; the policy reads it as a priority. REST says medium, GraphQL MODERATE.
fn severity_label(severity: Option<&str>) -> Option<&'static str> {
    let severity = severity?.to_ascii_lowercase();
    match severity.as_str() {
        "critical" => Some("security-critical"),
        "high" => Some("security-high"),
        "medium" | "moderate" => Some("security-medium"),
        "low" => Some("security-low"),
        _ => None,
    }
}
