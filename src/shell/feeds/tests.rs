use super::*;
use crate::domain::time::{parse_rfc3339, rfc3339};

const SOURCE: SourceId = SourceId(0);
const PEOPLE: &str =
    "zone = \"UTC\"\n[[person]]\nid = \"ana\"\n[[schedule]]\nname = \"primary\"\n[[schedule.calendar]]\n";

fn now() -> DateTime<Utc> {
    parse_rfc3339("2026-11-21T10:00:00Z").unwrap()
}

fn ics(title: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20261121T090000Z\nDURATION:PT8H\nSUMMARY:{title}\nEND:VEVENT\nEND:VCALENDAR\n"
    )
}

/// Writes a file that a look at its stamp tells from the one before.
fn write(path: &Path, text: &str, nth: u64) {
    std::fs::write(path, text).unwrap();
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000 + nth);
    std::fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}

fn poll(source: &mut RosterSource, now: DateTime<Utc>) -> Vec<Fact> {
    let mut facts = Vec::new();
    source.poll(SOURCE, now, &mut |fact| facts.push(fact));
    facts
}

/// Who is on call at a roster's first instant of `now`, or what is said instead.
fn told(facts: &[Fact]) -> Vec<String> {
    let told = |fact: &Fact| match fact {
        Fact::RosterRead { roster, .. } => {
            let shifts = roster.schedules.iter().flat_map(|seat| &seat.calendars).flat_map(|layer| &layer.shifts);
            let shifts: Vec<_> = shifts.map(|s| format!("{} {}", s.people[0], rfc3339(s.start))).collect();
            format!("roster: {}", shifts.join(", "))
        }
        Fact::LeftOut { skipped, .. } => {
            skipped.iter().map(|s| format!("left out: {}: {}", s.at, s.why)).collect::<Vec<_>>().join("; ")
        }
        Fact::Failed { why, .. } => format!("failed: {why}"),
        Fact::Unchanged { .. } => "unchanged".to_owned(),
        other => format!("{other:?}"),
    };
    facts.iter().map(told).filter(|line| !line.is_empty()).collect()
}

#[test]
fn a_calendar_beside_the_roster_is_read_followed_and_kept_when_it_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let (path, calendar) = (folder.path().join("oncall.toml"), folder.path().join("x.ics"));
    write(&path, &format!("{PEOPLE}file = \"x.ics\"\n"), 0);
    write(&calendar, &ics("ana"), 0);
    let mut source = RosterSource::new(path, Zones::bundled());
    assert_eq!(told(&poll(&mut source, now())), ["roster: ana 2026-11-21T09:00:00Z"]);
    assert_eq!(told(&poll(&mut source, now())), ["unchanged"]);
    write(&calendar, &ics("Ana (late)").replace("T09", "T12"), 1);
    assert_eq!(told(&poll(&mut source, now())), ["roster: ana 2026-11-21T12:00:00Z"]);
    write(&calendar, "<html>log in</html>", 2);
    let why = "failed: calendar calendar 1 (x.ics): it is no calendar: it looks like a web page, perhaps one to log in; \
               what it last said is used";
    // Told once more: whoever keeps a record must know that it is not current.
    assert_eq!(told(&poll(&mut source, now())), ["roster: ana 2026-11-21T12:00:00Z", why]);
    assert_eq!(told(&poll(&mut source, now())), [why]);
    // The roster told again, for another day, still has the shifts.
    let tomorrow = now() + TimeDelta::days(1);
    assert_eq!(told(&poll(&mut source, tomorrow)), ["roster: ana 2026-11-21T12:00:00Z", why]);
    std::fs::remove_file(&calendar).unwrap();
    let gone = told(&poll(&mut source, tomorrow));
    assert!(gone[1].contains("there is no such file; what it last said is used"), "{gone:?}");
    write(&calendar, &ics("zoe"), 3);
    let strange = told(&poll(&mut source, tomorrow));
    assert!(strange[0] == "roster: " && strange[1].contains("nobody of the roster is called \"zoe\""), "{strange:?}");
}

