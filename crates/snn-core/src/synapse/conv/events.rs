//! Sums over the nonzero numbers of an input alone, as spikes are, so that the cost falls with activity.

use std::ops::Range;

use super::meetings::{AllMeetings, Meetings};
use super::registers::{CHUNK, Registers};
use super::sizes::ConvSizes;
use super::tiling::Tile;

/// Places whose lines stay in the first-level cache, while one channel after the other is added up.
const PLACES_AT_ONCE: usize = 64;

/// A nonzero number: where it lies in its plane, and what it is.
#[derive(Clone, Copy, Debug)]
struct Event {
    pixel: u32,
    value: f32,
}

/// One term of a sum: the product of an event and a number of the weight or of the gradient.
#[derive(Clone, Copy, Debug, Default)]
struct Term {
    place: u32,
    tap: u32,
    value: f32,
}

/// The events of a tile.
#[derive(Default)]
pub(super) struct Events {
    /// Where each plane's events begin, and where the last ones end: channel after channel of one image after the
    /// other.
    starts: Vec<usize>,
    events: Vec<Event>,
    terms: Vec<Term>,
}

impl Events {
    /// Finds all events of the channels of a group in a tile's images.
    ///
    /// # Safety
    /// Inside `R::vectorize`.
    #[inline(always)]
    pub(super) unsafe fn find<R: Registers>(
        &mut self,
        meetings: &AllMeetings,
        sizes: &ConvSizes,
        tile: &Tile,
        group: usize,
        input: &[f32],
    ) {
        self.starts.clear();
        self.events.clear();
        let (channels, size, width) = (sizes.group_inputs(), sizes.input_plane(), sizes.width.size);
        let rows = &meetings.of(tile).rows;
        for sample in tile.samples.clone() {
            let first = (sample * sizes.groups + group) * channels;
            for plane in input[first * size..][..channels * size].chunks_exact(size) {
                self.starts.push(self.events.len());
                let plane = &plane[..rows.end * width];
                for first in (rows.start * width..plane.len()).step_by(CHUNK) {
                    let numbers = &plane[first..plane.len().min(first + CHUNK)];
                    // SAFETY: inside `vectorize`.
                    let mut nonzero = unsafe { R::nonzero(numbers) };
                    while nonzero != 0 {
                        let index = nonzero.trailing_zeros() as usize;
                        self.events.push(Event { pixel: (first + index) as u32, value: numbers[index] });
                        nonzero &= nonzero - 1;
                    }
                }
            }
        }
        self.starts.push(self.events.len());
    }

    /// Adds what the events say to a panel of `vectors` registers: at each meeting, the event times a line of `from` to
    /// a line of `to`.
    ///
    /// # Safety
    /// Inside `R::vectorize`.
    #[inline(always)]
    pub(super) unsafe fn add<R: Registers>(
        &mut self,
        meetings: &AllMeetings,
        sums: Sums,
        to: &mut [f32],
        from: &[f32],
        vectors: usize,
        sizes: &ConvSizes,
        tile: &Tile,
    ) {
        let meetings = meetings.of(tile);
        // SAFETY: inside `vectorize`.
        unsafe {
            match vectors {
                1 => self.add_panel::<R, 1>(meetings, sums, to, from, sizes, tile),
                2 => self.add_panel::<R, 2>(meetings, sums, to, from, sizes, tile),
                3 => self.add_panel::<R, 3>(meetings, sums, to, from, sizes, tile),
                _ => self.add_panel::<R, 4>(meetings, sums, to, from, sizes, tile),
            }
        }
    }

    /// # Safety
    /// Inside `R::vectorize`.
    #[inline(always)]
    unsafe fn add_panel<R: Registers, const V: usize>(
        &mut self,
        meetings: &Meetings,
        sums: Sums,
        to: &mut [f32],
        from: &[f32],
        sizes: &ConvSizes,
        tile: &Tile,
    ) {
        let (channels, taps, places, line) = (sizes.group_inputs(), sizes.taps(), tile.places(), V * R::LANES);
        let (of_places, of_taps) = (tile.samples.len() * places * line, channels * taps * line);
        let (written, read) = match sums {
            Sums::OfPlaces => (of_places, of_taps),
            Sums::OfTaps => (of_taps, of_places),
        };
        assert!(to.len() >= written && from.len() >= read, "no room for all places or all taps");
        let together = (PLACES_AT_ONCE / places).max(1);
        for first in (0..tile.samples.len()).step_by(together) {
            let images = first..tile.samples.len().min(first + together);
            for channel in 0..channels {
                let count = self.expand(meetings, images.clone(), channel, channels, places);
                for Term { place, tap, value } in &self.terms[..count] {
                    let (place, tap) = (*place as usize * line, (channel * taps + *tap as usize) * line);
                    let (into, of) = match sums {
                        Sums::OfPlaces => (place, tap),
                        Sums::OfTaps => (tap, place),
                    };
                    // SAFETY: inside `vectorize`; in bounds by the assertion, since terms know only taps of the kernel
                    // and places of the tile.
                    unsafe {
                        let value = R::splat(*value);
                        for lanes in (0..V).map(|vector| vector * R::LANES) {
                            let to = to.as_mut_ptr().add(into + lanes);
                            let from = R::load(from.as_ptr().add(of + lanes));
                            R::store(to, R::fused(R::load(to), from, value));
                        }
                    }
                }
            }
        }
    }

    /// Lists the terms of one channel of some images, and returns how many there are.
    #[inline(always)]
    fn expand(
        &mut self,
        meetings: &Meetings,
        images: Range<usize>,
        channel: usize,
        channels: usize,
        places: usize,
    ) -> usize {
        let Meetings { pixels, meetings, most, .. } = meetings;
        let of_plane =
            |image: usize| self.starts[image * channels + channel]..self.starts[image * channels + channel + 1];
        let events: usize = images.clone().map(|image| of_plane(image).len()).sum();
        self.terms.resize(self.terms.len().max((events + 1) * most), Term::default());
        let mut count = 0;
        for image in images {
            let first = (image * places) as u32;
            for Event { pixel, value } in &self.events[of_plane(image)] {
                let (start, end) = (pixels[*pixel as usize], pixels[*pixel as usize + 1]);
                // As many for each event, the rest is written over: a loop whose length changes costs more.
                for (term, meeting) in self.terms[count..][..*most].iter_mut().zip(&meetings[start..]) {
                    *term = Term { place: first + meeting.place, tap: meeting.tap, value: *value };
                }
                count += end - start;
            }
        }
        count
    }
}

/// What is summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sums {
    /// The output: a line for each place takes those of the weight.
    OfPlaces,
    /// The gradient of the weight: a line for each channel and tap takes those of the output's gradient.
    OfTaps,
}
