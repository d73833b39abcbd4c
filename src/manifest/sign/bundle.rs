//! The Sigstore bundle: a DSSE envelope and which key signed it.

use base64ct::{Base64, Encoding as _};
use serde::Deserialize;
use serde_json::json;

use super::key::{PrivateKey, PublicKey};
use super::statement::Statement;

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// Why a text is no bundle that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Another form.
    #[error("it is no valid signature bundle: {0}")]
    NotValid(String),
    /// Another kind of content.
    #[error("the bundle is a `{0}`, which this loadlint does not read")]
    OtherKind(String),
    /// Signed by a certificate, or without a key of one's own.
    #[error(
        "the bundle was signed with a certificate (or keyless, by Sigstore); only signatures with a key are verified"
    )]
    Certificate,
}

/// Why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// It says itself that another key made it.
    #[error("it was made with another key: the bundle names {made}, the key given is {given}")]
    OtherKey {
        /// The digest of the key's PEM text in the bundle.
        made: String,
        /// That of the key given.
        given: String,
    },
    /// It is not one of this key over this content.
    #[error("it is not of this content by this key: one of them was changed")]
    DoesNotHold,
}

/// A bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    payload: Vec<u8>,
    signature: Vec<u8>,
    hint: Option<String>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "mediaType")]
    media_type: String,
    #[serde(rename = "verificationMaterial")]
    material: Material,
    #[serde(rename = "dsseEnvelope")]
    envelope: Envelope,
}

#[derive(Deserialize)]
struct Material {
    #[serde(rename = "publicKey", default)]
    public_key: Option<KeyName>,
    #[serde(default)]
    certificate: serde_json::Value,
    #[serde(rename = "x509CertificateChain", default)]
    chain: serde_json::Value,
}

#[derive(Deserialize)]
struct KeyName {
    #[serde(default)]
    hint: Option<String>,
}

#[derive(Deserialize)]
struct Envelope {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<RawSignature>,
}

#[derive(Deserialize)]
struct RawSignature {
    sig: String,
}

impl Bundle {
    /// Signs a statement about the model `name`.
    pub fn sign(statement: &Statement, name: &str, key: &PrivateKey) -> Self {
        let payload = statement.to_payload(name);
        let signature = key.sign(&encoded(&payload));
        Self { payload, signature, hint: Some(key.public().hint()) }
    }

    /// Its text.
    pub fn to_text(&self) -> String {
        let bundle = json!({
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": { "publicKey": { "hint": self.hint }, "tlogEntries": [] },
            "dsseEnvelope": {
                "payload": Base64::encode_string(&self.payload),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{ "sig": Base64::encode_string(&self.signature), "keyid": "" }],
            },
        });
        format!("{bundle}\n")
    }

    /// Reads a text; whether the signature holds is not asked.
    ///
    /// # Errors
    /// A [`BundleError`].
    pub fn parse(text: &str) -> Result<Self, BundleError> {
        let not_valid = |message: &str| BundleError::NotValid(message.to_owned());
        let raw: Raw = serde_json::from_str(text).map_err(|error| BundleError::NotValid(error.to_string()))?;
        if raw.media_type != MEDIA_TYPE {
            return Err(BundleError::OtherKind(raw.media_type.chars().take(80).collect()));
        }
        if raw.envelope.payload_type != PAYLOAD_TYPE {
            return Err(BundleError::OtherKind(raw.envelope.payload_type.chars().take(80).collect()));
        }
        if !raw.material.certificate.is_null() || !raw.material.chain.is_null() {
            return Err(BundleError::Certificate);
        }
        let decoded = |text: &str| Base64::decode_vec(text).map_err(|_| not_valid("its payload is not Base64"));
        let [signature] = raw.envelope.signatures.as_slice() else {
            return Err(not_valid("it has not exactly one signature"));
        };
        let hint = raw.material.public_key.and_then(|key| key.hint).filter(|hint| !hint.is_empty());
        Ok(Self { payload: decoded(&raw.envelope.payload)?, signature: decoded(&signature.sig)?, hint })
    }

    /// The bytes that are signed.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Whether `key` made the signature.
    ///
    /// # Errors
    /// A [`SignatureFault`].
    pub fn verify(&self, key: &PublicKey) -> Result<(), SignatureFault> {
        let given = key.hint();
        if let Some(made) = self.hint.as_ref().filter(|made| **made != given) {
            return Err(SignatureFault::OtherKey { made: made.chars().take(64).collect(), given });
        }
        if key.verify(&encoded(&self.payload), &self.signature) { Ok(()) } else { Err(SignatureFault::DoesNotHold) }
    }
}

/// DSSE's encoding of what is signed: type and content with their lengths.
fn encoded(payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

#[cfg(test)]
mod tests;
