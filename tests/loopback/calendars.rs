//! Calendars at addresses: asked without a token, from one origin, kept across a restart without network.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicUsize, atomic::Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use watchfloor::{
    domain::{time::parse_rfc3339, zone::Zones},
    floor::fact::{Fact, SourceId},
    shell::{
        clock::Clock,
        engine::Engine,
        feeds::{self, RosterSource},
        http::Http,
        keeper::{Keeper, Place},
    },
};

use crate::server::{Server, answer};

const ICS: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261121T090000Z\r\nDURATION:PT8H\r\nSUMMARY:ana\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";

fn now() -> DateTime<Utc> {
    parse_rfc3339("2026-11-21T10:00:00Z").unwrap()
}

fn roster(folder: &Path, url: &str, keeper: &Keeper) -> RosterSource {
    let path = folder.join("oncall.toml");
    let file = format!(
        "zone = \"UTC\"\n[[person]]\nid = \"ana\"\n[[schedule]]\nname = \"primary\"\n[[schedule.calendar]]\nurl = \"{url}\"\n"
    );
    std::fs::write(&path, file).unwrap();
    let mut source = RosterSource::new(path, Zones::bundled()).with_http(Arc::new(Http::default()));
    source.keep_in(keeper.clone());
    source
}

/// One whole round: look, ask, look. How many shifts the roster has, and what is wrong.
fn round(source: &mut RosterSource, now: DateTime<Utc>) -> (Option<usize>, Option<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut shifts, mut wrong) = (None, None);
    let mut look = |source: &mut RosterSource| {
        source.poll(SourceId(0), now, &mut |fact| match fact {
            Fact::RosterRead { roster, .. } => {
                let layers = roster.schedules.iter().flat_map(|seat| &seat.calendars);
                shifts = Some(layers.map(|layer| layer.shifts.len()).sum());
            }
            Fact::Failed { why, .. } => wrong = Some(why.to_string()),
            _ => {}
        });
    };
    look(source);
    let http = source.http().unwrap();
    for question in source.questions(now) {
        let answer = runtime.block_on(feeds::ask(&http, &question));
        source.answered(&question, answer, now);
    }
    look(source);
    (shifts, wrong)
}

#[test]
fn a_calendar_is_asked_for_what_changed_and_outlives_its_host_across_a_restart() {
    let n_asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&n_asked);
    let server =
        Server::start(move |seen| match (count.fetch_add(1, Ordering::SeqCst), seen.header("if-none-match")) {
            (0, None) => answer(200, &[("etag", "\"one\"")], ICS),
            (1, Some("\"one\"")) => answer(304, &[], ""),
            _ => answer(503, &[], "gone"),
        });
    let folder = tempfile::tempdir().unwrap();
    let (tell, _facts) = Engine::channel();
    let place = Place::Folder(folder.path().join("state"));
    let store = Keeper::start(place, Clock::Wall, Vec::new(), tell);
    let url = format!("{}/s3cret.ics?key=s3cret", server.url());
    let mut source = roster(folder.path(), &url, &store);
    assert_eq!(round(&mut source, now()), (Some(1), None));
    assert_eq!(round(&mut source, now() + TimeDelta::minutes(1)), (None, None));
    assert_eq!(round(&mut source, now() + TimeDelta::minutes(6)), (None, None));
    assert!(server.seen().iter().all(|seen| seen.header("authorization").is_none()));
    assert_eq!(server.seen().len(), 2);

    let mut again = roster(folder.path(), &url, &store);
    let (shifts, wrong) = round(&mut again, now() + TimeDelta::hours(3));
    let wrong = wrong.unwrap();
    assert_eq!(shifts, Some(1));
    assert!(wrong.contains("it answers 503") && wrong.contains("its copy of 2h 54m ago is used"), "{wrong}");
    assert!(!wrong.contains("s3cret"), "{wrong}");
    for file in std::fs::read_dir(folder.path().join("state")).unwrap() {
        let kept = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!kept.windows(6).any(|bytes| bytes == b"s3cret"));
    }
}

#[test]
fn a_redirect_is_followed_at_home_and_nowhere_else() {
    let elsewhere = Server::start(|_| answer(200, &[], ICS));
    let away = format!("{}/x.ics", elsewhere.url());
    let home = Server::start(move |seen| match seen.target.as_str() {
        "/moved.ics" => answer(302, &[("location", "/here.ics")], ""),
        "/here.ics" => answer(200, &[], ICS),
        "/round.ics" => answer(302, &[("location", "/round.ics")], ""),
        _ => answer(302, &[("location", &away)], ""),
    });
    let folder = tempfile::tempdir().unwrap();
    let store = Keeper::in_memory();
    let ask = |target: &str| round(&mut roster(folder.path(), &format!("{}/{target}.ics", home.url()), &store), now());
    assert_eq!(ask("moved"), (Some(1), None));
    let (shifts, wrong) = ask("away");
    assert!(shifts == Some(0) && wrong.unwrap().contains("it sends us on to another host, 127.0.0.1"));
    assert!(ask("round").1.unwrap().contains("it sends us on and on"));
    assert!(elsewhere.seen().is_empty());
}
