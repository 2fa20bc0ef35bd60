//! Silences: who wants not to be told of what, until when, and why (R45).

use std::fmt;

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};

use crate::{
    domain::{
        notify::matcher::{Matcher, all_fit},
        sample::Labels,
        time::{between, minus},
    },
    text::Text,
};

/// Names a silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SilenceId(pub u64);

impl fmt::Display for SilenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

/// Nobody is told of what it fits, in `[from, until)`. It has an end, an author and a comment, always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// Its name.
    pub id: SilenceId,
    /// All must fit; never empty, and never such that they would fit everything.
    pub matchers: Vec<Matcher>,
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it is over.
    pub until: DateTime<Utc>,
    /// Who wants it.
    pub author: Text,
    /// Why.
    pub comment: Text,
}

/// Where a silence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It has not begun.
    Pending,
    /// It holds.
    Active,
    /// It is over.
    Expired,
}

impl Status {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Expired => "expired",
        }
    }
}

/// The longest silence: longer ones are forgotten by those who made them.
pub const LONGEST: TimeDelta = TimeDelta::days(90);

/// How long before its end a silence is told to be ending, at most.
const WARNING: TimeDelta = TimeDelta::minutes(15);

impl Silence {
    /// Checks what somebody wants before it is kept.
    ///
    /// # Errors
    /// What is missing or wrong, a lower-case fragment with what to do.
    pub fn checked(self) -> Result<Self, String> {
        if self.matchers.is_empty() {
            return Err("a silence without a matcher would silence everything: name at least one label".to_owned());
        }
        if self.matchers.iter().all(Matcher::fits_nothing) {
            return Err(
                "these matchers fit alerts without any label, so everything: ask for one value at least".to_owned()
            );
        }
        if self.author.is_blank() {
            return Err("a silence needs an author".to_owned());
        }
        if self.comment.is_blank() {
            return Err("a silence needs a comment: say why, for whoever finds it at night".to_owned());
        }
        if self.until <= self.from {
            return Err("it would end before it begins".to_owned());
        }
        if LONGEST < between(self.from, self.until) {
            return Err(format!("it is longer than {} days: silence it again then", LONGEST.num_days()));
        }
        // Whoever prints whole seconds sees it in the second in which it was made.
        Ok(Self { from: self.from.trunc_subsecs(0), ..self })
    }

    /// Where it stands.
    pub fn status(&self, now: DateTime<Utc>) -> Status {
        if now < self.from {
            Status::Pending
        } else if now < self.until {
            Status::Active
        } else {
            Status::Expired
        }
    }

    /// Whether it holds now and fits these labels.
    pub fn silences(&self, labels: &Labels, now: DateTime<Utc>) -> bool {
        self.status(now) == Status::Active && all_fit(&self.matchers, labels)
    }

    /// When it is told that it ends: a quarter of an hour before, of a shorter silence a quarter of its length before.
    pub fn warns_at(&self) -> DateTime<Utc> {
        minus(self.until, (between(self.from, self.until) / 4).min(WARNING))
    }

    /// Its matchers as they are written: `{a="b",c!="d"}`.
    pub fn selector(&self) -> String {
        let matchers: Vec<String> = self.matchers.iter().map(ToString::to_string).collect();
        format!("{{{}}}", matchers.join(","))
    }
}

/// The silences among these that hold back an alert.
pub fn silencing<'a>(silences: &'a [Silence], labels: &Labels, now: DateTime<Utc>) -> Option<&'a Silence> {
    silences.iter().find(|silence| silence.silences(labels, now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::plus;

    fn at(minute: i64) -> DateTime<Utc> {
        plus(DateTime::from_timestamp(1_795_165_200, 0).unwrap(), TimeDelta::minutes(minute))
    }

    fn silence(matchers: &[&str], until: i64) -> Silence {
        Silence {
            id: SilenceId(1),
            matchers: matchers.iter().map(|written| Matcher::parse(written).unwrap()).collect(),
            from: at(0),
            until: at(until),
            author: Text::scrub("ann"),
            comment: Text::scrub("move of the database"),
        }
    }

    #[test]
    fn a_silence_holds_from_its_start_and_not_at_its_end() {
        let one = silence(&["env=prod"], 60);
        let states = [at(-1), at(0), at(59), at(60)].map(|now| one.status(now));
        assert_eq!(states, [Status::Pending, Status::Active, Status::Active, Status::Expired]);
    }

    #[test]
    fn it_holds_in_the_second_in_which_it_is_made() {
        let made = plus(at(0), TimeDelta::milliseconds(900));
        let kept = Silence { from: made, ..silence(&["env=prod"], 60) }.checked().unwrap();
        assert_eq!(kept.status(at(0)), Status::Active);
    }

    #[test]
    fn it_warns_before_it_ends() {
        assert_eq!(silence(&["env=prod"], 120).warns_at(), at(105));
        assert_eq!(silence(&["env=prod"], 20).warns_at(), at(15));
    }

    #[test]
    fn without_author_comment_matcher_or_a_sane_end_there_is_no_silence() {
        assert!(silence(&["env=prod"], 60).checked().is_ok());
        let faults = [
            silence(&[], 60),
            silence(&["env!=prod", "x=~\".*\""], 60),
            Silence { author: Text::default(), ..silence(&["env=prod"], 60) },
            Silence { comment: Text::scrub("  "), ..silence(&["env=prod"], 60) },
            silence(&["env=prod"], 0),
            silence(&["env=prod"], 60 * 24 * 91),
        ];
        assert!(faults.into_iter().all(|silence| silence.checked().is_err()));
    }
}
