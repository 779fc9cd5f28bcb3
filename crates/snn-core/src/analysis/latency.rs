//! How many time steps a decision takes.

use burn::tensor::Tensor;

use crate::readout::Readout;
use crate::sequence::domain;

/// What would be decided if the sequence ended at each step: `[step][sample]`, the class with the largest readout.
///
/// With the targets it is the accuracy after each step. At equal readouts the first class wins.
///
/// # Shapes
/// `outputs [time, batch, classes]`, spikes or membranes
///
/// # Panics
/// If there is no time step, no sample or no class, or a readout is NaN: nothing is the largest then.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::analysis::decisions;
/// use snn_core::readout::Readout;
/// let outputs = Tensor::<3>::from_data([[[1.0, 0.0]], [[0.0, 2.0]]], &Device::flex());
/// assert_eq!(decisions(outputs, Readout::Sum), [[0], [1]]);
/// ```
#[track_caller]
pub fn decisions(outputs: Tensor<3>, readout: Readout) -> Vec<Vec<usize>> {
    let outputs = domain::sequence("decisions", outputs);
    let [_, batch, classes] = outputs.dims();
    // A mean up to each step has the same largest class as the sum.
    let values: Vec<f64> = outputs.detach().into_data().iter::<f64>().collect();
    let mut running: Vec<f64> = Vec::new();
    let mut all = Vec::new();
    for (number, step) in values.chunks(batch * classes).enumerate() {
        if running.is_empty() {
            running = step.to_vec();
        } else {
            for (running, now) in running.iter_mut().zip(step) {
                *running = match readout {
                    Readout::Mean | Readout::Sum => *running + now,
                    Readout::Last => *now,
                    // Not `f64::max`, which takes a number before a NaN.
                    Readout::Max if running.is_nan() || *now <= *running => *running,
                    Readout::Max => *now,
                };
            }
        }
        // A loop and not a closure: who called is blamed.
        let mut decided = Vec::with_capacity(batch);
        for (sample, values) in running.chunks(classes).enumerate() {
            decided.push(largest(values, number, sample));
        }
        all.push(decided);
    }
    all
}

#[track_caller]
fn largest(values: &[f64], step: usize, sample: usize) -> usize {
    if let Some(class) = values.iter().position(|value| value.is_nan()) {
        panic!(
            "decisions: the readout of class {class} of sample {sample} is NaN at step {step}, and nothing is larger or \
             smaller; look for where it becomes one first"
        );
    }
    let mut best = 0;
    for (place, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = place;
        }
    }
    best
}

/// Of each sample, the first step from which on its decision no longer changes: 0 if the first step settles it.
///
/// # Shapes
/// `outputs [time, batch, classes]`, spikes or membranes, and how they are read out
///
/// # Panics
/// As [`decisions`].
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use snn_core::analysis::decision_latency;
/// use snn_core::readout::Readout;
/// // Sums of class 0 and 1: (1, 0), (1, 2), (1, 2): class 1 from step 1 on.
/// let outputs = Tensor::<3>::from_data([[[1.0, 0.0]], [[0.0, 2.0]], [[0.0, 0.0]]], &Device::flex());
/// assert_eq!(decision_latency(outputs, Readout::Sum), [1]);
/// ```
#[track_caller]
pub fn decision_latency(outputs: Tensor<3>, readout: Readout) -> Vec<usize> {
    let steps = decisions(outputs, readout);
    let last = steps.last().expect("at least one step");
    (0..last.len())
        .map(|sample| steps.iter().rposition(|step| step[sample] != last[sample]).map_or(0, |step| step + 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn each_readout_settles_in_its_own_time() {
        let outputs = || {
            // One sample, two classes.
            Tensor::<3>::from_data([[[5.0, 0.0]], [[0.0, 3.0]], [[0.0, 3.0]], [[0.0, 1.0]]], &Device::flex())
        };
        assert_eq!(decision_latency(outputs(), Readout::Sum), [2]); // 5 < 3 + 3
        assert_eq!(decision_latency(outputs(), Readout::Mean), [2]);
        assert_eq!(decision_latency(outputs(), Readout::Last), [1]);
        assert_eq!(decision_latency(outputs(), Readout::Max), [0]);
        assert_eq!(decisions(outputs(), Readout::Sum), [[0], [0], [1], [1]]);
    }

    #[test]
    fn the_last_decision_is_that_of_the_readout() {
        let key = crate::noise::NoiseSeed::new(3).key(0);
        let values: Vec<f32> = (0..6 * 5 * 4).map(|i| crate::noise::uniform(key, i)).collect();
        let outputs = Tensor::<1>::from_data(values.as_slice(), &Device::flex()).reshape([6, 5, 4]);
        for readout in [Readout::Mean, Readout::Sum, Readout::Last, Readout::Max] {
            let expected: Vec<usize> = readout
                .reduce(outputs.clone(), 0)
                .argmax(1)
                .into_data()
                .iter::<i64>()
                .map(|class| class as usize)
                .collect();
            assert_eq!(decisions(outputs.clone(), readout).pop(), Some(expected), "{readout:?}");
        }
    }

    #[test]
    #[should_panic(expected = "decisions: the readout of class 1 of sample 0 is NaN at step 1")]
    fn nothing_is_decided_by_what_is_no_number() {
        let outputs = Tensor::<3>::from_data([[[5.0, 0.0]], [[0.0, f32::NAN]], [[0.0, 3.0]]], &Device::flex());
        decisions(outputs, Readout::Max);
    }
}
