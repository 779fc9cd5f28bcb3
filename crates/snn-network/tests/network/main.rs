//! Networks from files: the same bits as typed layers, cuts, feedback, and sentences.

mod common;
mod ensembles;
mod names;
mod random;
mod recurrence;
mod segments;
mod sentences;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, s};
use snn_core::layer::{Encoding, Neurons, SpikingLinearConfig, SpikingStackConfig};
use snn_core::neuron::{GradedLifReset, LeakyIntegrator, LeakyIntegratorParameters, Lif, LifParameters};
use snn_core::noise::{NoiseSeed, derive_seed};
use snn_core::readout::Readout;
use snn_core::record::record;
use snn_network::{InputShape, NEURONS, Output};

use common::{network, numbers, refused, values};

const GRADED: &str = r#"
[network]
nodes = [
  { encode = "flicker", time_steps = 16 },
  { linear = 5, name = "hidden" },
  { neuron = "graded-lif", decay = 0.9, threshold = 1.0, penalty = 1.5, delay = 1 },
  { linear = 3, name = "output" },
  { neuron = "graded-lif", decay = 0.9, threshold = 1.0, penalty = 1.5, delay = 1 },
  { readout = "mean", of = "membrane" },
]
"#;

#[test]
fn a_file_has_the_bits_of_the_typed_layers() {
    let device = Device::flex().autodiff();
    let stack = SpikingStackConfig { sizes: vec![6, 5, 3], time_steps: 16, ..SpikingStackConfig::chevalier2018(7) };
    assert_eq!((stack.encoding, stack.readout), (Encoding::Flicker, Readout::Mean));
    let typed = stack.init_chevalier2018(GradedLifReset::Scaled, &device);
    let file = network(GRADED, InputShape::Still(vec![6]), &device);
    let (x, noise) = (numbers([4, 6], 1, &device), NoiseSeed::new(3));
    let (a, b) = (typed.forward(x.clone(), noise), file.forward(x, noise));
    assert_eq!(values(a.clone()), values(b.clone()));
    let gradients = |loss: Tensor<1>| loss.backward();
    let (of_typed, of_file) = (gradients(a.powi_scalar(2).sum()), gradients(b.powi_scalar(2).sum()));
    let mut found = GradientsParams::from_grads(of_file, &file);
    assert_eq!(found.len(), 4);
    let mut ids = Vec::new();
    struct Ids<'a>(&'a mut Vec<(burn::module::ParamId, usize)>);
    impl burn::module::ModuleVisitor for Ids<'_> {
        fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<Tensor<D>>) {
            self.0.push((param.id, D));
        }
    }
    file.visit(&mut Ids(&mut ids));
    for (layer, pair) in typed.layers.iter().zip(ids.chunks(2)) {
        let weight = found.remove::<2>(pair[0].0).expect("a gradient");
        assert_eq!(values(layer.weight.grad(&of_typed).expect("one")), values(weight));
        let bias = found.remove::<1>(pair[1].0).expect("a gradient");
        assert_eq!(values(layer.bias.as_ref().and_then(|bias| bias.grad(&of_typed)).expect("one")), values(bias));
    }
}

/// The top feeds the lowest layer.
const FEEDBACK: &str = r#"
nodes = [
  { linear = 6, name = "input" },
  { neuron = "lif", decay = 0.9, name = "low" },
  { linear = 4, name = "up" },
  { neuron = "leaky-integrator", decay = 0.8, name = "top" },
  { readout = "mean", of = "membrane" },
  { linear = 6, name = "down" },
]
edges = [["top", "down"], ["down", "low", { delay = 1 }]]
"#;

