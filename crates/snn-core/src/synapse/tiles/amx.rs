//! Products in bf16, summed in f32, on processors with AMX: a matrix unit that multiplies 16 x 16 words at a time.

use std::arch::asm;
use std::arch::x86_64::*;
use std::sync::OnceLock;

use super::layout::{Line, PANEL, WIDTH};
use super::transpose::transpose;
use super::{Bf16, Format, Lanes};

/// Words in one of the unit's registers, a tile of 16 x 16.
const TILE: usize = WIDTH * WIDTH;

/// The proof that the processor has AMX, and that the system lets this process use it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amx(());

impl Amx {
    /// The format, if the processor has the instructions and the system saves their registers.
    pub(crate) fn detect() -> Option<Self> {
        static FOUND: OnceLock<bool> = OnceLock::new();
        FOUND.get_or_init(|| Bf16::detect().is_some() && processor_has_it() && permitted()).then_some(Self(()))
    }
}

/// What `is_x86_feature_detected!` does not tell yet: AMX-TILE and AMX-BF16.
fn processor_has_it() -> bool {
    const TILE: u32 = 1 << 24;
    const BF16: u32 = 1 << 22;
    let features = if __cpuid(0).eax >= 7 { __cpuid_count(7, 0).edx } else { 0 };
    features & (TILE | BF16) == TILE | BF16
}

/// Linux saves the unit's registers, 8 KiB for each thread, only for processes that ask for it.
#[cfg(target_os = "linux")]
fn permitted() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const XFEATURE_XTILEDATA: libc::c_long = 18;
    // SAFETY: the call reads two numbers and changes nothing but what this process may use.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn permitted() -> bool {
    false
}

/// The shapes of the eight tiles: all are 16 rows of 64 bytes.
#[repr(C, align(64))]
struct Shapes {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    bytes_per_row: [u16; 16],
    rows: [u8; 16],
}

static SHAPES: Shapes = Shapes {
    palette: 1,
    start_row: 0,
    reserved: [0; 14],
    bytes_per_row: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// The unit switched on, until it is dropped.
struct Unit;

impl Unit {
    fn on(_proof: Amx) -> Self {
        // SAFETY: the processor has the instruction; `SHAPES` are those of its manual.
        unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const SHAPES, options(nostack, readonly, preserves_flags)) };
        Self
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        // SAFETY: it was switched on, so the processor has the instruction; no tile is in use any more.
        unsafe { asm!("tilerelease", options(nostack, nomem, preserves_flags)) };
    }
}

// SAFETY: `detect` makes a value only if the processor has the instructions which `vectorize` enables.
unsafe impl Format for Amx {
    const DEPTH: usize = Bf16::DEPTH;

    #[inline(always)]
    fn vectorize<R>(self, work: impl FnOnce() -> R) -> R {
        #[target_feature(enable = "avx512f,avx512bf16")]
        fn enabled<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        let _unit = Unit::on(self);
        // SAFETY: `self` is the proof that the processor has them.
        unsafe { enabled(work) }
    }

    #[inline(always)]
    unsafe fn words(numbers: [__m512; 2]) -> __m512i {
        // SAFETY: the caller's promise; this format's instructions include those of the other.
        unsafe { Bf16::words(numbers) }
    }

    #[inline(always)]
    unsafe fn zip(first: __m512, second: __m512) -> __m512i {
        // SAFETY: as above.
        unsafe { Bf16::zip(first, second) }
    }
}

impl Lanes for Amx {
    const UNIT: usize = WIDTH;
    const COLUMNS: usize = WIDTH;

