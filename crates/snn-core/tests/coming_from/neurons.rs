//! Neurons of other libraries, alone and recurrently connected.

use super::*;

/// The current which PyTorch's `weight` [to, from] makes of an input.
fn driven(input: Tensor<3>, weight: Tensor<2>) -> Tensor<3> {
    over_time(input, |frames| frames.matmul(weight.transpose()))
}

/// Neurons whose output comes back through PyTorch's `weight` [to, from].
fn hearing<N: Neuron>(of: (N, N::Parameters<f64>), weight: Tensor<2>, bias: Tensor<1>) -> Recurrent<Neurons<N>> {
    let neurons = Neurons::new(of.0, of.1).with_return_states(ReturnStates::AfterStep);
    let mut population = RecurrentConfig::new(3).init(neurons, &weight.device());
    population.weight = Param::from_tensor(weight.transpose());
    population.bias = Param::from_tensor(bias);
    population
}

/// The same, compared: Norse has a weight for the input as well, and no bias.
fn recurrent<N: Neuron>(name: &str, of: (N, N::Parameters<f64>)) {
    let mut row = Row::new(name);
    let input = row.leaf::<3>("input");
    let into = row.file.has("input_weight").then(|| row.leaf::<2>("input_weight"));
    let current = into.clone().map_or(input.clone(), |weight| driven(input.clone(), weight));
    let biased = row.file.has("recurrent_bias");
    let bias = if biased { row.tensor("recurrent_bias") } else { Tensor::zeros([3], &row.device) };
    let population = hearing(of, row.tensor("recurrent_weight"), bias);
    let run = population.forward(current, None);
    let gradients = row.gradients(run.output.clone());
    row.compare_run::<N>(run.output, run.states);
    row.compare_gradient("grad_input", &input, &gradients);
    let weight = population.weight.grad(&gradients).expect("a gradient");
    row.compare("grad_recurrent_weight", weight.transpose());
    if biased {
        row.compare_gradient("grad_recurrent_bias", &population.bias, &gradients);
    }
    if let Some(weight) = into {
        row.compare_gradient("grad_input_weight", &weight, &gradients);
    }
    row.finish();
}

#[test]
fn recurrent_neurons() {
    let (reset, surrogate) = (Reset::Subtract, ATan::new(2.0));
    recurrent("row_snntorch_rleaky", snntorch::leaky(0.8, 1.0, reset, true, surrogate));
    recurrent("row_snntorch_rsynaptic", snntorch::synaptic(0.6, 0.8, 1.0, reset, true, surrogate));
    // The recurrent cell of Norse cuts the gradient through the reset, which its feed-forward cell does not.
    let (mut lif, parameters) = norse::lif(norse::Membrane::default(), SuperSpike::new(1.0));
    lif.neuron.fire_reset.gradient = ResetGradient::Detached;
    recurrent("row_norse_lif_recurrent", (lif, parameters));
}

#[test]
fn a_decay_of_each_neuron_is_learned_as_in_snntorch() {
    let mut row = Row::new("row_snntorch_leaky_beta_of_each_neuron");
    let (neuron, parameters) = snntorch::leaky(0.8, 1.0, Reset::Subtract, true, ATan::new(2.0));
    let neurons = Neurons::new(neuron, parameters).with_return_states(ReturnStates::AfterStep);
    let mut neurons = neurons.learn_as("decay", Learning::Clamped, 3, &row.device);
    let (shape, beta) = row.numbers("beta");
    neurons.learned[0] = Param::from_data(TensorData::new(beta, shape), &row.device);
    let (_, gradients) = run(&mut row, &neurons);
    row.compare_gradient("grad_beta", &neurons.learned[0], &gradients);
    row.finish();
}

/// A hard reset in the step of the spike, and a gradient through it.
fn fire_reset<G: Surrogate>(surrogate: G, comparison: Comparison) -> FireReset<G> {
    FireReset { comparison, reset: Reset::Value, gradient: ResetGradient::Attached, ..FireReset::new(surrogate) }
}

