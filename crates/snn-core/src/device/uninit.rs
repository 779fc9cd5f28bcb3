//! Large results, which are not zeroed before they are written.

use std::mem::MaybeUninit;

/// A vector of `len` values, as `write` writes them.
///
/// A result zeroed first is written twice, which is a twentieth of a training step of the article's network, and a fifth with
/// products in bf16.
///
/// # Safety
/// `write` must write every value.
pub(crate) unsafe fn filled(len: usize, write: impl FnOnce(&mut [MaybeUninit<f32>])) -> Vec<f32> {
    let mut values = Vec::with_capacity(len);
    let unwritten = &mut values.spare_capacity_mut()[..len];
    if cfg!(test) {
        // A value that is left out shows.
        unwritten.fill(MaybeUninit::new(f32::NAN));
    }
    write(unwritten);
    // SAFETY: all are written, by the caller's promise.
    unsafe { values.set_len(len) };
    values
}
