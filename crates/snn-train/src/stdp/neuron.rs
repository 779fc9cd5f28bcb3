//! What is known of a neuron's equation: what the measurement is compared with.

use snn_core::neuron::GradedLifReset;
use snn_core::record::NeuronsRecording;

/// What is known of a neuron's equation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Equation {
    /// λ, if its membrane decays by a factor.
    pub decay: Option<f64>,
    /// Of graded neurons: what a spike does, θ and ρ.
    pub graded: Option<(GradedLifReset, f64, f64)>,
}

impl Equation {
    /// That of the population that was recorded; of learned parameters, those of its first neuron.
    pub fn of(recorded: &NeuronsRecording) -> Self {
        let parameter = |name| recorded.parameter(name).map(round);
        let decay = parameter("decay").filter(|_| recorded.state_names().contains(&"membrane"));
        let reset = match recorded.neuron.as_str() {
            text if !text.starts_with("GradedLif") => None,
            text if text.contains("Subtracted") => Some(GradedLifReset::Subtracted),
            _ => Some(GradedLifReset::Scaled),
        };
        let graded = reset.and_then(|reset| Some((reset, parameter("threshold")?, parameter("penalty")?)));
        Self { decay, graded }
    }
}

/// The shortest decimal number which is this one in f32: 0.9, not 0.8999999761581421.
fn round(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}
