//! A hybrid network, dense and spiking, trained by burn-train's `Learner` with its metrics and dashboard.
//!
//! A [`SpikingStack`](snn_core::layer::SpikingStack) of spiking layers is one layer of an ordinary network, `[batch, inputs] -> [batch, outputs]`:
//! nothing outside it knows of time. The dashboard appears if standard output is a terminal; metrics, checkpoints and
//! log go to a folder which is deleted at the end.

use burn::data::dataloader::DataLoaderBuilder;
use burn::data::dataloader::batcher::Batcher;
use burn::data::dataset::InMemDataset;
use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig, Relu};
use burn::optim::AdamConfig;
use burn::optim::lr_scheduler::constant::ConstantLr;
use burn::tensor::{Device, Int, Tensor};
use burn::train::metric::{AccuracyMetric, LossMetric};
use burn::train::{ClassificationOutput, InferenceStep, Learner, SupervisedTraining, TrainOutput, TrainStep};
use snn_core::layer::{Encoding, Neurons, SpikingStack, SpikingStackConfig};
use snn_core::neuron::{GradedLif, GradedLifReset};
use snn_core::noise::NoiseSeed;

use crate::bars::{Bar, SIZE, accuracy, bars, batch};

/// Linear, rectifier, then a stack of two spiking layers.
#[derive(Module, Debug)]
struct Hybrid {
    dense: Linear,
    relu: Relu,
    spiking: SpikingStack<Neurons<GradedLif>>,
}

impl Hybrid {
    fn new(device: &Device) -> Self {
        let stack = SpikingStackConfig::new(vec![24, 16, 2], 8).with_encoding(Encoding::Constant).with_seed(Some(1));
        Self {
            dense: LinearConfig::new(SIZE * SIZE, 24).init(device),
            relu: Relu::new(),
            spiking: stack.init_chevalier2018(GradedLifReset::Scaled, device),
        }
    }

    fn forward(&self, images: Tensor<2>) -> Tensor<2> {
        let features = self.relu.forward(self.dense.forward(images));
        self.spiking.forward(features, NoiseSeed::new(0)) // constant encoding: no noise is drawn
    }

    fn classify(&self, (images, classes): (Tensor<2>, Tensor<1, Int>)) -> ClassificationOutput {
        let logits = self.forward(images);
        let loss = CrossEntropyLossConfig::new().init(&logits.device()).forward(logits.clone(), classes.clone());
        ClassificationOutput::new(loss, logits, classes)
    }
}

impl TrainStep for Hybrid {
    type Input = (Tensor<2>, Tensor<1, Int>);
    type Output = ClassificationOutput;

    fn step(&self, batch: Self::Input) -> TrainOutput<ClassificationOutput> {
        let output = self.classify(batch);
        TrainOutput::new(self, output.loss.backward(), output)
    }
}

impl InferenceStep for Hybrid {
    type Input = (Tensor<2>, Tensor<1, Int>);
    type Output = ClassificationOutput;

    fn step(&self, batch: Self::Input) -> ClassificationOutput {
        self.classify(batch)
    }
}

struct BarBatcher;

impl Batcher<Bar, (Tensor<2>, Tensor<1, Int>)> for BarBatcher {
    fn batch(&self, bars: Vec<Bar>, device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
        batch(&bars, device)
    }
}

/// Trains the network for a few epochs with burn-train, then tests it.
pub fn run() {
    let device = Device::flex().autodiff();
    device.seed(2);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let loader = |count: usize, seed: u64| {
        DataLoaderBuilder::new(BarBatcher).batch_size(32).shuffle(seed).build(InMemDataset::new(bars(count, seed)))
    };
    // Burn's default epsilon, 1e-5, is too large for spiking layers.
    let adam = AdamConfig::new().with_epsilon(1e-8).init();
    let learner = Learner::new(Hybrid::new(&device), adam, ConstantLr::new(0.01));
    let trained = SupervisedTraining::new(folder.path(), loader(640, 3), loader(128, 4))
        .metrics((AccuracyMetric::new(), LossMetric::new()))
        .with_default_checkpointers()
        .with_application_logger(None) // it would install a logger for the whole process
        .num_epochs(3)
        .summary()
        .launch(learner);
    assert!(trained.error.is_none(), "burn-train reports {:?}", trained.error);

    let (images, classes) = batch(&bars(200, 5), &Device::flex());
    let accuracy = accuracy(trained.model.forward(images), classes);
    println!("accuracy on new images {accuracy:.3}");
    assert!(accuracy > 0.95, "a hybrid network learns under burn-train's Learner: {accuracy}");
    let checkpoint = folder.path().join("checkpoint");
    assert!(checkpoint.join("model-3.bpk").exists(), "the Learner has saved the weights of the last epoch");
}
