//! An ear in four steps, in the manner of the conversion with which SHD and SSC were made: from a sound to the spikes of some
//! hundred channels.
//!
//! ```text
//! place        f(c): from `low` to `high`, equally spaced on the scale E(f) = 21.4 log10(1 + 0.00437 f)
//! membrane     a gammatone filter of order 4, bandwidth b = 1.019 · 24.7 (1 + 0.00437 f): four times
//!              z ← (1 - a) x + a z,  a = exp(-2π b / rate),  on the sound turned down by f; v = its real part turned up again
//! hair cell    k = g (v + A) / (v + A + B)   where v + A > 0, else 0     permeability, after Meddis
//!              q' = y (1 - q) + x w - k q     transmitter that is free
//!              c' = k q - (l + r) c           in the cleft
//!              w' = r c - x w                 on its way back
//! bushy cell   u' = -u / τ + weight · r · (c - rest);   u >= 1: a spike, u = 0, and silence for the refractory time
//! ```
//!
//! The steps are Euler's, at the sound's rate; `rest` is what is in the cleft in silence, so that silence has no spikes. The
//! filter has a gain of 1 at its place. Constants of the hair cell are those of Meddis (1986), "Simulation of mechanical to
//! neural transduction in the auditory receptor", doi:10.1121/1.393460. The original conversion models the membrane as a fluid
//! and has 40 hair cells to a bushy cell: Cramer, Stradmann, Schemmel, Zenke (2022), doi:10.1109/TNNLS.2020.3044364. These spikes
//! resemble SHD's; they are not the same.

use super::Sound;
use crate::Error;
use crate::spikes::SpikeTrain;

/// An ear; see the equations of the module.
///
/// # Example
/// ```
/// use snn_data::sound::{Cochlea, Sound};
/// let tone = |n: u32| 0.5 * libm::sinf(n as f32 * 2.0 * std::f32::consts::PI * 440.0 / 8000.0);
/// let sound = Sound { rate: 8000, samples: (0..2000).map(tone).collect() };
/// let ear = Cochlea { channels: 70, ..Cochlea::default() };
/// let spikes = ear.spikes(&sound)?;
/// // Most of the spikes are where 440 Hz are heard.
/// let near = spikes.units.iter().filter(|unit| (300.0..600.0).contains(&ear.place(**unit as usize, 8000))).count();
/// assert!(near * 2 > spikes.units.len() && near > 20);
/// # Ok::<(), snn_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cochlea {
    /// How many places; SHD has 700.
    pub channels: usize,
    /// The lowest place, in hertz.
    pub low: f64,
    /// The highest place, in hertz; half of the sound's rate if that is lower.
    pub high: f64,
    /// How loud a full-scale sound arrives at the hair cells.
    pub level: f64,
    /// What a bushy cell gets from the cleft.
    pub weight: f64,
    /// How long a bushy cell remembers, in seconds.
    pub time_constant: f64,
    /// How long it is silent after a spike, in seconds.
    pub refractory: f64,
}

impl Default for Cochlea {
    /// Returns an ear of 700 places from 80 Hz to 8 kHz.
    fn default() -> Self {
        Self {
            channels: 700,
            low: 80.0,
            high: 8_000.0,
            level: 500.0,
            weight: 150.0,
            time_constant: 1e-3,
            refractory: 1e-3,
        }
    }
}

// Meddis (1986), in units a second.
const A: f64 = 5.0;
const B: f64 = 300.0;
const G: f64 = 2000.0;
const Y: f64 = 5.05;
const L: f64 = 2500.0;
const R: f64 = 6580.0;
const X: f64 = 66.31;

impl Cochlea {
    /// Returns the frequency of a place, in hertz, for a sound of so many samples a second.
    pub fn place(&self, channel: usize, rate: u32) -> f64 {
        let scale = |hertz: f64| 21.4 * libm::log10(1.0 + 0.00437 * hertz);
        let (low, high) = (scale(self.low), scale(self.high.min(f64::from(rate) / 2.0)));
        let part = if self.channels > 1 { channel as f64 / (self.channels - 1) as f64 } else { 0.0 };
        (libm::pow(10.0, (low + (high - low) * part) / 21.4) - 1.0) / 0.00437
    }

