//! Tensors of the CPU backends as plain buffers.

use burn::backend::TensorMetadata;
use burn::tensor::{DType, Shape, TensorData};
use burn_flex::FlexTensor;

/// A tensor whose elements lie in this process's memory.
pub(crate) trait HostTensor: Sized + TensorMetadata {
    /// A tensor that owns `values`.
    fn from_values(values: Vec<f32>, shape: Shape) -> Self;
    /// The same tensor with its elements side by side, row by row; no copy if they are already.
    fn contiguous(self) -> Self;
    /// The elements of a contiguous tensor.
    fn values(&self) -> &[f32];
    /// The buffer itself, if nobody else uses it.
    fn into_values(self) -> Result<Vec<f32>, Self>;
}

fn only_f32(dtype: DType) {
    assert_eq!(dtype, DType::F32, "the fused kernels take f32 tensors, this one is {dtype:?}");
}

impl HostTensor for FlexTensor {
    fn from_values(values: Vec<f32>, shape: Shape) -> Self {
        FlexTensor::from_data(TensorData::new(values, shape))
    }
    fn contiguous(self) -> Self {
        only_f32(self.dtype());
        if self.as_slice::<f32>().is_some() { self } else { self.to_contiguous() }
    }
    fn values(&self) -> &[f32] {
        self.as_slice::<f32>().expect("a contiguous f32 tensor")
    }
    fn into_values(self) -> Result<Vec<f32>, Self> {
        let whole = self.storage::<f32>().len() == self.shape().num_elements();
        if !self.is_unique() || !whole || !self.is_contiguous() {
            return Err(self);
        }
        Ok(self.into_data().try_into_vec::<f32>().expect("an f32 tensor"))
    }
}

#[cfg(feature = "ndarray")]
#[allow(deprecated)] // by Burn, in favour of flex; users still ask for it
mod ndarray {
    use burn::tensor::{Shape, TensorData};
    use burn_ndarray::NdArrayTensor;

    use super::HostTensor;

    impl HostTensor for NdArrayTensor {
        fn from_values(values: Vec<f32>, shape: Shape) -> Self {
            NdArrayTensor::from_data(TensorData::new(values, shape))
        }
        fn contiguous(self) -> Self {
            let NdArrayTensor::F32(storage) = self else { panic!("the fused kernels take f32 tensors") };
            let array = storage.into_shared();
            NdArrayTensor::from(if array.is_standard_layout() {
                array
            } else {
                array.as_standard_layout().into_owned().into_shared()
            })
        }
        fn values(&self) -> &[f32] {
            let NdArrayTensor::F32(storage) = self else { panic!("the fused kernels take f32 tensors") };
            let view = storage.view();
            assert!(view.is_standard_layout(), "a contiguous tensor");
            // SAFETY: the view borrows the storage, which lives as long as `self`, and its elements lie side
            // by side.
            unsafe { std::slice::from_raw_parts(view.as_ptr(), view.len()) }
        }
        fn into_values(self) -> Result<Vec<f32>, Self> {
            // The array is shared by reference counts that cannot be asked; a copy would gain nothing.
            Err(self)
        }
    }
}
