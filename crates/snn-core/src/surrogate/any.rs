//! Any surrogate, chosen while a program runs.

use super::*;

macro_rules! any {
    ($($name:ident: $text:literal;)*) => {
        /// Any surrogate, chosen by its name while a program runs.
        ///
        /// A neuron with it calls a function at each step of its backward scan, which costs several times what a surrogate
        /// costs that the compiler knows. Forward scans are as fast as ever.
        ///
        /// # Example
        /// ```
        /// use snn_core::surrogate::{AnySurrogate, FastSigmoid, Surrogate};
        /// let surrogate = AnySurrogate::named("fast-sigmoid").expect("there is one");
        /// assert_eq!(surrogate.derivative(0.1), FastSigmoid::default().derivative(0.1));
        /// assert!(AnySurrogate::NAMES.contains(&"atan"));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AnySurrogate {
            $(#[doc = concat!("`", $text, "`")] $name($name)),*
        }

        impl AnySurrogate {
            /// The names of all surrogates.
            pub const NAMES: &'static [&'static str] = &[$($text),*];

            /// The surrogate called `name` with its default parameters, or `None` if there is none of that name.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$name($name::default())),)*
                    _ => None,
                }
            }

            /// Its name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $text),* }
            }

            /// Its parameters by name; the first one is what sets its width.
            pub fn numbers(&mut self) -> Vec<(&'static str, &mut f64)> {
                match self { $(Self::$name(surrogate) => surrogate.fields()),* }
            }
        }

        impl Surrogate for AnySurrogate {
            fn primitive(&self, x: f64) -> f64 {
                match self { $(Self::$name(surrogate) => surrogate.primitive(x)),* }
            }
            // Else every neuron contains every surrogate, once for each direction of its adjoint.
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
    };
}
any! {
    ATan: "atan";
    PrintedATan: "printed-atan";
    FastSigmoid: "fast-sigmoid";
    SoftSign: "soft-sign";
    SuperSpike: "super-spike";
    NonzeroSignLogAbs: "nonzero-sign-log-abs";
    QPseudoSpike: "q-pseudo-spike";
    Circ: "circ";
    NorseCirc: "norse-circ";
    SparseFastSigmoid: "sparse-fast-sigmoid";
    SnnTorchSparseFastSigmoid: "snntorch-sparse-fast-sigmoid";
    Sigmoid: "sigmoid";
    Tanh: "tanh";
    NorseTanh: "norse-tanh";
    S2nn: "s2nn";
    PiecewiseExp: "piecewise-exp";
    SingleExponential: "single-exponential";
    SpikeRateEscape: "spike-rate-escape";
    Erf: "erf";
    NorseErfc: "norse-erfc";
    Gaussian: "gaussian";
    MultiGaussian: "multi-gaussian";
    StraightThrough: "straight-through";
    PiecewiseQuadratic: "piecewise-quadratic";
    Triangle: "triangle";
    SnnTorchTriangular: "snntorch-triangular";
    Boxcar: "boxcar";
    PiecewiseLeakyRelu: "piecewise-leaky-relu";
    LeakyKRelu: "leaky-k-relu";
    LogTailedRelu: "log-tailed-relu";
    SquarewaveFourierSeries: "squarewave-fourier-series";
}
