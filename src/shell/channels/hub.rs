//! The channel that opens issues. What a notice asks for goes through the outbox, under names that follow from the notice's own:
//! whatever happens in between, each is done once.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::{
    config::notify::{Channel, ChannelKind, Issues},
    domain::{
        delivery::{self as domain, Outcome as Came},
        incident::{CloseReason, IncidentKey, Login},
        intent::{Act, Draft, Intent, Progress, Target},
        notify::{
            Kind, Message, Notice,
            message::{Marks, NoticeId},
            thread::{self, Deed, Habits, Stands},
        },
        time::between,
    },
    shell::{
        channels::{
            hosts::Hosts,
            ledger::Ledger,
            send::{Outcome, later, refused},
        },
        clock::Clock,
        delivery::{self, Host},
        store::{Store, StoreError},
    },
    sink::channel::github,
    text::Text,
};

/// Who wants what a channel asks for.
const BY: &str = "watchfloor";

/// How often it is looked how far the outbox is.
const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// Requests of one notice that are waited for.
const STEPS: u8 = 3;

/// The last of them: closing what was shared when the rest was asked for.
const CLOSES: u8 = STEPS - 1;

/// The place of the request that assigns people: nobody waits for it.
const ASSIGNS: u8 = 8;

/// What is told in one message.
pub(super) struct Telling {
    /// The notices, each with the group by which its issue is found.
    pub(super) parts: Vec<(Notice, u64)>,
    /// What is said: of one notice itself, of several their digest.
    pub(super) whole: Notice,
    /// How it is marked.
    pub(super) marks: Marks,
    /// It may have been asked for by an earlier process.
    pub(super) may_be_there: bool,
}

/// One channel's way to its issues.
pub(super) struct Hub {
    channel: Text,
    issues: Issues,
    timeout: Duration,
    hosts: Hosts,
    ledger: Arc<Mutex<Ledger>>,
    store: Mutex<Option<Store>>,
    clock: Clock,
}

impl Hub {
    /// The way of a channel that opens issues; nothing for any other.
    pub(super) fn of(channel: &Channel, hosts: &Hosts, ledger: &Arc<Mutex<Ledger>>, clock: Clock) -> Option<Self> {
        let ChannelKind::GitHub(issues) = &channel.kind else { return None };
        Some(Self {
            channel: channel.name.clone(),
            issues: (**issues).clone(),
            timeout: channel.timeout.to_std().unwrap_or(Duration::from_secs(10)),
            hosts: hosts.clone(),
            ledger: Arc::clone(ledger),
            store: Mutex::new(None),
            clock,
        })
    }

    /// Whether a group would get a new issue, as far as is known here.
    pub(super) fn opens(&self, kind: Kind, key: u64) -> bool {
        let thread = self.ledger.lock().ok().and_then(|ledger| ledger.thread(&self.channel, key).ok()).flatten();
        kind != Kind::Resolved && thread.is_none()
    }

    /// The message that a notice went with before.
    pub(super) fn batch_of(&self, notice: NoticeId) -> Option<NoticeId> {
        self.ledger.lock().ok().and_then(|ledger| ledger.batch_of(notice).ok()).flatten()
    }

    /// Notes what goes as one message, before anything of it is asked for.
    pub(super) fn put_together(&self, notices: &[NoticeId], batch: NoticeId) {
        if 1 < notices.len() {
            // A disk that refuses this refuses what is to be asked for as well, and that is said.
            let _ = self.with_ledger(|ledger| ledger.put_together(notices, batch));
        }
    }

    /// Has it told; waits for as long as the channel may take.
    pub(super) async fn tell(&self, telling: &Telling) -> Outcome {
        let host = match self.host() {
            Ok(host) => host,
            Err(outcome) => return outcome,
        };
        let found = match self.on_disk(telling) {
            Ok(found) => found,
            Err(why) => return later(&why),
        };
        if found.is_empty()
            && let Err(outcome) = self.ask(&host, telling).await
        {
            return outcome;
        }
        let until = Instant::now() + self.timeout;
        loop {
            let intents = match self.on_disk(telling) {
                Ok(intents) => intents,
                Err(why) => return later(&why),
            };
            if intents.iter().all(|intent| intent.progress.is_over()) {
                match self.learn(&host, telling, &intents) {
                    Outcome::Taken if self.may_close(telling, &intents) => {}
                    outcome => return outcome,
                }
                if let Err(outcome) = self.close(&host, telling, &intents).await {
                    return outcome;
                }
            }
            if until <= Instant::now() {
                return late(&intents, self.clock.now());
            }
            tokio::time::sleep(LOOKS_EVERY).await;
        }
    }

