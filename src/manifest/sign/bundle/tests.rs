use super::*;
use crate::manifest::sign::KeyError;
use crate::manifest::sign::StatementError;
use crate::manifest::{RelativePath, Sha256};

/// Keys made for these tests with `openssl ecparam -genkey`; they guard nothing.
const KEYS: [(&str, &str, &str); 3] = [
    (
        "P-256",
        "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIAPMtgnCYLOhvem79iIZzbHqjDhhU9fDmtyO9Dj1YUokoAoGCCqGSM49\nAwEHoUQDQgAEQEH1KYtymg10u78aoPpf5UDg/OTSlN20lIQdmX1EJMO/En0fpbrs\nc+2pMsTHuLg08luOGwQhCKTlVsl/Td8cCg==\n-----END EC PRIVATE KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQEH1KYtymg10u78aoPpf5UDg/OTS\nlN20lIQdmX1EJMO/En0fpbrsc+2pMsTHuLg08luOGwQhCKTlVsl/Td8cCg==\n-----END PUBLIC KEY-----\n",
    ),
    (
        "P-384",
        "-----BEGIN EC PRIVATE KEY-----\nMIGkAgEBBDCxTjr0Z9qBtKsW7nmjdpZ7FuluhofnKy1R9b4aUPSpMQ2LX5JCgxme\nHUitmA5V3ZSgBwYFK4EEACKhZANiAASu04AEyBfXin4j1HvjRaG3MQse5W4io4DL\nT0hHBPDrDrrUMPCi1L+GXKX5/L7nI+/gXipYt5IPEPsQjbaO+Wzf2pdEdiKpQVj5\nkqzF6XEUWDydqLz8kxWmNBOvEHQXiJM=\n-----END EC PRIVATE KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAErtOABMgX14p+I9R740WhtzELHuVuIqOA\ny09IRwTw6w661DDwotS/hlyl+fy+5yPv4F4qWLeSDxD7EI22jvls39qXRHYiqUFY\n+ZKsxelxFFg8nai8/JMVpjQTrxB0F4iT\n-----END PUBLIC KEY-----\n",
    ),
    (
        "P-521",
        "-----BEGIN EC PRIVATE KEY-----\nMIHcAgEBBEIASph5wH8qVapn5OPMO6gJsyrbcfldDTu93RX/8AtCB9DZlI2bXcc0\nLpGBypY6rCFYTASAur8PwNxF5sqnKdaPJIKgBwYFK4EEACOhgYkDgYYABADil3rq\nX/WPVXvTgL+OuXHCt5+duj4iKzQvEVieWPaAn+FVmRelePnk3f2xVOaHbz1KF6mg\n4XL0eDfzWAH6Zd4d6wEE1AhT0ntM6guwBRJvzeijfKBMlNYbL4w+ne//31Er0AHl\nkgz7rgcdFwJTB//5h/DmZBxLzJgvqWqAWxPCQliLSA==\n-----END EC PRIVATE KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nMIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQA4pd66l/1j1V704C/jrlxwrefnbo+\nIis0LxFYnlj2gJ/hVZkXpXj55N39sVTmh289ShepoOFy9Hg381gB+mXeHesBBNQI\nU9J7TOoLsAUSb83oo3ygTJTWGy+MPp3v/99RK9AB5ZIM+64HHRcCUwf/+Yfw5mQc\nS8yYL6lqgFsTwkJYi0g=\n-----END PUBLIC KEY-----\n",
    ),
];
const PKCS8: &str = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgA8y2CcJgs6G96bv2\nIhnNseqMOGFT18Oa3I70OPVhSiShRANCAARAQfUpi3KaDXS7vxqg+l/lQOD85NKU\n3bSUhB2ZfUQkw78SfR+luuxz7akyxMe4uDTyW44bBCEIpOVWyX9N3xwK\n-----END PRIVATE KEY-----\n";
const ENCRYPTED: &str = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,4CB9010D7A1ECA80ECFAD1F0CF396D28\n\ngMpSDjaJKUwxBQh5ZPi/l08VCz836camevvyK0MjbjydfU61rzn0Uje8l2dCtS9O\n1uv6u/GnejCxXoUpzY5zri0H2dGTrmXhB/sO4dzOYQJXJs+oPZML60F1AYZ5oKeo\nxSSaWyu+lf31BN5+BZ+w6dzVs8JPLCEP0mV+Rzan8EY=\n-----END EC PRIVATE KEY-----\n";
const OTHER_CURVE: &str = "-----BEGIN EC PARAMETERS-----\nBgUrgQQACg==\n-----END EC PARAMETERS-----\n-----BEGIN EC PRIVATE KEY-----\nMHQCAQEEICczA5dVrJaTmZYU1uemNVzMXTq+xT9k0isPc1ZS6ZaUoAcGBSuBBAAK\noUQDQgAEhEnp1bauxJUNVABWeW2RPHmi6g4HeoTGd7opGV6l9C67E/5bkpkUkXcm\nBSAyNZyb7rM0jA6hMxoJ1sisdJ50cA==\n-----END EC PRIVATE KEY-----\n";

