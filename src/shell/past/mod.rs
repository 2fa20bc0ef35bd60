//! The past: what is put on record beside what hosts tell, and how the floor of an earlier instant is made of the record.

mod forgetting;
mod note;
mod recorder;
mod replay;
mod tale;

pub use self::{
    forgetting::Forgetting,
    note::Note,
    recorder::{Recorder, Told},
    replay::{Known, Rebuilt, Today, rebuild, stands},
    tale::{Tale, Tales, Wanted, tales},
};
