"""Zip, tar, 7z and rar containers written field by field."""
import io
import struct
import zlib

DATE, TIME = 0x5A21, 0x6000


class Entry:
    """One member; every field can be set apart for the local and the central header."""

    def __init__(self, name, data=b"", method=0, **k):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.data = data
        self.method = method
        self.stored = k.pop("stored", None)          # compressed bytes as they are
        self.k = k

    def payload(self):
        if self.stored is not None:
            return self.stored
        if self.method == 8:
            c = zlib.compressobj(9, zlib.DEFLATED, -15)
            return c.compress(self.data) + c.flush()
        if self.method == 12:
            import bz2
            return bz2.compress(self.data)
        if self.method == 14:
            import lzma
            c = lzma.LZMACompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}])
            props = b"\x09\x04\x05\x00\x5d\x00\x00\x01\x00"
            return props + c.compress(self.data) + c.flush()
        if self.method == 93:
            import zstandard
            return zstandard.ZstdCompressor(level=3).compress(self.data)
        if self.method == 95:
            import lzma
            return lzma.compress(self.data)
        return self.data


def build(entries, prefix=b"", suffix=b"", comment=b"", between=b"", eocd=None, zip64=False, central=None, before_central=b"",
          shift=0, eocds=1, align=0):
    """entries: list of Entry. k of an entry: lname, lflags, lmethod, lcrc, lcsize, lusize, lextra, csig..., cflags, ccrc,
    ccsize, cusize, cextra, coffset, cname, attr, hidden (not in the central directory), ghost (only there), lsig, version,
    gap (bytes before the local header), descriptor."""
    out = bytearray(prefix)
    cds = bytearray()
    count = 0
    for e in entries:
        k = e.k
        body = e.payload()
        crc = zlib.crc32(e.data) & 0xFFFFFFFF
        out += k.get("gap", b"")
        off = len(out)
        flags = k.get("flags", 0)
        lf, cf = k.get("lflags", flags), k.get("cflags", flags)
        ln, cn = k.get("lname", e.name), k.get("cname", e.name)
        lcrc, lcs, lus = k.get("lcrc", crc), k.get("lcsize", len(body)), k.get("lusize", len(e.data))
        if k.get("descriptor"):
            lf |= 8
            cf |= 8
            lcrc, lcs, lus = k.get("lcrc", 0), k.get("lcsize", 0), k.get("lusize", 0)
        lx = k.get("lextra", b"")
        if align:
            pad = (-(off + 30 + len(ln) + 4)) % align
            lx = b"FB" + struct.pack("<H", pad) + b"Z" * pad
        if not k.get("ghost"):
            out += struct.pack("<4sHHHHHIIIHH", k.get("lsig", b"PK\x03\x04"), k.get("version", 20), lf, k.get("lmethod", e.method), TIME, DATE,
                               lcrc, lcs, lus, len(ln), k.get("lxlen", len(lx)))
            out += ln + lx + body
            if k.get("descriptor"):
                out += b"PK\x07\x08" + struct.pack("<III", crc, len(body), len(e.data))
        if not k.get("hidden"):
            cx = k.get("cextra", b"")
            cds += struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", k.get("made", 0x0314), k.get("version", 20), cf, k.get("cmethod", e.method), TIME, DATE,
                               k.get("ccrc", crc), k.get("ccsize", len(body)), k.get("cusize", len(e.data)), len(cn), len(cx), len(k.get("ccomment", b"")),
                               k.get("disk", 0), 0, k.get("attr", 0o100644 << 16), (k.get("coffset", off) + shift) & 0xFFFFFFFF)
            cds += cn + cx + k.get("ccomment", b"")
            count += 1
        out += between
    out += before_central
    cdo = len(out)
    cdb = bytes(cds) if central is None else central
    out += cdb
    f = {"disk": 0, "cddisk": 0, "n": count, "total": count, "size": len(cdb), "offset": cdo + shift, "clen": len(comment)}
    f.update(eocd or {})
    if zip64:
        z = len(out)
        out += struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, f["n"], f["total"], f["size"], f["offset"])
        out += struct.pack("<4sIQI", b"PK\x06\x07", 0, z, 1)
        f = dict(f, n=0xFFFF, total=0xFFFF, size=0xFFFFFFFF, offset=0xFFFFFFFF)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", f["disk"], f["cddisk"], f["n"] & 0xFFFF, f["total"] & 0xFFFF, f["size"] & 0xFFFFFFFF, f["offset"] & 0xFFFFFFFF, f["clen"]) + comment
    return bytes(out + end * eocds + suffix)


def zipcrypto(data, password, crc):
    """Traditional PKWARE encryption of data (12-byte header with fixed salt)."""
    t = [0] * 256
    for i in range(256):
        c = i
        for _ in range(8):
            c = (c >> 1) ^ 0xEDB88320 if c & 1 else c >> 1
        t[i] = c
    k = [0x12345678, 0x23456789, 0x34567890]

    def upd(b):
        k[0] = t[(k[0] ^ b) & 255] ^ (k[0] >> 8)
        k[1] = ((k[1] + (k[0] & 255)) * 134775813 + 1) & 0xFFFFFFFF
        k[2] = t[(k[2] ^ (k[1] >> 24)) & 255] ^ (k[2] >> 8)
    for b in password:
        upd(b)
    o = bytearray()
    for b in bytes(range(11)) + bytes([crc >> 24]) + data:
        x = (k[2] | 2) & 0xFFFF
        o.append(b ^ ((x * (x ^ 1) >> 8) & 255))
        upd(b)
    return bytes(o)


