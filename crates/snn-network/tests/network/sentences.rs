//! Whatever stands in a file: one sentence, never a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::Device;
use snn_core::noise::{NoiseSeed, uniform};
use snn_network::{EdgeFile, InputShape, Network, NetworkFile, Options, Setting};

use crate::common::refused;

const FILES: [&str; 6] = [
    "[network]\nnodes = [{ encode = 'flicker', time_steps = 16 }, { linear = 5, name = 'hidden', init = { gain = 1.0 } }, \
     { neuron = 'graded-lif', decay = 0.9, threshold = 1.0, penalty = 1.5, delay = 1 }, { readout = 'mean', of = 'membrane' }]",
    "nodes = [{ encode = 'constant', time_steps = 4 }, { conv2d = 3, padding = 1, kernel = [3, 2], stride = 1, groups = 1 }, \
     { pool = 'max', size = 2 }, { norm = 'threshold', alpha = 1.0, momentum = 0.1 }, { scale = 2.0, offset = 0.5 }, \
     { neuron = 'lif', surrogate = { fast-sigmoid = { slope = 10.0 } }, reset = 'zero', refractory = 2 }, { flatten = true }, \
     { readout = 'vote', ensemble = 2, vote = 'sum', begin = 1 }, { linear = 6, bias = false }, { ensemble = 3 }]",
    "nodes = [{ encode = 'latency', time_steps = 4, threshold = 0.2, silent_up_to = 0.1 }, { linear = 6, name = 'input' }, \
     { neuron = 'lif', decay = { tau = 20.0, dt = 1.0 }, name = 'low', recurrent = true, recurrent_init = 'torch', \
     learn = ['decay', 'membrane'], learn_as = 'clamped' }, { linear = 4 }, \
     { neuron = 'leaky-integrator', name = 'top', current_decay = 0.5 }, { readout = 'last' }, { linear = 6, name = 'down' }]\n\
     edges = [['top', 'down'], ['down', 'low', { delay = 1 }]]",
    "nodes = [{ encode = 'receptive-fields', time_steps = 4, fields = 3, low = 0.0, high = 1.0, beta = 1.5 }, { dropout = 0.2 }, \
     { linear = 4, init = { rate = 0.1 } }, { neuron = 'izhikevich', dt = 1.0, steps = 'one', after_spike = 0.5 }, \
     { delay = 1.5, longest = 3, learn = true }, { delay = 'random', longest = 2 }, { norm = 'through-time' }, \
     { neuron = 'integer-lif', levels = 4, rounding = 'down' }, { readout = 'first-spike' }]",
    "nodes = [{ encode = 'poisson', time_steps = 3, time_step = 0.1, gradient = 'straight-through' }, { linear = 4 }, \
     { neuron = 'adaptive-exponential', learn = ['rest'], share_learned = true, current_decay = 0.5 }, { readout = 'sum' }]",
    "nodes = [{ encode = 'constant', time_steps = 3 }, { flatten = true }, { linear = 8 }, { neuron = 'sigma-delta' }, \
     { encode = 'delta', threshold = 0.1, off_spikes = true, reference = 'followed' }, { relu = true }, { readout = 'max' }]",
];

/// What may stand anywhere. Nothing that is large and possible: it would be built.
const WORDS: [&str; 24] = [
    "0",
    "1",
    "-1",
    "-7",
    "3",
    "0.5",
    "-0.5",
    "nan",
    "-inf",
    "inf",
    "1e300",
    "4000000000",
    "4294967296",
    "9223372036854775807",
    "99999999999999999999",
    "true",
    "'lif'",
    "''",
    "[]",
    "{}",
    "[[1, 2], [3]]",
    "{ tau = 0.0 }",
    "2020-01-01",
    "'mean'",
];

struct Draw {
    key: u32,
    drawn: u32,
}

impl Draw {
    fn below(&mut self, count: usize) -> usize {
        self.drawn += 1;
        ((uniform(self.key, self.drawn) * count as f32) as usize).min(count - 1)
    }
}

/// Characters left out, doubled, exchanged, or a number or word put in the place of another.
fn mutated_text(text: &str, draw: &mut Draw) -> String {
    let mut text = text.to_owned();
    for _ in 0..=draw.below(2) {
        let pieces: Vec<(usize, char)> = text.char_indices().collect();
        let (place, character) = pieces[draw.below(pieces.len())];
        match draw.below(5) {
            0 => drop(text.remove(place)),
            1 => text.insert(place, character),
            2 => text.replace_range(
                place..place + character.len_utf8(),
                ["=", "{", "]", ",", "'", "-", ".", "\n", "ß"][draw.below(9)],
            ),
            _ => {
                // The value behind the next equals sign.
                let Some(equals) = text[place..].find('=').map(|at| place + at) else { continue };
                let end = text[equals..].find([',', '}']).map_or(text.len(), |at| equals + at);
                text.replace_range(equals + 1..end, &format!(" {} ", WORDS[draw.below(WORDS.len())]));
            }
        }
    }
    text
}

