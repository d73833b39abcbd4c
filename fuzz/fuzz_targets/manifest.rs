//! Manifests in all their forms, and signature bundles.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadlint::manifest::{read, sign};

fuzz_target!(|text: &str| {
    // Regions count from behind a byte order mark.
    let text = text.trim_start_matches('\u{FEFF}');
    for name in ["MANIFEST.json", "manifest-sha256.txt"] {
        if let Ok(pins) = read(name, text) {
            assert!(pins.pins.iter().all(|pin| text.get(pin.region.range()).is_some()));
        }
    }
    if let Ok(bundle) = sign::Bundle::parse(text) {
        let _ = sign::check_manifest(&bundle, "MANIFEST.json", b"{}");
    }
    let _ = sign::PublicKey::from_pem(text);
});
