//! Encoders of other libraries.

use super::*;

/// An encoder, all of whose spikes are known.
fn encoder(name: &str, encode: impl Fn(Tensor<2>) -> Tensor<3>) {
    made(name, "data", "spikes", encode);
}

#[test]
fn latencies() {
    let linear = Latency::linear(21);
    encoder("row_snntorch_spikegen_latency_linear", |data| linear.encode(data));
    let clipped = Latency { silent_up_to: Some(0.05), ..linear };
    encoder("row_snntorch_spikegen_latency_linear_clip", |data| clipped.encode(data));
    let logarithmic = Latency { silent_up_to: None, ..Latency::logarithmic(21, 0.01) };
    encoder("row_snntorch_spikegen_latency_log", |data| logarithmic.encode(data));
    encoder("row_snntorch_spikegen_latency_log_clip", |data| Latency::logarithmic(21, 0.05).encode(data));
    encoder("row_spikingjelly_latency_encoder_linear", |data| Latency::linear(12).encode(data));
}

#[test]
fn spikes_of_a_change() {
    for (name, padding, off_spikes) in [
        ("row_snntorch_spikegen_delta_padding", true, false),
        ("row_snntorch_spikegen_delta_padding_off", true, true),
        ("row_snntorch_spikegen_delta_zero", false, false),
        ("row_snntorch_spikegen_delta_zero_off", false, true),
    ] {
        let delta = Delta { threshold: 0.25, off_spikes, reference: DeltaReference::Previous };
        made(name, "data", "spikes", |data: Tensor<3>| {
            let first = (!padding).then(|| Tensor::<2>::zeros([1, 2], &data.device()));
            delta.encode(data, first).spikes
        });
    }
}

/// The draws of a random encoder are each library's own. In these files every probability is at most 0 or at least 1,
/// so that all of them agree.
#[test]
fn random_spikes_where_they_are_certain() {
    let draw = |probability: Tensor<2>| bernoulli(probability, 6, NoiseSeed::new(3), SpikeGradient::None);
    encoder("row_snntorch_spikegen_rate", draw);
    encoder("row_spikingjelly_poisson_encoder", draw);
    encoder("row_norse_poisson_encoder", |data| draw(data.mul_scalar(1000.0 * 0.001)));
}

#[test]
fn populations_of_receptive_fields() {
    // Means from -1 to 1, 0.5 apart, with a width of 0.4.
    let fields = ReceptiveFields { fields: 5, low: -0.75, high: 0.75, beta: 0.5 / 0.4 };
    made("row_spikingjelly_pop_encoder", "data", "current", |data| constant(fields.respond(data), 4));
    encoder("row_spikingjelly_pop_spike_encoder_deterministic", |data| {
        let node = spikingjelly::Node { v_threshold: 0.999, v_reset: None, ..spikingjelly::Node::default() };
        let (neuron, parameters) = spikingjelly::if_node(node);
        Neurons::new(neuron, parameters).forward(constant(fields.respond(data), 12), None).output
    });
    // Means from 0 to 2, 0.4 apart.
    let fields = ReceptiveFields { fields: 6, low: 0.2, high: 1.8, beta: 0.4 * 2f64.sqrt() };
    made("row_norse_population_encoder", "data", "response", |data| fields.respond(data).reshape([1, 3, 6]));
}

#[test]
fn encoders_of_norse_which_are_neurons() {
    let (neuron, parameters) = norse::lif_box(norse::Membrane::default(), SuperSpike::new(1.0));
    encoder("row_norse_constant_current_lif_encoder", |data| {
        Neurons::new(neuron, parameters).forward(constant(data, 40), None).output
    });
    encoder("row_norse_spike_latency_lif_encoder", |data| {
        Neurons::new(Refractory::new(neuron, 40), parameters).forward(constant(data, 40), None).output
    });
}
