"""7z archives as an archiver writes them, by each of its methods: a pickle in them is found, or it is told that it was not
looked into."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from clients import LOADLINT, check, pip, run

CALL = b"cos\nsystem\n(S'echo loadlint-test'\ntR."
# Chains of methods, and whether they are looked into.
CHAINS = {
    "COPY": True,
    "LZMA": True,
    "LZMA2": True,
    "BZIP2": True,
    "DEFLATE": True,
    "ZSTD": True,
    "DELTA LZMA2": True,
    "X86 LZMA2": True,
    "ARM LZMA": True,
    "PPMD": False,
    "LZMA2 CRYPTO_AES256_SHA256": False,
}
WRITE = """
import sys, py7zr
path, chain, folder = sys.argv[1:]
filters = [{"id": getattr(py7zr, "FILTER_" + name)} for name in chain.split()]
for one in filters:
    if one["id"] == py7zr.FILTER_PPMD:
        one.update(order=6, mem=16)
    if one["id"] == py7zr.FILTER_ZSTD:
        one.update(level=3)
secret = "x" if "CRYPTO" in chain else None
with py7zr.SevenZipFile(path, "w", filters=filters, password=secret) as archive:
    archive.writeall(folder, "model")
"""


def main():
    programs = pip("py7zr==1.0.0")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        model = folder / "model"
        model.mkdir()
        # Some bytes for the filters, and a folder, an empty file and a name beyond ASCII for the header.
        (model / "weights.bin").write_bytes(bytes(range(256)) * 4000)
        (model / "empty").mkdir()
        (model / "nothing.txt").write_bytes(b"")
        (model / "größe.pkl").write_bytes(CALL)
        for chain, is_read in CHAINS.items():
            archive = folder / f"{chain.replace(' ', '-')}.7z"
            run(programs / "python", "-c", WRITE, archive, chain, model)
            out = run(LOADLINT, "scan", "--no-config", archive, codes=(1 if is_read else 2,)).stdout
            told = 'os.system("echo loadlint-test")' if is_read else "cannot be looked into"
            check(told in out and ("größe.pkl" in out) == is_read, f"{chain}: {out}")


main()
