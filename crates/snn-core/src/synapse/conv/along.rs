//! What meets what along one axis: the numbers of a source, and the taps of the kernel, which make a range of targets.
//!
//! Forward, the source is the input and the targets are outputs; for the gradient of the input, the source is the
//! gradient of the output and the targets are inputs. In both cases the number that a target takes for a tap lies at
//! `target's offset + tap's offset` in the part of the source that the targets reach, filled up with zeros where that
//! is larger than the source. With a stride, the targets of the second case fall into phases: each meets taps of its
//! own.

use std::ops::Range;

use super::sizes::Axis;

/// Which way numbers go through a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the input to the output.
    Forward,
    /// From the gradient of the output to that of the input.
    Backward,
}

/// A target or a tap, and its offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) index: usize,
    pub(super) offset: usize,
}

impl Direction {
    /// How many numbers the source has.
    pub(super) fn source(self, axis: Axis) -> usize {
        match self {
            Self::Forward => axis.size,
            Self::Backward => axis.outputs(),
        }
    }

    /// How many targets there are.
    pub(super) fn targets(self, axis: Axis) -> usize {
        match self {
            Self::Forward => axis.outputs(),
            Self::Backward => axis.size,
        }
    }

    pub(super) fn phases(self, axis: Axis) -> usize {
        match self {
            Self::Forward => 1,
            Self::Backward => axis.stride,
        }
    }

    /// The part of the source that these targets reach: where it begins, which may be before the source, and its
    /// length.
    pub(super) fn reach(self, axis: Axis, targets: &Range<usize>) -> (isize, usize) {
        let Axis { stride, padding, .. } = axis;
        match self {
            Self::Forward => {
                let start = (targets.start * stride) as isize - padding as isize;
                (start, (targets.len() - 1) * stride + axis.span() + 1)
            }
            Self::Backward => {
                let (first, last) = ((targets.start + padding) / stride, (targets.end - 1 + padding) / stride);
                (first as isize - axis.shift() as isize, last - first + axis.shift() + 1)
            }
        }
    }

    /// The targets of one phase.
    pub(super) fn targets_of(self, axis: Axis, targets: &Range<usize>, phase: usize) -> Vec<Place> {
        let Axis { stride, padding, .. } = axis;
        match self {
            Self::Forward => {
                targets.clone().map(|index| Place { index, offset: (index - targets.start) * stride }).collect()
            }
            Self::Backward => {
                let first = (targets.start + padding) / stride;
                let of_phase = targets.clone().filter(|index| (index + padding) % stride == phase);
                of_phase.map(|index| Place { index, offset: (index + padding) / stride - first }).collect()
            }
        }
    }

    /// The taps of one phase.
    pub(super) fn taps_of(self, axis: Axis, phase: usize) -> Vec<Place> {
        let Axis { stride, dilation, kernel, .. } = axis;
        match self {
            Self::Forward => (0..kernel).map(|index| Place { index, offset: index * dilation }).collect(),
            Self::Backward => {
                let of_phase = (0..kernel).filter(|index| index * dilation % stride == phase);
                // What remains of the quotient is a whole number, because the tap is of this phase.
                of_phase.map(|index| Place { index, offset: axis.shift() - index * dilation / stride }).collect()
            }
        }
    }
}

impl Axis {
    /// How far before the quotient of a target the first output lies that it went into.
    fn shift(self) -> usize {
        self.span() / self.stride
    }
}
