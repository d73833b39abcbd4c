//! Keys of the curves P-256, P-384 and P-521 as PEM files: PKCS#8 or SEC 1 for private ones, SubjectPublicKeyInfo for public
//! ones, as OpenSSL writes them.

use std::fmt;

use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _, LineEnding};

use crate::manifest::Sha256;

/// Why a file holds no key that can be used. Says nothing of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No PEM block stands in it.
    #[error("it is no PEM file: there is no line `-----BEGIN …-----`")]
    NoPem,
    /// It is a public key where a private one is needed.
    #[error("it is a public key; signing needs the private one")]
    Public,
    /// It is a private key where the public one is needed.
    #[error("it is a private key; give the public one (`openssl ec -in KEY -pubout`), and keep this one secret")]
    Private,
    /// It is protected with a password.
    #[error("it is encrypted; give an unencrypted key (`openssl ec -in KEY -out PLAIN`)")]
    Encrypted,
    /// A certificate, a key for SSH, an RSA key.
    #[error(
        "it is {0}; a key of the curve P-256, P-384 or P-521 is needed (`openssl ecparam -name prime256v1 -genkey -noout`)"
    )]
    OtherKind(&'static str),
    /// A key of another curve, or damaged.
    #[error("it is no valid key of the curve P-256, P-384 or P-521")]
    NotValid,
}

/// A private key. Its `Debug` shows the curve only.
pub struct PrivateKey(Private);

enum Private {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
}

/// A public key.
#[derive(Clone)]
pub struct PublicKey(Public);

#[derive(Clone)]
enum Public {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public().curve())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.curve())
    }
}

/// A block and its label. OpenSSL may put one with the curve's name before the key.
fn block(text: &str) -> Result<(&str, String), KeyError> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, after) = after.split_once("-----").ok_or(KeyError::NoPem)?;
        let end = format!("-----END {label}-----");
        let (body, after) = after.split_once(end.as_str()).ok_or(KeyError::NoPem)?;
        if label != "EC PARAMETERS" {
            if body.contains("ENCRYPTED") || label.contains("ENCRYPTED") {
                return Err(KeyError::Encrypted);
            }
            return Ok((label, format!("-----BEGIN {label}-----{}{end}\n", body.replace('\r', ""))));
        }
        rest = after;
    }
    Err(KeyError::NoPem)
}

fn other_kind(label: &str) -> KeyError {
    match label {
        "PUBLIC KEY" => KeyError::Public,
        "PRIVATE KEY" | "EC PRIVATE KEY" => KeyError::Private,
        "CERTIFICATE" => KeyError::OtherKind("a certificate"),
        "OPENSSH PRIVATE KEY" => KeyError::OtherKind("a key for SSH"),
        label if label.starts_with("RSA") => KeyError::OtherKind("an RSA key"),
        label if label.starts_with("PGP") => KeyError::OtherKind("a PGP key"),
        _ => KeyError::OtherKind("something else"),
    }
}

impl PrivateKey {
    /// Reads the text of a PEM file.
    ///
    /// # Errors
    /// A [`KeyError`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (label, pem) = block(text)?;
        if !matches!(label, "PRIVATE KEY" | "EC PRIVATE KEY") {
            return Err(other_kind(label));
        }
        let p256 = || p256::SecretKey::from_pem(&pem).ok().map(|key| Private::P256(key.into()));
        let p384 = || p384::SecretKey::from_pem(&pem).ok().map(|key| Private::P384(key.into()));
        let p521 = || p521::SecretKey::from_pem(&pem).ok().map(|key| Private::P521(key.into()));
        p256().or_else(p384).or_else(p521).map(Self).ok_or(KeyError::NotValid)
    }

    /// Its public part.
    pub fn public(&self) -> PublicKey {
        PublicKey(match &self.0 {
            Private::P256(key) => Public::P256(*key.verifying_key()),
            Private::P384(key) => Public::P384(*key.verifying_key()),
            Private::P521(key) => Public::P521(*key.verifying_key()),
        })
    }

    /// An ECDSA signature as DER, over the SHA-2 digest as wide as the curve. The same message gives the same signature
    /// (RFC 6979), so no random numbers are needed.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.0 {
            Private::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Private::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Private::P521(key) => {
                let signature: p521::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
        }
    }
}

impl PublicKey {
    /// Reads the text of a PEM file.
    ///
    /// # Errors
    /// A [`KeyError`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (label, pem) = block(text)?;
        if label != "PUBLIC KEY" {
            return Err(other_kind(label));
        }
        let p256 = || p256::ecdsa::VerifyingKey::from_public_key_pem(&pem).ok().map(Public::P256);
        let p384 = || p384::ecdsa::VerifyingKey::from_public_key_pem(&pem).ok().map(Public::P384);
        let p521 = || p521::ecdsa::VerifyingKey::from_public_key_pem(&pem).ok().map(Public::P521);
        p256().or_else(p384).or_else(p521).map(Self).ok_or(KeyError::NotValid)
    }

    /// `P-256`.
    pub fn curve(&self) -> &'static str {
        match self.0 {
            Public::P256(_) => "P-256",
            Public::P384(_) => "P-384",
            Public::P521(_) => "P-521",
        }
    }

    /// What bundles call the key by: the digest of its PEM text.
    pub fn hint(&self) -> String {
        let pem = match &self.0 {
            Public::P256(key) => p256::PublicKey::from(key).to_public_key_pem(LineEnding::LF),
            Public::P384(key) => p384::PublicKey::from(key).to_public_key_pem(LineEnding::LF),
            Public::P521(key) => p521::PublicKey::from(key).to_public_key_pem(LineEnding::LF),
        };
        Sha256::of(pem.expect("a valid key has a PEM text").as_bytes()).to_string()
    }

    /// Whether `signature` (DER) is one of `message` by this key.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Public::P256(key) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Public::P384(key) => p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Public::P521(key) => p521::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
        }
    }
}
