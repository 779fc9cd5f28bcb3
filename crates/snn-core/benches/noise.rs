//! Drawing noise into the cache. `cargo bench --profile dev --bench noise`.

use divan::Bencher;
use divan::counter::ItemsCount;
use snn_core::noise::{NoiseSeed, multiply};

fn main() {
    divan::main();
}

#[divan::bench(args = [784, 100_000])]
fn draw(bencher: Bencher<'_, '_>, count: usize) {
    let input = vec![1.0f32; count];
    let mut out = vec![0.0f32; count];
    let mut step = 0;
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        step += 1;
        multiply(&mut out, &input, NoiseSeed::new(1).key(step), 0);
        assert!((0.0..1.0).contains(&out[count - 1]));
    });
    let mean = out.iter().sum::<f32>() / count as f32;
    assert!((mean - 0.5).abs() < 0.06, "the mean of {count} numbers is {mean}");
}
