//! Every surrogate: its derivative is that of its primitive, on every device, and its spike is a step.

mod common;

use std::collections::HashSet;
use std::mem::discriminant;

use burn::tensor::{Tensor, TensorData};
use common::{Comparison as Comparisons, values};
use snn_core::check::devices;
use snn_core::layer::Neurons;
use snn_core::neuron::{Comparison, FireReset, IntegrateAndFire, IntegrateAndFireParameters, Reset};
use snn_core::surrogate::*;

/// The table: a surrogate, and where its derivative jumps.
fn table() -> Vec<(AnySurrogate, Vec<f64>)> {
    fn row(surrogate: impl Into<AnySurrogate>, jumps: &[f64]) -> (AnySurrogate, Vec<f64>) {
        (surrogate.into(), jumps.to_vec())
    }
    vec![
        row(ATan::default(), &[]),
        row(ATan::new(5.0), &[]),
        row(PrintedATan::default(), &[]),
        row(PrintedATan::new(0.7), &[]),
        row(FastSigmoid::default(), &[]),
        row(FastSigmoid::new(2.0), &[]),
        row(SoftSign::default(), &[]),
        row(SoftSign::new(0.5), &[]),
        row(SuperSpike::default(), &[]),
        row(SuperSpike::new(3.0), &[]),
        row(NonzeroSignLogAbs::default(), &[]),
        row(NonzeroSignLogAbs::new(4.0), &[]),
        row(QPseudoSpike::default(), &[]),
        row(QPseudoSpike::new(3.5), &[]),
        row(Circ::default(), &[]),
        row(Circ::new(5.0), &[]),
        row(NorseCirc::new(5.0), &[]),
        row(NorseCirc::new(0.3), &[]),
        row(SparseFastSigmoid::default(), &[-1.0, 1.0]),
        row(SparseFastSigmoid::new(3.0, 0.5), &[-0.5, 0.5]),
        row(SnnTorchSparseFastSigmoid::default(), &[1.0]),
        row(SnnTorchSparseFastSigmoid::new(2.0, 0.25), &[0.25]),
        row(Sigmoid::default(), &[]),
        row(Sigmoid::new(25.0), &[]),
        row(Tanh::default(), &[]),
        row(Tanh::new(5.0), &[]),
        row(NorseTanh::new(5.0), &[]),
        row(S2nn::default(), &[0.0]),
        row(S2nn::new(2.0, 0.5), &[0.0]),
        row(PiecewiseExp::default(), &[]),
        row(PiecewiseExp::new(3.0), &[]),
        row(SingleExponential::default(), &[]),
        row(SingleExponential::new(2.0, 0.3), &[]),
        row(SpikeRateEscape::default(), &[]),
        row(SpikeRateEscape::at_threshold(2.0, 1.0), &[]),
        row(Erf::default(), &[]),
        row(Erf::new(0.8), &[]),
        row(NorseErfc::new(5.0), &[]),
        row(Gaussian::default(), &[]),
        row(Gaussian::new(0.5, 0.2, 2.0), &[]),
        row(MultiGaussian::default(), &[]),
        row(StraightThrough::default(), &[]),
        row(PiecewiseQuadratic::default(), &[]),
        row(PiecewiseQuadratic::new(2.0), &[]),
        row(Triangle::default(), &[]),
        row(SnnTorchTriangular::default(), &[0.0]),
        row(SnnTorchTriangular::new(0.5), &[0.0]),
        row(Boxcar::default(), &[-0.5, 0.5]),
        row(Boxcar::new(2.0), &[-0.25, 0.25]),
        row(PiecewiseLeakyRelu::default(), &[-1.0, 1.0]),
        row(PiecewiseLeakyRelu::new(0.5, 0.1), &[-0.5, 0.5]),
        row(LeakyKRelu::default(), &[0.0]),
        row(LeakyKRelu::new(0.1, 2.0), &[0.0]),
        row(LogTailedRelu::default(), &[0.0]),
        row(LogTailedRelu::new(0.1), &[0.0]),
        row(SquarewaveFourierSeries::default(), &[]),
        row(SquarewaveFourierSeries::new(4.0, 5.0), &[]),
    ]
}