#[test]
fn feedback_is_the_loop_written_by_hand() {
    let device = Device::flex().autodiff();
    let network = network(FEEDBACK, InputShape::Sequence(vec![3]), &device);
    let x = numbers([9, 2, 3], 5, &device).mul_scalar(3.0);
    let logits = network.forward_sequence(x.clone(), NoiseSeed::new(0));

    let low = Neurons::new(Lif::default(), LifParameters::default());
    let integrator = LeakyIntegratorParameters { decay: 0.8, ..LeakyIntegratorParameters::default() };
    let top = Neurons::new(LeakyIntegrator::default(), integrator);
    let layer = |inputs, outputs, draw| {
        let config = SpikingLinearConfig::new(inputs, outputs).with_seed(Some(derive_seed(7, draw)));
        let layer = config.init(low.clone(), &device);
        let bias = layer.bias.expect("a bias");
        move |x: Tensor<3>| snn_core::synapse::linear(x, layer.weight.val(), bias.val())
    };
    let (input, up, down) = (layer(3, 6, 0), layer(6, 4, 1), layer(4, 6, 2));
    let (mut low_state, mut top_state, mut membranes) = (None, None, Vec::new());
    let mut back = Tensor::<3>::zeros([1, 2, 6], &device);
    for step in 0..9 {
        let current = input(x.clone().slice(s![step..step + 1])) + back;
        let run = low.forward(current, low_state);
        low_state = Some(run.last);
        let run = top.forward(up(run.output), top_state);
        membranes.push(run.last.field::<2>("membrane").unsqueeze::<3>());
        top_state = Some(run.last);
        back = down(run.output);
    }
    let by_hand = Readout::Mean.reduce(Tensor::cat(membranes, 0), 0);
    assert_eq!(values(logits.clone()), values(by_hand));
    // It learns through the feedback, too.
    let gradients = GradientsParams::from_grads(logits.powi_scalar(2).sum().backward(), &network);
    assert_eq!(gradients.len(), 6);

    // A recording sees each population once, by its name.
    let (_, recording) = record(|| network.forward_sequence(x, NoiseSeed::new(0)));
    let seen: Vec<_> = recording.populations.iter().map(|one| (one.name.clone(), one.steps())).collect();
    assert_eq!(seen, [(Some("low".to_owned()), 9), (Some("top".to_owned()), 9)]);
}

#[test]
fn cut_anywhere_is_the_whole() {
    let device = Device::flex();
    let x = numbers([9, 2, 3], 5, &device).mul_scalar(3.0);
    let plain = FEEDBACK.replace("name = \"low\"", "recurrent = true, name = \"low\"");
    for text in [FEEDBACK, plain.as_str()] {
        let network = network(text, InputShape::Sequence(vec![3]), &device);
        let whole = values(network.forward_sequence(x.clone(), NoiseSeed::new(0)));
        for cut in 1..9 {
            let first = network.run_sequence(x.clone().slice(s![0..cut]), NoiseSeed::new(0), None, &[]);
            let second = network.run_sequence(x.clone().slice(s![cut..9]), NoiseSeed::new(0), Some(first.state), &[]);
            let Output::Frame(found) = second.output else { panic!("a frame") };
            for (found, expected) in values(found).iter().zip(&whole) {
                assert!((found - expected).abs() < 1e-5, "cut at {cut}: {found}, expected {expected}");
            }
        }
    }
    for readout in ["mean", "sum", "last", "max", "spike-count", "spike-rate", "first-spike"] {
        let text = format!(
            "nodes = [{{ encode = 'flicker', time_steps = 9 }}, {{ linear = 4 }}, {{ dropout = 0.3 }}, {{ neuron = 'lif' }}, \
             {{ delay = 1.5, longest = 3 }}, {{ readout = '{readout}', begin = 2 }}]"
        );
        let network = network(&text, InputShape::Still(vec![3]), &device);
        let (sample, noise) = (numbers([2, 3], 9, &device).mul_scalar(4.0), NoiseSeed::new(1));
        let whole = values(network.forward(sample.clone(), noise));
        for cut in 1..9 {
            let first = network.run_steps(sample.clone(), noise, cut, None, &[]);
            let second = network.run_steps(sample.clone(), noise, 9 - cut, Some(first.state), &[]);
            let Output::Frame(found) = second.output else { panic!("a frame") };
            for (found, expected) in values(found).iter().zip(&whole) {
                assert!((found - expected).abs() < 1e-5, "{readout}, cut at {cut}: {found}, expected {expected}");
            }
        }
    }
}

#[test]
fn gradients_in_segments_are_those_of_the_whole() {
    let device = Device::flex().autodiff();
    let network = network(GRADED, InputShape::Still(vec![6]), &device);
    let (x, noise) = (numbers([4, 6], 1, &device), NoiseSeed::new(3));
    let loss = |logits: Tensor<2>| logits.powi_scalar(2).sum();
    let whole = GradientsParams::from_grads(loss(network.forward(x.clone(), noise)).backward(), &network);
    for every in [1, 3, 8, 16, 20] {
        let (_, found) = network.gradients_in_segments(x.clone(), noise, every, loss).expect("a readout");
        assert_eq!(found.len(), 4);
        common::assert_same(&network, &found, &whole, &format!("every {every}"));
    }
}

