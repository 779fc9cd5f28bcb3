//! Groups with few channels, as of a convolution by depth: lanes along the images instead of the channels.
//!
//! A window is one row of numbers to this file: taps are distances in it, and neighbours in it are neighbours in a
//! register. What lies between the places (zeros around the images, places that a stride leaves out) is computed and
//! dropped.

use std::mem::MaybeUninit;

use rayon::prelude::*;

use super::along::{Direction, Place};
use super::buffer::Buffer;
use super::pull::Sides;
use super::registers::Registers;
use super::sizes::ConvSizes;
use super::tiling::{Tile, Tiling};
use super::weight::{PARTS, sum};
use super::window::{Room, Window};
use crate::device::columns::Columns;
use crate::device::uninit::filled;
use crate::synapse::cut::Cut;
use crate::synapse::host::total;

/// Most channels of a group for which this is the better way.
const MOST_CHANNELS: usize = 4;
/// Registers of places at a time.
const VECTORS: usize = 4;
/// Taps summed at a time.
const TAPS: usize = 8;
/// Numbers beyond a window that registers at its end may read.
const BEYOND: usize = 128;

/// Whether this is the better way for so many channels of a group, which would lie across the lanes otherwise.
pub(super) fn suits(channels: usize) -> bool {
    channels <= MOST_CHANNELS
}

/// The places of one phase in a tile.
struct Places {
    y: Vec<Place>,
    x: Vec<Place>,
    /// Taps: their number in the weight, and their distance.
    taps: Vec<Place>,
}

impl Places {
    fn of(direction: Direction, sizes: &ConvSizes, window: &Window, tile: &Tile) -> Vec<Self> {
        let axes = [sizes.height, sizes.width];
        let phases = axes.map(|axis| direction.phases(axis));
        let indices = (0..phases[0]).flat_map(|y| (0..phases[1]).map(move |x| (y, x)));
        let places = indices.map(|(y, x)| {
            let mut taps = Vec::new();
            for y in direction.taps_of(axes[0], y) {
                for x in direction.taps_of(axes[1], x) {
                    taps.push(Place { index: y.index * axes[1].kernel + x.index, offset: window.offset(y, x) });
                }
            }
            Self { y: direction.targets_of(axes[0], &tile.y, y), x: direction.targets_of(axes[1], &tile.x, x), taps }
        });
        places.collect()
    }

    /// From the first place to behind the last, in a window.
    fn length(&self, window: &Window) -> usize {
        match (self.y.last(), self.x.last()) {
            (Some(y), Some(x)) => window.offset(*y, *x) + 1,
            _ => 0,
        }
    }
}

/// A convolution of groups with few channels, in one direction.
struct Flat<'a> {
    direction: Direction,
    sizes: &'a ConvSizes,
    sides: Sides,
    tiling: Tiling,
    window: Window,
}

/// What a task needs, to use again: the window, and one number for each of its columns and rows.
struct Scratch {
    window: Room,
    flat: Buffer,
}

impl<'a> Flat<'a> {
    fn new(direction: Direction, sizes: &'a ConvSizes) -> Self {
        let [height, width] = [sizes.height, sizes.width].map(|axis| direction.targets(axis));
        let tiling = Tiling::new(sizes.rows, 1, height, width);
        let window = Window::new(direction, sizes, &tiling);
        Self { direction, sizes, sides: Sides::of(direction, sizes), tiling, window }
    }

    fn scratch(&self) -> Scratch {
        Scratch {
            window: self.window.room(self.sides.source, BEYOND),
            flat: Buffer::zeros(self.window.plane() + BEYOND),
        }
    }

    /// All groups of all images of a tile.
    fn images(&self, tile: &Tile) -> impl Iterator<Item = (usize, usize)> + use<> {
        let groups = self.sizes.groups;
        tile.samples.clone().flat_map(move |sample| (0..groups).map(move |group| (sample, group)))
    }

    /// Fills the window with one group of one image.
    ///
    /// # Safety
    /// Inside `R::vectorize`.
    #[inline(always)]
    unsafe fn fill<R: Registers>(&self, room: &mut Room, tile: &Tile, sample: usize, group: usize, source: &[f32]) {
        let size = self.direction.source(self.sizes.height) * self.direction.source(self.sizes.width);
        let first = (sample * self.sizes.groups + group) * self.sides.source;
        let plane = |channel: usize| [&source[(first + channel) * size..][..size], &[][..]];
        // SAFETY: inside `vectorize`.
        unsafe { self.window.fill::<R>(room, tile, self.sides.source, plane) };
    }

