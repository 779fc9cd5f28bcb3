//! The article's layer and networks against values computed by the article's own code: every file of kind
//! `layer`, `net` and `mlp` in the folder `SNN_FIXTURES` (default `fixtures/`), on every backend compiled in.
//!
//! Tolerance: `‖ours - theirs‖₂ <= 1e-5 ‖theirs‖₂` for each tensor.

mod common;

use burn::module::{Module, Param};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use common::{Comparison, Fixture, devices, fixtures, values};

use snn_core::device::{Execution, execution_counts};
use snn_core::layer::{
    Neurons, ReluMlp, ReluMlpConfig, SpikingLinear, SpikingLinearConfig, SpikingStack, SpikingStackConfig,
};
use snn_core::neuron::{GradedLif, GradedLifParameters, GradedLifReset};
use snn_core::scan::ReturnStates;

const TOLERANCE: f64 = 1e-5;

fn parameter<const D: usize>(tensor: Tensor<D>) -> Param<Tensor<D>> {
    Param::from_tensor(tensor)
}

/// PyTorch stores `[outputs, inputs]`, Burn `[inputs, outputs]`.
fn weight(file: &Fixture, name: &str, device: &Device) -> Tensor<2> {
    file.tensor::<2>(name, device).transpose()
}

fn check_layer(file: &Fixture, device: &Device, execution: Execution, comparison: &mut Comparison, label: &str) {
    let constants = GradedLifParameters {
        decay: file.number("decay"),
        threshold: file.number("threshold"),
        penalty: file.number("penalty"),
    };
    let neurons = Neurons::new(GradedLif::default(), constants)
        .with_delay(1)
        .with_return_states(ReturnStates::BeforeStep)
        .with_execution(execution);
    let sizes = SpikingLinearConfig::new(file.number("inputs"), file.number("neurons"));
    let mut layer: SpikingLinear<Neurons<GradedLif>> = sizes.init(neurons, device);
    layer.weight = parameter(weight(file, "weight", device).detach());
    layer.bias = Some(parameter(file.tensor("bias", device)));
    let input = file.tensor::<3>("input", device).require_grad();
    let scanned = layer.forward(input.clone(), None);
    let loss = (scanned.states[0].clone() * file.tensor("cotangent_state", device)).sum()
        + (scanned.output.clone() * file.tensor("cotangent_output", device)).sum();
    let gradients = loss.backward();
    let mut close = |name: &str, found: Vec<f32>| {
        comparison.close(&format!("{label} {name}"), &found, &file.get(name).1, TOLERANCE);
    };
    close("state", values(scanned.states[0].clone()));
    close("output", values(scanned.output));
    close("final_inner", values(scanned.last.field::<2>("membrane")));
    close("final_outer", values(scanned.last.in_flight::<2>(0)));
    close("grad_input", values(input.grad(&gradients).expect("a gradient")));
    close("grad_weight", values(layer.weight.grad(&gradients).expect("a gradient").transpose()));
    close("grad_bias", values(bias(&layer).grad(&gradients).expect("a gradient")));
}

fn bias<P>(layer: &SpikingLinear<P>) -> &Param<Tensor<1>> {
    layer.bias.as_ref().expect("a bias")
}

fn targets(file: &Fixture, step: usize, device: &Device) -> Tensor<1, Int> {
    let (shape, values) = file.integers("targets");
    let row = values[step * shape[1]..][..shape[1]].to_vec();
    Tensor::from_data(TensorData::new(row, [shape[1]]), device)
}

fn negative_log_likelihood(log_probabilities: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    log_probabilities.gather(1, targets.unsqueeze_dim(1)).mean().neg()
}

fn images(file: &Fixture, step: usize, device: &Device) -> Tensor<2> {
    let (shape, values) = file.get("images");
    let sample: usize = shape[2..].iter().product();
    let count = shape[1] * sample;
    Tensor::from_data(TensorData::new(values[step * count..][..count].to_vec(), [shape[1], sample]), device)
}

/// Some steps of SGD; `log_probabilities` is the network. Calls `first` with the first step's results.
fn train<M: Module>(
    file: &Fixture,
    mut model: M,
    device: &Device,
    log_probabilities: impl Fn(&M, usize) -> Tensor<2>,
    mut first: impl FnMut(&M, Tensor<2>, &burn::tensor::Gradients),
) -> (M, Vec<f32>) {
    let momentum = MomentumConfig::new().with_momentum(file.number("momentum")).with_dampening(0.0);
    let mut optimizer = SgdConfig::new().with_momentum(Some(momentum)).init();
    let mut losses = Vec::new();
    for step in 0..file.number::<usize>("sgd_steps") {
        let output = log_probabilities(&model, step);
        let loss = negative_log_likelihood(output.clone(), targets(file, step, device));
        losses.push(loss.clone().into_scalar::<f32>());
        let gradients = loss.backward();
        if step == 0 {
            first(&model, output, &gradients);
        }
        let gradients = GradientsParams::from_grads(gradients, &model);
        model = optimizer.step(file.number::<f64>("learning_rate"), model, gradients);
    }
    (model, losses)
}

