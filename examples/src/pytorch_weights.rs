//! Weights from a PyTorch state dict (safetensors) into our layers and back.
//!
//! PyTorch's `Linear` stores its weight as `[outputs, inputs]`, Burn's and ours as `[inputs, outputs]`. Burn's adapter
//! knows which of Burn's own modules to transpose; [`SpikingLinears`] tells it that a `SpikingLinear` is a `Linear`.

use std::collections::HashMap;
use std::path::Path;

use burn::module::Module;
use burn::store::burn_pack;
use burn::store::{
    BurnToPyTorchAdapter, ModuleAdapter, ModuleContext, ModuleSnapshot, PyTorchToBurnAdapter, SafetensorsStore,
};
use burn::tensor::{Device, Tensor};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use snn_core::layer::{Neurons, SpikingLinear, SpikingLinearConfig};
use snn_core::neuron::{GradedLif, GradedLifParameters};
use snn_core::noise::{NoiseSeed, uniform};

/// `A`, to which a `SpikingLinear` is a `Linear`.
#[derive(Clone)]
pub struct SpikingLinears<A>(pub A);

impl<A: ModuleAdapter + Clone + 'static> ModuleAdapter for SpikingLinears<A> {
    fn adapt(&self, tensor: burn_pack::Tensor, context: ModuleContext<'_>) -> burn_pack::Tensor {
        match context.module_type() {
            Some("Struct:SpikingLinear") => self.0.adapt(tensor, ModuleContext::new(&["Struct:Linear".to_string()])),
            _ => self.0.adapt(tensor, context),
        }
    }
    fn get_alternative_param_name(&self, parameter: &str, module: &str) -> Option<String> {
        self.0.get_alternative_param_name(parameter, module)
    }
    fn clone_box(&self) -> Box<dyn ModuleAdapter> {
        Box::new(self.clone())
    }
}

/// The names of the fields are those of the state dict: `fc1.weight`, `fc1.bias`, ...
#[derive(Module, Debug)]
struct Network {
    fc1: SpikingLinear<Neurons<GradedLif>>,
    fc2: SpikingLinear<Neurons<GradedLif>>,
}

impl Network {
    fn new(device: &Device) -> Self {
        let neurons =
            || Neurons::new(GradedLif::default(), GradedLifParameters { decay: 0.9, threshold: 1.0, penalty: 1.5 });
        Self {
            fc1: SpikingLinearConfig::new(4, 3).init(neurons(), device),
            fc2: SpikingLinearConfig::new(3, 2).init(neurons(), device),
        }
    }
}

/// What both sides have: weights and biases.
const PARAMETERS: &str = r"\.(weight|bias)$";

type StateDict = HashMap<String, (Vec<usize>, Vec<f32>)>;

/// What `torch.save` of a network with two `nn.Linear` holds, written as `safetensors.torch.save_file` does.
fn state_dict() -> StateDict {
    let key = NoiseSeed::new(9).key(0);
    let mut element = 0u32;
    let mut draw = |shape: &[usize]| {
        let count: usize = shape.iter().product();
        let values = (0..count as u32).map(|i| 2.0 * uniform(key, element + i) - 1.0).collect();
        element += count as u32;
        (shape.to_vec(), values)
    };
    [("fc1.weight", vec![3, 4]), ("fc1.bias", vec![3]), ("fc2.weight", vec![2, 3]), ("fc2.bias", vec![2])]
        .map(|(name, shape)| (name.to_string(), draw(&shape)))
        .into()
}

fn write(path: &Path, tensors: &StateDict) {
    let bytes: HashMap<&String, Vec<u8>> = tensors
        .iter()
        .map(|(name, (_, values))| (name, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
        .collect();
    let views = tensors.iter().map(|(name, (shape, _))| {
        (name, TensorView::new(Dtype::F32, shape.clone(), &bytes[name]).expect("as many bytes as the shape needs"))
    });
    safetensors::serialize_to_file(views, None, path).expect("a writable folder");
}

fn read(path: &Path) -> StateDict {
    let bytes = std::fs::read(path).expect("a readable file");
    let file = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let numbers = |data: &[u8]| data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    file.iter().map(|(name, view)| (name.to_string(), (view.shape().to_vec(), numbers(view.data())))).collect()
}

/// Writes a state dict as PyTorch would, loads it, runs the network, and writes it back.
pub fn run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (theirs, ours) = (folder.path().join("pytorch.safetensors"), folder.path().join("snn.safetensors"));
    let state_dict = state_dict();
    write(&theirs, &state_dict);

    let device = Device::flex();
    let mut network = Network::new(&device);
    // PyTorch's file knows nothing of our neurons' definition, and of nothing else may anything be missing.
    let store = SafetensorsStore::from_file(&theirs).allow_partial(true);
    let mut store = store.with_from_adapter(SpikingLinears(PyTorchToBurnAdapter));
    let loaded = network.load_from(&mut store).expect("weights of the right shapes");
    println!("loaded {} tensors", loaded.applied.len());
    assert_eq!(loaded.applied.len(), 4);
    assert!(loaded.missing.iter().all(|(name, _)| name.ends_with(".definition")), "{:?}", loaded.missing);

    // The current of the first layer is x Wᵀ + b, as PyTorch computes it from [outputs, inputs].
    let x = [0.5f32, -1.0, 2.0, 0.25];
    let (_, weight) = &state_dict["fc1.weight"];
    let (_, bias) = &state_dict["fc1.bias"];
    let expected: Vec<f32> =
        (0..3).map(|row| bias[row] + (0..4).map(|column| weight[row * 4 + column] * x[column]).sum::<f32>()).collect();
    let current = snn_core::synapse::linear(
        Tensor::<2>::from_data([x], &device),
        network.fc1.weight.val(),
        network.fc1.bias.as_ref().expect("a bias").val(),
    );
    for (found, expected) in current.into_data().iter::<f32>().zip(expected) {
        assert!((found - expected).abs() < 1e-5, "PyTorch computes {expected}, the loaded layer {found}");
    }
    let spikes = network.fc1.forward(Tensor::<3>::ones([10, 1, 4], &device), None).output;
    assert_eq!(network.fc2.forward(spikes, None).output.dims(), [10, 1, 2]);

    // Only what PyTorch knows is written back.
    let store = SafetensorsStore::from_file(&ours).with_regex(PARAMETERS);
    let mut store = store.with_to_adapter(SpikingLinears(BurnToPyTorchAdapter));
    network.save_into(&mut store).expect("a writable folder");
    assert_eq!(read(&ours), state_dict, "what comes back is what PyTorch had, bit for bit");
    println!("written back unchanged");
}
