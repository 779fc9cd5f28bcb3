//! Where a model runs: the backends compiled in, and the choice between them.

use anyhow::{Result, bail};
use burn::tensor::Device;

/// Which backend is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// A GPU if one is there and its backend compiled in, else flex.
    #[default]
    Auto,
    /// The CPU.
    Flex,
    /// The CPU, through the older ndarray backend.
    Ndarray,
    /// A GPU through Vulkan, Metal, DirectX 12 or OpenGL.
    Wgpu,
    /// A GPU of NVIDIA through CUDA.
    Cuda,
}

impl Backend {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Auto, Self::Flex, Self::Ndarray, Self::Wgpu, Self::Cuda];

    /// Its name on the command line, and in run files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Flex => "flex",
            Self::Ndarray => "ndarray",
            Self::Wgpu => "wgpu",
            Self::Cuda => "cuda",
        }
    }

    /// The backend called `name` in run files and reports.
    pub fn named(name: &str) -> Result<Self> {
        match Self::ALL.into_iter().find(|backend| *backend != Self::Auto && backend.name() == name) {
            Some(backend) => Ok(backend),
            None => bail!("there is no backend `{name}`; there are flex, ndarray, wgpu and cuda"),
        }
    }
}

/// A backend which can be used.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// `"flex"`, `"ndarray"`, `"wgpu"` or `"cuda"`.
    pub name: &'static str,
    /// Its device, without a record for backward passes (see [`Device::autodiff`]).
    pub device: Device,
    /// A sentence for people: what it is, and why this one.
    pub why: String,
}

/// Opens the backend `wanted`.
///
/// # Errors
/// If it is not compiled in, or there is no device for it. A backend asked for by name is never replaced.
pub fn choose(wanted: Backend) -> Result<Chosen> {
    match wanted {
        Backend::Auto => Ok(automatic()),
        Backend::Flex => Ok(flex("as asked for")),
        Backend::Ndarray => ndarray(),
        Backend::Wgpu => {
            let gpu = wgpu()?;
            let kind = if gpu.software { ", a program which imitates a GPU" } else { "" };
            Ok(gpu.chosen("wgpu", &format!("{kind}, as asked for")))
        }
        Backend::Cuda => Ok(cuda()?.chosen("cuda", ", as asked for")),
    }
}

fn automatic() -> Chosen {
    if !cfg!(feature = "cuda") && !cfg!(feature = "wgpu") {
        return flex("because no GPU backend is compiled in (`--features wgpu` or `cuda`)");
    }
    let mut reasons = Vec::new();
    let backends =
        [("cuda", cfg!(feature = "cuda"), cuda as fn() -> Result<Gpu>), ("wgpu", cfg!(feature = "wgpu"), wgpu)];
    for (name, _, open) in backends.into_iter().filter(|(_, compiled_in, _)| *compiled_in) {
        match open() {
            Ok(gpu) if gpu.software => reasons.push(format!("{name} finds only {}, which is no GPU", gpu.label)),
            Ok(gpu) => return gpu.chosen(name, ", because a GPU is there"),
            Err(error) => reasons.push(format!("{error:#}")),
        }
    }
    flex(&format!("because no GPU can be used: {}", reasons.join("; ")))
}

fn flex(why: &str) -> Chosen {
    Chosen { name: "flex", device: Device::flex(), why: format!("flex: the CPU, {why}") }
}

#[cfg(feature = "ndarray")]
#[allow(deprecated)] // Burn prefers flex; people ask for it all the same.
fn ndarray() -> Result<Chosen> {
    Ok(Chosen { name: "ndarray", device: Device::ndarray(), why: "ndarray: the CPU, as asked for".to_owned() })
}

#[cfg(not(feature = "ndarray"))]
fn ndarray() -> Result<Chosen> {
    not_compiled_in("ndarray")
}

struct Gpu {
    device: Device,
    label: String,
    software: bool,
}

impl Gpu {
    fn chosen(self, name: &'static str, why: &str) -> Chosen {
        Chosen { name, device: self.device, why: format!("{name}: {}{why}", self.label) }
    }
}

#[cfg(feature = "wgpu")]
fn wgpu() -> Result<Gpu> {
    use std::sync::OnceLock;

    use anyhow::anyhow;
    use burn::tensor::wgpu::wgpu::DeviceType;

    // A device can be opened once in a process.
    static OPENED: OnceLock<Result<(Device, String, bool), String>> = OnceLock::new();
    let opened = OPENED.get_or_init(|| {
        let (device, setup) = Device::wgpu_options().init_with_setup().map_err(|error| error.to_string())?;
        let info = setup.adapter.get_info();
        let label = format!("{} through {:?}", info.name, info.backend);
        Ok((device, label, info.device_type == DeviceType::Cpu))
    });
    match opened {
        Ok((device, label, software)) => Ok(Gpu { device: device.clone(), label: label.clone(), software: *software }),
        Err(error) => Err(anyhow!("backend wgpu has no device: {error}")),
    }
}

#[cfg(not(feature = "wgpu"))]
fn wgpu() -> Result<Gpu> {
    not_compiled_in("wgpu")
}

#[cfg(feature = "cuda")]
fn cuda() -> Result<Gpu> {
    use burn::tensor::Tensor;

    let Some((device, label, sum)) = quietly(|| {
        let device = Device::cuda(0usize);
        let sum = Tensor::<1>::ones([2], &device).sum().into_scalar::<f32>();
        let label = device.identity().map_or_else(|| "a GPU".to_owned(), |identity| identity.name);
        (device, label, sum)
    }) else {
        bail!("backend cuda has no device: no NVIDIA GPU with a working driver was found");
    };
    let exponentials = quietly(|| Tensor::<1>::zeros([2], &device).exp().sum().into_scalar::<f32>());
    match (sum, exponentials) {
        (2.0, Some(2.0)) => Ok(Gpu { device, label, software: false }),
        (2.0, None) => bail!(
            "backend cuda: {label} is there, but cannot compute exp, for which CubeCL takes libdevice of the CUDA toolkit; \
             set CUDA_PATH to a folder with nvvm/libdevice/libdevice.10.bc"
        ),
        _ => bail!("backend cuda: {label} says that 1 + 1 = {sum} and exp(0) + exp(0) = {exponentials:?}"),
    }
}

/// What `work` returns, or nothing if it panics: CUDA panics without a driver, a device or the toolkit.
#[cfg(feature = "cuda")]
fn quietly<R>(work: impl FnOnce() -> R) -> Option<R> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    std::panic::set_hook(hook);
    tried.ok()
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> Result<Gpu> {
    not_compiled_in("cuda")
}

#[allow(dead_code)] // unused where everything is compiled in
fn not_compiled_in<T>(name: &str) -> Result<T> {
    bail!("backend {name} is not compiled in; build with `--features {name}`")
}
