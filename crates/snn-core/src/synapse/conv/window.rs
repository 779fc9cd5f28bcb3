//! What a tile reaches of its source, copied into the cache with zeros around the images.

use super::along::{Direction, Place};
use super::buffer::Buffer;
use super::registers::{Registers, SLACK};
use super::sizes::{Axis, ConvSizes};
use super::tiling::{Tile, Tiling};

/// What of the window lies inside the source, along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Inside {
    /// Where it begins in the window.
    at: usize,
    /// Where it begins in the source.
    first: usize,
    count: usize,
}

impl Inside {
    fn of(start: isize, window: usize, source: usize) -> Self {
        let at = usize::try_from(-start).unwrap_or(0);
        let first = usize::try_from(start).unwrap_or(0);
        Self { at, first, count: window.saturating_sub(at).min(source.saturating_sub(first)) }
    }
}

/// The memory of a window. Zeros around the images stay from one tile to the next where both lie alike.
pub(super) struct Room {
    words: Buffer,
    inside: Option<[Inside; 2]>,
}

impl Room {
    pub(super) fn words(&self) -> &[f32] {
        self.words.numbers()
    }
}

/// The part of a source that one tile reaches: planes of the same size for all tiles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    direction: Direction,
    axes: [Axis; 2],
    height: usize,
    width: usize,
}

impl Window {
    pub(super) fn new(direction: Direction, sizes: &ConvSizes, tiling: &Tiling) -> Self {
        let axes = [sizes.height, sizes.width];
        let [mut height, mut width] = [0, 0];
        for tile in tiling.of_one_image() {
            height = height.max(direction.reach(axes[0], &tile.y).1);
            width = width.max(direction.reach(axes[1], &tile.x).1);
        }
        Self { direction, axes, height, width }
    }

    /// Words of one plane.
    pub(super) fn plane(&self) -> usize {
        self.height * self.width
    }

    /// Room for so many planes, and for reading so many words beyond.
    pub(super) fn room(&self, planes: usize, beyond: usize) -> Room {
        let words = planes * self.plane() + SLACK + beyond;
        assert!(u32::try_from(words).is_ok(), "a tile of {words} numbers is more than tables of 32 bits find");
        Room { words: Buffer::zeros(words), inside: None }
    }

    /// Fills `room` with what a tile reaches of `planes` planes of the source; a plane is made of one channel of one
    /// image, or of two (an empty second one is zeros).
    ///
    /// # Safety
    /// Inside `R::vectorize`.
    #[inline(always)]
    pub(super) unsafe fn fill<'a, R: Registers>(
        &self,
        room: &mut Room,
        tile: &Tile,
        planes: usize,
        plane: impl Fn(usize) -> [&'a [f32]; 2],
    ) {
        let [height, width] = self.axes.map(|axis| self.direction.source(axis));
        let y = Inside::of(self.direction.reach(self.axes[0], &tile.y).0, self.height, height);
        let x = Inside::of(self.direction.reach(self.axes[1], &tile.x).0, self.width, width);
        let inside = Some([y, x]);
        let words = room.words.numbers_mut();
        assert!(words.len() >= planes * self.plane() + SLACK, "no room for {planes} planes");
        if room.inside != inside {
            words.fill(0.0);
            room.inside = inside;
        }
        for index in 0..planes {
            let [first, second] = plane(index);
            assert!(first.len() == height * width && (second.is_empty() || second.len() == first.len()), "one plane");
            let mut to = index * self.plane() + y.at * self.width + x.at;
            for row in y.first..y.first + y.count {
                let row = row * width + x.first..row * width + x.first + x.count;
                let rows = [&first[row.clone()], if second.is_empty() { second } else { &second[row] }];
                // SAFETY: inside `vectorize`, with room by the assertion: the last row ends inside the planes. What is
                // written beyond a row is zeros around it, or the next row, which is written later.
                unsafe { R::row(words.as_mut_ptr().add(to), rows) };
                to += self.width;
            }
        }
    }

    /// Where a place of each axis lies in a plane.
    #[inline(always)]
    pub(super) fn offset(&self, y: Place, x: Place) -> usize {
        y.offset * self.width + x.offset
    }
}