fn check_net(file: &Fixture, device: &Device, execution: Execution, comparison: &mut Comparison, label: &str) {
    let (shape, noise) = file.get("noise");
    let (steps, batch, inputs) = (shape[1], shape[2], shape[3]);
    let outputs = |name: &str| file.get(name).0[0];
    let config = SpikingStackConfig {
        sizes: vec![inputs, outputs("weight1"), outputs("weight2")],
        time_steps: steps,
        begin_readout: file.number("begin_eval"),
        ..SpikingStackConfig::chevalier2018(0)
    };
    let mut net: SpikingStack<Neurons<GradedLif>> = config.init_chevalier2018(GradedLifReset::Scaled, device);
    for (index, layer) in net.layers.iter_mut().enumerate() {
        layer.weight = parameter(weight(file, &format!("weight{}", index + 1), device));
        layer.bias = Some(parameter(file.tensor(&format!("bias{}", index + 1), device)));
        layer.neurons = layer.neurons.clone().with_execution(execution);
    }
    let log_probabilities = |net: &SpikingStack<Neurons<GradedLif>>, step: usize| {
        let count = steps * batch * inputs;
        let noise = TensorData::new(noise[step * count..][..count].to_vec(), [steps, batch, inputs]);
        let noisy = images(file, step, device).unsqueeze::<3>() * Tensor::from_data(noise, device);
        log_softmax(net.run_sequence(noisy).logits, 1)
    };
    let (net, losses) = train(file, net, device, log_probabilities, |net, output, gradients| {
        let mut close = |name: &str, found: Vec<f32>| {
            comparison.close(&format!("{label} {name}"), &found, &file.get(name).1, TOLERANCE);
        };
        close("log_probabilities", values(output));
        for (index, layer) in net.layers.iter().enumerate() {
            let gradient = layer.weight.grad(gradients).expect("a gradient").transpose();
            close(&format!("grad_weight{}", index + 1), values(gradient));
            close(&format!("grad_bias{}", index + 1), values(bias(layer).grad(gradients).expect("a gradient")));
        }
    });
    let trained = net.layers.iter().map(|layer| (layer.weight.val(), bias(layer).val())).collect();
    check_trained(file, trained, &losses, comparison, label);
}

fn check_mlp(file: &Fixture, device: &Device, comparison: &mut Comparison, label: &str) {
    let inputs = file.get("weight1").0[1];
    let sizes = vec![inputs, file.get("weight1").0[0], file.get("weight2").0[0]];
    let mut net: ReluMlp = ReluMlpConfig::new(sizes).init(device);
    for (index, layer) in net.layers.iter_mut().enumerate() {
        layer.weight = parameter(weight(file, &format!("weight{}", index + 1), device));
        layer.bias = parameter(file.tensor(&format!("bias{}", index + 1), device));
    }
    let log_probabilities = |net: &ReluMlp, step: usize| log_softmax(net.forward(images(file, step, device)), 1);
    let (net, losses) = train(file, net, device, log_probabilities, |_, _, _| ());
    let trained = net.layers.iter().map(|layer| (layer.weight.val(), layer.bias.val())).collect();
    check_trained(file, trained, &losses, comparison, label);
}

fn check_trained(
    file: &Fixture,
    layers: Vec<(Tensor<2>, Tensor<1>)>,
    losses: &[f32],
    comparison: &mut Comparison,
    label: &str,
) {
    let mut close = |name: &str, found: &[f32]| {
        comparison.close(&format!("{label} {name}"), found, &file.get(name).1, TOLERANCE);
    };
    close("losses", losses);
    for (index, (weight, bias)) in layers.into_iter().enumerate() {
        close(&format!("trained_weight{}", index + 1), &values(weight.transpose()));
        close(&format!("trained_bias{}", index + 1), &values(bias));
    }
}

#[test]
fn the_articles_own_values_are_reproduced() {
    let known = ["layer", "net", "mlp"];
    let files =
        fixtures("fixtures", |file| file.metadata.get("kind").is_some_and(|kind| known.contains(&kind.as_str())));
    let mut comparison = Comparison::default();
    for (backend, device) in devices() {
        let device = device.autodiff();
        for file in &files {
            for execution in [Execution::Fused, Execution::Reference] {
                let label = format!("{} on {backend}, {}:", file.name, execution.name());
                let before = execution_counts();
                match file.text("kind") {
                    "layer" => check_layer(file, &device, execution, &mut comparison, &label),
                    "net" => check_net(file, &device, execution, &mut comparison, &label),
                    _ => check_mlp(file, &device, &mut comparison, &label),
                }
                let after = execution_counts();
                let spiking = file.text("kind") != "mlp";
                let (fused, reference) =
                    (after.fused_backward > before.fused_backward, after.reference > before.reference);
                assert_eq!(fused, spiking && execution == Execution::Fused, "{label} fused kernels ran");
                assert_eq!(reference, spiking && execution == Execution::Reference, "{label} reference ran");
            }
        }
    }
    println!("{} files, largest relative difference {:.1e}", files.len(), comparison.worst);
    comparison.finish();
}
