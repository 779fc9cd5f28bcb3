//! Random networks: cut anywhere they are the whole, and in segments they have its gradients.
//!
//! Weights and inputs are multiples of small powers of two, so that the sums in front of the first neurons are exact in
//! whatever order, and a spike does not depend on it. Behind neurons which send other numbers, norms and delays, sums are
//! rounded; that a membrane is within a rounding of its threshold is then as improbable as in any network.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, s};
use snn_core::noise::{NoiseSeed, uniform};
use snn_network::{InputShape, NEURONS, Network, NetworkFile, Options, Output};

use crate::common::{difference, differences, numbers, values};
use crate::segments::loss;

struct Draw {
    key: u32,
    drawn: u32,
}

impl Draw {
    fn below(&mut self, count: usize) -> usize {
        self.drawn += 1;
        ((uniform(self.key, self.drawn) * count as f32) as usize).min(count - 1)
    }
    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

/// A network file, the shape of its input, and its time steps.
struct Case {
    text: String,
    input: InputShape,
    steps: usize,
}

/// Neurons of any kind, with whatever can be around them.
///
/// In those which grow exponentially a rounding does, too: they are `calm` if rounded sums come before them.
fn neurons(draw: &mut Draw, features: usize, calm: bool) -> String {
    let grows = |kind: &&&str| GROWING.iter().any(|name| kind.contains(name));
    let kinds: Vec<&str> = NEURONS.iter().filter(|kind| !calm || !grows(kind)).copied().collect();
    let kind = draw.one_of(&kinds);
    let spiking = !["graded-lif", "leaky-integrator", "sigma-delta", "integer-lif"].contains(&kind);
    let mut text = format!("neuron = '{kind}'");
    if spiking && draw.one_in(3) {
        // Those whose derivative jumps are as good, but a rounding could take them over the edge.
        let smooth = ["atan", "fast-sigmoid", "sigmoid", "erf", "gaussian", "tanh", "soft-sign"];
        text += &format!(", surrogate = '{}'", draw.one_of(&smooth));
    }
    if spiking && kind != "alpha" && draw.one_in(3) {
        text += &format!(", reset_gradient = '{}'", draw.one_of(&["attached", "detached"]));
    }
    if spiking && draw.one_in(4) {
        text += &format!(
            ", refractory = {}, refractory_hold = '{}'",
            1 + draw.below(2),
            draw.one_of(&["membrane", "everything", "nothing"])
        );
    }
    if !["cuba-lif", "alpha", "resonate-and-fire"].contains(&kind) && draw.one_in(5) {
        text += &format!(
            ", current_decay = 0.75, current_order = '{}'",
            draw.one_of(&["decay-jump-act", "jump-act-decay", "act-decay-jump"])
        );
    }
    if draw.one_in(3) {
        text += &format!(", delay = {}", 1 + draw.below(2));
    }
    if draw.one_in(5) {
        text += ", after_spike = 0.5";
    }
    if draw.one_in(4) && features < 7 {
        text += ", recurrent = true";
    }
    if ["lif", "parametric-lif", "adaptive-lif", "izhikevich", "cuba-lif"].contains(&kind) && draw.one_in(3) {
        text += &format!(", learn = ['threshold', 'membrane'], share_learned = {}", draw.one_in(2));
    }
    text
}

/// Neurons whose membranes grow exponentially.
const GROWING: [&str; 3] = ["izhikevich", "quadratic", "exponential"];

/// How strong a current neurons need which are measured in millivolts.
fn drive(neurons: &str) -> &'static str {
    match GROWING.iter().any(|name| neurons.contains(name)) {
        true => "{ scale = 8.0 }",
        false => "{ scale = 2.0 }",
    }
}

