//! Surrogates made of straight pieces.

use super::{number, one, surrogate};

surrogate! {
    /// Straight through: the derivative is one everywhere.
    ///
    /// ```text
    /// g(x) = x,  g'(x) = 1
    /// ```
    /// snnTorch's `straight_through_estimator`, SpikingJelly's `DeterministicPass`.
    ///
    /// # Source
    /// Bengio, Léonard and Courville (2013), "Estimating or Propagating Gradients Through Stochastic Neurons for
    /// Conditional Computation", arXiv:1308.3432.
    #[doc(alias = "straight_through_estimator")]
    StraightThrough {}
    primitive(self, x) { x }
    derivative(self, _x) { one::<S>() }
}

surrogate! {
    /// A triangle with area one.
    ///
    /// ```text
    /// g(x)  = 1/2 + α x - sign(x) α² x²/2   for |x| ≤ 1/α, 0 below, 1 above
    /// g'(x) = α max(0, 1 - α|x|)
    /// ```
    /// SpikingJelly's `PiecewiseQuadratic`.
    PiecewiseQuadratic {
        /// α, the height; the triangle ends 1/α from the threshold.
        alpha = 1.0
    }
    primitive(self, x) {
        let z = (self.alpha.0 * x).clamp(-1.0, 1.0);
        0.5 + z - z.signum() * z * z / 2.0
    }
    derivative(self, x) {
        let height = one::<S>() - x.abs() * number(self.alpha.0);
        number::<S>(self.alpha.0) * height.max(number(0.0))
    }
}

surrogate! {
    /// A triangle that ends one from the threshold, of a height of your choice.
    ///
    /// ```text
    /// g(x)  = h (z - sign(z) z²/2) with z = x, held within [-1, 1]
    /// g'(x) = h max(0, 1 - |x|)
    /// ```
    /// Norse's `triangle`, where h is called α (0.3 in the papers).
    ///
    /// # Source
    /// Esser et al. (2016), "Convolutional networks for fast, energy-efficient neuromorphic computing", PNAS 113;
    /// Bellec et al. (2020), "A solution to the learning dilemma for recurrent networks of spiking neurons", Nature
    /// Communications 11.
    Triangle {
        /// h, the height.
        height = 0.3
    }
    primitive(self, x) {
        let z = x.clamp(-1.0, 1.0);
        self.height.0 * (z - z.signum() * z * z / 2.0)
    }
    derivative(self, x) { number::<S>(self.height.0) * (one::<S>() - x.abs()).max(number(0.0)) }
}

surrogate! {
    /// What snnTorch calls triangular: θ below the threshold and *minus* θ above it.
    ///
    /// ```text
    /// g(x)  = -θ |x|
    /// g'(x) = θ for x < 0, -θ for x ≥ 0
    /// ```
    /// The primitive is a triangle, the derivative is not, and a neuron above its threshold is pushed the wrong way.
    /// A derivative in the shape of a triangle is [`PiecewiseQuadratic`] or [`Triangle`].
    SnnTorchTriangular {
        /// θ; in snnTorch an argument of its own, 1 unless given, whatever the neuron's threshold is.
        threshold = 1.0
    }
    primitive(self, x) { -self.threshold.0 * x.abs() }
    derivative(self, x) { x.if_not_negative(number(-self.threshold.0), number(self.threshold.0)) }
}

surrogate! {
    /// A rectangle with area one.
    ///
    /// ```text
    /// g(x)  = α x + 1/2, held within [0, 1]
    /// g'(x) = α if |x| < 1/(2α), else 0
    /// ```
    /// SpikingJelly's `Rect`; the boxcar of Spyx.
    ///
    /// # Source
    /// Wu et al. (2018), "Spatio-Temporal Backpropagation for Training High-Performance Spiking Neural Networks",
    /// Frontiers in Neuroscience 12.
    Boxcar {
        /// α, the height; the rectangle is 1/α wide.
        alpha = 1.0
    }
    primitive(self, x) { (self.alpha.0 * x + 0.5).clamp(0.0, 1.0) }
    derivative(self, x) {
        let inside = number::<S>(0.5 / self.alpha.0) - x.abs();
        inside.if_positive(number(self.alpha.0), number(0.0))
    }
}

surrogate! {
    /// A rectangle with area one, and a small slope outside.
    ///
    /// ```text
    /// g(x)  = c x + c w for x < -w,  x/(2w) + 1/2 between,  c x - c w + 1 for x > w
    /// g'(x) = 1/(2w) if |x| < w, else c
    /// ```
    /// SpikingJelly's `PiecewiseLeakyReLU`.
    PiecewiseLeakyRelu {
        /// w, half the width.
        width = 1.0,
        /// c, the slope outside.
        leak = 0.01,
    }
    primitive(self, x) {
        let (w, c) = (self.width.0, self.leak.0);
        let inside = x.clamp(-w, w);
        inside / (2.0 * w) + 0.5 + c * (x - inside)
    }
    derivative(self, x) {
        let inside = number::<S>(self.width.0) - x.abs();
        inside.if_positive(number(0.5 / self.width.0), number(self.leak.0))
    }
}

surrogate! {
    /// One slope below the threshold, another above.
    ///
    /// ```text
    /// g(x)  = leak·x for x < 0, k·x for x ≥ 0
    /// g'(x) = leak   for x < 0, k   for x ≥ 0
    /// ```
    /// SpikingJelly's `LeakyKReLU`. `LeakyKRelu::new(0.1, 1.0)` is what snnTorch documents as leaky spike operator
    /// (`LSO`; its code calls the stochastic one instead), `new(0.0, 1.0)` is its `heaviside`.
    LeakyKRelu {
        /// The slope below the threshold.
        leak = 0.0,
        /// The slope above.
        k = 1.0,
    }
    primitive(self, x) { x * if x < 0.0 { self.leak.0 } else { self.k.0 } }
    derivative(self, x) { x.if_not_negative(number(self.k.0), number(self.leak.0)) }
}

surrogate! {
    /// A rectifier whose tail is logarithmic.
    ///
    /// ```text
    /// g(x)  = α x for x ≤ 0,  x between 0 and 1,  1 + ln x for x > 1
    /// g'(x) = α   for x ≤ 0,  1 between 0 and 1,  1/x      for x > 1
    /// ```
    /// SpikingJelly's `LogTailedReLU`.
    ///
    /// # Source
    /// Cai et al. (2017), "Deep Learning with Low Precision by Half-wave Gaussian Quantization", CVPR.
    LogTailedRelu {
        /// α, the slope below the threshold.
        alpha = 0.0
    }
    primitive(self, x) {
        if x > 1.0 { 1.0 + x.ln() } else if x > 0.0 { x } else { self.alpha.0 * x }
    }
    derivative(self, x) { x.if_positive(one::<S>() / x.max(one()), number(self.alpha.0)) }
}
