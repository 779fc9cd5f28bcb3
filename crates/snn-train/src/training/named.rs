//! A network's parameters by name: `hidden.weight`.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::Tensor;

/// What is done to each parameter of a model.
pub trait ForEachParameter {
    /// What takes the place of `parameter`, which is called `name`.
    fn replace<const D: usize>(&mut self, name: String, parameter: Param<Tensor<D>>) -> Param<Tensor<D>>;
}

/// `model` with each parameter replaced.
///
/// Also the way to look at parameters without replacing any: of Burn's two ways through a module, this one tells name
/// and rank together.
pub fn replaced<M: Module>(model: M, each: &mut impl ForEachParameter) -> M {
    model.map(&mut Walk { path: Vec::new(), each })
}

/// How many parameters of `model` are trained.
///
/// The running statistics of a norm have names and are saved with the weights, but no gradient ever changes them. `model`
/// is on a device with autodiff; elsewhere nothing is trained.
pub fn trained(model: &impl Module) -> usize {
    let mut count = Count(0);
    replaced(model.clone(), &mut count);
    count.0
}

struct Count(usize);

impl ForEachParameter for Count {
    fn replace<const D: usize>(&mut self, _name: String, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if parameter.is_require_grad() {
            self.0 += parameter.dims().iter().product::<usize>();
        }
        parameter
    }
}

struct Walk<'a, E> {
    path: Vec<String>,
    each: &'a mut E,
}

impl<E: ForEachParameter> ModuleMapper for Walk<'_, E> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.each.replace(self.path.join("."), param)
    }
}
