//! Where a database lies: whether on a disk of this machine or on somebody else's.

use std::path::Path;

/// What `statfs` says of file systems that reach over the network, and what people call them. From the kernel's
/// `linux/magic.h` and the headers of the file systems themselves.
#[cfg(target_os = "linux")]
const NETWORKED: &[(u64, &str)] = &[
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x0102_1997, "9P"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x6573_5546, "FUSE"),
];

/// The network file system that this path lies on; `None` for a disk of this machine, or where nobody can tell.
/// SQLite's write-ahead log needs memory that all its readers share, which no network gives.
#[must_use]
#[cfg(target_os = "linux")]
pub fn network(path: &Path) -> Option<&'static str> {
    // The nearest folder that exists speaks for what will be made in it.
    let found = path.ancestors().find_map(|p| rustix::fs::statfs(p).ok())?;
    // The kernel's word is signed on some machines; only its bits count.
    #[expect(
        clippy::cast_sign_loss,
        clippy::cast_possible_truncation,
        reason = "a magic number of 32 bits"
    )]
    let kind = u64::from(found.f_type as u32);
    named(kind)
}

/// The network file system that this path lies on: nobody can tell here.
#[must_use]
#[cfg(not(target_os = "linux"))]
pub fn network(_: &Path) -> Option<&'static str> {
    None
}

#[cfg(target_os = "linux")]
fn named(kind: u64) -> Option<&'static str> {
    let (_, name) = NETWORKED.iter().find(|(magic, _)| *magic == kind)?;
    Some(name)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn network_homes_are_known_by_name_and_local_disks_are_not_accused() {
        assert_eq!(named(0x6969), Some("NFS"));
        // ext4, XFS, Btrfs, tmpfs, overlay.
        for local in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630] {
            assert_eq!(named(local), None);
        }
        assert_eq!(network(Path::new("/proc/self/none/such")), None);
    }
}
