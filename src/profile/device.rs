//! What may go wrong below a filesystem: devices, as data with a source each.
//!
//! Guarantees: `honest` is the device that every profile speaks of, and changes nothing. The others compose with any
//! profile, and are opt-in: a subject is not wrong for losing to a device that lies, but one that promises to *detect*
//! damage can be held to it.
//!
//! Deliberately not modelled: damage to the filesystem's own metadata (names, lengths, extents), devices that die as a
//! whole, writes that are lost although nothing failed and nothing crashed.

use std::fmt;

/// In which way a device breaks its promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceFault {
    /// In none.
    None,
    /// It confirms a flush that it did not do: this many of the last completed barriers make nothing certain.
    Lies(u32),
    /// A power loss damages whole sectors that were being written.
    TornSector,
    /// Bits change on their own.
    BitRot,
    /// A sector cannot be read any more.
    LatentSectorError,
    /// A write went to another place.
    MisdirectedWrite,
}

/// A device below the filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// The stable name, as scenarios write it.
    pub name: &'static str,
    /// One line for `list`.
    pub summary: &'static str,
    /// In which way it breaks its promise.
    pub fault: DeviceFault,
    /// Where the behaviour was seen or described.
    pub source: &'static str,
}

/// All devices; the first is the default.
pub static DEVICES: [Device; 6] = [
    Device {
        name: "honest",
        summary: "loses nothing that it has confirmed, and tears no sector",
        fault: DeviceFault::None,
        source: "what every profile takes for granted: a flush empties the cache, and a sector of 512 bytes is written \
            whole or not at all (Linux Documentation/block/writeback_cache_control.rst)",
    },
    Device {
        name: "lying",
        summary: "confirms flushes that it did not do: anything since the last two barriers may be missing",
        fault: DeviceFault::Lies(2),
        source: "filesystems mounted with barrier=0 or nobarrier and drives that ignore FLUSH: fsync returns and the \
            volatile cache did not drain (CuttleFS, ATC'20, section 3.1); unserialisable writes in Zheng et al., FAST'13",
    },
    Device {
        name: "no-powersafe-overwrite",
        summary: "a sector that was being written when the power went may hold garbage, untouched bytes included",
        fault: DeviceFault::TornSector,
        source: "SQLite, SQLITE_IOCAP_POWERSAFE_OVERWRITE: without it, a write of any range of bytes within a disk sector \
            may corrupt the rest of the sector; shorn writes in Zheng et al., FAST'13",
    },
    Device {
        name: "bit-rot",
        summary: "a few bits of a durable sector change on their own",
        fault: DeviceFault::BitRot,
        source: "bit corruption in Zheng et al., Understanding the Robustness of SSDs under Power Fault, FAST'13; \
            Bairavasundaram et al., An Analysis of Data Corruption in the Storage Stack, FAST'08",
    },
    Device {
        name: "latent-sector-error",
        summary: "a durable sector cannot be read until all of it is written again",
        fault: DeviceFault::LatentSectorError,
        source: "Bairavasundaram et al., An Analysis of Latent Sector Errors in Disk Drives, SIGMETRICS'07; faults of \
            single sectors in CuttleFS, ATC'20",
    },
    Device {
        name: "misdirected-write",
        summary: "the bytes of a durable sector are in another place, and old ones where they belong",
        fault: DeviceFault::MisdirectedWrite,
        source: "identity discrepancies in Bairavasundaram et al., FAST'08, section 5; a fault of its own in the storage \
            model of TigerBeetle",
    },
];

impl Device {
    /// The device that changes nothing.
    pub fn honest() -> &'static Device {
        &DEVICES[0]
    }

    /// The device with this name.
    pub fn find(name: &str) -> Option<&'static Device> {
        DEVICES.iter().find(|device| device.name == name)
    }

    /// Whether it is the one that changes nothing.
    pub fn is_honest(&self) -> bool {
        self.fault == DeviceFault::None
    }

    /// How many of the last completed barriers make nothing certain.
    pub fn lies(&self) -> u32 {
        match self.fault {
            DeviceFault::Lies(barriers) => barriers,
            _ => 0,
        }
    }

    /// Whether it damages what is on the disk after a power loss, so that recovery meets a media fault.
    pub fn damages(&self) -> bool {
        !matches!(self.fault, DeviceFault::None | DeviceFault::Lies(_))
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_has_a_name_and_a_fault_of_its_own_and_a_source() {
        for (index, device) in DEVICES.iter().enumerate() {
            assert_eq!(Device::find(device.name), Some(device));
            assert!(device.source.len() > 20, "{device}");
            let others = &DEVICES[..index];
            assert!(
                others.iter().all(|other| other.fault != device.fault),
                "{device}"
            );
        }
    }

    #[test]
    fn only_the_first_device_is_honest() {
        assert!(Device::honest().is_honest());
        assert!(!DEVICES[1..].iter().any(Device::is_honest));
        assert_eq!(DEVICES.iter().filter(|device| device.lies() > 0).count(), 1);
    }
}