#[test]
fn neurons_of_spikingjelly() {
    let fire_reset = fire_reset(ATan::new(2.0), Comparison::AtOrAbove);
    let cubalif = CubaLif { neuron: Lif { fire_reset }, order: SynapticCurrentOrder::DecayJumpAct };
    let lif = LifParameters::new(Decay::Multiplier(0.75), InputScale::One, 0.5);
    neuron("row_spikingjelly_cubalif", (cubalif, SynapticCurrentParameters { neuron: lif, current_decay: 0.5 }));
    for (name, v_reset) in [("row_spikingjelly_raf_hard", Some(0.0)), ("row_spikingjelly_raf_soft", None)] {
        let node = spikingjelly::Node { v_threshold: 1.0, v_reset, detach_reset: false, surrogate: Sigmoid::new(4.0) };
        neuron(name, spikingjelly::raf_node(-0.2, 1.0, 1.0, node));
    }
    neuron("row_spikingjelly_ilif_through", spikingjelly::ilif_node(2.0, 0.5, 4, false));
    neuron("row_spikingjelly_ilif_detach", spikingjelly::ilif_node(2.0, 0.5, 4, true));
}

#[test]
fn a_neuron_of_spikingjelly_without_spikes_and_its_readouts() {
    let mut row = Row::new("row_spikingjelly_non_spiking_lif");
    let decay = Decay::Euler { tau: 4.0, dt: 1.0 };
    let parameters = LeakyIntegratorParameters::new(decay, InputScale::OneMinusDecay);
    let (output, _) = run(&mut row, &Neurons::new(LeakyIntegrator::default(), parameters));
    for (name, readout) in [("max", Readout::Max), ("mean", Readout::Mean), ("last", Readout::Last)] {
        row.compare(name, readout.reduce(output.clone(), 0));
    }
    row.finish();
}

#[test]
fn a_recurrent_container_of_spikingjelly() {
    let mut row = Row::new("row_spikingjelly_linear_recurrent_container");
    let node =
        spikingjelly::Node { v_threshold: 1.0, v_reset: Some(0.0), detach_reset: false, surrogate: ATan::new(2.0) };
    // [to, input and recurrent side by side]
    let weight = row.tensor::<2>("weight");
    let into = weight.clone().slice([0..3, 0..3]).require_grad();
    let bias = row.leaf::<1>("bias");
    let population =
        hearing(spikingjelly::lif_node(2.0, true, node), weight.slice([0..3, 3..6]), Tensor::zeros([3], &row.device));
    let input = row.leaf::<3>("input");
    let current = driven(input.clone(), into.clone()) + bias.clone().unsqueeze::<3>();
    let output = population.forward(current, None).output;
    let gradients = row.gradients(output.clone());
    row.compare("spikes", output);
    row.compare_gradient("grad_input", &input, &gradients);
    let [into, back] = [into.grad(&gradients), population.weight.grad(&gradients).map(Tensor::transpose)];
    row.compare("grad_weight", Tensor::cat(vec![into.expect("a gradient"), back.expect("a gradient")], 1));
    row.compare_gradient("grad_bias", &bias, &gradients);
    row.finish();
}

#[test]
fn neurons_of_norse() {
    let surrogate = SuperSpike::new(1.0);
    let fire_reset = fire_reset(surrogate, Comparison::Above);
    let parameters = IntegrateAndFireParameters { gain: 1.0, threshold: 1.0, reset: 0.0 };
    neuron("row_norse_iaf", (IntegrateAndFire { fire_reset }, parameters));
    let (mut subtracting, parameters) = norse::lif_box(norse::Membrane::default(), surrogate);
    subtracting.fire_reset.reset = Reset::Subtract;
    neuron("row_norse_lif_box_reset_subtract", (subtracting, parameters));
    neuron("row_norse_li", norse::li(norse::Membrane::default()));
    neuron("row_norse_li_box", norse::li_box(norse::Membrane::default()));
}
