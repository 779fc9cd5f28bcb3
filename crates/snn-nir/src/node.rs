//! The 19 nodes of NIR: each primitive as a struct with its parameters, and the one enumeration of all.

use crate::array::Array;
use crate::graph::Graph;

/// Where data enter. Passes them on.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The shape of one sample at one time step, without time and batch.
    pub shape: Vec<usize>,
}

/// Where results leave. Passes them on.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The shape of one sample at one time step, without time and batch.
    pub shape: Vec<usize>,
}

/// `y = W x + b`, over the last axis; a weight with more than two axes holds one matrix for each place on the axes before.
#[derive(Debug, Clone, PartialEq)]
pub struct Affine {
    /// `[.., out, in]`
    pub weight: Array,
    /// `[.., out]`
    pub bias: Array,
}

/// `y = W x`, as [`Affine`] without a bias.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// `[.., out, in]`
    pub weight: Array,
}

/// `y = s x`, element by element.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// The shape of the input.
    pub scale: Array,
}

/// What a convolution sees beyond the edge: zeros. `S` is one size or one for each axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding<S> {
    /// So many zeros on both sides.
    Size(S),
    /// As many as keep the size, with a stride of 1; an odd one goes behind.
    Same,
    /// None.
    Valid,
}

/// A cross-correlation over one axis, `[in, length]` to `[out, length']`.
#[derive(Debug, Clone, PartialEq)]
pub struct Conv1d {
    /// The length of the input. Readers in Python need it; it is filled in from the edges where a file lacks it.
    pub input_shape: Option<usize>,
    /// `[out, in / groups, kernel]`
    pub weight: Array,
    /// The distance between two places of the kernel.
    pub stride: usize,
    /// Zeros around the input.
    pub padding: Padding<usize>,
    /// The distance between two elements of the kernel.
    pub dilation: usize,
    /// Parts into which channels are divided.
    pub groups: usize,
    /// `[out]`
    pub bias: Array,
}

/// A cross-correlation over two axes, `[in, height, width]` to `[out, height', width']`.
#[derive(Debug, Clone, PartialEq)]
pub struct Conv2d {
    /// Height and width of the input. Readers in Python need it; it is filled in from the edges where a file lacks it.
    pub input_shape: Option<[usize; 2]>,
    /// `[out, in / groups, height, width]`
    pub weight: Array,
    /// The distance between two places of the kernel.
    pub stride: [usize; 2],
    /// Zeros around the input.
    pub padding: Padding<[usize; 2]>,
    /// The distance between two elements of the kernel.
    pub dilation: [usize; 2],
    /// Parts into which channels are divided.
    pub groups: usize,
    /// `[out]`
    pub bias: Array,
}

/// The sum over each window of `[channels, height, width]`. A window which does not fit at the end is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SumPool2d {
    /// Height and width of a window.
    pub kernel_size: [usize; 2],
    /// The distance between two windows.
    pub stride: [usize; 2],
    /// Zeros on both sides.
    pub padding: [usize; 2],
}

/// The mean over each window, the zeros of the padding counted; otherwise as [`SumPool2d`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AvgPool2d {
    /// Height and width of a window.
    pub kernel_size: [usize; 2],
    /// The distance between two windows.
    pub stride: [usize; 2],
    /// Zeros on both sides.
    pub padding: [usize; 2],
}

/// Some axes made one. Axes count without batch and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flatten {
    /// The shape of the input, if it is said.
    pub input_type: Option<Vec<usize>>,
    /// The first axis; a negative one counts from the end.
    pub start_dim: i64,
    /// The last axis; a negative one counts from the end.
    pub end_dim: i64,
}

/// `y(t) = x(t - delay)`; nothing arrives before that.
#[derive(Debug, Clone, PartialEq)]
pub struct Delay {
    /// A time for each element, in the unit of the time constants.
    pub delay: Array,
}

/// `y = 1` where `x > threshold`, else 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The shape of the input.
    pub threshold: Array,
}

/// An integrator: `v' = r x`; sends `v`.
#[derive(Debug, Clone, PartialEq)]
pub struct I {
    /// Resistance.
    pub r: Array,
}