    /// Returns the spikes of a sound, by time, then by channel.
    ///
    /// # Errors
    /// [`Error::Setting`] if the settings cannot be, or the rate is below 4 kHz, where the hair cells' equations have no small
    /// enough step.
    pub fn spikes(&self, sound: &Sound) -> Result<SpikeTrain, Error> {
        let setting = |problem: String| Err(Error::setting("cochlea", problem));
        let rate = f64::from(sound.rate);
        if sound.rate < 4_000 {
            return setting(format!("a sound of 4000 Hz or more expected, found {} Hz", sound.rate));
        }
        if !(0.0 < self.low && self.low < self.high.min(rate / 2.0)) || self.channels == 0 || self.channels > 1 << 16 {
            let problem = format!(
                "{} channels from {} to {} Hz found, at most half of {rate} Hz",
                self.channels, self.low, self.high
            );
            return setting(problem);
        }
        let positive =
            [self.level, self.weight, self.time_constant].iter().all(|value| *value > 0.0 && value.is_finite());
        let possible = positive && self.refractory >= 0.0 && self.refractory.is_finite();
        if !possible {
            return setting(format!("level, weight and time constant above 0 expected, found {self:?}"));
        }
        let mut spikes = Vec::new();
        for channel in 0..self.channels {
            for step in self.bushy_cell(&self.membrane(sound, self.place(channel, sound.rate)), rate) {
                spikes.push((step, channel as u32));
            }
        }
        spikes.sort_unstable();
        Ok(SpikeTrain {
            times: spikes.iter().map(|(step, _)| *step as f64 / rate).collect(),
            units: spikes.iter().map(|(_, channel)| *channel).collect(),
        })
    }

    /// How the membrane moves at a place.
    fn membrane(&self, sound: &Sound, place: f64) -> Vec<f64> {
        let rate = f64::from(sound.rate);
        let turn = std::f64::consts::TAU * place / rate;
        let (cos, sin) = (libm::cos(turn), libm::sin(turn));
        let bandwidth = 1.019 * 24.7 * (1.0 + 0.00437 * place);
        let keep = libm::exp(-std::f64::consts::TAU * bandwidth / rate);
        let mut stages = [(0.0f64, 0.0f64); 4];
        // The turn so far, made anew now and then so that errors of rounding stay small.
        let (mut c, mut s) = (1.0f64, 0.0f64);
        let mut moved = Vec::with_capacity(sound.samples.len());
        for (n, sample) in sound.samples.iter().enumerate() {
            if n % 1024 == 0 {
                let angle = turn * n as f64;
                (c, s) = (libm::cos(angle), libm::sin(angle));
            }
            let mut value = (f64::from(*sample) * c, -f64::from(*sample) * s);
            for stage in &mut stages {
                stage.0 = (1.0 - keep) * value.0 + keep * stage.0;
                stage.1 = (1.0 - keep) * value.1 + keep * stage.1;
                value = *stage;
            }
            // Half of a tone's power is turned to twice its frequency and filtered out, hence the 2.
            moved.push(2.0 * self.level * (value.0 * c - value.1 * s));
            (c, s) = (c * cos - s * sin, s * cos + c * sin);
        }
        moved
    }

    /// At which samples a bushy cell spikes.
    fn bushy_cell(&self, membrane: &[f64], rate: f64) -> Vec<usize> {
        let step = 1.0 / rate;
        // At rest nothing changes: k q = (l + r) c, r c = x w, y (1 - q) = l c.
        let quiet = G * A / (A + B);
        let mut cleft = Y * quiet / (L * quiet + Y * (L + R));
        let rest = cleft;
        let mut free = cleft * (L + R) / quiet;
        let mut back = cleft * R / X;
        let leak = libm::exp(-step / self.time_constant);
        let (mut u, mut silent) = (0.0, 0usize);
        let pause = (self.refractory * rate).round() as usize;
        let mut spikes = Vec::new();
        for (n, v) in membrane.iter().enumerate() {
            let k = if v + A > 0.0 { G * (v + A) / (v + A + B) } else { 0.0 };
            let released = (k * free * step).min(free);
            let lost = cleft * L * step;
            let returned = (cleft * R * step).min(cleft);
            let made = back * X * step;
            free += Y * (1.0 - free) * step + made - released;
            cleft = (cleft + released - lost - returned).max(0.0);
            back += returned - made;
            u = u * leak + self.weight * R * (cleft - rest).max(0.0) * step;
            if silent > 0 {
                (silent, u) = (silent - 1, 0.0);
            } else if u >= 1.0 {
                spikes.push(n);
                (silent, u) = (pause, 0.0);
            }
        }
        spikes
    }
}
