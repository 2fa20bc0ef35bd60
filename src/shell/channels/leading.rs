//! What only the process that leads does: it takes what fires through the dispatcher to the courier, and keeps on disk what
//! the next process has to know.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{sync::mpsc::UnboundedReceiver, time::Instant};

use crate::{
    config::notify::{Address, NotifySettings},
    domain::{
        alert::{Alert, AlertId},
        notify::{
            Dispatcher, Notice, Silence, Status,
            message::{DRILL, NoticeId},
        },
        time::{between, plus, rfc3339},
    },
    floor::Floor,
    shell::{
        channels::{
            courier::{Courier, Report},
            duty::SCRAPE,
            hosts::Hosts,
            kept::Drill,
            late::Late,
            ledger::Ledger,
            own::Figures,
            seen::{Known, Seen},
            words::{accounts, key_of, on_call, word, words},
        },
        clock::Clock,
        disk,
    },
    text::Text,
};

/// How often the book of the rules is written down where nothing changed.
const BOOK_EVERY: TimeDelta = TimeDelta::minutes(1);

/// How often it is said that the disk refuses.
const DISK_SAID_EVERY: Duration = Duration::from_secs(60);

/// Whether an alert is no rehearsal.
fn is_real(alert: &&Alert) -> bool {
    alert.labels.get(DRILL).is_none()
}

/// The one who leads.
#[derive(Debug)]
pub(super) struct Leading {
    courier: Courier,
    reports: UnboundedReceiver<Report>,
    dispatcher: Dispatcher,
    seen: Seen,
    /// Whether Alertmanagers heard from this process at all.
    has_handed: bool,
    /// A second way to the same file.
    ledger: Option<Ledger>,
    silences: Vec<Silence>,
    warned: Vec<u64>,
    pulse: Option<UnboundedReceiver<Option<Text>>>,
    courier_beat: (u64, Instant),
    /// Drills that are not over.
    drills: Vec<Drill>,
    /// Alerts that are over, until every channel knows.
    over: BTreeSet<AlertId>,
    /// Notices that no channel took yet.
    left: BTreeSet<NoticeId>,
    n_told: usize,
    n_given_up: usize,
    book_at: Option<DateTime<Utc>>,
    disk_said_at: Option<Instant>,
}

impl Leading {
    /// Begins, with what an earlier process left; lines for the log where something is wrong.
    pub(super) fn begin(
        settings: &NotifySettings,
        hosts: &Hosts,
        folder: Option<&Path>,
        clock: Clock,
    ) -> (Option<Self>, Vec<String>) {
        let mut lines = Vec::new();
        let opened = match folder {
            Some(folder) => Ledger::open(folder).map(Ledger::hasty),
            None => Err("there is no state folder".to_owned()),
        };
        // A file that cannot be opened is waited for once.
        let second = folder.filter(|_| opened.is_ok()).and_then(|folder| Ledger::open(folder).ok().map(Ledger::hasty));
        let ledger = opened.or_else(|why| -> Result<Ledger, String> {
            lines.push(format!("note: what is to be told is not kept on disk: {why}; a crash now would lose it"));
            let mut ledger = Ledger::in_memory()?;
            folder.into_iter().for_each(|folder| ledger.doubt_as(folder, clock.now()));
            Ok(ledger)
        });
        let Ok(mut ledger) = ledger else { return (None, lines) };
        let doubt = ledger.take_doubt(clock.now()).ok().flatten();
        if let Some(why) = &doubt {
            lines.push(format!(
                "note: not all that was told is on record: {why}; what is told again says \"maybe repeated\""
            ));
        }
        let log = ledger.log().unwrap_or_default();
        let fired = ledger.fired().unwrap_or_default();
        let left = ledger.left().unwrap_or_default().iter().map(|left| left.notice.id).collect();
        let begun = match Courier::start(settings.channels.clone(), hosts.clone(), ledger, clock, SCRAPE) {
            Ok((courier, reports)) => Some(Self {
                courier,
                reports,
                dispatcher: Dispatcher::with_log(log),
                seen: Seen::with(fired),
                has_handed: false,
                ledger: second,
                silences: Vec::new(),
                warned: Vec::new(),
                pulse: None,
                courier_beat: (0, Instant::now()),
                drills: Vec::new(),
                over: BTreeSet::new(),
                left,
                n_told: 0,
                n_given_up: 0,
                book_at: None,
                disk_said_at: None,
            }),
            Err(error) => {
                lines.push(format!("error: nobody is told: {}", disk::why(&error)));
                None
            }
        };
        (begun, lines)
    }

    /// The courier's beat.
    pub(super) fn beat(&self) -> Arc<AtomicU64> {
        self.courier.beat()
    }

    /// How many alerts fire.
    pub(super) fn n_firing(&self) -> usize {
        self.seen.n_firing()
    }

    /// Notices that no channel took yet.
    pub(super) fn n_left(&self) -> usize {
        self.left.len()
    }

    /// Notices that a channel took.
    pub(super) fn n_told(&self) -> usize {
        self.n_told
    }

