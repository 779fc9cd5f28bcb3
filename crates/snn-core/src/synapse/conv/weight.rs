//! The gradients of weight and bias: sums over all places of all images, in a fixed number of parts.

use std::mem::MaybeUninit;
use std::ops::Range;

use rayon::prelude::*;

use super::activity::Activity;
use super::along::Direction;
use super::buffer::Buffer;
use super::events::{Events, Sums};
use super::kernel::{Column, multiply_add};
use super::meetings::AllMeetings;
use super::panels::{Panel, Panels};
use super::registers::Registers;
use super::sizes::ConvSizes;
use super::tiling::{Tile, Tiling};
use super::window::{Room, Window};
use crate::device::columns::Columns;
use crate::device::uninit::filled;
use crate::synapse::cut::Cut;

/// Most parts in which the gradients are summed.
pub(super) const PARTS: usize = 16;
/// Most numbers that all parts together hold: 32 MB.
const MOST_SUMS: usize = 8 << 20;

struct Push<'a> {
    sizes: &'a ConvSizes,
    tiling: Tiling,
    window: Window,
    meetings: AllMeetings,
    panels: Panels,
    /// What lies under the kernel, in the order of the weight.
    columns: Vec<Column>,
    input: &'a [f32],
    gradient: &'a [f32],
    activity: Activity,
}

/// What a task needs, to use again.
struct Scratch {
    window: Room,
    left: Buffer,
    /// Where the places of a tile lie in the window.
    depth: Vec<u32>,
    events: Events,
}

/// What one part has summed, for one panel.
struct Part {
    weight: Buffer,
    bias: Vec<f64>,
}

/// The gradients of weight `[outputs, inputs / groups, ..]` and bias `[outputs]`.
pub(super) fn gradients<R: Registers>(
    registers: R,
    sizes: &ConvSizes,
    input: &[f32],
    gradient: &[f32],
    activity: Activity,
) -> (Vec<f32>, Vec<f32>) {
    assert!(activity == Activity::Dense || R::DEPTH == 1, "spikes are added up in f32");
    let push = Push::new::<R>(sizes, input, gradient, activity);
    let panels: Vec<Panel> = (0..push.panels.count()).map(|panel| push.panels.get(panel)).collect();
    let tiles = push.tiling.count();
    let parts = Cut { total: tiles, parts: PARTS.min(MOST_SUMS / sizes.weight()).clamp(1, tiles) };
    // A window is filled once for all panels, unless there are too few parts for all threads.
    let together = if parts.parts < PARTS { 1 } else { panels.len() / sizes.groups };
    let of_tasks: Vec<Vec<Part>> = (0..panels.len() / together * parts.parts)
        .into_par_iter()
        .map_init(
            || push.scratch::<R>(),
            |scratch, task| {
                let panels = &panels[task / parts.parts * together..][..together];
                push.part(registers, scratch, panels, parts.part(task % parts.parts))
            },
        )
        .collect();
    let mut sums: Vec<Vec<Part>> = panels.iter().map(|_| Vec::with_capacity(parts.parts)).collect();
    for (task, of_task) in of_tasks.into_iter().enumerate() {
        for (panel, part) in of_task.into_iter().enumerate() {
            sums[task / parts.parts * together + panel].push(part);
        }
    }
    let columns = push.columns.len();
    let mut bias = vec![0.0f32; sizes.outputs];
    let fill = |weight: &mut [MaybeUninit<f32>]| {
        let rows = Columns::new(weight, columns);
        sums.par_iter_mut().zip(&panels).for_each(|(sums, panel)| {
            let (line, first) = (panel.vectors * R::LANES, panel.group * sizes.group_outputs() + panel.channels.start);
            let (total, others) = sums.split_first_mut().expect("at least one part");
            let total = total.weight.numbers_mut();
            registers.vectorize(
                #[inline(always)]
                || {
                    for other in others {
                        for (total, other) in total.iter_mut().zip(other.weight.numbers()) {
                            *total += other;
                        }
                    }
                    let to = |lane: usize, index: usize, count: usize| {
                        // SAFETY: each panel has its own output channels.
                        unsafe { rows.row(first + lane, index, count) }
                    };
                    // SAFETY: inside `vectorize`; a part has a line for each column.
                    unsafe { R::lanes_out(to, panel.channels.len(), columns, total.as_ptr(), line) };
                },
            );
        });
    };
    // SAFETY: the panels have all output channels.
    let weight = unsafe { filled(sizes.weight(), fill) };
    for (sums, panel) in sums.iter().zip(&panels) {
        let first = panel.group * sizes.group_outputs() + panel.channels.start;
        for (lane, bias) in bias[first..][..panel.channels.len()].iter_mut().enumerate() {
            *bias = sums.iter().map(|part| part.bias[lane]).sum::<f64>() as f32;
        }
    }
    (weight, bias)
}

