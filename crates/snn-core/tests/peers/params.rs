//! The metadata `params` of a file, read.

use serde_json::Value;
use snn_core::neuron::Reset;
use snn_core::neuron::presets::norse::Membrane;
use snn_core::neuron::presets::spikingjelly::Node;
use snn_core::surrogate::*;

use crate::common::Fixture;
use snn_core::surrogate::AnySurrogate;

/// The metadata `params` of a file.
pub struct Params<'a> {
    pub file: &'a Fixture,
    pub values: Value,
}

impl<'a> Params<'a> {
    pub fn of(file: &'a Fixture) -> Self {
        let text = file.text("params");
        let values = serde_json::from_str(text).unwrap_or_else(|error| panic!("{}: `params`: {error}", file.name));
        Self { file, values }
    }
    pub fn fail(&self, key: &str, what: &str) -> ! {
        panic!("{}: parameter `{key}` is {what}, in {}", self.file.name, self.values)
    }
    pub fn number(&self, key: &str) -> f64 {
        self.values[key].as_f64().unwrap_or_else(|| self.fail(key, "not a number"))
    }
    pub fn number_or(&self, key: &str, default: f64) -> f64 {
        if self.values[key].is_null() { default } else { self.number(key) }
    }
    pub fn flag(&self, key: &str, default: bool) -> bool {
        match &self.values[key] {
            Value::Null => default,
            value => value.as_bool().unwrap_or_else(|| self.fail(key, "neither true nor false")),
        }
    }
    pub fn text(&self, key: &str) -> &str {
        self.values[key].as_str().unwrap_or_else(|| self.fail(key, "no text"))
    }
    pub fn reset(&self) -> Reset {
        match self.text("reset") {
            "subtract" => Reset::Subtract,
            "zero" => Reset::Zero,
            "none" => Reset::None,
            _ => self.fail("reset", "none of subtract, zero, none"),
        }
    }
    /// A surrogate written as `atan(2)`.
    pub fn surrogate(&self) -> AnySurrogate {
        let text = self.text("surrogate");
        let (name, rest) = text.split_once('(').unwrap_or_else(|| self.fail("surrogate", "not name(number)"));
        let number: f64 =
            rest.trim_end_matches(')').parse().unwrap_or_else(|_| self.fail("surrogate", "not name(number)"));
        match name {
            "atan" => ATan::new(number).into(),
            "sigmoid" => Sigmoid::new(number).into(),
            "fast_sigmoid" => FastSigmoid::new(number).into(),
            _ => self.fail("surrogate", "of an unknown kind"),
        }
    }
    /// SpikingJelly's `v_threshold`, `v_reset` (absent or null: soft), `detach_reset`.
    pub fn node(&self) -> Node<AnySurrogate> {
        Node {
            v_threshold: self.number_or("v_threshold", 1.0),
            v_reset: self.values["v_reset"].as_f64(),
            detach_reset: self.flag("detach_reset", false),
            surrogate: self.surrogate(),
        }
    }
    pub fn membrane(&self) -> Membrane {
        Membrane {
            tau_syn_inv: self.number_or("tau_syn_inv", Membrane::default().tau_syn_inv),
            tau_mem_inv: self.number("tau_mem_inv"),
            v_leak: self.number("v_leak"),
            v_th: self.number("v_th"),
            v_reset: self.number("v_reset"),
            dt: self.number("dt"),
        }
    }
    /// Norse names its method, and gives a number to all of them.
    pub fn norse_method(&self) -> AnySurrogate {
        let key = if self.values["method"].is_null() { "surrogate" } else { "method" };
        norse_surrogate(self.text(key), self.number("alpha")).unwrap_or_else(|| self.fail(key, "of an unknown kind"))
    }
}

pub fn norse_surrogate(method: &str, alpha: f64) -> Option<AnySurrogate> {
    Some(match method {
        "super" => SuperSpike::new(1.0).into(),
        "triangle" => Triangle::new(alpha).into(),
        "tanh" => NorseTanh::new(alpha).into(),
        "circ" => NorseCirc::new(alpha).into(),
        "heavi_erfc" => NorseErfc::new(alpha).into(),
        _ => return None,
    })
}