    /// Notices that no channel will ever take.
    pub(super) fn n_given_up(&self) -> usize {
        self.n_given_up
    }

    /// Goes by a clock that was moved.
    pub(super) fn jumped(&mut self, by: TimeDelta) {
        self.dispatcher.jumped(by);
    }

    /// Has a sign of life given.
    pub(super) fn pulse(&mut self, to: Address) {
        self.pulse = Some(self.courier.pulse(to));
    }

    /// Why the last sign of life was not taken; said once.
    pub(super) fn pulse_failed(&mut self) -> Option<Text> {
        self.pulse.as_mut().and_then(|pulse| pulse.try_recv().ok()).flatten()
    }

    /// Ends.
    pub(super) fn end(self) {
        self.courier.end();
    }

    /// Has notices told that are no alert's.
    pub(super) fn tell(&mut self, notices: Vec<Notice>) {
        self.left.extend(notices.iter().map(|notice| notice.id));
        self.courier.tell(notices, Vec::new());
    }

    /// Takes what fires to the dispatcher, and what the dispatcher says to the courier.
    pub(super) fn dispatch(&mut self, floor: &Floor, settings: &NotifySettings, now: DateTime<Utc>) {
        self.look(floor, settings, now);
        self.send(floor, settings, now);
    }

    /// The same, and no group waits for more alerts.
    pub(super) fn hurry(&mut self, floor: &Floor, settings: &NotifySettings, now: DateTime<Utc>) {
        // The second look is for what is over at the first and broken again; a notice is named by its instant.
        for now in [now, plus(now, TimeDelta::milliseconds(1))] {
            self.look(floor, settings, now);
            self.dispatcher.hurry(now);
            self.send(floor, settings, now);
        }
    }

    fn look(&mut self, floor: &Floor, settings: &NotifySettings, now: DateTime<Utc>) {
        let taken = self
            .ledger
            .as_mut()
            .and_then(|ledger| ledger.tried(|ledger| ledger.take_drills(now)).ok())
            .unwrap_or_default();
        self.drills.extend(taken);
        self.drills.retain(|drill| now < drill.until);
        let mut there = floor.told_of(now);
        there.extend(self.drills.iter().map(|drill| drill.alert.clone()));
        let (is_blind, has_ended) =
            (|alert: &Alert| floor.is_blind_to(alert, now), |alert: &Alert| floor.has_ended(alert));
        let known = Known { is_blind: &is_blind, has_ended: &has_ended };
        let changed = self.seen.look(there, &known, now);
        if !std::mem::replace(&mut self.has_handed, true) {
            // No news to people; an Alertmanager takes for over what nobody says again and again.
            self.courier.hand(self.seen.firing().filter(is_real).cloned().collect());
        }
        if changed.is_empty() {
            return;
        }
        // On disk before anybody is told: whoever comes after a crash has to know what to end.
        let fires: Vec<Alert> = changed.iter().filter(|alert| alert.is_firing()).cloned().collect();
        self.over.extend(changed.iter().filter(|alert| !alert.is_firing()).map(|alert| alert.id));
        if let Some(ledger) = &mut self.ledger {
            // The courier says it where the disk refuses.
            let _ = ledger.put(Late::Fired { fires, over: Vec::new() });
        }
        changed.iter().for_each(|alert| self.dispatcher.take(&settings.plan, alert, now));
        // Whoever rehearses tells Alertmanagers himself, without what they wake people by.
        self.courier.hand(changed.into_iter().filter(|alert| is_real(&alert)).collect());
        self.book_at = None;
    }

    fn send(&mut self, floor: &Floor, settings: &NotifySettings, now: DateTime<Utc>) {
        let mut notices = self.dispatcher.tick(&settings.plan, &self.silences, now);
        if !notices.is_empty() {
            let (on_call, accounts) = (on_call(floor), accounts(floor));
            for notice in &mut notices {
                notice.message.on_call.clone_from(&on_call);
                notice.message.accounts.clone_from(&accounts);
                notice.message.link.clone_from(&settings.watch.link);
            }
        }
        self.left.extend(notices.iter().map(|notice| notice.id));
        self.courier.tell(notices, self.dispatcher.take_told());
    }

    /// Writes down how the rules stand where that changed, and once a minute (R42).
    pub(super) fn keep_steps(&mut self, floor: &Floor, now: DateTime<Utc>) -> Option<String> {
        let is_due = self.book_at.is_none_or(|at| now < at || BOOK_EVERY <= between(at, now));
        if !is_due && floor.alert_steps().is_empty() {
            return None;
        }
        self.book_at = Some(now);
        let kept = self.ledger.as_mut()?.tried(|ledger| ledger.keep_book(&floor.book().snapshot(), now));
        kept.err().map(|why| format!("error: the disk does not keep how the rules stand: {why}"))
    }

