use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::domain::{
    incident::{Event, Incident, IncidentKey, Kind, Label, Login, Numbering, Repo, What},
    sla::{self, Policy},
    time::{minus, parse_rfc3339},
};

fn now() -> DateTime<Utc> {
    parse_rfc3339("2026-11-20T02:12:00Z").unwrap()
}

/// Opened ten hours ago by `zoe`, owned by `ana.k`; P1 answers within 3 d.
fn incident() -> Incident {
    Incident {
        key: IncidentKey::issue(Repo::new("acme/api"), 812),
        kind: Kind::Issue,
        title: Text::scrub("Login returns 500"),
        author: Some(Login::new("zoe")),
        labels: vec![Label::new("P1"), Label::new("good first issue")],
        assignees: vec![Login::new("ana.k")],
        reviewers: Vec::new(),
        milestone: Some(Text::scrub("4.9.9")),
        is_draft: false,
        opened_at: minus(now(), TimeDelta::hours(10)),
        updated_at: minus(now(), TimeDelta::hours(2)),
        closed_at: None,
        close_reason: None,
        comments: 12,
        url: Text::default(),
        body: None,
        timeline: Vec::new(),
        has_timeline: true,
    }
}

fn pull_request() -> Incident {
    let key = IncidentKey::issue(Repo::new("ghe.example/acme/web"), 7);
    let reviewers = vec![Login::new("kai.n")];
    Incident { key, kind: Kind::PullRequest, labels: Vec::new(), assignees: Vec::new(), reviewers, ..incident() }
}

/// What the floor knows of it besides.
#[derive(Default)]
struct Extra {
    acked_by: Option<Login>,
    snoozed_until: Option<DateTime<Utc>>,
    n_pending: usize,
    host: Option<&'static str>,
}

fn passes_with(query: &str, incident: &Incident, extra: &Extra) -> bool {
    let verdict = sla::judge(incident, &Policy::standard(), now());
    let labels: Vec<&str> = incident.labels.iter().map(Label::as_str).collect();
    let words = format!("{}\n{}\n{}", incident.title, incident.key, labels.join("\n")).to_lowercase();
    let rule = Text::scrub("reviews");
    let seen = Seen {
        incident,
        verdict: &verdict,
        words: &words,
        acked_by: extra.acked_by.as_ref(),
        snoozed_until: extra.snoozed_until,
        n_pending: extra.n_pending,
        source: "github",
        host: extra.host,
        rule: Some(&rule),
    };
    Query::strict(query).unwrap_or_else(|faults| panic!("{query}: {faults:?}")).passes(
        &seen,
        &Me::new([Login::new("kai")]).known_as(Login::new("kai.n"), Text::scrub("github")),
        now(),
    )
}

fn passes(query: &str, incident: &Incident) -> bool {
    passes_with(query, incident, &Extra::default())
}

