//! Sigma-delta neuron: it sends changes of its activation.

use crate::number::ParameterRange;

crate::neuron! {
    /// Sigma-delta neuron: it adds up the changes it receives (sigma), and sends the change of its activation (delta)
    /// once that is large enough. A network of them computes what a network of rectifiers does, with few messages
    /// where the input changes slowly.
    ///
    /// ```text
    /// σ[t] = σ[t-1] + i[t]                       sigma: the input itself
    /// a[t] = max(0, σ[t] + b)                    activation, b: bias
    /// d[t] = a[t] - r[t-1]                       what the receivers do not know yet
    /// s[t] = d[t] if |d[t]| >= θ else 0          delta: a graded spike
    /// r[t] = r[t-1] + s[t]                       what the receivers know: within θ of a[t]
    /// ```
    ///
    /// # Shapes
    /// Two states, `sigma` and `sent`, each of the shape of the input without its time axis.
    ///
    /// # Units
    /// All share the unit of the input.
    ///
    /// # Gradient
    /// `ds/dd = 1`, also where nothing is sent (straight through): the gradient is that of the rectifiers.
    ///
    /// # Source
    /// O'Connor and Welling (2016), "Sigma Delta Quantized Networks", arXiv:1611.02024; Lava-DL's `sigma_delta`.
    ///
    /// # Example
    /// ```
    /// use snn_core::neuron::{Neuron, SigmaDelta, SigmaDeltaParameters, SigmaDeltaState};
    /// let parameters = SigmaDeltaParameters { threshold: 0.5, bias: 0.0 };
    /// let before = SigmaDeltaState { sigma: 1.0, sent: 1.0 };
    /// let (spike, state) = SigmaDelta::default().step(&parameters, before, 0.25);
    /// assert_eq!((spike, state.sent), (0.0, 1.0)); //   the change is too small
    /// let (spike, state) = SigmaDelta::default().step(&parameters, state, 0.5);
    /// assert_eq!((spike, state.sent), (0.75, 1.75)); // both changes are sent at once
    /// ```
    #[doc(alias = "sdn")]
    #[derive(Default)]
    pub struct SigmaDelta {}
    parameters SigmaDeltaParameters {
        /// θ, the smallest change that is sent.
        threshold: ParameterRange::NotNegative,
        /// b, added to the input before it is rectified.
        bias,
    }
    state SigmaDeltaState {
        /// σ, the sum of all changes received.
        sigma,
        /// r, the sum of all changes sent.
        sent,
    }
    fn step(&self, p, state, input) {
        let zero = S::constant(0.0);
        let sigma = state.sigma + input;
        let activation = (sigma + p.bias).max(zero);
        let change = activation - state.sent;
        let spike = change.surrogate(
            (p.threshold - change.abs()).if_positive(zero, change),
            |_| S::constant(1.0),
        );
        (spike, SigmaDeltaState { sigma, sent: state.sent + spike })
    }
}

impl Default for SigmaDeltaParameters<f64> {
    /// Changes from 0.1 on are sent.
    fn default() -> Self {
        Self { threshold: 0.1, bias: 0.0 }
    }
}
