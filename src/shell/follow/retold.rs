//! Whether the lines of a file that begins were told before: a table that is written anew holds again what it held, and a log
//! that was put aside goes on.

use crate::domain::sample::Telling;

/// How the lines of a path are told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Retold {
    /// The newest stamp that was told.
    newest: Option<i64>,
    /// A file has begun of which no line was seen.
    is_open: bool,
    /// Whatever the next file begins with, it was told.
    is_certain: bool,
    telling: Telling,
}

impl Retold {
    /// What begins once more what another one has told.
    pub fn after(before: &Self) -> Self {
        Self { newest: before.newest, is_certain: before.newest.is_some(), ..Self::default() }
    }

    /// How what was seen is told.
    pub fn telling(&self) -> Telling {
        self.telling
    }

    /// A file begins.
    pub fn begin(&mut self) {
        self.is_open = true;
    }

    /// A line of this stamp was read. A file whose first is older than what was told before tells that anew.
    pub fn see(&mut self, at_ms: i64) {
        if std::mem::take(&mut self.is_open)
            && (std::mem::take(&mut self.is_certain) || self.newest.is_some_and(|newest| at_ms < newest))
        {
            self.telling = Telling::Anew;
        }
        self.newest = self.newest.max(Some(at_ms));
    }

    /// All that there is was told: what comes now is new.
    pub fn settle(&mut self) {
        self.telling = Telling::Added;
        // A file of which nothing was told once more told all of it before.
        self.is_certain = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_goes_on_adds_and_a_table_written_anew_tells_anew() {
        let mut log = Retold::default();
        let mut told = |begins: bool, at_ms: i64| {
            if begins {
                log.begin();
            }
            log.see(at_ms);
            let told = log.telling();
            log.settle();
            told
        };
        let all = [(true, 10), (false, 5), (true, 10), (true, 11), (true, 5), (false, 5), (false, 12)];
        let found = all.map(|(begins, at_ms)| told(begins, at_ms));
        use Telling::{Added, Anew};
        assert_eq!(found, [Added, Added, Added, Added, Anew, Added, Added]);
        let mut again = Retold::after(&log);
        again.begin();
        again.see(12);
        assert_eq!(again.telling(), Anew);
    }
}