/// Distances from the threshold which meet no jump.
fn grid() -> impl Iterator<Item = f64> {
    (0..600).map(|i| -2.995 + 0.01 * f64::from(i))
}

#[test]
fn the_table_holds_every_surrogate() {
    let kinds: HashSet<_> = table().iter().map(|(surrogate, _)| discriminant(surrogate)).collect();
    assert_eq!(kinds.len(), AnySurrogate::NAMES.len(), "kinds in the table, and kinds there are");
}

#[test]
fn a_derivative_is_the_finite_difference_of_its_primitive() {
    let h = 1e-6;
    for (surrogate, jumps) in table() {
        let mut compared = 0;
        for x in grid().filter(|x| jumps.iter().all(|jump| (x - jump).abs() > 1e-3)) {
            let difference = (surrogate.primitive(x + h) - surrogate.primitive(x - h)) / (2.0 * h);
            let derivative: f64 = surrogate.derivative(x);
            let tolerance = 1e-8 + 1e-6 * derivative.abs();
            assert!(
                (derivative - difference).abs() < tolerance,
                "{surrogate:?} at {x}: derivative {derivative}, finite difference {difference}"
            );
            compared += 1;
        }
        assert!(compared > 590, "{surrogate:?}: {compared} places compared");
    }
}

#[test]
fn a_derivative_is_finite_in_f32_however_far_the_membrane_is() {
    for (surrogate, _) in table() {
        for x in [0.0f32, -0.0, 1e-40, 1e-20, 1e-3, 1.0, 90.0, 1e4, 1e10, 1e25, f32::MAX] {
            for x in [x, -x] {
                let derivative: f32 = surrogate.derivative(x);
                assert!(derivative.is_finite(), "{surrogate:?} at {x}: {derivative}");
            }
        }
    }
}

#[test]
fn a_spike_is_exactly_a_step() {
    for (surrogate, _) in table() {
        for (comparison, at_threshold) in [(Comparison::Above, 0.0), (Comparison::AtOrAbove, 1.0)] {
            let fire_reset = FireReset { comparison, ..FireReset::new(surrogate) };
            for x in [1e-40f32, 1e-7, 1.0, f32::MAX] {
                assert_eq!((fire_reset.spike(x), fire_reset.spike(-x)), (1.0, 0.0), "{fire_reset:?} at {x}");
            }
            assert_eq!(
                (fire_reset.spike(0.0f32), fire_reset.spike(-0.0f32)),
                (at_threshold, at_threshold),
                "{fire_reset:?}"
            );
        }
    }
}

/// One step of a neuron without leak and reset, so that the input's gradient is the derivative itself.
#[test]
fn a_derivative_is_the_same_on_every_device() {
    // The places are numbers of f32, so that devices and f64 see the same ones.
    let places: Vec<f32> = grid().map(|x| x as f32).chain([50.0, -50.0, 1e4, -1e4]).collect();
    let width = places.len();
    let mut comparison = Comparisons::default();
    for (backend, device) in devices() {
        let device = device.autodiff();
        for (surrogate, _) in table() {
            let neuron = IntegrateAndFire { fire_reset: FireReset { reset: Reset::None, ..FireReset::new(surrogate) } };
            let constants = IntegrateAndFireParameters { gain: 1.0, threshold: 0.0, reset: 0.0 };
            let input = Tensor::<3>::from_data(TensorData::new(places.clone(), [1, 1, width]), &device).require_grad();
            let scanned = Neurons::new(neuron, constants).forward(input.clone(), None);
            let steps: Vec<f32> = places.iter().map(|x| f32::from(*x > 0.0)).collect();
            assert_eq!(values(scanned.output.clone()), steps, "{surrogate:?} on {backend}");
            let gradients = scanned.output.sum().backward();
            let found = values(input.grad(&gradients).expect("a gradient"));
            let expected: Vec<f32> = places.iter().map(|x| surrogate.derivative(f64::from(*x)) as f32).collect();
            comparison.close(&format!("{surrogate:?} on {backend}"), &found, &expected, 2e-6);
        }
    }
    println!("largest relative difference {:.1e}", comparison.worst);
    comparison.finish();
}
