//! Burn's optimizers, driven over a model, with a state that can be written down by name.
//!
//! Burn's own driver, `ModuleOptimizer`, restores its state on Burn's default device, which opens a GPU (or fails
//! to) whenever a GPU backend is compiled in, even if the run is on the CPU. This one restores where the model is,
//! and names the state after the parameters, not after random identifiers.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use burn::module::{ModuleMapper, Param};
use burn::optim::{DynState, GradientsParams, Optimizer, RecordState, StateSink, StateSource};
use burn::store::burn_pack::Scalar;
use burn::tensor::{Device, Tensor, TensorData};

use crate::model::Model;
use crate::weights::{Array, Arrays};

/// An optimizer and its state for each parameter.
pub struct Driver<O> {
    optimizer: O,
    states: BTreeMap<String, DynState>,
}

/// A state, written down.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// Its tensors.
    pub arrays: Arrays,
    /// Its single numbers.
    pub scalars: BTreeMap<String, Scalar>,
}

impl<O: Optimizer> Driver<O> {
    /// An optimizer without a past.
    pub fn new(optimizer: O) -> Self {
        Self { optimizer, states: BTreeMap::new() }
    }

    /// One step down the gradient.
    pub fn step(&mut self, learning_rate: f64, model: Model, gradients: GradientsParams) -> Model {
        model.map(&mut Step { driver: self, learning_rate, gradients, path: Vec::new() })
    }

    /// Its state, to go on later.
    pub fn write(&self, model: &Model) -> Written {
        let mut writer = Writer { driver: self, path: Vec::new(), sink: StateSink::default() };
        // Mapping is the one way to learn each parameter's name together with its rank.
        drop(model.clone().map(&mut writer));
        let arrays = writer.sink.tensors.into_iter().map(|(name, data)| {
            let shape = data.shape().to_vec();
            (name, Array { shape, values: data.iter::<f32>().collect() })
        });
        Written { arrays: arrays.collect(), scalars: writer.sink.scalars.into_iter().collect() }
    }

    /// An optimizer which goes on from a state written down for `model`.
    pub fn read(optimizer: O, model: &Model, written: Written, device: &Device) -> Result<Self> {
        let mut source = StateSource::new(written.scalars);
        let count = written.arrays.len();
        for (name, array) in written.arrays {
            source.insert_tensor(name, TensorData::new(array.values, array.shape));
        }
        let device = device.clone().without_autodiff();
        let mut reader = Reader { driver: Self::new(optimizer), source, device, path: Vec::new(), problem: None };
        drop(model.clone().map(&mut reader));
        if let Some(problem) = reader.problem {
            bail!(problem);
        }
        if count > 0 && reader.driver.states.is_empty() {
            bail!("none of its {count} tensors is the state of a parameter of the model");
        }
        Ok(reader.driver)
    }
}

struct Step<'a, O> {
    driver: &'a mut Driver<O>,
    learning_rate: f64,
    gradients: GradientsParams,
    path: Vec<String>,
}

impl<O: Optimizer> ModuleMapper for Step<'_, O> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let Some(gradient) = self.gradients.remove::<D>(id) else {
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let name = self.path.join(".");
        let state = self.driver.states.remove(&name).map(DynState::downcast::<O::State<D>>);
        let trained = tensor.is_require_grad();
        let (tensor, state) = self.driver.optimizer.step(self.learning_rate, tensor.inner(), gradient, state);
        if let Some(state) = state {
            self.driver.states.insert(name, DynState::create(state, D));
        }
        Param::from_mapped_value(id, Tensor::from_inner(tensor).set_require_grad(trained), mapper)
    }
}

struct Writer<'a, O> {
    driver: &'a Driver<O>,
    path: Vec<String>,
    sink: StateSink,
}

impl<O: Optimizer> ModuleMapper for Writer<'_, O> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.join(".");
        if let Some(state) = self.driver.states.get(&name) {
            state.downcast_ref::<O::State<D>>().state_flatten(&name, &mut self.sink);
        }
        param
    }
}

struct Reader<O> {
    driver: Driver<O>,
    source: StateSource,
    device: Device,
    path: Vec<String>,
    problem: Option<String>,
}

impl<O: Optimizer> ModuleMapper for Reader<O> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.join(".");
        if !self.source.has_under(&name) {
            return param;
        }
        match O::State::<D>::state_unflatten(&name, &mut self.source, &self.device) {
            Some(state) => {
                self.driver.states.insert(name, DynState::create(state, D));
            }
            None => {
                self.problem.get_or_insert(format!("the optimizer's state of `{name}` is not whole"));
            }
        }
        param
    }
}
