//! The products that make images: the output, and the gradient of the input.
//!
//! Both are the same walk: every target takes its terms from the source. With a stride, the gradient of the input does
//! so in phases, each of which has taps of its own; no term is computed that is zero for sure.

use std::mem::MaybeUninit;

use rayon::prelude::*;

use super::activity::Activity;
use super::along::Direction;
use super::buffer::Buffer;
use super::events::{Events, Sums};
use super::kernel::{Column, multiply_add};
use super::meetings::AllMeetings;
use super::panels::{Panel, Panels};
use super::registers::{MOST_WORDS, Registers};
use super::sizes::ConvSizes;
use super::tiling::{Tile, Tiling};
use super::window::{Room, Window};
use crate::device::columns::Columns;
use crate::device::uninit::filled;

/// Below so many tiles, each panel is a task of its own.
const FEW_TILES: usize = 16;

/// Channels of one group on both sides.
#[derive(Clone, Copy)]
pub(super) struct Sides {
    pub(super) source: usize,
    pub(super) target: usize,
}

impl Sides {
    pub(super) fn of(direction: Direction, sizes: &ConvSizes) -> Self {
        let (inputs, outputs) = (sizes.group_inputs(), sizes.group_outputs());
        match direction {
            Direction::Forward => Self { source: inputs, target: outputs },
            Direction::Backward => Self { source: outputs, target: inputs },
        }
    }
}

/// The taps of one phase, of all channels of the source.
struct Phase {
    /// Which phase along each axis.
    index: [usize; 2],
    /// Where the words of depth lie in the window.
    depth: Vec<u32>,
    /// Where the lines of this phase begin in an arranged weight.
    first: usize,
}

struct Pull<'a> {
    direction: Direction,
    sizes: &'a ConvSizes,
    sides: Sides,
    tiling: Tiling,
    window: Window,
    meetings: AllMeetings,
    panels: Panels,
    phases: Vec<Phase>,
    /// Lines of all phases.
    lines: usize,
}

/// What a task needs, to use again.
struct Scratch {
    window: Room,
    sums: Buffer,
    columns: Vec<Column>,
    events: Events,
}

/// The output `[rows, outputs, ..]` for the input, or the gradient of the input for that of the output.
pub(super) fn pull<R: Registers>(
    registers: R,
    direction: Direction,
    sizes: &ConvSizes,
    source: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    activity: Activity,
) -> Vec<f32> {
    assert!(
        activity == Activity::Dense || direction == Direction::Forward && R::DEPTH == 1,
        "spikes go forward, in f32"
    );
    let pull = Pull::new::<R>(direction, sizes, activity);
    let panels: Vec<(Panel, Buffer)> = (0..pull.panels.count())
        .into_par_iter()
        .map(|panel| {
            let panel = pull.panels.get(panel);
            let arranged = pull.arrange::<R>(&panel, weight);
            (panel, arranged)
        })
        .collect();
    let [height, width] = pull.targets();
    let (plane, channels) = (height * width, sizes.groups * pull.sides.target);
    let fill = |result: &mut [MaybeUninit<f32>]| {
        let result = Columns::new(result, channels * plane);
        // A window is filled once for all panels, unless there are too few tiles for all threads.
        let together = if pull.tiling.count() < FEW_TILES { 1 } else { pull.panels_of_group() };
        let tasks = pull.tiling.count() * panels.len() / together;
        (0..tasks).into_par_iter().for_each_init(
            || pull.scratch::<R>(activity),
            |scratch, task| {
                let first = task * together;
                let tile = pull.tiling.get(first / panels.len());
                let panels = &panels[first % panels.len()..][..together];
                registers.vectorize(
                    #[inline(always)]
                    || {
                        // SAFETY: inside `vectorize`.
                        unsafe {
                            match activity {
                                Activity::Dense => pull.fill::<R>(scratch, &tile, panels[0].0.group, source),
                                Activity::Sparse => {
                                    scratch.events.find::<R>(&pull.meetings, sizes, &tile, panels[0].0.group, source);
                                }
                            }
                        }
                        for (panel, weight) in panels {
                            // SAFETY: inside `vectorize`.
                            unsafe {
                                match activity {
                                    Activity::Dense => pull.sum::<R>(scratch, &tile, panel, weight.numbers(), bias),
                                    Activity::Sparse => {
                                        pull.sum_events::<R>(scratch, &tile, panel, weight.numbers(), bias);
                                    }
                                }
                            }
                            let channel = panel.group * pull.sides.target + panel.channels.start;
                            let line = panel.vectors * R::LANES;
                            let mut sums = scratch.sums.numbers();
                            for sample in tile.samples.clone() {
                                for (start, count) in tile.runs(width) {
                                    let (run, rest) = sums.split_at(count * line);
                                    let to = |lane: usize, index: usize, count: usize| {
                                        let column = (channel + lane) * plane + start + index;
                                        // SAFETY: tasks share no target: each has its own channels of its own tile.
                                        unsafe { result.row(sample, column, count) }
                                    };
                                    // SAFETY: inside `vectorize`; the run has `count` lines.
                                    unsafe { R::lanes_out(to, panel.channels.len(), count, run.as_ptr(), line) };
                                    sums = rest;
                                }
                            }
                        }
                    },
                );
            },
        );
    };
    // SAFETY: the tasks write all channels of all tiles.
    unsafe { filled(sizes.rows * channels * plane, fill) }
}

