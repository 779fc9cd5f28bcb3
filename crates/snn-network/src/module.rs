//! A [`Network`] as a module of Burn: parameters are called `node.weight`.

use burn::module::{Devices, Module, ModuleMapper, ModuleVisitor};
use burn::tensor::Device;

use crate::network::{Network, Node};
use crate::node::{Layer, LinearNode, NeuronsNode, NormNode};

const CONTAINER: &str = "Struct:Network";

/// Does the same to the module inside a layer, if there is one.
macro_rules! each_module {
    ($layer:expr, |$module:ident| $same:expr) => {
        match $layer {
            Layer::Linear(LinearNode { weight, bias, precision }) => {
                let weight = {
                    let $module = weight;
                    $same
                };
                let bias = {
                    let $module = bias;
                    $same
                };
                Layer::Linear(LinearNode { weight, bias, precision })
            }
            Layer::Conv1d($module) => Layer::Conv1d($same),
            Layer::Conv2d($module) => Layer::Conv2d($same),
            Layer::Norm(NormNode::Threshold($module)) => Layer::Norm(NormNode::Threshold($same)),
            Layer::Norm(NormNode::ThroughTime($module)) => Layer::Norm(NormNode::ThroughTime($same)),
            Layer::Delay($module) => Layer::Delay($same),
            Layer::Neurons(NeuronsNode::Plain($module)) => Layer::Neurons(NeuronsNode::Plain($same)),
            Layer::Neurons(NeuronsNode::Recurrent($module)) => Layer::Neurons(NeuronsNode::Recurrent($same)),
            without @ (Layer::Encode { .. }
            | Layer::MaxPool(_)
            | Layer::AvgPool(_)
            | Layer::Flatten
            | Layer::Scale { .. }
            | Layer::Relu
            | Layer::Dropout { .. }
            | Layer::Readout { .. }
            | Layer::Ensemble(_)) => without,
        }
    };
}

impl Network {
    fn mapped(self, mut map: impl FnMut(Node) -> Node) -> Self {
        Self { nodes: self.nodes.into_iter().map(&mut map).collect(), ..self }
    }
}

impl Module for Network {
    fn num_params(&self) -> usize {
        let mut count = 0;
        self.clone().mapped(|node| {
            let layer = each_module!(node.layer, |module| {
                count += Module::num_params(&module);
                module
            });
            Node { layer, ..node }
        });
        count
    }
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        for node in &self.nodes {
            visitor.enter_module(&node.name, CONTAINER);
            match &node.layer {
                Layer::Linear(linear) => {
                    visitor.enter_module("weight", CONTAINER);
                    linear.weight.visit(visitor);
                    visitor.exit_module("weight", CONTAINER);
                    if let Some(bias) = &linear.bias {
                        visitor.enter_module("bias", CONTAINER);
                        bias.visit(visitor);
                        visitor.exit_module("bias", CONTAINER);
                    }
                }
                Layer::Conv1d(module) => module.visit(visitor),
                Layer::Conv2d(module) => module.visit(visitor),
                Layer::Norm(NormNode::Threshold(module)) => module.visit(visitor),
                Layer::Norm(NormNode::ThroughTime(module)) => module.visit(visitor),
                Layer::Delay(module) => module.visit(visitor),
                Layer::Neurons(NeuronsNode::Plain(module)) => module.visit(visitor),
                Layer::Neurons(NeuronsNode::Recurrent(module)) => module.visit(visitor),
                _ => {}
            }
            visitor.exit_module(&node.name, CONTAINER);
        }
    }
    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        self.mapped(|node| {
            mapper.enter_module(&node.name, CONTAINER);
            let layer = match node.layer {
                Layer::Linear(LinearNode { weight, bias, precision }) => {
                    mapper.enter_module("weight", CONTAINER);
                    let weight = Module::map(weight, mapper);
                    mapper.exit_module("weight", CONTAINER);
                    let bias = bias.map(|bias| {
                        mapper.enter_module("bias", CONTAINER);
                        let bias = Module::map(bias, mapper);
                        mapper.exit_module("bias", CONTAINER);
                        bias
                    });
                    Layer::Linear(LinearNode { weight, bias, precision })
                }
                other => each_module!(other, |module| Module::map(module, mapper)),
            };
            mapper.exit_module(&node.name, CONTAINER);
            Node { layer, ..node }
        })
    }
    fn collect_devices(&self, devices: Devices) -> Devices {
        let mut found = devices;
        self.clone().mapped(|node| {
            let layer = each_module!(node.layer, |module| {
                found = module.collect_devices(std::mem::take(&mut found));
                module
            });
            Node { layer, ..node }
        });
        found
    }
    fn to_device(self, device: &Device) -> Self {
        self.mapped(|node| Node { layer: each_module!(node.layer, |module| module.to_device(device)), ..node })
    }
    fn fork(self, device: &Device) -> Self {
        self.mapped(|node| Node { layer: each_module!(node.layer, |module| module.fork(device)), ..node })
    }
    fn train(self) -> Self {
        self.mapped(|node| Node { layer: each_module!(node.layer, |module| Module::train(module)), ..node })
    }
    fn valid(&self) -> Self {
        self.clone().mapped(|node| Node { layer: each_module!(node.layer, |module| module.valid()), ..node })
    }
    fn materialize(self) -> Self {
        self.mapped(|node| Node { layer: each_module!(node.layer, |module| Module::materialize(module)), ..node })
    }
}
