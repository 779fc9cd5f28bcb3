//! In segments as in one piece.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use snn_core::noise::NoiseSeed;
use snn_network::InputShape;

use crate::common::{assert_same, difference, network, numbers, values};

pub fn spiking_conv(time_steps: usize) -> String {
    let neurons = "{ neuron = 'integer-lif', levels = 4, decay = 0.5, threshold = 1.0 }";
    let conv = |outputs| {
        format!("{{ conv2d = {outputs}, kernel = 3, stride = 2, padding = 1, bias = false, init = {{ gain = 1.0 }} }}")
    };
    format!(
        "nodes = [{{ scale = 1.0, offset = 0.5 }}, {{ encode = 'constant', time_steps = {time_steps} }}, \
         {{ conv2d = 32, kernel = 5, padding = 2, bias = false, init = {{ gain = 1.0 }} }}, {{ pool = 'max', size = 2 }}, \
         {{ norm = 'threshold' }}, {neurons}, {}, {{ norm = 'threshold' }}, {neurons}, {}, {{ norm = 'threshold' }}, {neurons}, \
         {{ readout = 'spike-rate' }}, {{ linear = 10, init = 'torch' }}]",
        conv(64),
        conv(128)
    )
}

/// A loss whose gradient differs from logit to logit.
pub fn loss(logits: Tensor<2>) -> Tensor<1> {
    let weights = numbers(logits.dims(), 77, &logits.device()) * 3.0 - 1.0;
    (logits.clone() * logits * weights).sum()
}

/// All numbers of a module which are not trained: running statistics.
pub fn running(module: &impl Module) -> Vec<f32> {
    struct All(Vec<f32>);
    impl ModuleVisitor for All {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if !param.val().is_require_grad() {
                self.0.extend(values(param.val()));
            }
        }
    }
    // An update waits until somebody asks.
    drop(module.valid());
    let mut all = All(Vec::new());
    module.visit(&mut all);
    all.0
}

#[track_caller]
fn same_in_segments(text: &str, shape: &[usize], batch: usize, cuts: &[usize]) {
    let device = Device::flex().autodiff();
    let samples = numbers([batch, shape.iter().product()], 1, &device);
    let build = || network(text, InputShape::Still(shape.to_vec()), &device);
    let (noise, whole) = (NoiseSeed::new(3), build());
    let expected_loss = loss(whole.forward(samples.clone(), noise));
    let expected = GradientsParams::from_grads(expected_loss.clone().backward(), &whole);
    let statistics = running(&whole);
    for every in cuts {
        let fresh = build();
        fresh.gradients_in_segments(samples.clone(), noise, *every, loss).expect("segments");
        let apart = difference(&running(&fresh), &statistics);
        assert!(apart < 1e-5, "every {every}: running statistics differ by {apart:e}");
        let (found_loss, found) = whole.gradients_in_segments(samples.clone(), noise, *every, loss).expect("segments");
        let apart = difference(&values(found_loss), &values(expected_loss.clone()));
        assert!(apart < 1e-5, "every {every}: the loss differs by {apart:e}");
        assert_same(&whole, &found, &expected, &format!("every {every}"));
    }
}

#[test]
fn spiking_convolutions_have_the_gradients_and_running_statistics_of_the_whole() {
    same_in_segments(&spiking_conv(6), &[1, 28, 28], 2, &[1, 4, 6]);
}

#[test]
fn norms_behind_norms_beside_norms_and_in_cycles() {
    let neurons = "{ neuron = 'lif', decay = 0.9, surrogate = 'sigmoid' }";
    let through = |norm: &str| {
        format!(
            "nodes = [{{ encode = 'bernoulli', time_steps = 9 }}, {{ linear = 6, bias = false, name = 'in' }}, {norm}, {neurons}, \
             {{ dropout = 0.2 }}, {{ linear = 5, bias = false }}, {norm}, {neurons}, {{ linear = 4, bias = false }}, {norm}, \
             {{ neuron = 'leaky-integrator', name = 'top' }}, {{ readout = 'mean', of = 'membrane' }}, {{ linear = 3, bias = false }}, \
             {{ norm = 'threshold' }}]"
        )
    };
    same_in_segments(&through("{ norm = 'threshold' }"), &[7], 4, &[1, 2, 5, 9]);
    same_in_segments(&through("{ norm = 'through-time' }"), &[7], 4, &[1, 2, 5, 9]);
    // Two branches which add up, each with a norm of its own, and a delay.
    let branches = format!(
        "nodes = [{{ encode = 'flicker', time_steps = 9 }}, {{ linear = 6 }}, {{ neuron = 'lif', name = 'low' }}, {{ linear = 5, bias = false }}, \
         {{ norm = 'threshold' }}, {{ neuron = 'lif', name = 'high' }}, {{ readout = 'spike-rate' }}, \
         {{ linear = 5, bias = false, name = 'around', chain = false }}, {{ norm = 'threshold', name = 'beside', chain = false }}]\n\
         edges = [['low', 'around', {{ delay = 2 }}], ['around', 'beside'], ['beside', 'high']]"
    );
    same_in_segments(&branches, &[7], 4, &[1, 2, 5, 9]);
    // Inside a cycle each step is normalised by itself.
    let cycle = format!(
        "nodes = [{{ encode = 'flicker', time_steps = 9 }}, {{ linear = 6, bias = false }}, {{ norm = 'threshold' }}, \
         {{ neuron = 'lif', name = 'low' }}, {{ linear = 5, bias = false }}, {{ norm = 'threshold' }}, {{ neuron = 'lif' }}, \
         {{ readout = 'spike-rate' }}, {{ linear = 6, bias = false, name = 'back' }}, {{ norm = 'threshold', name = 'normed' }}]\n\
         edges = [['low', 'back', {{ delay = 1 }}], ['back', 'normed'], ['normed', 'low']]"
    );
    same_in_segments(&cycle, &[7], 4, &[1, 2, 5, 9]);
}

#[test]
fn a_given_sequence_is_cut() {
    let device = Device::flex().autodiff();
    let text = "nodes = [{ linear = 6, bias = false, name = 'input' }, { norm = 'threshold' }, \
                { neuron = 'lif', name = 'low', recurrent = true, learn = ['decay'] }, { delay = 'random', longest = 3, learn = true }, \
                { linear = 4, bias = false, name = 'up' }, { norm = 'threshold' }, { neuron = 'leaky-integrator', decay = 0.8, name = 'top' }, \
                { readout = 'max', of = 'membrane', begin = 2 }, { linear = 6, name = 'down' }]\n\
                edges = [['top', 'down'], ['down', 'low', { delay = 1 }]]";
    let network = network(text, InputShape::Sequence(vec![3]), &device);
    let x = numbers([11, 3, 3], 5, &device).mul_scalar(3.0);
    let expected =
        GradientsParams::from_grads(loss(network.forward_sequence(x.clone(), NoiseSeed::new(0))).backward(), &network);
    for every in [1, 4, 11] {
        let found =
            network.gradients_of_sequence_in_segments(x.clone(), NoiseSeed::new(0), every, loss).expect("segments");
        assert_same(&network, &found.1, &expected, &format!("every {every}"));
    }
}
