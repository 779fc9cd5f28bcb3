//! Tensors with and without their time axis, so that no rank has to be written out.

pub(crate) mod domain;
pub(crate) mod sum;

use burn::tensor::{Shape, Tensor, s};

use self::domain::not_empty;

/// A sequence: a tensor `[time, batch, features..]`.
///
/// Together with [`Frame`] it tells the compiler that a tensor of rank `D` in time is one of rank `D - 1`
/// without: what comes out of an encoder, a readout or [`over_time`](crate::layer::over_time) needs no type
/// annotation.
pub trait Sequence: Sized {
    /// One time step, `[batch, features..]`, or all of them merged, `[time x batch, features..]`.
    type Frame: Frame<Sequence = Self>;

    /// The lengths of the axes: `[time, batch, features..]`.
    fn axes(&self) -> Vec<usize>;

    /// All time steps as one large batch, `[time x batch, features..]`, and their number.
    ///
    /// # Panics
    /// If it has no step, no sample or no feature.
    #[track_caller]
    fn merge_time(self) -> (Self::Frame, usize);

    /// `[time, batch, features]`, all feature axes as one, and the shape of a frame.
    ///
    /// # Panics
    /// If it has no step, no sample or no feature.
    #[track_caller]
    fn into_flat(self) -> (Tensor<3>, Shape);

    /// A sequence from `[time, batch, features]` and the shape of a frame: undoes [`into_flat`](Self::into_flat).
    ///
    /// # Panics
    /// If the frame has another shape than `[batch, features]` with its feature axes as one.
    #[track_caller]
    fn from_flat(flat: Tensor<3>, frame: &Shape) -> Self;

    /// The time steps one by one.
    ///
    /// The gradient of a slice is as large as what it was cut from. Halving the sequence again and again keeps
    /// the cost of the backward pass at `n log n`; cutting one step after the other would make it `n²`.
    ///
    /// # Panics
    /// If it has no step, no sample or no feature.
    #[track_caller]
    fn frames(self) -> Vec<Self::Frame>;
}

/// What a sequence holds at one time step: a tensor `[batch, features..]`.
pub trait Frame: Sized {
    /// The same with a time axis in front.
    type Sequence: Sequence<Frame = Self>;

    /// The lengths of the axes: `[batch, features..]`.
    fn axes(&self) -> Vec<usize>;

    /// A sequence of `time` steps from all of them merged: undoes [`Sequence::merge_time`].
    ///
    /// # Panics
    /// If the first axis is not a multiple of `time`, or an axis is empty.
    #[track_caller]
    fn split_time(self, time: usize) -> Self::Sequence;

    /// `[batch, features]`, all feature axes as one, and the shape of the frame.
    ///
    /// # Panics
    /// If it has no sample or no feature.
    #[track_caller]
    fn into_flat(self) -> (Tensor<2>, Shape);

    /// A frame from `[batch, features]` and its shape: undoes [`into_flat`](Self::into_flat).
    ///
    /// # Panics
    /// If that shape does not have as many elements.
    #[track_caller]
    fn from_flat(flat: Tensor<2>, shape: &Shape) -> Self;

    /// The frames as a sequence.
    ///
    /// # Panics
    /// If there is none, or their shapes differ.
    #[track_caller]
    fn stack(frames: Vec<Self>) -> Self::Sequence;
}

/// Burn takes an axis of length 0 in a new shape for "as before", and says something else.
#[track_caller]
fn check_sequence(shape: &[usize]) {
    not_empty("sequence", shape, &["time steps", "samples", "features"]);
}

#[track_caller]
fn check_frame(shape: &[usize]) {
    not_empty("frame", shape, &["samples", "features"]);
}

#[track_caller]
fn check_numbers(found: &[usize], wanted: &[usize]) {
    assert_eq!(
        found.iter().product::<usize>(),
        wanted.iter().product::<usize>(),
        "sequence: a tensor of shape {found:?} cannot take the shape {wanted:?}; give as many numbers"
    );
}

fn batch_and_features(frame: &[usize]) -> [usize; 2] {
    [frame[0], frame[1..].iter().product()]
}

fn halve<const D: usize>(sequence: Tensor<D>, into: &mut Vec<Tensor<D>>) {
    let time = sequence.dims()[0];
    if time < 2 {
        into.push(sequence);
        return;
    }
    halve(sequence.clone().slice(s![0..time / 2]), into);
    halve(sequence.slice(s![time / 2..time]), into);
}

