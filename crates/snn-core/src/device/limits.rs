//! What a device cannot hold is refused before the work begins.
//!
//! A GPU binds tensors of limited size (128 MiB is common); a larger one shows as a panic far away, when a result
//! is read. So sizes are checked where they are known.

use burn::tensor::Device;

/// The largest tensor `device` takes, in bytes; `None` if nothing but memory limits it.
pub fn largest_tensor(device: &Device) -> Option<u64> {
    #[cfg(feature = "cube")]
    if let burn::backend::DispatchDevice::Cube(device) = device.as_dispatch().clone().inner() {
        return Some(device.client().properties().memory.max_page_size);
    }
    let _ = device;
    None
}

/// Whether a tensor of `rows` time steps (or fields) of `batch` samples of `features` features fits `device`.
///
/// # Errors
/// One sentence with both sizes and a way out.
pub fn check_size(device: &Device, what: &str, rows: usize, batch: usize, features: usize) -> Result<(), String> {
    let Some(limit) = largest_tensor(device) else { return Ok(()) };
    let bytes_per_sample = (rows * features * size_of::<f32>()) as u64;
    let bytes = bytes_per_sample * batch as u64;
    if bytes <= limit {
        return Ok(());
    }
    let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
    Err(format!(
        "{what}: {rows} x {batch} x {features} values are {} MiB, the largest tensor on {device:?} is {} MiB; \
         use batches of at most {}, or fewer time steps at once (segments)",
        mebibytes(bytes),
        limit >> 20,
        limit / bytes_per_sample.max(1)
    ))
}

/// The same, as the panic of a library.
#[track_caller]
pub(crate) fn require_size(device: &Device, what: &str, rows: usize, batch: usize, features: usize) {
    if let Err(sentence) = check_size(device, what, rows, batch, features) {
        panic!("{sentence}");
    }
}
