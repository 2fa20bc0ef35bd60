//! What the person does about alerts of the play: kept as long as the play lasts.

use chrono::{DateTime, Utc};

use super::World;
use crate::{
    domain::{alert::book::Taken, notify::SilenceId},
    floor::{
        effect::Effect,
        fact::{Fact, Went},
    },
    text::Text,
};

impl World {
    pub(super) fn about_alerts(&mut self, effect: &Effect, now: DateTime<Utc>) -> Vec<Fact> {
        let by = Text::scrub(self.on_call(now).login.as_str());
        let kept = &mut self.handled;
        let said = match effect {
            Effect::TakeAlert { id, .. } => {
                kept.taken.retain(|(known, _)| known != id);
                kept.taken.push((*id, Taken { by, at: now }));
                Some("taken on until it clears (saved)".to_owned())
            }
            Effect::GiveAlertBack(id) => {
                kept.taken.retain(|(known, _)| known != id);
                Some("given back (saved)".to_owned())
            }
            Effect::Silence(silence) => {
                let mut silence = (**silence).clone();
                silence.id = SilenceId(kept.silences.len() as u64 + 1);
                let id = silence.id;
                kept.silences.push(silence);
                Some(format!("silence {id} (saved)"))
            }
            Effect::EndSilence(id) => {
                kept.silences.iter_mut().filter(|silence| silence.id == *id).for_each(|silence| silence.until = now);
                Some(format!("silence {id} ended (saved)"))
            }
            Effect::AlertsCleared(ids) => {
                kept.taken.retain(|(known, _)| !ids.contains(known));
                None
            }
            // Nobody is told of anything in the play.
            Effect::ReadNotices { id, .. } => return vec![Fact::NoticesRead(*id, Ok(Vec::new()))],
            _ => return Vec::new(),
        };
        let told = said.map(|what| Fact::Told { what: Text::scrub(&what), went: Went::Well });
        [Fact::AlertsKept(Box::new(self.handled.clone()))].into_iter().chain(told).collect()
    }
}
