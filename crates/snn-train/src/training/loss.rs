//! The table of losses: name, constants, and what is computed.

use anyhow::{Result, bail};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, TensorData};
use snn_core::loss;
use snn_core::readout::{Readout, first_spike_time, spike_count};
use snn_network::{Keys, Output, Setting, none_of};

/// What a loss is computed of.
#[derive(Clone, Copy)]
enum Of {
    /// The logits `[batch, classes]`, or the mean over time of a network that ends without a readout. One loss for each sample.
    Logits(fn(Tensor<2>, Tensor<1, Int>) -> Tensor<1>),
    /// The output `[time, batch, classes]` of a network that ends without a readout; and what is the answer.
    Sequence { loss: fn(Tensor<3>, Tensor<1, Int>, &[f64]) -> Tensor<1>, logits: fn(Tensor<3>) -> Tensor<2> },
}

/// A loss, as the table has it.
struct Kind {
    name: &'static str,
    /// Its constants with their defaults.
    constants: &'static [(&'static str, f64)],
    of: Of,
}

/// All losses. A further one is a line here.
const LOSSES: &[Kind] = &[
    Kind { name: "cross-entropy", constants: &[], of: Of::Logits(cross_entropy) },
    Kind {
        name: "count-cross-entropy",
        constants: &[],
        of: Of::Sequence { loss: |spikes, labels, _| loss::count_cross_entropy(spikes, labels), logits: spike_count },
    },
    Kind {
        name: "max-membrane-cross-entropy",
        constants: &[],
        of: Of::Sequence {
            loss: |membranes, labels, _| loss::max_membrane_cross_entropy(membranes, labels),
            logits: |membranes| Readout::Max.reduce(membranes, 0),
        },
    },
    Kind {
        name: "tet",
        constants: &[("lambda", 0.05), ("phi", 1.0)],
        of: Of::Sequence {
            loss: |outputs, labels, constants| {
                loss::tet(outputs, labels, loss::Tet { lambda: constants[0], phi: constants[1] })
            },
            logits: mean,
        },
    },
    Kind {
        name: "mean-square-count",
        constants: &[("correct", 0.8), ("incorrect", 0.1)],
        of: Of::Sequence {
            loss: |spikes, labels, constants| loss::mean_square_count(spikes, labels, constants[0], constants[1]),
            logits: spike_count,
        },
    },
    Kind {
        name: "first-spike-cross-entropy",
        constants: &[("time_constant", 1.0)],
        of: Of::Sequence {
            loss: |spikes, labels, constants| loss::first_spike_cross_entropy(spikes, labels, constants[0]),
            logits: |spikes| first_spike_time(spikes).neg(),
        },
    },
    Kind {
        name: "first-spike-mean-square",
        // As shares of the sequence: the right class at its beginning, the others at its end.
        constants: &[("correct", 0.0), ("incorrect", 1.0)],
        of: Of::Sequence {
            loss: |spikes, labels, constants| {
                let [steps, batch, classes] = spikes.dims();
                let [correct, incorrect] = [constants[0] * steps as f64, constants[1] * steps as f64];
                let right = one_hot(&spikes, labels, [batch, classes]);
                let times = right.mul_scalar(correct - incorrect).add_scalar(incorrect);
                loss::first_spike_mean_square(spikes, times)
            },
            logits: |spikes| first_spike_time(spikes).neg(),
        },
    },
    Kind {
        name: "van-rossum",
        constants: &[("time_constant", 5.0), ("period", 5.0)],
        of: Of::Sequence {
            loss: |spikes, labels, constants| {
                let [steps, batch, classes] = spikes.dims();
                let right = one_hot(&spikes, labels, [batch, classes]).unsqueeze::<3>();
                let period = (constants[1] as usize).max(1);
                let train: Vec<f32> = (0..steps).map(|step| f32::from(step % period == period - 1)).collect();
                let train = Tensor::<3>::from_data(TensorData::new(train, [steps, 1, 1]), &spikes.device());
                loss::van_rossum(spikes, train * right, constants[0])
            },
            logits: spike_count,
        },
    },
];

/// What is made small in training: `"cross-entropy"`, or `{ tet = { lambda = 0.05 } }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    place: usize,
    constants: Vec<f64>,
}

impl Default for Loss {
    /// Cross-entropy.
    fn default() -> Self {
        Self { place: 0, constants: Vec::new() }
    }
}

