//! Numbers, networks, and gradients to compare.

use burn::module::{ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use snn_core::noise::{NoiseSeed, uniform};
use snn_network::{InputShape, Network, NetworkFile, Options};

/// Numbers uniform in 0 .. 1.
pub fn numbers<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let key = NoiseSeed::new(seed).key(0);
    let count: usize = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|i| uniform(key, i as u32)).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

#[track_caller]
pub fn network(text: &str, input: InputShape, device: &Device) -> Network {
    let file: NetworkFile = text.parse().unwrap_or_else(|error| panic!("{error}"));
    Network::new(&file, &input, &Options { seed: 7, ..Options::default() }, device).unwrap_or_else(|e| panic!("{e}"))
}

pub fn refused(text: &str, input: InputShape) -> String {
    let file = text.parse::<NetworkFile>();
    let built = file.and_then(|file| Network::new(&file, &input, &Options::default(), &Device::flex()));
    built.expect_err("a sentence").to_string()
}

pub fn largest(numbers: &[f32]) -> f32 {
    numbers.iter().fold(0.0f32, |largest, number| largest.max(number.abs()))
}

/// The largest difference of two lists, relative to the largest number of the second one.
pub fn difference(found: &[f32], expected: &[f32]) -> f32 {
    difference_to(found, expected, largest(expected))
}

fn difference_to(found: &[f32], expected: &[f32], scale: f32) -> f32 {
    assert_eq!(found.len(), expected.len());
    let scale = scale.max(f32::MIN_POSITIVE);
    let apart = found.iter().zip(expected).map(|(a, b)| if a == b { 0.0 } else { (a - b).abs() });
    apart.fold(0.0f32, |largest, apart| if apart.is_nan() { f32::INFINITY } else { largest.max(apart) }) / scale
}

/// For each parameter of a network that has one, how far gradients of two kinds differ, relative to its largest one: or to the
/// share `floor` of the largest of all, as a bias in front of a norm has a gradient which is nothing but rounding.
pub fn differences(
    network: &Network,
    found: &GradientsParams,
    expected: &GradientsParams,
    floor: f32,
) -> Vec<(String, f32)> {
    use burn::module::Module;
    struct Compare<'a> {
        found: &'a GradientsParams,
        expected: &'a GradientsParams,
        path: Vec<String>,
        result: Vec<(String, Vec<f32>, Vec<f32>)>,
    }
    impl ModuleVisitor for Compare<'_> {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.pop();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let of = |gradients: &GradientsParams| gradients.get::<D>(param.id).map(values);
            let place = self.path.join(".");
            // What was not reached is zero.
            let (found, expected) = match (of(self.found), of(self.expected)) {
                (None, None) => return,
                (Some(found), None) => (vec![0.0; found.len()], found),
                (found, Some(expected)) => (found.unwrap_or(vec![0.0; expected.len()]), expected),
            };
            self.result.push((place, found, expected));
        }
    }
    let mut compare = Compare { found, expected, path: Vec::new(), result: Vec::new() };
    network.visit(&mut compare);
    let of_all = compare.result.iter().map(|(_, _, expected)| largest(expected)).fold(0.0, f32::max);
    let difference = |(place, found, expected): (String, Vec<f32>, Vec<f32>)| {
        let scale = largest(&expected).max(floor * of_all);
        (place, difference_to(&found, &expected, scale))
    };
    compare.result.into_iter().map(difference).collect()
}

#[track_caller]
pub fn assert_same(network: &Network, found: &GradientsParams, expected: &GradientsParams, what: &str) {
    let differences = differences(network, found, expected, 1e-2);
    assert!(!differences.is_empty(), "{what}: no gradient at all");
    for (place, difference) in differences {
        assert!(difference <= 1e-5, "{what}: the gradients of {place} differ by {difference:e}");
    }
}