    /// Forgets what is over once nobody takes it for firing any more.
    pub(super) fn keep(&mut self) -> Option<String> {
        if self.over.is_empty() {
            return None;
        }
        let told: BTreeSet<AlertId> =
            self.dispatcher.log().iter().flat_map(|(_, _, entry)| entry.firing.iter().copied()).collect();
        let known: Vec<AlertId> =
            self.over.iter().copied().filter(|id| !told.contains(id) || self.seen.fires(*id)).collect();
        self.over.retain(|id| !known.contains(id));
        let gone: Vec<AlertId> = known.into_iter().filter(|id| !self.seen.fires(*id)).collect();
        let ledger = self.ledger.as_mut()?;
        let forgotten = ledger.put(Late::Fired { fires: Vec::new(), over: gone.clone() });
        let forgotten = forgotten.and_then(|_| ledger.tried(|ledger| ledger.cleared(&gone)));
        forgotten.err().map(|why| format!("error: the disk does not forget what is over: {why}"))
    }

    /// Counts what became of a notice.
    fn settle(&mut self, report: &Report) {
        match report {
            Report::Delivered { id, .. } => self.n_told += usize::from(self.left.remove(id)),
            Report::GivenUp { id, .. } | Report::Nowhere { id, .. } => {
                self.n_given_up += usize::from(self.left.remove(id));
            }
            Report::LeftOut { id, .. } => drop(self.left.remove(id)),
            Report::Failing { .. } | Report::Back { .. } | Report::Disk { .. } => {}
        }
    }

    /// Reads silences anew: the settings' and those that people made.
    pub(super) fn read_silences(&mut self, settings: &NotifySettings) {
        let kept = self.ledger.as_ref().and_then(|ledger| ledger.silences().ok());
        if let Some(kept) = kept {
            self.silences = settings.silences.iter().cloned().chain(kept).collect();
        } else if self.ledger.is_none() {
            self.silences.clone_from(&settings.silences);
        }
    }

    /// Tells that silences end before they do.
    pub(super) fn warn(&mut self, settings: &NotifySettings, now: DateTime<Utc>) {
        let ending = |silence: &&Silence| silence.status(now) == Status::Active && silence.warns_at() <= now;
        let ending: Vec<Silence> = self.silences.iter().filter(ending).cloned().collect();
        let fresh: Vec<&Silence> = ending.iter().filter(|silence| !self.warned.contains(&silence.id.0)).collect();
        for silence in fresh {
            let selector = silence.selector();
            let said = format!(
                "the silence {selector} of {} ends at {}: {}",
                silence.author,
                rfc3339(silence.until),
                silence.comment
            );
            let about = format!("silence {selector} {}", silence.until.timestamp_micros());
            self.tell_everybody(settings, &said, &about, None, now);
        }
        self.warned = ending.iter().map(|silence| silence.id.0).collect();
    }

    /// Says something of our own over every channel but one.
    fn tell_everybody(
        &mut self,
        settings: &NotifySettings,
        said: &str,
        about: &str,
        but: Option<&Text>,
        now: DateTime<Utc>,
    ) {
        let channels = settings.plan.routes.iter().flat_map(|route| &route.channels);
        let mut names: Vec<&Text> = channels.filter(|name| but != Some(*name)).collect();
        names.sort();
        names.dedup();
        let notice = |channel: &&Text| Notice {
            id: NoticeId(key_of(&format!("{about} {channel}"))),
            channel: (*channel).clone(),
            since: now,
            message: word(said, key_of(about)),
            parts: Vec::new(),
        };
        self.tell(names.iter().map(notice).collect());
    }

    /// Lines for what the courier said.
    pub(super) fn hear(&mut self, figures: &mut Figures, settings: &NotifySettings, now: DateTime<Utc>) -> Vec<String> {
        let mut lines = Vec::new();
        while let Ok(report) = self.reports.try_recv() {
            figures.hear(&report);
            self.settle(&report);
            if let Report::GivenUp { channel, title, why, .. } = &report {
                let said = format!("\"{channel}\" was never told of: {title}: {why}");
                // One word an hour a channel: a channel that refuses everything is one piece of news.
                let about = format!("given up {channel} {}", now.timestamp().div_euclid(3_600));
                self.tell_everybody(settings, &said, &about, Some(channel), now);
            }
            if let Report::Failing { channel, rests: Some(_), .. } = &report {
                let about = format!("rests {channel} {}", now.timestamp().div_euclid(3_600));
                self.tell_everybody(settings, &words(&report), &about, Some(channel), now);
            }
            // A disk that refuses does so many times.
            let is_disk = matches!(report, Report::Disk { .. });
            if is_disk && self.disk_said_at.is_some_and(|at| at.elapsed() < DISK_SAID_EVERY) {
                continue;
            }
            self.disk_said_at = if is_disk { Some(Instant::now()) } else { self.disk_said_at };
            lines.push(words(&report));
        }
        lines
    }

    /// Whether the courier's loop goes round.
    pub(super) fn is_alive(&mut self) -> bool {
        let beat = self.courier.beat().load(Ordering::Relaxed);
        if beat != self.courier_beat.0 {
            self.courier_beat = (beat, Instant::now());
        }
        self.courier_beat.1.elapsed() < Duration::from_secs(15)
    }
}