impl<'a> Pull<'a> {
    fn new<R: Registers>(direction: Direction, sizes: &'a ConvSizes, activity: Activity) -> Self {
        let sides = Sides::of(direction, sizes);
        let axes = [sizes.height, sizes.width];
        let [height, width] = axes.map(|axis| direction.targets(axis));
        let tiling = Tiling::new(sizes.rows, 1, height, width);
        let window = Window::new(direction, sizes, &tiling);
        let (mut phases, mut lines) = (Vec::new(), 0);
        for index in 0..direction.phases(axes[0]) * direction.phases(axes[1]) {
            let index = [index / direction.phases(axes[1]), index % direction.phases(axes[1])];
            let mut depth = Vec::new();
            for word in 0..sides.source.div_ceil(R::DEPTH) {
                for y in direction.taps_of(axes[0], index[0]) {
                    for x in direction.taps_of(axes[1], index[1]) {
                        depth.push((word * window.plane() + window.offset(y, x)) as u32);
                    }
                }
            }
            lines += depth.len();
            phases.push(Phase { index, first: lines - depth.len(), depth });
        }
        let meetings = AllMeetings::new(sizes, activity, &tiling);
        Self {
            direction,
            sizes,
            sides,
            meetings,
            tiling,
            window,
            panels: Panels::of::<R>(sizes.groups, sides.target),
            phases,
            lines,
        }
    }

    /// Targets along each axis.
    fn targets(&self) -> [usize; 2] {
        [self.sizes.height, self.sizes.width].map(|axis| self.direction.targets(axis))
    }

    fn panels_of_group(&self) -> usize {
        self.panels.count() / self.sizes.groups
    }

    /// Words of depth of one channel, or of one pair.
    fn words<R: Registers>(&self) -> usize {
        self.sides.source.div_ceil(R::DEPTH)
    }

    fn scratch<R: Registers>(&self, activity: Activity) -> Scratch {
        let images = if activity == Activity::Dense { self.tiling.samples() } else { 0 };
        Scratch {
            window: self.window.room(images * self.words::<R>(), 0),
            sums: Buffer::zeros(self.tiling.places() * self.panels.line()),
            columns: Vec::new(),
            events: Events::default(),
        }
    }

    /// The weight of a panel in the order in which products read it: a line for each word of depth, phase by phase.
    fn arrange<R: Registers>(&self, panel: &Panel, weight: &[f32]) -> Buffer {
        let (line, taps) = (panel.vectors * R::LANES, self.sizes.taps());
        let mut arranged = Buffer::zeros(self.lines * line);
        let mut lines = arranged.numbers_mut().chunks_exact_mut(line);
        let (inputs, outputs) = (self.sizes.group_inputs(), self.sizes.group_outputs());
        for phase in &self.phases {
            for word in 0..self.words::<R>() {
                for y in self.direction.taps_of(self.sizes.height, phase.index[0]) {
                    for x in self.direction.taps_of(self.sizes.width, phase.index[1]) {
                        let tap = y.index * self.sizes.width.kernel + x.index;
                        let at = |source: usize, target: usize| {
                            if source >= self.sides.source {
                                return 0.0;
                            }
                            let (input, output) = match self.direction {
                                Direction::Forward => (source, target),
                                Direction::Backward => (target, source),
                            };
                            weight[((panel.group * outputs + output) * inputs + input) * taps + tap]
                        };
                        let line = lines.next().expect("a line for each word");
                        for (number, target) in line.iter_mut().zip(panel.channels.clone()) {
                            let second = if R::DEPTH == 2 { at(word * 2 + 1, target) } else { 0.0 };
                            *number = R::word(at(word * R::DEPTH, target), second);
                        }
                    }
                }
            }
        }
        arranged
    }