#[test]
fn an_issue_passes_what_is_true_of_it_and_nothing_else() {
    let issue = incident();
    for query in [
        "",
        "login",
        "\"returns 500\"",
        "LOGIN -logout",
        "api#812",
        "is:open",
        "is:open,closed",
        "is:issue -is:pr",
        "is:unanswered",
        "priority:P0,P1",
        "p:1",
        "!p:2",
        "repo:api",
        "repo:acme/*",
        "repo:acme/api",
        "owner:ana",
        "assignee:ana.k",
        "-owner:@me",
        "-owner:none",
        "author:\"zoe\"",
        "label:first",
        "label:\"good first issue\"",
        "label:x,P1",
        "milestone:4.9",
        "reviewer:none",
        "kind:issue",
        "key:812",
        "key:#812,9",
        "number:812",
        "key:api#812",
        "key:acme/api#812",
        "key:acme/*#812",
        "host:github.com",
        "source:github",
        "rule:reviews",
        "breach:<63h",
        "breach:>61h",
        "breach:running",
        "response:running",
        "response:<3d fix:>1w",
        "age:>9h age:<11h",
        "age:>=10h",
        "updated:<=2h",
        "comments:>11",
        "comments:12",
        "sort:age group:label",
        "-label:bug,y",
    ] {
        let asked = Extra { host: Some("github.com"), ..Extra::default() };
        assert!(passes_with(query, &issue, &asked), "{query}");
    }
    for query in [
        "logout",
        "-login",
        "is:closed",
        "is:over",
        "is:risk",
        "is:paused",
        "is:untriaged",
        "is:acked",
        "is:mine",
        "is:snoozed",
        "is:pending",
        "is:alert",
        "is:draft",
        "is:waiting-for-review",
        "p:0,2",
        "p:none",
        "repo:acme/ap",
        "repo:web",
        "owner:@me",
        "owner:none",
        "author:\"zo\"",
        "label:\"first\"",
        "label:none",
        "milestone:none",
        "rule:none",
        "key:81",
        "key:code-812",
        "key:ap#812",
        "host:ghe.example",
        "breach:<62h",
        "breach:over,none,paused",
        "response:met,missed,over,unknown",
        "age:<10h",
        "updated:<2h",
        "comments:>12",
        "login p:0",
    ] {
        assert!(!passes(query, &issue), "{query}");
    }
}

#[test]
fn a_pull_request_on_another_host_waits_until_it_is_reviewed() {
    let pr = pull_request();
    for query in
        ["is:pr", "kind:pr", "is:waiting-for-review", "reviewer:@me", "repo:acme/*", "repo:ghe.example/acme/web"]
            .into_iter()
            .chain(["host:ghe.*", "key:web#7", "owner:none", "label:none", "-owner:@me"])
    {
        assert!(passes(query, &pr), "{query}");
    }
    assert!(!passes("is:waiting-for-review", &Incident { is_draft: true, ..pr.clone() }));
    assert!(passes("is:draft", &Incident { is_draft: true, ..pr.clone() }));
    let mut reviewed = Incident { reviewers: Vec::new(), ..pr };
    assert!(passes("is:waiting-for-review", &reviewed));
    reviewed.timeline.push(Event { at: now(), actor: None, what: What::Reviewed });
    assert!(!passes("is:waiting-for-review", &reviewed));
}

#[test]
fn an_alert_is_asked_for_by_its_kind_and_number() {
    let key = IncidentKey { repo: Repo::new("acme/api"), number: 3, numbering: Numbering::Dependabot };
    let alert = Incident { key, kind: Kind::Dependabot, ..incident() };
    for query in ["is:alert", "kind:dependabot,advisory", "key:dependabot-3", "key:api#dependabot-3", "-is:issue"] {
        assert!(passes(query, &alert), "{query}");
    }
    assert!(!passes("key:3", &alert) && !passes("kind:code-scanning", &alert));
}

#[test]
fn closed_and_snoozed_are_out_of_sight_until_they_are_asked_for() {
    let closed = Incident { closed_at: Some(now()), ..incident() };
    assert_eq!(["", "is:closed", "is:open,closed", "-is:open"].map(|q| passes(q, &closed)), [false, true, true, true]);
    let later = Extra { snoozed_until: Some(now() + TimeDelta::hours(1)), ..Extra::default() };
    let asked = |query| passes_with(query, &incident(), &later);
    assert_eq!(["", "login", "is:snoozed", "is:snoozed,open"].map(asked), [false, false, true, true]);
    let over = Extra { snoozed_until: Some(now()), ..Extra::default() };
    assert!(passes_with("", &incident(), &over) && !passes_with("is:snoozed", &incident(), &over));
}

#[test]
fn mine_is_what_is_assigned_to_any_of_my_names_or_taken_on_by_me() {
    let mine = Incident { assignees: vec![Login::new("Kai.N")], ..incident() };
    assert!(passes("is:mine", &mine) && passes("owner:@ME", &mine));
    let taken = Extra { acked_by: Some(Login::new("kai")), n_pending: 2, ..Extra::default() };
    assert!(passes_with("is:mine is:acked is:pending -owner:@me", &incident(), &taken));
}