/// An integrator that fires: `v' = r x`; where `v > v_threshold`, it sends 1 and `v = v_reset`.
#[derive(Debug, Clone, PartialEq)]
pub struct If {
    /// Resistance.
    pub r: Array,
    /// Fires above.
    pub v_threshold: Array,
    /// After a spike, and before the first step. Missing, it is 0.
    pub v_reset: Option<Array>,
}

/// A leaky integrator: `tau v' = v_leak - v + r x`; sends `v`.
#[derive(Debug, Clone, PartialEq)]
pub struct Li {
    /// Time constant.
    pub tau: Array,
    /// Resistance.
    pub r: Array,
    /// Where `v` rests.
    pub v_leak: Array,
}

/// A leaky integrator that fires: `tau v' = v_leak - v + r x`; where `v > v_threshold`, it sends 1 and `v = v_reset`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lif {
    /// Time constant.
    pub tau: Array,
    /// Resistance.
    pub r: Array,
    /// Where `v` rests.
    pub v_leak: Array,
    /// Fires above.
    pub v_threshold: Array,
    /// After a spike. Missing, it is 0.
    pub v_reset: Option<Array>,
}

/// A leaky integrator behind a current: `tau_syn i' = -i + w_in x`, `tau_mem v' = v_leak - v + r i`; sends `v`.
#[derive(Debug, Clone, PartialEq)]
pub struct CubaLi {
    /// Time constant of the current.
    pub tau_syn: Array,
    /// Time constant of the membrane.
    pub tau_mem: Array,
    /// Resistance.
    pub r: Array,
    /// Where `v` rests.
    pub v_leak: Array,
    /// Weight of the input. Missing, it is 1.
    pub w_in: Option<Array>,
}

/// A leaky integrator behind a current that fires: as [`CubaLi`]; where `v > v_threshold`, it sends 1 and `v = v_reset`.
#[derive(Debug, Clone, PartialEq)]
pub struct CubaLif {
    /// Time constant of the current.
    pub tau_syn: Array,
    /// Time constant of the membrane.
    pub tau_mem: Array,
    /// Resistance.
    pub r: Array,
    /// Where `v` rests.
    pub v_leak: Array,
    /// Fires above.
    pub v_threshold: Array,
    /// After a spike. Missing, it is 0.
    pub v_reset: Option<Array>,
    /// Weight of the input. Missing, it is 1.
    pub w_in: Option<Array>,
}

/// A node of a graph: one of NIR's 18 primitives, or a graph itself.
///
/// ```
/// use snn_nir::{Array, Linear, Node};
///
/// let node = Node::from(Linear { weight: Array::new([1, 2], vec![0.5f32, 0.25])? });
/// assert_eq!(node.kind(), "Linear");
/// assert_eq!(node.parameters()[0].0, "weight");
/// # Ok::<(), snn_nir::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the structs inside say it")]
pub enum Node {
    Input(Input),
    Output(Output),
    Affine(Affine),
    Linear(Linear),
    Scale(Scale),
    Conv1d(Conv1d),
    Conv2d(Conv2d),
    SumPool2d(SumPool2d),
    AvgPool2d(AvgPool2d),
    Flatten(Flatten),
    Delay(Delay),
    Threshold(Threshold),
    I(I),
    If(If),
    Li(Li),
    Lif(Lif),
    CubaLi(CubaLi),
    CubaLif(CubaLif),
    Graph(Graph),
}

/// How files call the types of nodes, in the order of [`Node`].
pub(crate) const KINDS: &[&str] = &[
    "Input",
    "Output",
    "Affine",
    "Linear",
    "Scale",
    "Conv1d",
    "Conv2d",
    "SumPool2d",
    "AvgPool2d",
    "Flatten",
    "Delay",
    "Threshold",
    "I",
    "IF",
    "LI",
    "LIF",
    "CubaLI",
    "CubaLIF",
    "NIRGraph",
];

