"""Zip headers two readers see differently; containers in containers; archives that write outside."""
import bz2
import lzma
import struct
import zlib

from .mal_pickle import npy, od, tensor
from .ops import ECHO, C, G, evil, pk
from . import zips as Z
from .zips import Entry as E, build


def files(S):
    call = C(G("os", "system"), (ECHO,))
    bad = pk({"x": call})
    good = pk(od({"w": tensor()}))

    def a(name, data, tech, adv="", note=""):
        S.add("malicious", name, data, tech, adv, note)

    def s(name, data, tech, note="", adv=""):
        S.add("suspicious", name, data, tech, adv, note)

    def t(k=None, first=None, rest=None, **kw):
        """A torch zip whose data.pkl carries the payload, with header fields k."""
        es = Z.torch_zip(bad)
        es[0] = E("archive/data.pkl", bad, (k or {}).pop("method", 0), **(k or {}))
        return build((first or []) + es + (rest or []), **kw)

    # flags
    for bit in (0x1, 0x2, 0x20, 0x40, 0x800, 0x2000, 0x8000, 0x41, 0xFFF7 & 0xFFFF):
        a(f"zip_lflag_{bit:04x}.pt", t({"lflags": bit}), "zip-flags", "GHSA-w8jq-xcqf-f792 CVE-2025-1945", "flag bits in the local header")
        a(f"zip_cflag_{bit:04x}.pt", t({"cflags": bit}), "zip-flags", "GHSA-w8jq-xcqf-f792 CVE-2025-1945", "flag bits in the central directory")
    a("zip_bflag_1.pt", t({"flags": 1}), "zip-flags", "GHSA-w8jq-xcqf-f792 CVE-2025-1945")
    a("zip_descriptor.pt", t({"descriptor": True}), "zip-flags", "", "sizes in a data descriptor")
    a("zip_descriptor_deflate.pt", t({"descriptor": True, "method": 8}), "zip-flags")
    # CRC
    a("zip_crc_local.pt", t({"lcrc": 0xDEADBEEF}), "zip-crc", "GHSA-mjqp-26hc-grxg CVE-2025-10156")
    a("zip_crc_central.pt", t({"ccrc": 0xDEADBEEF}), "zip-crc", "GHSA-mjqp-26hc-grxg CVE-2025-10156")
    a("zip_crc_both.pt", t({"lcrc": 1, "ccrc": 1}), "zip-crc", "GHSA-mjqp-26hc-grxg CVE-2025-10156")
    a("zip_crc_zero_deflate.pt", t({"lcrc": 0, "ccrc": 0, "method": 8}), "zip-crc", "GHSA-mjqp-26hc-grxg CVE-2025-10156")
    a("zip_crc_other_member.pt", build([E("archive/version", b"3\n", ccrc=7), E("archive/data.pkl", bad, ccrc=9)]), "zip-crc")
    # names
    a("zip_local_name.pt", t({"lname": b"archive/data.txt"}), "zip-names", "GHSA-7q5r-7gvp-wc82 CVE-2025-1944")
    a("zip_central_name.pt", t({"cname": b"archive/readme.txt"}), "zip-names", "GHSA-7q5r-7gvp-wc82 CVE-2025-1944")
    a("zip_local_name_len.pt", t({"lname": b"archive/data.pk"}), "zip-names", "GHSA-7q5r-7gvp-wc82 CVE-2025-1944", "local name is shorter")
    a("zip_upper.pt", t({"cname": b"archive/DATA.PKL", "lname": b"archive/DATA.PKL"}), "zip-names", "", "PyTorch ignores case")
    for i, n in enumerate((b"archive/data.pkl\0.txt", b"archive\\data.pkl", b"archive/data.pkl/", b"/archive/data.pkl", b"archive/./data.pkl", b"archive/../archive/data.pkl", b"data.pkl", b"", b"archive/data.pkl ", "archive/dat\u0430.pkl".encode(), b"\xff\xfe/data.pkl", b"archive//data.pkl")):
        a(f"zip_name_{i:02d}.pt", t({"cname": n, "lname": n}), "zip-names", "", repr(n))
    up = lambda n, d: struct.pack("<HHBI", 0x7075, 5 + len(n), 1, zlib.crc32(d)) + n
    a("zip_unicode_extra.pt", t({"cname": b"archive/readme.md", "lname": b"archive/readme.md", "cextra": up(b"archive/data.pkl", b"archive/readme.md"), "lextra": up(b"archive/data.pkl", b"archive/readme.md")}), "zip-names", "", "unicode path extra field renames the member")
    # member with another extension (CVE-2025-1889), without extension
    for i, n in enumerate(("config.p", "data.txt", "weights.png", "model", ".hidden", "x.json", "archive/data/0", "archive/.data/x", "archive/extra", "archive/data.pkl.bak", "a/b/c/d/e.bin", "x.pt", "byteorder", "version", "MANIFEST.MF")):
        a(f"zip_member_{i:02d}.{'pt' if i % 2 else 'zip'}", build(Z.torch_zip(good) + [E(n if n not in ("byteorder", "version") else "archive/" + n + "2", evil([2, 0, 4][i % 3]), [0, 8][i % 2])]), "zip-member-name", "GHSA-769v-p64c-89pr CVE-2025-1889" if "." in n else "same class", n)
    a("zip_load_pickle_file.pt", build(Z.torch_zip(pk(C(G("torch", "load"), ("config.p",)))) + [E("config.p", evil(2))]), "zip-member-name", "GHSA-769v-p64c-89pr CVE-2025-1889", "data.pkl loads the second member")
    # duplicates
    g, b_ = E("archive/data.pkl", good), E("archive/data.pkl", bad)
    rest = Z.torch_zip(good)[1:]
    a("zip_dup_good_bad.pt", build([g, b_] + rest), "zip-duplicates", "Hide and Seek")
    a("zip_dup_bad_good.pt", build([b_, g] + rest), "zip-duplicates", "Hide and Seek")
    a("zip_dup_case.pt", build([g, E("archive/Data.pkl", bad)] + rest), "zip-duplicates", "", "names differ by case")
    a("zip_dup_three.pt", build([g, g, b_, g] + rest), "zip-duplicates")
    a("zip_dup_two_roots.pt", build([g] + rest + [E("model/data.pkl", bad), E("model/version", b"3\n")]), "zip-duplicates")
    a("zip_dup_same_offset.pt", build([g, b_, E("archive/data.pkl", bad, ghost=True, coffset=30 + 16 + len(good))] + rest), "zip-duplicates")
    s("zip_dup_harmless.pt", build([g, g] + rest), "zip-duplicates", "duplicate member, both harmless")
    # unlisted, hidden between
    a("zip_unlisted.pt", build([g, E("archive/data.pkl", bad, hidden=True)] + rest), "zip-unlisted", "", "local header without a central entry")
    a("zip_unlisted_first.pt", build([E("archive/data.pkl", bad, hidden=True), g] + rest), "zip-unlisted", "", "streaming readers meet it first")
    a("zip_gap_pickle.zip", build([g, E("archive/version", b"3\n", gap=evil(2))]), "zip-unlisted", "", "raw pickle between two members") if False else s("zip_gap_pickle.zip", build([g, E("archive/version", b"3\n", gap=evil(2))]), "zip-unlisted", "raw pickle between two members; no reader loads it")
    a("zip_empty_central.pt", t(central=b""), "zip-unlisted", "", "no central directory entries at all")
    a("zip_no_eocd.pt", t()[:-22], "zip-eocd", "", "end record cut off; torch's reader fails, salvage reads the members")
    a("zip_cd_count.pt", t(rest=[], eocd={"n": 1, "total": 1}), "zip-eocd", "", "end record counts one entry")
    a("zip_cd_count_zero.pt", t(eocd={"n": 0, "total": 0}), "zip-eocd")
    a("zip_cd_count_high.pt", t(eocd={"n": 99, "total": 99}), "zip-eocd")
    a("zip_disk_numbers.pt", t(eocd={"disk": 1, "cddisk": 1}), "zip-eocd")
    a("zip_cd_size.pt", t(eocd={"size": 46}), "zip-eocd")
    ok = build(Z.torch_zip(good))
    ev = t()
    a("zip_two_archives_good_bad.pt", ok + ev, "zip-polyglot", "", "two archives one after the other; offsets of the second are relative")
    a("zip_two_archives_bad_good.pt", ev + ok, "zip-polyglot")
    a("zip_eocd_in_comment.pt", build(Z.torch_zip(good), comment=b"x" * 10 + t()[-200:]), "zip-polyglot") if False else None
    a("zip_archive_in_comment.pt", build(Z.torch_zip(good), comment=ev), "zip-polyglot", "", "a whole archive inside the comment: the last end record wins for some")
    a("zip_two_eocd.pt", t(eocds=2), "zip-polyglot")
    fake = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0, 0, 0, 0, 0)
    a("zip_fake_eocd_after.pt", t(suffix=fake), "zip-polyglot", "", "an empty end record after the real one")
    a("zip_fake_eocd_before.pt", build(Z.torch_zip(bad), before_central=fake), "zip-polyglot")
    a("zip_pickle_prefix.pt", build(Z.torch_zip(good), prefix=evil(2)), "zip-polyglot", "", "pickle first, zip by its end")
    a("zip_pickle_prefix_p0.bin", build(Z.torch_zip(good), prefix=evil(0)), "zip-polyglot")
    a("zip_pickle_prefix_abs.pt", build(Z.torch_zip(good), prefix=evil(4), shift=-len(evil(4))), "zip-polyglot", "", "offsets count from the zip's start")
    a("zip_pickle_suffix.pt", build(Z.torch_zip(good), suffix=evil(2)), "zip-polyglot", "", "pickle after the end record; nobody's loader starts there") if False else s("zip_pickle_suffix.pt", build(Z.torch_zip(good), suffix=evil(2)), "zip-polyglot", "pickle after the end record")
    a("zip_shell_prefix.pt", t(prefix=b"#!/bin/sh\necho loadlint-test\nexit 0\n"), "zip-polyglot")
    a("zip_elf_prefix.pt", t(prefix=b"\x7fELF\x02\x01\x01" + b"\0" * 121), "zip-polyglot")
    a("zip_png_prefix.png", t(prefix=b"\x89PNG\r\n\x1a\n" + b"\0" * 100), "zip-polyglot", "", "picture by name and start, torch zip by its end")
    a("zip_trailing_64k.pt", t(suffix=b"\0" * 70000), "zip-polyglot", "", "end record farther from the end than readers look")
    a("zip_trailing_few.pt", t(suffix=b"\n\n"), "zip-polyglot")
    a("zip_long_comment.pt", t(comment=b"c" * 65535), "zip-polyglot")
    a("zip_pk00.pt", b"PK00" + t(shift=4), "zip-polyglot", "", "split marker first")
    a("zip_pk0708.pt", b"PK\x07\x08" + t(shift=4), "zip-polyglot")
    npz = build([E("a.npy", npy(evil(3)))])
    a("zip_npz_as_pt.pt", npz, "zip-polyglot")
    # zip64
    z64 = lambda *v: struct.pack("<HH", 1, 8 * len(v)) + struct.pack(f"<{len(v)}Q", *v)
    n = len(bad)
    a("zip64_eocd.pt", t(zip64=True), "zip64")
    a("zip64_extra.pt", t({"lcsize": 0xFFFFFFFF, "lusize": 0xFFFFFFFF, "ccsize": 0xFFFFFFFF, "cusize": 0xFFFFFFFF, "lextra": z64(n, n), "cextra": z64(n, n)}, zip64=True), "zip64")
    a("zip64_extra_disagrees.pt", t({"lextra": z64(5, 5), "ccsize": 0xFFFFFFFF, "cusize": 0xFFFFFFFF, "cextra": z64(n, n)}), "zip64", "", "local sizes and zip64 sizes differ")
    a("zip64_offset.pt", t({"coffset": 0xFFFFFFFF, "cextra": z64(0)}), "zip64")
    a("zip64_eocd_disagrees.pt", build(Z.torch_zip(bad), zip64=True, eocd={"n": 0, "total": 0}), "zip64")
    a("zip64_unneeded_extra.pt", t({"cextra": z64(1, 1), "lextra": z64(1, 1)}), "zip64")
    # sizes
    a("zip_lsize_zero.pt", t({"lcsize": 0, "lusize": 0}), "zip-sizes")
    a("zip_csize_zero.pt", t({"ccsize": 0, "cusize": 0}), "zip-sizes", "", "central says empty, local has the payload")
    a("zip_usize_small.pt", t({"cusize": 3, "lusize": 3}), "zip-sizes")
    a("zip_csize_small.pt", t({"ccsize": 3}), "zip-sizes")
    a("zip_usize_huge.pt", t({"cusize": 0x7FFFFFFF}), "zip-sizes")
    a("zip_csize_huge.pt", t({"ccsize": 0x7FFFFFFF}), "zip-sizes")
    a("zip_deflate_usize_small.pt", t({"method": 8, "cusize": 2, "lusize": 2}), "zip-sizes", "", "inflated content is longer than declared")
    a("zip_lextra_len.pt", t({"lextra": b"", "lxlen": 0, "cextra": b"\x99\x99\x04\x00abcd"}), "zip-sizes")
    a("zip_overlap.pt", build([E("archive/version", b"3\n"), E("archive/data.pkl", bad), E("archive/copy.txt", b"", ghost=True, coffset=48, ccsize=len(bad), cusize=len(bad), ccrc=zlib.crc32(bad))]), "zip-overlap")
    inner = build([E("archive/data.pkl", bad), E("archive/version", b"3\n")])
    a("zip_entry_covers_entries.pt", build([E("x.bin", inner), E("archive/data.pkl", bad, ghost=True, coffset=30 + 5)]), "zip-overlap", "", "central entry points into another member")
    a("zip_quoted.pt", build([E("a.txt", struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 0, 0, 0, zlib.crc32(bad), n, n, 8, 0) + b"data.pkl" + bad), E("data.pkl", bad, ghost=True, coffset=35)]), "zip-overlap")
    # methods
    for m in (8, 12, 14, 93, 95):
        a(f"zip_method_{m}.zip", build([E("model.pkl", evil(2), m)]), "zip-method")
        if m != 8:
            a(f"zip_method_{m}.pt", t({"method": m}), "zip-method")
    for m in (9, 97, 98, 99, 1, 6, 18, 255, 20):
        S.add("suspicious", f"zip_method_unknown_{m}.pt", build([E("archive/data.pkl", bad, m, stored=zlib.compress(bad)), E("archive/version", b"3\n")]), "zip-method", "", "content cannot be read with this method; must not be silent")
    a("zip_method_local_stored.pt", t({"method": 8, "lmethod": 0}), "zip-method", "", "local and central methods differ")
    a("zip_method_central_odd.pt", t({"cmethod": 99}), "zip-method", "", "central says method 99, bytes are stored")
    a("zip_method_local_odd.pt", t({"lmethod": 99}), "zip-method")
    a("zip_method_central_deflate_stored.pt", t({"cmethod": 8}), "zip-method")
    a("zip_stored_block.zip", build([E("m.pkl", evil(2), 8, stored=b"\x01" + struct.pack("<HH", len(evil(2)), 0xFFFF ^ len(evil(2))) + evil(2))]), "zip-method", "", "deflate stored block")
    a("zip_deflate_trailing.zip", build([E("m.pkl", evil(2), 8, stored=(lambda c: c.compress(evil(2)) + c.flush())(zlib.compressobj(9, 8, -15)) + b"junk" * 9)]), "zip-method")
    a("zip_sig_local.pt", t({"lsig": b"PK\x03\x03"}), "zip-headers", "", "broken local signature")
    a("zip_version_needed.pt", t({"version": 0xFF}), "zip-headers")
    a("zip_made_unix_symlink.zip", build([E("m.pkl", evil(2), attr=0o120777 << 16)]), "zip-headers", "", "pickle whose entry says symlink")
    a("zip_made_dir_attr.zip", build([E("m.pkl", evil(2), attr=0x10)]), "zip-headers", "", "directory attribute on a file")
    enc = Z.zipcrypto(bad, b"infected", zlib.crc32(bad))
    S.add("suspicious", "zip_encrypted_real.zip", build([E("model.pkl", bad, stored=enc, flags=1)]), "zip-encrypted", "", "really encrypted (password infected); must not be silent")
    S.add("suspicious", "zip_encrypted_real.pt", build([E("archive/data.pkl", bad, stored=enc, flags=1), E("archive/version", b"3\n")]), "zip-encrypted")
    S.add("suspicious", "zip_encrypted_aes.zip", build([E("model.pkl", bad, 99, stored=b"\x5a" * 60, flags=1, lextra=b"\x01\x99\x07\x00\x02\x00AE\x03\x00\x00", cextra=b"\x01\x99\x07\x00\x02\x00AE\x03\x00\x00")]), "zip-encrypted")
    # harmless content under odd headers
    gt = lambda k: build([E("archive/data.pkl", good, 0, **k)] + rest)
    for nme, k in {"lflags": {"lflags": 1}, "cflags": {"cflags": 0x41}, "lname": {"lname": b"archive/data.txt"}, "crc": {"ccrc": 1}, "usize": {"cusize": 9}, "csig": {"lsig": b"PK\x03\x03"}}.items():
        s(f"zip_harmless_{nme}.pt", gt(k), "zip-headers", "odd header, harmless pickle")
    s("zip_harmless_unlisted.pt", build([g, E("archive/other.pkl", good, hidden=True)] + rest), "zip-unlisted")
    s("zip_harmless_prefix.pt", build(Z.torch_zip(good), prefix=b"junkjunk"), "zip-polyglot")
    # traversal
    for i, n_ in enumerate(("../../evil.pkl", "/etc/cron.d/loadlint", "..\\..\\evil.dll", "C:\\Windows\\x.dll", "a/../../../x", "//host/share/x", "./../x.txt", "archive/data/../../../../tmp/x")):
        a(f"zip_traversal_{i}.{'zip' if i % 2 else 'keras' if i == 2 else 'pt' if i == 4 else 'zip'}", build([E("config.json", b"{}"), E(n_, b"loadlint-test")]), "zip-traversal", "", n_)
    a("zip_symlink_out.zip", build([E("link", b"/etc/passwd", attr=0o120777 << 16)]), "zip-traversal", "", "symlink to /etc/passwd")
    a("zip_symlink_then_write.zip", build([E("d", b"/tmp", attr=0o120777 << 16), E("d/evil.txt", b"loadlint-test")]), "zip-traversal")
    # tar
    def tr(ms, wrap=lambda x: x):
        return wrap(Z.tar(ms))
    d = b"loadlint-test"
    T = {
        "dotdot": [{"name": "../../evil.txt", "data": d}], "absolute": [{"name": "/etc/cron.d/x", "data": d}], "symlink": [{"name": "x", "type": b"2", "link": "/etc/passwd"}], "symlink_dotdot": [{"name": "a/x", "type": b"2", "link": "../../../etc/passwd"}],
        "symlink_write": [{"name": "d", "type": b"2", "link": "/tmp"}, {"name": "d/x", "data": d}], "hardlink": [{"name": "x", "type": b"1", "link": "/etc/passwd"}], "hardlink_rel": [{"name": "x", "type": b"1", "link": "../../../x"}], "chardev": [{"name": "tty", "type": b"3", "dev": (1, 3)}],
        "blockdev": [{"name": "sda", "type": b"4", "dev": (8, 0)}], "fifo": [{"name": "p", "type": b"6"}], "longname": [{"name": "x", "longname": "a/" * 60 + "../" * 80 + "evil", "data": d}], "longlink": [{"name": "x", "type": b"2", "longlink": "../" * 50 + "etc/passwd"}],
        "pax_path": [{"name": "ok.txt", "pax": {"path": "../../evil.txt"}, "data": d}], "pax_linkpath": [{"name": "ok", "type": b"2", "link": "ok2", "pax": {"linkpath": "/etc/passwd"}}], "pax_global": [{"name": "ok.txt", "pax": {"path": "/tmp/evil"}, "paxtype": b"g", "data": d}],
        "setuid": [{"name": "run", "data": b"#!/bin/sh\n", "mode": 0o4755}], "backslash": [{"name": "..\\..\\x.dll", "data": d}], "prefix_dotdot_deep": [{"name": "a/b/../../../../x", "data": d}], "dup_link_file": [{"name": "w", "type": b"2", "link": "/tmp/x"}, {"name": "w", "data": d}],
    }
    for i, (n_, ms) in enumerate(T.items()):
        lab = "suspicious" if n_ in ("fifo", "setuid", "hardlink_rel2") else "malicious"
        name, w = (f"tar_{n_}.tar", lambda x: x) if i % 3 == 0 else (f"tar_{n_}.tar.gz", Z.gz) if i % 3 == 1 else (f"tar_{n_}.nemo", lambda x: x)
        S.add(lab, name, tr([{"name": "model_config.yaml", "data": b"a: 1\n"}] + ms if name.endswith("nemo") else ms, w), "tar-traversal")
    a("tar_pickle.tar", tr([{"name": "model.pkl", "data": evil(2)}]), "nested")
    a("tar_pickle_noext.tar", tr([{"name": "blob", "data": evil(0)}]), "nested")
    a("tar_old_v7.tar", tr([{"name": "model.pkl", "data": evil(4), "magic": b"\0" * 8}]), "nested", "", "pre-POSIX header, no magic")
    a("tar_dup.tar", tr([{"name": "m.pkl", "data": good}, {"name": "m.pkl", "data": evil(2)}]), "nested")
    a("tar_after_zeros.tar", Z.tar([{"name": "ok.txt", "data": b"x"}]) + Z.tar([{"name": "m.pkl", "data": evil(2)}]), "nested", "", "second archive behind the end blocks")
    a("tar_sparse_name.tar", tr([{"name": "m", "pax": {"path": "x/model.pkl"}, "data": evil(2)}]), "nested")
    a("tar_contig_type.tar", tr([{"name": "m.pkl", "type": b"7", "data": evil(2)}]), "nested", "", "type 7 is read as a file")
    a("tar_unknown_type.tar", tr([{"name": "m.pkl", "type": b"Y", "data": evil(2)}]), "nested", "", "unknown type is read as a file")
    # nesting
    e = evil(2)
    tp = t()
    nest = {
        "zip_zip.zip": build([E("a.zip", build([E("m.pkl", e, 8)]), 8)]), "zip3.zip": build([E("a.zip", build([E("b.zip", build([E("m.pkl", e, 8)]))]))]),
        "zip5.zip": build([E("a", build([E("b", build([E("c", build([E("d", build([E("m", e)]))]))]))]))]), "pt_in_zip.zip": build([E("w/model.pt", tp)]), "pt_in_zip_in_zip.zip": build([E("x.zip", build([E("model.pt", tp, 8)]), 8)]),
        "tar_in_zip.zip": build([E("a.tar", Z.tar([{"name": "m.pkl", "data": e}]), 8)]), "zip_in_tar.tar": Z.tar([{"name": "a.zip", "data": build([E("m.pkl", e)])}]), "zip_in_targz.tgz": Z.gz(Z.tar([{"name": "a.zip", "data": build([E("m.pkl", e)])}])),
        "zip_tar_gz_zip.zip": build([E("x.tgz", Z.gz(Z.tar([{"name": "y.zip", "data": build([E("m.pkl", e)])}])))]), "gz_gz.pkl.gz": Z.gz(Z.gz(e)), "bz2_of_pt.pt.bz2": bz2.compress(tp), "xz_tar_pt.tar.xz": lzma.compress(Z.tar([{"name": "m.pt", "data": tp}])), "zst_tar.tar.zst": Z.zst(Z.tar([{"name": "m.pkl", "data": e}])),
        "lz4_zip.lz4": Z.lz4f(build([E("m.pkl", e)])), "gz_npz.gz": Z.gz(build([E("a.npy", npy(evil(3)))])), "zip_gz.zip": build([E("m.pkl.gz", Z.gz(e))]), "zip_xz.zip": build([E("m.xz", lzma.compress(e))]), "tar_zst.tar": Z.tar([{"name": "m.zst", "data": Z.zst(e)}]), "targz_7.tgz": Z.gz(Z.tar([{"name": "m.joblib", "data": zlib.compress(e)}])),
        "onnx_dir_zip.zip": build([E("onnx/readme.txt", b"hi"), E("onnx/model.bin", e)]), "wheel_pickle.whl": build([E("pkg/__init__.py", b""), E("pkg/data.pkl", e, 8), E("pkg-1.0.dist-info/METADATA", b"Name: pkg\n")]), "wheel_pth.whl": build([E("evil.pth", b"import os; os.system('echo loadlint-test')\n"), E("pkg-1.0.dist-info/METADATA", b"Name: pkg\n")]),
        "jar_pickle.jar": build([E("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n"), E("res/m.pkl", e, 8)]), "docx_like.docx": build([E("[Content_Types].xml", b"<x/>"), E("word/media/m.bin", e)]), "gz_multi_pickle.pkl.gz": Z.gz(e[:10]) + Z.gz(e[10:]), "bz2_multi.bz2": bz2.compress(e[:9]) + bz2.compress(e[9:]),
        "xz_multi.xz": lzma.compress(e[:9]) + lzma.compress(e[9:]), "zst_skippable.zst": b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + Z.zst(e), "zst_multi.zst": Z.zst(b"") + Z.zst(e), "gz_trailing.gz": Z.gz(e) + b"trailing garbage", "gz_bad_crc.pkl.gz": Z.gz(e)[:-8] + b"\0" * 8, "gz_truncated_tail.pkl.gz": Z.gz(e)[:-8],
        "gz_named.gz": Z.gz(e, b"model.txt"), "zlib_level0.z": zlib.compress(e, 0), "zlib_best.z": zlib.compress(e, 9), "xz_crc32.xz": lzma.compress(e, check=lzma.CHECK_CRC32), "xz_x86.xz": lzma.compress(e, filters=[{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2}]), "xz_delta.xz": lzma.compress(e, filters=[{"id": lzma.FILTER_DELTA, "dist": 1}, {"id": lzma.FILTER_LZMA2}]),
        "lzma_alone_known_size.lzma": (lambda b: b[:5] + struct.pack("<Q", len(e)) + b[13:])(lzma.compress(e, format=lzma.FORMAT_ALONE)),
    }
    S.add("suspicious", "nest_gz_multi_member.gz", Z.gz(b"plain text\n") + Z.gz(e), "nested", "", "text and a pickle as two gzip members; readers join them")
    s("nest_lz4_skippable.lz4", b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + Z.lz4f(e), "nested", "skippable frame first: the lz4 command reads on, Python's module does not")
    for n_, dta in nest.items():
        a(f"nest_{n_}", dta, "nested", "new here" if "zst" in n_ else "")
    for n_, f in Z.compressors().items():
        a(f"comp_pickle.{n_}", f(e), f"compressed:{n_}", "Hide and Seek" if n_ == "gz" else "new here" if n_ == "zst" else "")
        a(f"comp_torch.pt.{n_}", f(tp), f"compressed:{n_}")
        a(f"comp_noext_{n_}", f(evil(4)), f"compressed:{n_}", "", "no extension")
    import lz4.block
    import zstandard
    a("zstd_dict_none_big_window.zst", zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=24, enable_ldm=True)).compress(e + b"\0" * 5000), "compressed:zst")
    c = zstandard.ZstdCompressor(write_content_size=False, write_checksum=True)
    a("zstd_no_size.zst", c.compress(e), "compressed:zst")
    blk = lz4.block.compress(e, store_size=False)
    a("lz4_legacy.lz4", b"\x02\x21\x4c\x18" + struct.pack("<I", len(blk)) + blk, "compressed:lz4", "", "legacy frame")
    # 7z, rar
    fl = lambda i: [{"id": i}]
    import py7zr
    for n_, f in {"lzma2": None, "copy": [{"id": py7zr.FILTER_COPY}], "bzip2": [{"id": py7zr.FILTER_BZIP2}], "deflate": [{"id": py7zr.FILTER_DEFLATE}], "zstd": [{"id": py7zr.FILTER_ZSTD, "level": 3}], "lzma": [{"id": py7zr.FILTER_LZMA}]}.items():
        a(f"sevenzip_{n_}.7z", Z.seven([("model.pkl", evil(2))], f), "7z", "nullifAI")
    a("sevenzip_torch.pt", Z.seven([("archive/data.pkl", bad), ("archive/version", b"3\n")]), "7z", "nullifAI", "7z under a torch name")
    a("sevenzip_noext", Z.seven([("model.bin", evil(0))]), "7z", "nullifAI")
    a("sevenzip_in_zip.zip", build([E("m.7z", Z.seven([("model.pkl", evil(2))]))]), "7z", "nullifAI")
    S.add("suspicious", "sevenzip_encrypted.7z", Z.seven([("model.pkl", evil(2))], password="infected"), "7z", "", "encrypted")
    S.add("suspicious", "sevenzip_encrypted_header.7z", Z.seven([("model.pkl", evil(2))], password="infected", header_encryption=True), "7z", "", "encrypted header")
    a("rar4_stored.rar", Z.rar4("model.pkl", evil(2)), "rar")
    a("rar5_stored.rar", Z.rar5("model.pkl", evil(2)), "rar")
    a("rar5_as_pt.pt", Z.rar5("archive/data.pkl", bad), "rar")
    # other containers that hold a pickle
    ar = b"!<arch>\n" + b"model.pkl/      0           0     0     100644  %-10d`\n" % len(e) + e + b"\n" * (len(e) % 2)
    S.add("suspicious", "ar_archive.a", ar, "other-container", "", "ar archive with a pickle; rarely loaded")
    cp = b"070701" + b"".join(b"%08x" % v for v in (1, 0o100644, 0, 0, 1, 0, len(e), 0, 0, 0, 0, 10, 0)) + b"model.pkl\0"
    cp += b"\0" * (-len(cp) % 4) + e
    cp += b"\0" * (-len(cp) % 4) + b"070701" + b"".join(b"%08x" % v for v in (0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 11, 0)) + b"TRAILER!!!\0"
    S.add("suspicious", "cpio_archive.cpio", cp, "other-container")
