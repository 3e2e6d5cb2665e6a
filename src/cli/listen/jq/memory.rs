//! How much memory the process uses, where the operating system tells in a file, as Linux does.

use std::fs;

/// The memory of the process that is in use, in bytes; `None` where it is not told.
pub(super) fn in_use() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_written_to_is_in_use() {
        let much = vec![1_u8; 32 << 20];
        assert!(in_use().is_some_and(|bytes| bytes > much.len() as u64));
    }
}
