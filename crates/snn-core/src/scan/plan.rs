//! What a scan does besides the neuron's equations, and the sizes it works on.

use std::sync::Arc;

use super::erased::ErasedNeuron;

/// Which states a scan returns beside its output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReturnStates {
    /// None: the default, and free of cost.
    #[default]
    Nothing,
    /// The state before each step; row 0 is the initial state. This is what the article's layer returns.
    BeforeStep,
    /// The state after each step, reset included.
    AfterStep,
}

/// Which of a scan's results a gradient belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cotangent {
    /// The output at each step.
    Output,
    /// The recorded states.
    States,
    /// The state after the last step.
    Last,
}

/// A scan as the backends see it.
#[derive(Clone, Debug)]
pub struct ScanPlan {
    /// The neuron, without its type.
    pub(crate) neuron: Arc<dyn ErasedNeuron>,
    /// How many steps late the output leaves.
    pub(crate) delay: usize,
    /// What the caller wants to see.
    pub(crate) return_states: ReturnStates,
    /// Whether a backward pass will follow.
    pub(crate) differentiate: bool,
    /// Whether that pass needs the gradient of the parameters.
    pub(crate) parameter_gradient: bool,
}

impl ScanPlan {
    /// Sizes for an input of `steps` rows of `width` values.
    pub(crate) fn sizes(&self, steps: usize, width: usize, parameter_width: usize) -> Sizes {
        let (states, parameters) = self.neuron.counts();
        Sizes { steps, width, parameter_width, states, parameters, delay: self.delay }
    }
}

/// The sizes of a scan. All its tensors are matrices, time or field by column; a column is one feature of one sample.
///
/// | tensor | rows | columns |
/// |---|---|---|
/// | input, output | `steps` | `width` |
/// | parameters | `parameters` | `parameter_width` |
/// | first and last state | `states` + `delay` outputs in flight | `width` |
/// | recorded states | `states` x `steps` | `width` |
///
/// Column `j` uses the parameters of column `j % parameter_width`: 1 if shared by all, the number of features
/// if each neuron has its own.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub(crate) steps: usize,
    pub(crate) width: usize,
    pub(crate) parameter_width: usize,
    pub(crate) states: usize,
    pub(crate) parameters: usize,
    pub(crate) delay: usize,
}

impl Sizes {
    /// Rows of the packed first and last state.
    pub(crate) fn state_rows(&self) -> usize {
        self.states + self.delay
    }

    /// Where the output emitted at row `row` of the delayed sequence is found: in the output, or, past its
    /// end, among the outputs in flight that the last state carries.
    pub(crate) fn emitted(&self, row: usize) -> Emitted {
        if row < self.steps { Emitted::Output(row) } else { Emitted::Last(self.states + row - self.steps) }
    }
}

/// Where an emitted output lies.
pub(crate) enum Emitted {
    /// A row of the output.
    Output(usize),
    /// A row of the last state.
    Last(usize),
}
