//! Burn-ins as they stand: the job of each day, the bounds of signals, the files that must not change.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::{
    domain::{
        burn_in::{BurnIn, Finding, Standing, Verdict as Comes},
        duty::judge::{Proof, State},
        record::{Act, Entry},
        release::fnv1a,
        series::{SAMPLES_KEPT, Sample, Signal, Threshold, figure},
        slo::burn,
        time::{minus, parse_rfc3339, rfc3339},
    },
    floor::{
        Floor,
        effect::{Effect, Note},
        freshness::Feed,
    },
    text::{Text, counted},
};

/// A burn-in with the files that must not change.
#[derive(Debug)]
pub struct Burning {
    /// What it asks for.
    pub burn_in: BurnIn,
    /// The files, the newest first; or why they cannot be looked at.
    pub(super) frozen: Result<Frozen, Text>,
    /// What was handed on for the record in this run.
    noted: BTreeSet<(Act, NaiveDate, Text)>,
    /// What was measured on each day: signals keep fewer samples than thirty days may have.
    of_days: BTreeMap<(Text, NaiveDate), OfDay>,
}

/// The files that a burn-in freezes, as they were found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frozen {
    /// Those that are there, the newest first.
    pub files: Vec<Proof>,
    /// What the repository they lie in says of them; nothing where it cannot say.
    pub history: Option<History>,
}

/// What a repository says of files, from an instant on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Since when.
    pub since: DateTime<Utc>,
    /// What was committed to the branch that is checked out, and when.
    pub changes: Vec<Proof>,
    /// What is committed and is not there.
    pub gone: Vec<Text>,
}

impl Frozen {
    /// When the newest of the files was written.
    fn newest(&self) -> Option<DateTime<Utc>> {
        self.files.iter().map(|file| file.at).max()
    }

    /// Stands for which files there are: `3 files 9f8e7d6c`.
    fn which(&self) -> String {
        let mut paths: Vec<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        paths.sort_unstable();
        let n = counted(paths.len(), "file", "files");
        format!("{n} {:016x}", fnv1a(paths.join("\n").as_bytes()))
    }

    /// What is put on record of a look: `3 files 9f8e7d6c, the newest of 2026-11-01T10:00:00Z`.
    fn looked(&self) -> Text {
        let newest = self.newest().map(|at| format!("{NEWEST}{}", rfc3339(at))).unwrap_or_default();
        Text::scrub(&format!("{}{newest}", self.which()))
    }
}

/// What stands before the time of the newest file.
const NEWEST: &str = ", the newest of ";

/// When the newest file was written at a look, by its line on record.
fn newest_of(look: &Entry) -> Option<DateTime<Utc>> {
    let (_, newest) = look.note.as_str().split_once(NEWEST)?;
    parse_rfc3339(newest)
}

/// Objectives of burn-ins are counted for so long: the longest one, and a month in which its verdict is asked for.
pub const LOOKED_BACK: TimeDelta = TimeDelta::days(397);

/// A signal on one day.
#[derive(Debug, Clone, Copy, Default)]
struct OfDay {
    /// The first sample that broke the bound.
    broken: Option<Sample>,
}

impl Burning {
    /// Counts samples of a signal by the day, where it asks for it.
    pub(super) fn count(&mut self, signal: &Signal, samples: &[Sample]) {
        let Some(bound) = signal.threshold.filter(|_| self.burn_in.signals.contains(&signal.name)) else { return };
        let mut known: Option<(i64, i64, NaiveDate)> = None;
        for sample in samples {
            let day = match known.filter(|(from, until, _)| (*from..*until).contains(&sample.at_ms)) {
                Some((_, _, day)) => day,
                None => {
                    let day = self.burn_in.zone.local(sample.at()).date();
                    let (from, until) = self.burn_in.stretch(day);
                    known = Some((from.timestamp_millis(), until.timestamp_millis(), day));
                    day
                }
            };
            if day < self.burn_in.start {
                continue;
            }
            let of_day = self.of_days.entry((signal.name.clone(), day)).or_default();
            let is_first = of_day.broken.is_none_or(|first| sample.at_ms < first.at_ms);
            if is_first && bound.is_broken(sample.value) {
                of_day.broken = Some(*sample);
            }
        }
    }
}

impl Floor {
    /// The burn-ins, in the order of the settings.
    pub fn burn_ins(&self) -> &[Burning] {
        &self.burn_ins
    }

