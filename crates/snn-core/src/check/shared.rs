//! Parameters that two places of a module share without meaning to.

use std::collections::HashMap;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;

/// Says which parameters of `module` stand in two places, one sentence for each.
///
/// A layer that is cloned and put beside itself in one module keeps the identity of its parameters, in Burn as in PyTorch:
/// the optimizer gives the first place the sum of both gradients, and the second place nothing. The same happens when one
/// file is loaded into two layers. Layers made by their configurations, and [`Neurons`](crate::layer::Neurons) used as a
/// prototype for several, have identities of their own.
///
/// # Example
/// ```
/// use burn::nn::LinearConfig;
/// use burn::tensor::Device;
/// use snn_core::check::shared_parameters;
///
/// let make = || LinearConfig::new(2, 2).init(&Device::flex());
/// let layer = make();
/// assert_eq!(shared_parameters(&vec![layer.clone(), make()]), Vec::<String>::new());
/// let sentences = shared_parameters(&vec![layer.clone(), layer]);
/// assert!(sentences[0].starts_with("`0.weight` and `1.weight` are one parameter"));
/// ```
pub fn shared_parameters(module: &impl Module) -> Vec<String> {
    let mut visitor = Visitor::default();
    module.visit(&mut visitor);
    visitor.sentences
}

#[derive(Default)]
struct Visitor {
    path: Vec<String>,
    seen: HashMap<ParamId, String>,
    sentences: Vec<String>,
}

impl ModuleVisitor for Visitor {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let here = self.path.join(".");
        match self.seen.get(&parameter.id) {
            Some(first) => self.sentences.push(format!(
                "`{first}` and `{here}` are one parameter: the first gets the gradients of both, the second never learns; \
                 make both layers from their configuration instead of cloning or loading one twice"
            )),
            None => drop(self.seen.insert(parameter.id, here)),
        }
    }
}
