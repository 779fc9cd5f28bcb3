//! A matrix whose columns are shared out among tasks.

use std::marker::PhantomData;

/// A row-major matrix of values, or of places for values, of which several tasks write different columns at the same
/// time.
pub(crate) struct Columns<'a, T = f32> {
    data: *mut T,
    len: usize,
    width: usize,
    _buffer: PhantomData<&'a mut [T]>,
}

impl<T> Clone for Columns<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Columns<'_, T> {}

// SAFETY: access goes through `row`, whose caller promises that no two tasks share a column.
unsafe impl<T: Send> Send for Columns<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Columns<'_, T> {}

impl<'a, T> Columns<'a, T> {
    pub(crate) fn new(buffer: &'a mut [T], width: usize) -> Self {
        Self { data: buffer.as_mut_ptr(), len: buffer.len(), width, _buffer: PhantomData }
    }

    /// Columns `start..start + columns` of `row`.
    ///
    /// # Safety
    /// While the slice is alive nobody else may touch these columns of this row.
    #[inline(always)]
    pub(crate) unsafe fn row(&self, row: usize, start: usize, columns: usize) -> &'a mut [T] {
        let offset = row * self.width + start;
        assert!(start + columns <= self.width && offset + columns <= self.len, "row {row} outside the matrix");
        // SAFETY: in bounds by the assertion; exclusive by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.data.add(offset), columns) }
    }

    /// All columns of `count` rows from `first` on.
    ///
    /// # Safety
    /// While the slice is alive nobody else may touch these rows.
    pub(crate) unsafe fn rows(&self, first: usize, count: usize) -> &'a mut [T] {
        let (offset, len) = (first * self.width, count * self.width);
        assert!(offset + len <= self.len, "rows {first}..{} outside the matrix", first + count);
        // SAFETY: in bounds by the assertion; exclusive by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.data.add(offset), len) }
    }
}