impl Loss {
    /// Reads a name, or `{ name = { constant = .. } }`.
    pub fn read(setting: Option<&Setting>) -> Result<Self> {
        let (name, entries) = match setting {
            None => return Ok(Self::default()),
            Some(Setting::Text(name)) => (name, &[][..]),
            Some(Setting::Table(table)) => match table.as_slice() {
                [(name, Setting::Table(entries))] => (name, entries.as_slice()),
                _ => bail!("[training]: `loss` needs a name, or {{ name = {{ constant = .. }} }}"),
            },
            Some(other) => bail!("[training]: `loss` is {other}, it needs a name"),
        };
        let Some(place) = LOSSES.iter().position(|kind| kind.name == name) else {
            bail!(none_of("[training]: loss", name, LOSSES.iter().map(|kind| kind.name)));
        };
        let keys = Keys::new(format!("[training], loss `{name}`"), entries);
        let mut constants = Vec::new();
        for (constant, default) in LOSSES[place].constants {
            let value = keys.number(constant)?.unwrap_or(*default);
            let fits = match *constant {
                "time_constant" => value > 0.0,
                "period" => value >= 1.0,
                "lambda" | "correct" | "incorrect" => (0.0..=1.0).contains(&value),
                _ => value >= 0.0,
            };
            if !fits || !(value as f32).is_finite() {
                bail!("[training], loss `{name}`: `{constant}` is {value}, which is outside its range");
            }
            constants.push(value);
        }
        keys.finish()?;
        Ok(Self { place, constants })
    }

    /// What it says, for a file.
    pub fn setting(&self) -> Setting {
        let kind = self.kind();
        if kind.constants.is_empty() {
            return kind.name.into();
        }
        let constants = kind.constants.iter().zip(&self.constants);
        let constants = constants.map(|((name, _), value)| ((*name).to_owned(), (*value).into()));
        Setting::Table(vec![(kind.name.to_owned(), Setting::Table(constants.collect()))])
    }

    fn kind(&self) -> &'static Kind {
        &LOSSES[self.place]
    }

    /// Refuses a network whose output it cannot judge. `in_time`: the output is a sequence.
    pub fn check(&self, in_time: bool) -> Result<()> {
        match self.kind().of {
            Of::Sequence { .. } if !in_time => bail!(
                "loss `{}` looks at the output of each time step, but this network ends with a readout or has no time; leave the last \
                 {{ readout = .. }} out, or take loss = \"cross-entropy\"",
                self.kind().name
            ),
            _ => Ok(()),
        }
    }

    /// What the network answers: the largest is its class. `[batch, classes]`
    pub fn logits(&self, output: Output) -> Tensor<2> {
        match (output, self.kind().of) {
            (Output::Frame(logits), _) => logits,
            (Output::Sequence(sequence), Of::Logits(_)) => mean(sequence),
            (Output::Sequence(sequence), Of::Sequence { logits, .. }) => logits(sequence),
        }
    }

    /// The loss of each sample, `[batch]`, or of all of them together, `[1]`: their mean is made small.
    pub fn of(&self, output: Output, labels: Tensor<1, Int>) -> Tensor<1> {
        match (output, self.kind().of) {
            (Output::Sequence(sequence), Of::Sequence { loss, .. }) => loss(sequence, labels, &self.constants),
            (output, Of::Logits(loss)) => loss(self.logits(output), labels),
            (Output::Frame(_), Of::Sequence { .. }) => unreachable!("checked before training"),
        }
    }
}

/// The negative logarithm of the right label's probability, for each sample.
pub fn cross_entropy(logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    log_softmax(logits, 1).gather(1, labels.unsqueeze_dim(1)).neg().squeeze_dim(1)
}

fn mean(sequence: Tensor<3>) -> Tensor<2> {
    Readout::Mean.reduce(sequence, 0)
}

/// 1 for the class of each sample, 0 for the others.
fn one_hot(like: &Tensor<3>, labels: Tensor<1, Int>, shape: [usize; 2]) -> Tensor<2> {
    let classes = Tensor::<1, Int>::arange(0..shape[1] as i64, &like.device()).unsqueeze::<2>();
    classes.expand(shape).equal(labels.unsqueeze_dim::<2>(1).expand(shape)).float()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn every_loss_is_read_written_and_differentiable() {
        let device = Device::flex().autodiff();
        for kind in LOSSES {
            let loss = Loss::read(Some(&kind.name.into())).expect("its name");
            assert_eq!(Loss::read(Some(&loss.setting())).expect("its own text"), loss);
            let values: Vec<f32> = (0..6 * 2 * 3).map(|i| ((i * 7) % 5) as f32 / 4.0).collect();
            let output = Tensor::<3>::from_data(TensorData::new(values, [6, 2, 3]), &device).require_grad();
            let labels = Tensor::from_data([2, 0], &device);
            assert_eq!(loss.logits(Output::Sequence(output.clone())).dims(), [2, 3]);
            let value = loss.of(Output::Sequence(output.clone()), labels).mean();
            let gradients = value.clone().backward();
            assert!(value.into_scalar::<f32>().is_finite() && output.grad(&gradients).is_some(), "{}", kind.name);
        }
    }

    #[test]
    fn constants_outside_their_range_are_refused() {
        for (text, expected) in [("lambda", "`lambda` is 2"), ("fi", "`fi`")] {
            let setting = Setting::Table(vec![("tet".to_owned(), [(text, 2.0)].into())]);
            let sentence = Loss::read(Some(&setting)).expect_err("outside").to_string();
            assert!(sentence.contains(expected), "{sentence}");
        }
    }
}
