//! A mel filter bank: how loud each band of a sound is, over time.
//!
//! ```text
//! frame t      x[n] = samples[t·hop + n] · w[n],  n < window
//! window       w[n] = ½ - ½ cos(2π n / window)                    Hann, periodic
//! power        P[k] = |Σ x[n] exp(-2πi k n / N)|²                 N: the next power of two
//! mel          m(f) = 2595 log10(1 + f / 700)
//! band b       a triangle over k: 0 at f(b), 1 at f(b+1), 0 at f(b+2), linear in hertz between, where the f are equally spaced in mel
//!              from `low` to `high`
//! log-mel      y[t, b] = ln(floor + Σ triangle_b[k] P[k])
//! ```
//!
//! The same bits on every machine. Source of the scale: O'Shaughnessy (1987), "Speech Communication: Human and Machine"; it
//! is librosa's with `htk=True, norm=None, center=False`.

use super::Sound;
use super::fourier::Fourier;
use crate::Error;

/// Returns the mel of a frequency: `2595 log10(1 + f / 700)`.
pub fn mel_of_hertz(hertz: f64) -> f64 {
    2595.0 * libm::log10(1.0 + hertz / 700.0)
}

/// Returns the frequency of a mel.
pub fn hertz_of_mel(mel: f64) -> f64 {
    700.0 * (libm::pow(10.0, mel / 2595.0) - 1.0)
}

/// A mel filter bank; see the equations of the module.
///
/// # Example
/// ```
/// use snn_data::sound::{MelBank, Sound};
/// let tone = |n: u32| libm::sinf(n as f32 * 2.0 * std::f32::consts::PI * 1000.0 / 8000.0);
/// let sound = Sound { rate: 8000, samples: (0..4000).map(tone).collect() };
/// let bank = MelBank::for_rate(8000);
/// let frames = bank.log_mel(&sound)?;
/// assert_eq!(frames.len(), bank.frames(4000) * bank.bands);
/// let first = &frames[..bank.bands];
/// let loudest = (0..bank.bands).max_by(|a, b| first[*a].total_cmp(&first[*b])).unwrap();
/// let (low, high) = bank.edges(loudest);
/// assert!(low < 1000.0 && 1000.0 < high);
/// # Ok::<(), snn_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MelBank {
    /// Samples a second of the sounds.
    pub rate: u32,
    /// Samples of a frame.
    pub window: usize,
    /// Samples from one frame to the next.
    pub hop: usize,
    /// How many bands.
    pub bands: usize,
    /// Where the first band begins, in hertz.
    pub low: f64,
    /// Where the last band ends, in hertz.
    pub high: f64,
    /// What is added before the logarithm, so that silence has one.
    pub floor: f64,
}

impl MelBank {
    /// Returns a bank of 40 bands from 20 Hz to half of the rate, with frames of 32 ms, 10 ms apart.
    pub fn for_rate(rate: u32) -> Self {
        let samples = |milliseconds: u32| (rate as usize * milliseconds as usize / 1000).max(1);
        let high = f64::from(rate) / 2.0;
        Self {
            rate,
            window: samples(32),
            hop: samples(10),
            bands: 40,
            low: 20.0f64.min(high / 2.0),
            high,
            floor: 1e-10,
        }
    }

    /// Returns how many frames a sound of so many samples has; a shorter one than a frame has one, filled up with silence.
    pub fn frames(&self, samples: usize) -> usize {
        1 + samples.saturating_sub(self.window) / self.hop.max(1)
    }

    /// Returns where a band begins and ends, in hertz.
    pub fn edges(&self, band: usize) -> (f64, f64) {
        (self.edge(band), self.edge(band + 2))
    }

    fn edge(&self, index: usize) -> f64 {
        let (low, high) = (mel_of_hertz(self.low), mel_of_hertz(self.high));
        hertz_of_mel(low + (high - low) * index as f64 / (self.bands + 1) as f64)
    }

    /// Returns the logarithm of the power in each band, `[frames, bands]`.
    ///
    /// # Errors
    /// [`Error::Setting`] if the sound has another rate, or the settings cannot be.
    pub fn log_mel(&self, sound: &Sound) -> Result<Vec<f32>, Error> {
        let Self { window, hop, bands, low, high, .. } = *self;
        let setting = |problem: String| Err(Error::setting("mel filter bank", problem));
        if sound.rate != self.rate {
            return setting(format!(
                "a sound of {} Hz expected, found {} Hz; make a bank for that",
                self.rate, sound.rate
            ));
        }
        if window == 0 || window > 1 << 20 || hop == 0 || bands == 0 || bands > 1 << 16 {
            return setting(format!("window {window}, hop {hop} and {bands} bands found, at least 1 of each expected"));
        }
        if !(0.0 <= low && low < high && high <= f64::from(self.rate) / 2.0) {
            return setting(format!(
                "0 <= low < high <= {} Hz expected, found {low} and {high}",
                f64::from(self.rate) / 2.0
            ));
        }
        if !(self.floor > 0.0 && self.floor.is_finite()) {
            return setting(format!("a floor above 0 expected, found {}", self.floor));
        }
        let size = window.next_power_of_two();
        let fourier = Fourier::new(size);
        let hann = |n: usize| 0.5 - 0.5 * libm::cos(2.0 * std::f64::consts::PI * n as f64 / window as f64);
        let shape: Vec<f64> = (0..window).map(hann).collect();
        let triangles: Vec<Vec<(usize, f64)>> = (0..bands).map(|band| self.triangle(band, size)).collect();
        let frames = self.frames(sound.samples.len());
        let mut values = Vec::with_capacity(frames * bands);
        let mut frame = vec![0.0; window];
        for index in 0..frames {
            let begin = index * hop;
            for (n, (value, shape)) in frame.iter_mut().zip(&shape).enumerate() {
                *value = f64::from(sound.samples.get(begin + n).copied().unwrap_or(0.0)) * shape;
            }
            let power = fourier.power(&frame);
            for triangle in &triangles {
                let sum: f64 = triangle.iter().map(|(k, weight)| weight * power[*k]).sum();
                values.push(libm::log(self.floor + sum) as f32);
            }
        }
        Ok(values)
    }

    /// The places of a band's triangle that are not zero.
    fn triangle(&self, band: usize, size: usize) -> Vec<(usize, f64)> {
        let [begin, peak, end] = [0, 1, 2].map(|step| self.edge(band + step));
        let hertz = |k: usize| k as f64 * f64::from(self.rate) / size as f64;
        let weight = |k: usize| ((hertz(k) - begin) / (peak - begin)).min((end - hertz(k)) / (end - peak));
        (0..=size / 2).map(|k| (k, weight(k))).filter(|(_, weight)| *weight > 0.0).collect()
    }
}