#[test]
fn what_is_constant_in_time_is_computed_once_and_every_neuron_has_a_name() {
    let device = Device::flex().autodiff();
    for name in NEURONS {
        for extra in [
            "",
            ", refractory = 2",
            ", surrogate = { fast-sigmoid = 10.0 }",
            ", delay = 1, after_spike = 0.5",
            ", recurrent = true",
        ] {
            if (extra.contains("refractory") || extra.contains("surrogate")) && !spiking(name) {
                continue;
            }
            let text = format!(
                "nodes = [{{ encode = 'constant', time_steps = 4 }}, {{ conv2d = 3, padding = 1, bias = false }}, \
                 {{ pool = 'max' }}, {{ norm = 'threshold' }}, {{ scale = 2.0 }}, {{ neuron = '{name}'{extra} }}, \
                 {{ flatten = true }}, {{ readout = 'mean' }}, {{ linear = 6 }}, {{ ensemble = 3 }}]"
            );
            let network = network(&text, InputShape::Still(vec![1, 4, 4]), &device);
            let logits = network.forward(numbers([2, 1, 4, 4], 3, &device), NoiseSeed::new(0));
            assert_eq!(logits.dims(), [2, 2], "{name}{extra}");
            assert!(values(logits.clone()).iter().all(|x| x.is_finite()), "{name}{extra}");
            logits.sum().backward();
        }
    }
}

fn spiking(name: &str) -> bool {
    !["graded-lif", "leaky-integrator", "sigma-delta", "integer-lif"].contains(&name)
}

#[test]
fn parameters_are_learned_by_name() {
    let device = Device::flex().autodiff();
    let text =
        "nodes = [{ linear = 3 }, { neuron = 'lif', learn = ['decay', 'membrane'] }, { readout = 'spike-rate' }]";
    let network = network(text, InputShape::Sequence(vec![2]), &device);
    assert_eq!(network.num_params(), 2 * 3 + 3 + 3 + 3);
    assert_eq!(network.summary().parameters, network.num_params());
    let logits = network.forward_sequence(numbers([8, 2, 2], 2, &device).mul_scalar(5.0), NoiseSeed::new(0));
    assert_eq!(GradientsParams::from_grads(logits.sum().backward(), &network).len(), 4);
}

#[test]
fn what_is_wrong_is_said_in_one_sentence() {
    let still = || InputShape::Still(vec![1, 4, 4]);
    for (text, parts) in [
        ("nodes = [{ lineer = 3 }]", vec!["`lineer`", "linear", "node1"]),
        ("nodes = [{ linear = 3, bais = true }]", vec!["`bais`", "bias"]),
        ("nodes = [{ linear = 3 }, { neuron = 'lif' }]", vec!["node2", "encode"]),
        ("nodes = [{ encode = 'constant', time_steps = 2 }, { neuron = 'lof' }]", vec!["`lof`", "graded-lif"]),
        (
            "nodes = [{ encode = 'constant', time_steps = 2 }, { neuron = 'lif', decay = 1.5 }]",
            vec!["decay", "1.5", "0"],
        ),
        ("nodes = [{ encode = 'constant' }]", vec!["time_steps"]),
        ("nodes = [{ conv2d = 3, kernel = 7 }]", vec!["7", "4"]),
        ("nodes = [{ flatten = true }, { conv2d = 3 }]", vec!["[16]", "channels"]),
        ("nodes = [{ linear = 3, name = 'a' }, { linear = 3, name = 'a' }]", vec!["`a`", "1", "2"]),
        ("nodes = [{ linear = 3, name = 'a' }]\nedges = [['a', 'b']]", vec!["`b`", "a"]),
        (
            "nodes = [{ encode = 'constant', time_steps = 2 }, { linear = 3, name = 'a' }, { neuron = 'lif', name = 'b' }]\n\
             edges = [['b', 'a', { delay = 1 }]]",
            vec!["[3]", "[1, 4, 4]"],
        ),
        ("nodes = [{ linear = 3 }]\nedges = [['node1', 'node1']]", vec!["delay = 1"]),
        (
            "nodes = [{ encode = 'constant', time_steps = 2 }, { readout = 'mean', of = 'membrane' }]",
            vec!["membrane", "neurons"],
        ),
    ] {
        let sentence = refused(text, still());
        for part in parts {
            assert!(sentence.contains(part), "{text}: «{sentence}» lacks «{part}»");
        }
    }
}

#[test]
fn weights_of_a_firing_rate_drive_the_neurons_behind_them() {
    let device = Device::flex();
    let text = "nodes = [{ encode = 'bernoulli', time_steps = 60 }, { linear = 200, init = { rate = 0.15 } }, \
                { neuron = 'lif', name = 'spikes' }, { linear = 3 }, { readout = 'mean' }]";
    let network = network(text, InputShape::Still(vec![100]), &device);
    let run = network.run(numbers([8, 100], 4, &device), NoiseSeed::new(2), &["spikes"]);
    let rate = run.sent["spikes"].clone().mean().into_scalar::<f32>();
    assert!((0.03..0.4).contains(&rate), "{rate}");
}
