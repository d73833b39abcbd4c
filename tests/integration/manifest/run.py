"""Manifests and signatures against the programs that define their forms: sha256sum, the Library of Congress's bagit,
OpenSSF's model-signing in both directions with each curve, and two validators of CycloneDX."""
import json
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from clients import LOADLINT, POINTER, check, pip, run, skip, write

CURVES = ("prime256v1", "secp384r1", "secp521r1")
STRICT = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
print(error)
sys.exit(error is not None)
"""
PARSED = """
import json, sys
from cyclonedx.model.bom import Bom
bom = Bom.from_json(json.load(open(sys.argv[1])))
print(json.dumps({c.name: [c.type.value, next(iter(c.hashes)).content] for c in bom.components}))
"""


def tensors(data):
    header = json.dumps({"a": {"dtype": "U8", "shape": [len(data)], "data_offsets": [0, len(data)]}}).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data


# Names that sort differently by bytes and by parts, one that needs escapes, one that is not ASCII.
MODEL = {
    "a/y.safetensors": tensors(b"1" * 1000),
    "a-b/x.safetensors": tensors(b"2" * 100_000),
    "a.safetensors": tensors(b""),
    "größe ü/41 b.safetensors": tensors(b"3" * 7),
    "config.json": '{"model_type": "bert"}',
}


def model(folder):
    write(folder, MODEL)
    return folder


def flip(path):
    """The file with its last bit flipped."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def sums(place):
    """`sha256sum -c` takes what we write, and we take what it writes; both find the same flipped bit."""
    here = model(place / "sums")
    names = list(MODEL) + ["line\nbreak \\ it.safetensors"]
    write(here, {names[-1]: tensors(b"4")})
    run(LOADLINT, "manifest", "create", "--format", "sha256sums", cwd=here)
    done = run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=here)
    check(done.stdout.count(": OK\n") == len(names), f"each name is verified: {done.stdout}")
    (here / "SHA256SUMS").write_text(run("sha256sum", *names, cwd=here).stdout)
    run(LOADLINT, "manifest", "verify", "SHA256SUMS", cwd=here)
    flip(here / "a/y.safetensors")
    run("sha256sum", "--check", "--quiet", "SHA256SUMS", cwd=here, codes=(1,))
    ours = run(LOADLINT, "manifest", "verify", "SHA256SUMS", cwd=here, codes=(1,))
    check("a/y.safetensors: mismatch" in ours.stdout, ours.stdout)


def bag(place, programs):
    """`bagit.py --validate` takes our tag files, and we take its. (It leaves `%` in names as it is, which RFC 8493 forbids;
    no name here has one.)"""
    for bag_maker in ("loadlint", "bagit"):
        here = place / f"bag-{bag_maker}"
        if bag_maker == "loadlint":
            model(here / "data")
            run(LOADLINT, "manifest", "create", "--format", "bagit", here)
            run(programs / "python", programs / "bagit.py", "--validate", here)
        else:
            run(programs / "python", programs / "bagit.py", "--sha256", model(here))
        for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
            run(LOADLINT, "manifest", "verify", here / name)
        flip(here / "data/a/y.safetensors")
        run(programs / "python", programs / "bagit.py", "--validate", here, codes=(1,))
        run(LOADLINT, "manifest", "verify", here / "manifest-sha256.txt", codes=(1,))


def keys(place, curve):
    private, public = place / f"{curve}.pem", place / f"{curve}.pub"
    run("openssl", "ecparam", "-name", curve, "-genkey", "-noout", "-out", private)
    run("openssl", "ec", "-in", private, "-pubout", "-out", public)
    private.chmod(0o600)
    return private, public