impl Node {
    /// Returns the type as files call it: `LIF`, `Affine`, `NIRGraph`, ...
    pub fn kind(&self) -> &'static str {
        let index = match self {
            Self::Input(_) => 0,
            Self::Output(_) => 1,
            Self::Affine(_) => 2,
            Self::Linear(_) => 3,
            Self::Scale(_) => 4,
            Self::Conv1d(_) => 5,
            Self::Conv2d(_) => 6,
            Self::SumPool2d(_) => 7,
            Self::AvgPool2d(_) => 8,
            Self::Flatten(_) => 9,
            Self::Delay(_) => 10,
            Self::Threshold(_) => 11,
            Self::I(_) => 12,
            Self::If(_) => 13,
            Self::Li(_) => 14,
            Self::Lif(_) => 15,
            Self::CubaLi(_) => 16,
            Self::CubaLif(_) => 17,
            Self::Graph(_) => 18,
        };
        KINDS[index]
    }

    /// Returns the arrays of the node under the names that they have in files. What is missing is left out.
    pub fn parameters(&self) -> Vec<(&'static str, &Array)> {
        let mut all = match self {
            Self::Affine(node) => vec![("weight", &node.weight), ("bias", &node.bias)],
            Self::Linear(node) => vec![("weight", &node.weight)],
            Self::Scale(node) => vec![("scale", &node.scale)],
            Self::Conv1d(node) => vec![("weight", &node.weight), ("bias", &node.bias)],
            Self::Conv2d(node) => vec![("weight", &node.weight), ("bias", &node.bias)],
            Self::Delay(node) => vec![("delay", &node.delay)],
            Self::Threshold(node) => vec![("threshold", &node.threshold)],
            Self::I(node) => vec![("r", &node.r)],
            Self::If(node) => vec![("r", &node.r), ("v_threshold", &node.v_threshold)],
            Self::Li(node) => vec![("tau", &node.tau), ("r", &node.r), ("v_leak", &node.v_leak)],
            Self::Lif(node) => {
                vec![("tau", &node.tau), ("r", &node.r), ("v_leak", &node.v_leak), ("v_threshold", &node.v_threshold)]
            }
            Self::CubaLi(node) => {
                vec![("tau_syn", &node.tau_syn), ("tau_mem", &node.tau_mem), ("r", &node.r), ("v_leak", &node.v_leak)]
            }
            Self::CubaLif(node) => vec![
                ("tau_syn", &node.tau_syn),
                ("tau_mem", &node.tau_mem),
                ("r", &node.r),
                ("v_leak", &node.v_leak),
                ("v_threshold", &node.v_threshold),
            ],
            _ => Vec::new(),
        };
        let (v_reset, w_in) = match self {
            Self::If(node) => (node.v_reset.as_ref(), None),
            Self::Lif(node) => (node.v_reset.as_ref(), None),
            Self::CubaLi(node) => (None, node.w_in.as_ref()),
            Self::CubaLif(node) => (node.v_reset.as_ref(), node.w_in.as_ref()),
            _ => (None, None),
        };
        all.extend(v_reset.map(|array| ("v_reset", array)));
        all.extend(w_in.map(|array| ("w_in", array)));
        all
    }

    /// Tells whether the node has a membrane: its output at a step depends on the steps before.
    pub fn is_neuron(&self) -> bool {
        matches!(self, Self::I(_) | Self::If(_) | Self::Li(_) | Self::Lif(_) | Self::CubaLi(_) | Self::CubaLif(_))
    }

    /// Tells whether the node is a neuron which sends spikes, not its membrane.
    pub fn is_spiking(&self) -> bool {
        matches!(self, Self::If(_) | Self::Lif(_) | Self::CubaLif(_))
    }

    /// Tells whether the node has one value of each parameter for each element of its input.
    pub(crate) fn is_elementwise(&self) -> bool {
        self.is_neuron() || matches!(self, Self::Scale(_) | Self::Threshold(_) | Self::Delay(_))
    }
}

/// Each struct becomes a node.
macro_rules! into_node {
    ($($kind:ident)*) => {
        $(impl From<$kind> for Node {
            fn from(node: $kind) -> Self {
                Self::$kind(node)
            }
        })*
    };
}

into_node!(Input Output Affine Linear Scale Conv1d Conv2d SumPool2d AvgPool2d Flatten Delay Threshold I If Li Lif CubaLi CubaLif Graph);
