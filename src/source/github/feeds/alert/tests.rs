use serde_json::json;

use crate::domain::{
    incident::{CloseReason, Kind},
    priority::{Grade, Priority},
    sla::Policy,
};

use super::{
    super::samples::{answer, now, plan},
    *,
};

fn chore(which: Which) -> Alerts {
    Alerts::new(which, &plan(None).api_url, &Repo::new("acme/api"))
}

fn dependabot(number: u64, severity: &str, updated: &str) -> Value {
    json!({"number": number, "state": "open", "dependency": {"package": {"ecosystem": "npm", "name": "left-pad"}},
        "security_advisory": {"ghsa_id": "GHSA-2222-2222-2222", "summary": "It pads too far", "description": "Long.", "severity": severity},
        "security_vulnerability": {"severity": severity, "first_patched_version": {"identifier": "1.3.1"}},
        "html_url": format!("https://github.com/acme/api/security/dependabot/{number}"),
        "created_at": "2026-11-01T10:00:00Z", "updated_at": updated, "fixed_at": null, "dismissed_at": null, "dismissed_by": null})
}

fn told(which: Which, record: &Value) -> Incident {
    let mut chore = chore(which);
    let _ = chore.request(now());
    chore.read(&answer(200, &[], &json!([record])), now()).unwrap().items.remove(0)
}

#[test]
fn a_dependabot_alert_is_an_incident_that_the_security_rule_judges() {
    let alert = told(Which::Dependabot, &dependabot(3, "critical", "2026-11-02T10:00:00Z"));
    assert_eq!((alert.key.to_string().as_str(), alert.kind), ("acme/api#dependabot-3", Kind::Dependabot));
    assert_eq!(alert.title.as_str(), "left-pad: It pads too far");
    assert!(alert.is_open() && alert.has_label("security") && alert.has_timeline);
    assert_eq!(Policy::standard().grade_of(&alert.labels), Grade::Set(Priority::P0));
    assert!(alert.body.unwrap().as_str().starts_with("Fixed in 1.3.1."));
}

#[test]
fn severities_are_priorities_in_both_spellings() {
    let grade = |severity: &str| {
        let alert = told(Which::Dependabot, &dependabot(1, severity, "2026-11-02T10:00:00Z"));
        Policy::standard().grade_of(&alert.labels)
    };
    let set = |priority| Grade::Set(priority);
    assert_eq!(
        ["critical", "high", "medium", "MODERATE", "low", "dire"].map(grade),
        [
            set(Priority::P0),
            set(Priority::P1),
            set(Priority::P2),
            set(Priority::P2),
            set(Priority::P3),
            Grade::Untriaged
        ]
    );
}

#[test]
fn a_fixed_or_dismissed_alert_is_closed() {
    let mut fixed = dependabot(1, "high", "2026-11-10T10:00:00Z");
    (fixed["state"], fixed["fixed_at"]) = ("fixed".into(), "2026-11-10T10:00:00Z".into());
    let fixed = told(Which::Dependabot, &fixed);
    assert_eq!((fixed.is_open(), fixed.close_reason), (false, Some(CloseReason::Completed)));
    let mut dismissed = dependabot(2, "high", "2026-11-10T10:00:00Z");
    dismissed["state"] = "dismissed".into();
    (dismissed["dismissed_at"], dismissed["dismissed_by"]) = ("2026-11-09T10:00:00Z".into(), json!({"login": "casey"}));
    let dismissed = told(Which::Dependabot, &dismissed);
    assert_eq!(dismissed.close_reason, Some(CloseReason::NotPlanned));
    assert_eq!(dismissed.timeline[0].actor.as_ref().unwrap().login.as_str(), "casey");
}