    pub(super) fn burn_in_added(&mut self, burn_in: BurnIn) {
        let asked = self.slos.iter_mut().filter(|watched| burn_in.slos.contains(&watched.slo.name));
        asked.for_each(|watched| watched.keep(LOOKED_BACK));
        let frozen = Err(Text::scrub("they were not looked at yet"));
        self.burn_ins.push(Burning { burn_in, frozen, noted: BTreeSet::new(), of_days: BTreeMap::new() });
    }

    pub(super) fn frozen_seen(&mut self, all: Vec<Result<Frozen, Text>>) {
        for (burning, frozen) in self.burn_ins.iter_mut().zip(all) {
            burning.frozen = frozen;
        }
    }

    /// How a burn-in stands.
    pub fn burn_in_standing(&self, burning: &Burning, now: DateTime<Utc>) -> Standing {
        let look = |day| self.findings(burning, day, now);
        let mut standing = burning.burn_in.standing(self.duties().entries(), &look, now);
        // Resets and what was allowed stand in the record: without it nobody knows where the days are counted from.
        if let Some(why) = self.duties().deaf() {
            standing.verdict = Comes::Unknown;
            for (_, judged) in &mut standing.days {
                *judged = crate::domain::burn_in::Day::Unknown(why.clone());
            }
        }
        // What a line that cannot be read would have said of a day nobody knows.
        let is_left_out = self.sources_of(Feed::Duties).any(|source| 0 < source.n_skipped);
        if is_left_out && matches!(standing.verdict, Comes::Running | Comes::Passed) {
            standing.verdict = Comes::Unknown;
        }
        standing
    }

    fn findings(&self, burning: &Burning, day: NaiveDate, now: DateTime<Utc>) -> Vec<Finding> {
        let of_job = burning.burn_in.duty.as_ref().map(|duty| self.job(duty, day, now));
        let of_signals = burning.burn_in.signals.iter().map(|name| self.bound_kept(burning, name, day));
        let of_slos = burning.burn_in.slos.iter().map(|name| self.objective_kept(burning, name, day, now));
        let of_files = (!burning.burn_in.freeze.is_empty()).then(|| self.frozen(burning, day, now));
        of_job.into_iter().chain(of_signals).chain(of_slos).chain(of_files).collect()
    }

    /// Whether the turn of a duty on a day was done. A day without one asks for nothing.
    fn job(&self, name: &Text, day: NaiveDate, now: DateTime<Utc>) -> Finding {
        let turns = self.duties().between(day, day, now);
        let turn = turns.iter().find(|(tended, _)| tended.duty.name == *name);
        match turn.map(|(_, judged)| &judged.state) {
            Some(State::Done(_)) => Finding::Held,
            Some(State::Missed | State::Late) => Finding::Broken(Text::scrub(&format!("{name} was not done"))),
            Some(State::Unknown(why)) => Finding::Unknown(Text::scrub(&format!("{name}: {why}"))),
            Some(state) => Finding::Unknown(Text::scrub(&format!("{name} is {}", state.word()))),
            None => {
                let is_asked = self.duties().find(name.as_str()).is_some_and(|t| !t.duty.turns(day, day).is_empty());
                if is_asked {
                    Finding::Unknown(Text::scrub(&format!("nothing is known of {name} on that day")))
                } else {
                    Finding::Held
                }
            }
        }
    }

    /// Whether a signal kept its bound all day: each sample of the day counts, and a day without any is not known.
    fn bound_kept(&self, burning: &Burning, name: &Text, day: NaiveDate) -> Finding {
        let gauge = self.gauges().iter().find(|gauge| gauge.signal.name == *name);
        let Some((gauge, bound)) = gauge.and_then(|gauge| Some((gauge, gauge.signal.threshold?))) else {
            return Finding::Unknown(Text::scrub(&format!("{name} is not measured")));
        };
        let (start, end) = burning.burn_in.stretch(day);
        let (from, until) = (start.timestamp_millis(), end.timestamp_millis());
        let said = |sample: Sample| {
            let at = burning.burn_in.zone.local(sample.at()).format("%H:%M");
            Finding::Broken(Text::scrub(&format!("{name} was {} at {at}", figure(sample.value))))
        };
        // What is too old for the series was counted as it came.
        if gauge.series.len() >= SAMPLES_KEPT && gauge.series.iter().next().is_some_and(|first| from < first.at_ms) {
            return match burning.of_days.get(&(name.clone(), day)) {
                Some(OfDay { broken: Some(sample) }) => said(*sample),
                Some(OfDay { broken: None }) => Finding::Held,
                None => Finding::Unknown(Text::scrub(&format!("nothing was measured of {name}"))),
            };
        }
        let mut of_day =
            gauge.series.since(from).filter(|sample| from <= sample.at_ms && sample.at_ms < until).peekable();
        if of_day.peek().is_none() {
            return Finding::Unknown(Text::scrub(&format!("nothing was measured of {name}")));
        }
        let broken = of_day.find(|sample| Threshold::is_broken(bound, sample.value));
        match broken {
            Some(sample) => said(sample),
            None => Finding::Held,
        }
    }

