//! What a layer is, besides its parameters: saved with them, and compared when they are loaded.

use burn::module::{Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// Integers that hold a definition, four bytes of its text each: the same for all, so that a file of another layer differs
/// in what it says and not in its shape.
const LENGTH: usize = 512;

/// A text that belongs to the parameters of a layer: kind, constants and options of its neurons, say.
///
/// Two layers whose parameters have the same shapes may still be different layers. So the text is part of what a module
/// saves (in a record of Burn as well as in a file of `burn-store`), as one tensor of integers called `definition`. It is no
/// parameter: it is not counted, moved, or trained.
///
/// # Panics
/// On loading parameters that were saved with another text: the message has both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    text: String,
}

impl Definition {
    pub(crate) fn new(text: String) -> Self {
        assert!(text.len() <= 4 * LENGTH, "a definition of {} bytes, at most {} can be saved", text.len(), 4 * LENGTH);
        Self { text }
    }

    /// What is saved.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn parameter(&self) -> Param<Tensor<1, Int>> {
        let mut bytes = self.text.clone().into_bytes();
        bytes.resize(4 * LENGTH, 0);
        let words: Vec<i32> = bytes.as_chunks::<4>().0.iter().map(|word| i32::from_le_bytes(*word)).collect();
        let text = self.text.clone();
        Param::initialized(Default::default(), Tensor::from_data(TensorData::new(words, [LENGTH]), &Device::flex()))
            .load_mapper(move |loaded: Tensor<1, Int>| {
                let saved = decoded(&loaded);
                assert!(saved == text, "the saved parameters are of «{saved}», this layer is «{text}»");
                loaded
            })
    }
}

fn decoded(words: &Tensor<1, Int>) -> String {
    let bytes: Vec<u8> = words.to_data().iter::<i64>().flat_map(|word| (word as i32).to_le_bytes()).collect();
    String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned()
}

impl Module for Definition {
    fn num_params(&self) -> usize {
        0
    }
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        visitor.visit_int(&self.parameter());
    }
    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        mapper.map_int(self.parameter());
        self
    }
    fn collect_devices(&self, devices: Devices) -> Devices {
        devices
    }
    fn to_device(self, _device: &Device) -> Self {
        self
    }
    fn fork(self, _device: &Device) -> Self {
        self
    }
    fn train(self) -> Self {
        self
    }
    fn valid(&self) -> Self {
        self.clone()
    }
    fn materialize(self) -> Self {
        self
    }
}

impl ModuleDisplayDefault for Definition {
    fn content(&self, content: Content) -> Option<Content> {
        content.add_formatted(&self.text).optional()
    }
}
impl ModuleDisplay for Definition {}
