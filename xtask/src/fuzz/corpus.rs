//! A corpus in one text file, an input a line: a folder of a thousand files would be no part of a tree to read.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// A corpus is no larger: what is longest is left out first.
const MOST: usize = 300_000;

/// Writes every input of the packed file into a folder of its own file.
pub(super) fn unpack(packed: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    if !packed.is_file() {
        return Ok(());
    }
    let text = fs::read_to_string(packed).with_context(|| format!("cannot read {}", packed.display()))?;
    for (n, line) in text.lines().enumerate() {
        let input = unescaped(line).with_context(|| format!("line {} of {}", n + 1, packed.display()))?;
        fs::write(folder.join(format!("{n:05}")), input)?;
    }
    Ok(())
}

/// Packs a folder, the shortest inputs first, and says how many there are.
pub(super) fn pack(folder: &Path, packed: &Path) -> Result<String> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(folder)? {
        lines.push(fs::read(entry?.path())?.escape_ascii().to_string());
    }
    lines.retain(|line| !line.is_empty());
    lines.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    let all = lines.len();
    let mut text = String::new();
    let mut kept = 0_usize;
    for line in lines {
        if text.len() + line.len() >= MOST {
            break;
        }
        text.push_str(&line);
        text.push('\n');
        kept += 1;
    }
    if let Some(parent) = packed.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(packed, &text).with_context(|| format!("cannot write {}", packed.display()))?;
    Ok(format!("{kept} of {all} inputs kept, {} bytes", text.len()))
}

/// What `escape_ascii` made, as it was.
fn unescaped(line: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = line.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next() {
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(plain @ (b'\\' | b'\'' | b'"')) => plain,
            Some(b'x') => {
                let digits = [rest.next(), rest.next()].map(Option::unwrap_or_default);
                let text = std::str::from_utf8(&digits).context("no hexadecimal digits after \\x")?;
                u8::from_str_radix(text, 16).context("no hexadecimal digits after \\x")?
            }
            Some(_) | None => bail!("a backslash that begins no known escape"),
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unescaped(&all.escape_ascii().to_string()).ok(), Some(all));
        assert!(unescaped("\\x4").is_err());
        assert!(unescaped("\\q").is_err());
    }
}