    /// Fills the window of a tile with the channels of a group.
    ///
    /// # Safety
    /// Inside `R::vectorize`.
    #[inline(always)]
    unsafe fn fill<R: Registers>(&self, scratch: &mut Scratch, tile: &Tile, group: usize, source: &[f32]) {
        let words = self.words::<R>();
        let size = self.direction.source(self.sizes.height) * self.direction.source(self.sizes.width);
        let plane = |index: usize| {
            let (sample, channel) = (tile.samples.start + index / words, index % words * R::DEPTH);
            let channels = |channel: usize| {
                let first = (sample * self.sizes.groups + group) * self.sides.source + channel;
                &source[first * size..][..size]
            };
            [
                channels(channel),
                if R::DEPTH == 2 && channel + 1 < self.sides.source { channels(channel + 1) } else { &[] },
            ]
        };
        // SAFETY: inside `vectorize`.
        unsafe { self.window.fill::<R>(&mut scratch.window, tile, tile.samples.len() * words, plane) };
    }

    /// The sums of all targets of a tile, in their order, for the channels of a panel; the window is filled.
    ///
    /// # Safety
    /// Inside `R::vectorize`.
    #[inline(always)]
    unsafe fn sum<R: Registers>(
        &self,
        scratch: &mut Scratch,
        tile: &Tile,
        panel: &Panel,
        weight: &[f32],
        bias: Option<&[f32]>,
    ) {
        let Scratch { window, sums, columns, .. } = scratch;
        let (line, words) = (panel.vectors * R::LANES, self.words::<R>());
        let axes = [self.sizes.height, self.sizes.width];
        let sums = &mut sums.numbers_mut()[..tile.samples.len() * tile.places() * line];
        let start = self.start(panel, bias);
        for phase in &self.phases {
            let y = self.direction.targets_of(axes[0], &tile.y, phase.index[0]);
            let x = self.direction.targets_of(axes[1], &tile.x, phase.index[1]);
            columns.clear();
            for sample in 0..tile.samples.len() {
                for y in &y {
                    for x in &x {
                        let from = sample * words * self.window.plane() + self.window.offset(*y, *x);
                        let to =
                            (sample * tile.y.len() + y.index - tile.y.start) * tile.x.len() + x.index - tile.x.start;
                        columns.push(Column { from: from as u32, to: to as u32 });
                    }
                }
            }
            let weight = &weight[phase.first * line..][..phase.depth.len() * line];
            // SAFETY: inside `vectorize`.
            unsafe {
                multiply_add::<R>(sums, Some(&start), panel.vectors, weight, &phase.depth, window.words(), columns)
            };
        }
    }

    /// The line with which all sums of a panel begin.
    #[inline(always)]
    fn start(&self, panel: &Panel, bias: Option<&[f32]>) -> [f32; MOST_WORDS] {
        let mut start = [0.0; MOST_WORDS];
        if let Some(bias) = bias {
            let first = panel.group * self.sides.target + panel.channels.start;
            start[..panel.channels.len()].copy_from_slice(&bias[first..][..panel.channels.len()]);
        }
        start
    }

    /// The same sums from the events of a tile, which are found.
    ///
    /// # Safety
    /// Inside `R::vectorize`.
    #[inline(always)]
    unsafe fn sum_events<R: Registers>(
        &self,
        scratch: &mut Scratch,
        tile: &Tile,
        panel: &Panel,
        weight: &[f32],
        bias: Option<&[f32]>,
    ) {
        let line = panel.vectors * R::LANES;
        let sums = &mut scratch.sums.numbers_mut()[..tile.samples.len() * tile.places() * line];
        let start = self.start(panel, bias);
        for sums in sums.chunks_exact_mut(line) {
            sums.copy_from_slice(&start[..line]);
        }
        // SAFETY: inside `vectorize`.
        unsafe {
            scratch.events.add::<R>(&self.meetings, Sums::OfPlaces, sums, weight, panel.vectors, self.sizes, tile);
        }
    }
}
