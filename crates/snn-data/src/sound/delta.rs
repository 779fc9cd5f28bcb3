//! From values over time to spikes: at each change, or the sooner the larger.

use crate::Error;

/// A value has moved by the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Change {
    /// At which step.
    pub step: usize,
    /// In which channel.
    pub channel: usize,
    /// Whether it rose.
    pub up: bool,
}

/// Send-on-delta: a spike whenever a channel has moved by `threshold` since its last spike.
///
/// ```text
/// r[0] = x[0];   while x[t] - r >= threshold: spike up,   r += threshold
///                while r - x[t] >= threshold: spike down, r -= threshold
/// ```
///
/// `values` is `[steps, channels]`. The spikes come step by step, channel by channel; a large move has several at one step. The
/// values can be had back to within one threshold.
///
/// # Errors
/// [`Error::Setting`] if the threshold is not above 0, a value is not finite, the values are no whole number of steps, or a
/// single move has more than 2^20 spikes.
///
/// # Example
/// ```
/// use snn_data::sound::{Change, send_on_delta};
/// let spikes = send_on_delta(&[0.0, 0.4, 1.3, 0.9], 1, 0.5)?;
/// let up = |step| Change { step, channel: 0, up: true };
/// assert_eq!(spikes, [up(2), up(2)]);
/// # Ok::<(), snn_data::Error>(())
/// ```
pub fn send_on_delta(values: &[f32], channels: usize, threshold: f32) -> Result<Vec<Change>, Error> {
    /// Spikes of one channel at one step.
    const MOST: usize = 1 << 20;
    let setting = |problem: String| Err(Error::setting("send-on-delta", problem));
    if !(threshold > 0.0 && threshold.is_finite()) {
        return setting(format!("a threshold above 0 expected, found {threshold}"));
    }
    if channels == 0 || !values.len().is_multiple_of(channels) {
        return setting(format!("{} values are no whole number of steps of {channels} channels", values.len()));
    }
    let threshold = f64::from(threshold);
    let mut sent: Vec<f64> = values.iter().take(channels).map(|value| f64::from(*value)).collect();
    let mut spikes = Vec::new();
    for (step, row) in values.chunks_exact(channels).enumerate() {
        for (channel, (value, sent)) in row.iter().zip(&mut sent).enumerate() {
            let moved = (f64::from(*value) - *sent) / threshold;
            if !moved.is_finite() || moved.abs() > MOST as f64 {
                return setting(format!(
                    "step {step}, channel {channel}: a move of {moved} thresholds, at most {MOST} can be"
                ));
            }
            let count = moved.trunc();
            *sent += count * threshold;
            let change = Change { step, channel, up: count > 0.0 };
            spikes.extend(std::iter::repeat_n(change, count.abs() as usize));
        }
    }
    Ok(spikes)
}

/// Latency: one spike for each value, the sooner the larger; none for values below `threshold`.
///
/// ```text
/// step = round((steps - 1) · (1 - (x - threshold) / (most - threshold)))
/// ```
///
/// The largest value spikes at step 0, one at the threshold in the last step.
///
/// # Errors
/// [`Error::Setting`] without steps, or if threshold or a value is not finite.
///
/// # Example
/// ```
/// use snn_data::sound::latency;
/// assert_eq!(latency(&[1.0, 0.5, 0.0, -1.0], 11, 0.0)?, [Some(0), Some(5), Some(10), None]);
/// # Ok::<(), snn_data::Error>(())
/// ```
pub fn latency(values: &[f32], steps: usize, threshold: f32) -> Result<Vec<Option<usize>>, Error> {
    if steps == 0 || !threshold.is_finite() {
        let problem = format!("1 step or more and a finite threshold expected, found {steps} and {threshold}");
        return Err(Error::setting("latency", problem));
    }
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        return Err(Error::setting("latency", format!("finite values expected, found {} at {index}", values[index])));
    }
    let most = f64::from(values.iter().copied().fold(threshold, f32::max));
    let threshold = f64::from(threshold);
    Ok(values
        .iter()
        .map(|value| {
            let value = f64::from(*value);
            let part = if most > threshold { (value - threshold) / (most - threshold) } else { 1.0 };
            (value >= threshold).then(|| ((steps - 1) as f64 * (1.0 - part)).round() as usize)
        })
        .collect())
}
