//! Convolutions against their definition in f64.

use super::*;
use crate::noise::{NoiseSeed, uniform};

fn random(count: usize, seed: u64) -> Vec<f32> {
    (0..count).map(|element| uniform(NoiseSeed::new(seed).key(0), element as u32) - 0.5).collect()
}

/// Numbers without an order, for sizes.
struct Dice(u32);

impl Dice {
    fn up_to(&mut self, most: usize) -> usize {
        self.0 += 1;
        (uniform(77, self.0) * most as f32) as usize
    }
}

/// A sum, and the sum of the magnitudes of its terms.
#[derive(Clone, Copy, Default)]
struct Sum {
    value: f64,
    magnitude: f64,
}

impl Sum {
    fn add(&mut self, term: f64) {
        self.value += term;
        self.magnitude += term.abs();
    }
}

/// Calls `term` with the places of every product of the convolution: input, weight, output.
fn each_term(sizes: &ConvSizes, mut term: impl FnMut(usize, usize, usize)) {
    let (inputs, outputs) = (sizes.inputs / sizes.groups, sizes.outputs / sizes.groups);
    let source = |axis: Axis, target: usize, tap: usize| {
        (target * axis.stride + tap * axis.dilation).checked_sub(axis.padding).filter(|source| *source < axis.size)
    };
    let (height, width) = (sizes.height, sizes.width);
    for row in 0..sizes.rows {
        for output in 0..sizes.outputs {
            let group = output / outputs;
            for (y, x) in (0..height.outputs()).flat_map(|y| (0..width.outputs()).map(move |x| (y, x))) {
                let target = ((row * sizes.outputs + output) * height.outputs() + y) * width.outputs() + x;
                for input in 0..inputs {
                    for (ky, kx) in (0..height.kernel).flat_map(|ky| (0..width.kernel).map(move |kx| (ky, kx))) {
                        let (Some(iy), Some(ix)) = (source(height, y, ky), source(width, x, kx)) else { continue };
                        let channel = row * sizes.inputs + group * inputs + input;
                        term(
                            (channel * height.size + iy) * width.size + ix,
                            ((output * inputs + input) * height.kernel + ky) * width.kernel + kx,
                            target,
                        );
                    }
                }
            }
        }
    }
}

struct Case {
    sizes: ConvSizes,
    input: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    gradient: Vec<f32>,
}

impl Case {
    fn new(sizes: ConvSizes) -> Self {
        Self {
            sizes,
            input: random(sizes.input(), 1),
            weight: random(sizes.weight(), 2),
            bias: random(sizes.outputs, 3),
            gradient: random(sizes.output(), 4),
        }
    }

    /// Mostly zero, as spikes of up to four are.
    fn with_spikes(mut self, share: f32) -> Self {
        for value in &mut self.input {
            let chance = *value + 0.5;
            *value = if chance < share { 1.0 + (chance / share * 4.0).floor() } else { 0.0 };
        }
        self
    }

    fn results<R: Registers>(&self, registers: R, activity: Activity) -> [Vec<f32>; 4] {
        let Self { sizes, input, weight, bias, gradient } = self;
        let (d_weight, d_bias) = ParameterGradients { sizes, input, gradient, activity }.run(registers);
        [
            Forward { sizes, input, weight, bias: Some(bias), activity }.run(registers),
            InputGradient { sizes, weight, gradient }.run(registers),
            d_weight,
            d_bias,
        ]
    }

    fn expected(&self) -> [Vec<Sum>; 4] {
        let Self { sizes, input, weight, bias, gradient } = self;
        let (mut output, mut d_input) = (vec![Sum::default(); sizes.output()], vec![Sum::default(); sizes.input()]);
        let (mut d_weight, mut d_bias) = (vec![Sum::default(); sizes.weight()], vec![Sum::default(); sizes.outputs]);
        each_term(sizes, |from, tap, to| {
            let (x, w, g) = (f64::from(input[from]), f64::from(weight[tap]), f64::from(gradient[to]));
            output[to].add(x * w);
            d_input[from].add(g * w);
            d_weight[tap].add(g * x);
        });
        let plane = sizes.height.outputs() * sizes.width.outputs();
        for (to, output) in output.iter_mut().enumerate() {
            output.add(f64::from(bias[to / plane % sizes.outputs]));
            d_bias[to / plane % sizes.outputs].add(f64::from(gradient[to]));
        }
        [output, d_input, d_weight, d_bias]
    }

