//! Delayed XOR: two bits, a pause between them, and whether they differ.
//!
//! ```text
//! channels   0: a bit of 0, 1: a bit of 1, 2: "now say it"
//! steps      first bit `pulse` · pause of `shortest` to `longest` · second bit `pulse` · pause `wait` · cue `pulse`
//! target     1 if the bits differ, at the steps of the cue; shorter trials end with silence
//! ```

use super::Trial;
use crate::{Draws, Error};

/// Delayed XOR.
///
/// # Example
/// ```
/// use snn_data::tasks::DelayedXor;
/// let task = DelayedXor { pulse: 1, shortest: 2, longest: 2, wait: 0, seed: 0 };
/// let trial = task.trial(1)?;
/// let bit = |step: usize| usize::from(trial.spikes[3 * step + 1] == 1.0);
/// assert_eq!(trial.targets, [None, None, None, None, Some(bit(0) ^ bit(3))]);
/// # Ok::<(), snn_data::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelayedXor {
    /// Steps of a bit and of the cue.
    pub pulse: usize,
    /// The shortest pause between the bits.
    pub shortest: usize,
    /// The longest.
    pub longest: usize,
    /// The pause before the cue.
    pub wait: usize,
    /// Decides all trials.
    pub seed: u64,
}

impl Default for DelayedXor {
    /// Returns bits of 5 steps, 10 to 50 steps apart, asked for 5 steps later.
    fn default() -> Self {
        Self { pulse: 5, shortest: 10, longest: 50, wait: 5, seed: 0 }
    }
}

impl DelayedXor {
    /// Returns how many steps each trial has.
    pub fn steps(&self) -> usize {
        3 * self.pulse + self.longest + self.wait
    }

    /// Draws a trial. The four pairs of bits are equally frequent.
    ///
    /// # Errors
    /// [`Error::Setting`] if bits have no step, the shortest pause is longer than the longest, or a trial has more than 2^24 steps.
    pub fn trial(&self, index: usize) -> Result<Trial, Error> {
        let most = 1 << 22;
        if self.pulse == 0
            || self.shortest > self.longest
            || [self.pulse, self.longest, self.wait].iter().any(|part| *part > most)
        {
            let problem = format!("bits of one step or more and pauses from short to long expected, found {self:?}");
            return Err(Error::setting("delayed XOR", problem));
        }
        let draws = Draws::new(self.seed, index as u64);
        let pair = draws.below(0, 4) as usize;
        let bits = [pair & 1, pair >> 1];
        let pause = self.shortest + draws.below(1, (self.longest - self.shortest) as u64 + 1) as usize;
        let mut trial = Trial { channels: 3, spikes: vec![0.0; 3 * self.steps()], targets: vec![None; self.steps()] };
        let second = self.pulse + pause;
        let cue = second + self.pulse + self.wait;
        for step in 0..self.pulse {
            trial.spikes[3 * step + bits[0]] = 1.0;
            trial.spikes[3 * (second + step) + bits[1]] = 1.0;
            trial.spikes[3 * (cue + step) + 2] = 1.0;
            trial.targets[cue + step] = Some(bits[0] ^ bits[1]);
        }
        Ok(trial)
    }
}
