//! Which neuron of ours each class of a peer is.

use snn_core::neuron::presets::spikingjelly::{IzhikevichNumbers, Node};
use snn_core::neuron::presets::{norse, snntorch, spikingjelly};
use snn_core::neuron::{AlphaReset, Reset};

use crate::judge::Exposed::{Parameter, State};
use crate::judge::Judge;
use crate::params::Params;

impl Judge<'_> {
    /// Which neuron the file is of.
    pub fn dispatch(&mut self) {
        let file = self.file;
        let p = Params::of(file);
        let membrane = [("membrane", State("membrane"))];
        let node = [("membrane_after_reset", State("membrane"))];
        match (file.text("library"), file.text("cls")) {
            ("snntorch", "Leaky") => {
                let (beta, threshold) = (p.number("beta"), p.number("threshold"));
                let delay = p.flag("reset_delay", true);
                self.judge(snntorch::leaky(beta, threshold, p.reset(), delay, p.surrogate()), &membrane);
            }
            ("snntorch", "Synaptic") => {
                let (alpha, beta, threshold) = (p.number("alpha"), p.number("beta"), p.number("threshold"));
                let delay = p.flag("reset_delay", true);
                self.judge(
                    snntorch::synaptic(alpha, beta, threshold, p.reset(), delay, p.surrogate()),
                    &[("membrane", State("membrane")), ("synaptic_current", State("current"))],
                );
            }
            ("snntorch", "Alpha") => {
                let (alpha, beta, threshold) = (p.number("alpha"), p.number("beta"), p.number("threshold"));
                let stated = match p.reset() {
                    Reset::Zero => AlphaReset::Zero,
                    Reset::None => AlphaReset::None,
                    _ => AlphaReset::SnnTorchSubtract,
                };
                let with = |reset| snntorch::alpha(alpha, beta, threshold, reset, p.surrogate());
                // The writer of these files says `subtract` and leaves the constructor's default, which for `Alpha` is
                // `zero`.
                self.judge_either(
                    [with(stated), with(AlphaReset::Zero)],
                    &[
                        ("membrane", State("membrane")),
                        ("excitatory", State("excitatory")),
                        ("inhibitory", State("inhibitory")),
                    ],
                );
            }
            ("snntorch", "Lapicque") => {
                let (r, c, dt) = (p.number("R"), p.number("C"), p.number("time_step"));
                self.judge(snntorch::lapicque(r, c, dt, p.number("threshold"), p.reset(), p.surrogate()), &membrane);
            }
            ("spikingjelly", "IFNode") => self.judge(spikingjelly::if_node(p.node()), &node),
            ("spikingjelly", "LIFNode") => {
                let decay_input = p.flag("decay_input", true);
                self.judge(spikingjelly::lif_node(p.number("tau"), decay_input, p.node()), &node);
            }
            ("spikingjelly", "ParametricLIFNode") => {
                let decay_input = p.flag("decay_input", true);
                self.judge(
                    spikingjelly::parametric_lif_node(p.number("init_tau"), decay_input, p.node()),
                    // The writer of these files calls every attribute `w` adaptation; here it is the learned number.
                    &[("membrane_after_reset", State("membrane")), ("adaptation", Parameter("w"))],
                );
            }
            ("spikingjelly", "QIFNode") => {
                let (tau, v_c, a0, v_rest) = (p.number("tau"), p.number("v_c"), p.number("a0"), p.number("v_rest"));
                self.judge(spikingjelly::qif_node(tau, v_c, a0, v_rest, p.node()), &node);
            }
            ("spikingjelly", "EIFNode") => {
                let (tau, delta, theta) = (p.number("tau"), p.number("delta_T"), p.number("theta_rh"));
                self.judge(spikingjelly::eif_node(tau, delta, theta, p.number("v_rest"), p.node()), &node);
            }
            ("spikingjelly", "IzhikevichNode") => {
                assert_eq!(p.number_or("w_rest", 0.0), 0.0, "{}: the preset starts at w_rest = 0", file.name);
                let with = |v_rest: f64, v_reset: Option<f64>| {
                    let numbers = IzhikevichNumbers {
                        tau: p.number("tau"),
                        v_c: p.number("v_c"),
                        a0: p.number("a0"),
                        v_rest,
                        tau_w: p.number("tau_w"),
                        a: p.number("a"),
                        b: p.number("b"),
                    };
                    spikingjelly::izhikevich_node(numbers, Node { v_reset, ..p.node() })
                };
                let (v_rest, v_reset) = (p.number("v_rest"), p.values["v_reset"].as_f64());
                // The writer of these files leaves the constructor's defaults, `v_rest` -0.1 and `v_reset` 0, and writes
                // them down the other way round.
                self.judge_either(
                    [with(v_rest, v_reset), with(v_reset.unwrap_or(v_rest), v_reset.map(|_| v_rest))],
                    &[("membrane_after_reset", State("membrane")), ("adaptation", State("adaptation"))],
                );
            }
            ("norse", "LIFCell") => self.judge(
                norse::lif(p.membrane(), p.norse_method()),
                &[("state_v", State("membrane")), ("state_i", State("current"))],
            ),
            ("norse", "LIFBoxCell") => {
                self.judge(norse::lif_box(p.membrane(), p.norse_method()), &[("state_v", State("membrane"))]);
            }
            ("norse", "LIFRefracCell") => self.judge(
                norse::lif_refrac(p.membrane(), p.number("rho_reset"), p.norse_method()),
                &[("state_rho", State("counter"))],
            ),
            ("norse", "LSNNCell") => self.judge(
                norse::lsnn(p.membrane(), p.number("tau_adapt_inv"), p.number("beta"), p.norse_method()),
                &[("state_v", State("membrane")), ("state_i", State("current")), ("state_b", State("threshold"))],
            ),
            (library, class) => panic!("{}: no preset for class `{class}` of `{library}`", file.name),
        }
    }
}
