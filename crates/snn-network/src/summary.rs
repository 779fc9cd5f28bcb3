//! What a network is made of, as a table.

use std::fmt;

use burn::module::Module;

use crate::network::Network;
use crate::node::Layer;

/// What a [`Network`] is made of; shown as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The nodes in the order of the file.
    pub nodes: Vec<NodeSummary>,
    /// From, to, and the delay in steps, of all edges.
    pub edges: Vec<(String, String, usize)>,
    /// Trainable parameters of all nodes.
    pub parameters: usize,
}

/// One node of a [`Summary`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSummary {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// What leaves it, without time and batch.
    pub output_shape: Vec<usize>,
    /// Trainable parameters.
    pub parameters: usize,
    /// Numbers it carries from one time step to the next, for one sample.
    pub states: usize,
    /// Synaptic operations for one input spike at each of its inputs: an upper bound for each time step.
    pub synaptic_operations: usize,
}

impl Network {
    /// What the network is made of.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Device;
    /// use snn_network::{InputShape, Network, NetworkFile, Options};
    /// let file = NetworkFile::new().node("linear", 3).node("neuron", "lif").node("readout", "spike-rate");
    /// let network = Network::new(&file, &InputShape::Sequence(vec![4]), &Options::default(), &Device::flex())?;
    /// let summary = network.summary();
    /// assert_eq!((summary.parameters, summary.nodes[1].states), (4 * 3 + 3, 3));
    /// assert!(summary.to_string().contains("neuron lif"));
    /// # Ok::<(), snn_network::Error>(())
    /// ```
    pub fn summary(&self) -> Summary {
        let nodes: Vec<NodeSummary> = self
            .nodes
            .iter()
            .map(|node| {
                let (inputs, outputs): (usize, usize) =
                    (node.shapes.0.iter().product(), node.shapes.1.iter().product());
                let (parameters, states, synaptic_operations) = match &node.layer {
                    Layer::Linear(linear) => {
                        (inputs * outputs + linear.bias.as_ref().map_or(0, |_| outputs), 0, inputs * outputs)
                    }
                    Layer::Conv1d(conv) => {
                        let kernel = conv.weight.dims().iter().product::<usize>();
                        (Module::num_params(conv), 0, kernel * outputs / node.shapes.1[0])
                    }
                    Layer::Conv2d(conv) => {
                        let kernel = conv.weight.dims().iter().product::<usize>();
                        (Module::num_params(conv), 0, kernel * outputs / node.shapes.1[0])
                    }
                    Layer::Norm(norm) => (norm.parameters(), 0, 0),
                    Layer::Delay(delay) => {
                        let learned = delay.delays.val().is_require_grad();
                        (if learned { delay.delays.dims()[0] } else { 0 }, delay.longest() * outputs, 0)
                    }
                    Layer::Neurons(neurons) => {
                        let population = neurons.population();
                        let rows = population.state_names().len()
                            + population.options().delay
                            + usize::from(population.after_spike().is_some());
                        let learned = population.num_params();
                        match neurons {
                            crate::node::NeuronsNode::Plain(_) => (learned, rows * outputs, 0),
                            crate::node::NeuronsNode::Recurrent(_) => {
                                (learned + outputs * outputs + outputs, (rows + 1) * outputs, outputs * outputs)
                            }
                        }
                    }
                    _ => (0, 0, 0),
                };
                NodeSummary {
                    name: node.name.clone(),
                    kind: node.kind.clone(),
                    output_shape: node.shapes.1.clone(),
                    parameters,
                    states,
                    synaptic_operations,
                }
            })
            .collect();
        let name = |place: usize| self.nodes[place].name.clone();
        Summary {
            edges: self.edges.iter().map(|edge| (name(edge.from), name(edge.to), edge.delay)).collect(),
            parameters: nodes.iter().map(|node| node.parameters).sum(),
            nodes,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["node", "kind", "output shape", "parameters", "states", "synaptic operations"].map(str::to_owned);
        let rows = self.nodes.iter().map(|node| {
            [
                node.name.clone(),
                node.kind.clone(),
                format!("{:?}", node.output_shape),
                node.parameters.to_string(),
                node.states.to_string(),
                node.synaptic_operations.to_string(),
            ]
        });
        let rows: Vec<[String; 6]> = std::iter::once(heads).chain(rows).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
        for row in &rows {
            let [name, kind, shape, numbers @ ..] = row;
            write!(formatter, "{name:<0$}  {kind:<1$}  {shape:<2$}", width(0), width(1), width(2))?;
            for (column, number) in numbers.iter().enumerate() {
                write!(formatter, "  {number:>0$}", width(3 + column))?;
            }
            writeln!(formatter)?;
        }
        for (from, to, delay) in self.edges.iter().filter(|(_, _, delay)| *delay > 0) {
            writeln!(formatter, "{from} -> {to}, {delay} step{} later", if *delay == 1 { "" } else { "s" })?;
        }
        writeln!(formatter, "{} trainable parameters", self.parameters)
    }
}
