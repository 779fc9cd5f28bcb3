//! Which surrogate of ours each class of a peer is.

use snn_core::surrogate::*;

use crate::common::Fixture;
use crate::params::{Params, norse_surrogate};
use snn_core::surrogate::AnySurrogate;

pub fn surrogate_of(file: &Fixture) -> AnySurrogate {
    let p = Params::of(file);
    let class = file.text("cls");
    if let Some(surrogate) = class.strip_prefix("norse_").and_then(|method| norse_surrogate(method, p.number("alpha")))
    {
        return surrogate;
    }
    let alpha = || p.number("alpha");
    match class {
        "snntorch_atan" => ATan::new(alpha()).into(),
        "snntorch_fast_sigmoid" => FastSigmoid::new(p.number("slope")).into(),
        "snntorch_sigmoid" => Sigmoid::new(p.number("slope")).into(),
        "snntorch_straight_through" => StraightThrough::default().into(),
        "snntorch_triangular" => SnnTorchTriangular::new(p.number_or("threshold", 1.0)).into(),
        "snntorch_spike_rate_escape" => SpikeRateEscape::new(p.number("beta"), p.number("slope"), 1.0).into(),
        "snntorch_sparse_fast_sigmoid" => SnnTorchSparseFastSigmoid::new(p.number("slope"), p.number("B")).into(),
        "spikingjelly_PiecewiseQuadratic" => PiecewiseQuadratic::new(alpha()).into(),
        "spikingjelly_PiecewiseExp" => PiecewiseExp::new(alpha()).into(),
        "spikingjelly_Sigmoid" => Sigmoid::new(alpha()).into(),
        "spikingjelly_SoftSign" => SoftSign::new(alpha()).into(),
        "spikingjelly_SuperSpike" => SuperSpike::new(alpha()).into(),
        "spikingjelly_ATan" => ATan::new(alpha()).into(),
        "spikingjelly_NonzeroSignLogAbs" => NonzeroSignLogAbs::new(alpha()).into(),
        "spikingjelly_Erf" => Erf::new(alpha()).into(),
        "spikingjelly_PiecewiseLeakyReLU" => PiecewiseLeakyRelu::new(p.number("w"), p.number("c")).into(),
        "spikingjelly_SquarewaveFourierSeries" => {
            SquarewaveFourierSeries::new(p.number("n") - 1.0, p.number("T_period")).into()
        }
        "spikingjelly_S2NN" => S2nn::new(alpha(), p.number("beta")).into(),
        "spikingjelly_QPseudoSpike" => QPseudoSpike::new(alpha()).into(),
        "spikingjelly_LeakyKReLU" => LeakyKRelu::new(p.number("leak"), p.number("k")).into(),
        "spikingjelly_LogTailedReLU" => LogTailedRelu::new(alpha()).into(),
        "spikingjelly_Rect" => Boxcar::new(alpha()).into(),
        _ => panic!("{}: no surrogate for class `{class}`", file.name),
    }
}
