//! Everything has a name: wrapped neurons, votes, encoders, norms, initialisers, surrogates.

use burn::tensor::{Device, Tensor};
use snn_core::device::Execution;
use snn_core::layer::{Neurons, Population};
use snn_core::neuron::{
    AdaptiveLif, AdaptiveLifParameters, FireReset, IntegerLif, IntegerLifParameters, Lif, LifParameters, Neuron,
    Refractory, RefractoryHold, SynapticCurrent, SynapticCurrentOrder, SynapticCurrentParameters,
};
use snn_core::noise::NoiseSeed;
use snn_core::readout::{Readout, Vote, vote};
use snn_core::surrogate::AnySurrogate;
use snn_network::{InputShape, NEURONS, Output};

use crate::common::{network, numbers, refused, values};

/// Output of neurons with the current `x`, and the gradient of the current.
fn by_types(population: &Population, x: &Tensor<3>) -> (Vec<f32>, Vec<f32>) {
    let x = x.clone().require_grad();
    let output = population.forward(x.clone(), None).output;
    let weights = numbers(output.dims(), 8, &x.device());
    let gradient = x.grad(&(output.clone() * weights).sum().backward()).expect("a gradient");
    (values(output), values(gradient))
}

fn by_file(neurons: &str, x: &Tensor<3>) -> (Vec<f32>, Vec<f32>) {
    let x = x.clone().require_grad();
    let text = format!("nodes = [{{ neuron = {neurons} }}]");
    let network = network(&text, InputShape::Sequence(vec![4]), &x.device());
    let Output::Sequence(output) = network.run_sequence(x.clone(), NoiseSeed::new(0), None, &[]).output else {
        panic!("a sequence")
    };
    let weights = numbers(output.dims(), 8, &x.device());
    let gradient = x.grad(&(output.clone() * weights).sum().backward()).expect("a gradient");
    (values(output), values(gradient))
}

#[test]
fn wrapped_neurons_have_the_bits_of_the_typed_wrappers() {
    let device = Device::flex().autodiff();
    let x = numbers([20, 3, 4], 6, &device).mul_scalar(2.0);
    // Around lif: kernels.
    let lif = SynapticCurrent { neuron: Lif::default(), order: SynapticCurrentOrder::JumpActDecay };
    let lif = Refractory { held: RefractoryHold::Everything, ..Refractory::new(lif, 2) };
    let parameters = SynapticCurrentParameters {
        neuron: LifParameters { decay: 0.75, ..LifParameters::default() },
        current_decay: 0.5,
    };
    let text = "'lif', decay = 0.75, refractory = 2, refractory_hold = 'everything', current_decay = 0.5, \
                current_order = 'jump-act-decay'";
    let fused: Population = Neurons::new(lif, parameters).into();
    assert_eq!(by_file(text, &x), by_types(&fused, &x));
    // Around others: Burn's tensor operations.
    let order = SynapticCurrentOrder::DecayJumpAct;
    let neuron = AdaptiveLif { fire_reset: FireReset::new(AnySurrogate::named("fast-sigmoid").expect("one")) };
    let neuron = Refractory::new(SynapticCurrent { neuron, order }, 3);
    let parameters = SynapticCurrentParameters { neuron: AdaptiveLifParameters::default(), current_decay: 0.5 };
    let text = "'adaptive-lif', refractory = 3, current_decay = 0.5, surrogate = 'fast-sigmoid'";
    assert_eq!(by_file(text, &x), by_types(&Population::by_reference(neuron, parameters), &x));
    let neuron = SynapticCurrent { neuron: IntegerLif::default(), order };
    let parameters = SynapticCurrentParameters { neuron: IntegerLifParameters::default(), current_decay: 0.5 };
    let text = "'integer-lif', current_decay = 0.5, rounding = 'nearest'";
    let found = by_file(text, &x);
    if IntegerLif::default().rounding == snn_core::neuron::Rounding::Nearest {
        assert_eq!(found, by_types(&Population::by_reference(neuron, parameters), &x));
    }
    // The reference and the kernels are the same neuron.
    let reference = fused.with_execution(Execution::Reference);
    let (a, b) = (
        by_types(&reference, &x),
        by_file(
            "'lif', decay = 0.75, refractory = 2, refractory_hold = 'everything', \
        current_decay = 0.5, current_order = 'jump-act-decay'",
            &x,
        ),
    );
    assert_eq!(a.0, b.0);
    a.1.iter().zip(&b.1).for_each(|(a, b)| assert!((a - b).abs() < 1e-5 * (1.0 + b.abs()), "{a}, {b}"));
    let names = Population::by_reference(Refractory::new(Lif::default(), 1), LifParameters::default());
    assert_eq!(names.state_names(), ["membrane", "counter"]);
    assert!(Lif::default().resting_state::<f64>(&LifParameters::default()).membrane == 0.0);
}