#[test]
fn what_is_over_has_less_than_nothing_left_and_what_is_not_known_is_neither() {
    let old = Incident { opened_at: minus(now(), TimeDelta::days(60)), ..incident() };
    for query in ["is:over", "breach:<0s", "breach:<2h", "breach:over", "response:over", "fix:over"] {
        assert!(passes(query, &old), "{query}");
    }
    assert!(!passes("breach:>0s", &old) && !passes("breach:none", &old) && !passes("is:risk", &old));
    let listed = Incident { has_timeline: false, opened_at: minus(now(), TimeDelta::days(2)), ..incident() };
    assert!(passes("response:unknown", &listed));
    for query in ["response:over", "response:running", "response:<9d", "is:over", "is:unanswered"] {
        assert!(!passes(query, &listed), "{query}");
    }
}

/// Each with its column, whether more typing may help, what is said and a part of the hint.
#[test]
fn faults_say_where_and_what_to_write() {
    for (typed, column, is_unfinished, what, hint) in [
        ("login lable:bug", 6, false, "no field \"lable\"", "did you mean label:?"),
        ("http://x", 0, false, "no field \"http\"", "in quotes it is text"),
        ("is:opne", 0, false, "is: cannot be \"opne\"", "did you mean open?"),
        ("p:9", 0, false, "p: cannot be \"9\"", "write one of p0, p1"),
        ("é breach:2h", 2, false, "breach: cannot be \"2h\"", "write < or >"),
        ("age:>3", 0, false, "age: cannot be \">3\"", "30m, 2h, 3d"),
        ("age:>3d,<9d", 0, false, "age: cannot be \"<9d\"", "write the field twice"),
        ("comments:>x", 0, false, "comments: cannot be \">x\"", "comments:>10"),
        ("key:x", 0, false, "key: cannot be \"x\"", "api#812"),
        ("sort:agee", 0, false, "sort: cannot be \"agee\"", "did you mean age?"),
        ("sort:x", 0, false, "sort: cannot be \"x\"", "write one of breach"),
        ("sort:-x", 0, false, "sort: cannot be \"-x\"", "write one of breach"),
        ("-sort:age", 0, false, "sort: cannot be turned round by the sign before it", "sort:-age"),
        ("label:", 0, true, "label: has no value yet", "label:\"good first issue\""),
        ("a \"b", 2, true, "the quote is not closed", "put \" behind it"),
    ] {
        let query = Query::read(typed);
        let fault = &query.faults()[0];
        assert_eq!((query.faults().len(), fault.from, fault.is_unfinished), (1, column, is_unfinished), "{typed}");
        assert!(fault.what.as_str() == what && fault.hint.as_str().contains(hint), "{typed}: {fault}");
        assert!(Query::strict(typed).is_err());
    }
    assert_eq!(Query::read("is:opne").faults()[0].to_string().split(':').next(), Some("column 1"));
    assert_eq!(Query::read("label:x\u{1b}[31m: y\u{1b}z:").faults()[0].what.as_str().find('\u{1b}'), None);
}

#[test]
fn the_host_of_a_plain_key_is_the_one_that_was_asked() {
    let plain = |host| Extra { host, ..Extra::default() };
    assert!(passes_with("host:git.acme.example", &incident(), &plain(Some("git.acme.example"))));
    assert!(!passes_with("host:github.com", &incident(), &plain(Some("git.acme.example"))));
    assert!(!passes_with("host:github.com", &incident(), &plain(None)), "no host was asked");
}

#[test]
fn a_name_that_one_host_knows_me_by_is_somebody_else_s_at_another() {
    let me = Me::new([Login::new("kai")]).known_as(Login::new("casey"), Text::scrub("work"));
    assert!(me.is(&Login::new("Casey"), "work") && !me.is(&Login::new("casey"), "github"));
    assert!(me.is(&Login::new("kai"), "work") && me.is(&Login::new("kai"), "github"));
}

