//! The program in a real pseudo-terminal: what reaches the terminal, and how it is left.

// Said again for clippy, which relaxes its lints for helpers of tests only below this attribute.
#[cfg(test)]
mod abroad;
#[cfg(test)]
mod acting;
#[cfg(test)]
mod alerts;
#[cfg(test)]
mod canary;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod journeys;
#[cfg(test)]
mod manners;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod quiet;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod sieve;
#[cfg(test)]
mod terminal;
#[cfg(test)]
mod together;
