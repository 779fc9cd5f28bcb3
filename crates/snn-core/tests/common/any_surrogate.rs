//! Any surrogate, chosen at run time: slow, but one neuron with it stands for all of them.

use snn_core::neuron::Scalar;
use snn_core::surrogate::*;

macro_rules! any {
    ($($name:ident)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AnySurrogate { $($name($name)),* }

        impl Surrogate for AnySurrogate {
            fn primitive(&self, x: f64) -> f64 {
                match self { $(Self::$name(surrogate) => surrogate.primitive(x)),* }
            }
            // Else every neuron of a test contains every surrogate, once for each direction of its adjoint.
            #[inline(never)]
            fn derivative<S: Scalar>(&self, x: S) -> S {
                match self { $(Self::$name(surrogate) => surrogate.derivative(x)),* }
            }
        }
        $(impl From<$name> for AnySurrogate {
            fn from(surrogate: $name) -> Self {
                Self::$name(surrogate)
            }
        })*

        /// How many surrogates there are.
        pub const COUNT: usize = [$(stringify!($name)),*].len();
    };
}
any! {
    ATan PrintedATan FastSigmoid SoftSign SuperSpike NonzeroSignLogAbs QPseudoSpike Circ NorseCirc SparseFastSigmoid
    SnnTorchSparseFastSigmoid Sigmoid Tanh NorseTanh S2nn PiecewiseExp SingleExponential SpikeRateEscape Erf NorseErfc
    Gaussian MultiGaussian StraightThrough PiecewiseQuadratic Triangle SnnTorchTriangular Boxcar PiecewiseLeakyRelu
    LeakyKRelu LogTailedRelu SquarewaveFourierSeries
}
