//! The product of which everything is made: lines of lanes times numbers of an image, found through tables.
//!
//! `sums[column] += left[depth] * image[offset of depth + offset of column]`, where sums and the left matrix have
//! lanes. Forward, lanes are output channels, depth is what lies under the kernel and columns are its places, so that
//! no number of the image is copied for each tap that meets it. For the gradient of the weight, lanes are output
//! channels again, depth are the places, and columns what lies under the kernel.

use super::registers::{MOST_COLUMNS, Registers};
use crate::number::unrolled;
use crate::synapse::cut::Cut;

/// Words of depth multiplied in one go: a piece of the left matrix then stays in the first-level cache, and sums are
/// added up in pieces, so that long ones keep their digits.
const PIECE: usize = 128;

/// A column: where its numbers begin in the image, and which line of the sums is its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) from: u32,
    pub(super) to: u32,
}

/// Adds the products of all columns, for a panel of `vectors` registers, to what the sums hold, or to the line `start`.
///
/// # Safety
/// Inside `R::vectorize`.
#[inline(always)]
pub(super) unsafe fn multiply_add<R: Registers>(
    sums: &mut [f32],
    start: Option<&[f32]>,
    vectors: usize,
    left: &[f32],
    depth: &[u32],
    image: &[f32],
    columns: &[Column],
) {
    let line = vectors * R::LANES;
    let (mut deepest, mut furthest, mut last) = (0, 0, 0);
    for offset in depth {
        deepest = deepest.max(*offset);
    }
    for column in columns {
        (furthest, last) = (furthest.max(column.from), last.max(column.to));
    }
    assert!((1..=R::VECTORS).contains(&vectors), "a panel of {vectors} registers");
    assert!(
        left.len() >= depth.len() * line
            && image.len() > deepest as usize + furthest as usize
            && sums.len() >= (last as usize + 1) * line
            && start.is_none_or(|start| start.len() >= line),
        "left matrix, image or sums too small"
    );
    let (pieces, groups) = (Cut::of(depth.len(), PIECE), Cut::of(columns.len(), R::columns(vectors)));
    for piece in 0..pieces.parts {
        let start = start.filter(|_| piece == 0);
        let piece = pieces.part(piece);
        let left = &left[piece.start * line..];
        let depth = &depth[piece];
        for group in (0..groups.parts).map(|group| groups.part(group)) {
            let columns = &columns[group];
            // SAFETY: inside `vectorize`; by the assertions every number that the tables lead to is in bounds.
            unsafe {
                match vectors {
                    1 => panel::<R, 1>(sums, start, left, depth, image, columns),
                    2 => panel::<R, 2>(sums, start, left, depth, image, columns),
                    3 => panel::<R, 3>(sums, start, left, depth, image, columns),
                    _ => panel::<R, 4>(sums, start, left, depth, image, columns),
                }
            }
        }
    }
}

/// # Safety
/// Inside `vectorize`, and the tables lead nowhere out of bounds.
#[inline(always)]
unsafe fn panel<R: Registers, const V: usize>(
    sums: &mut [f32],
    start: Option<&[f32]>,
    left: &[f32],
    depth: &[u32],
    image: &[f32],
    columns: &[Column],
) {
    const { assert!(R::VECTORS <= 4) }
    if V > R::VECTORS {
        unreachable!("a panel is no wider than the processor's registers allow");
    }
    macro_rules! columns {
        ($($count:literal)+) => {
            match columns.len() {
                $($count if $count <= R::columns(V) => {
                    // SAFETY: the caller's promise.
                    unsafe { kernel::<R, V, $count>(sums, start, left, depth, image, columns) }
                })+
                0 => {}
                count => unreachable!("{count} columns at a time"),
            }
        };
    }
    const { assert!(MOST_COLUMNS == 12) }
    columns!(1 2 3 4 5 6 7 8 9 10 11 12);
}

/// The kernel itself: all sums in registers.
///
/// # Safety
/// Inside `vectorize`, and the tables lead nowhere out of bounds.
#[inline(always)]
unsafe fn kernel<R: Registers, const V: usize, const C: usize>(
    sums: &mut [f32],
    start: Option<&[f32]>,
    left: &[f32],
    depth: &[u32],
    image: &[f32],
    columns: &[Column],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let from: [*const f32; C] =
            std::array::from_fn(|column| image.as_ptr().add(columns.get_unchecked(column).from as usize));
        let mut sum = [[R::splat(0.0); V]; C];
        let mut left = left.as_ptr();
        for offset in depth {
            let lanes: [R::Register; V] = std::array::from_fn(|vector| R::load(left.add(vector * R::LANES)));
            left = left.add(V * R::LANES);
            // In a loop that is not unrolled, sums would go through memory.
            unrolled(
                C,
                #[inline(always)]
                |column| {
                    let right = R::splat(*from[column].add(*offset as usize));
                    for (sum, lanes) in sum[column].iter_mut().zip(lanes) {
                        *sum = R::fused(*sum, lanes, right);
                    }
                },
            );
        }
        unrolled(
            C,
            #[inline(always)]
            |column| {
                let to = sums.as_mut_ptr().add(columns.get_unchecked(column).to as usize * V * R::LANES);
                let before = start.map_or(to.cast_const(), |start| start.as_ptr());
                for (vector, sum) in sum[column].iter().enumerate() {
                    let lanes = vector * R::LANES;
                    R::store(to.add(lanes), R::add(R::load(before.add(lanes)), *sum));
                }
            },
        );
    }
}