#[test]
fn what_is_not_finished_filters_nothing_away() {
    for typed in ["label:", "is:op", "p:", "breach:<", "-", "!", "age:>3", "is:open,"] {
        let verdict = sla::judge(&incident(), &Policy::standard(), now());
        let issue = incident();
        let (words, source) = ("", "");
        let seen = Seen {
            incident: &issue,
            verdict: &verdict,
            words,
            acked_by: None,
            snoozed_until: None,
            n_pending: 0,
            source,
            host: None,
            rule: None,
        };
        assert!(Query::read(typed).passes(&seen, &Me::default(), now()), "{typed}");
    }
}

#[test]
fn two_queries_at_once_ask_for_what_passes_both() {
    let (section, typed) = (Query::read("is:over sort:age"), Query::read("login is:closed sort:comments"));
    let both = section.and(&typed);
    assert_eq!(both.to_string(), "is:over login is:closed sort:comments");
    assert!(both.says_open() && !section.says_open());
}

#[test]
fn the_usual_sections_are_read_without_a_fault() {
    let sections = usual();
    assert!(sections.iter().all(|section| section.query.faults().is_empty()));
    assert_eq!(sections.iter().filter(|section| !section.hides_empty).count(), 4);
}

#[test]
fn every_field_and_state_is_told_once() {
    let told: Vec<_> = fields().collect();
    assert_eq!(told.first(), Some(&"is"));
    assert!(told.contains(&"owner") && !told.contains(&"assignee") && !told.contains(&"p"));
    assert!(states().any(|word| word == "unanswered") && !states().any(|word| word == "breached"));
}

/// Something like a term.
fn typed_term() -> impl Strategy<Value = String> {
    let fields: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).chain(["nope", "IS", "P"]).collect();
    let known: Vec<&str> = term::STATES.iter().map(|(word, _)| *word).chain(["p0", "??", "@me", "none"]).collect();
    let value = prop_oneof![
        prop::sample::select(known).prop_map(str::to_owned),
        "[<>]=?[0-9]{1,4}[smhdw]",
        "[a-zé*?#/.0-9-]{0,8}",
        "\"[ -~]{0,6}\"",
        "\\PC{0,5}",
        "(acme/)?[a-z]{1,3}#(code-)?[0-9]{1,4}",
    ];
    let values = prop::collection::vec(value, 1..3).prop_map(|values| values.join(","));
    prop_oneof![
        ("[-!]?", prop::sample::select(fields), values.clone()).prop_map(|(sign, f, v)| format!("{sign}{f}:{v}")),
        values,
        "\\PC{0,10}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_printed_query_is_read_back_as_it_was(terms in prop::collection::vec(typed_term(), 0..4)) {
        let typed = terms.join(" ");
        let query = Query::read(&typed);
        let printed = query.to_string();
        let again = Query::read(&printed);
        prop_assert!(again.faults().is_empty(), "{typed} -> {printed}: {:?}", again.faults());
        let whole = Query { faults: Vec::new(), ..query };
        prop_assert_eq!(again, whole, "{} -> {}", typed, printed);
    }

    #[test]
    fn columns_of_faults_lie_in_what_was_typed(typed in "\\PC{0,40}") {
        let length = typed.chars().count();
        for fault in Query::read(&typed).faults() {
            prop_assert!(fault.from < fault.to && fault.to <= length);
        }
    }

    #[test]
    fn no_query_panics_on_an_incident(typed in prop::collection::vec(typed_term(), 0..4)) {
        let (issue, query) = (incident(), Query::read(&typed.join(" ")));
        let verdict = sla::judge(&issue, &Policy::standard(), now());
        let seen = Seen {
            incident: &issue,
            verdict: &verdict,
            words: "login",
            acked_by: None,
            snoozed_until: None,
            n_pending: 0,
            source: "github",
            host: Some("github.com"),
            rule: None,
        };
        let me = Me::default();
        let _ = query.passes(&seen, &me, DateTime::<Utc>::MIN_UTC) || query.passes(&seen, &me, DateTime::<Utc>::MAX_UTC);
    }
}