#[test]
fn a_calendar_that_was_never_there_costs_the_rest_of_the_roster_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oncall.toml");
    write(&path, &format!("{PEOPLE}file = \"gone.ics\"\nname = \"vendor\"\n"), 0);
    let mut source = RosterSource::new(path, Zones::bundled());
    let why = "failed: calendar vendor (gone.ics): there is no such file; its shifts are missing";
    assert_eq!(told(&poll(&mut source, now())), ["roster: ", why]);
}

#[test]
fn a_calendar_can_be_the_roster_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oncall.ics");
    write(&path, &ics("Ana, Ben"), 0);
    let mut source = RosterSource::new(path.clone(), Zones::bundled());
    let facts = poll(&mut source, now());
    let Some(Fact::RosterRead { roster, .. }) = facts.first() else { panic!("{facts:?}") };
    assert_eq!((roster.schedules[0].name.as_str(), roster.people.len()), ("oncall", 2));
    assert_eq!(told(&poll(&mut source, now())), ["unchanged"]);
    write(&path, "{}", 1);
    assert_eq!(told(&poll(&mut source, now())), ["failed: oncall.ics: it is no calendar: it looks like JSON"]);
}

#[test]
fn a_roster_that_came_with_a_repository_chooses_no_host() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oncall.toml");
    write(&path, &format!("{PEOPLE}url = \"https://cal.example/s3cret.ics\"\n"), 0);
    let mut source = RosterSource::new(path, Zones::bundled());
    let lines = told(&poll(&mut source, now()));
    assert!(lines[1].contains("(cal.example): a roster that came with a repository names no addresses"), "{lines:?}");
    let once = read_once(source.path(), &Zones::bundled(), now()).unwrap();
    let why = once.trouble.unwrap();
    assert!(why.as_str().contains("its shifts are missing"));
    assert!(why.as_str().contains("--roster reads files and asks no address"), "{why}");
    assert!(read_once(&folder.path().join("gone.toml"), &Zones::bundled(), now()).is_err());
    assert!(source.questions(now()).is_empty() && !lines.concat().contains("s3cret"));
}

/// A roster with one address, and where it keeps copies.
fn at_address(folder: &Path, keeper: &Keeper) -> RosterSource {
    let path = folder.join("oncall.toml");
    write(&path, &format!("{PEOPLE}url = \"https://cal.example/s3cret.ics\"\n"), 0);
    let mut source = RosterSource::new(path, Zones::bundled()).with_http(Arc::new(Http::default()));
    source.keep_in(keeper.clone());
    source
}

fn response(status: u16, body: &str) -> Result<Response, (Trouble, String)> {
    Ok(Response { status, headers: vec![("etag".into(), "\"7\"".into())], body: body.into() })
}

#[test]
fn an_address_is_waited_for_once_then_its_last_good_copy_stands_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = Keeper::in_memory();
    let mut source = at_address(folder.path(), &store);
    assert!(told(&poll(&mut source, now())).is_empty());
    let asked = source.questions(now());
    assert!(asked.len() == 1 && source.questions(now()).is_empty());
    source.answered(&asked[0], response(200, &ics("ana")), now());
    assert_eq!(told(&poll(&mut source, now())), ["roster: ana 2026-11-21T09:00:00Z"]);

    let later = now() + TimeDelta::minutes(5);
    let asked = source.questions(later);
    assert!(asked[0].request.headers.contains(&("if-none-match", "\"7\"".to_owned())));
    source.answered(&asked[0], response(304, ""), later);
    assert_eq!(told(&poll(&mut source, later)), ["unchanged"]);

    let mut source = at_address(folder.path(), &store);
    assert_eq!(told(&poll(&mut source, later)), ["roster: ana 2026-11-21T09:00:00Z"]);
    let much_later = later + TimeDelta::hours(2);
    let asked = source.questions(much_later);
    source.answered(&asked[0], Err((Trouble::Away, "\"cal.example\" refuses connections".to_owned())), much_later);
    let why =
        "failed: calendar calendar 1 (cal.example): \"cal.example\" refuses connections; its copy of 2h ago is used";
    assert_eq!(told(&poll(&mut source, much_later)), ["roster: ana 2026-11-21T09:00:00Z", why]);
}