impl<'a> Push<'a> {
    fn new<R: Registers>(sizes: &'a ConvSizes, input: &'a [f32], gradient: &'a [f32], activity: Activity) -> Self {
        let axes = [sizes.height, sizes.width];
        let [height, width] = axes.map(|axis| axis.outputs());
        let tiling = Tiling::new(sizes.rows, R::DEPTH, height, width);
        let window = Window::new(Direction::Forward, sizes, &tiling);
        let mut columns = Vec::new();
        for channel in 0..sizes.group_inputs() {
            for y in Direction::Forward.taps_of(axes[0], 0) {
                for x in Direction::Forward.taps_of(axes[1], 0) {
                    let from = channel * window.plane() + window.offset(y, x);
                    columns.push(Column { from: from as u32, to: columns.len() as u32 });
                }
            }
        }
        let meetings = AllMeetings::new(sizes, activity, &tiling);
        Self {
            sizes,
            meetings,
            tiling,
            window,
            panels: Panels::of::<R>(sizes.groups, sizes.group_outputs()),
            columns,
            input,
            gradient,
            activity,
        }
    }

    fn scratch<R: Registers>(&self) -> Scratch {
        let words = self.tiling.samples().div_ceil(R::DEPTH);
        let places = self.tiling.places() / self.tiling.samples();
        let planes = if self.activity == Activity::Dense { words * self.sizes.group_inputs() } else { 0 };
        Scratch {
            window: self.window.room(planes, 0),
            left: Buffer::zeros(words * places * self.panels.line()),
            depth: Vec::new(),
            events: Events::default(),
        }
    }

    /// The sums of some tiles, for panels of one group.
    fn part<R: Registers>(
        &self,
        registers: R,
        scratch: &mut Scratch,
        panels: &[Panel],
        tiles: Range<usize>,
    ) -> Vec<Part> {
        let zeros = |panel: &Panel| {
            let line = panel.vectors * R::LANES;
            Part { weight: Buffer::zeros(self.columns.len() * line), bias: vec![0.0; panel.channels.len()] }
        };
        let mut parts: Vec<Part> = panels.iter().map(zeros).collect();
        for tile in tiles {
            let tile = self.tiling.get(tile);
            registers.vectorize(
                #[inline(always)]
                || {
                    // SAFETY: inside `vectorize`.
                    unsafe {
                        match self.activity {
                            Activity::Dense => self.fill::<R>(scratch, &tile, panels[0].group),
                            Activity::Sparse => {
                                scratch.events.find::<R>(
                                    &self.meetings,
                                    self.sizes,
                                    &tile,
                                    panels[0].group,
                                    self.input,
                                );
                            }
                        }
                    }
                    for (part, panel) in parts.iter_mut().zip(panels) {
                        self.add_to_bias(&mut part.bias, panel, &tile);
                        // SAFETY: inside `vectorize`; the window is filled, or the events are found.
                        unsafe { self.add_to_weight::<R>(&mut part.weight, scratch, panel, &tile) };
                    }
                },
            );
        }
        parts
    }

    /// The second image of a word, if it has one.
    #[inline(always)]
    fn second<R: Registers>(&self, tile: &Tile, word: usize) -> Option<usize> {
        (R::DEPTH == 2).then_some(tile.samples.start + word * 2 + 1).filter(|sample| *sample < tile.samples.end)
    }

