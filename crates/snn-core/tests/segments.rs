//! Training in segments gives the gradients of training in one piece.

mod common;

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use common::{devices, relative_difference, values};

use snn_core::layer::{Encoding, Neurons, SpikingStack, SpikingStackConfig};
use snn_core::neuron::{GradedLif, GradedLifReset};
use snn_core::noise::NoiseSeed;
use snn_core::readout::Readout;

fn gradients(net: &SpikingStack<Neurons<GradedLif>>, gradients: &GradientsParams) -> Vec<Vec<f32>> {
    let mut list = Vec::new();
    for layer in &net.layers {
        list.push(values(gradients.get::<2>(layer.weight.id).expect("a gradient of the weight")));
        list.push(values(gradients.get::<1>(layer.bias.as_ref().expect("a bias").id).expect("a gradient of the bias")));
    }
    list
}

#[test]
fn segments_give_the_loss_and_the_gradients_of_the_whole() {
    let noise = NoiseSeed::new(11);
    let mut compared = 0;
    for (backend, device) in devices() {
        let device = device.autodiff();
        for readout in [Readout::Mean, Readout::Sum, Readout::Last, Readout::Max] {
            for (begin_readout, encoding) in [(0, Encoding::Flicker), (9, Encoding::Flicker), (3, Encoding::Constant)] {
                let config = SpikingStackConfig {
                    sizes: vec![7, 6, 5, 8],
                    time_steps: 13,
                    readout,
                    begin_readout,
                    encoding,
                    ..SpikingStackConfig::chevalier2018(4)
                };
                let net = config.init_chevalier2018(GradedLifReset::Scaled, &device);
                let images = Tensor::<2>::ones([4, 7], &device) * 3.0;
                let loss = |logits: Tensor<2>| (logits.clone() * logits).mean();
                let whole = loss(net.forward(images.clone(), noise));
                let expected = gradients(&net, &GradientsParams::from_grads(whole.backward(), &net));
                for every in [1, 4, 13, 50] {
                    let label = format!("{backend}, {readout:?} from {begin_readout}, {encoding:?}, every {every}");
                    let (found, in_segments) = net.gradients_in_segments(images.clone(), noise, every, loss);
                    let difference = relative_difference(&values(found), &values(whole.clone()));
                    assert!(difference < 1e-5, "{label}: loss differs by {difference:.1e}");
                    for (index, (found, expected)) in gradients(&net, &in_segments).iter().zip(&expected).enumerate() {
                        assert!(expected.iter().any(|value| *value != 0.0), "{label}: gradient {index} is all zero");
                        let difference = relative_difference(found, expected);
                        assert!(difference < 1e-5, "{label}: gradient {index} differs by {difference:.1e}");
                        compared += 1;
                    }
                }
            }
        }
    }
    assert!(compared > 0);
}