#[test]
fn an_address_that_answers_nonsense_from_the_start_is_told_and_the_roster_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = Keeper::in_memory();
    for (status, body, said) in
        [(200, "<html>", "a web page"), (404, "", "it answers 404"), (500, "", "it answers 500")]
    {
        let mut source = at_address(folder.path(), &store);
        poll(&mut source, now());
        let asked = source.questions(now());
        source.answered(&asked[0], response(status, body), now());
        let lines = told(&poll(&mut source, now()));
        assert!(lines[0] == "roster: " && lines[1].contains(said) && !lines[1].contains("s3cret"), "{lines:?}");
        assert!(lines[1].ends_with("its shifts are missing"));
    }
}

/// Of each seat's calendars: which were not heard, and whether a copy stands in.
fn unheard(facts: &[Fact]) -> Vec<(String, bool)> {
    let Some(Fact::RosterRead { roster, .. }) = facts.first() else { panic!("{facts:?}") };
    let of_seats = roster.schedules.iter().flat_map(|seat| &seat.unheard);
    of_seats.map(|unheard| (unheard.why.to_string(), unheard.has_copy)).collect()
}

#[test]
fn half_a_calendar_and_one_of_noise_take_nobodys_place_and_the_seat_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = Keeper::in_memory();
    let mut source = at_address(folder.path(), &store);
    poll(&mut source, now());
    let asked = source.questions(now());
    source.answered(&asked[0], response(200, &ics("ana")), now());
    assert_eq!(unheard(&poll(&mut source, now())), []);
    let whole = ics("ana");
    let half = whole.strip_suffix("END:VCALENDAR\n").unwrap();
    let noise = whole.replace("DTSTART:2026", "DTSTART:");
    for (nth, (body, why)) in
        [(half, "it ends in the middle"), (noise.as_str(), "none of its events")].into_iter().enumerate()
    {
        let later = now() + TimeDelta::hours(1 + nth as i64);
        let asked = source.questions(later);
        source.answered(&asked[0], response(200, body), later);
        let facts = poll(&mut source, later);
        let of_seat = unheard(&facts);
        assert!(of_seat[0].0.contains(why) && of_seat[0].1, "{of_seat:?}");
        let lines = told(&facts);
        assert!(lines[0] == "roster: ana 2026-11-21T09:00:00Z" && lines[1].contains("h ago is used"), "{lines:?}");
    }
    let later = now() + TimeDelta::hours(4);
    let asked = source.questions(later);
    source.answered(&asked[0], response(200, &ics("ana")), later);
    assert_eq!(unheard(&poll(&mut source, later)), [], "heard again");

    // Another run begins with the copy, and does not take it for what is said now before it asked.
    let mut source = at_address(folder.path(), &store);
    assert_eq!(unheard(&poll(&mut source, later)), [("it was not asked yet".to_owned(), true)]);
    let asked = source.questions(later);
    source.answered(&asked[0], response(304, ""), later);
    assert_eq!(unheard(&poll(&mut source, later)), []);
}

#[test]
fn a_calendar_that_was_never_there_leaves_its_seat_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oncall.toml");
    write(&path, &format!("{PEOPLE}file = \"gone.ics\"\n"), 0);
    let mut source = RosterSource::new(path, Zones::bundled());
    assert_eq!(unheard(&poll(&mut source, now())), [("there is no such file".to_owned(), false)]);
    write(&folder.path().join("gone.ics"), &ics("ana"), 1);
    assert_eq!(unheard(&poll(&mut source, now())), []);
}
