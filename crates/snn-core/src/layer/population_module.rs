//! A [`Population`] as a module of Burn: what is visited, saved, moved, cloned and shown.
//!
//! By hand, because parameters have the names of the neuron's fields, and a [`Definition`](super::Definition) is saved beside
//! them.

use std::sync::atomic::Ordering;

use burn::module::{Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor};
use burn::tensor::Device;

use super::Neurons;
use super::population::{Of, Population, Role};
use crate::neuron::Neuron;

impl Clone for Population {
    fn clone(&self) -> Self {
        match self.placed.load(Ordering::Relaxed) {
            true => self.with(self.learned.clone(), true),
            false => self.apart(),
        }
    }
}

impl Module for Population {
    fn num_params(&self) -> usize {
        self.learned.iter().map(|learned| learned.lazy_shape().num_elements()).sum()
    }
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        self.placed.store(true, Ordering::Relaxed);
        for (learned, role) in self.learned.iter().zip(&self.roles) {
            let name = role.path();
            visitor.enter_module(&name, CONTAINER);
            learned.visit(visitor);
            visitor.exit_module(&name, CONTAINER);
        }
        visitor.enter_module(DEFINITION, CONTAINER);
        self.definition().visit(visitor);
        visitor.exit_module(DEFINITION, CONTAINER);
    }
    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        let (definition, roles) = (self.definition(), self.roles.clone());
        let mut roles = roles.iter();
        let mapped = self.mapped(|learned| {
            let name = roles.next().expect("a role for each").path();
            mapper.enter_module(&name, CONTAINER);
            let learned = Module::map(learned, mapper);
            mapper.exit_module(&name, CONTAINER);
            learned
        });
        mapper.enter_module(DEFINITION, CONTAINER);
        definition.map(mapper);
        mapper.exit_module(DEFINITION, CONTAINER);
        mapped
    }
    fn collect_devices(&self, devices: Devices) -> Devices {
        self.learned.collect_devices(devices)
    }
    fn to_device(self, device: &Device) -> Self {
        self.mapped(|learned| learned.to_device(device))
    }
    fn fork(self, device: &Device) -> Self {
        self.mapped(|learned| learned.fork(device))
    }
    fn train(self) -> Self {
        self.mapped(Module::train)
    }
    fn valid(&self) -> Self {
        self.with(self.learned.valid(), true)
    }
    fn materialize(self) -> Self {
        self.mapped(Module::materialize)
    }
}

const CONTAINER: &str = "Struct:Neurons";
const DEFINITION: &str = "definition";

impl Role {
    /// Its name in a saved module.
    fn path(&self) -> String {
        match self.of {
            Of::Parameter(_) => self.name.to_owned(),
            Of::InitialState(_) => format!("initial_{}", self.name),
        }
    }
}

impl ModuleDisplayDefault for Population {
    fn content(&self, content: Content) -> Option<Content> {
        content
            .set_top_level_type("Neurons")
            .add("learned", &self.learned)
            .add_debug_attribute("definition", &self.definition().text())
            .optional()
    }
    fn num_params(&self) -> usize {
        Module::num_params(self)
    }
}
impl ModuleDisplay for Population {}
impl std::fmt::Display for Population {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.format(Default::default()))
    }
}

/// [`Neurons`] are their population, as a module, too.
impl<N: Neuron> Clone for Neurons<N> {
    fn clone(&self) -> Self {
        Self { population: self.population.clone(), neuron: self.neuron }
    }
}

impl<N: Neuron> Module for Neurons<N> {
    fn num_params(&self) -> usize {
        Module::num_params(&self.population)
    }
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        self.population.visit(visitor);
    }
    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        Self { population: Module::map(self.population, mapper), neuron: self.neuron }
    }
    fn collect_devices(&self, devices: Devices) -> Devices {
        self.population.collect_devices(devices)
    }
    fn to_device(self, device: &Device) -> Self {
        Self { population: self.population.to_device(device), neuron: self.neuron }
    }
    fn fork(self, device: &Device) -> Self {
        Self { population: self.population.fork(device), neuron: self.neuron }
    }
    fn train(self) -> Self {
        Self { population: self.population.train(), neuron: self.neuron }
    }
    fn valid(&self) -> Self {
        Self { population: self.population.valid(), neuron: self.neuron }
    }
    fn materialize(self) -> Self {
        Self { population: self.population.materialize(), neuron: self.neuron }
    }
}

impl<N: Neuron> ModuleDisplayDefault for Neurons<N> {
    fn content(&self, content: Content) -> Option<Content> {
        self.population.content(content)
    }
    fn num_params(&self) -> usize {
        Module::num_params(self)
    }
}
impl<N: Neuron> ModuleDisplay for Neurons<N> {}
impl<N: Neuron> std::fmt::Display for Neurons<N> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.format(Default::default()))
    }
}