#[test]
fn a_finding_in_the_code_is_named_by_its_rule_and_place() {
    let record = json!({"number": 42, "state": "open", "created_at": "2026-11-01T10:00:00Z",
        "rule": {"id": "js/xss", "description": "Cross-site scripting", "severity": "error", "security_severity_level": "high"},
        "most_recent_instance": {"location": {"path": "src/a.js"}, "message": {"text": "here"}},
        "html_url": "https://github.com/acme/api/security/code-scanning/42"});
    let alert = told(Which::CodeScanning, &record);
    assert_eq!((alert.key.to_string().as_str(), alert.kind), ("acme/api#code-42", Kind::CodeScanning));
    assert_eq!(alert.title.as_str(), "Cross-site scripting (src/a.js)");
    assert!(alert.has_label("security-high"));
}

#[test]
fn an_advisory_in_triage_is_open_and_may_have_no_severity() {
    let record = json!({"ghsa_id": "GHSA-jfh8-c2jp-5v3q", "state": "triage", "summary": "Reported", "severity": null,
        "created_at": "2026-11-01T10:00:00Z", "updated_at": "2026-11-01T10:00:00Z", "vulnerabilities": []});
    let alert = told(Which::Advisories, &record);
    assert_eq!(alert.key.to_string(), "acme/api#GHSA-jfh8-c2jp-5v3q");
    assert!(alert.is_open() && alert.labels.len() == 1);
    let mut published = record;
    (published["state"], published["published_at"]) = ("published".into(), "2026-11-03T10:00:00Z".into());
    assert!(!told(Which::Advisories, &published).is_open());
}

fn link(page: &str) -> String {
    format!(r#"<https://api.github.com/repositories/1/dependabot/alerts?after={page}>; rel="next""#)
}

#[test]
fn the_first_round_reads_all_and_later_ones_what_changed() {
    let mut chore = chore(Which::Dependabot);
    let first = chore.request(now());
    let expected = "https://api.github.com/repos/acme/api/dependabot/alerts?sort=updated&direction=desc&per_page=100";
    assert_eq!(first.url.as_str(), expected);
    let page = json!([dependabot(9, "low", "2026-11-20T10:00:00Z")]);
    let step = chore.read(&answer(200, &[("link", &link("a"))], &page), now()).unwrap();
    assert!(!step.is_all && step.next.is_some());
    let step = chore.read(&answer(200, &[], &json!([dependabot(1, "low", "2026-11-02T10:00:00Z")])), now()).unwrap();
    assert!(step.is_all && step.next.is_none());
    // The next round ends at what is known, and takes nothing away.
    let _ = chore.request(now());
    let page = json!([dependabot(10, "low", "2026-11-20T11:00:00Z"), dependabot(1, "low", "2026-11-02T10:00:00Z")]);
    let step = chore.read(&answer(200, &[("link", &link("b"))], &page), now()).unwrap();
    assert_eq!((step.items.len(), step.is_all, step.next), (2, false, None));
}

#[test]
fn alerts_closed_long_ago_are_not_told_and_a_page_of_faults_is_no_quiet_day() {
    let mut old = dependabot(1, "high", "2026-01-10T10:00:00Z");
    (old["state"], old["fixed_at"]) = ("fixed".into(), "2026-01-10T10:00:00Z".into());
    let mut chore = chore(Which::Dependabot);
    let _ = chore.request(now());
    let step = chore.read(&answer(200, &[], &json!([old, {"number": 2}])), now()).unwrap();
    assert_eq!((step.items.len(), step.skipped.len(), step.is_all), (0, 1, false));
    assert!(chore.read(&answer(200, &[], &json!([{"number": 2}])), now()).is_err());
}

#[test]
fn each_kind_owns_its_own_row_of_numbers() {
    let owns = |which, key: &str| chore(which).owns(&IncidentKey::parse(key).unwrap());
    assert!(owns(Which::Dependabot, "acme/api#dependabot-3") && !owns(Which::Dependabot, "acme/web#dependabot-3"));
    assert!(owns(Which::CodeScanning, "acme/api#code-3") && !owns(Which::CodeScanning, "acme/api#3"));
}