fn keys() -> impl Iterator<Item = (&'static str, PrivateKey, PublicKey)> {
    KEYS.into_iter().map(|(curve, private, public)| {
        (curve, PrivateKey::from_pem(private).expect("a key"), PublicKey::from_pem(public).expect("a key"))
    })
}

fn statement() -> Statement {
    let file = |path: &str| (RelativePath::new(path).expect("valid"), Sha256::of(path.as_bytes()));
    Statement::new(vec![file("b.txt"), file("a-b/x"), file("a/y")], vec!["model.sig".to_owned()])
}

#[test]
fn what_a_key_signed_its_public_part_verifies_and_no_other() {
    for (curve, private, public) in keys() {
        let text = Bundle::sign(&statement(), "model", &private).to_text();
        let bundle = Bundle::parse(&text).expect("a bundle");
        assert_eq!((public.curve(), bundle.verify(&public)), (curve, Ok(())));
        assert_eq!(Statement::parse(bundle.payload()), Ok(statement()));
        for (_, _, other) in keys().filter(|(other, ..)| *other != curve) {
            assert!(matches!(bundle.verify(&other), Err(SignatureFault::OtherKey { .. })));
            let unnamed = Bundle { hint: None, ..bundle.clone() };
            assert_eq!(unnamed.verify(&other), Err(SignatureFault::DoesNotHold));
        }
    }
}

#[test]
fn the_same_content_has_the_same_signature_and_both_forms_of_a_key_are_one() {
    let (_, sec1, _) = keys().next().expect("keys");
    let pkcs8 = PrivateKey::from_pem(PKCS8).expect("a key");
    assert_eq!(Bundle::sign(&statement(), "m", &sec1), Bundle::sign(&statement(), "m", &pkcs8));
}

#[test]
fn a_changed_payload_does_not_hold() {
    let (_, private, public) = keys().next().expect("keys");
    let mut bundle = Bundle::sign(&statement(), "m", &private);
    let at = bundle.payload.windows(4).position(|bytes| bytes == b"b.tx").expect("named");
    bundle.payload[at] = b'c';
    assert_eq!(bundle.verify(&public), Err(SignatureFault::DoesNotHold));
    bundle.signature.clear();
    assert_eq!(bundle.verify(&public), Err(SignatureFault::DoesNotHold));
}

#[test]
fn a_statement_that_does_not_add_up_is_refused() {
    let payload = String::from_utf8(statement().to_payload("m")).expect("JSON");
    let parse = |text: String| Statement::parse(text.as_bytes());
    let digest = Sha256::of(b"b.txt").to_string();
    assert_eq!(parse(payload.replace(&digest, &Sha256::of(b"x").to_string())), Err(StatementError::Inconsistent));
    assert!(matches!(parse(payload.replace("\"files\"", "\"shards\"")), Err(StatementError::OtherMethod(_))));
    assert!(matches!(parse(payload.replace("signature/v1.0", "signature/v2.0")), Err(StatementError::OtherKind(_))));
    assert!(matches!(parse("{}".to_owned()), Err(StatementError::NotValid(_))));
}

#[test]
fn every_wrong_key_is_told_for_what_it_is() {
    let (private, public) = (KEYS[0].1, KEYS[0].2);
    let signing = |text: &str| PrivateKey::from_pem(text).map(|_| ()).expect_err("no private key");
    let verifying = |text: &str| PublicKey::from_pem(text).map(|_| ()).expect_err("no public key");
    assert_eq!(signing("not a key"), KeyError::NoPem);
    assert_eq!(signing(public), KeyError::Public);
    assert_eq!(verifying(private), KeyError::Private);
    assert_eq!(signing(ENCRYPTED), KeyError::Encrypted);
    assert_eq!(signing(OTHER_CURVE), KeyError::NotValid);
    assert_eq!(signing(&private.replace("EC PRIVATE", "RSA PRIVATE")), KeyError::OtherKind("an RSA key"));
    let cut = private.replace("\n-----END", "AA\n-----END");
    assert_eq!(signing(&cut), KeyError::NotValid);
    assert_eq!(format!("{:?}", keys().next().expect("keys").1), "PrivateKey(P-256)");
}

#[test]
fn other_bundles_are_told_apart() {
    let (_, private, _) = keys().next().expect("keys");
    let text = Bundle::sign(&statement(), "m", &private).to_text();
    let error = |text: &str| Bundle::parse(text).expect_err("no bundle of ours");
    assert!(matches!(error("{}"), BundleError::NotValid(_)));
    assert!(matches!(error(&text.replace("v0.3", "v0.9")), BundleError::OtherKind(_)));
    let certificate = text.replace("\"tlogEntries\"", "\"certificate\":{\"rawBytes\":\"\"},\"tlogEntries\"");
    assert_eq!(error(&certificate), BundleError::Certificate);
}
