//! Against real servers, started here on the loopback: a Prometheus that evaluates what we evaluate over the same scrapes,
//! and a pair of Alertmanagers that is handed our alerts. Left out, with a word, where the programs are not installed;
//! `WATCHFLOOR_SERVERS=1` makes their absence a fault, `WATCHFLOOR_SERVERS=0` leaves them out where they are installed.

#[cfg(test)]
mod console;
#[cfg(test)]
mod exporter;
#[cfg(test)]
mod pair;
#[cfg(test)]
mod promql;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod server;
