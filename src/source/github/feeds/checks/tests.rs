use serde_json::json;

use crate::text::Text;

use super::{
    super::samples::{answer, now, plan},
    *,
};

fn run(name: &str, status: &str, conclusion: Option<&str>) -> Value {
    json!({"name": name, "status": status, "conclusion": conclusion, "head_sha": "abc"})
}

fn status(context: &str, state: &str) -> Value {
    json!({"context": context, "state": state})
}

fn checks() -> Checks {
    Checks::new(&plan(None).api_url, &Repo::new("acme/api"), "release/1.4")
}

fn runs(list: &[Value]) -> Value {
    json!({"total_count": list.len(), "check_runs": list})
}

fn statuses(list: &[Value]) -> Value {
    json!({"sha": "def", "state": "pending", "total_count": list.len(), "statuses": list})
}

fn stand(step: Step) -> RefChecks {
    step.host.unwrap().host.checks.remove(0)
}

#[test]
fn both_worlds_count_and_what_is_not_known_is_unknown() {
    let mut checks = checks();
    let first = checks.request(now());
    let base = "https://api.github.com/repos/acme/api/commits/release%2F1.4";
    assert_eq!(first.url.as_str(), format!("{base}/check-runs?filter=latest&per_page=100"));
    let list = [
        run("build", "completed", Some("success")),
        run("lint", "completed", Some("neutral")),
        run("docs", "completed", Some("skipped")),
        run("test", "completed", Some("failure")),
        run("slow", "completed", Some("timed_out")),
        run("old", "completed", Some("stale")),
        run("running", "in_progress", None),
        run("new", "completed", Some("levitated")),
        run("odd", "completed", None),
        run("odder", "dreaming", None),
    ];
    let step = checks.read(&answer(200, &[], &runs(&list)), now()).unwrap();
    assert_eq!(step.next.unwrap().url.as_str(), format!("{base}/status?per_page=100"));
    let list = [status("ci/a", "success"), status("ci/b", "error"), status("ci/c", "pending"), status("ci/d", "?")];
    let found = stand(checks.read(&answer(200, &[], &statuses(&list)), now()).unwrap());
    let names = |list: &[Text]| list.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!((found.n_passed, found.n_unknown, found.commit.as_str()), (4, 4, "def"));
    assert_eq!(names(&found.failed), ["test", "slow", "old", "ci/b"]);
    assert_eq!(names(&found.pending), ["running", "ci/c"]);
}

#[test]
fn more_than_a_page_is_read_and_what_is_counted_but_not_shown_is_unknown() {
    let mut checks = checks();
    let _ = checks.request(now());
    let page: Vec<Value> = (0..100).map(|n| run(&format!("c{n}"), "completed", Some("success"))).collect();
    let link = r#"<https://api.github.com/repositories/1/commits/x/check-runs?page=2>; rel="next""#;
    let body = json!({"total_count": 130, "check_runs": page});
    let step = checks.read(&answer(200, &[("link", link)], &body), now()).unwrap();
    assert!(step.next.unwrap().url.as_str().ends_with("page=2"));
    let rest = json!({"total_count": 130, "check_runs": page[..20]});
    let step = checks.read(&answer(200, &[], &rest), now()).unwrap();
    assert!(step.next.unwrap().url.path().ends_with("/status"));
    let found = stand(checks.read(&answer(200, &[], &statuses(&[])), now()).unwrap());
    assert_eq!((found.n_passed, found.n_unknown), (120, 10));
}

#[test]
fn unchanged_pages_mean_what_they_said_and_forgotten_ones_are_asked_again() {
    let mut checks = checks();
    let _ = checks.request(now());
    let _ = checks.read(&answer(200, &[], &runs(&[run("build", "completed", Some("success"))])), now()).unwrap();
    let first = stand(checks.read(&answer(200, &[], &statuses(&[status("a", "success")])), now()).unwrap());
    let _ = checks.request(now());
    assert!(checks.unchanged(now()).next.is_some());
    assert_eq!(stand(checks.unchanged(now())), first);
    let mut restarted = self::checks();
    let asked = restarted.request(now());
    assert_ne!(restarted.unchanged(now()).next.unwrap().url, asked.url);
}

#[test]
fn hidden_check_runs_are_unknown_and_said_while_statuses_go_on() {
    let mut checks = checks();
    let _ = checks.request(now());
    let error = SourceError::Forbidden {
        refusal: crate::source::github::trouble::Refusal::Permission,
        message: Text::scrub("Resource not accessible by personal access token"),
    };
    assert!(checks.refused(&error, now()).unwrap().next.is_some());
    let step = checks.read(&answer(200, &[], &statuses(&[status("a", "success")])), now()).unwrap();
    let missing = step.host.as_ref().unwrap().missing[0].as_str().to_owned();
    assert!(missing.starts_with("check runs of acme/api@release/1.4 need a classic token"), "{missing}");
    let found = stand(step);
    assert_eq!((found.n_passed, found.n_unknown), (1, 1));
}

#[test]
fn a_ref_that_is_not_there_is_said() {
    let mut checks = checks();
    let _ = checks.request(now());
    let error = SourceError::Rejected { status: 422, message: Text::scrub("No commit found for SHA: x") };
    let part = checks.refused(&error, now()).unwrap().host.unwrap();
    assert!(part.missing[0].as_str().contains("no such ref") && part.host.checks.is_empty());
}

#[test]
fn the_recorded_answers_of_a_commit_are_read() {
    let Some(data) = std::env::var_os("WATCHFLOOR_DATA") else {
        println!("left out: recorded commit statuses (WATCHFLOOR_DATA is not set)");
        return;
    };
    let archive = std::path::Path::new(&data).join("github-api/octokit_fixtures.tar.gz");
    let place = tempfile::tempdir().unwrap();
    let done = std::process::Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(place.path()).status();
    assert!(done.unwrap().success(), "cannot unpack {}", archive.display());
    let path = place.path().join("api.github.com/create-status/raw-fixture.json");
    let recorded: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let combined = recorded.iter().find(|exchange| exchange["response"]["statuses"].is_array()).unwrap();
    let mut checks = checks();
    let _ = checks.request(now());
    let _ = checks.read(&answer(200, &[], &runs(&[])), now()).unwrap();
    let found = stand(checks.read(&answer(200, &[], &combined["response"]), now()).unwrap());
    assert_eq!((found.n_passed, found.failed.len(), found.n_unknown), (1, 1, 0));
    assert_eq!(found.failed[0].as_str(), "example/1");
}
