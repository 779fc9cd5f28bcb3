//! How the learning rate changes.

use std::ops::Range;

use anyhow::{Result, bail};
use snn_network::none_of;

/// How the learning rate changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schedule {
    /// The rates are those of the first epochs; the last one is kept for all further epochs.
    #[default]
    PerEpoch,
    /// From a tenth of the one rate up to it in the first tenth of all batches, then along half a cosine down to
    /// nothing: about that of Smith and Topin (2018), "Super-convergence".
    OneCycle,
}

const NAMES: [(&str, Schedule); 2] = [("per-epoch", Schedule::PerEpoch), ("one-cycle", Schedule::OneCycle)];

impl Schedule {
    /// The schedule called `name`; the default one without a name.
    pub fn read(name: Option<&str>) -> Result<Self> {
        let Some(name) = name else { return Ok(Self::default()) };
        match NAMES.iter().find(|(known, _)| *known == name) {
            Some((_, schedule)) => Ok(*schedule),
            None => bail!(none_of("[training]: schedule", name, NAMES.iter().map(|(name, _)| *name))),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, schedule)| *schedule == self).map_or("", |(name, _)| name)
    }

    /// The learning rate of `batch` of `epoch` in a leg of training that is made of the epochs `leg`, all counted from 0.
    pub fn rate(self, rates: &[f64], epoch: usize, leg: Range<usize>, batch: usize, batches: usize) -> f64 {
        let of_epoch = |epoch: usize| rates[epoch.min(rates.len() - 1)];
        match self {
            Self::PerEpoch => of_epoch(epoch),
            Self::OneCycle => {
                const RISE: f64 = 0.1;
                let (batches, epochs) = (batches as f64, leg.len() as f64);
                let done = ((epoch - leg.start) as f64 * batches + batch as f64) / (epochs * batches);
                if done < RISE {
                    of_epoch(0) * (0.1 + 0.9 * done / RISE)
                } else {
                    of_epoch(0) * (1.0 + (std::f64::consts::PI * (done - RISE) / (1.0 - RISE)).cos()) / 2.0
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_leg_has_a_cycle_of_its_own() {
        let rate = |epoch, leg, batch| Schedule::OneCycle.rate(&[1.0], epoch, leg, batch, 10);
        assert_eq!(rate(0, 0..4, 0), 0.1);
        assert_eq!(rate(0, 0..4, 4), 1.0);
        assert!(rate(3, 0..4, 9) < 0.01);
        assert_eq!(rate(4, 4..8, 0), 0.1);
        let per_epoch = |epoch| Schedule::PerEpoch.rate(&[0.1, 0.05], epoch, 0..9, 3, 10);
        assert_eq!([per_epoch(0), per_epoch(1), per_epoch(7)], [0.1, 0.05, 0.05]);
    }
}
