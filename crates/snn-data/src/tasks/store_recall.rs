//! Store and recall: a stream of bits, now and then the command to keep one, and later to say which.
//!
//! ```text
//! channels   n for a bit of 0, n for a bit of 1, n for "store", n for "recall"; a group spikes with `rate` a step while it is on
//! period     a bit is on in every period but that of a recall
//! commands   a store with probability `command` a period if nothing is kept, a recall with the same if something is; the last
//!            period is a recall if something is kept
//! target     the bit that was kept, in the periods of a recall; nothing else is asked for
//! ```
//!
//! Source: Bellec, Salaj, Subramoney, Legenstein, Maass (2018), "Long short-term memory and learning-to-learn in networks of
//! spiking neurons", NeurIPS.

use super::Trial;
use crate::{Draws, Error};

/// Store and recall.
///
/// # Example
/// ```
/// use snn_data::tasks::StoreRecall;
/// let task = StoreRecall::default();
/// let trial = task.trial(5)?;
/// assert_eq!(trial.targets.len(), task.periods * task.period);
/// assert!(trial.targets.iter().any(Option::is_some));
/// # Ok::<(), snn_data::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoreRecall {
    /// How many periods.
    pub periods: usize,
    /// Steps of a period.
    pub period: usize,
    /// Channels of each of the four groups.
    pub group: usize,
    /// How probable a spike is at a step in a group that is on.
    pub rate: f64,
    /// How probable a command is in a period.
    pub command: f64,
    /// Decides all trials.
    pub seed: u64,
}

impl Default for StoreRecall {
    /// Returns twelve periods of 200 steps, 25 channels each, 50 Hz at 1 ms a step, a command in every sixth period.
    fn default() -> Self {
        Self { periods: 12, period: 200, group: 25, rate: 0.05, command: 1.0 / 6.0, seed: 0 }
    }
}

impl StoreRecall {
    /// Draws a trial. There is always at least one store and one recall.
    ///
    /// # Errors
    /// [`Error::Setting`] with fewer than two periods, empty ones, no channels, or if a probability is none.
    pub fn trial(&self, index: usize) -> Result<Trial, Error> {
        let probability = |value: f64| (0.0..=1.0).contains(&value);
        let steps =
            self.periods.checked_mul(self.period).and_then(|steps| steps.checked_mul(4)?.checked_mul(self.group));
        let possible = steps.is_some_and(|values| values <= 1 << 30);
        if self.periods < 2
            || self.period == 0
            || self.group == 0
            || !possible
            || !probability(self.rate)
            || !probability(self.command)
        {
            let problem = format!(
                "two periods or more, of one step and channel or more, and probabilities expected, found {self:?}"
            );
            return Err(Error::setting("store and recall", problem));
        }
        let draws = Draws::new(self.seed, index as u64);
        let (bits, commands, spikes) = (draws.stage(0), draws.stage(1), draws.stage(2));
        let channels = 4 * self.group;
        let mut trial = Trial { channels, spikes: Vec::new(), targets: Vec::new() };
        let mut kept = None;
        let mut recalled = false;
        for period in 0..self.periods {
            let left = self.periods - period;
            let drawn = commands.uniform(period as u64) < self.command;
            let bit = bits.below(period as u64, 2) as usize;
            // What has to happen happens at the last moment, if not before.
            let store = kept.is_none() && left > 1 && (drawn || (left == 2 && !recalled));
            let recall = kept.filter(|_| drawn || left == 1);
            let mut on = [false; 4];
            if recall.is_some() {
                on[3] = true;
                (kept, recalled) = (None, true);
            } else {
                on[bit] = true;
            }
            if store {
                on[2] = true;
                kept = Some(bit);
            }
            for step in period * self.period..(period + 1) * self.period {
                let spike = |channel: usize| {
                    on[channel / self.group] && spikes.uniform((step * channels + channel) as u64) < self.rate
                };
                trial.spikes.extend((0..channels).map(|channel| f32::from(u8::from(spike(channel)))));
                trial.targets.push(recall);
            }
        }
        Ok(trial)
    }
}
