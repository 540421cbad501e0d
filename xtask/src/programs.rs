//! Running other programs: what is run is always shown, and a failure always says how it ended.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

use crate::house::House;

/// A cargo command at the root, building into the one shared target directory.
pub(crate) fn cargo<S: AsRef<OsStr>>(house: &House, args: &[S]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(&house.root).env("CARGO_TARGET_DIR", &house.target);
    command
}

/// Runs it with its output passed through; anything but success is an error.
pub(crate) fn must_pass(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    println!("$ {shown}");
    let status = command.stdin(Stdio::null()).status().with_context(|| cannot_start(&shown))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// Runs all of them, also after a failure, and names every one that failed.
pub(crate) fn must_all_pass(commands: impl IntoIterator<Item = Command>) -> Result<()> {
    let ends = commands.into_iter().map(|mut command| must_pass(&mut command));
    let faults: Vec<String> = ends.filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    if !faults.is_empty() {
        bail!("{}", faults.join("; "));
    }
    Ok(())
}

/// Runs it and gives what it printed; its errors pass through; anything but success is an error.
pub(crate) fn stdout_of(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| cannot_start(&shown))?;
    if !output.status.success() {
        std::io::stdout().write_all(&output.stdout)?;
        bail!("`{shown}` ended with {}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{shown}` printed something that is no text"))
}

/// Runs it and gives everything it said, however it ended.
pub(crate) fn whole_output(command: &mut Command) -> Result<Output> {
    let shown = shown(command);
    command.stdin(Stdio::null()).output().with_context(|| cannot_start(&shown))
}

/// Whether it runs and succeeds, nothing shown: to ask if a program is there.
pub(crate) fn answers(program: impl AsRef<OsStr>, args: &[&str]) -> bool {
    let status = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// The command as one would type it, with the program's name instead of its place on this machine.
pub(crate) fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    command.get_args().fold(name, |line, arg| {
        let arg = arg.to_string_lossy();
        if arg.contains(' ') { format!("{line} '{arg}'") } else { format!("{line} {arg}") }
    })
}

fn cannot_start(shown: &str) -> String {
    format!("cannot start `{shown}`: is it installed and on the path?")
}
