//! Gradients kept small.

use anyhow::{Result, bail};
use burn::optim::grad_clipping::GradientClipping;
use burn::tensor::Tensor;
use snn_network::{Keys, Setting};

/// How the gradient of each parameter is kept small.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clipping {
    /// Each of its elements is at most so large.
    Value(f64),
    /// It is scaled down if its Euclidean norm is larger.
    Norm(f64),
}

impl Clipping {
    /// Reads `{ norm = 1.0 }` or `{ value = 1.0 }`.
    pub fn read(setting: Option<&Setting>) -> Result<Option<Self>> {
        let Some(setting) = setting else { return Ok(None) };
        let Setting::Table(entries) = setting else {
            bail!("[training]: `clipping` is {setting}, it needs {{ norm = .. }} or {{ value = .. }}")
        };
        let keys = Keys::new("[training], `clipping`", entries);
        let (norm, value) = (keys.number("norm")?, keys.number("value")?);
        keys.finish()?;
        let (limit, clipping) = match (norm, value) {
            (Some(norm), None) => (norm, Self::Norm(norm)),
            (None, Some(value)) => (value, Self::Value(value)),
            _ => bail!("[training]: `clipping` needs exactly one of {{ norm = .. }} and {{ value = .. }}"),
        };
        if !(limit > 0.0 && (limit as f32).is_finite()) {
            bail!("[training]: `clipping` is {setting}, the limit must be above 0 and finite");
        }
        Ok(Some(clipping))
    }

    /// What it says, for a file.
    pub fn setting(self) -> Setting {
        match self {
            Self::Value(limit) => [("value", limit)].into(),
            Self::Norm(limit) => [("norm", limit)].into(),
        }
    }

    /// The gradient, kept small.
    pub fn clip<const D: usize>(self, gradient: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Value(limit) => GradientClipping::Value(limit as f32),
            Self::Norm(limit) => GradientClipping::Norm(limit as f32),
        }
        .clip_gradient(gradient)
    }
}