    /// Takes back what was not asked for yet of a message that is given up.
    pub(super) fn withdraw(&self, notices: &[Notice]) {
        let Some(first) = notices.first() else { return };
        let Some(since) = notices.iter().map(|notice| notice.since).min() else { return };
        let (batch, now) = (self.batch_of(first.id).unwrap_or(first.id), self.clock.now());
        for step in 0..STEPS {
            // What cannot be taken back any more is done, late.
            let _ = self.with_store(|store| store.cancel(&thread::op(batch, since, step), now));
        }
    }

    fn host(&self) -> Result<Host, Outcome> {
        let found = self.hosts.hosts.iter().find(|host| host.source == self.issues.source);
        let Some(host) = found else { return Err(refused("the settings name no such host any more")) };
        if host.is_read_only {
            return Err(refused(&format!("{} may only be read (read_only in the settings)", host.source)));
        }
        Ok(host.clone())
    }

    /// What stands in the outbox of a telling.
    fn on_disk(&self, telling: &Telling) -> Result<Vec<Intent>, String> {
        let Notice { id, since, .. } = &telling.whole;
        self.with_store(|store| {
            let intents = (0..STEPS).map(|step| store.intent(&thread::op(*id, *since, step)));
            Ok(intents.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        })
    }

    /// Decides what is to be done and writes it down.
    async fn ask(&self, host: &Host, telling: &Telling) -> Result<(), Outcome> {
        let message = &telling.whole.message;
        let thread = match telling.parts.as_slice() {
            [(_, key)] => self.with_ledger(|ledger| ledger.thread(&self.channel, *key)).map_err(|why| later(&why))?,
            _ => None,
        };
        let stands = match &thread {
            Some(thread) => Some(self.stands(host, &thread.issue).await?),
            None => None,
        };
        let known = thread.as_ref().zip(stands);
        // The issue of a drill is nobody's once that is over.
        let habits = Habits { closes: self.issues.habits.closes || message.is_drill, ..self.issues.habits };
        let deeds = thread::deeds(message.kind, message.is_repeat, known, habits)
            .map_err(|why| Outcome::Nothing { why: Text::scrub(why) })?;
        let drafts: Vec<Draft> = deeds.iter().map(|deed| self.draft(deed, message, telling.marks)).collect();
        let now = self.clock.now();
        let mut intents: Vec<Intent> =
            (0_u8..).zip(drafts).map(|(step, draft)| self.intent(telling, step, draft)).collect();
        // The outbox may have been lost since it was asked for: the host is looked at first.
        for intent in intents.iter_mut().filter(|intent| telling.may_be_there && domain::is_created_once(&intent.act)) {
            let why = Text::scrub("an earlier run may have asked for it");
            intent.progress = Progress::Unsure { since: now, tries: 1, why };
        }
        self.with_store(|store| store.intend(&intents)).map_err(|why| later(&why))
    }

    async fn stands(&self, host: &Host, issue: &IncidentKey) -> Result<Stands, Outcome> {
        let now = self.clock.now();
        let asked = delivery::stands(host, &self.hosts.http, issue, self.clock).await;
        asked.map_err(|came| match came {
            Came::Refused { why } => Outcome::Refused { why },
            Came::Away { why } | Came::Unknown { why } => Outcome::Later { why, after: None },
            Came::Lost { why, until } => {
                Outcome::Later { why, after: until.and_then(|at| between(now, at).to_std().ok()) }
            }
            Came::Limited { until } => {
                let why = Text::scrub("the host asks for patience");
                Outcome::Later { why, after: between(now, until).to_std().ok() }
            }
            Came::Done { .. } => later("the host said nothing of the issue"),
        })
    }

    fn draft(&self, deed: &Deed, message: &Message, marks: Marks) -> Draft {
        let text = || Box::new(github::body(message, marks));
        let on = |key: &IncidentKey, act| Draft { target: Target::Incident(key.clone()), act };
        match deed {
            Deed::Open => Draft {
                target: Target::Repository(self.issues.repository.clone()),
                act: Act::Create { title: github::title(message), body: text(), labels: self.issues.labels.clone() },
            },
            Deed::Comment(key) => on(key, Act::Comment(text())),
            Deed::Reopen(key) => on(key, Act::Reopen),
            Deed::Close(key) => on(key, Act::Close(CloseReason::Completed)),
        }
    }

    fn intent(&self, telling: &Telling, step: u8, draft: Draft) -> Intent {
        let Notice { id, since, .. } = &telling.whole;
        Intent {
            id: thread::op(*id, *since, step),
            batch: thread::op(*id, *since, 0),
            source: self.issues.source.clone(),
            target: draft.target,
            act: draft.act,
            by: Login::new(BY),
            at: self.clock.now(),
            progress: Progress::new(),
        }
    }

    /// Everything that was asked for is over: what came of it, and what has to be known next time.
    fn learn(&self, host: &Host, telling: &Telling, intents: &[Intent]) -> Outcome {
        let Some(said) = intents.iter().find(|intent| domain::is_created_once(&intent.act)) else {
            return later("nothing of it stands in the outbox");
        };
        let url = match &said.progress {
            Progress::Done { url, .. } => url.as_ref(),
            Progress::Refused { why, .. } => return Outcome::Refused { why: why.clone() },
            _ => return refused("somebody took it back in the outbox"),
        };
        let (issue, page) = match &said.target {
            Target::Incident(key) => (key.clone(), None),
            Target::Repository(_) => match url.and_then(|url| self.numbered(url)) {
                Some(key) => (key, url),
                // It is there and was told; the next notice of the group cannot find it and opens another.
                None => return Outcome::Taken,
            },
        };
        let kept = self.keep(telling, intents, &issue, page);
        let assigned = if page.is_some() { self.assign(host, telling, &issue) } else { Ok(()) };
        match kept.and(assigned) {
            Ok(()) => Outcome::Taken,
            // It is looked at again, and nothing is asked for twice.
            Err(why) => later(&why),
        }
    }

    /// Whether what was shared when it was asked for may have come to be over since: two groups of one issue may end at once.
    fn may_close(&self, telling: &Telling, intents: &[Intent]) -> bool {
        let message = &telling.whole.message;
        let is_wanted = self.issues.habits.closes || message.is_drill;
        let is_asked = intents.iter().any(|intent| matches!(intent.act, Act::Close(_)));
        is_wanted && message.kind == Kind::Resolved && !is_asked
    }

    /// Has the issue closed where nothing on it fires any more and nobody closed it.
    ///
    /// # Errors
    /// What the telling comes to: there is nothing to close, or that cannot be said now.
    async fn close(&self, host: &Host, telling: &Telling, intents: &[Intent]) -> Result<(), Outcome> {
        let said = intents.iter().find(|intent| matches!(intent.act, Act::Comment(_)));
        let Some(Target::Incident(key)) = said.map(|intent| &intent.target) else { return Err(Outcome::Taken) };
        let known = |(_, group): &(Notice, u64)| self.with_ledger(|ledger| ledger.thread(&self.channel, *group)).ok();
        let thread = telling.parts.first().and_then(known).flatten();
        if thread.is_none_or(|thread| thread.is_shared || thread.issue != *key) {
            return Err(Outcome::Taken);
        }
        if self.stands(host, key).await? != Stands::Open {
            return Err(Outcome::Taken);
        }
        let draft = Draft { target: Target::Incident(key.clone()), act: Act::Close(CloseReason::Completed) };
        let intent = self.intent(telling, CLOSES, draft);
        self.with_store(|store| match store.intent(&intent.id)? {
            Some(_) => Ok(()),
            None => store.intend(&[intent]),
        })
        .map_err(|why| later(&why))
    }

    /// Notes where the groups are told.
    fn keep(
        &self,
        telling: &Telling,
        intents: &[Intent],
        issue: &IncidentKey,
        page: Option<&Text>,
    ) -> Result<(), String> {
        let now = self.clock.now();
        let is_over = |notice: &Notice| notice.message.kind == Kind::Resolved;
        let groups: Vec<(u64, bool)> = telling.parts.iter().map(|(notice, key)| (*key, is_over(notice))).collect();
        let is_closed = intents
            .iter()
            .any(|intent| matches!(intent.act, Act::Close(_)) && matches!(intent.progress, Progress::Done { .. }));
        self.with_ledger(|ledger| {
            let known =
                |ledger: &Ledger, key| ledger.thread(&self.channel, key).map(|thread| thread.and_then(|t| t.url));
            let url = match (page, groups.first()) {
                (Some(page), _) => Some(page.clone()),
                (None, Some((key, _))) => known(ledger, *key)?,
                (None, None) => None,
            };
            ledger.put_threads(&self.channel, &groups, issue, url.as_ref(), now)?;
            if is_closed && !self.issues.habits.reopens {
                ledger.drop_threads(&self.channel, issue)?;
            }
            Ok(())
        })
    }

    /// Has people assigned to a new issue. Nobody waits for it, and where it is refused the outbox says so.
    fn assign(&self, host: &Host, telling: &Telling, issue: &IncidentKey) -> Result<(), String> {
        let on_call = telling.whole.message.accounts.iter().filter(|_| self.issues.assigns_on_call);
        let mut who: Vec<Login> = self.issues.assignees.clone();
        who.extend(on_call.cloned());
        who.dedup();
        // A drill calls nobody.
        if who.is_empty() || host.is_read_only || telling.whole.message.is_drill {
            return Ok(());
        }
        let draft = Draft { target: Target::Incident(issue.clone()), act: Act::Assign(who) };
        let intent = self.intent(telling, ASSIGNS, draft);
        self.with_store(|store| match store.intent(&intent.id)? {
            Some(_) => Ok(()),
            None => store.intend(&[intent]),
        })
    }

    /// The issue of a page's address.
    fn numbered(&self, page: &Text) -> Option<IncidentKey> {
        let number = page.as_str().rsplit('/').next()?.parse().ok()?;
        Some(IncidentKey::issue(self.issues.repository.clone(), number))
    }

    fn with_ledger<T>(&self, work: impl FnOnce(&mut Ledger) -> Result<T, String>) -> Result<T, String> {
        let mut ledger = self.ledger.lock().map_err(|_| "the record of what is told is gone".to_owned())?;
        work(&mut ledger)
    }

    /// Works on the outbox, opened when it is first needed.
    fn with_store<T>(&self, work: impl FnOnce(&mut Store) -> Result<T, StoreError>) -> Result<T, String> {
        let Some(folder) = &self.hosts.folder else {
            return Err("there is no state folder: set HOME, or give --state-dir".to_owned());
        };
        let mut store = self.store.lock().map_err(|_| "the outbox is gone".to_owned())?;
        if store.is_none() {
            *store = Some(Store::open(folder, self.clock.now()).map_err(|error| error.to_string())?);
        }
        let Some(store) = store.as_mut() else { return Err("the outbox is gone".to_owned()) };
        work(store).map_err(|error| error.to_string())
    }
}

/// It takes its time: why, by what the outbox says.
fn late(intents: &[Intent], now: DateTime<Utc>) -> Outcome {
    let Some(waits) = intents.iter().find(|intent| !intent.progress.is_over()) else {
        return later("it takes its time");
    };
    match &waits.progress {
        Progress::Waiting { not_before, why: Some(why), .. } => {
            Outcome::Later { why: why.clone(), after: not_before.and_then(|at| between(now, at).to_std().ok()) }
        }
        Progress::Unsure { why, .. } => Outcome::Later { why: why.clone(), after: None },
        _ => later("the host did not answer in time"),
    }
}
