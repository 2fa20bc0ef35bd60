//! The house on real material: what `WATCHFLOOR_DATA` names. Without it these tests are left out, and say so.

// Said again for clippy, which relaxes its lints for helpers of tests only below this attribute.
#[cfg(test)]
mod acting;
#[cfg(test)]
mod alerts;
#[cfg(test)]
mod backtest;
#[cfg(test)]
mod board;
#[cfg(test)]
mod checklists;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod compare;
#[cfg(test)]
mod configs;
#[cfg(test)]
mod exchanges;
#[cfg(test)]
mod expositions;
#[cfg(test)]
mod files;
#[cfg(test)]
mod goals;
#[cfg(test)]
mod history;
#[cfg(test)]
mod ical;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod nab;
#[cfg(test)]
mod oncall;
#[cfg(test)]
mod past;
#[cfg(test)]
mod past_live;
#[cfg(test)]
mod promql;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod release_acts;
#[cfg(test)]
mod release_doubts;
#[cfg(test)]
mod release_gate;
#[cfg(test)]
mod roster_answers;
#[cfg(test)]
mod roster_files;
#[cfg(test)]
mod rota;
#[cfg(test)]
mod rule_files;
#[cfg(test)]
mod screen;
#[cfg(test)]
mod sections;
#[cfg(test)]
mod slos;
#[cfg(test)]
mod stats;
#[cfg(test)]
mod week;