def torch_zip(pkl, root="archive", storages=(b"\0" * 16,), modern=True, extra=(), method=0, **k):
    """The layout torch.save writes since 1.6 (2.x with modern)."""
    es = [Entry(f"{root}/data.pkl", pkl, method, **k)]
    if modern:
        es += [Entry(f"{root}/.format_version", b"1"), Entry(f"{root}/.storage_alignment", b"64"), Entry(f"{root}/byteorder", b"little")]
    es += [Entry(f"{root}/data/{i}", s) for i, s in enumerate(storages)]
    es += list(extra)
    es += [Entry(f"{root}/version", b"3\n")]
    if modern:
        es += [Entry(f"{root}/.data/serialization_id", b"1" * 40)]
    return es


def tar(members, fmt="ustar", gz=None):
    """members: dicts name, data, type (b'0'), link, mode, size (lie), pax."""
    out = bytearray()

    def head(name, size, typ=b"0", link="", mode=0o644, dev=(0, 0), magic=b"ustar\x0000"):
        n = name.encode() if isinstance(name, str) else name
        ln = link.encode()
        h = bytearray(512)
        h[0:len(n[:100])] = n[:100]
        h[100:108] = b"%07o\0" % mode
        h[108:116] = h[116:124] = b"0000000\0"
        h[124:136] = b"%011o\0" % size
        h[136:148] = b"%011o\0" % 1700000000
        h[156:157] = typ
        h[157:157 + len(ln[:100])] = ln[:100]
        h[257:265] = magic
        h[329:337] = b"%07o\0" % dev[0]
        h[337:345] = b"%07o\0" % dev[1]
        h[148:156] = b" " * 8
        h[148:156] = b"%06o\0 " % sum(h)
        return bytes(h)

    def body(d):
        return d + b"\0" * (-len(d) % 512)
    for m in members:
        d = m.get("data", b"")
        n = m["name"]
        if m.get("pax"):
            recs = b""
            for kk, vv in m["pax"].items():
                r = f" {kk}={vv}\n".encode()
                ln = len(r) + 1
                while len(str(ln)) + len(r) != ln:
                    ln = len(str(ln)) + len(r)
                recs += str(ln).encode() + r
            out += head("PaxHeaders/x", len(recs), m.get("paxtype", b"x")) + body(recs)
        if m.get("longname"):
            l = m["longname"].encode() + b"\0"
            out += head("././@LongLink", len(l), b"L", magic=b"ustar  \0") + body(l)
        if m.get("longlink"):
            l = m["longlink"].encode() + b"\0"
            out += head("././@LongLink", len(l), b"K", magic=b"ustar  \0") + body(l)
        out += head(n, m.get("size", len(d)), m.get("type", b"0"), m.get("link", ""), m.get("mode", 0o644), m.get("dev", (0, 0)), m.get("magic", b"ustar\x0000"))
        out += body(d)
    out += b"\0" * 1024
    return bytes(out)


def seven(members, filters=None, password=None, header_encryption=False):
    """7z by py7zr, member times fixed."""
    import py7zr
    from unittest import mock
    b = io.BytesIO()
    with mock.patch("time.time", lambda: 1700000000.0), py7zr.SevenZipFile(b, "w", filters=filters, password=password, header_encryption=header_encryption) as z:
        for n, d in members:
            z.writestr(d, n)
    return b.getvalue()


def rar4(name, data):
    """RAR 4 with one stored member."""
    def blk(typ, flags, rest):
        body = struct.pack("<BHH", typ, flags, 7 + len(rest)) + rest
        return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body
    n = name.encode()
    fh = struct.pack("<IIBIIBBHI", len(data), len(data), 3, zlib.crc32(data), (DATE << 16) | TIME, 20, 0x30, len(n), 0o100644) + n
    return b"Rar!\x1a\x07\x00" + blk(0x73, 0, b"\0" * 6) + blk(0x74, 0x8000, fh) + data + blk(0x7B, 0x4000, b"")


def vint(n):
    o = bytearray()
    while True:
        b = n & 127
        n >>= 7
        o.append(b | (128 if n else 0))
        if not n:
            return bytes(o)


def rar5(name, data):
    def blk(rest):
        r = vint(len(rest)) + rest
        return struct.pack("<I", zlib.crc32(r)) + r
    n = name.encode()
    f = vint(2) + vint(2) + vint(len(data)) + vint(0) + vint(len(data)) + vint(0o100644) + vint(0) + vint(1) + vint(len(n)) + n
    return b"Rar!\x1a\x07\x01\x00" + blk(vint(1) + vint(0) + vint(0)) + blk(f) + data + blk(vint(5) + vint(0) + vint(0))


def lz4f(d):
    import lz4.frame
    return lz4.frame.compress(d, store_size=False)


def zst(d):
    import zstandard
    return zstandard.ZstdCompressor(level=3).compress(d)


def gz(d, name=b""):
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"\x1f\x8b\x08" + (b"\x08" if name else b"\0") + b"\0\0\0\0\x02\xff" + (name + b"\0" if name else b"") + c.compress(d) + c.flush() + struct.pack("<II", zlib.crc32(d), len(d) & 0xFFFFFFFF)


def compressors():
    import bz2
    import lzma
    return {"gz": gz, "bz2": bz2.compress, "xz": lzma.compress, "lzma": lambda d: lzma.compress(d, format=lzma.FORMAT_ALONE), "z": lambda d: zlib.compress(d, 3), "lz4": lz4f, "zst": zst}