    /// What watchfloor itself put on record of a burn-in.
    fn seen_of<'a>(&'a self, burn_in: &'a BurnIn, act: Act) -> impl DoubleEndedIterator<Item = &'a Entry> {
        self.duties().entries().iter().filter(move |entry| entry.act == act && entry.name == burn_in.name)
    }

    /// Whether none of the files changed on a day. The files that are there say nothing of the time before they were written
    /// last: then the record does, or the repository's history, or nobody can tell.
    fn frozen(&self, burning: &Burning, day: NaiveDate, now: DateTime<Utc>) -> Finding {
        let burn_in = &burning.burn_in;
        let (start, end) = burn_in.stretch(day);
        let is_in = |at: DateTime<Utc>| start <= at && at < end;
        let changed = |what: &Text| Finding::Broken(Text::scrub(&format!("{what} was changed")));
        let seen = self.seen_of(burn_in, Act::Changed).find(|entry| entry.day == Some(day) && entry.at <= now);
        if let Some(entry) = seen {
            return changed(&entry.note);
        }
        let frozen = match &burning.frozen {
            Ok(frozen) => frozen,
            Err(why) => return Finding::Unknown(why.clone()),
        };
        let committed = frozen.history.iter().flat_map(|history| &history.changes);
        if let Some(file) = frozen.files.iter().chain(committed).find(|file| is_in(file.at)) {
            return changed(&file.path);
        }
        let is_today = is_in(now);
        let gone = frozen.history.iter().flat_map(|history| &history.gone).next();
        if let Some(gone) = gone.filter(|_| is_today) {
            return Finding::Broken(Text::scrub(&format!("{gone} is gone")));
        }
        let is_older = |newest: Option<DateTime<Utc>>| newest.is_some_and(|newest| newest < start);
        let was_looked = || self.seen_of(burn_in, Act::Looked).any(|look| end <= look.at && is_older(newest_of(look)));
        let has_history =
            frozen.history.as_ref().is_some_and(|history| history.since <= start && history.gone.is_empty());
        if is_today || is_older(frozen.newest()) || was_looked() || has_history {
            return Finding::Held;
        }
        if let Some(gone) = gone {
            return Finding::Unknown(Text::scrub(&format!("{gone} is gone, and nobody saw when")));
        }
        Finding::Unknown(Text::scrub(match frozen.newest() {
            None => "none of the files that must not change is there",
            Some(_) => "files that must not change were written later, and nobody saw them on that day",
        }))
    }

    /// Puts on record what was seen of files that must not change: each day a look, and each change on its day. Only the
    /// process that leads does.
    pub(super) fn note_frozen(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let mut notes = Vec::new();
        for (place, burning) in self.burn_ins.iter().enumerate().filter(|(_, it)| !it.burn_in.freeze.is_empty()) {
            let (Ok(frozen), burn_in) = (&burning.frozen, &burning.burn_in) else { continue };
            let day_of = |at: DateTime<Utc>| burn_in.zone.local(at).date();
            let today = day_of(now);
            if today < burn_in.start {
                continue;
            }
            let is_known = |act: Act, day: NaiveDate, note: &Text| {
                self.seen_of(burn_in, act)
                    .any(|entry| entry.day == Some(day) && (act == Act::Looked || entry.note == *note))
            };
            let last = self.seen_of(burn_in, Act::Looked).next_back();
            let are_others = last.is_some_and(|look| !look.note.as_str().starts_with(&frozen.which()));
            if are_others {
                notes.push((place, Act::Changed, today, now, Text::scrub("which files there are")));
            }
            let written = frozen.files.iter().filter(|file| burn_in.start <= day_of(file.at) && file.at <= now);
            notes.extend(written.map(|file| (place, Act::Changed, day_of(file.at), file.at, file.path.clone())));
            notes.retain(|(of, act, day, _, note)| *of != place || !is_known(*act, *day, note));
            let looked = frozen.looked();
            if are_others || !is_known(Act::Looked, today, &looked) {
                notes.push((place, Act::Looked, today, now, looked));
            }
        }
        let mut effects = Vec::new();
        for (place, act, day, at, note) in notes {
            let Some(burning) = self.burn_ins.get_mut(place) else { continue };
            if burning.noted.insert((act, day, note.clone())) {
                let name = burning.burn_in.name.clone();
                effects.push(Effect::Note(Note { act, name, day: Some(day), at: Some(at), note }));
            }
        }
        effects
    }

