//! The left matrix, a piece at a time: copied, or drawn as input times noise.

use std::arch::x86_64::*;
use std::ops::Range;

use rayon::prelude::*;

use super::super::host::Rows;
use super::Lanes;
use super::layout::{Layout, Line, PANEL, WIDTH, lines};
use super::transpose::transpose;
use crate::noise::NoiseSeed;

/// What `noise.rs` multiplies the number of an element by.
const GOLDEN: u32 = 0x9e37_79b9;

/// The input in the order in which panels are drawn, `[panel, word of depth, lane, number of the word]`, zero
/// outside the matrix, times the 2^-24 that turns random bits into a number below 1 (exact for numbers
/// above 2^-102).
fn arrange_input<L: Lanes>(input: &[f32], layout: Layout) -> Vec<Line> {
    let (words, panels) = (layout.words::<L>(), layout.panels());
    let mut result = lines(words * panels.total * WIDTH * L::DEPTH);
    let mut rest = result.as_mut_slice();
    let mut pieces = Vec::new();
    for panel in 0..panels.parts {
        let (piece, after) = rest.split_at_mut(words * panels.part(panel).len() * L::DEPTH);
        pieces.push(piece);
        rest = after;
    }
    pieces.into_par_iter().enumerate().for_each(|(panel, piece)| {
        let first = panels.part(panel).start * WIDTH;
        let width = panels.part(panel).len() * WIDTH;
        for (word, lines) in piece.chunks_exact_mut(width / WIDTH * L::DEPTH).enumerate() {
            let within = L::DEPTH.min(layout.depth - word * L::DEPTH);
            let lanes = width.min(layout.lanes - first);
            let numbers = lines.iter_mut().flat_map(|line| &mut line.0);
            let start = word * L::DEPTH * layout.depth_step + first * layout.lane_step;
            for (index, number) in numbers.enumerate().take(lanes * L::DEPTH) {
                let (lane, depth) = (index / L::DEPTH, index % L::DEPTH);
                if depth < within {
                    *number = input[start + depth * layout.depth_step + lane * layout.lane_step] * (1.0 / 16_777_216.0);
                }
            }
        }
    });
    result
}

/// Noise: `uniform(key, element)` of `noise.rs` for 16 elements, as whole numbers below 2^24.
///
/// `scrambled` is `key ^ key >> 16`, which saves one instruction of the first step of the hash.
#[inline(always)]
unsafe fn noise(counter: __m512i, scrambled: __m512i) -> __m512 {
    // SAFETY: the caller is inside `vectorize`.
    unsafe {
        let z = _mm512_ternarylogic_epi32::<0x96>(counter, _mm512_srli_epi32::<16>(counter), scrambled);
        let z = _mm512_mullo_epi32(z, _mm512_set1_epi32(0x21f0_aaad));
        let z = _mm512_xor_si512(z, _mm512_srli_epi32::<15>(z));
        let z = _mm512_mullo_epi32(z, _mm512_set1_epi32(0x735a_2d97));
        _mm512_cvtepi32_ps(_mm512_xor_si512(_mm512_srli_epi32::<8>(z), _mm512_srli_epi32::<23>(z)))
    }
}

/// A piece of a panel of the left matrix, from word `word` and lane `lane` on: input times noise.
///
/// # Safety
/// Inside `L::vectorize`.
#[inline(always)]
unsafe fn draw<L: Lanes>(
    piece: &mut [Line],
    input: &[Line],
    vectors: usize,
    layout: Layout,
    word: usize,
    lane: usize,
    key: u32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        match vectors {
            1 => draw_of::<L, 1>(piece, input, layout, word, lane, key),
            2 => draw_of::<L, 2>(piece, input, layout, word, lane, key),
            3 => draw_of::<L, 3>(piece, input, layout, word, lane, key),
            _ => draw_of::<L, PANEL>(piece, input, layout, word, lane, key),
        }
    }
}

#[inline(always)]
unsafe fn draw_of<L: Lanes, const V: usize>(
    piece: &mut [Line],
    input: &[Line],
    layout: Layout,
    word: usize,
    lane: usize,
    key: u32,
) {
    // What the hash begins with; a sum of multiples of the depth and of the lane.
    let counter = |depth: usize, lane: usize| {
        let element = (depth as u32)
            .wrapping_mul(layout.depth_step as u32)
            .wrapping_add((lane as u32).wrapping_mul(layout.lane_step as u32));
        element.wrapping_mul(GOLDEN)
    };
    let mut counters = [[[0u32; WIDTH]; 2]; V];
    for (vector, counters) in counters.iter_mut().enumerate() {
        for (index, value) in counters.as_flattened_mut().iter_mut().enumerate() {
            *value = counter(word * L::DEPTH + index % L::DEPTH, lane + vector * WIDTH + index / L::DEPTH);
        }
    }
    // SAFETY: inside `vectorize`.
    unsafe {
        let mut counters =
            counters.map(|counters| counters.map(|counters| _mm512_loadu_si512(counters.as_ptr().cast())));
        let step = _mm512_set1_epi32(counter(L::DEPTH, 0) as i32);
        let scrambled = _mm512_set1_epi32((key ^ (key >> 16)) as i32);
        for (lines, input) in piece.as_chunks_mut::<V>().0.iter_mut().zip(input.chunks_exact(V * L::DEPTH)) {
            for (vector, line) in lines.iter_mut().enumerate() {
                let mut numbers = [_mm512_setzero_ps(); 2];
                for (index, number) in numbers.iter_mut().enumerate().take(L::DEPTH) {
                    let counter = &mut counters[vector][index];
                    let input = _mm512_load_ps(input[vector * L::DEPTH + index].0.as_ptr());
                    *number = _mm512_mul_ps(noise(*counter, scrambled), input);
                    *counter = _mm512_add_epi32(*counter, step);
                }
                _mm512_store_si512((&raw mut *line).cast(), L::words(numbers));
            }
        }
    }
}

