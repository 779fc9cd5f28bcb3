//! The benchmark table: this project beside its own limit, and beside PyTorch if it is at hand.

mod parts;
mod peers;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::Command;

use serde_json::Value;

use crate::EVERYTHING;
use crate::run::{cargo, output, repository};

const HELP: &str = "\
cargo xtask bench [--python PYTHON --scripts FOLDER] [--rounds 3]

Appends a dated table to BENCHMARKS.md. Run it on a machine which does nothing else.
  --python   a Python with the peers installed; without it only our own rows are measured
  --scripts  the folder of the programs `seed_step.py` and `peers.py`, which print `step median <seconds> s`
  --rounds   how often ours and theirs alternate
";

/// One comparison: our arguments, and the peers on the same work.
struct Row {
    name: &'static str,
    ours: &'static [&'static str],
    peers: &'static [(&'static str, &'static [&'static str])],
}

const ROWS: &[Row] = &[
    Row {
        name: "article's network, 784-100-10",
        ours: &["--recipe", "chevalier2018"],
        peers: &[("article's code, PyTorch", &["seed_step.py"])],
    },
    Row {
        name: "the same, products in bf16",
        ours: &["--recipe", "chevalier2018", "--precision", "bf16"],
        peers: &[("article's code, PyTorch, f32", &["seed_step.py"])],
    },
    Row {
        name: "the same, in segments of 16 steps",
        ours: &["--recipe", "chevalier2018", "--segments", "16"],
        peers: &[],
    },
    Row {
        name: "LIF, 784-100-10",
        ours: &["--recipe", "lif-flicker"],
        peers: &[
            ("snntorch", &["peers.py", "snntorch"]),
            ("spikingjelly", &["peers.py", "spikingjelly"]),
            ("norse", &["peers.py", "norse"]),
            ("PyTorch by hand, multi-step", &["peers.py", "multistep"]),
            ("the same, torch.compile", &["peers.py", "compiled"]),
            ("spyx", &["peers.py", "spyx"]),
        ],
    },
    Row {
        name: "LIF, 784-1000-10",
        ours: &["--recipe", "lif-flicker", "--hidden", "1000"],
        peers: &[
            ("snntorch", &["peers.py", "snntorch", "--hidden", "1000"]),
            ("spikingjelly", &["peers.py", "spikingjelly", "--hidden", "1000"]),
            ("norse", &["peers.py", "norse", "--hidden", "1000"]),
            ("PyTorch by hand, multi-step", &["peers.py", "multistep", "--hidden", "1000"]),
            ("the same, torch.compile", &["peers.py", "compiled", "--hidden", "1000"]),
            ("spyx", &["peers.py", "spyx", "--hidden", "1000"]),
        ],
    },
];

struct Options {
    python: Vec<String>,
    scripts: Option<String>,
    rounds: usize,
}

fn options(arguments: &[String]) -> Result<Option<Options>, String> {
    let mut options = Options { python: Vec::new(), scripts: None, rounds: 3 };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().cloned().ok_or(format!("{argument} needs a value\n{HELP}"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(None),
            "--python" => options.python.push(value()?),
            "--scripts" => options.scripts = Some(value()?),
            "--rounds" => {
                let text = value()?;
                options.rounds = text.parse().map_err(|_| format!("--rounds is `{text}`, not a number"))?;
            }
            _ => return Err(format!("no option `{argument}`\n{HELP}")),
        }
    }
    if options.python.is_empty() != options.scripts.is_none() {
        return Err(format!("--python and --scripts belong together\n{HELP}"));
    }
    Ok(Some(options))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What `snn-train bench` measures on the CPU.
fn report(program: &str, work: &[&str]) -> Result<Value, String> {
    let arguments: Vec<String> =
        ["bench", "--json", "--backend", "flex"].iter().chain(work).map(ToString::to_string).collect();
    serde_json::from_str(&output(program, &arguments)?).map_err(|error| format!("bench --json: {error}"))
}

fn number(report: &Value, path: &str) -> Result<f64, String> {
    report.pointer(path).and_then(Value::as_f64).ok_or_else(|| format!("no number {path} in {report}"))
}

fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(repository()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_string()
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split(':').nth(1));
    let threads = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{}, {threads} threads", name.unwrap_or("unknown processor").trim())
}

/// Runs ours and theirs in turn; the lines of `row`.
fn compare(row: &Row, options: &Options, program: &str) -> Result<String, String> {
    let mut ours = Vec::new();
    let mut theirs: Vec<Vec<String>> = vec![Vec::new(); row.peers.len()];
    for _ in 0..options.rounds {
        ours.push(report(program, row.ours)?);
        for (peer, texts) in row.peers.iter().zip(&mut theirs) {
            texts.extend(peers::run(options, peer.1)?);
        }
    }
    let seconds = |path: &str| -> Result<f64, String> {
        Ok(median(ours.iter().map(|report| number(report, path)).collect::<Result<_, _>>()?))
    };
    let step = seconds("/step_seconds/median")?;
    let mut lines = format!(
        "| {} | snn ({}) | {step:.3} | {:.2} | 1 | {:.0} |\n",
        row.name,
        ours[0]["path"].as_str().unwrap_or("?"),
        step / seconds("/limit_seconds/total")?,
        seconds("/peak_rss_mib")?
    );
    for ((name, _), texts) in row.peers.iter().zip(&theirs).filter(|(_, texts)| !texts.is_empty()) {
        let peer = median(texts.iter().map(|text| peers::seconds(text)).collect::<Result<_, _>>()?);
        let memory = texts.iter().filter_map(|text| peers::memory(text)).fold(0.0, f64::max);
        lines += &format!("| {} | {name} | {peer:.3} | | {:.1} | {memory:.0} |\n", row.name, peer / step);
    }
    Ok(lines)
}

pub fn bench(arguments: &[String]) -> Result<(), String> {
    let Some(options) = options(arguments)? else {
        print!("{HELP}");
        return Ok(());
    };
    // As the tests build it: `cargo build` would choose other features for a few crates, and build Burn once more.
    cargo("test", &[EVERYTHING, &["--no-run"]].concat(), &[])?;
    let program = repository().join("target/debug/snn-train").display().to_string();
    let mut table = String::from(
        "| work (batch 1000, T = 128) | who | step s | of its limit | x slower than ours | peak MiB |\n|---|---|---|---|---|---|\n",
    );
    for row in ROWS {
        match compare(row, &options, &program) {
            Ok(lines) => table += &lines,
            // Not every processor has bf16.
            Err(sentence) => eprintln!("{}: left out: {sentence}", row.name),
        }
    }
    let parts = parts::table(&program)?;
    let section = format!(
        "\n## {}, commit {}, {}\n\nCommand: `cargo xtask bench{} --rounds {}`; medians of the rounds, in which all alternate.\n\n{table}\n{parts}",
        first_line("date", &["+%Y-%m-%d"]),
        first_line("git", &["rev-parse", "--short", "HEAD"]),
        processor(),
        if options.scripts.is_some() { " --python .. --scripts .." } else { "" },
        options.rounds
    );
    print!("{section}");
    let path = repository().join("BENCHMARKS.md");
    let mut file =
        OpenOptions::new().append(true).create(true).open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    file.write_all(section.as_bytes()).map_err(|error| format!("{}: {error}", path.display()))
}