fn case(draw: &mut Draw) -> Case {
    let steps = 5 + draw.below(5);
    let shape = match draw.below(4) {
        0 => vec![2, 6],
        1 => vec![1, 4, 4],
        _ => vec![3 + draw.below(4)],
    };
    let still = !draw.one_in(3);
    let mut nodes = Vec::new();
    if still {
        if draw.one_in(3) {
            nodes.push("{ scale = 2.0, offset = 0.25 }".to_owned());
        }
        let encoders = ["constant", "flicker", "bernoulli", "poisson", "latency", "receptive-fields"];
        let name = draw.one_of(&encoders);
        let extra = match name {
            "receptive-fields" if draw.one_in(2) => ", fields = 3, currents = true",
            "receptive-fields" => ", fields = 3",
            _ => "",
        };
        nodes.push(format!("{{ encode = '{name}', time_steps = {steps}{extra} }}"));
    } else if draw.one_in(3) {
        nodes.push("{ encode = 'delta', threshold = 0.25 }".to_owned());
    }
    let fields = nodes.last().is_some_and(|node| node.contains("fields"));
    // A convolution or a pool needs to see the shape of the input.
    if !fields && shape.len() == 2 {
        nodes.push("{ conv1d = 3, kernel = 2, stride = 2, bias = false }".to_owned());
    }
    if !fields && shape.len() == 3 {
        nodes.push("{ conv2d = 2, kernel = 3, padding = 1, bias = false }".to_owned());
        nodes.push(format!("{{ pool = '{}' }}", draw.one_of(&["max", "avg"])));
    }
    let (blocks, with_norms) = (1 + draw.below(3), !draw.one_in(3));
    let (mut populations, mut edges) = (Vec::new(), Vec::new());
    for block in 0..blocks {
        let features = 3 + draw.below(4);
        // A bias in front of a norm has a gradient which is nothing but rounding; so has a step at which all samples are
        // the same, as behind neurons which are late.
        let norm = match draw.below(4) {
            _ if !with_norms => String::new(),
            0 if block == 0 => format!("{{ norm = 'through-time', time_steps = {steps} }}"),
            0 | 1 => "{ norm = 'threshold' }".to_owned(),
            _ => String::new(),
        };
        let bias = norm.is_empty() && draw.one_in(2);
        nodes.push(format!("{{ linear = {features}, bias = {bias}, name = 'map{block}' }}"));
        if !norm.is_empty() {
            nodes.push(norm);
        }
        let neurons = neurons(draw, features, with_norms);
        nodes.push(drive(&neurons).to_owned());
        nodes.push(format!("{{ {neurons}, name = 'p{block}' }}"));
        populations.push(features);
        match draw.below(8) {
            0 => nodes.push("{ delay = 1.5, longest = 3 }".to_owned()),
            1 => nodes.push("{ delay = 'random', longest = 2, learn = true }".to_owned()),
            2 => nodes.push("{ dropout = 0.25 }".to_owned()),
            3 => nodes.push("{ relu = true }".to_owned()),
            _ => {}
        }
    }
    let top = populations[blocks - 1];
    let readouts = ["mean", "sum", "last", "max", "spike-count", "spike-rate", "first-spike", "vote"];
    let readout = draw.one_of(&readouts);
    let begin = draw.below(2) * draw.below(steps - 1);
    let vote = if readout == "vote" { format!(", ensemble = {top}") } else { String::new() };
    nodes.push(format!("{{ readout = '{readout}', begin = {begin}{vote} }}"));
    if draw.one_in(2) {
        nodes.push("{ linear = 2 }".to_owned());
    }
    // From the top, or from anywhere, back to a lower population or into itself.
    if draw.one_in(2) {
        let (from, to) = (draw.below(blocks), draw.below(blocks));
        let (low, high) = (from.min(to), from.max(to));
        nodes.push(format!("{{ linear = {}, name = 'back', chain = false }}", populations[low]));
        edges.push(format!("['p{high}', 'back', {{ delay = {} }}], ['back', 'p{low}']", 1 + draw.below(2)));
    } else if blocks > 2 {
        nodes.push(format!("{{ linear = {}, name = 'skip', chain = false }}", populations[2]));
        edges.push(format!("['p0', 'skip', {{ delay = {} }}], ['skip', 'p2']", draw.below(3)));
    }
    let text = format!("nodes = [\n  {}\n]\nedges = [{}]", nodes.join(",\n  "), edges.join(", "));
    let input = if still { InputShape::Still(shape) } else { InputShape::Sequence(shape) };
    Case { text, input, steps }
}

/// Weights as multiples of 1/32.
struct Coarse;
impl ModuleMapper for Coarse {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let learned = tensor.is_require_grad();
        let coarse = tensor.inner().mul_scalar(32.0).round().div_scalar(32.0);
        let tensor = Tensor::from_inner(coarse).set_require_grad(learned);
        Param::from_mapped_value(id, tensor, mapper)
    }
}

fn coarse<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    numbers(shape, seed, device).mul_scalar(8.0).round().div_scalar(8.0)
}

enum Batch {
    Samples(Tensor<2>),
    Sequence(Tensor<3>),
}

/// The output, and what all populations sent, over pieces which begin at `cuts`.
fn run(network: &Network, batch: &Batch, steps: usize, cuts: &[usize]) -> Vec<Vec<f32>> {
    let names: Vec<String> = network.populations().map(|(name, _)| name.to_owned()).collect();
    let keep: Vec<&str> = names.iter().map(String::as_str).collect();
    let (noise, mut state, mut last) = (NoiseSeed::new(9), None, None);
    let mut sent: Vec<Vec<f32>> = vec![Vec::new(); names.len()];
    let ends = cuts.iter().skip(1).copied().chain([steps]);
    for (begin, end) in cuts.iter().copied().zip(ends) {
        let run = match batch {
            Batch::Samples(samples) => network.run_steps(samples.clone(), noise, end - begin, state, &keep),
            Batch::Sequence(sequence) => {
                network.run_sequence(sequence.clone().slice(s![begin..end]), noise, state, &keep)
            }
        };
        for (name, sent) in names.iter().zip(&mut sent) {
            sent.extend(values(run.sent[name].clone()));
        }
        state = Some(run.state);
        last = Some(run.output);
    }
    let Some(Output::Frame(output)) = last else { panic!("a network that ends behind a readout") };
    sent.push(values(output));
    sent
}