/// A piece of a panel of the left matrix, from word `word` and lane `lane` on, copied from `values`.
///
/// # Safety
/// Inside `L::vectorize`.
#[inline(always)]
unsafe fn copy<L: Lanes>(piece: &mut [Line], values: &[f32], vectors: usize, layout: Layout, word: usize, lane: usize) {
    let words = piece.len() / vectors;
    assert!(
        values.len() == layout.depth * layout.lanes,
        "{} numbers, not {} x {}",
        values.len(),
        layout.depth,
        layout.lanes
    );
    let depth = layout.depth.min((word + words) * L::DEPTH);
    let mask = |rest: usize| ((1u32 << rest.min(WIDTH)) - 1) as u16;
    for vector in 0..vectors {
        let lane = lane + vector * WIDTH;
        let lanes = layout.lanes - lane;
        if layout.lane_step == 1 {
            for word_here in 0..words {
                let first = (word + word_here) * L::DEPTH;
                let at = |row: usize| {
                    // SAFETY: inside `vectorize`; rows beyond the last are not read, the mask keeps loads inside the row.
                    unsafe {
                        match row < depth {
                            true => {
                                _mm512_maskz_loadu_ps(mask(lanes), values.as_ptr().add(row * layout.depth_step + lane))
                            }
                            false => _mm512_setzero_ps(),
                        }
                    }
                };
                // SAFETY: inside `vectorize`.
                unsafe {
                    let to = &raw mut piece[word_here * vectors + vector];
                    _mm512_store_si512(to.cast(), L::zip(at(first), at(first + L::DEPTH - 1)));
                }
            }
        } else {
            for first in (word * L::DEPTH..depth).step_by(WIDTH) {
                // SAFETY: inside `vectorize`; lanes beyond the last are not read, the mask keeps loads inside the piece.
                unsafe {
                    let mut block = [_mm512_setzero_ps(); WIDTH];
                    for (index, block) in block.iter_mut().enumerate().take(lanes) {
                        let from = values.as_ptr().add((lane + index) * layout.lane_step + first);
                        *block = _mm512_maskz_loadu_ps(mask(depth - first), from);
                    }
                    let block = transpose(block);
                    let first_word = first / L::DEPTH - word;
                    for index in 0..(WIDTH / L::DEPTH).min(words - first_word) {
                        let to = &raw mut piece[(first_word + index) * vectors + vector];
                        let second = block[index * L::DEPTH + L::DEPTH - 1];
                        _mm512_store_si512(to.cast(), L::zip(block[index * L::DEPTH], second));
                    }
                }
            }
        }
    }
}

/// The left matrix: in memory, or its parts from which pieces are drawn.
pub(super) enum Left<'a> {
    Given(&'a [f32]),
    Drawn { arranged: Vec<Line>, seed: NoiseSeed },
}

impl<'a> Left<'a> {
    pub(super) fn new<L: Lanes>(rows: Rows<'a>, layout: Layout) -> Self {
        match rows {
            Rows::Given(values) => Self::Given(values),
            Rows::Flickering { input, seed, .. } => Self::Drawn { arranged: arrange_input::<L>(input, layout), seed },
        }
    }

    /// Makes `words` of `panel` (in registers) in `tile`, and zeros behind them.
    ///
    /// # Safety
    /// Inside `L::vectorize`.
    #[inline(always)]
    pub(super) unsafe fn fill<L: Lanes>(
        &self,
        tile: &mut [Line],
        layout: Layout,
        panel: &Range<usize>,
        words: &Range<usize>,
        step: usize,
    ) {
        let (vectors, lane) = (panel.len(), panel.start * WIDTH);
        let (tile, behind) = tile.split_at_mut(words.len() * vectors);
        behind.fill(Line([0.0; WIDTH]));
        // SAFETY: inside `vectorize`.
        unsafe {
            match self {
                Self::Given(values) => copy::<L>(tile, values, vectors, layout, words.start, lane),
                Self::Drawn { arranged, seed } => {
                    let start = (layout.words::<L>() * panel.start + words.start * vectors) * L::DEPTH;
                    let input = &arranged[start..start + words.len() * vectors * L::DEPTH];
                    draw::<L>(tile, input, vectors, layout, words.start, lane, seed.key(step));
                }
            }
        }
    }
}
