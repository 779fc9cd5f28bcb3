//! What is computed on the host, so that every backend finds the same spikes.

use burn::tensor::{DType, Device, Int, Shape, Tensor, TensorData};

/// The values of a frame, in `f64`. No gradient flows through it.
pub(super) fn numbers(flat: Tensor<2>) -> Vec<f64> {
    flat.detach().into_data().iter::<f64>().collect()
}

/// A matrix of `values`, on `device`.
pub(super) fn matrix(values: Vec<f64>, shape: [usize; 2], device: &Device, dtype: DType) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values, Shape::new(shape)).convert_dtype(dtype), (device, dtype))
}

/// One spike for each value, at the step `times` (`None`: no spike): `[steps, batch, features]`.
pub(super) fn spikes_at(
    times: Vec<Option<usize>>,
    [batch, features]: [usize; 2],
    steps: usize,
    device: &Device,
    dtype: DType,
) -> Tensor<3> {
    // A time no step has stands for "never".
    let times: Vec<i32> = times.into_iter().map(|time| time.map_or(-1, |time| time as i32)).collect();
    let times = Tensor::<3, Int>::from_data(TensorData::new(times, [1, batch, features]), device);
    let now: Vec<i32> = (0..steps as i32).collect();
    let now = Tensor::<3, Int>::from_data(TensorData::new(now, [steps, 1, 1]), device);
    let spikes = now.expand([steps, batch, features]).equal(times.expand([steps, batch, features]));
    spikes.float().cast(dtype)
}

/// The time step at which a spike falls that is due at `time` (in steps): the nearest one.
pub(super) fn nearest_step(time: f64, steps: usize) -> usize {
    (time.round().max(0.0) as usize).min(steps - 1)
}

#[track_caller]
pub(super) fn check_steps(encoder: &str, steps: usize) {
    assert!(steps > 0, "{encoder}: 0 time steps asked for, at least 1 needed");
    // Times are compared on the device as integers of 32 bits.
    assert!(
        i32::try_from(steps).is_ok(),
        "{encoder}: {steps} time steps asked for, at most {} possible; encode pieces",
        i32::MAX
    );
}