    /// Tiles, `[16 columns][16 words]` each, in the order `[group of columns, unit of depth]`.
    #[inline(always)]
    unsafe fn arrange_right(result: &mut [u32], matrix: &[f32], columns: usize) {
        let (groups, units) = (columns.div_ceil(WIDTH), (matrix.len() / columns).div_ceil(WIDTH * Self::DEPTH));
        let result = &mut result[..groups * units * TILE];
        for (index, tile) in result.chunks_exact_mut(TILE).enumerate() {
            let (first, unit) = (index / units * WIDTH, index % units);
            // SAFETY: inside `vectorize`; a tile is 16 lines of 16 words.
            unsafe {
                let mut words = [_mm512_setzero_ps(); WIDTH];
                for (word, words) in words.iter_mut().enumerate() {
                    let row = (unit * WIDTH + word) * Self::DEPTH;
                    *words = _mm512_castsi512_ps(Self::zip(
                        at(matrix, row, columns, first),
                        at(matrix, row + 1, columns, first),
                    ));
                }
                for (column, words) in transpose(words).into_iter().enumerate() {
                    _mm512_storeu_ps(tile.as_mut_ptr().add(column * WIDTH).cast(), words);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn multiply_add(sums: &mut [Line], vectors: usize, left: &[Line], right: &[u32], columns: usize) {
        let (groups, units) = (columns.div_ceil(WIDTH), left.len() / vectors / WIDTH);
        assert!((1..=PANEL).contains(&vectors) && left.len() == units * WIDTH * vectors, "a panel of whole units");
        assert!(
            sums.len() >= groups * WIDTH * vectors && right.len() >= groups * units * TILE,
            "sums or right matrix too small"
        );
        for group in 0..groups {
            // SAFETY: inside `vectorize`; by the assertions `units` tiles of the right matrix, `units` times 16 lines for
            // each register of the panel, and 16 lines of sums for each are in bounds.
            unsafe {
                let sums = sums.as_mut_ptr().add(group * WIDTH * vectors);
                let right = right.as_ptr().add(group * units * TILE);
                match vectors {
                    1 => panel_of_1(sums, left.as_ptr(), right, units),
                    2 => panel_of_2(sums, left.as_ptr(), right, units),
                    3 => panel_of_3(sums, left.as_ptr(), right, units),
                    _ => panel_of_4(sums, left.as_ptr(), right, units),
                }
            }
        }
    }
}

/// 16 numbers of row `row` of a matrix, from column `first` on; zeros beyond its columns and rows.
///
/// # Safety
/// Inside `vectorize`; `first` is below `columns`.
#[inline(always)]
unsafe fn at(matrix: &[f32], row: usize, columns: usize, first: usize) -> __m512 {
    let mask = ((1u32 << WIDTH.min(columns - first)) - 1) as u16;
    // SAFETY: the mask keeps the load inside row `row`, which is inside the matrix.
    unsafe {
        match (row + 1) * columns <= matrix.len() {
            true => _mm512_maskz_loadu_ps(mask, matrix.as_ptr().add(row * columns + first)),
            false => _mm512_setzero_ps(),
        }
    }
}

/// A kernel for panels of so many registers: one tile of sums for each stays in the unit while it goes through the depth.
///
/// `$sum` and `$left` are the tiles of each register, `$at` where it lies in its row, in bytes.
macro_rules! kernel {
    ($name:ident: $vectors:literal, $($sum:literal $left:literal $at:literal),+) => {
        /// `sums += left x right` for 16 columns.
        ///
        /// # Safety
        /// The unit is on; `sums` holds 16 rows of so many lines, `left` 16 for each of `units`, at least one, and
        /// `right` as many tiles.
        #[inline(always)]
        unsafe fn $name(sums: *mut Line, left: *const Line, right: *const u32, units: usize) {
            // SAFETY: the caller's promise.
            unsafe {
                asm!(
                    $(concat!("tileloadd ", $sum, ", [{sums} + {row}*1 + ", $at, "]"),)+
                    "2:",
                    "tileloadd tmm4, [{right} + {line}*1]",
                    $(
                        concat!("tileloadd ", $left, ", [{left} + {row}*1 + ", $at, "]"),
                        concat!("tdpbf16ps ", $sum, ", tmm4, ", $left),
                    )+
                    "add {right}, 1024",
                    concat!("add {left}, 1024*", $vectors),
                    "dec {units}",
                    "jnz 2b",
                    $(concat!("tilestored [{sums} + {row}*1 + ", $at, "], ", $sum),)+
                    sums = in(reg) sums,
                    left = inout(reg) left => _,
                    right = inout(reg) right => _,
                    units = inout(reg) units => _,
                    row = in(reg) 64usize * $vectors,
                    line = in(reg) 64usize,
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _, out("tmm4") _, out("tmm5") _,
                    out("tmm6") _, out("tmm7") _,
                    options(nostack),
                );
            }
        }
    };
}

kernel!(panel_of_1: 1, "tmm0" "tmm5" 0);
kernel!(panel_of_2: 2, "tmm0" "tmm5" 0, "tmm1" "tmm6" 64);
kernel!(panel_of_3: 3, "tmm0" "tmm5" 0, "tmm1" "tmm6" 64, "tmm2" "tmm7" 128);
kernel!(panel_of_4: 4, "tmm0" "tmm5" 0, "tmm1" "tmm6" 64, "tmm2" "tmm7" 128, "tmm3" "tmm5" 192);
