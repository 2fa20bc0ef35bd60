//! The program in a real pseudo-terminal: what reaches the terminal, and how it is left.

mod hostile;
mod journeys;
mod manners;
mod quiet;
mod refusals;
mod sieve;
mod terminal;