    /// Every number within `bound` times the sum of its terms' magnitudes.
    fn check<R: Registers>(&self, name: &str, registers: R, activity: Activity, bound: f64) {
        let names = ["output", "gradient of the input", "gradient of the weight", "gradient of the bias"];
        for ((what, got), expected) in names.iter().zip(self.results(registers, activity)).zip(self.expected()) {
            assert_eq!(got.len(), expected.len(), "{name} {what} {:?}", self.sizes);
            for (index, (got, expected)) in got.iter().zip(&expected).enumerate() {
                assert!(
                    (f64::from(*got) - expected.value).abs() <= bound * expected.magnitude,
                    "{name}, number {index} of the {what} is {got}, not {} within {bound:e} x {}: {:?}",
                    expected.value,
                    expected.magnitude,
                    self.sizes
                );
            }
        }
    }
}

/// Settings of every kind, a few of them of one axis.
fn settings() -> impl Iterator<Item = ConvSizes> {
    let mut dice = Dice(0);
    (0..240)
        .map(move |index| {
            let mut axis = |most: usize| {
                let axis = Axis {
                    size: 1 + dice.up_to(most),
                    kernel: 1 + dice.up_to(5),
                    stride: 1 + dice.up_to(3),
                    padding: dice.up_to(4),
                    dilation: 1 + dice.up_to(3),
                };
                let span = (axis.kernel - 1) * axis.dilation + 1;
                Axis { padding: axis.padding.max(span.saturating_sub(axis.size).div_ceil(2)), ..axis }
            };
            let height = if index % 5 == 0 { Axis::ABSENT } else { axis(12) };
            let width = axis(if index % 5 == 0 { 60 } else { 12 });
            let groups = [1, 1, 1, 2, 3, 5][dice.up_to(6)];
            let most = [3, 20, 40][dice.up_to(3)];
            let channels = |dice: &mut Dice| if dice.up_to(4) == 0 { 1 } else { 1 + dice.up_to(most) };
            let (inputs, outputs) = (groups * channels(&mut dice), groups * channels(&mut dice));
            ConvSizes { rows: 1 + dice.up_to(7), inputs, outputs, groups, height, width }
        })
        .chain([large()])
}

/// One with several tiles for each image, and panels that are not full.
fn large() -> ConvSizes {
    let width = Axis { size: 301, kernel: 3, stride: 1, padding: 1, dilation: 1 };
    let height = Axis { size: 3, kernel: 2, stride: 1, padding: 1, dilation: 1 };
    ConvSizes { rows: 3, inputs: 3, outputs: 70, groups: 1, height, width }
}

