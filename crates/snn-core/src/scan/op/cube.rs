//! The scan on a GPU.

use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;

use super::{ScanOps, sizes_of};
use crate::scan::cube;
use crate::scan::plan::{Cotangent, ScanPlan};

impl ScanOps for CubeBackend {
    fn scan(
        input: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        plan: ScanPlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let sizes = sizes_of(&plan, &input, &parameters);
        cube::scan(&plan, &sizes, input, parameters, initial)
    }
    fn scan_backward(
        input: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        output: FloatTensor<Self>,
        states: FloatTensor<Self>,
        last: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        cotangent: Cotangent,
        plan: ScanPlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let sizes = sizes_of(&plan, &input, &parameters);
        let saved = cube::Saved { input, parameters, initial, output, states, last };
        cube::scan_backward(&plan, &sizes, saved, gradient, cotangent)
    }
}