macro_rules! impl_pair {
    ($($sequence:literal = $frame:literal + 1),* $(,)?) => {$(
        impl Sequence for Tensor<$sequence> {
            type Frame = Tensor<$frame>;

            fn axes(&self) -> Vec<usize> {
                self.dims().to_vec()
            }
            fn merge_time(self) -> (Tensor<$frame>, usize) {
                let shape = self.shape();
                check_sequence(&shape);
                let mut merged = shape[1..].to_vec();
                merged[0] *= shape[0];
                (self.reshape(Shape::from(merged)), shape[0])
            }
            fn into_flat(self) -> (Tensor<3>, Shape) {
                let shape = self.shape();
                check_sequence(&shape);
                let [batch, features] = batch_and_features(&shape[1..]);
                (self.reshape([shape[0], batch, features]), Shape::from(shape[1..].to_vec()))
            }
            fn from_flat(flat: Tensor<3>, frame: &Shape) -> Self {
                let time = flat.dims()[0];
                let shape: Vec<usize> = std::iter::once(time).chain(frame.iter().copied()).collect();
                check_numbers(&flat.dims(), &shape);
                flat.reshape(Shape::from(shape))
            }
            fn frames(self) -> Vec<Tensor<$frame>> {
                check_sequence(&self.shape());
                let mut frames = Vec::with_capacity(self.dims()[0]);
                halve(self, &mut frames);
                frames.into_iter().map(|frame| frame.squeeze_dim(0)).collect()
            }
        }

        impl Frame for Tensor<$frame> {
            type Sequence = Tensor<$sequence>;

            fn axes(&self) -> Vec<usize> {
                self.dims().to_vec()
            }
            fn split_time(self, time: usize) -> Tensor<$sequence> {
                let mut shape = self.shape().to_vec();
                check_frame(&shape);
                assert!(
                    time > 0 && shape[0].is_multiple_of(time),
                    "sequence: {} frames merged cannot be split into {time} time steps; a module lifted over \
                     time must keep the first axis",
                    shape[0]
                );
                shape[0] /= time;
                shape.insert(0, time);
                self.reshape(Shape::from(shape))
            }
            fn into_flat(self) -> (Tensor<2>, Shape) {
                let shape = self.shape();
                check_frame(&shape);
                (self.reshape(batch_and_features(&shape)), shape)
            }
            fn from_flat(flat: Tensor<2>, shape: &Shape) -> Self {
                check_numbers(&flat.dims(), shape);
                flat.reshape(shape.clone())
            }
            fn stack(frames: Vec<Self>) -> Tensor<$sequence> {
                let Some(first) = frames.first().map(|frame| frame.dims()) else {
                    panic!("sequence: 0 frames cannot be stacked, at least 1 needed; leave empty sequences out");
                };
                if let Some(step) = frames.iter().position(|frame| frame.dims() != first) {
                    panic!(
                        "sequence: frame 0 has shape {first:?}, frame {step} {:?}; frames of one sequence must be alike",
                        frames[step].dims()
                    );
                }
                Tensor::stack(frames, 0)
            }
        }
    )*};
}
impl_pair!(2 = 1 + 1, 3 = 2 + 1, 4 = 3 + 1, 5 = 4 + 1, 6 = 5 + 1, 7 = 6 + 1);

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn merging_and_splitting_undo_each_other() {
        let device = Device::flex();
        let sequence = Tensor::<1>::from_data([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], &device).reshape([3, 2, 1]);
        let (merged, time) = sequence.clone().merge_time();
        assert_eq!((merged.dims(), time), ([6, 1], 3));
        assert_eq!(merged.split_time(3).into_data(), sequence.into_data());
    }

    #[test]
    #[should_panic(expected = "sequence: a tensor of shape [3, 0, 2] has 0 samples, at least 1 needed")]
    fn an_empty_batch_is_named() {
        Sequence::into_flat(Tensor::<3>::zeros([3, 0, 2], &Device::flex()));
    }

    #[test]
    #[should_panic(expected = "sequence: frame 0 has shape [1, 2], frame 1 [1, 3]")]
    fn frames_of_two_shapes_are_named() {
        let device = Device::flex();
        Frame::stack(vec![Tensor::<2>::zeros([1, 2], &device), Tensor::zeros([1, 3], &device)]);
    }

    #[test]
    fn the_frames_of_a_sequence_are_its_steps_in_order() {
        let device = Device::flex();
        for time in [1, 2, 3, 7] {
            let values: Vec<f32> = (0..time).map(|t| t as f32).collect();
            let sequence = Tensor::<1>::from_data(values.as_slice(), &device).reshape([time, 1, 1]);
            let frames = sequence.clone().frames();
            assert_eq!(frames.len(), time);
            assert_eq!(Frame::stack(frames).into_data(), sequence.into_data());
        }
    }
}
