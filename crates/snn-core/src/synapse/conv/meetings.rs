//! Which taps of the kernel lie over a pixel of the input, and where the kernel is then.

use std::ops::Range;

use super::activity::Activity;
use super::along::Direction;
use super::sizes::{Axis, ConvSizes};
use super::tiling::{Tile, Tiling};

/// A tap of the kernel over a pixel, and the place of the kernel then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meeting {
    pub(super) tap: u32,
    pub(super) place: u32,
}

/// Who meets whom in one part of the images.
pub(super) struct Meetings {
    /// The rows of the input which the part reaches.
    pub(super) rows: Range<usize>,
    /// Where each pixel's meetings begin, and where the last ones end.
    pub(super) pixels: Vec<usize>,
    pub(super) meetings: Vec<Meeting>,
    /// Meetings of the pixel that has most.
    pub(super) most: usize,
}

impl Meetings {
    fn of(sizes: &ConvSizes, tile: &Tile) -> Self {
        let (height, width) = (sizes.height, sizes.width);
        let (mut pixels, mut meetings) = (vec![], vec![]);
        let across: Vec<Vec<Meeting>> = (0..width.size).map(|x| along(width, x, &tile.x)).collect();
        let down: Vec<Vec<Meeting>> = (0..height.size).map(|y| along(height, y, &tile.y)).collect();
        for (y, x) in down.iter().flat_map(|y| across.iter().map(move |x| (y, x))) {
            pixels.push(meetings.len());
            for y in y {
                meetings.extend(x.iter().map(|x| Meeting {
                    tap: y.tap * width.kernel as u32 + x.tap,
                    place: y.place * tile.x.len() as u32 + x.place,
                }));
            }
        }
        pixels.push(meetings.len());
        let most = pixels.windows(2).map(|pixel| pixel[1] - pixel[0]).max().unwrap_or(0);
        // So that as many can be read of the last pixels.
        meetings.resize(meetings.len() + most, Meeting { tap: 0, place: 0 });
        let first = down.iter().position(|row| !row.is_empty()).unwrap_or(0);
        let end = down.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
        Self { rows: first..end, pixels, meetings, most }
    }
}

/// Who meets whom in all parts of the images; nobody if the input is dense.
pub(super) struct AllMeetings(Vec<Meetings>);

impl AllMeetings {
    pub(super) fn new(sizes: &ConvSizes, activity: Activity, tiling: &Tiling) -> Self {
        match activity {
            Activity::Dense => Self(Vec::new()),
            Activity::Sparse => Self(tiling.of_one_image().map(|tile| Meetings::of(sizes, &tile)).collect()),
        }
    }

    /// Those in the part of the images which a tile makes.
    pub(super) fn of(&self, tile: &Tile) -> &Meetings {
        &self.0[tile.part]
    }
}

/// The taps over one pixel of an axis, and the places of the kernel then, counted from the first target.
fn along(axis: Axis, pixel: usize, targets: &Range<usize>) -> Vec<Meeting> {
    let over = |target: usize, tap: usize| target * axis.stride + tap * axis.dilation == pixel + axis.padding;
    let meetings = Direction::Forward.taps_of(axis, 0).into_iter().filter_map(|tap| {
        let target = (pixel + axis.padding).checked_sub(tap.index * axis.dilation)? / axis.stride;
        let found = targets.contains(&target) && over(target, tap.index);
        found.then(|| Meeting { tap: tap.index as u32, place: (target - targets.start) as u32 })
    });
    meetings.collect()
}
