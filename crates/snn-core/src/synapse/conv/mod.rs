//! Convolutions on the CPU, of all time steps at once: forward, and the gradients of input, weight and bias.
//!
//! No matrix of what lies under the kernel is ever made. A tile of images is copied into the cache with zeros around
//! it, and the product reads its numbers through tables of offsets, broadcast, while channels lie across the lanes
//! (`kernel.rs`). So stride, padding, dilation and the number of axes change tables and nothing else.

mod activity;
mod along;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod buffer;
mod events;
mod flat;
mod kernel;
mod meetings;
mod panels;
mod plain;
mod pull;
mod registers;
mod sizes;
#[cfg(test)]
mod tests;
mod tiling;
mod weight;
mod window;

use activity::Activity;
use along::Direction;
use registers::Registers;
pub(crate) use sizes::{Axis, ConvSizes};

use super::precision::Precision;
#[cfg(target_arch = "x86_64")]
use super::tiles::{Bf16, F32};

/// The output `[rows, outputs, height, width]` for `input [rows, inputs, height, width]` and
/// `weight [outputs, inputs / groups, height of the kernel, width of the kernel]`.
pub(crate) fn forward(
    precision: Precision,
    sizes: &ConvSizes,
    input: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
) -> Vec<f32> {
    sizes.check();
    sizes.check_length("an input", input.len(), sizes.input());
    sizes.check_length("a weight", weight.len(), sizes.weight());
    if let Some(bias) = bias {
        sizes.check_length("a bias", bias.len(), sizes.outputs);
    }
    let activity = activity::activity(input, sizes);
    // Words that pair channels would be half empty.
    let precision = if sizes.group_inputs() == 1 { Precision::F32 } else { precision };
    on_registers(numbers(precision, activity, sizes), Forward { sizes, input, weight, bias, activity })
}

/// The numbers in which products with the input are multiplied: spikes and few channels are cheaper in f32.
fn numbers(precision: Precision, activity: Activity, sizes: &ConvSizes) -> Precision {
    match activity {
        Activity::Dense if !flat::suits(sizes.group_outputs()) => precision,
        _ => Precision::F32,
    }
}

/// The gradient of the input, given that of the output.
pub(crate) fn input_gradient(precision: Precision, sizes: &ConvSizes, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
    sizes.check();
    sizes.check_length("a weight", weight.len(), sizes.weight());
    sizes.check_length("a gradient", gradient.len(), sizes.output());
    let precision = if flat::suits(sizes.group_inputs()) { Precision::F32 } else { precision };
    on_registers(precision, InputGradient { sizes, weight, gradient })
}

/// The gradients of weight and bias, given that of the output.
pub(crate) fn parameter_gradients(
    precision: Precision,
    sizes: &ConvSizes,
    input: &[f32],
    gradient: &[f32],
) -> (Vec<f32>, Vec<f32>) {
    sizes.check();
    sizes.check_length("an input", input.len(), sizes.input());
    sizes.check_length("a gradient", gradient.len(), sizes.output());
    let activity = activity::activity(input, sizes);
    on_registers(numbers(precision, activity, sizes), ParameterGradients { sizes, input, gradient, activity })
}

/// What runs on any registers.
trait OnRegisters {
    type Result;
    fn run<R: Registers>(self, registers: R) -> Self::Result;
}

/// Runs `work` on the best registers that the processor has.
fn on_registers<W: OnRegisters>(precision: Precision, work: W) -> W::Result {
    #[cfg(target_arch = "x86_64")]
    {
        if precision == Precision::Bf16 {
            return work.run(Bf16::detect().expect("a processor with AVX-512-BF16"));
        }
        if let Some(registers) = F32::detect() {
            return work.run(registers);
        }
        if let Some(registers) = avx2::Avx2::detect() {
            return work.run(registers);
        }
    }
    assert!(precision == Precision::F32, "{precision:?} is not available on this processor");
    work.run(plain::Plain)
}

struct Forward<'a> {
    sizes: &'a ConvSizes,
    input: &'a [f32],
    weight: &'a [f32],
    bias: Option<&'a [f32]>,
    activity: Activity,
}

impl OnRegisters for Forward<'_> {
    type Result = Vec<f32>;
    fn run<R: Registers>(self, registers: R) -> Vec<f32> {
        if flat::suits(self.sizes.group_outputs()) && R::DEPTH == 1 {
            return flat::pull(registers, Direction::Forward, self.sizes, self.input, self.weight, self.bias);
        }
        pull::pull(registers, Direction::Forward, self.sizes, self.input, self.weight, self.bias, self.activity)
    }
}

struct InputGradient<'a> {
    sizes: &'a ConvSizes,
    weight: &'a [f32],
    gradient: &'a [f32],
}

impl OnRegisters for InputGradient<'_> {
    type Result = Vec<f32>;
    fn run<R: Registers>(self, registers: R) -> Vec<f32> {
        if flat::suits(self.sizes.group_inputs()) && R::DEPTH == 1 {
            return flat::pull(registers, Direction::Backward, self.sizes, self.gradient, self.weight, None);
        }
        pull::pull(registers, Direction::Backward, self.sizes, self.gradient, self.weight, None, Activity::Dense)
    }
}

struct ParameterGradients<'a> {
    sizes: &'a ConvSizes,
    input: &'a [f32],
    gradient: &'a [f32],
    activity: Activity,
}

impl OnRegisters for ParameterGradients<'_> {
    type Result = (Vec<f32>, Vec<f32>);
    fn run<R: Registers>(self, registers: R) -> (Vec<f32>, Vec<f32>) {
        if flat::suits(self.sizes.group_outputs()) && R::DEPTH == 1 {
            return flat::gradients(registers, self.sizes, self.input, self.gradient);
        }
        weight::gradients(registers, self.sizes, self.input, self.gradient, self.activity)
    }
}