/// All settings, dense ones and sparse ones.
fn check<R: Registers>(name: &str, registers: R) {
    for sizes in settings() {
        Case::new(sizes).check(name, registers, Activity::Dense, 1e-6);
        let spikes = Case::new(sizes).with_spikes(0.15);
        spikes.check(&format!("{name}, spikes"), registers, Activity::Dense, 1e-6);
        spikes.check(&format!("{name}, spikes one by one"), registers, Activity::Sparse, 1e-6);
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn registers_of_512_bits_give_the_convolution_of_the_definition() {
    let Some(registers) = F32::detect() else { return println!("skipped: this processor has no AVX-512") };
    check("AVX-512", registers);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn registers_of_256_bits_give_the_convolution_of_the_definition() {
    let Some(registers) = avx2::Avx2::detect() else { return println!("skipped: this processor has no AVX2") };
    check("AVX2", registers);
}

#[test]
fn any_processor_gives_the_convolution_of_the_definition() {
    check("plain", plain::Plain);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn products_in_bf16_keep_the_bound_of_two_rounded_factors() {
    let Some(registers) = Bf16::detect() else { return println!("skipped: this processor has no AVX-512-BF16") };
    let unit = 2f64.powi(-8);
    for sizes in settings() {
        Case::new(sizes).check("bf16", registers, Activity::Dense, 2.0 * unit + unit * unit + 1e-6);
    }
}

/// `Plain` and all registers this processor has.
fn on_all_registers(mut work: impl FnMut(&str, &(dyn Fn(&Case, Activity) -> [Vec<f32>; 4] + Sync))) {
    work("plain", &|case, activity| case.results(plain::Plain, activity));
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(registers) = avx2::Avx2::detect() {
            work("AVX2", &|case, activity| case.results(registers, activity));
        }
        if let Some(registers) = F32::detect() {
            work("AVX-512", &|case, activity| case.results(registers, activity));
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

#[test]
fn gradients_are_the_adjoints_of_the_convolution() {
    for sizes in settings().step_by(3) {
        let mut case = Case::new(sizes);
        case.bias.fill(0.0);
        on_all_registers(|name, results| {
            let [output, d_input, d_weight, _] = results(&case, Activity::Dense);
            let magnitude = (dot(&output, &output) * dot(&case.gradient, &case.gradient)).sqrt() + 1e-30;
            let expected = dot(&output, &case.gradient);
            for (what, got) in [("input", dot(&case.input, &d_input)), ("weight", dot(&case.weight, &d_weight))] {
                assert!((got - expected).abs() < 1e-5 * magnitude, "{name}, {what}: {got}, not {expected}: {sizes:?}");
            }
        });
    }
}

/// Sizes with enough tiles, panels and parts for several threads.
fn shared_out() -> [ConvSizes; 3] {
    let axis = |size, kernel, stride| Axis { size, kernel, stride, padding: 1, dilation: 1 };
    [
        ConvSizes { rows: 67, inputs: 5, outputs: 150, groups: 1, height: axis(9, 3, 2), width: axis(11, 3, 1) },
        ConvSizes { rows: 19, inputs: 8, outputs: 8, groups: 8, height: axis(20, 3, 1), width: axis(20, 3, 1) },
        ConvSizes { rows: 3, inputs: 6, outputs: 130, groups: 2, height: Axis::ABSENT, width: axis(40, 5, 1) },
    ]
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    for sizes in shared_out() {
        for activity in [Activity::Dense, Activity::Sparse] {
            let case = Case::new(sizes).with_spikes(0.2);
            on_all_registers(|name, results| {
                let [one, others @ ..] = [1, 2, 5].map(|threads| {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
                    // A second time, with memory that was used before.
                    pool.install(|| [(); 2].map(|()| results(&case, activity)))
                });
                assert!(
                    one[0] == one[1] && others.iter().all(|other| *other == one),
                    "{name}, {activity:?}: {sizes:?}"
                );
            });
        }
    }
}

#[test]
fn spikes_one_by_one_give_the_dense_product() {
    for (index, sizes) in settings().step_by(3).enumerate() {
        let case = Case::new(sizes).with_spikes([0.0, 0.02, 0.2, 1.0][index % 4]);
        let expected = case.expected();
        on_all_registers(|name, results| {
            let (dense, sparse) = (results(&case, Activity::Dense), results(&case, Activity::Sparse));
            for ((dense, sparse), expected) in dense.iter().zip(&sparse).zip(&expected) {
                for ((dense, sparse), expected) in dense.iter().zip(sparse).zip(expected) {
                    assert!(f64::from((dense - sparse).abs()) <= 1e-6 * expected.magnitude, "{name}: {sizes:?}");
                }
            }
        });
    }
}

#[test]
fn spikes_are_sparse_and_images_are_not() {
    let axis = Axis { size: 14, kernel: 3, stride: 2, padding: 1, dilation: 1 };
    let sizes = ConvSizes { rows: 4, inputs: 32, outputs: 64, groups: 1, height: axis, width: axis };
    let of = |share: f32| activity::activity(&Case::new(sizes).with_spikes(share).input, &sizes);
    assert_eq!([0.0, 0.1, 0.2, 1.0].map(of), [Activity::Sparse, Activity::Sparse, Activity::Dense, Activity::Dense]);
    let narrow = ConvSizes { outputs: 8, ..sizes };
    assert_eq!(activity::activity(&vec![0.0; narrow.input()], &narrow), Activity::Dense);
}

#[test]
fn not_a_number_goes_where_it_is_multiplied_and_nowhere_else() {
    let axis = Axis { size: 8, kernel: 3, stride: 1, padding: 1, dilation: 1 };
    let sizes = ConvSizes { rows: 2, inputs: 2, outputs: 33, groups: 1, height: axis, width: axis };
    let mut case = Case::new(sizes);
    case.input[9] = f32::NAN;
    on_all_registers(|name, results| {
        for activity in [Activity::Dense, Activity::Sparse] {
            let [output, ..] = results(&case, activity);
            let reached = |index: usize| index < 33 * 64 && index % 64 / 8 < 3 && index % 8 < 3;
            for (index, number) in output.iter().enumerate() {
                assert_eq!(number.is_nan(), reached(index), "{name}, {activity:?}, number {index}");
            }
        }
    });
}

#[test]
fn what_is_no_convolution_is_refused_with_a_sentence() {
    let axis = Axis { size: 8, kernel: 3, stride: 1, padding: 0, dilation: 1 };
    let sizes = ConvSizes { rows: 2, inputs: 4, outputs: 6, groups: 2, height: axis, width: axis };
    let refused = [
        (ConvSizes { rows: 0, ..sizes }, "0 images from 4 to 6 channels"),
        (ConvSizes { outputs: 0, ..sizes }, "from 4 to 0 channels"),
        (ConvSizes { groups: 0, ..sizes }, "cannot be cut into 0 equal groups"),
        (ConvSizes { groups: 3, ..sizes }, "4 input channels and 6 output channels cannot be cut into 3 equal groups"),
        (ConvSizes { width: Axis { stride: 0, ..axis }, ..sizes }, "a stride of 0"),
        (ConvSizes { width: Axis { kernel: 0, ..axis }, ..sizes }, "a kernel of 0"),
        (ConvSizes { height: Axis { size: 0, ..axis }, ..sizes }, "a height of 0"),
        (
            ConvSizes { height: Axis { dilation: 4, ..axis }, ..sizes },
            "reaches over 9 numbers does not fit a height of 8",
        ),
    ];
    for (sizes, expected) in refused {
        let caught = std::panic::catch_unwind(|| forward(Precision::F32, &sizes, &[], &[], None));
        let message = *caught.expect_err("a refusal").downcast::<String>().expect("a sentence");
        assert!(message.contains(expected), "{message:?} does not say {expected:?}");
    }
    let caught = std::panic::catch_unwind(|| forward(Precision::F32, &sizes, &[0.0; 3], &[], None));
    let message = *caught.expect_err("a refusal").downcast::<String>().expect("a sentence");
    assert!(message.starts_with("an input of 3 numbers, where ConvSizes"), "{message:?}");
}

#[cfg(target_arch = "x86_64")]
#[test]
fn bf16_is_for_dense_inputs_and_many_channels() {
    if Bf16::detect().is_none() {
        return println!("skipped: this processor has no AVX-512-BF16");
    }
    let [many, few, _] = shared_out();
    let both = |case: &Case| {
        let Case { sizes, input, weight, gradient, .. } = case;
        [Precision::F32, Precision::Bf16].map(|precision| {
            let output = forward(precision, sizes, input, weight, None);
            (output, parameter_gradients(precision, sizes, input, gradient))
        })
    };
    let [exact, rounded] = both(&Case::new(many));
    assert!(exact.0 != rounded.0 && exact.1.0 != rounded.1.0 && exact.1.1 == rounded.1.1);
    for case in [Case::new(many).with_spikes(0.05), Case::new(few)] {
        let [exact, rounded] = both(&case);
        assert!(exact == rounded, "{:?}", case.sizes);
    }
}

#[test]
fn each_way_in_gives_what_its_kernel_gives() {
    let [sizes, ..] = shared_out();
    for (case, bound) in [(Case::new(sizes), 1e-6), (Case::new(sizes).with_spikes(0.1), 1e-6)] {
        let Case { input, weight, bias, gradient, .. } = &case;
        let (d_weight, d_bias) = parameter_gradients(Precision::F32, &sizes, input, gradient);
        let d_input = input_gradient(Precision::F32, &sizes, weight, gradient);
        let got = [forward(Precision::F32, &sizes, input, weight, Some(bias)), d_input, d_weight, d_bias];
        for (got, expected) in got.iter().zip(case.expected()) {
            for (got, expected) in got.iter().zip(expected) {
                assert!((f64::from(*got) - expected.value).abs() <= bound * expected.magnitude);
            }
        }
    }
}
