//! The rules of the floor: values in, values out. No clock, disk, network or async here.

pub mod alert;
pub mod calendar;
pub mod changes;
pub mod delivery;
pub mod diff;
pub mod escalation;
pub mod host;
pub mod incident;
pub mod intent;
pub mod key;
pub mod plans;
pub mod priority;
pub mod query;
pub mod quick;
pub mod release;
pub mod rota;
pub mod series;
pub mod sla;
pub mod slo;
pub mod stats;
pub mod time;
pub mod trouble;
pub mod zone;