/// Whether all gradients are numbers.
fn finite(network: &Network, gradients: &GradientsParams) -> bool {
    struct Finite<'a>(&'a GradientsParams, bool);
    impl ModuleVisitor for Finite<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = self.0.get::<D>(param.id).map(values).unwrap_or_default();
            self.1 &= gradient.iter().all(|number| number.is_finite());
        }
    }
    let mut finite = Finite(gradients, true);
    network.visit(&mut finite);
    finite.1
}

/// What is wrong with the network of a seed; whether its gradients could be compared.
fn check(seed: usize) -> Result<bool, String> {
    let mut draw = Draw { key: NoiseSeed::new(2026).key(seed), drawn: 0 };
    let Case { text, input, steps } = case(&mut draw);
    let wrong = |what: String| Err(format!("seed {seed}: {what}\n{text}"));
    let device = Device::flex().autodiff();
    let file: NetworkFile = text.parse().map_err(|error| format!("seed {seed}: {error}\n{text}"))?;
    let options = Options { seed: seed as u64, ..Options::default() };
    let network = match Network::new(&file, &input, &options, &device) {
        Ok(network) => network.map(&mut Coarse),
        Err(error) => return wrong(error.to_string()),
    };
    let (InputShape::Still(shape) | InputShape::Sequence(shape)) = &input;
    let (features, size) = (shape.iter().product(), 5 + draw.below(2));
    let batch = |device: &Device| match &input {
        InputShape::Still(_) => Batch::Samples(coarse([size, features], seed as u64, device)),
        InputShape::Sequence(_) => Batch::Sequence(coarse([steps, size, features], seed as u64, device)),
    };
    // Gradients first: they give the norms running statistics.
    let (noise, every) = (NoiseSeed::new(9), 1 + draw.below(steps));
    let (expected, found) = match batch(&device) {
        Batch::Samples(samples) => {
            (loss(network.forward(samples.clone(), noise)), network.gradients_in_segments(samples, noise, every, loss))
        }
        Batch::Sequence(sequence) => (
            loss(network.forward_sequence(sequence.clone(), noise)),
            network.gradients_of_sequence_in_segments(sequence, noise, every, loss),
        ),
    };
    let (found_loss, found) = found.map_err(|error| format!("seed {seed}: {error}\n{text}"))?;
    let [expected_loss, found_loss] = [values(expected.clone()), values(found_loss)];
    let mut comparable = expected_loss[0].is_finite();
    if comparable {
        let apart = difference(&found_loss, &expected_loss);
        if apart > 1e-5 {
            return wrong(format!("every {every} steps, the loss is {found_loss:?}, expected {expected_loss:?}"));
        }
        let expected = GradientsParams::from_grads(expected.backward(), &network);
        comparable = finite(&network, &expected);
        // Relative to the largest of all: behind a norm with few inputs what is left of a weight's gradient may be rounding.
        let of_each = differences(&network, &found, &expected, 1.0);
        // A norm divides by the deviation of few samples, and with that the rounding of its statistics grows.
        let allowed = if text.contains("norm =") { 5e-5 } else { 1e-5 };
        if let Some((place, apart)) = of_each.iter().find(|(_, apart)| comparable && *apart > allowed) {
            return wrong(format!("every {every} steps, the gradients of {place} differ by {apart:e}"));
        }
    }
    // Values, by the running statistics.
    let (plain, network) = (Device::flex(), network.valid());
    let batch = batch(&plain);
    let whole = run(&network, &batch, steps, &[0]);
    let middle = 1 + draw.below(steps - 1);
    let one_by_one: Vec<usize> = (0..steps).collect();
    for cuts in [&[0, middle][..], &one_by_one] {
        for (found, expected) in run(&network, &batch, steps, cuts).iter().zip(&whole) {
            if expected.iter().all(|number| number.is_finite()) && difference(found, expected) > 1e-5 {
                return wrong(format!("cut at {cuts:?}: {found:?}, expected {expected:?}"));
            }
        }
    }
    Ok(comparable)
}

#[test]
fn two_hundred_random_networks() {
    let results: Vec<Result<bool, String>> = (0..200).map(check).collect();
    let wrong: Vec<&String> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(
        wrong.is_empty(),
        "{} of 200:\n{}",
        wrong.len(),
        wrong.iter().map(|w| w.as_str()).collect::<Vec<_>>().join("\n")
    );
    let compared = results.iter().filter(|result| **result == Ok(true)).count();
    assert!(compared > 185, "the gradients of only {compared} networks are finite");
}
