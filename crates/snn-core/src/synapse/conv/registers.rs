//! What a processor's registers do, in any width and number format.

use std::mem::MaybeUninit;

/// A register of `LANES` words of 32 bits, each one or two numbers deep. Words lie in memory as `f32` with their bits.
///
/// # Safety
/// A value exists only on a processor that has the instructions, and `vectorize` runs its argument with them enabled.
pub(super) unsafe trait Registers: Copy + Send + Sync + 'static {
    /// Numbers of the reduction in one word.
    const DEPTH: usize;
    const LANES: usize;
    /// Registers of the left matrix held at a time.
    const VECTORS: usize;
    type Register: Copy;

    /// Sums held at a time for each of `vectors` registers, at most [`MOST_COLUMNS`].
    fn columns(vectors: usize) -> usize;

    /// Runs `work` with the instructions enabled.
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R;

    /// # Safety
    /// Inside `vectorize`; `from` has `LANES` words.
    unsafe fn load(from: *const f32) -> Self::Register;

    /// # Safety
    /// Inside `vectorize`; `to` has room for `LANES` words.
    unsafe fn store(to: *mut f32, register: Self::Register);

    /// The same word in all lanes.
    ///
    /// # Safety
    /// Inside `vectorize`.
    unsafe fn splat(word: f32) -> Self::Register;

    /// # Safety
    /// Inside `vectorize`.
    unsafe fn add(a: Self::Register, b: Self::Register) -> Self::Register;

    /// `sum + left * right`, in each lane over all numbers of the word.
    ///
    /// # Safety
    /// Inside `vectorize`.
    unsafe fn fused(sum: Self::Register, left: Self::Register, right: Self::Register) -> Self::Register;

    /// One word.
    fn word(first: f32, second: f32) -> f32;

    /// Writes the words of a row, made of the numbers of one row or of two (an empty second row is one of zeros), and
    /// zeros beyond it.
    ///
    /// # Safety
    /// Inside `vectorize`; `to` has room for all words and [`SLACK`] more.
    #[inline(always)]
    unsafe fn row(to: *mut f32, [first, second]: [&[f32]; 2]) {
        for (index, number) in first.iter().enumerate() {
            let word = Self::word(*number, second.get(index).copied().unwrap_or(0.0));
            // SAFETY: the caller's promise.
            unsafe { to.add(index).write(word) };
        }
    }

    /// A bit for each nonzero number of at most [`CHUNK`].
    ///
    /// # Safety
    /// Inside `vectorize`.
    #[inline(always)]
    unsafe fn nonzero(numbers: &[f32]) -> u32 {
        numbers.iter().enumerate().fold(0, |bits, (index, number)| bits | u32::from(*number != 0.0) << index)
    }

    /// Turns rows into lanes: word `lane` of line `i` is made of number `i` of rows `lane` of both matrices (no second
    /// matrix is one of zeros), whose rows begin `distance` numbers apart. Lanes without a row are zero.
    ///
    /// # Safety
    /// Inside `vectorize`; `to` has room for `count` lines of `line` words.
    #[inline(always)]
    unsafe fn lanes_in(
        to: *mut f32,
        line: usize,
        [first, second]: [&[f32]; 2],
        lanes: usize,
        distance: usize,
        count: usize,
    ) {
        for index in 0..count {
            for lane in 0..line {
                let at = |rows: &[f32]| match lane < lanes && !rows.is_empty() {
                    true => rows[lane * distance + index],
                    false => 0.0,
                };
                // SAFETY: the caller's promise.
                unsafe { to.add(index * line + lane).write(Self::word(at(first), at(second))) };
            }
        }
    }

    /// Turns lanes into rows: number `i` of row `lane` is word `lane` of line `i`; `to(lane, i, count)` is where
    /// `count` numbers of a row from `i` on belong.
    ///
    /// # Safety
    /// Inside `vectorize`; `from` has `count` lines of `line` words.
    #[inline(always)]
    unsafe fn lanes_out<'a>(
        to: impl Fn(usize, usize, usize) -> &'a mut [MaybeUninit<f32>],
        lanes: usize,
        count: usize,
        from: *const f32,
        line: usize,
    ) {
        for lane in 0..lanes {
            for (index, to) in to(lane, 0, count).iter_mut().enumerate() {
                // SAFETY: the caller's promise.
                to.write(unsafe { from.add(index * line + lane).read() });
            }
        }
    }
}

/// More columns than any processor has registers for.
pub(super) const MOST_COLUMNS: usize = 12;
/// Numbers among which nonzero ones are found in one go.
pub(super) const CHUNK: usize = 16;
/// Words of the longest line that any processor has registers for.
pub(super) const MOST_WORDS: usize = 64;
/// Words that may be written beyond a row.
pub(super) const SLACK: usize = 16;