    /// Fills the window of a tile, and the table of where its places lie in it.
    ///
    /// # Safety
    /// Inside `R::vectorize`.
    #[inline(always)]
    unsafe fn fill<R: Registers>(&self, scratch: &mut Scratch, tile: &Tile, group: usize) {
        let (inputs, size) = (self.sizes.group_inputs(), self.sizes.input_plane());
        let words = tile.samples.len().div_ceil(R::DEPTH);
        let plane = |index: usize| {
            let of = |sample: usize| {
                let first = (sample * self.sizes.groups + group) * inputs + index % inputs;
                &self.input[first * size..][..size]
            };
            let word = index / inputs;
            [of(tile.samples.start + word * R::DEPTH), self.second::<R>(tile, word).map_or(&[][..], of)]
        };
        // SAFETY: inside `vectorize`.
        unsafe { self.window.fill::<R>(&mut scratch.window, tile, words * inputs, plane) };
        let y = Direction::Forward.targets_of(self.sizes.height, &tile.y, 0);
        let x = Direction::Forward.targets_of(self.sizes.width, &tile.x, 0);
        scratch.depth.clear();
        for word in 0..words {
            let first = word * inputs * self.window.plane();
            let places = y.iter().flat_map(|y| x.iter().map(|x| (first + self.window.offset(*y, *x)) as u32));
            scratch.depth.extend(places);
        }
    }

    #[inline(always)]
    fn add_to_bias(&self, bias: &mut [f64], panel: &Panel, tile: &Tile) {
        let (outputs, size) = (self.sizes.group_outputs(), self.sizes.output_plane());
        for sample in tile.samples.clone() {
            let first = (sample * self.sizes.groups + panel.group) * outputs + panel.channels.start;
            for (lane, bias) in bias.iter_mut().enumerate() {
                let channel = &self.gradient[(first + lane) * size..][..size];
                for (start, count) in tile.runs(self.sizes.width.outputs()) {
                    *bias += f64::from(sum(&channel[start..][..count]));
                }
            }
        }
    }

    /// # Safety
    /// Inside `R::vectorize`.
    #[inline(always)]
    unsafe fn add_to_weight<R: Registers>(&self, sums: &mut Buffer, scratch: &mut Scratch, panel: &Panel, tile: &Tile) {
        let (outputs, size) = (self.sizes.group_outputs(), self.sizes.output_plane());
        let Scratch { window, left, depth, events } = scratch;
        let (line, left) = (panel.vectors * R::LANES, left.numbers_mut());
        let mut lines = 0;
        for word in 0..tile.samples.len().div_ceil(R::DEPTH) {
            for (start, count) in tile.runs(self.sizes.width.outputs()) {
                let of = |sample: usize| {
                    let first = (sample * self.sizes.groups + panel.group) * outputs + panel.channels.start;
                    &self.gradient[first * size..][start..panel.channels.len() * size]
                };
                let first = of(tile.samples.start + word * R::DEPTH);
                let rows = [first, self.second::<R>(tile, word).map_or(&[][..], of)];
                let to = &mut left[lines * line..][..count * line];
                // SAFETY: inside `vectorize`; there is room for `count` lines.
                unsafe { R::lanes_in(to.as_mut_ptr(), line, rows, panel.channels.len(), size, count) };
                lines += count;
            }
        }
        let left = &left[..lines * line];
        let sums = sums.numbers_mut();
        // SAFETY: inside `vectorize`.
        unsafe {
            match self.activity {
                Activity::Dense => {
                    multiply_add::<R>(sums, None, panel.vectors, left, depth, window.words(), &self.columns);
                }
                Activity::Sparse => {
                    events.add::<R>(&self.meetings, Sums::OfTaps, sums, left, panel.vectors, self.sizes, tile)
                }
            }
        }
    }
}

/// The sum of a short row.
#[inline(always)]
pub(super) fn sum(row: &[f32]) -> f32 {
    let (whole, rest) = row.as_chunks::<16>();
    let mut sums = [0.0f32; 16];
    for chunk in whole {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += value;
        }
    }
    sums.iter().sum::<f32>() + rest.iter().sum::<f32>()
}
