//! Receives the messages of phases: finds the build, step and phase of each, or refuses it with a reason.

use std::time::Duration;

use pmsts_ipc::message::{Message, MessageKind};
use pmsts_testcases::{Fact, Said, Value};

use super::state::State;

impl State {
    /// Receives a message of a phase in the lane's testbed.
    ///
    /// # Errors
    /// The reason of the refusal, which is counted.
    pub(super) fn hear(
        &mut self,
        lane: usize,
        message: Message,
        now: Duration,
    ) -> Result<(), String> {
        let heard = self.take_in(lane, message, now);
        if let Err(reason) = &heard {
            self.refuse(reason);
        }
        heard
    }

    /// Counts a message that was refused.
    pub(super) fn refuse(&mut self, reason: &str) {
        *self.refused.entry(reason.to_owned()).or_default() += 1;
    }

    fn take_in(&mut self, lane: usize, message: Message, now: Duration) -> Result<(), String> {
        let limits = self.limits;
        let busy = self.lanes[lane].as_mut().ok_or("nothing runs here")?;
        let Some((step, _)) = busy.running() else {
            return Err("no step runs".to_owned());
        };
        let outline = &busy.batch.outline;
        let Some(build) = outline
            .builds
            .iter()
            .position(|(token, _)| *token == message.token)
        else {
            return Err("the token is of no build in this testbed".to_owned());
        };
        if !outline.builds[build].1.contains(&message.ebuild) {
            return Err("the build has no such ebuild".to_owned());
        }
        if message.phase != "global" && !pmsts_testcases::model::is_phase(&message.phase) {
            return Err("there is no such phase".to_owned());
        }
        let said = match message.kind {
            MessageKind::Begin => Said::Begin,
            MessageKind::End => Said::End,
            MessageKind::Value => Said::Value(message.key, Value(message.value)),
        };
        let fact = Fact {
            ebuild: message.ebuild,
            phase: message.phase,
            said,
        };
        busy.hear(build, step, fact, now, limits)
    }
}