    /// Whether an objective was kept on a day: no more of it was bad than the target allows, of that day alone.
    fn objective_kept(&self, burning: &Burning, name: &Text, day: NaiveDate, now: DateTime<Utc>) -> Finding {
        let Some(watched) = self.slos().iter().find(|watched| watched.slo.name == *name) else {
            return Finding::Unknown(Text::scrub(&format!("{name} is not counted")));
        };
        let (start, end) = burning.burn_in.stretch(day);
        let minute = |at: DateTime<Utc>| at.timestamp().div_euclid(60);
        let kept = minute(minus(now, watched.reach(now)));
        if watched.ledger().first().is_none_or(|first| minute(end) <= first) || minute(start) < kept {
            return Finding::Unknown(Text::scrub(&format!("nothing was counted of {name}")));
        }
        let tally = watched.ledger().sum(minute(start), minute(end));
        match burn::left(tally, watched.slo.target) {
            None => Finding::Unknown(Text::scrub(&format!("nothing was counted of {name}"))),
            Some(left) if left < 0.0 => {
                let share = tally.bad as f64 / tally.total.max(1) as f64 * 100.0;
                let bad = format!("{} % of {name} was bad", figure(share));
                Finding::Broken(Text::scrub(&bad))
            }
            Some(_) => Finding::Held,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            burn_in::{Day, Verdict},
            sample::Telling,
            series::Side,
            sla::Policy,
            slo::{Sli, Slo, exact::Target, feed::Feed, ledger::Method, meter::Op, window::TimeWindow},
            time::{parse_rfc3339, plus},
            zone::Zone,
        },
        floor::{
            duties::DutiesRead,
            fact::{Fact, SignalId, SourceId},
        },
    };

    fn at(written: &str) -> DateTime<Utc> {
        parse_rfc3339(written).unwrap()
    }

    fn signal() -> Signal {
        Signal {
            name: Text::scrub("integrity"),
            unit: Text::default(),
            threshold: Some(Threshold { bad: Side::Above, bound: 1.0 }),
            stale_after: TimeDelta::minutes(5),
            hold: TimeDelta::zero(),
            keep_firing: TimeDelta::zero(),
            window: TimeDelta::hours(1),
            objective: None,
            runbook: None,
        }
    }

    fn slo() -> Slo {
        Slo {
            name: Text::scrub("intact"),
            service: Text::default(),
            description: Text::default(),
            sli: Sli::Threshold { of: Feed::Signal(Text::scrub("integrity")), op: Op::Lte, value: 1.0 },
            method: Method::Occurrences,
            window: TimeWindow::Rolling(TimeDelta::days(7)),
            target: Target::read("0.999").unwrap(),
            min_total: 0,
            absent_after: None,
            rows: Vec::new(),
            runbook: None,
        }
    }

