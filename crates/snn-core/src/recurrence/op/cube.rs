//! Recurrent populations on a GPU.

use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;

use super::{NeedsGrad, RecurrentOps};
use crate::recurrence::cube;
use crate::scan::{Cotangent, ScanPlan};

impl RecurrentOps for CubeBackend {
    fn recurrent_scan(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        feedback: FloatTensor<Self>,
        plan: ScanPlan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        cube::forward(&plan, input, weight, bias, parameters, initial, feedback).into()
    }
    fn recurrent_scan_backward(
        currents: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        parameters: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        feedback: FloatTensor<Self>,
        output: FloatTensor<Self>,
        states: FloatTensor<Self>,
        last: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        cotangent: Cotangent,
        needed: NeedsGrad,
        plan: ScanPlan,
    ) -> (
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
        FloatTensor<Self>,
    ) {
        let saved = cube::Saved { currents, weight, parameters, initial, feedback, output, states, last };
        cube::backward(&plan, saved, gradient, cotangent, needed).into()
    }
}
