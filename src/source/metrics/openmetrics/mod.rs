//! What OpenMetrics 1.0 asks of an exposition beyond what our lax reader needs: for `metrics check`, and for nobody's graphs.
//!
//! Source: the OpenMetrics 1.0 specification (prometheus.io/docs/specs/om/open_metrics_spec).

mod family;
mod line;

use std::collections::{HashMap, HashSet};

use self::{
    family::{Family, Type},
    line::{Parsed, Sample},
};

/// What is wrong with a line: its number from 1, and why.
pub type Fault = (u64, &'static str);

/// Tells whether an exposition says that it is OpenMetrics: its last line is `# EOF`.
pub fn is_claimed(bytes: &[u8]) -> bool {
    bytes.trim_ascii_end().rsplit(|b| *b == b'\n').next() == Some(b"# EOF")
}

/// Names everything in which an exposition is not OpenMetrics 1.0; nothing where it is. Total: any bytes are judged.
pub fn faults(bytes: &[u8]) -> Vec<Fault> {
    let mut judge = Judge::default();
    let mut line_no = 0;
    for (number, line) in (1..).zip(bytes.split_inclusive(|b| *b == b'\n')) {
        line_no = number;
        if judge.has_ended {
            judge.fault(number, "it stands behind # EOF");
            continue;
        }
        match std::str::from_utf8(line.strip_suffix(b"\n").unwrap_or(line)) {
            Ok(line) => judge.line(number, line),
            Err(_) => judge.fault(number, "it is not UTF-8"),
        }
    }
    judge.close(line_no);
    if !judge.has_ended {
        judge.fault(line_no.max(1), "the last line is not # EOF");
    }
    judge.faults
}

#[derive(Default)]
struct Judge {
    faults: Vec<Fault>,
    has_ended: bool,
    open: Option<Family>,
    /// Families that are closed: none may come again.
    closed: HashSet<String>,
    /// Sample names that families have taken, and which family that was.
    taken: HashMap<String, String>,
}

impl Judge {
    fn fault(&mut self, line: u64, why: &'static str) {
        self.faults.push((line, why));
    }

    fn line(&mut self, number: u64, line: &str) {
        let done = match line::parse(line) {
            Ok(Parsed::End) => {
                self.has_ended = true;
                Ok(())
            }
            Ok(Parsed::Declared(keyword, name, rest)) => self.declared(number, keyword, &name, &rest),
            Ok(Parsed::Sample(sample)) => self.sample(number, sample),
            Err(why) => Err(why),
        };
        if let Err(why) = done {
            self.fault(number, why);
        }
    }

    fn declared(&mut self, number: u64, keyword: &'static str, name: &str, rest: &str) -> Result<(), &'static str> {
        if self.open.as_ref().is_none_or(|open| open.name != name) {
            self.begin(number, name)?;
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        open.declare(keyword, rest)?;
        if keyword == "TYPE" {
            return self.take_names(number);
        }
        Ok(())
    }

    /// Closes the family before and opens this one.
    fn begin(&mut self, number: u64, name: &str) -> Result<(), &'static str> {
        self.close(number.saturating_sub(1));
        self.open = Some(Family::new(name));
        if self.closed.contains(name) {
            return Err("its family came before, and others stand between");
        }
        Ok(())
    }

    fn take_names(&mut self, _number: u64) -> Result<(), &'static str> {
        let Some(open) = &self.open else { return Ok(()) };
        for name in open.sample_names() {
            if self.taken.get(&name).is_some_and(|by| *by != open.name) {
                return Err("its samples would have the names of another family's");
            }
            self.taken.insert(name, open.name.clone());
        }
        Ok(())
    }

    fn sample(&mut self, number: u64, sample: Sample) -> Result<(), &'static str> {
        if let Some(open) = &mut self.open
            && open.has(&sample.name)
        {
            return open.add(&sample);
        }
        if self.open.as_ref().is_some_and(|open| open.kind == Type::Counter && open.name == sample.name) {
            return Err("the name of a counter's sample ends in _total");
        }
        let clash =
            self.taken.contains_key(&sample.name) || self.open.as_ref().is_some_and(|open| open.name == sample.name);
        self.begin(number, &sample.name)?;
        if clash {
            return Err("its name is not one its family has, or another family's");
        }
        self.take_names(number)?;
        self.open.as_mut().map_or(Ok(()), |open| open.add(&sample))
    }

    fn close(&mut self, number: u64) {
        let Some(mut open) = self.open.take() else { return };
        if let Err(why) = open.close() {
            self.fault(number.max(1), why);
        }
        if open.kind == Type::Unknown {
            // Nobody said what it is, so it has the one name.
            self.taken.insert(open.name.clone(), open.name.clone());
        }
        self.closed.insert(open.name);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn why(text: &str) -> Vec<Fault> {
        faults(text.as_bytes())
    }

    #[test]
    fn a_good_exposition_has_no_fault() {
        let text = "# TYPE a counter\n# HELP a words\na_total{b=\"c\"} 1 1.5 # {id=\"x\"} 0.5\na_created{b=\"c\"} 1 1.5\n\
                    # TYPE h histogram\nh_bucket{le=\"1\"} 0\nh_bucket{le=\"+Inf\"} 3\nh_count 3\nh_sum 2\n\
                    # TYPE s stateset\ns{s=\"on\"} 1\ns{s=\"off\"} 0\nfree 1\n# EOF\n";
        assert_eq!(why(text), []);
    }

    #[test]
    fn each_fault_is_named_with_its_line() {
        assert_eq!(why("a 1\n"), [(1, "the last line is not # EOF")]);
        assert_eq!(why("a 1\n\n# EOF\n"), [(2, "it is blank")]);
        assert_eq!(why("a  1\n# EOF\n"), [(1, "its value is not a number")]);
        assert_eq!(why("# TYPE a counter\na_total -1\n# EOF\n"), [(2, "a counter cannot be negative or NaN")]);
        let counter = "# TYPE a counter\na 1\na_total 2\n# EOF\n";
        assert_eq!(why(counter), [(2, "the name of a counter's sample ends in _total")]);
        assert_eq!(why("a 1\nb 1\na{x=\"y\"} 1\n# EOF\n"), [(3, "its family came before, and others stand between")]);
        assert_eq!(why("# EOF\na 1\n"), [(2, "it stands behind # EOF")]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "[a-z{}\"=, 0-9.#\\n]{0,120}") {
            faults(&bytes);
            faults(text.as_bytes());
        }
    }
}