    /// A sample a minute for forty days; what is bad is so for this many minutes from an instant on.
    fn floor(signals: &[&str], slos: &[&str], bad: (&str, i64)) -> Floor {
        let mut floor = Floor::new(Text::default(), Zone::utc(), Policy::standard(), Vec::new());
        let now = at("2026-11-20T00:00:00Z");
        let texts = |names: &[&str]| names.iter().map(|name| Text::scrub(name)).collect();
        let burn_in = BurnIn {
            name: Text::scrub("calm"),
            start: "2026-10-12".parse().unwrap(),
            days: 30,
            zone: Zone::utc(),
            duty: None,
            signals: texts(signals),
            slos: texts(slos),
            freeze: Vec::new(),
        };
        let began = at("2026-10-11T00:00:00Z");
        let bad_from = at(bad.0);
        let samples = (0..40 * 1_440).map(|minute| {
            let at = plus(began, TimeDelta::minutes(minute));
            let is_bad = bad_from <= at && at < plus(bad_from, TimeDelta::minutes(bad.1));
            Sample { at_ms: at.timestamp_millis(), value: if is_bad { 3.0 } else { 0.2 } }
        });
        let read = DutiesRead {
            source: SourceId(0),
            record: Ok((Vec::new(), Vec::new())),
            files: Vec::new(),
            frozen: vec![Ok(Frozen::default())],
        };
        for fact in [
            Fact::SignalAdded { source: SourceId(0), signal: Box::new(signal()) },
            Fact::SloAdded(Box::new(slo())),
            Fact::BurnInAdded(Box::new(burn_in)),
            Fact::DutiesRead(Box::new(read)),
            Fact::Sampled {
                signal: SignalId(0),
                samples: samples.collect(),
                telling: Telling::Instead,
                skipped: Vec::new(),
                n_skipped: 0,
            },
        ] {
            floor.apply(fact, now);
        }
        floor.settle(now);
        floor
    }

    fn stands(floor: &Floor) -> Standing {
        floor.burn_in_standing(&floor.burn_ins()[0], at("2026-11-20T00:00:00Z"))
    }

    #[test]
    fn a_bad_minute_that_the_series_has_forgotten_still_breaks_its_day() {
        let floor = floor(&["integrity"], &[], ("2026-10-13T10:07:00Z", 1));
        assert!(floor.gauges()[0].series.iter().next().unwrap().at() > at("2026-10-14T00:00:00Z"));
        let standing = stands(&floor);
        assert_eq!(standing.verdict, Verdict::Broken);
        assert_eq!(standing.days[1].1, Day::Broken(Text::scrub("integrity was 3 at 10:07")));
        assert_eq!((&standing.days[0].1, &standing.days[2].1), (&Day::Held, &Day::Held));
        let calm = self::floor(&["integrity"], &[], ("2027-01-01T00:00:00Z", 1));
        assert_eq!(stands(&calm).verdict, Verdict::Passed);
    }

    #[test]
    fn an_objective_is_judged_for_each_day_alone_and_kept_for_as_long_as_the_burn_in() {
        // One minute of 1440 is within a thousandth; two are not.
        let one = stands(&floor(&[], &["intact"], ("2026-10-13T10:07:00Z", 1)));
        assert_eq!(one.verdict, Verdict::Passed, "{:?}", one.first_bad());
        let two = stands(&floor(&[], &["intact"], ("2026-10-13T10:07:00Z", 2)));
        assert_eq!(two.verdict, Verdict::Broken);
        let broken: Vec<_> = two.days.iter().filter(|(_, day)| matches!(day, Day::Broken(_))).collect();
        assert_eq!((broken.len(), broken[0].0.to_string()), (1, "2026-10-13".to_owned()));
        assert!(broken[0].1.why().unwrap().as_str().ends_with("% of intact was bad"), "{broken:?}");
    }

    /// What a burn-in of three days comes to on its fourth: by these files, the record and the repository.
    fn frozen(record: &str, files: &[&str], history: Option<History>) -> Vec<Day> {
        let mut floor = Floor::new(Text::default(), Zone::utc(), Policy::standard(), Vec::new());
        let now = at("2026-11-21T12:00:00Z");
        let burn_in = BurnIn {
            name: Text::scrub("calm"),
            start: "2026-11-18".parse().unwrap(),
            days: 3,
            zone: Zone::utc(),
            duty: None,
            signals: Vec::new(),
            slos: Vec::new(),
            freeze: vec!["config/*.toml".to_owned()],
        };
        let files = files.iter().map(|written| Proof { path: Text::scrub("a.toml"), at: at(written) }).collect();
        let (entries, skipped) = crate::domain::record::read(record);
        assert!(skipped.is_empty(), "{skipped:?}");
        let read = DutiesRead {
            source: SourceId(0),
            record: Ok((entries, skipped)),
            files: Vec::new(),
            frozen: vec![Ok(Frozen { files, history })],
        };
        floor.apply(Fact::BurnInAdded(Box::new(burn_in)), now);
        floor.apply(Fact::DutiesRead(Box::new(read)), now);
        let standing = floor.burn_in_standing(&floor.burn_ins()[0], now);
        standing.days.into_iter().map(|(_, day)| day).collect()
    }

