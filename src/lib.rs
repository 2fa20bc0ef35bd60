//! Watchfloor: one screen for the person who carries the pager, and the same answers without a screen.
//!
//! The house, in reading order. Imports point down only; `tests/guard` holds them to it.
//!
//! * [`text`] outside text, scrubbed once; [`wire`] HTTP as plain data.
//! * [`domain`] the rules: values in, values out.
//! * [`floor`] all that is known now: facts in, effects out.
//! * [`source`] what to ask, how to read the answer; [`sink`] domain values to bytes. Both pure.
//! * [`config`] TOML in, settings out.
//! * [`tui`] the console: model, update, view.
//! * [`demo`] a simulated world that speaks in facts.
//! * [`shell`] the only code that waits; [`cli`] the composition root.

pub mod text;
pub mod wire;

pub mod domain;
pub mod floor;

pub mod config;
pub mod demo;
pub mod sink;
pub mod source;
pub mod tui;

pub mod cli;
pub mod shell;