#[test]
fn each_neuron_takes_a_refractory_period_and_a_current_or_says_why_not() {
    let device = Device::flex().autodiff();
    for name in NEURONS {
        let graded = ["graded-lif", "leaky-integrator", "sigma-delta", "integer-lif"].contains(name);
        let own_current = ["alpha", "resonate-and-fire"].contains(name);
        for (keys, refused_with) in [
            ("refractory = 2", graded.then_some("0 or 1")),
            ("current_decay = 0.5", own_current.then_some("have their own")),
            (
                "refractory = 1, current_decay = 0.5, recurrent = true, delay = 1",
                graded.then_some("0 or 1").or(own_current.then_some("have their own")),
            ),
        ] {
            let text = format!("nodes = [{{ neuron = '{name}', {keys} }}, {{ readout = 'sum' }}]");
            match refused_with {
                Some(part) => {
                    let sentence = refused(&text, InputShape::Sequence(vec![3]));
                    assert!(sentence.contains(part), "{text}: {sentence}");
                }
                None => {
                    let network = network(&text, InputShape::Sequence(vec![3]), &device);
                    let x = numbers([6, 2, 3], 3, &device).mul_scalar(20.0).require_grad();
                    let sum = network.forward_sequence(x, NoiseSeed::new(0));
                    assert!(values(sum.clone()).iter().all(|x| x.is_finite()), "{text}");
                    sum.sum().backward();
                }
            }
        }
    }
}

#[test]
fn a_vote_is_the_mean_over_time_and_then_over_neurons() {
    let device = Device::flex();
    let x = numbers([7, 2, 6], 3, &device);
    for (keys, how, classes) in
        [("", Vote::Mean, 6), (", ensemble = 3", Vote::Mean, 2), (", ensemble = 2, vote = 'sum'", Vote::Sum, 3)]
    {
        let text = format!("nodes = [{{ readout = 'vote'{keys}, begin = 2 }}]");
        let found =
            network(&text, InputShape::Sequence(vec![6]), &device).forward_sequence(x.clone(), NoiseSeed::new(0));
        let expected = vote(Readout::Mean.reduce(x.clone(), 2), classes, how);
        assert_eq!(values(found), values(expected), "{text}");
    }
    let sentence = refused("nodes = [{ readout = 'vote', ensemble = 4 }]", InputShape::Sequence(vec![6]));
    assert!(sentence.contains("6 features cannot be cut into ensembles of 4"), "{sentence}");
}

#[test]
fn each_surrogate_encoder_norm_and_initialiser_has_a_name() {
    let device = Device::flex().autodiff();
    let run = |nodes: &str| {
        let text = format!("nodes = [{nodes}, {{ readout = 'mean' }}]");
        let network = network(&text, InputShape::Still(vec![4]), &device);
        let sum = network.forward(numbers([5, 4], 3, &device), NoiseSeed::new(0));
        assert!(values(sum.clone()).iter().all(|x| x.is_finite()), "{text}");
        sum.sum().backward();
    };
    let encode = "{ encode = 'constant', time_steps = 5 }";
    for surrogate in AnySurrogate::NAMES {
        run(&format!("{encode}, {{ linear = 3 }}, {{ neuron = 'lif', surrogate = '{surrogate}' }}"));
    }
    for encoder in snn_network::ENCODERS {
        match *encoder {
            "delta" => run(&format!("{encode}, {{ encode = 'delta', reference = 'followed' }}, {{ linear = 3 }}")),
            "receptive-fields" => {
                for currents in [true, false] {
                    run(&format!(
                        "{{ encode = 'receptive-fields', time_steps = 5, fields = 4, currents = {currents} }}, {{ linear = 3 }}"
                    ));
                }
            }
            name => run(&format!("{{ encode = '{name}', time_steps = 5 }}, {{ linear = 3 }}")),
        }
    }
    for norm in snn_network::NORMS {
        run(&format!("{encode}, {{ linear = 3 }}, {{ norm = '{norm}' }}"));
    }
    for init in ["'xavier'", "'torch'", "{ gain = 2.0 }", "{ rate = 0.2 }"] {
        run(&format!("{encode}, {{ linear = 3, init = {init} }}, {{ neuron = 'lif' }}"));
    }
    run(&format!(
        "{encode}, {{ linear = 3 }}, {{ neuron = 'lif', recurrent = true, recurrent_init = {{ gain = 0.5 }} }}"
    ));
    run(&format!("{encode}, {{ linear = 3 }}, {{ delay = 'random', longest = 3, learn = true }}"));
}