/// Nodes left out, doubled, moved; keys renamed, doubled, given to other nodes; edges to anywhere.
fn mutated_file(file: &NetworkFile, draw: &mut Draw) -> NetworkFile {
    let mut file = file.clone();
    for _ in 0..=draw.below(2) {
        if file.nodes.is_empty() {
            break;
        }
        let (node, other) = (draw.below(file.nodes.len()), draw.below(file.nodes.len()));
        match draw.below(8) {
            0 => drop(file.nodes.remove(node)),
            1 => file.nodes.push(file.nodes[node].clone()),
            2 => file.nodes.swap(node, other),
            3 => file.nodes[node].clear(),
            4 => {
                let Some(key) = file.nodes[other].last().cloned() else { continue };
                file.nodes[node].push(key);
            }
            5 => {
                let name = |place: usize| format!("node{}", place + 1);
                file.edges.push(EdgeFile {
                    from: name(node),
                    to: name(other),
                    delay: [0, 1, 3, 1 << 40][draw.below(4)],
                });
            }
            6 => {
                let Some((_, setting)) = file.nodes[node].last_mut() else { continue };
                *setting = Setting::parse_value(WORDS[draw.below(WORDS.len())]);
            }
            _ => {
                let Some((key, _)) = file.nodes[node].first_mut() else { continue };
                *key = ["linear", "neuron", "name", "", "encode", "readout", "delay", "norm"][draw.below(8)].to_owned();
            }
        }
    }
    file
}

#[test]
fn no_file_makes_it_panic() {
    let device = Device::flex();
    let inputs = [InputShape::Still(vec![1, 4, 4]), InputShape::Sequence(vec![6]), InputShape::Still(vec![])];
    let (mut refused, mut built) = (0, 0);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut panicked = Vec::new();
    for round in 0..900 {
        let mut draw = Draw { key: NoiseSeed::new(5).key(round), drawn: 0 };
        let text = FILES[round % FILES.len()];
        let input = &inputs[[0, 0, 0, 0, 1, 2][draw.below(6)]];
        let (file, shown) = if round % 2 == 0 {
            let text = mutated_text(text, &mut draw);
            (catch_unwind(|| text.parse::<NetworkFile>()), text)
        } else {
            let file = mutated_file(&text.parse().expect("a file"), &mut draw);
            let shown = format!("{file:?}");
            (Ok(Ok(file)), shown)
        };
        let result = file.and_then(|file| {
            let build = |file: NetworkFile| Network::new(&file, input, &Options::default(), &device);
            catch_unwind(AssertUnwindSafe(|| file.and_then(build)))
        });
        match result {
            Err(panic) => {
                let message = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                panicked.push(format!("{shown}\n  {message}"));
            }
            Ok(Ok(_)) => built += 1,
            Ok(Err(error)) => {
                let sentence = error.to_string();
                assert!(!sentence.is_empty() && !sentence.contains('\n'), "no single sentence: {sentence:?}");
                refused += 1;
            }
        }
    }
    std::panic::set_hook(hook);
    assert!(panicked.is_empty(), "{} panics:\n{}", panicked.len(), panicked.join("\n"));
    assert!(refused > 400 && built > 20, "{refused} refused, {built} built");
}

#[test]
fn what_no_machine_holds_is_refused_before_memory_is_asked_for() {
    let input = || InputShape::Still(vec![1, 100, 100]);
    let encode = "{ encode = 'constant', time_steps = 4 }";
    for (nodes, parts) in [
        ("{ linear = 4000000000 }".to_owned(), vec!["10000 x 4000000000 weights", "at most 1073741824"]),
        ("{ linear = 99999999999 }".to_owned(), vec!["99999999999", "from 1 to 4294967295"]),
        ("{ conv2d = 4000000000 }".to_owned(), vec!["weights", "at most"]),
        ("{ conv2d = 2, kernel = 4000000000 }".to_owned(), vec!["4000000000", "longer than the axis"]),
        ("{ conv2d = 2, dilation = [4294967295, 4294967295], kernel = 4000000000 }".to_owned(), vec!["longer"]),
        (
            format!("{encode}, {{ linear = 100000 }}, {{ neuron = 'lif', recurrent = true }}"),
            vec!["recurrent weights", "at most"],
        ),
        (format!("{encode}, {{ delay = 4000000000 }}"), vec!["under way", "at most"]),
        (format!("{encode}, {{ neuron = 'lif', delay = 4000000000 }}"), vec!["under way", "at most"]),
        ("{ encode = 'receptive-fields', time_steps = 2, fields = 4000000000 }".to_owned(), vec!["fields", "at most"]),
    ] {
        let text = format!("nodes = [{nodes}]");
        let sentence = refused(&text, input());
        for part in parts {
            assert!(sentence.contains(part), "{text}: «{sentence}» lacks «{part}»");
        }
    }
    let text =
        format!("nodes = [{encode}, {{ neuron = 'lif', name = 'a' }}]\nedges = [['a', 'a', {{ delay = 4000000000 }}]]");
    let sentence = refused(&text, input());
    assert!(sentence.contains("`a` -> `a`: 4000000000 x 10000 numbers are under way"), "{sentence}");
    let sentence = refused("nodes = [{ linear = 2 }]", InputShape::Still(vec![usize::MAX, 8]));
    assert!(sentence.contains("at most"), "{sentence}");
}
