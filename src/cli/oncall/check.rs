//! `watchfloor oncall check` and `watchfloor check oncall`: whether the rota holds.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    cli::{
        args::{Asked, Common, Span},
        check::{Output, said},
        exit,
        failure::Failure,
        oncall::load::{Default, Rota, load},
    },
    domain::{rota::Unheard, zone::Zones},
    shell::{clock::Clock, disk},
    sink::{
        audit as words,
        gate::{Finding, Gate, Verdict, Weight},
        oncall_page::{self, Match},
    },
    text::{Text, counted},
};

/// How far ahead it looks where nothing is said.
const AHEAD: TimeDelta = TimeDelta::days(90);

/// The longest on-call page that is read, in bytes.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// Its name among the gates.
pub const NAME: &str = "oncall";

/// Prints it: exit code 0 passes, 1 does not, 4 could not judge.
///
/// # Errors
/// The roster cannot be read, or standard output is full.
pub async fn run(
    span: Span,
    page: Option<&Path>,
    asked: &Asked,
    common: &Common,
    zones: &Zones,
) -> Result<u8, Failure> {
    let mut rota = match load(asked, span, common, zones).await {
        Ok(rota) => rota,
        Err(failure) if asked.json => {
            let code = failure.report();
            if code != exit::CONFIG && code != exit::COULD_NOT_JUDGE {
                return Ok(code);
            }
            let now = common.now.unwrap_or_else(|| Clock::Wall.now());
            return said(Output::One, &[without_roster(code)], true, zones, now);
        }
        Err(failure) => return Err(failure),
    };
    let gate = judge(&mut rota, span, page, zones)?;
    said(Output::One, &[gate], asked.json, zones, rota.now)
}

/// Judges a roster in a stretch of time, its on-call page, and the zone data it is worked out with.
///
/// # Errors
/// A stretch of time that is none.
pub fn judge(rota: &mut Rota, span: Span, page: Option<&Path>, zones: &Zones) -> Result<Gate, Failure> {
    let (start, end) = rota.span(span, Default::Ahead(AHEAD))?;
    let rota = &*rota;
    let of_seat = |finding: &Finding| {
        finding.seat.as_ref().is_none_or(|seat| rota.seats().any(|schedule| schedule.name == *seat))
    };
    let roster = &rota.roster;
    let found = roster.audit(start, end);
    let mut findings: Vec<Finding> = found.iter().map(|finding| words::finding(finding, roster, &rota.shown)).collect();
    findings.retain(of_seat);
    findings.extend(stale_zones(rota, zones));
    if let Some((seat, missing)) = rota.seats().find_map(|seat| Some((&seat.name, seat.missing()?))) {
        let Unheard { calendar, why, .. } = missing;
        return Ok(unless_it_fails(findings, &format!("the calendar {calendar} of {seat} could not be read: {why}")));
    }
    let page = page.map(Path::to_path_buf).or_else(|| rota.setup.as_ref()?.roster_page.clone());
    if let Some(page) = page {
        match of_page(&page, rota) {
            Ok(finding) => findings.extend(finding),
            Err(why) => {
                let why = format!("the on-call page cannot be read: {why}");
                return Ok(unless_it_fails(findings, &why));
            }
        }
    }
    if !rota.doubts.is_empty() {
        // Before other warnings: there may be many, and these are why it cannot pass.
        findings.splice(0..0, rota.doubts.iter().map(not_whole));
        let n = counted(rota.doubts.len(), "thing of the roster is", "things of the roster are");
        return Ok(unless_it_fails(findings, &format!("{n} not known")));
    }
    findings.sort_by_key(|finding| finding.weight);
    Ok(Gate::of(NAME, about(rota, start, end), findings))
}

/// A "no" stands, whatever was not heard; a "yes" does not.
fn unless_it_fails(mut findings: Vec<Finding>, why: &str) -> Gate {
    findings.sort_by_key(|finding| finding.weight);
    let gate = Gate::of(NAME, Text::scrub(why), findings);
    if gate.verdict == Verdict::Fail { gate } else { Gate { verdict: Verdict::NotJudged, ..gate } }
}

/// What could not be read: nothing is known to be wrong with it, and nothing to be right.
fn not_whole(doubt: &Text) -> Finding {
    Finding {
        weight: Weight::Warns,
        code: "not_whole",
        seat: None,
        people: Vec::new(),
        when: None,
        what: doubt.clone(),
        hint: Text::scrub("until it can be read, the check cannot pass"),
    }
}

fn about(rota: &Rota, start: DateTime<Utc>, end: DateTime<Utc>) -> Text {
    Text::scrub(&format!("{} from {} to {}", rota.name, day(rota, start), day(rota, end)))
}

fn day(rota: &Rota, at: DateTime<Utc>) -> String {
    rota.shown.local(at).format("%-d %b %Y").to_string()
}

/// Zone data older than the settings ask for: clocks may change on other days than it says.
fn stale_zones(rota: &Rota, zones: &Zones) -> Option<Finding> {
    let least = rota.setup.as_ref()?.tzdata_minimum.as_ref()?;
    zones.is_older_than(least.as_str()).then(|| Finding {
        weight: Weight::Fails,
        code: "stale_zones",
        seat: None,
        people: Vec::new(),
        when: None,
        what: Text::scrub(&format!("the zone data is {}, older than {least} (tzdata_minimum)", zones.version())),
        hint: Text::scrub("update watchfloor, or the host's tzdata"),
    })
}

fn of_page(path: &Path, rota: &Rota) -> Result<Option<Finding>, String> {
    let name = Text::scrub(&path.to_string_lossy());
    let bytes = disk::read(path, PAGE_BYTES).map_err(|e| format!("{name}: {}", disk::why(&e)))?;
    let page = String::from_utf8(bytes).map_err(|_| format!("{name}: it is not UTF-8"))?;
    let (code, what) = match oncall_page::matches(&page, &rota.roster, rota.at) {
        Match::Same => return Ok(None),
        Match::Elsewhen(_, to) if to <= rota.at => ("past_page", format!("{name} ends on {}", day(rota, to))),
        Match::Elsewhen(from, _) => ("past_page", format!("{name} begins only on {}", day(rota, from))),
        Match::Differs => ("stale_page", format!("{name} no longer says what the roster says")),
        Match::NoPage => ("no_page", format!("{name} holds no on-call page of watchfloor")),
    };
    Ok(Some(Finding {
        weight: Weight::Fails,
        code,
        seat: None,
        people: Vec::new(),
        when: None,
        what: Text::scrub(&what),
        hint: Text::scrub("write it again: watchfloor oncall export --page --out FILE"),
    }))
}

/// The gate where the roster itself could not be had: what was wrong is said already.
pub fn without_roster(code: u8) -> Gate {
    let (verdict, why) = match code {
        exit::COULD_NOT_JUDGE => (Verdict::NotJudged, "the roster cannot be read"),
        _ => (Verdict::Wrong, "the roster has problems"),
    };
    Gate::without_verdict(NAME, verdict, why)
}