def signatures(place, programs, curve, other):
    """What one signs the other verifies; a flipped bit, an extra file and another key are refused by both."""
    client = programs / "model_signing"
    private, public = keys(place, curve)
    for signer in ("loadlint", "client"):
        here = model(place / f"{curve}-{signer}")
        signature = here / "model.sig"
        if signer == "loadlint":
            run(LOADLINT, "manifest", "sign", "--key", private, here)
        else:
            run(client, "sign", "key", here, "--private_key", private, "--signature", signature)
        theirs = (client, "verify", "key", here, "--signature", signature, "--public_key")
        ours = (LOADLINT, "manifest", "verify", signature, "--public-key")
        for verify in (theirs, ours):
            run(*verify, public)
            done = run(*verify, other, codes=(1, 2))
            check("Traceback" not in done.stderr, done.stderr)
        write(here, {"extra.bin": b"more"})
        for verify in (theirs, ours):
            run(*verify, public, codes=(1,))
        (here / "extra.bin").unlink()
        flip(here / "a/y.safetensors")
        for verify in (theirs, ours):
            run(*verify, public, codes=(1,))
        flip(here / "a/y.safetensors")
        # One digest in the signed statement is exchanged with the file: no signature of this content.
        bundle = json.loads(signature.read_text())
        payload = bundle["dsseEnvelope"]["payload"]
        bundle["dsseEnvelope"]["payload"] = payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]
        signature.write_text(json.dumps(bundle))
        for verify in (theirs, ours):
            run(*verify, public, codes=(1, 2))


def signed_manifest(place, programs):
    """A signed MANIFEST.json and what it pins, as the client sees it."""
    here = model(place / "manifest")
    private, public = keys(place, "prime256v1")
    run(LOADLINT, "manifest", "create", cwd=here)
    run(LOADLINT, "manifest", "sign", "--key", private, cwd=here)
    client = (programs / "model_signing", "verify", "key", here, "--public_key", public)
    client += ("--signature", here / "MANIFEST.json.sig")
    run(*client)
    run(LOADLINT, "manifest", "verify", "--public-key", public, cwd=here)
    write(here, {"notes.txt": "beside the model"})
    run(*client, codes=(1,))
    run(*client, "--ignore_unsigned_files")
    text = (here / "MANIFEST.json").read_text()
    (here / "MANIFEST.json").write_text(text.replace('"bytes": ', '"bytes": 1', 1))
    run(*client, "--ignore_unsigned_files", codes=(1,))
    run(LOADLINT, "manifest", "verify", "--public-key", public, cwd=here, codes=(1,))


def bill(place, programs):
    """A strict validator takes the bill, and its reader finds each file with its digest."""
    here = model(place / "bill")
    write(here, {"lfs.safetensors": POINTER})
    run(LOADLINT, "manifest", "create", cwd=here)
    run(LOADLINT, "manifest", "create", "--format", "cyclonedx", cwd=here)
    path = here / "bom.cdx.json"
    run(programs / "python", "-c", STRICT, path)
    read = json.loads(run(programs / "python", "-c", PARSED, path).stdout)
    pins = {one["path"]: one["sha256"] for one in json.loads((here / "MANIFEST.json").read_text())["artifacts"]}
    check({name: digest for name, (_, digest) in read.items()} == pins, f"{read} and {pins}")
    check(read["a.safetensors"][0] == "machine-learning-model", str(read))
    # The validator can say no.
    broken = json.loads(path.read_text())
    broken["components"][0]["hashes"][0]["content"] = "no digest"
    (here / "broken.json").write_text(json.dumps(broken))
    run(programs / "python", "-c", STRICT, here / "broken.json", codes=(1,))


def main():
    if not shutil.which("sha256sum") or not shutil.which("openssl"):
        skip("there is no sha256sum or no openssl")
    programs = pip(
        "bagit==1.9.0", "model-signing==1.1.1", "pyOpenSSL", "cyclonedx-python-lib[json-validation]>=11,<12",
        "setuptools<81",
    )
    with tempfile.TemporaryDirectory() as temporary:
        place = pathlib.Path(temporary)
        sums(place)
        bag(place, programs)
        bill(place, programs)
        others = {curve: keys(place, curve)[1].rename(place / f"other-{curve}.pub") for curve in CURVES}
        for curve in CURVES:
            signatures(place, programs, curve, others[curve])
        signed_manifest(place, programs)


main()
