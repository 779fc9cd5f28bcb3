//! Neurons and one linear map that feed each other run as the recurrent layer: what the steps one by one make of them.

use std::cell::RefCell;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, s};
use snn_core::noise::NoiseSeed;
use snn_core::record::record;
use snn_network::{InputShape, Network};

use crate::common::{difference, network, numbers, values};

/// `between`: a node that makes the loop a longer one, which runs step by step.
fn text(neurons: &str, bias: bool, late: &str, between: bool) -> String {
    let (there, back) = match late {
        "there" => (", { delay = 1 }", ""),
        _ => ("", ", { delay = 1 }"),
    };
    let (extra, back) = match between {
        true => (", { scale = 1.0, name = 'same' }", format!("['back', 'same'], ['same', 'low'{back}]")),
        false => ("", format!("['back', 'low'{back}]")),
    };
    format!(
        "nodes = [{{ linear = 6, name = 'input' }}, {{ {neurons}, name = 'low' }}, {{ linear = 3 }}, {{ readout = 'mean' }}, \
         {{ linear = 6, name = 'back', bias = {bias} }}{extra}]\nedges = [['low', 'back'{there}], {back}]"
    )
}

/// The gradients in the order of the parameters.
fn gradients(network: &Network, x: &Tensor<3>) -> (Vec<f32>, Vec<Vec<f32>>) {
    struct Collect<'a>(&'a GradientsParams, RefCell<Vec<Vec<f32>>>);
    impl ModuleVisitor for Collect<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.1.borrow_mut().push(self.0.get::<D>(param.id).map(values).expect("a gradient"));
        }
    }
    let logits = network.forward_sequence(x.clone(), NoiseSeed::new(0));
    let output = values(logits.clone());
    let found = GradientsParams::from_grads(logits.powi_scalar(2).sum().backward(), network);
    let mut collect = Collect(&found, RefCell::default());
    network.visit(&mut collect);
    (output, collect.1.into_inner())
}

#[test]
fn a_loop_of_neurons_and_a_map_is_the_recurrent_layer() {
    let device = Device::flex().autodiff();
    let x = numbers([9, 3, 4], 5, &device).mul_scalar(4.0);
    for neurons in ["neuron = 'lif', decay = 0.9", "neuron = 'graded-lif', delay = 2", "neuron = 'adaptive-lif'"] {
        for (bias, late) in [(true, "there"), (false, "there"), (true, "back"), (false, "back")] {
            let shape = || InputShape::Sequence(vec![4]);
            let fused = network(&text(neurons, bias, late, false), shape(), &device);
            let steps = network(&text(neurons, bias, late, true), shape(), &device);
            let (output, found) = gradients(&fused, &x);
            let (expected, expected_gradients) = gradients(&steps, &x);
            let what = format!("{neurons}, bias {bias}, late {late}");
            assert!(difference(&output, &expected) < 1e-5, "{what}: {output:?}, expected {expected:?}");
            assert_eq!(found.len(), expected_gradients.len());
            for (found, expected) in found.iter().zip(&expected_gradients) {
                assert!(difference(found, expected) < 1e-5, "{what}: {found:?}, expected {expected:?}");
            }

            // What the map sends, cut or whole; and what a recording sees.
            let whole = fused.run_sequence(x.clone(), NoiseSeed::new(0), None, &["back", "low"]);
            let by_steps = steps.run_sequence(x.clone(), NoiseSeed::new(0), None, &["back", "low"]);
            for name in ["back", "low"] {
                let (whole, by_steps) = (values(whole.sent[name].clone()), values(by_steps.sent[name].clone()));
                assert!(difference(&whole, &by_steps) < 1e-5, "{what}: what `{name}` sends");
            }
            let first = fused.run_sequence(x.clone().slice(s![0..4]), NoiseSeed::new(0), None, &["back"]);
            let state = Some(first.state);
            let second = fused.run_sequence(x.clone().slice(s![4..9]), NoiseSeed::new(0), state, &["back"]);
            let cut = Tensor::cat(vec![first.sent["back"].clone(), second.sent["back"].clone()], 0);
            assert!(difference(&values(cut), &values(whole.sent["back"].clone())) < 1e-5, "{what}: cut");
            let (_, recording) = record(|| fused.forward_sequence(x.clone(), NoiseSeed::new(0)));
            let seen: Vec<_> = recording.populations.iter().map(|one| (one.name.clone(), one.steps())).collect();
            assert_eq!(seen, [(Some("low".to_owned()), 9)], "{what}");
        }
    }
}
