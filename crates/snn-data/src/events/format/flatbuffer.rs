//! As much of a flatbuffer as a recording needs: one table's fields, read with every offset checked.

/// A table in a buffer whose first four bytes are its size.
pub struct Table<'a> {
    bytes: &'a [u8],
    table: usize,
    fields: usize,
    count: usize,
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    number(bytes, at).map(|value| u16::from_le_bytes(value).into())
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    number(bytes, at).and_then(|value| usize::try_from(u32::from_le_bytes(value)).ok())
}

impl<'a> Table<'a> {
    /// Returns the root table of a buffer which calls itself `name`.
    pub fn root(bytes: &'a [u8], name: &[u8; 4]) -> Option<Self> {
        if bytes.get(8..12)? != name {
            return None;
        }
        let table = 4usize.checked_add(u32_at(bytes, 4)?)?;
        let back = i64::from(i32::from_le_bytes(number(bytes, table)?));
        let fields = usize::try_from(i64::try_from(table).ok()? - back).ok()?;
        let size = u16_at(bytes, fields)?;
        bytes.get(fields..fields.checked_add(size)?)?;
        Some(Self { bytes, table, fields, count: size.saturating_sub(4) / 2 })
    }

    /// The place of a field; `None` if it has its default.
    fn field(&self, index: usize) -> Option<usize> {
        if index >= self.count {
            return None;
        }
        let offset = u16_at(self.bytes, self.fields + 4 + 2 * index)?;
        if offset == 0 { None } else { self.table.checked_add(offset) }
    }

    pub fn i32(&self, index: usize) -> Option<i32> {
        number(self.bytes, self.field(index)?).map(i32::from_le_bytes)
    }

    pub fn i64(&self, index: usize) -> Option<i64> {
        number(self.bytes, self.field(index)?).map(i64::from_le_bytes)
    }

    /// Returns the place of a vector's first element and the number of elements, of `size` bytes each; `Err` if it does not lie
    /// in the buffer, `Ok(None)` if it is absent.
    pub fn vector(&self, index: usize, size: usize) -> Result<Option<(usize, usize)>, ()> {
        let Some(field) = self.field(index) else { return Ok(None) };
        let inside = || {
            let at = field.checked_add(u32_at(self.bytes, field)?)?;
            let count = u32_at(self.bytes, at)?;
            self.bytes.get(at + 4..(at + 4).checked_add(count.checked_mul(size)?)?)?;
            Some((at + 4, count))
        };
        inside().map(Some).ok_or(())
    }
}