    /// The sums of the places of one phase, for one channel of a group, whose window is filled.
    ///
    /// # Safety
    /// Inside `R::vectorize`.
    #[inline(always)]
    unsafe fn sum<'s, R: Registers>(
        &self,
        scratch: &'s mut Scratch,
        places: &Places,
        group: usize,
        channel: usize,
        weight: &[f32],
        start: f32,
    ) -> &'s [f32] {
        let length = places.length(&self.window).next_multiple_of(VECTORS * R::LANES);
        let flat = &mut scratch.flat.numbers_mut()[..length];
        flat.fill(start);
        for source in 0..self.sides.source {
            let (input, output) = match self.direction {
                Direction::Forward => (source, channel),
                Direction::Backward => (channel, source),
            };
            let output = group * self.sizes.group_outputs() + output;
            let factors = &weight[(output * self.sizes.group_inputs() + input) * self.sizes.taps()..];
            let numbers = &scratch.window.words()[source * self.window.plane()..];
            // SAFETY: inside `vectorize`.
            unsafe { add_taps::<R>(flat, numbers, &places.taps, factors) };
        }
        flat
    }
}

/// The output for the input, or the gradient of the input for that of the output.
pub(super) fn pull<R: Registers>(
    registers: R,
    direction: Direction,
    sizes: &ConvSizes,
    source: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
) -> Vec<f32> {
    assert!(R::DEPTH == 1, "few channels are multiplied in f32");
    let flat = Flat::new(direction, sizes);
    let [height, width] = [sizes.height, sizes.width].map(|axis| direction.targets(axis));
    let (plane, channels) = (height * width, sizes.groups * flat.sides.target);
    let fill = |result: &mut [MaybeUninit<f32>]| {
        let result = Columns::new(result, channels * plane);
        (0..flat.tiling.count()).into_par_iter().for_each_init(
            || flat.scratch(),
            |scratch, tile| {
                let tile = flat.tiling.get(tile);
                let phases = Places::of(direction, sizes, &flat.window, &tile);
                registers.vectorize(
                    #[inline(always)]
                    || {
                        for (sample, group) in flat.images(&tile) {
                            // SAFETY: inside `vectorize`.
                            unsafe { flat.fill::<R>(&mut scratch.window, &tile, sample, group, source) };
                            for channel in 0..flat.sides.target {
                                let target = group * flat.sides.target + channel;
                                let start = bias.map_or(0.0, |bias| bias[target]);
                                for places in &phases {
                                    // SAFETY: inside `vectorize`.
                                    let sums = unsafe { flat.sum::<R>(scratch, places, group, channel, weight, start) };
                                    for y in &places.y {
                                        let first = target * plane + y.index * width + tile.x.start;
                                        // SAFETY: each tile has its own part of its own images.
                                        let row = unsafe { result.row(sample, first, tile.x.len()) };
                                        if sizes.width.stride == 1 {
                                            let first = flat.window.offset(*y, places.x[0]);
                                            row.write_copy_of_slice(&sums[first..][..row.len()]);
                                        } else {
                                            for x in &places.x {
                                                row[x.index - tile.x.start].write(sums[flat.window.offset(*y, *x)]);
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    },
                );
            },
        );
    };
    // SAFETY: the tiles have all targets, and each belongs to one phase.
    unsafe { filled(sizes.rows * channels * plane, fill) }
}

/// `sums[i] += numbers[i + distance] * factor` for all taps.
///
/// # Safety
/// Inside `R::vectorize`.
#[inline(always)]
unsafe fn add_taps<R: Registers>(sums: &mut [f32], numbers: &[f32], taps: &[Place], weight: &[f32]) {
    let furthest = taps.iter().map(|tap| tap.offset).max().unwrap_or(0);
    let last = taps.iter().map(|tap| tap.index).max().unwrap_or(0);
    assert!(numbers.len() >= furthest + sums.len() && weight.len() > last, "a window too small for its taps");
    for (index, sums) in sums.chunks_exact_mut(VECTORS * R::LANES).enumerate() {
        // SAFETY: inside `vectorize`; in bounds by the assertion.
        unsafe {
            let numbers = numbers.as_ptr().add(index * VECTORS * R::LANES);
            let mut sum: [R::Register; VECTORS] =
                std::array::from_fn(|vector| R::load(sums.as_ptr().add(vector * R::LANES)));
            for tap in taps {
                let factor = R::splat(*weight.get_unchecked(tap.index));
                for (vector, sum) in sum.iter_mut().enumerate() {
                    *sum = R::fused(*sum, R::load(numbers.add(tap.offset + vector * R::LANES)), factor);
                }
            }
            for (vector, sum) in sum.into_iter().enumerate() {
                R::store(sums.as_mut_ptr().add(vector * R::LANES), sum);
            }
        }
    }
}

/// The gradients of weight and bias.
///
/// An input that is not a number may reach taps beside those that meet it: places that there are not count as a
/// gradient of zero.
pub(super) fn gradients<R: Registers>(
    registers: R,
    sizes: &ConvSizes,
    input: &[f32],
    gradient: &[f32],
) -> (Vec<f32>, Vec<f32>) {
    assert!(R::DEPTH == 1, "few channels are multiplied in f32");
    let flat = Flat::new(Direction::Forward, sizes);
    let tiles = flat.tiling.count();
    let parts = Cut { total: tiles, parts: PARTS.min(tiles) };
    let sums: Vec<(Vec<f64>, Vec<f64>)> = (0..parts.parts)
        .into_par_iter()
        .map_init(
            || flat.scratch(),
            |scratch, part| {
                let (mut weight, mut bias) = (vec![0.0f64; sizes.weight()], vec![0.0f64; sizes.outputs]);
                for tile in parts.part(part) {
                    let tile = flat.tiling.get(tile);
                    let places = Places::of(Direction::Forward, sizes, &flat.window, &tile).pop().expect("one phase");
                    scratch.flat.numbers_mut().fill(0.0);
                    registers.vectorize(
                        #[inline(always)]
                        || {
                            for (sample, group) in flat.images(&tile) {
                                // SAFETY: inside `vectorize`.
                                unsafe {
                                    flat.fill::<R>(&mut scratch.window, &tile, sample, group, input);
                                    flat.add::<R>(
                                        &mut weight,
                                        &mut bias,
                                        scratch,
                                        &places,
                                        &tile,
                                        sample,
                                        group,
                                        gradient,
                                    );
                                }
                            }
                        },
                    );
                }
                (weight, bias)
            },
        )
        .collect();
    let (weights, biases): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
    (total(weights, sizes.weight()), total(biases, sizes.outputs))
}

impl Flat<'_> {
    /// Adds what the gradient of one group of one image says, whose window is filled, to those of weight and bias.
    ///
    /// # Safety
    /// Inside `R::vectorize`.
    #[inline(always)]
    unsafe fn add<R: Registers>(
        &self,
        weight: &mut [f64],
        bias: &mut [f64],
        scratch: &mut Scratch,
        places: &Places,
        tile: &Tile,
        sample: usize,
        group: usize,
        gradient: &[f32],
    ) {
        let (inputs, outputs, taps) = (self.sizes.group_inputs(), self.sizes.group_outputs(), self.sizes.taps());
        let (width, stride) = (self.sizes.width.outputs(), self.sizes.width.stride);
        let flat = &mut scratch.flat.numbers_mut()[..places.length(&self.window).next_multiple_of(R::LANES)];
        for output in group * outputs..(group + 1) * outputs {
            let plane = (sample * self.sizes.outputs + output) * self.sizes.output_plane();
            for y in &places.y {
                let row = &gradient[plane + y.index * width..][tile.x.clone()];
                bias[output] += f64::from(sum(row));
                let to = &mut flat[self.window.offset(*y, places.x[0])..];
                if stride == 1 {
                    to[..row.len()].copy_from_slice(row);
                } else {
                    for (to, number) in to.iter_mut().step_by(stride).zip(row) {
                        *to = *number;
                    }
                }
            }
            for input in 0..inputs {
                let numbers = &scratch.window.words()[input * self.window.plane()..];
                let sums = &mut weight[(output * inputs + input) * taps..][..taps];
                for taps in places.taps.chunks(TAPS) {
                    // SAFETY: inside `vectorize`.
                    unsafe { add_products::<R>(sums, flat, numbers, taps) };
                }
            }
        }
    }
}

/// `sums[tap] += sum of flat[i] * numbers[i + distance]` for at most [`TAPS`] taps.
///
/// # Safety
/// Inside `R::vectorize`.
#[inline(always)]
unsafe fn add_products<R: Registers>(sums: &mut [f64], flat: &[f32], numbers: &[f32], taps: &[Place]) {
    let furthest = taps.iter().map(|tap| tap.offset).max().unwrap_or(0);
    assert!(numbers.len() >= furthest + flat.len() && R::LANES <= 16, "a window too small for its taps");
    // SAFETY: inside `vectorize`; in bounds by the assertion.
    unsafe {
        // Distances of taps that there are not are those of the first.
        let at: [usize; TAPS] = std::array::from_fn(|tap| taps.get(tap).unwrap_or(&taps[0]).offset);
        let mut sum = [R::splat(0.0); TAPS];
        for index in (0..flat.len()).step_by(R::LANES) {
            let lanes = R::load(flat.as_ptr().add(index));
            for (sum, at) in sum.iter_mut().zip(at) {
                *sum = R::fused(*sum, lanes, R::load(numbers.as_ptr().add(index + at)));
            }
        }
        for (tap, sum) in taps.iter().zip(sum) {
            let mut lanes = [0.0f32; 16];
            R::store(lanes.as_mut_ptr(), sum);
            sums[tap.index] += f64::from(lanes.iter().sum::<f32>());
        }
    }
}
