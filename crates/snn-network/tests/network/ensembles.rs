//! Several neurons for each class.

use burn::optim::GradientsParams;
use burn::tensor::Device;
use snn_core::noise::NoiseSeed;
use snn_network::InputShape;

use crate::common::{network, numbers, refused, values};

fn of(vote: &str) -> String {
    format!(
        "nodes = [{{ linear = 6, name = 'weights' }}, {{ neuron = 'lif', decay = 0.9 }}, {{ ensemble = 3, vote = '{vote}' }}, \
         {{ readout = 'sum' }}]"
    )
}

#[test]
fn a_shared_gradient_leaves_the_sum_alone_and_reaches_those_who_did_not_fire() {
    let device = Device::flex().autodiff();
    let input = numbers([9, 2, 3], 5, &device).mul_scalar(3.0);
    let run = |vote: &str| {
        let network = network(&of(vote), InputShape::Sequence(vec![3]), &device);
        let logits = network.forward_sequence(input.clone(), NoiseSeed::new(0));
        let gradients = GradientsParams::from_grads(logits.clone().powi_scalar(2).sum().backward(), &network);
        let mut found = Vec::new();
        struct Gradients<'a>(&'a GradientsParams, &'a mut Vec<f32>);
        impl burn::module::ModuleVisitor for Gradients<'_> {
            fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<burn::tensor::Tensor<D>>) {
                self.1.extend(self.0.get::<D>(param.id).map(values).unwrap_or_default());
            }
        }
        burn::module::Module::visit(&network, &mut Gradients(&gradients, &mut found));
        (values(logits), found)
    };
    let ((sum, of_sum), (shared, of_shared)) = (run("sum"), run("shared"));
    assert_eq!(sum, shared);
    assert!(sum.iter().any(|spikes| *spikes > 0.0) && of_shared.iter().any(|gradient| *gradient != 0.0));
    assert_ne!(of_sum, of_shared);
}

#[test]
fn a_mixture_of_softmaxes_is_a_probability() {
    let device = Device::flex();
    let text = "nodes = [{ linear = 6 }, { neuron = 'leaky-integrator' }, { readout = 'mean' }, { ensemble = 3, vote = 'mixture' }]";
    let network = network(text, InputShape::Sequence(vec![3]), &device);
    let logits = network.forward_sequence(numbers([9, 2, 3], 5, &device), NoiseSeed::new(0));
    let sums = values(logits.exp().sum_dim(1));
    assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-5), "{sums:?}");
}

#[test]
fn a_gradient_is_shared_only_where_there_are_states() {
    let text = "nodes = [{ linear = 6 }, { neuron = 'lif' }, { readout = 'mean' }, { ensemble = 3, vote = 'shared' }]";
    let sentence = refused(text, InputShape::Sequence(vec![3]));
    assert!(sentence.contains("behind neurons"), "{sentence}");
    let text = "nodes = [{ linear = 6 }, { ensemble = 3, vote = 'shared' }, { readout = 'mean' }]";
    let sentence = refused(text, InputShape::Sequence(vec![3]));
    assert!(sentence.contains("has no states"), "{sentence}");
}