    fn words(days: &[Day]) -> Vec<&'static str> {
        days.iter().map(Day::word).collect()
    }

    #[test]
    fn a_file_that_was_written_later_says_nothing_of_the_days_before() {
        assert_eq!(words(&frozen("", &["2026-11-01T10:00:00Z"], None)), ["held"; 3]);
        assert_eq!(words(&frozen("", &["2026-11-19T10:00:00Z"], None)), ["unknown", "broken", "held"]);
        assert_eq!(words(&frozen("", &["2026-11-21T10:00:00Z"], None)), ["unknown"; 3]);
        assert_eq!(words(&frozen("", &[], None)), ["unknown"; 3], "a file that is gone is not one that did not change");
        // Who led saw it on the first day and the second, and a change on the second.
        let record = "- 2026-11-19T00:00:05Z looked \"calm\" for 2026-11-19: 1 file 00, the newest of 2026-11-01T10:00:00Z\n\
            - 2026-11-19T10:00:00Z changed \"calm\" for 2026-11-19: a.toml\n";
        let days = frozen(record, &["2026-11-21T10:00:00Z"], None);
        assert_eq!(words(&days), ["held", "broken", "unknown"]);
        assert_eq!(days[1], Day::Broken(Text::scrub("a.toml was changed")));
        // The repository knows of all days.
        let change = Proof { path: Text::scrub("a.toml"), at: at("2026-11-19T10:00:00Z") };
        let history = History { since: at("2026-11-18T00:00:00Z"), changes: vec![change], gone: Vec::new() };
        assert_eq!(words(&frozen("", &["2026-11-21T10:00:00Z"], Some(history))), ["held", "broken", "held"]);
    }

    #[test]
    fn who_leads_puts_a_look_of_each_day_and_each_change_on_record_once() {
        let now = at("2026-11-19T12:00:00Z");
        let mut floor = Floor::new(Text::default(), Zone::utc(), Policy::standard(), Vec::new());
        let burn_in = BurnIn {
            name: Text::scrub("calm"),
            start: "2026-11-18".parse().unwrap(),
            days: 3,
            zone: Zone::utc(),
            duty: None,
            signals: Vec::new(),
            slos: Vec::new(),
            freeze: vec!["config/*.toml".to_owned()],
        };
        floor.apply(Fact::BurnInAdded(Box::new(burn_in)), now);
        let read = |record: &str, files: &[(&str, &str)]| {
            let files =
                files.iter().map(|(path, written)| Proof { path: Text::scrub(path), at: at(written) }).collect();
            let frozen = vec![Ok(Frozen { files, history: None })];
            let record = Ok(crate::domain::record::read(record));
            Fact::DutiesRead(Box::new(DutiesRead { source: SourceId(0), record, files: Vec::new(), frozen }))
        };
        let (old, new) = (("a.toml", "2026-11-01T10:00:00Z"), ("b.toml", "2026-11-19T09:00:00Z"));
        floor.apply(read("", &[old, new]), now);
        floor.apply(Fact::Plays(crate::floor::fact::Role::Syncs), now);
        let mut record = String::new();
        for effect in floor.see_evidence(now) {
            let Effect::Note(Note { act, name, day, at, note }) = effect else { panic!("a note") };
            let entry = Entry { at: at.unwrap(), act, name, day, by: None, note };
            record += &format!("{}\n", entry.line());
        }
        assert_eq!(record.lines().count(), 2, "{record}");
        assert!(record.contains("changed \"calm\" for 2026-11-19: b.toml"), "{record}");
        floor.apply(read(&record, &[old, new]), now);
        assert_eq!(floor.see_evidence(now), Vec::new());
        // The next day one is gone.
        let later = at("2026-11-20T00:00:01Z");
        floor.apply(read(&record, &[old]), later);
        let of = |effect| match effect {
            Effect::Note(note) => (note.act, note.day.unwrap().to_string()),
            other => panic!("{other:?}"),
        };
        let notes: Vec<_> = floor.see_evidence(later).into_iter().map(of).collect();
        let day = "2026-11-20".to_owned();
        assert_eq!(notes, [(Act::Changed, day.clone()), (Act::Looked, day)]);
    }
}
