//! The equations: one neuron a file.

mod adaptive_exponential;
mod adaptive_lif;
mod adaptive_threshold;
mod alpha;
mod exponential;
mod graded_lif;
mod integer_lif;
mod integrate_and_fire;
mod izhikevich;
mod lapicque;
mod leaky_integrator;
mod lif;
mod parametric_lif;
mod quadratic;
mod resonate_and_fire;
mod sigma_delta;

pub use adaptive_exponential::{AdaptiveExponential, AdaptiveExponentialParameters, AdaptiveExponentialState};
pub use adaptive_lif::{AdaptiveLif, AdaptiveLifParameters, AdaptiveLifState};
pub use adaptive_threshold::{AdaptiveThreshold, AdaptiveThresholdParameters, AdaptiveThresholdState, ThresholdOrder};
pub use alpha::{Alpha, AlphaParameters, AlphaReset, AlphaState};
pub use exponential::{ExponentialIf, ExponentialIfParameters, ExponentialIfState};
pub use graded_lif::{GradedLif, GradedLifParameters, GradedLifReset, GradedLifState};
pub use integer_lif::{IntegerLif, IntegerLifParameters, IntegerLifState, Rounding};
pub use integrate_and_fire::{IntegrateAndFire, IntegrateAndFireParameters, IntegrateAndFireState};
pub use izhikevich::{Izhikevich, IzhikevichParameters, IzhikevichState, IzhikevichSteps};
pub use lapicque::{Lapicque, LapicqueParameters, LapicqueState};
pub use leaky_integrator::{LeakyIntegrator, LeakyIntegratorParameters, LeakyIntegratorState};
pub use lif::{Lif, LifParameters, LifState};
pub use parametric_lif::{ParametricInput, ParametricLif, ParametricLifParameters, ParametricLifState};
pub use quadratic::{
    AdaptiveQuadratic, AdaptiveQuadraticParameters, AdaptiveQuadraticState, QuadraticIf, QuadraticIfParameters,
    QuadraticIfState,
};
pub use resonate_and_fire::{ResonateAndFire, ResonateAndFireParameters, ResonateAndFireState};
pub use sigma_delta::{SigmaDelta, SigmaDeltaParameters, SigmaDeltaState};
