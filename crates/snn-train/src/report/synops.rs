//! Synaptic operations of one sample: one weight read and added, multiplied by the size of what arrives.

use snn_network::{InputShape, Summary};

/// How active a network is.
pub enum Activity<'a> {
    /// Each neuron spikes once in each step.
    Full,
    /// So many spikes per sample leave the population of a node.
    Spikes(&'a dyn Fn(&str) -> Option<f64>),
}

/// What arrives at a node.
#[derive(Clone, Copy)]
enum Arriving {
    /// The same values, computed once.
    Once,
    /// Values at every step.
    EachStep,
    /// Spikes: this share of all features times steps.
    Share(f64),
}

/// Operations of each node of a network, in the order of its nodes, for one sample of `steps` time steps.
pub fn operations(summary: &Summary, input: &InputShape, steps: usize, activity: &Activity) -> Vec<f64> {
    let place = |name: &str| summary.nodes.iter().position(|node| node.name == name);
    // What leaves each node; nodes behind delayed edges of a cycle are neurons, which need not be asked what arrives.
    fn leaving(
        summary: &Summary,
        node: usize,
        input: &InputShape,
        steps: usize,
        activity: &Activity,
        place: &dyn Fn(&str) -> Option<usize>,
        depth: usize,
    ) -> Arriving {
        let this = &summary.nodes[node];
        match this.kind.split(' ').collect::<Vec<_>>().as_slice() {
            ["neuron", ..] => match activity {
                Activity::Full => Arriving::EachStep,
                Activity::Spikes(spikes) => match spikes(&this.name) {
                    // Not spikes but membranes.
                    None => Arriving::EachStep,
                    Some(spikes) => {
                        let all: usize = this.output_shape.iter().product::<usize>() * steps;
                        Arriving::Share(spikes / all as f64)
                    }
                },
            },
            ["encode", "constant"] => Arriving::Once,
            ["encode", ..] => Arriving::EachStep,
            ["readout", ..] => Arriving::Once,
            _ => arriving(summary, node, input, steps, activity, place, depth),
        }
    }
    fn arriving(
        summary: &Summary,
        node: usize,
        input: &InputShape,
        steps: usize,
        activity: &Activity,
        place: &dyn Fn(&str) -> Option<usize>,
        depth: usize,
    ) -> Arriving {
        let name = &summary.nodes[node].name;
        let sources = summary.edges.iter().filter(|(_, to, _)| to == name).filter_map(|(from, _, _)| place(from));
        let of = |source| match depth {
            // A cycle without neurons.
            0 => Arriving::EachStep,
            _ => leaving(summary, source, input, steps, activity, place, depth - 1),
        };
        sources.map(of).reduce(both).unwrap_or(match input {
            InputShape::Still(_) => Arriving::Once,
            InputShape::Sequence(_) => Arriving::EachStep,
        })
    }
    let depth = summary.nodes.len();
    (0..depth)
        .map(|node| {
            let this = &summary.nodes[node];
            let times = |arriving| match arriving {
                Arriving::Once => 1.0,
                Arriving::EachStep => steps as f64,
                Arriving::Share(share) => share * steps as f64,
            };
            let recurrent = this.kind.starts_with("neuron");
            let arriving = match recurrent {
                // Recurrent weights take what the neurons themselves send.
                true => leaving(summary, node, input, steps, activity, &place, depth),
                false => arriving(summary, node, input, steps, activity, &place, depth),
            };
            this.synaptic_operations as f64 * times(arriving)
        })
        .collect()
}

/// What arrives from two nodes together.
fn both(a: Arriving, b: Arriving) -> Arriving {
    match (a, b) {
        (Arriving::Share(a), Arriving::Share(b)) => Arriving::Share((a + b).min(1.0)),
        (Arriving::Once, Arriving::Once) => Arriving::Once,
        _ => Arriving::EachStep,
    }
}
